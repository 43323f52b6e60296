"""Exactly one group, whatever is doubled, lost or repeated."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from shared.core.model import Status
from tests.journeys.stage import Stage, nudge


@pytest.mark.emulator
def test_twenty_copies_of_one_delivery_worked_in_parallel_make_one_group(heard: Stage) -> None:
    stage = heard
    people = stage.people(30)
    team = stage.team(people[0], people[1:])
    stage.know(people)
    stage.queue = [nudge(stage, team.general.id)] * 20

    stage.drain_in_parallel()
    stage.clock.advance(11)
    stage.queue = [nudge(stage, team.general.id, "due")] * 20
    stage.drain_in_parallel()
    stage.run(30)

    assert len(stage.groups_of(team)) == 1
    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


@pytest.mark.emulator
def test_a_create_whose_answer_was_lost_is_completed_and_not_repeated(heard: Stage) -> None:
    stage = heard
    people = stage.people(50)
    team = stage.team(people[0], people[1:])
    stage.know(people)
    stage.microsoft.graph.faults.append(Fault("lost", method="PATCH", path="uniqueName", at=1))

    stage.settle()

    assert len(stage.groups_of(team)) == 1
    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).group_id == group.id
    writes = stage.tenant.write_count
    # What was never heard of is certain only when no replica can be behind any more.
    stage.clock.advance(900)
    stage.run(60)
    assert stage.row(team).status is Status.COMPLETE
    assert stage.tenant.write_count == writes


def test_a_lost_create_that_stale_reads_deny_still_makes_one_group(stage: Stage) -> None:
    people = stage.people(50)
    team = stage.team(people[0], people[1:])
    stage.know(people)
    stage.microsoft.switches.read_lag_seconds = 45
    stage.microsoft.graph.faults.append(Fault("lost", method="PATCH", path="uniqueName", at=1))

    stage.settle()
    stage.run(1200)

    assert len(stage.groups_of(team)) == 1
    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).status is Status.COMPLETE


def test_a_row_that_held_a_group_never_makes_another_when_the_group_is_deleted(
    stage: Stage,
) -> None:
    people = stage.people(5)
    team = stage.team(people[0], people[1:])
    stage.settle()
    group = stage.group_of(team)
    assert group is not None
    stage.tenant.delete_group(group)
    late = stage.person()
    stage.clock.advance(3600)
    stage.webex.add_member(team, late)

    stage.run(120)

    assert stage.groups_of(team) == [group]
    assert (stage.row(team).status, stage.row(team).reason) == (Status.NEEDS_PERSON, "group_gone")


def test_a_group_with_our_mark_from_before_is_left_alone_until_a_person_looks(
    stage: Stage,
) -> None:
    people = stage.people(5)
    stage.clock.advance(3600)
    team = stage.team(people[0], people[1:])
    group = stage.tenant.add_group("Somebody's", "somebodys", unique_name=f"webex-team-{team.uuid}")
    group.created -= 3000
    members = group.members

    stage.settle()

    assert group.members == members
    assert stage.row(team).reason == "group_from_before_us"


def test_teams_from_before_the_switch_are_untouched_by_a_hundred_events(stage: Stage) -> None:
    stage.turn_off()
    old = [stage.team(stage.person(), name=f"Old {n}") for n in range(5)]
    stage.clock.advance(60)
    stage.turn_on(webhook=False)
    stage.clock.advance(5)
    for number in range(100):
        stage.webex.add_member(old[number % 5], stage.person())

    stage.run(120)

    assert stage.tenant.groups == {}
    assert {stage.row(team).status for team in old} == {Status.FROM_BEFORE}
    assert [c for c in stage.microsoft.graph.log if c.method != "GET"] == []


@pytest.mark.emulator
def test_off_means_no_write_to_either_cloud(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(30))
    stage.run(5)
    stage.turn_off()

    stage.settle()

    assert stage.tenant.groups == {}
    assert stage.webex.linked_folders == {}
    assert stage.group_of(team) is None


def test_what_changed_while_off_is_found_when_on_again(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(5))
    stage.settle()
    stage.turn_off()
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(600)
    stage.turn_on(webhook=False)

    stage.run(120)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_ordinary_and_direct_spaces_leave_no_team_row(stage: Stage) -> None:
    ada, bob = stage.person(), stage.person()
    stage.webex.create_space(ada, "Lunch")
    stage.webex.create_space(ada, "", direct_with=bob)

    stage.run(120)

    assert list(stage.services.teams.everyone()) == []
    assert stage.due() == []
    rooms = [c for c in stage.webex.log if c.path.startswith("/v1/rooms/")]
    assert len(rooms) <= 1


def test_a_lost_nudge_comes_again(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(5))
    stage.run(4)
    stage.clock.advance(10)
    stage.watch()
    stage.queue.clear()

    stage.run(100)

    assert stage.group_of(team) is not None


def test_a_later_space_of_a_team_makes_no_second_group(stage: Stage) -> None:
    ada = stage.person()
    team = stage.team(ada, stage.people(3))
    stage.settle()
    stage.webex.create_space(ada, "Second", team=team)

    stage.settle()

    assert len(stage.tenant.groups) == 1
    assert len(list(stage.services.teams.everyone())) == 1


def test_duplicated_reordered_and_lost_deliveries_change_nothing(stage: Stage) -> None:
    switches = stage.webex.switches
    switches.duplicate, switches.reorder, switches.lose = 0.5, 0.5, 0.3
    teams = [stage.team(stage.person(), stage.people(4), f"Team {n}") for n in range(8)]

    stage.settle()

    for team in teams:
        assert len(stage.groups_of(team)) == 1
        group = stage.group_of(team)
        assert group is not None
        assert set(group.members) == stage.expected(team)
