"""What ends in Webex: the group stays as it is, and is told of it where that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.kit import Fault
from shared.admin.activity import Standing as Stands
from shared.core.model import Limits, Marks, Status
from shared.ports import Space
from shared.sync.lease import want
from shared.sync.look import full_at
from tests.journeys.ending import DAY, HOUR, reasons, said, stands
from tests.journeys.fate import Fate, Mortal, endure
from tests.journeys.following import rest, spoil, unspoil
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import Standing, Tally, change, later, live, standing


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 4, webhook=False, name="Alpha")


@pytest.mark.parametrize("wanted", [False, True])
def test_a_deleted_teams_group_stays_with_everybody_in_it(at: Standing, wanted: bool) -> None:
    change(at.stage, mark_ends=wanted)
    people, before = at.group.members, said(at)
    at.stage.webex.delete_team(at.team)

    writes = rest(at, 3 * DAY)

    assert (reasons(at), stands(at)) == (["team_gone"], Stands.ENDED)
    assert (at.group.members, at.group.deleted) == (people, None)
    assert ("is gone" in said(at)) is wanted
    assert (said(at) == before) is not wanted
    assert len(writes) == wanted


def test_a_team_is_looked_for_twice_before_it_is_called_gone(at: Standing) -> None:
    at.stage.webex.delete_team(at.team)

    at.retry()
    live(at.stage, 90)
    soon = reasons(at)
    later(at.stage, HOUR + 120)

    assert (soon, reasons(at)) == ([], ["team_gone"])


def test_nobodys_name_is_kept_for_changes_of_a_team_that_is_gone(at: Standing) -> None:
    change(at.stage, limits=Limits(remove=0))
    at.dismiss(at.people[3])
    later(at.stage, HOUR)
    waited = at.held
    at.stage.webex.delete_team(at.team)

    at.retry()
    later(at.stage, DAY)

    assert waited is not None
    assert (at.held, at.row.held) == (None, False)


def test_a_team_that_is_gone_costs_a_few_reads_a_week(at: Standing) -> None:
    at.stage.webex.delete_team(at.team)
    later(at.stage, DAY)
    tally = Tally(at.stage)

    later(at.stage, 21 * DAY)

    assert 3 <= tally.reads <= 3 * 6


def test_an_account_that_may_not_see_the_team_is_no_end_of_it(at: Standing) -> None:
    change(at.stage, mark_ends=True)
    before = said(at)
    at.stage.officer.roles = frozenset()

    at.retry()
    later(at.stage, 2 * DAY)

    assert "team_gone" not in reasons(at)
    assert at.row.status is Status.NEEDS_PERSON
    assert said(at) == before


def test_a_team_that_was_only_out_of_sight_goes_on(at: Standing) -> None:
    change(at.stage, mark_ends=True)
    before = said(at)
    blind = Fault("error", path="/v1/(rooms|memberships)", method="GET", status=404)
    at.stage.webex.faults.append(blind)
    later(at.stage, 8 * DAY)
    gone = reasons(at), said(at)
    at.stage.webex.faults.clear()
    person = at.newcomers()[0]

    at.join(person)
    later(at.stage, HOUR)

    assert gone[0] == ["team_gone"]
    assert "is gone" in gone[1]
    assert at.differences([*at.people, person]) == []
    assert (reasons(at), said(at)) == ([], before)


@pytest.mark.parametrize("minutes", [1, 8, 40])
def test_a_short_time_out_of_sight_holds_nobody_up_for_long(at: Standing, minutes: int) -> None:
    blind = Fault("error", path="/v1/(rooms|memberships)", method="GET", status=404)
    at.stage.webex.faults.append(blind)
    person = at.newcomers()[0]
    at.join(person)
    live(at.stage, 60 * minutes)
    at.stage.webex.faults.clear()

    live(at.stage, 11 * 60)

    assert at.is_in(person) == (True, True)
    assert (at.row.missed_at, reasons(at)) == (0, [])


def test_a_new_team_that_is_out_of_sight_waits_no_longer_for_all_who_join_it(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    people = stage.people(12)
    stage.turn_on()
    blind = Fault("error", path="/v1/(rooms|memberships)", method="GET", status=404)
    stage.webex.faults.append(blind)
    team = stage.webex.create_team(people[0], "Alpha")
    for person in people[1:]:
        live(stage, 50)
        stage.webex.add_member(team, person)
    live(stage, 50)
    stage.webex.faults.clear()

    live(stage, 900)

    assert len(stage.groups_of(team)) == 1


def test_a_team_without_a_group_that_was_out_of_sight_is_not_looked_at_for_ever(
    make_stage: Callable[..., Stage],
) -> None:
    """There are no names to be read again, nor a description."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    blind = Fault("error", path="/v1/(rooms|memberships)", method="GET", status=404)
    stage.webex.create_team(stage.person(mapped=False), "Alpha")
    live(stage, 60)
    stage.webex.faults.append(blind)
    live(stage, 120)
    stage.webex.faults.clear()
    later(stage, HOUR)
    tally = Tally(stage)

    live(stage, 1200)

    assert tally.looks == 0


