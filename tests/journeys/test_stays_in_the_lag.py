"""Whoever goes and comes back while Microsoft's reads are stale is in at the end, on both sides."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sandbox.webex.state import Person
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import Standing, Tally, later, live, standing

Make = Callable[..., Stage]
Act = Callable[[Person], None]
LAG = 30


@pytest.fixture(params=[False, True], ids=["30 s late", "up to 30 s late"])
def at(request: pytest.FixtureRequest, make_stage: Make) -> Standing:
    settled = standing(make_stage())
    switches = settled.stage.microsoft.switches
    switches.read_lag_seconds, switches.read_lag_random = LAG, request.param
    return settled


def both(at: Standing, side: str) -> tuple[Act, Act]:
    """Out and in, as done on one side."""
    return (at.leave, at.join) if side == "webex" else (at.dismiss, at.enlist)


def until_written(at: Standing, tally: Tally) -> None:
    """Until one write of ours has crossed."""
    for _ in range(60):
        if tally.graph_writes + tally.webex_writes:
            return
        live(at.stage, 5, step=5)
    raise AssertionError("nothing was written")


@pytest.mark.parametrize("side", ["webex", "group"])
@pytest.mark.parametrize("away", [1, 50, 100])
def test_who_is_back_before_anybody_was_sure_stays_without_a_write(
    at: Standing, side: str, away: int
) -> None:
    out, back = both(at, side)
    tally = Tally(at.stage)
    out(at.people[5])
    live(at.stage, away)
    back(at.people[5])
    for _ in range(5):
        live(at.stage, 10)
        at.stage.work(nudge(at.stage, at.team.general.id))

    later(at.stage, 7200)

    assert at.differences(at.people) == []
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)


@pytest.mark.parametrize("side", ["webex", "group"])
@pytest.mark.parametrize("after", [0, 15, 29])
def test_who_was_taken_out_and_comes_back_inside_the_lag_is_in(
    at: Standing, side: str, after: int
) -> None:
    bob = at.people[5]
    out, back = both(at, side)
    tally = Tally(at.stage)
    out(bob)
    until_written(at, tally)
    assert at.is_in(bob) == (False, False)
    at.stage.clock.advance(after)
    back(bob)
    for _ in range(5):
        live(at.stage, 10)
        at.stage.work(nudge(at.stage, at.team.general.id))

    later(at.stage, 7200)

    assert at.differences(at.people) == []
    assert tally.graph_writes + tally.webex_writes == 2


@pytest.mark.parametrize("side", ["webex", "group"])
@pytest.mark.parametrize("after", [0, 15, 29])
def test_who_was_put_in_and_leaves_inside_the_lag_is_out(
    at: Standing, side: str, after: int
) -> None:
    ada = at.newcomers()[0]
    out, back = both(at, side)
    tally = Tally(at.stage)
    back(ada)
    until_written(at, tally)
    assert at.is_in(ada) == (True, True)
    at.stage.clock.advance(after)
    out(ada)

    later(at.stage, 2 * 86_400)

    assert at.is_in(ada) == (False, False)
    assert at.differences(at.people) == []


@pytest.mark.parametrize("seed", range(6))
def test_people_who_come_and_go_at_random_are_at_the_end_where_they_went_last(
    make_stage: Make, seed: int
) -> None:
    """Each of them on a side of their own, all in one team, for ten minutes."""
    rng = random.Random(f"to and fro {seed}")
    stage = make_stage(seed)
    at = standing(stage)
    switches = stage.microsoft.switches
    switches.read_lag_seconds, switches.read_lag_random = LAG, bool(seed % 2)
    sides = {p: rng.choice(["webex", "group"]) for p in (*at.people[2:9], *at.newcomers(5))}
    inside = {p: p in at.people for p in sides}

    for _ in range(60):
        person = rng.choice(list(sides))
        out, back = both(at, sides[person])
        there = at.is_in(person)[0 if sides[person] == "webex" else 1]
        (out if there else back)(person)
        inside[person] = not there
        live(stage, rng.choice([0, 5, 10, 20]))
    later(stage, 2 * 86_400)

    stay = [p for p in at.people if p not in sides]
    assert at.differences([*stay, *(p for p, is_in in inside.items() if is_in)]) == []
