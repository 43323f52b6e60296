"""Teams from before the switch: left alone, until an administrator connects one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.state import Group
from sandbox.webex.state import Person, Team
from shared.admin import connecting, holding
from shared.admin.ports import Office
from shared.core.ids import OrgId, TeamId
from shared.core.model import Folder, Status
from shared.core.reasons import Refusal
from shared.sync import lease
from tests.journeys.building import link_folder
from tests.journeys.fate import Between, Died, Mortal, endure
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import ADMIN, newcomers

NOBODYS = "6d0f4c2e-9a57-4b31-8e0d-5c1f7a92b3e4"


@dataclass
class Before:
    """A team of four from before the switch, that has been heard of; and the switch is on."""

    stage: Stage
    team: Team
    people: list[Person]

    @property
    def office(self) -> Office:
        return self.stage.wiring.office(OrgId(self.stage.org.uuid))

    def connect(self, named: str = "", team: Team | None = None) -> None:
        connecting.connect(self.office, ADMIN, (team or self.team).uuid, named)

    def refused(self, named: str = "", team: Team | None = None) -> str:
        with pytest.raises(Refusal) as refusal:
            self.connect(named, team)
        return refusal.value.code

    def existing(self, *people: Person, nickname: str = "crew") -> Group:
        """A group that was there, with its drive."""
        ids = [str(p.external_id) for p in people]
        group = self.stage.tenant.add_group("The crew", nickname, owners=ids[:1], members=ids)
        group.drive_ready_at = group.created
        return group

    @property
    def own_groups(self) -> list[Group]:
        return self.stage.groups_of(self.team)


def team_from_before(stage: Stage, name: str = "Old team") -> tuple[Team, list[Person]]:
    people = newcomers(stage, 4)
    team = stage.team(people[0], people[1:], name)
    stage.clock.advance(60)
    return team, people


@pytest.fixture
def before(make_stage: Callable[..., Stage]) -> Before:
    stage = make_stage()
    team, people = team_from_before(stage)
    stage.turn_on()
    stage.webex.add_member(team, late := newcomers(stage)[0])
    stage.run(60)

    assert stage.row(team).status is Status.FROM_BEFORE
    assert stage.groups_of(team) == []
    return Before(stage, team, [*people, late])


def ids(people: list[Person]) -> set[str]:
    return {str(p.external_id) for p in people}


def test_a_team_from_before_gets_a_new_group_when_somebody_says_so(before: Before) -> None:
    before.connect()
    before.stage.settle()

    [group] = before.own_groups
    assert set(group.members) == ids(before.people)
    assert before.people[0].external_id in group.owners
    row = before.stage.row(before.team)
    assert (row.status, row.folder) == (Status.COMPLETE, Folder.LINKED)


def test_from_then_on_it_is_a_team_like_any_other(before: Before) -> None:
    before.connect()
    before.stage.settle()
    [joined] = newcomers(before.stage)
    before.stage.webex.add_member(before.team, joined)
    before.stage.webex.remove_member(before.team, before.people[2])

    before.stage.run(900)

    [group] = before.own_groups
    assert set(group.members) == ids([*before.people, joined]) - ids([before.people[2]])


def test_a_group_that_was_there_changes_nothing_before_the_names_were_seen(before: Before) -> None:
    [stranger] = newcomers(before.stage)
    group = before.existing(before.people[0], stranger)
    members, team = set(group.members), set(before.stage.webex.people_of(before.team))
    writes = before.stage.tenant.write_count

    before.connect(group.id)
    before.stage.run(1800)

    assert set(group.members) == members
    assert group.owners == [before.people[0].external_id]
    assert set(before.stage.webex.people_of(before.team)) == team
    assert before.stage.tenant.write_count == writes
    row = before.stage.row(before.team)
    assert (row.status, row.reason, row.group_id) == (Status.NEEDS_PERSON, "first_merge", group.id)
    held = before.stage.services.teams.held(TeamId(before.team.uuid))
    assert held is not None
    named = {n.name for n in held.value.changes}
    assert named >= {p.name for p in before.people[1:]} | {stranger.name}


@pytest.mark.parametrize("decision", ["allow", "refuse"])
def test_what_was_seen_is_done_or_stays_undone(before: Before, decision: str) -> None:
    [stranger] = newcomers(before.stage)
    group = before.existing(before.people[0], stranger)
    before.connect(group.id)
    before.stage.run(600)
    held = before.stage.services.teams.held(TeamId(before.team.uuid))
    assert held is not None

    mark = holding.mark(held.value)
    holding.decide(before.office, ADMIN, before.team.uuid, decision, mark)
    before.stage.run(1800)

    everybody = ids([*before.people, stranger])
    inside = {"allow": everybody, "refuse": ids([before.people[0], stranger])}[decision]
    assert set(group.members) == inside
    in_team = ids(before.stage.webex.people_of(before.team))
    assert in_team == (everybody if decision == "allow" else ids(before.people))
    assert before.own_groups == []
    assert before.stage.row(before.team).folder is Folder.LINKED


@pytest.mark.parametrize(
    "way", ["{0.id}", "https://entra.example/#view/{0.id}/x", "crew@{1.domain}", "crew"]
)
def test_a_group_is_named_by_its_id_or_its_address(before: Before, way: str) -> None:
    group = before.existing(*before.people)

    before.connect(way.format(group, before.stage.tenant))

    assert before.stage.row(before.team).group_id == group.id


def test_a_group_of_another_team_is_refused(before: Before) -> None:
    other = before.stage.team(before.people[0], before.people[1:], "New team")
    before.stage.settle()
    theirs = before.stage.group_of(other)
    assert theirs is not None

    assert before.refused(theirs.id) == "group_taken"
    assert before.stage.row(before.team).status is Status.FROM_BEFORE


def test_of_two_teams_that_are_given_one_group_one_gets_it(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    (one, people), (two, _) = team_from_before(stage, "One"), team_from_before(stage, "Two")
    stage.turn_on()
    for team in (one, two):
        stage.work(nudge(stage, team.general.id))
    before = Before(stage, one, people)
    group = before.existing(*people)

    before.connect(group.id)

    assert before.refused(group.id, two) == "group_taken"
    assert stage.row(two).group_id is None


def test_a_group_that_something_else_has_linked_to_the_team_is_left_alone(before: Before) -> None:
    group = before.existing(*before.people)
    link_folder(before.stage, before.team.general, group.drive_id, "01ROOT")

    assert before.refused(group.id) == "connected_elsewhere"
    before.stage.run(120)
    assert before.stage.row(before.team).status is Status.FROM_BEFORE
    link = before.stage.webex.world.folder_of_room[before.team.uuid]
    assert link.item_id == "01ROOT"


def test_a_folder_of_somebody_elses_stays_linked_beside_a_new_group(before: Before) -> None:
    link_folder(before.stage, before.team.general, "b!cisco", "01CISCO")

    before.connect()
    before.stage.settle()

    assert before.stage.row(before.team).folder is Folder.FOREIGN
    assert before.stage.webex.world.folder_of_room[before.team.uuid].item_id == "01CISCO"


@pytest.mark.parametrize("named", [NOBODYS, "nobody", "nobody@a.example", "'", "x" * 600, "@"])
def test_a_group_that_is_not_there_is_refused(before: Before, named: str) -> None:
    assert before.refused(named) == "group_unknown"
    assert before.stage.row(before.team).status is Status.FROM_BEFORE


def test_the_same_name_at_another_domain_is_another_group(before: Before) -> None:
    group = before.existing(*before.people)
    domain = before.stage.tenant.domain

    assert before.refused(f"{group.mail_nickname}@other.example") == "group_unknown"
    before.connect(f"{group.mail_nickname}@{domain}".upper())
    assert before.stage.row(before.team).group_id == group.id


def test_whom_the_first_look_could_not_look_up_waits_to_be_seen_as_well(before: Before) -> None:
    unknown = newcomers(before.stage, 3, known=False)
    for person in unknown:
        before.stage.webex.add_member(before.team, person)
    group = before.existing(*before.people)
    members = set(group.members)
    before.stage.webex.faults.append(Fault("error", path="/identity/scim/"))
    before.connect(group.id)
    before.stage.run(120)
    before.stage.webex.faults.clear()
    before.stage.run(1800)

    assert set(group.members) == members
    held = before.stage.services.teams.held(TeamId(before.team.uuid))
    assert held is not None
    assert {n.name for n in held.value.changes} >= {p.name for p in unknown}


def test_a_team_is_connected_once(before: Before) -> None:
    group = before.existing(*before.people)
    before.connect()
    before.stage.settle()

    assert before.refused() == "team_connected"
    assert before.refused(group.id) == "team_connected"


def test_what_a_provider_does_not_tell_connects_nothing(before: Before) -> None:
    group = before.existing(*before.people)
    before.stage.microsoft.graph.faults.append(Fault("error", path="/groups/"))

    assert before.refused(group.id) == "trial_silent"
    assert before.stage.row(before.team).group_id is None


def test_while_off_it_is_kept_for_later(before: Before) -> None:
    before.stage.turn_off()
    before.connect()
    before.stage.run(120)
    assert before.own_groups == []

    before.stage.turn_on()
    before.stage.settle()

    assert len(before.own_groups) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 8))
@pytest.mark.parametrize("existing", [False, True])
def test_dying_at_any_write_leaves_a_team_that_can_be_connected_again(
    before: Before, write: int, after: bool, existing: bool
) -> None:
    group = before.existing(*before.people)
    named = group.id if existing else ""
    mortal = Mortal(before.stage)
    mortal.arm(write, after=after)

    try:
        before.connect(named)
    except Died:
        endure(before.stage, 60)
        if before.stage.row(before.team).status is Status.FROM_BEFORE:
            before.connect(named)
    endure(before.stage, 600)

    row = before.stage.row(before.team)
    assert row.group_id is not None
    assert (row.group_id == group.id) is existing
    assert len(before.own_groups) == (0 if existing else 1)
    assert set(before.stage.tenant.groups[row.group_id].members) == ids(before.people)


def test_a_worker_that_parks_it_at_the_last_moment_does_not_lose_it(before: Before) -> None:
    """It took the team before the team's row said that it is followed."""
    stage = before.stage
    held: list[lease.Held] = []

    def take() -> None:
        settings = stage.services.organizations.settings()
        found = lease.take(stage.services, TeamId(before.team.uuid), settings, change=False)
        assert found
        held.append(found)

    def park() -> None:
        held[0].park()

    # The writes of connecting: the look, the team's row, the look once more.
    Between(stage, actions={2: take, 3: park})
    before.connect()
    stage.settle()

    assert len(before.own_groups) == 1