def test_a_team_that_is_deleted_before_it_has_rows_is_not_looked_for_for_ever(
    make_stage: Callable[..., Stage],
) -> None:
    """A worker has died between the space's row and the team's."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    team = stage.webex.create_team(stage.person(), "Alpha")
    space, now = team.general.id, stage.services.now()
    stage.services.teams.remember_space(Space(team.uuid, team.uuid, now))
    want(stage.services, team.uuid, space)
    stage.webex.delete_team(team)

    later(stage, 3 * DAY)
    tally = Tally(stage)
    later(stage, DAY)

    assert tally.looks == 0
    assert stage.services.looks.read(team.uuid) is None


def test_a_team_that_another_worker_sees_at_that_moment_is_not_given_up(
    make_stage: Callable[..., Stage],
) -> None:
    """Replicas need not agree: the one is told 404 after a day of that, the other finds it."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    team = stage.webex.create_team(stage.person(), "Alpha")
    plans = stage.webex.create_space(team.creator, "Plans", team)
    now = stage.services.now()
    stage.services.teams.remember_space(Space(plans.uuid, team.uuid, now, now - 2 * DAY * 1000))
    fate = Fate(stage)
    stage.redeploy()

    def another_sees_it() -> None:
        stage.work(nudge(stage, team.general.id))
        stage.webex.faults.append(Fault("error", path="^/v1/rooms/", status=404, times=1))

    fate.at_call("meanwhile", 1, another_sees_it)
    stage.work(nudge(stage, plans.id))

    known = stage.services.teams.space(plans.uuid)
    assert known is not None
    assert known.team == team.uuid
    assert stage.row(team).new


def test_a_team_that_its_people_are_seen_in_is_not_gone(at: Standing) -> None:
    """Webex finds nobody in the space, and lists the very space where its people are."""
    change(at.stage, mark_ends=True)
    before, where = said(at), "/v1/memberships?roomId="
    spoil(at.stage, where, lambda status, body: (404, {"message": "not found"}))

    at.retry()
    later(at.stage, 3 * HOUR)
    row, told = at.row, said(at)
    unspoil(at.stage)
    later(at.stage, HOUR)

    assert (row.reason, row.missed_at, told) == ("provider_silent", 0, before)
    assert at.differences(at.people) == []


def test_that_its_people_are_seen_in_it_ends_the_first_suspicion(at: Standing) -> None:
    def nowhere(status: int, body: Any) -> tuple[int, Any]:
        return 404, {"message": "not found"}

    spoil(at.stage, "/v1/memberships?", nowhere)
    at.retry()
    live(at.stage, 90)
    suspected = at.row.missed_at
    unspoil(at.stage)
    spoil(at.stage, "/v1/memberships?roomId=", nowhere)
    later(at.stage, 2 * HOUR)

    assert suspected > 0
    assert at.row.missed_at == 0
    assert "team_gone" not in reasons(at)


@pytest.mark.parametrize("wanted", [False, True])
def test_an_archived_team_is_told_of_and_followed_as_before(at: Standing, wanted: bool) -> None:
    change(at.stage, mark_ends=wanted)
    before = said(at)
    at.stage.webex.archive_team(at.team)
    later(at.stage, 8 * DAY)
    archived = reasons(at), said(at)
    person = at.newcomers()[0]
    at.join(person)
    later(at.stage, HOUR)
    followed = at.is_in(person)
    at.stage.webex.archive_team(at.team, on=False)

    later(at.stage, 8 * DAY)

    assert archived[0] == ["team_archived"]
    assert ("is archived" in archived[1]) is wanted
    assert followed == (True, True)
    assert (reasons(at), said(at)) == ([], before)


