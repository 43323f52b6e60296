"""Who gets in, who does not and why, and who owns the group."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from shared.core.ids import PersonId
from shared.core.model import Status
from shared.core.reasons import codes
from tests.journeys.stage import Stage


@pytest.mark.emulator
def test_people_who_cannot_be_mapped_are_listed_with_the_reason_and_never_added(
    stage: Stage,
) -> None:
    ada = stage.person("Ada")
    other_org = stage.webex.add_organization("Elsewhere")
    shared_id = stage.tenant.add_user("Twice").object_id
    prefixed = stage.tenant.add_user("Prefixed")
    people = {
        "no_object_id": stage.person("Nora", mapped=False),
        "other_organization": other_org.add_person("Otto"),
        "bot": stage.webex.add_bot("Helper"),
        "not_a_guid": stage.org.add_person("Gus", external_id="S-1-5-21-1004336348"),
        "unknown_to_tenant": stage.org.add_person(
            "Una", external_id="11111111-2222-4333-8444-555555555555"
        ),
    }
    twins = [stage.org.add_person(f"Twin {n}", external_id=shared_id) for n in (1, 2)]
    fine = stage.org.add_person("Fine", external_id=f"Entra_{prefixed.object_id.upper()}")
    team = stage.team(ada, [*people.values(), *twins, fine])

    stage.settle()
    stage.run(1000)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == {ada.external_id, prefixed.object_id}
    listed = stage.row(team).listed
    expected = {PersonId(p.uuid): code for code, p in people.items()}
    assert listed == expected | {PersonId(t.uuid): "claimed_twice" for t in twins}
    assert set(listed.values()) <= codes()
    assert stage.row(team).status is Status.COMPLETE


def test_an_object_id_claimed_by_somebody_in_another_team_is_not_added(stage: Stage) -> None:
    shared_id = stage.tenant.add_user("Twice").object_id
    first = stage.org.add_person("First", external_id=shared_id)
    second = stage.org.add_person("Second", external_id=shared_id)
    stage.know([first])
    stage.know([second])
    team = stage.team(stage.person(), [first])

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert shared_id not in group.members
    assert stage.row(team).listed == {PersonId(first.uuid): "claimed_twice"}


def test_the_creator_and_the_moderators_own_the_group_and_are_members(stage: Stage) -> None:
    people = stage.people(12)
    team = stage.team(people[0], people[1:])
    for person in people[1:8]:
        stage.webex.set_moderator(team, person, True)

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert set(group.owners) == {p.external_id for p in people[:8]}
    assert set(group.owners) <= set(group.members)


def test_owners_beyond_a_hundred_are_members_and_listed(stage: Stage) -> None:
    people = stage.people(110)
    team = stage.team(people[0], people[1:])
    for person in people[1:]:
        stage.webex.set_moderator(team, person, True)
    stage.know(people)

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert len(group.owners) == 100
    assert len(group.members) == 110
    assert list(stage.row(team).listed.values()) == ["owner_limit"] * 10


def test_a_stand_in_owns_the_group_only_after_settling_when_no_moderator_is_known(
    stage: Stage,
) -> None:
    boss = stage.person("Boss", mapped=False)
    people = stage.people(3)
    team = stage.team(boss, people)

    stage.run(200)
    assert stage.group_of(team) is None
    stage.run(300)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [people[0].external_id]
    assert stage.row(team).stand_in == people[0].uuid


@pytest.mark.parametrize("heard", [True, False])
def test_a_moderator_who_becomes_known_takes_over_from_the_stand_in_who_stays_a_member(
    stage: Stage, heard: bool
) -> None:
    if not heard:
        lost = Fault("lost", method="PATCH", path="uniqueName", at=1)
        stage.microsoft.graph.faults.append(lost)
    boss = stage.person("Boss", mapped=False)
    people = stage.people(3)
    team = stage.team(boss, people)
    stage.settle()
    boss.external_id = stage.tenant.add_user("Boss").object_id
    stage.clock.advance(2 * 86400)
    stage.webex.add_member(team, stage.person())

    stage.run(60)
    for _ in range(2):
        # He is let go once the other is seen to own it, and forgotten once that is seen.
        stage.clock.advance(900)
        stage.run(30)

    group = stage.group_of(team)
    assert group is not None
    assert group.owners == [boss.external_id]
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).stand_in is None


def test_with_nobody_known_no_group_is_made_and_the_admin_is_told(stage: Stage) -> None:
    team = stage.team(stage.person(mapped=False), [stage.person(mapped=False)])

    stage.settle()

    assert stage.tenant.groups == {}
    assert (stage.row(team).status, stage.row(team).reason) == (
        Status.NEEDS_PERSON,
        "nobody_mapped",
    )


@pytest.mark.parametrize("allowed", [True, False])
def test_who_may_create_groups_is_honoured_for_the_creator(stage: Stage, allowed: bool) -> None:
    ada = stage.person("Ada")
    members = [str(ada.external_id)] if allowed else []
    gate = stage.tenant.add_security_group("May create", members)
    stage.tenant.group_settings.update(
        EnableGroupCreation="false", GroupCreationAllowedGroupId=gate
    )
    team = stage.team(ada, stage.people(2))

    stage.settle()

    assert (stage.group_of(team) is not None) is allowed
    assert stage.row(team).reason == ("" if allowed else "creator_may_not_create")


def test_the_setting_turns_honouring_off(stage: Stage) -> None:
    from dataclasses import replace

    stage.services.organizations.save_settings(lambda s: replace(s, honour_creation=False))
    stage.tenant.group_settings.update(EnableGroupCreation="false")
    team = stage.team(stage.person())

    stage.settle()

    assert stage.group_of(team) is not None


def test_five_hundred_strangers_are_looked_up_at_the_pace_that_webex_allows(stage: Stage) -> None:
    people = stage.people(500)
    team = stage.team(people[0], people[1:])

    stage.run(400)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert [c for c in stage.webex.log if c.status == 429] == []
    lookups = [c for c in stage.webex.log if "/identity/" in c.path]
    assert len(lookups) == 500


def test_people_arriving_one_by_one_are_all_in_when_the_team_has_settled(stage: Stage) -> None:
    team = stage.team(stage.person())
    people = stage.people(60)
    stage.know(people)
    for person in people:
        stage.webex.add_member(team, person)
        stage.run(1)
    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).status is Status.COMPLETE


def test_one_unknown_person_in_a_small_team_does_not_keep_the_others_waiting(
    stage: Stage,
) -> None:
    people = stage.people(8)
    stage.tenant.remove_user(str(people[3].external_id))
    team = stage.team(people[0], people[1:])

    stage.run(25)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team) - {people[3].external_id}
