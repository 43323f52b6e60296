"""People come and go on either side, and the other side follows, in the direction that was chosen.

Heard by the timers alone: Webex's events and the changes that Microsoft 365 tells.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sandbox.kit import Fault
from sandbox.webex.state import Person
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, WEBEX
from shared.core.model import Direction, Status
from tests.journeys.following import (
    APART,
    BOTH,
    GROUP,
    IN,
    OUT,
    TEAM,
    choose,
    look,
    missed,
    rest,
)
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import Standing, change, later, live, standing


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    """By events alone."""
    return standing(make_stage(), 5, webhook=False)


@pytest.fixture
def told(heard: Stage) -> Standing:
    """With a webhook, and without one."""
    return standing(heard, 5)


# What is followed


@pytest.mark.parametrize("direction", [BOTH, TEAM])
def test_who_joins_the_team_joins_the_group(told: Standing, direction: Direction) -> None:
    change(told.stage, direction=direction.value)
    [ada] = told.newcomers()

    told.join(ada)
    live(told.stage, 30)

    assert told.is_in(ada) == IN
    later(told.stage, 7200)
    assert told.differences([*told.people, ada]) == []


@pytest.mark.parametrize("direction", [BOTH, TEAM])
def test_who_leaves_the_team_leaves_the_group_by_a_second_look_two_minutes_later(
    told: Standing, direction: Direction
) -> None:
    change(told.stage, direction=direction.value)
    *stay, bob = told.people

    told.leave(bob)
    live(told.stage, 40)
    since = missed(told, WEBEX)
    for seconds in (since + 60, since + APART - 1):
        told.stage.clock.advance(seconds - told.stage.clock.now())
        look(told)
        assert told.is_in(bob) == (False, True), "however often it is looked at"
    live(told.stage, 40)

    assert told.is_in(bob) == OUT
    later(told.stage, 7200)
    assert told.differences(stay) == []


@pytest.mark.parametrize("direction", [BOTH, GROUP])
@pytest.mark.parametrize("known", [True, False], ids=["known", "new to us"])
def test_who_is_added_to_the_group_joins_the_team(
    told: Standing, direction: Direction, known: bool
) -> None:
    change(told.stage, direction=direction.value)
    [ada] = told.newcomers(known=known)

    told.enlist(ada)
    live(told.stage, 60)

    assert told.is_in(ada) == IN
    later(told.stage, 7200)
    assert told.differences([*told.people, ada]) == []


@pytest.mark.parametrize("direction", [BOTH, GROUP])
def test_who_is_taken_out_of_the_group_leaves_the_team_by_a_second_look_two_minutes_later(
    told: Standing, direction: Direction
) -> None:
    change(told.stage, direction=direction.value)
    *stay, bob = told.people

    told.dismiss(bob)
    live(told.stage, 70)
    since = missed(told, MEMBERS)
    for seconds in (since + 60, since + APART - 1):
        told.stage.clock.advance(max(0, seconds - told.stage.clock.now()))
        look(told)
        assert told.is_in(bob) == (True, False), "however often it is looked at"
    live(told.stage, 40)

    assert told.is_in(bob) == OUT
    later(told.stage, 7200)
    assert told.differences(stay) == []


def test_while_graph_asks_for_patience_nobody_who_leaves_is_asked_about(at: Standing) -> None:
    """One is to leave the group, which Graph puts off; another the team, whose account is read."""
    bob, eve = at.people[-2:]
    at.leave(bob)
    at.dismiss(eve)
    graph = at.stage.microsoft.graph
    busy = Fault("throttle", method="DELETE", path="/members/", seconds=300, times=1)
    graph.faults.append(busy)
    while not busy.hit:
        live(at.stage, 10)

    live(at.stage, 250)

    asked = [call.method for call in graph.log]
    last = len(asked) - asked[::-1].index("DELETE")
    assert [call.path for call in graph.log[last:]] == []
    later(at.stage, 3600)
    assert at.is_in(bob) == at.is_in(eve) == OUT


def test_who_left_and_came_back_before_the_second_look_stays(at: Standing) -> None:
    bob, eve = at.people[-2:]

    at.leave(bob)
    at.dismiss(eve)
    live(at.stage, 60)
    at.join(bob)
    at.enlist(eve)

    assert rest(at) == []
    assert at.differences(at.people) == []


def test_who_left_and_came_back_after_that_is_in(at: Standing) -> None:
    bob, eve = at.people[-2:]
    at.leave(bob)
    at.dismiss(eve)
    live(at.stage, 240)
    assert (at.is_in(bob), at.is_in(eve)) == (OUT, OUT)

    at.join(bob)
    at.enlist(eve)
    later(at.stage, 7200)

    assert at.differences(at.people) == []


def test_many_on_both_sides_at_once_meet_in_the_middle(at: Standing) -> None:
    joined, added, both = at.newcomers(3)
    _, bob, eve, dan, *_ = at.people

    at.join(joined, both)
    at.enlist(added, both)
    at.leave(bob, dan)
    at.dismiss(eve, dan)
    later(at.stage, 7200)

    stay = [p for p in at.people if p not in (bob, eve, dan)]
    assert at.differences([*stay, joined, added, both]) == []


# What is listed, and neither followed nor undone


@pytest.mark.parametrize("only", [False, True], ids=["all teams", "this team"])
def test_where_the_group_leads_changes_in_webex_are_listed_and_left_alone(
    at: Standing, only: bool
) -> None:
    choose(at, GROUP, only=only)
    [ada] = at.newcomers()
    bob = at.people[-1]

    at.join(ada)
    at.leave(bob)

    assert rest(at) == []
    assert (at.is_in(ada), at.is_in(bob)) == ((True, False), (False, True))
    assert at.row.listed == {
        PersonId(ada.uuid): "added_in_webex",
        PersonId(bob.uuid): "left_webex",
    }
    assert at.row.status is Status.COMPLETE, "nothing is left to be done by itself"


@pytest.mark.parametrize("only", [False, True], ids=["all teams", "this team"])
def test_where_the_team_leads_changes_in_microsoft_are_listed_and_left_alone(
    at: Standing, only: bool
) -> None:
    choose(at, TEAM, only=only)
    [ada] = at.newcomers(known=False)
    bob = at.people[-1]

    at.enlist(ada)
    at.dismiss(bob)

    assert rest(at) == []
    assert (at.is_in(ada), at.is_in(bob)) == ((False, True), (True, False))
    assert at.row.others == {ObjectId(str(ada.external_id)): "added_in_microsoft"}
    assert at.row.listed == {PersonId(bob.uuid): "removed_in_microsoft"}
    assert at.row.status is Status.COMPLETE, "nothing is left to be done by itself"


@pytest.mark.parametrize("direction", [GROUP, TEAM])
def test_what_was_listed_and_is_mended_by_hand_is_listed_no_more(
    at: Standing, direction: Direction
) -> None:
    choose(at, direction, only=True)
    [ada] = at.newcomers()
    bob = at.people[-1]
    if direction is GROUP:
        at.join(ada)
        at.leave(bob)
    else:
        at.enlist(ada)
        at.dismiss(bob)
    later(at.stage, 3600)
    assert at.row.listed or at.row.others

    if direction is GROUP:
        at.enlist(ada)
        at.dismiss(bob)
    else:
        at.join(ada)
        at.leave(bob)

    assert rest(at) == []
    assert at.differences([*at.people[:-1], ada]) == []


# Another direction


def settled_differently(at: Standing, first: Direction) -> tuple[Person, Person]:
    """Somebody joined and somebody left, on the side that does not lead."""
    change(at.stage, direction=first.value)
    [ada] = at.newcomers()
    bob = at.people[-1]
    if first is GROUP:
        at.join(ada)
        at.leave(bob)
    else:
        at.enlist(ada)
        at.dismiss(bob)
    later(at.stage, 3600)
    return ada, bob


@pytest.mark.parametrize("only", [False, True], ids=["all teams", "this team"])
@pytest.mark.parametrize("first", [GROUP, TEAM])
def test_what_one_direction_listed_another_follows(
    at: Standing, first: Direction, only: bool
) -> None:
    ada, bob = settled_differently(at, first)
    assert at.is_in(ada) != at.is_in(bob)

    choose(at, BOTH, only=only)
    at.ask()
    later(at.stage, 7200)

    assert (at.is_in(ada), at.is_in(bob)) == (IN, OUT)
    assert at.differences([*at.people[:-1], ada]) == []


@pytest.mark.parametrize(("side", "then"), [(WEBEX, GROUP), (MEMBERS, TEAM)])
def test_a_direction_that_changes_between_the_two_looks_removes_nobody(
    at: Standing, side: str, then: Direction
) -> None:
    bob = at.people[-1]
    if side == WEBEX:
        at.leave(bob)
    else:
        at.dismiss(bob)
    live(at.stage, 70)
    assert missed(at, side)
    before = at.is_in(bob)

    choose(at, then, only=True)

    assert rest(at) == []
    assert at.is_in(bob) == before
    codes = {WEBEX: "left_webex", MEMBERS: "removed_in_microsoft"}
    assert at.row.listed == {PersonId(bob.uuid): codes[side]}


def test_a_word_of_a_newer_version_for_the_direction_counts_as_both(at: Standing) -> None:
    change(at.stage, direction="somebody else")
    ada, eve = at.newcomers(2)

    at.join(ada)
    at.enlist(eve)
    later(at.stage, 3600)

    assert at.differences([*at.people, ada, eve]) == []


def test_nobody_moves_while_the_switch_is_off_and_everybody_after(at: Standing) -> None:
    ada, eve = at.newcomers(2)
    bob = at.people[-1]
    at.stage.turn_off()

    at.join(ada)
    at.enlist(eve)
    at.leave(bob)
    look(at)

    # Not as long as a day: what becomes due while Off stays so.
    assert rest(at, 43_200) == []
    at.stage.turn_on(webhook=False)
    later(at.stage, 7200)
    assert at.differences([*at.people[:-1], ada, eve]) == []


def test_a_nudge_says_where_to_look_and_nothing_else(at: Standing) -> None:
    [stranger] = at.newcomers()
    message = json.loads(nudge(at.stage, at.team.general.id))

    at.stage.work(json.dumps({**message, "person": stranger.id, "op": "remove"}))

    assert rest(at) == []
    assert at.differences(at.people) == []