# Teams that nobody has heard of


@pytest.mark.parametrize("what", ["team", "general", "space", "bare", "address"])
def test_a_team_that_nobody_heard_of_is_found_by_an_id_and_not_touched(
    make_stage: Callable[..., Stage], what: str
) -> None:
    stage = make_stage()
    team, people = team_from_before(stage)
    space = stage.webex.create_space(people[0], "Plans", team)
    stage.clock.advance(60)
    stage.turn_on()
    before = Before(stage, team, people)
    texts = {
        "team": team.id,
        "general": team.general.id,
        "space": space.id,
        "bare": team.uuid,
        "address": f"webexteams://im?space={space.uuid}",
    }

    found = connecting.find(before.office, f" {texts[what]} ")

    assert found == team.uuid
    assert stage.row(team).status is Status.FROM_BEFORE
    stage.run(120)
    assert before.own_groups == []
    before.connect()
    stage.settle()
    assert len(before.own_groups) == 1


@pytest.mark.parametrize("text", ["", "x", NOBODYS, "Y2lzY29", "../..", "\x00", "å" * 600])
def test_what_is_no_teams_id_finds_nothing_and_leaves_nothing(before: Before, text: str) -> None:
    due = before.stage.due()

    with pytest.raises(Refusal) as refusal:
        connecting.find(before.office, text)

    assert refusal.value.code == "team_not_found"
    assert before.stage.due() == due


