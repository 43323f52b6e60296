"""What happens while a team settles belongs to its beginning, whoever leads afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.microsoft.state import Group
from sandbox.webex.state import Team
from shared.core.ids import PersonId
from shared.core.model import Direction, Status
from tests.journeys.following import BOTH, GROUP, TEAM
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, change, later, live, newcomers

DIRECTIONS = (BOTH, GROUP, TEAM)


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    built = make_stage()
    change(built, link_folders=False)
    built.turn_on(webhook=False)
    return built


def young(stage: Stage) -> Standing:
    """A team of a minute: its group is there, and it has not settled."""
    people = newcomers(stage, 6)
    team = stage.team(people[0], people[1:])
    live(stage, 60)
    found = Standing(stage, team, people)
    assert found.row.status is Status.SETTLING
    assert set(found.group.members) == stage.expected(team)
    return found


def group_of(stage: Stage, team: Team) -> Group:
    found = stage.group_of(team)
    assert found is not None
    return found


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_whom_webex_dropped_meanwhile_leaves_the_group_at_the_end_and_not_before(
    stage: Stage, direction: Direction
) -> None:
    change(stage, direction=direction.value)
    at = young(stage)
    *stay, bob = at.people

    at.leave(bob)
    while not at.row.settled:
        live(stage, 30)
        assert at.is_in(bob) == (False, True) or at.row.settled
    later(stage, 7200)

    assert at.differences(stay) == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_who_comes_back_before_the_end_was_never_away(stage: Stage, direction: Direction) -> None:
    change(stage, direction=direction.value)
    at = young(stage)
    bob = at.people[-1]
    members = at.group.members

    at.leave(bob)
    live(stage, 60)
    at.join(bob)
    live(stage, 600, step=30)

    assert at.group.members == members, "in the order in which they were added"
    later(stage, 7200)
    assert at.differences(at.people) == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_who_comes_before_the_end_is_in_the_group_whoever_leads(
    stage: Stage, direction: Direction
) -> None:
    change(stage, direction=direction.value)
    at = young(stage)
    [ada] = at.newcomers()
    live(stage, 60)

    at.join(ada)
    later(stage, 7200)

    assert at.differences([*at.people, ada]) == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_moderators_of_the_beginning_own_the_group_whoever_leads(
    stage: Stage, direction: Direction
) -> None:
    change(stage, direction=direction.value)
    at = young(stage)
    ada, ben, *_ = at.people

    stage.webex.set_moderator(at.team, ben, True)
    later(stage, 7200)

    assert set(at.group.owners) == {ada.external_id, ben.external_id}
    assert at.differences(at.people) == []


@pytest.mark.parametrize("direction", [BOTH, GROUP])
def test_who_is_taken_out_of_the_group_meanwhile_stays_in_the_team_until_the_end(
    stage: Stage, direction: Direction
) -> None:
    change(stage, direction=direction.value)
    at = young(stage)
    *stay, bob = at.people

    at.dismiss(bob)
    while not at.row.settled:
        live(stage, 30)
        assert at.is_in(bob) == (True, False) or at.row.settled
    later(stage, 7200)

    assert at.differences(stay) == []


def test_where_the_group_leads_the_first_moment_after_the_end_counts_as_after_it(
    stage: Stage,
) -> None:
    change(stage, direction=GROUP.value)
    at = young(stage)
    while not at.row.settled:
        live(stage, 10)
    stage.clock.advance(1)
    [ada] = at.newcomers()
    bob = at.people[-1]

    at.join(ada)
    at.leave(bob)
    later(stage, 7200)

    assert (at.is_in(ada), at.is_in(bob)) == ((True, False), (False, True))
    assert at.row.listed == {
        PersonId(ada.uuid): "added_in_webex",
        PersonId(bob.uuid): "left_webex",
    }


def test_a_team_that_loses_most_of_its_people_before_the_end_waits_for_an_administrator(
    stage: Stage,
) -> None:
    """That Webex drops so many is no ordinary beginning."""
    people = newcomers(stage, 30)
    team = stage.team(people[0], people[1:])
    live(stage, 60)
    at = Standing(stage, team, people)

    at.leave(*people[5:])
    later(stage, 7200)

    assert len(at.group.members) == 30
    assert (at.row.status, at.row.reason) == (Status.NEEDS_PERSON, "brake")
    assert at.held is not None
    assert len(at.held.changes) == 25
