"""Many changes at once wait for an administrator, with the names, and nothing is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sandbox.webex.state import Person
from shared.admin.holding import ALLOW, REFUSE
from shared.core.model import Direction, Limits, Status
from tests.journeys.fate import Fate, endure
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, Tally, change, later, newcomers, standing

Make = Callable[..., Stage]
SIDES = ["webex", "group"]


@pytest.fixture
def at(make_stage: Make) -> Standing:
    """A team of a hundred, by events alone."""
    return standing(make_stage(), 100, webhook=False)


def out(at: Standing, side: str, people: list[Person]) -> None:
    (at.leave if side == "webex" else at.dismiss)(*people)


def back(at: Standing, side: str, people: list[Person]) -> None:
    (at.join if side == "webex" else at.enlist)(*people)


def kinds(at: Standing) -> Counter[tuple[str, str]]:
    assert at.held
    return Counter((named.change.side, named.change.op) for named in at.held.changes)


def names(at: Standing) -> set[str]:
    assert at.held
    return {named.name for named in at.held.changes}


def other_side(side: str) -> str:
    return "members" if side == "webex" else "webex"


def waits(at: Standing, side: str, people: list[Person]) -> None:
    """Exactly these people's removals do, from the side where they are still."""
    assert kinds(at) == {(other_side(side), "remove"): len(people)}
    assert names(at) == {p.name for p in people}
    assert (at.row.status, at.row.reason, at.row.held) == (Status.NEEDS_PERSON, "brake", True)
    assert Counter(at.row.listed.values()) == {"waits_for_brake": len(people)}
    still = (False, True) if side == "webex" else (True, False)
    assert {at.is_in(p) for p in people} == {still}


# Removals


@pytest.mark.parametrize("side", SIDES)
def test_thirty_of_a_hundred_who_leave_are_not_removed_and_wait_by_name(
    at: Standing, side: str
) -> None:
    gone = at.people[-30:]
    tally = Tally(at.stage)
    out(at, side, gone)

    for _ in range(3):
        later(at.stage, 7 * 86_400)

    waits(at, side, gone)
    assert at.held
    assert at.held.why == ("remove_many",)
    assert at.held.size == (70 if side == "webex" else 100)
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)


@pytest.mark.parametrize("side", SIDES)
def test_allowed_exactly_they_are_removed(at: Standing, side: str) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    tally = Tally(at.stage)
    at.decide(ALLOW)

    later(at.stage, 3600)

    assert at.differences(at.people[:-30]) == []
    assert tally.graph_writes + tally.webex_writes == 30


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("more", [1, 25])
def test_who_leaves_after_it_was_allowed_was_not_allowed(
    at: Standing, side: str, more: int
) -> None:
    gone, later_gone = at.people[-30:], at.people[-30 - more : -30]
    out(at, side, gone)
    later(at.stage, 3600)
    at.decide(ALLOW)
    out(at, side, later_gone)

    later(at.stage, 3600)

    if more == 1:
        assert at.differences(at.people[:-31]) == []
    else:
        waits(at, side, later_gone)
        assert {at.is_in(p) for p in gone} == {(False, False)}


@pytest.mark.parametrize("side", SIDES)
def test_allowed_and_interrupted_half_way_it_is_gone_on_with(make_stage: Make, side: str) -> None:
    stage = make_stage()
    fate = Fate(stage)
    at = standing(stage, 100, webhook=False)
    gone = at.people[-30:]
    out(at, side, gone)
    later(stage, 3600)
    at.decide(ALLOW)
    # Of Graph the second batch, of Webex the tenth of thirty.
    fate.at_call("dies after", 28)

    endure(stage, 20)
    assert fate.struck
    left = [p for p in gone if at.is_in(p) != (False, False)]
    assert 0 < len(left) < 30
    fate.at = 0
    later(stage, 7200)

    assert at.differences(at.people[:-30]) == []


@pytest.mark.parametrize("side", SIDES)
def test_refused_they_stay_for_weeks_and_it_is_told(at: Standing, side: str) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    at.decide(REFUSE)
    tally = Tally(at.stage)

    for _ in range(5):
        later(at.stage, 7 * 86_400)

    assert at.held is None
    assert (at.row.held, at.row.reason) == (False, "")
    assert Counter(at.row.listed.values()) == {"refused_by_admin": 30}
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)
    assert at.row.status is Status.COMPLETE


@pytest.mark.parametrize("side", SIDES)
def test_refused_somebody_else_who_leaves_is_removed_as_ever(at: Standing, side: str) -> None:
    gone, bob = at.people[-30:], at.people[-31]
    out(at, side, gone)
    later(at.stage, 3600)
    at.decide(REFUSE)
    later(at.stage, 3600)
    out(at, side, [bob])

    later(at.stage, 3600)

    assert at.is_in(bob) == (False, False)
    assert Counter(at.row.listed.values()) == {"refused_by_admin": 30}
    assert at.held is None


@pytest.mark.parametrize("side", SIDES)
def test_refused_who_comes_back_and_leaves_again_is_a_new_question(at: Standing, side: str) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    at.decide(REFUSE)
    later(at.stage, 3600)
    back(at, side, gone)
    later(at.stage, 3600)
    assert at.differences(at.people) == []
    out(at, side, gone)

    later(at.stage, 3600)

    waits(at, side, gone)


