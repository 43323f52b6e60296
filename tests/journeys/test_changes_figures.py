"""The figures of life after the group exists: calls and looks a change costs. Counts, not seconds.

The polls of the whole tenant are not the team's. What a look writes is told to us as a change, and
makes one more look a gap later: it is counted apart, as is the second look that an absence takes.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sandbox.webex.state import Person
from shared.core.model import Limits, Status
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import (
    Standing,
    Tally,
    change,
    employ_bot,
    later,
    live,
    standing,
)

Make = Callable[..., Stage]
Cost = tuple[int, int, int, int]
# So that nothing waits for an administrator.
HIGH = Limits(remove=1_000, remove_share=100, add=1_000, add_share=1_000)


def cost(tally: Tally) -> Cost:
    """Looks, reads, writes to Webex, writes to Graph; counted from here on anew."""
    found = (tally.looks, tally.reads, tally.webex_writes, tally.graph_writes)
    tally.restart()
    return found


# One person


@pytest.mark.parametrize("known", [True, False], ids=["known", "new to us"])
def test_one_person_added_to_the_team(heard: Stage, known: bool) -> None:
    at = standing(heard)
    ada = at.newcomers(known=known)[0]
    tally = Tally(heard)
    at.join(ada)

    live(heard, 25)
    first = cost(tally)
    later(heard, 3600)
    echo = cost(tally)

    assert at.differences([*at.people, ada]) == []
    # The team, the group, and whoever is not known in the directory.
    assert first == (1, 2 if known else 3, 0, 1)
    assert echo == (1, 2, 0, 0)


@pytest.mark.emulator
def test_one_person_removed_from_the_team(heard: Stage) -> None:
    at = standing(heard)
    *stay, bob = at.people
    tally = Tally(heard)
    at.leave(bob)

    live(heard, 110)
    first = cost(tally)
    live(heard, 35)
    second = cost(tally)
    later(heard, 3600)
    echo = cost(tally)

    assert at.differences(stay) == []
    assert first == (1, 2, 0, 0)
    # Beside both sides, the owners, and whether his account is still a person's.
    assert second == (1, 4, 0, 1)
    assert echo == (1, 2, 0, 0)


@pytest.mark.parametrize("known", [True, False], ids=["known", "new to us"])
def test_one_person_added_in_microsoft_365(heard: Stage, known: bool) -> None:
    at = standing(heard)
    ada = at.newcomers(known=known)[0]
    tally = Tally(heard)
    at.enlist(ada)

    live(heard, 45)
    first = cost(tally)
    later(heard, 3600)
    echo = cost(tally)

    assert at.differences([*at.people, ada]) == []
    assert first == (1, 2 if known else 3, 1, 0)
    assert echo == (1, 2, 0, 0)


def test_one_person_taken_out_in_microsoft_365(heard: Stage) -> None:
    at = standing(heard)
    *stay, bob = at.people
    tally = Tally(heard)
    at.dismiss(bob)

    live(heard, 110)
    first = cost(tally)
    live(heard, 55)
    second = cost(tally)
    later(heard, 3600)
    echo = cost(tally)

    assert at.differences(stay) == []
    assert first == (1, 2, 0, 0)
    # Beside both sides, whether his account is enabled.
    assert second == (1, 3, 1, 0)
    assert echo == (1, 2, 0, 0)


def test_a_bot_in_the_team_makes_it_quicker_and_no_dearer(make_stage: Make) -> None:
    stage = make_stage()
    bot = employ_bot(stage)
    at = standing(stage)
    at.join(bot)
    later(stage, 3600)
    ada = at.newcomers()[0]
    tally = Tally(stage)
    at.join(ada)
    stage.clock.advance(4)
    stage.webex.deliver(stage.post)
    stage.drain()

    assert at.is_in(ada) == (True, True)
    later(stage, 3600)
    assert cost(tally) == (2, 4, 0, 1)
    assert at.differences([*at.people, ada]) == []


def test_nothing_changed_costs_nothing_but_the_weekly_look(heard: Stage) -> None:
    at = standing(heard)
    tally = Tally(heard)

    for _ in range(3):
        later(heard, 7 * 86_400)

    # Three for the team's name, its space and who is in it; three for the group, its members and
    # owners. And the name alone, nearly every day.
    looks = tally.looks
    names = len([c for c in tally.webex if c.path.startswith("/v1/teams/")]) - looks
    assert 3 <= looks <= 5
    assert 15 <= names <= 23
    assert cost(tally) == (looks, 6 * looks + names, 0, 0)
    assert at.differences(at.people) == []


# Many


def churn(at: Standing, each: int, seed: int) -> tuple[list[Callable[[], None]], list[Person]]:
    """`each` people who do each of four things, mixed; and who is in at the end."""
    joining, enlisted = at.newcomers(each), at.newcomers(each)
    stay, leaving, dismissed = (
        at.people[: -2 * each],
        at.people[-2 * each : -each],
        at.people[-each:],
    )
    acts: list[Callable[[], None]] = [
        *(lambda p=p: at.join(p) for p in joining),
        *(lambda p=p: at.enlist(p) for p in enlisted),
        *(lambda p=p: at.leave(p) for p in leaving),
        *(lambda p=p: at.dismiss(p) for p in dismissed),
    ]
    random.Random(seed).shuffle(acts)
    return acts, [*stay, *joining, *enlisted]


def in_a_minute(stage: Stage, acts: list[Callable[[], None]]) -> None:
    """Evenly, with the watch every ten seconds as ever."""
    for number, act in enumerate(acts):
        if number and number % (len(acts) // 6) == 0:
            live(stage, 10)
        act()


@pytest.mark.emulator
def test_500_changes_to_one_team_in_a_minute(heard: Stage) -> None:
    at = standing(heard, 300)
    change(heard, limits=HIGH)
    acts, people = churn(at, 125, seed=4)
    tally = Tally(heard)

    in_a_minute(heard, acts)
    live(heard, 25)
    found = tally.looks
    writes = tally.webex_writes
    later(heard, 7200)

    assert len(acts) == 500
    assert at.differences(people) == []
    # Three have found all of it and added everybody; then each one's absences are confirmed, which
    # waits for the directory's quota, and what was written is seen.
    assert found <= 3
    assert writes == 125
    assert tally.looks <= 9
    assert tally.webex_writes == 250
    # 125 into the group in chunks of 20 a look, and 125 out of it one by one.
    assert tally.graph_writes <= 125 + 7 + 3


def test_500_changes_in_a_minute_wait_for_an_administrator_where_the_limits_say_so(
    heard: Stage,
) -> None:
    at = standing(heard, 300)
    acts, _ = churn(at, 125, seed=5)
    for act in acts:
        act()
    tally = Tally(heard)

    later(heard, 86_400)

    held = at.held
    assert held is not None
    assert held.why == ("add_many", "remove_many")
    assert len(held.changes) == 500
    assert (at.row.status, at.row.reason) == (Status.NEEDS_PERSON, "brake")
    # Six for who is on both sides, one for the owners, one for the daily name.
    assert cost(tally) == (3, 8, 0, 0)


# Stale reads

LAGS = [pytest.param(False, id="30 s late"), pytest.param(True, id="up to 30 s late")]


@pytest.mark.parametrize("random_lag", LAGS)
@pytest.mark.parametrize("seed", range(3))
def test_a_person_added_while_reads_are_stale_is_written_once_and_stays(
    make_stage: Make, random_lag: bool, seed: int
) -> None:
    stage = make_stage(seed)
    at = standing(stage)
    stage.microsoft.switches.read_lag_seconds = 30
    stage.microsoft.switches.read_lag_random = random_lag
    ada = at.newcomers()[0]
    tally = Tally(stage)
    at.join(ada)

    seen: list[bool] = []
    for _ in range(5):
        live(stage, 10)
        stage.work(nudge(stage, at.team.general.id))
        seen.append(at.is_in(ada) == (True, True))
    later(stage, 7200)

    assert seen == sorted(seen)
    assert seen[-1]
    assert tally.graph_writes == 1
    assert tally.webex_writes == 0
    assert at.differences([*at.people, ada]) == []
