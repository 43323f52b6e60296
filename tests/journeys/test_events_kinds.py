"""Events of who changed or left: they matter for the General space of a team we know, and cost
nothing anywhere else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sandbox.kit import Fault
from sandbox.webex.state import Person, Room, Team
from shared.core import times
from shared.core.ids import TeamId
from shared.webex.protocol import uuid_of
from tests.journeys.stage import Stage


@pytest.fixture
def by_events(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, and no webhook at all."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    return stage


@pytest.fixture
def quiet(make_stage: Callable[..., Stage]) -> Stage:
    """Everybody whom the tests need joined long before the switch went on."""
    stage = make_stage()
    stage.clock.advance(3600)
    return stage


def leave(stage: Stage, room: Room, person: Person) -> None:
    member = stage.webex.world.member(room.uuid, person.uuid)
    assert member
    stage.webex.actions.leave(room, member, actor=person)


def moderate(stage: Stage, room: Room, person: Person) -> None:
    member = stage.webex.world.member(room.uuid, person.uuid)
    assert member
    stage.webex.actions.moderate(room, member, not member.is_moderator, actor=person)


def ordinary(stage: Stage, people: list[Person]) -> Room:
    room = stage.webex.create_space(people[0], "Lunch")
    for person in people[1:]:
        stage.webex.actions.join(room, person, actor=people[0])
    return room


def settled(stage: Stage, people: list[Person]) -> Team:
    team = stage.team(people[0], people[1:])
    stage.settle()
    stage.run(60)
    return team


def nudged(stage: Stage) -> list[str | None]:
    """What one run of the timer asks to have looked at, after events are visible."""
    stage.clock.advance(40)
    stage.queue.clear()
    stage.watch()
    return [uuid_of(json.loads(message)["space"]) for message in stage.queue]


def rooms_asked(stage: Stage) -> int:
    return len([c for c in stage.webex.log if c.path.startswith("/v1/rooms/")])


@pytest.mark.parametrize("change", ["a person leaves", "a person becomes a moderator"])
def test_a_change_in_a_known_team_wants_one_look(by_events: Stage, change: str) -> None:
    people = by_events.people(3)
    team = settled(by_events, people)
    assert nudged(by_events) == []

    if change == "a person leaves":
        by_events.webex.remove_member(team, people[2])
    else:
        by_events.webex.set_moderator(team, people[2], True)

    assert nudged(by_events) == [team.uuid]
    assert nudged(by_events) == [], "an event is heard once"


def test_five_hundred_changes_of_one_team_are_one_nudge(by_events: Stage) -> None:
    people = by_events.people(3)
    team = settled(by_events, people)

    for _ in range(250):
        moderate(by_events, team.general, people[1])
        moderate(by_events, team.general, people[2])

    assert nudged(by_events) == [team.uuid]


@pytest.mark.parametrize("act", [leave, moderate])
def test_a_change_in_an_unknown_space_costs_no_call_and_leaves_no_row(
    quiet: Stage, act: Callable[[Stage, Room, Person], None]
) -> None:
    people = quiet.people(3)
    room = ordinary(quiet, people)
    quiet.clock.advance(3600)
    quiet.turn_on(webhook=False)
    quiet.run(60)
    asked, due = rooms_asked(quiet), quiet.due()

    act(quiet, room, people[1])
    quiet.run(120)

    assert rooms_asked(quiet) == asked
    assert quiet.due() == due
    assert quiet.services.teams.space(room.uuid) is None
    assert quiet.services.looks.read(room.uuid) is None


@pytest.mark.parametrize("act", [leave, moderate])
def test_a_change_in_another_space_of_a_team_is_no_change_of_the_team(
    by_events: Stage, act: Callable[[Stage, Room, Person], None]
) -> None:
    people = by_events.people(3)
    team = by_events.team(people[0], people[1:])
    room = by_events.webex.create_space(people[0], "Details", team)
    by_events.webex.actions.join(room, people[1], actor=people[0])
    by_events.settle()
    by_events.run(60)
    assert by_events.services.teams.space(room.uuid) is not None
    asked = rooms_asked(by_events)

    act(by_events, room, people[1])

    assert nudged(by_events) == []
    assert rooms_asked(by_events) == asked


def test_somebody_who_leaves_the_team_leaves_its_other_spaces_and_that_is_one_nudge(
    by_events: Stage,
) -> None:
    people = by_events.people(3)
    team = by_events.team(people[0], people[1:])
    room = by_events.webex.create_space(people[0], "Details", team)
    by_events.webex.actions.join(room, people[1], actor=people[0])
    by_events.settle()
    by_events.run(60)

    by_events.webex.remove_member(team, people[1])

    assert nudged(by_events) == [team.uuid]


def test_leaving_a_team_from_before_the_switch_wakes_nobody(quiet: Stage) -> None:
    people = quiet.people(4)
    team = quiet.team(people[0], people[1:3])
    quiet.clock.advance(3600)
    quiet.turn_on(webhook=False)
    quiet.webex.add_member(team, people[3])
    quiet.run(60)
    row = quiet.services.teams.read(TeamId(team.uuid))
    assert row
    assert not row.value.new

    quiet.webex.remove_member(team, people[1])

    assert nudged(quiet) == []


def test_who_joined_and_left_again_between_two_runs_wants_a_look(by_events: Stage) -> None:
    people = by_events.people(3)
    team = settled(by_events, people[:2])

    by_events.webex.add_member(team, people[2])
    by_events.clock.advance(2)
    by_events.webex.remove_member(team, people[2])

    assert nudged(by_events) == [team.uuid]


def test_a_leaving_that_is_told_much_too_late_is_found_by_the_hourly_second_reading(
    by_events: Stage,
) -> None:
    people = by_events.people(3)
    team = settled(by_events, people)
    by_events.webex.switches.event_lag_seconds = 1200
    by_events.webex.remove_member(team, people[2])
    by_events.run(1300)
    by_events.webex.switches.event_lag_seconds = 3
    by_events.microsoft.graph.faults.append(Fault("error", path="/groups/delta", status=503))
    left = by_events.services.looks.read(team.uuid)
    assert left

    by_events.run(times.HOUR // 1000 + 120)

    looked = by_events.services.looks.read(team.uuid)
    assert looked
    assert looked.value.seen > left.value.seen