@pytest.mark.parametrize("side", SIDES)
def test_while_it_waits_others_come_and_one_who_leaves_waits_as_well(
    at: Standing, side: str
) -> None:
    gone, bob = at.people[-30:], at.people[-31]
    out(at, side, gone)
    later(at.stage, 3600)
    ada, eve = at.newcomers(2)
    at.join(ada)
    at.enlist(eve)
    out(at, side, [bob])

    later(at.stage, 3600)

    assert (at.is_in(ada), at.is_in(eve)) == ((True, True), (True, True))
    waits(at, side, [bob, *gone])


@pytest.mark.parametrize("side", SIDES)
def test_who_comes_back_while_it_waits_is_asked_about_no_more(at: Standing, side: str) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    back(at, side, gone[:5])
    later(at.stage, 3600)

    waits(at, side, gone[5:])
    back(at, side, gone[5:])
    later(at.stage, 3600)

    assert at.differences(at.people) == []


def test_higher_limits_let_what_waits_go_on(at: Standing) -> None:
    gone = at.people[-30:]
    at.leave(*gone)
    later(at.stage, 3600)
    assert at.held
    change(at.stage, limits=Limits(remove=50, remove_share=50))
    at.retry()

    later(at.stage, 3600)

    assert at.differences(at.people[:-30]) == []


def test_of_a_group_that_is_gone_nobody_is_kept_by_name(at: Standing) -> None:
    at.leave(*at.people[-30:])
    later(at.stage, 3600)
    assert at.held
    at.stage.tenant.delete_group(at.group)

    later(at.stage, 2 * 86_400)

    assert at.row.reason == "group_gone"
    assert at.held is None
    assert not at.row.held


# Another direction for this team


@pytest.mark.parametrize(
    ("side", "direction"), [("webex", Direction.GROUP), ("group", Direction.TEAM)]
)
def test_where_the_other_side_leads_from_now_on_nobody_is_removed(
    at: Standing, side: str, direction: Direction
) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    at.lead(direction)

    later(at.stage, 2 * 7 * 86_400)

    code = "left_webex" if side == "webex" else "removed_in_microsoft"
    assert at.held is None
    assert Counter(at.row.listed.values()) == {code: 30}
    still = (False, True) if side == "webex" else (True, False)
    assert {at.is_in(p) for p in gone} == {still}


@pytest.mark.parametrize(
    ("side", "direction"), [("webex", Direction.TEAM), ("group", Direction.GROUP)]
)
def test_where_the_same_side_leads_from_now_on_it_still_waits(
    at: Standing, side: str, direction: Direction
) -> None:
    gone = at.people[-30:]
    out(at, side, gone)
    later(at.stage, 3600)
    at.lead(direction)
    later(at.stage, 7200)

    waits(at, side, gone)
    at.decide(ALLOW)
    later(at.stage, 3600)

    assert at.differences(at.people[:-30]) == []


# Additions


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("decision", [ALLOW, REFUSE])
def test_additions_in_bulk_wait_too(make_stage: Make, side: str, decision: str) -> None:
    at = standing(make_stage(), 20, webhook=False)
    new = at.newcomers(25)
    tally = Tally(at.stage)
    back(at, side, new)
    later(at.stage, 3600)

    assert kinds(at) == {(other_side(side), "add"): 25}
    assert names(at) == {p.name for p in new}
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)
    assert (at.row.status, at.row.reason) == (Status.NEEDS_PERSON, "brake")

    at.decide(decision)
    for _ in range(2):
        later(at.stage, 7 * 86_400)

    if decision == ALLOW:
        assert at.differences([*at.people, *new]) == []
        return
    said = at.row.listed if side == "webex" else at.row.others
    assert Counter(said.values()) == {"refused_by_admin": 25}
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)
    assert at.held is None


@pytest.mark.parametrize("side", SIDES)
def test_people_whom_nobody_knows_yet_do_not_trickle_in_under_the_limit(
    make_stage: Make, side: str
) -> None:
    """A look asks the directory about a few of them only."""
    at = standing(make_stage(), 30, webhook=False)
    new = at.newcomers(150, known=False)
    back(at, side, new)
    later(at.stage, 2 * 86_400)

    assert kinds(at) == {(other_side(side), "add"): 150}
    assert {at.is_in(p) for p in new} == {(True, False) if side == "webex" else (False, True)}
    at.decide(ALLOW)
    later(at.stage, 86_400)

    assert at.differences([*at.people, *new]) == []


def test_a_new_team_of_hundreds_whom_nobody_knows_yet_is_no_surprise(make_stage: Make) -> None:
    stage = make_stage()
    change(stage, link_folders=False)
    stage.turn_on(webhook=False)
    people = newcomers(stage, 400, known=False)
    team = stage.team(people[0], people[1:])
    at = Standing(stage, team, people)
    later(stage, 2 * 86_400)

    assert at.differences(people) == []
    assert at.held is None


# Emptied


def test_a_group_that_was_emptied_empties_no_team(at: Standing) -> None:
    at.dismiss(*at.people)

    later(at.stage, 7 * 86_400)

    assert kinds(at)[("webex", "remove")] >= 98
    assert set(at.stage.webex.people_of(at.team)) == set(at.people)


def test_a_small_group_that_was_emptied_empties_no_team(make_stage: Make) -> None:
    at = standing(make_stage(), 4)
    at.dismiss(*at.people)

    later(at.stage, 7 * 86_400)

    assert at.held
    assert at.held.why == ("empties",)
    assert set(at.stage.webex.people_of(at.team)) == set(at.people)


def test_a_team_that_all_but_one_have_left_empties_no_group(at: Standing) -> None:
    _, *others = at.people
    at.leave(*others)

    later(at.stage, 7 * 86_400)

    assert kinds(at) == {("members", "remove"): 99}
    assert set(at.group.members) == {p.external_id for p in at.people}
