"""People of other organizations: listed, or guests of the tenant where setting and tenant allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sandbox.kit import Call, Fault
from sandbox.webex.state import Person
from shared.admin import choices, connection
from shared.admin.connection import Consent
from shared.admin.holding import ALLOW, REFUSE
from shared.core.ids import TenantId
from shared.core.model import Direction, Status
from tests.journeys.stage import PERMISSIONS, Stage
from tests.journeys.standing import ADMIN, Standing, Tally, change, later, standing

Make = Callable[..., Stage]
INVITE = "User.Invite.All"
DAY = 86_400


def consent(at: Standing, *permissions: str) -> None:
    """As an administrator gives it on the pages, for these alone."""
    stage = at.stage
    stage.microsoft.consent(stage.application, stage.tenant, permissions)
    proven = Consent(TenantId(stage.tenant.tenant_id), "Contoso", "Greta", stage.services.now())
    connection.connect(at.office, ADMIN, proven)


def outsiders(at: Standing, count: int = 1) -> list[Person]:
    elsewhere = at.stage.webex.add_organization("Elsewhere")
    return [elsewhere.add_person(f"Guest {n}") for n in range(count)]


def guest_of(at: Standing, person: Person) -> str:
    """The object id of somebody's guest account."""
    user = at.stage.tenant.user_of(person.email)
    assert user is not None
    assert user.user_type == "Guest"
    return user.object_id


def is_in_group(at: Standing, person: Person) -> bool:
    user = at.stage.tenant.user_of(person.email)
    return user is not None and user.object_id in at.group.members


def invited(at: Standing) -> list[Call]:
    return [c for c in at.stage.microsoft.graph.log if c.path.endswith("/invitations")]


@pytest.fixture
def off(make_stage: Make) -> Standing:
    """The setting is off, and everything else is there."""
    at = standing(make_stage(), webhook=False)
    consent(at, *PERMISSIONS, INVITE)
    later(at.stage, 3600)
    return at


@pytest.fixture
def at(off: Standing) -> Standing:
    """The setting is on."""
    change(off.stage, guests=True)
    return off


# Off


def test_off_they_are_listed_and_nobody_is_invited(off: Standing) -> None:
    [eve] = outsiders(off)
    off.join(eve)

    later(off.stage, 2 * DAY)

    assert off.row.listed == {eve.uuid: "other_organization"}
    assert off.row.status is Status.COMPLETE
    assert off.stage.tenant.user_of(eve.email) is None
    assert invited(off) == []


# On


def test_on_they_are_invited_once_and_added(at: Standing) -> None:
    [eve] = outsiders(at)
    tally = Tally(at.stage)
    at.join(eve)
    later(at.stage, 3600)

    assert is_in_group(at, eve)
    assert (at.row.listed, at.row.others) == ({}, {})
    assert at.row.status is Status.COMPLETE
    # The invitation, and the member.
    assert tally.graph_writes == 2
    assert at.stage.tenant.mailed == []
    for _ in range(2):
        later(at.stage, 7 * DAY)
    assert len(invited(at)) == 1
    assert tally.webex_writes == 0


def test_who_leaves_the_team_leaves_the_group_and_stays_a_guest_of_the_tenant(
    at: Standing,
) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    at.leave(eve)

    later(at.stage, 3600)

    assert at.differences(at.people) == []
    assert guest_of(at, eve)


def test_who_comes_back_is_added_without_another_invitation(at: Standing) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    at.leave(eve)
    later(at.stage, 3600)
    at.join(eve)

    later(at.stage, 3600)

    assert is_in_group(at, eve)
    assert len(invited(at)) == 1


def test_a_guest_who_is_taken_out_of_the_group_leaves_the_team(at: Standing) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    at.group.drop("members", guest_of(at, eve))

    later(at.stage, 3600)

    assert at.differences(at.people) == []