def test_an_archive_is_told_of_wherever_the_weekly_look_dies(at: Standing) -> None:
    """The next look says in the group's description what this one has read, not the next week's."""
    change(at.stage, mark_ends=True)
    mortal, position = Mortal(at.stage), 1
    while True:
        at.stage.webex.archive_team(at.team, on=position % 2 == 1)
        weekly = full_at(at.row)
        assert weekly is not None
        at.stage.clock.advance(weekly / 1000 - at.stage.clock.now() + 1)
        mortal.arm(position, after=True)
        endure(at.stage, 30)
        mortal.at = 0
        endure(at.stage, 600)

        assert ("is archived" in said(at)) is (position % 2 == 1), position
        if not mortal.struck:
            break
        position += 1
    assert position > 5


def test_where_webex_does_not_tell_of_an_archive_nothing_is_said(at: Standing) -> None:
    at.stage.webex.switches.archived_is_read_only = False
    at.stage.webex.archive_team(at.team)

    later(at.stage, 8 * DAY)

    assert (reasons(at), at.row.status) == ([], Status.COMPLETE)


def test_a_group_without_a_mark_is_told_of_an_end_where_that_is_wanted(at: Standing) -> None:
    change(at.stage, mark=Marks.NONE.value, mark_ends=True)
    at.retry()
    later(at.stage, 600)
    without = said(at)
    at.stage.webex.archive_team(at.team)

    at.retry()
    later(at.stage, 600)

    assert (without, "is archived" in said(at)) == ("", True)


@pytest.mark.parametrize("clusters", ["us", "regional", "mixed"])
def test_a_team_that_moves_to_another_geography_keeps_its_connection(
    make_stage: Callable[..., Stage], clusters: str
) -> None:
    stage = make_stage()
    stage.webex.switches.clusters = clusters  # type: ignore[assignment]
    at = standing(stage, 4, webhook=False)
    group = at.group.id
    stage.webex.migrate_team(at.team)
    someone, person = at.people[3], at.newcomers()[0]

    at.join(person)
    at.leave(someone)
    later(stage, HOUR)

    assert at.differences([*at.people[:3], person]) == []
    assert (at.group.id, len(stage.groups_of(at.team)), reasons(at)) == (group, 1, [])
    assert at.row.space_id == at.team.general.id


def test_a_move_that_nothing_tells_of_is_found_by_the_people_of_the_team(at: Standing) -> None:
    at.stage.webex.migrate_team(at.team)

    assert rest(at, 9 * DAY) == []
    assert reasons(at) == []
    assert at.row.space_id == at.team.general.id
    at.stage.webex.rename_team(at.team, "Beta")
    later(at.stage, 2 * DAY)
    assert at.group.display_name == "Beta"


def test_a_team_that_was_taken_for_gone_is_found_where_it_has_moved_to(at: Standing) -> None:
    change(at.stage, mark_ends=True)
    before = said(at)
    blind = Fault("error", path="/v1/(rooms|memberships)", method="GET", status=404)
    at.stage.webex.faults.append(blind)
    later(at.stage, 8 * DAY)
    gone = said(at)
    at.stage.webex.migrate_team(at.team)
    at.stage.webex.faults.clear()
    person = at.newcomers()[0]

    at.join(person)
    later(at.stage, HOUR)

    assert "is gone" in gone
    assert at.row.space_id == at.team.general.id
    assert at.differences([*at.people, person]) == []
    assert (reasons(at), said(at)) == ([], before)


def test_a_team_that_moves_before_it_has_a_group_gets_one(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    creator = stage.person(mapped=False)
    stage.turn_on(webhook=False)
    team = stage.webex.create_team(creator, "Alpha")
    later(stage, 600)
    before = stage.row(team).reason
    stage.webex.migrate_team(team)
    creator.external_id = stage.tenant.add_user("Found", mail=creator.email).object_id

    later(stage, 3 * DAY)

    assert before == "nobody_mapped"
    assert len(stage.groups_of(team)) == 1


def test_a_move_is_found_although_those_who_are_asked_first_have_left(at: Standing) -> None:
    """And the creator with them: somebody else is asked each time."""
    *leaving, stays = sorted(at.people, key=lambda person: person.uuid)
    at.stage.webex.set_moderator(at.team, stays, True)
    at.stage.webex.migrate_team(at.team)
    for person in leaving:
        at.leave(person)

    later(at.stage, HOUR + 900)

    assert at.row.space_id == at.team.general.id
    assert reasons(at) == []