def test_a_space_of_no_team_finds_nothing(before: Before) -> None:
    lunch = before.stage.webex.create_space(before.people[0], "Lunch")

    with pytest.raises(Refusal) as refusal:
        connecting.find(before.office, lunch.id)

    assert refusal.value.code == "team_not_found"


def test_while_off_no_team_is_looked_for(before: Before) -> None:
    before.stage.turn_off()

    with pytest.raises(Refusal) as refusal:
        connecting.find(before.office, before.team.id)

    assert refusal.value.code == "find_while_off"


def test_a_marked_group_that_is_not_remembered_can_be_connected(stage: Stage) -> None:
    people = newcomers(stage, 3)
    team = stage.team(people[0], people[1:], "Project X")
    group = stage.tenant.add_group(
        "Project X", "projectx", owners=ids(people[:1]), unique_name=f"webex-team-{team.uuid}"
    )
    group.created -= 86_400
    group.drive_ready_at = group.created
    stage.run(60)
    # By this app, before its rows were lost.
    link_folder(stage, team.general, group.drive_id, "01ROOT")
    before = Before(stage, team, people)
    assert stage.row(team).reason == "group_from_before_us"

    before.connect(group.id)
    stage.run(300)

    row = stage.row(team)
    assert (row.group_id, row.reason) == (group.id, "first_merge")