def test_turning_it_on_invites_whoever_is_there_already(make_stage: Make) -> None:
    off = standing(make_stage(), 30, webhook=False)
    consent(off, *PERMISSIONS, INVITE)
    guests = outsiders(off, 25)
    off.join(*guests)
    later(off.stage, 3600)
    assert choices.save(off.office, ADMIN, {"guests": "yes"}, {"guests": "no"})

    later(off.stage, 3600)

    assert {is_in_group(off, p) for p in guests} == {True}
    assert len(invited(off)) == 25
    assert off.row.listed == {}


@pytest.mark.parametrize("decision", [ALLOW, REFUSE])
def test_guests_in_bulk_wait_before_anybody_is_invited(at: Standing, decision: str) -> None:
    guests = outsiders(at, 30)
    at.join(*guests)
    later(at.stage, DAY)

    assert at.held
    assert at.held.why == ("add_many",)
    assert {n.name for n in at.held.changes} == {p.name for p in guests}
    assert invited(at) == []
    assert Counter(at.row.listed.values()) == {"waits_for_brake": 30}

    at.decide(decision)
    later(at.stage, 7 * DAY)

    inside = decision == ALLOW
    assert {is_in_group(at, p) for p in guests} == {inside}
    assert len(invited(at)) == (30 if inside else 0)
    assert at.held is None
    assert Counter(at.row.listed.values()) == ({} if inside else {"refused_by_admin": 30})


def test_where_the_group_leads_who_comes_later_is_not_invited(at: Standing) -> None:
    change(at.stage, direction=Direction.GROUP.value)
    [eve] = outsiders(at)
    at.join(eve)

    later(at.stage, DAY)

    assert invited(at) == []
    assert at.row.listed == {eve.uuid: "added_in_webex"}


def test_turned_off_again_nobody_is_removed(at: Standing) -> None:
    eve, ida = outsiders(at, 2)
    at.join(eve)
    later(at.stage, 3600)
    change(at.stage, guests=False)
    at.join(ida)
    tally = Tally(at.stage)
    at.retry()

    for _ in range(2):
        later(at.stage, 7 * DAY)

    assert is_in_group(at, eve)
    assert not is_in_group(at, ida)
    assert set(at.stage.webex.people_of(at.team)) == {*at.people, eve, ida}
    assert Counter(at.row.listed.values()) == {"other_organization": 2}
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)


def test_turned_off_again_whoever_leaves_is_removed(at: Standing) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    change(at.stage, guests=False)
    at.retry()
    later(at.stage, 3600)
    at.leave(eve)

    later(at.stage, 3600)

    assert at.differences(at.people) == []


# Not allowed


def test_where_the_tenant_allows_no_guests_in_groups_it_is_told_and_nobody_is_invited(
    at: Standing,
) -> None:
    at.stage.tenant.group_settings["AllowToAddGuests"] = "False"
    at.stage.clock.advance(3600)
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)

    assert at.row.listed == {eve.uuid: "guests_not_allowed"}
    assert invited(at) == []
    at.stage.tenant.group_settings["AllowToAddGuests"] = "True"
    later(at.stage, 2 * DAY)

    assert is_in_group(at, eve)
    assert at.row.listed == {}


def test_where_the_tenant_forbids_it_later_nobody_is_removed(at: Standing) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    at.stage.tenant.group_settings["AllowToAddGuests"] = "False"

    for _ in range(2):
        later(at.stage, 7 * DAY)

    assert is_in_group(at, eve)
    assert eve in at.stage.webex.people_of(at.team)


def test_without_the_permission_it_is_told_and_asked_again_no_sooner_than_a_day_later(
    at: Standing,
) -> None:
    consent(at, *PERMISSIONS)
    at.stage.microsoft.switches.revoked_tokens_live_on = False
    guests = outsiders(at, 3)
    at.join(*guests)
    later(at.stage, 3600)
    first = len(invited(at))
    for person in at.newcomers(2):
        at.join(person)
        later(at.stage, 1800)

    assert first == 1
    assert len(invited(at)) == first
    assert Counter(at.row.listed.values()) == {"invitations_refused": 3}
    assert at.row.status is not Status.NEEDS_PERSON
    consent(at, *PERMISSIONS, INVITE)
    later(at.stage, 3600)

    assert {is_in_group(at, p) for p in guests} == {True}
    assert at.row.listed == {}


def test_where_the_tenant_lets_nobody_invite_it_is_told(at: Standing) -> None:
    at.stage.microsoft.switches.invitations_refused = True
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)

    assert at.row.listed == {eve.uuid: "invitations_refused"}
    at.stage.microsoft.switches.invitations_refused = False
    at.retry()
    later(at.stage, 3600)

    assert is_in_group(at, eve)


@pytest.mark.parametrize("status", [400, 412])
def test_one_whom_microsoft_refuses_keeps_nobody_else_out(at: Standing, status: int) -> None:
    switches = at.stage.microsoft.switches
    switches.blocked_guest_status = 400 if status == 400 else 412
    eve, ida, joe = outsiders(at, 3)
    blocked = at.stage.tenant.add_guest("Ida", ida.email)
    at.stage.tenant.disable_user(blocked.object_id)
    at.join(eve, ida, joe)
    later(at.stage, 3600)

    assert (is_in_group(at, eve), is_in_group(at, ida), is_in_group(at, joe)) == (True, False, True)
    assert at.row.listed == {ida.uuid: "guest_refused"}
    at.stage.tenant.enable_user(blocked.object_id)
    later(at.stage, 2 * DAY)

    assert is_in_group(at, ida)
    assert at.row.listed == {}


def test_where_guests_may_be_invited_and_not_added_it_is_told(at: Standing) -> None:
    """The policy is known half an hour late, and binds apps."""
    later(at.stage, 60)
    at.stage.microsoft.switches.guest_policy_binds_apps = True
    [eve] = outsiders(at)
    at.join(eve)
    at.stage.tenant.group_settings["AllowToAddGuests"] = "False"
    later(at.stage, 1200)

    assert not is_in_group(at, eve)
    assert list(at.row.listed) == [eve.uuid]


def test_a_guest_whom_graph_knows_only_later_gets_in(at: Standing) -> None:
    at.stage.microsoft.switches.guest_delay_seconds = 100
    [eve] = outsiders(at)
    at.join(eve)

    later(at.stage, 2 * DAY)

    assert is_in_group(at, eve)
    assert at.row.listed == {}


@pytest.mark.parametrize("kind", ["lost", "error"])
def test_an_invitation_without_an_answer_is_repeated_and_makes_one_guest(
    at: Standing, kind: str
) -> None:
    eve, ida = outsiders(at, 2)
    fault = Fault(kind, path="/invitations", status=503, times=1)
    at.stage.microsoft.graph.faults.append(fault)
    at.join(eve, ida)
    later(at.stage, 3600 if kind == "lost" else 2 * DAY)

    assert (is_in_group(at, eve), is_in_group(at, ida)) == (True, True)
    guests = [u.mail for u in at.stage.tenant.users.values() if u.user_type == "Guest"]
    assert sorted(guests) == [eve.email, ida.email]


def test_a_guest_whose_account_was_deleted_is_not_taken_out_of_the_team(at: Standing) -> None:
    [eve] = outsiders(at)
    at.join(eve)
    later(at.stage, 3600)
    at.stage.tenant.remove_user(guest_of(at, eve))

    for _ in range(2):
        later(at.stage, 7 * DAY)

    assert set(at.stage.webex.people_of(at.team)) == {*at.people, eve}
    assert at.row.listed == {eve.uuid: "disabled_in_entra"}


def test_a_guest_in_the_group_whom_we_did_not_invite_is_not_put_into_the_team(
    at: Standing,
) -> None:
    stranger = at.stage.tenant.add_guest("Sam", "sam@elsewhere.example")
    at.group.add("members", stranger.object_id)

    later(at.stage, 2 * DAY)

    assert at.row.others == {stranger.object_id: "guest_in_group"}
    assert set(at.stage.webex.people_of(at.team)) == set(at.people)


def test_a_bot_is_invited_by_nobody(at: Standing) -> None:
    at.join(at.stage.webex.add_bot("Robo"))

    later(at.stage, 2 * DAY)

    assert invited(at) == []
    assert list(at.row.listed.values()) == ["bot"]
