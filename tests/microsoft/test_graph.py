"""Graph as the app of one tenant: who is in a group, who is taken out, what changed, guests."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Cloud, Fault, Response
from sandbox.microsoft import Group, MicrosoftClouds, Switches, Tenant
from shared.config import read_settings
from shared.core.errors import (
    AnswerUnknown,
    DeltaLost,
    NotThere,
    PermissionMissing,
    Refused,
    Throttled,
    Unavailable,
)
from shared.core.ids import GroupId, ObjectId, TenantId
from shared.core.model import Account, Delta, GroupChange
from shared.http import Http, new_session
from shared.microsoft.graph import GraphClient
from shared.microsoft.protocol import (
    Kind,
    Part,
    is_for_all,
    member_part,
    owner_part,
    remove_member_part,
    remove_owner_part,
)
from shared.microsoft.tokens import GraphTokens

GRAPH = "https://graph.microsoft.com"
NOBODY = ObjectId("99999999-9999-4999-8999-999999999999")
NO_GROUP = GroupId("88888888-8888-4888-8888-888888888888")
PERMISSIONS = ("Group.ReadWrite.All", "User.Read.All", "User.Invite.All")
MAIL = "ada@fabrikam.example"


class Desk:
    """A tenant where the app has consent, the truth about it, and the client before it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_790_000_000.0)
        self.clouds = MicrosoftClouds(self.clock)
        self.tenant: Tenant = self.clouds.add_tenant()
        self.app = self.clouds.add_app()
        self.clouds.consent(self.app, self.tenant, PERMISSIONS)
        settings = read_settings(
            {
                "MASTER_KEYS": f"v1:{base64.b64encode(b'k' * 32).decode()}",
                "WEBEX_ORG_IDS": "11111111-1111-4111-8111-111111111111",
                "MICROSOFT_TENANT_IDS": self.tenant.tenant_id,
                "MICROSOFT_CLIENT_ID": self.app.client_id,
                "MICROSOFT_CLIENT_SECRET": self.app.client_secret,
            }
        )
        http = Http("graph", "request-id", self.session, self.clock)
        tokens = GraphTokens(settings, TenantId(self.tenant.tenant_id), self.session)
        self.client = GraphClient(http, GRAPH, tokens)

    @property
    def switches(self) -> Switches:
        return self.clouds.switches

    def session(self) -> requests.Session:
        session = new_session()
        session.mount(GRAPH, CloudAdapter(self.clouds.graph))
        session.mount("https://login.microsoftonline.com", CloudAdapter(self.clouds.login))
        return session

    def consent(self, *permissions: str) -> None:
        """In place of what was granted; tokens from before are forgotten."""
        self.clouds.consent(self.app, self.tenant, permissions)
        self.client.tokens.forget()

    def people(self, count: int) -> list[ObjectId]:
        return [ObjectId(self.tenant.add_user(f"Person {n}").object_id) for n in range(count)]

    def group(self, *, owners: int = 1, members: int = 0, nickname: str = "crew") -> Group:
        return self.tenant.add_group(
            nickname.capitalize(),
            nickname,
            owners=self.people(owners),
            members=self.people(members),
        )

    def calls(self) -> list[tuple[str, str, int]]:
        return [(c.method, c.path, c.status) for c in self.clouds.graph.calls()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def id_of(group: Group) -> GroupId:
    return GroupId(group.id)


@dataclass(frozen=True)
class _OneToken:
    def token(self) -> str:
        return "opaque"

    def forget(self) -> None:
        """There is no other."""


class Says(Cloud):
    """A Graph that says what a test tells it to, whatever it is asked."""

    name = "graph"

    def __init__(self, status: int, body: object) -> None:
        super().__init__(VirtualClock())
        for path in ("/v1.0/groups/delta", "/v1.0/groups/{id}/members", "/v1.0/users/{id}"):
            self.route("GET", path, lambda _request: Response(status, body))
        self.route("POST", "/v1.0/invitations", lambda _request: Response(status, body))

    @property
    def client(self) -> GraphClient:
        def session() -> requests.Session:
            made = new_session()
            made.mount(GRAPH, CloudAdapter(self))
            return made

        return GraphClient(Http("graph", "request-id", session, self.clock), GRAPH, _OneToken())


# Members, owners, accounts


def test_members_are_told_with_what_is_known_of_them(desk: Desk) -> None:
    group = desk.group()
    ada = desk.tenant.add_user("Ada", mail="ada@contoso.example")
    blocked = desk.tenant.add_user("Bo", enabled=False)
    guest = desk.tenant.add_guest("Cy", MAIL)
    group.add("members", ada.object_id, blocked.object_id, guest.object_id)
    found = desk.client.members(id_of(group))

    assert found[ObjectId(ada.object_id)] == Account(
        ObjectId(ada.object_id), "Ada", "ada@contoso.example", "ada@contoso.example", True
    )
    assert found[ObjectId(blocked.object_id)].enabled is False
    assert found[ObjectId(guest.object_id)].guest
    assert [a.guest for a in found.values()].count(True) == 1
    assert list(found) == group.members


def test_members_of_every_page_are_there(desk: Desk) -> None:
    group = desk.group(members=2100)

    assert list(desk.client.members(id_of(group))) == group.members
    assert len([c for c in desk.calls() if c[1].endswith("/members")]) == 3


def test_members_come_without_the_query_where_that_is_refused(desk: Desk) -> None:
    group, guest = desk.group(members=250), desk.tenant.add_guest("Cy", MAIL)
    group.add("members", guest.object_id)
    desk.switches.members_query_is_advanced = True
    found = desk.client.members(id_of(group))

    assert list(found) == group.members
    assert {a.enabled for a in found.values()} == {None}
    assert [a.object for a in found.values() if a.guest] == [guest.object_id]


def test_whether_an_account_is_enabled_is_unknown_without_the_permission(desk: Desk) -> None:
    group = desk.group(members=1)
    desk.consent("GroupMember.Read.All")
    (account,) = desk.client.members(id_of(group)).values()

    assert account == Account(ObjectId(group.members[0]))


def test_a_group_that_is_gone_has_no_empty_list_of_members(desk: Desk) -> None:
    group = desk.group(members=1)
    desk.tenant.delete_group(group)

    with pytest.raises(NotThere):
        desk.client.members(id_of(group))
    with pytest.raises(NotThere):
        desk.client.owners(id_of(group))


def test_a_page_that_fails_is_no_shorter_list(desk: Desk) -> None:
    group = desk.group(members=1500)
    desk.clouds.graph.faults.append(Fault("error", path="/members$", when=_is_second_page))

    with pytest.raises(Unavailable):
        desk.client.members(id_of(group))


def _is_second_page(request: Any) -> bool:
    return "$skiptoken" in request.query


def test_a_member_that_cannot_be_read_is_nobody_who_left() -> None:
    says = Says(200, {"value": [{"id": NOBODY}, {"id": None}]})

    with pytest.raises(Unavailable):
        says.client.members(NO_GROUP)


def test_owners_are_ids(desk: Desk) -> None:
    group = desk.group(owners=3, members=2)

    assert desk.client.owners(id_of(group)) == frozenset(group.owners)


def test_one_account_is_told_by_its_id(desk: Desk) -> None:
    ada = desk.tenant.add_user("Ada")
    key = ObjectId(ada.object_id)
    assert desk.client.account(key) == Account(key, "Ada", ada.mail, ada.mail, True)

    desk.tenant.disable_user(key)
    told = desk.client.account(key)
    assert told is not None
    assert told.enabled is False


def test_nobody_has_no_account(desk: Desk) -> None:
    assert desk.client.account(NOBODY) is None


def test_nobody_is_gone_for_want_of_an_answer_or_a_permission(desk: Desk) -> None:
    (person,) = desk.people(1)
    desk.clouds.graph.faults.append(Fault("error", path="/users/", times=4))
    with pytest.raises(Unavailable):
        desk.client.account(person)

    desk.consent("Group.ReadWrite.All")
    with pytest.raises(PermissionMissing):
        desk.client.account(person)


@pytest.mark.parametrize(
    ("value", "allowed"), [(None, True), ("true", True), ("False", False), ("false", False)]
)
def test_whether_groups_may_have_guests_is_the_tenants_policy(
    desk: Desk, value: str | None, *, allowed: bool
) -> None:
    if value is not None:
        desk.tenant.group_settings["AllowToAddGuests"] = value
    policy = desk.client.creation_policy()

    assert (policy.everybody, policy.guests) == (True, allowed)


# Removals


@pytest.mark.parametrize("alone", [True, False])
def test_who_is_removed_leaves_the_group_and_not_the_directory(desk: Desk, *, alone: bool) -> None:
    """With this permission a DELETE without `/$ref` would delete the person."""
    desk.consent(*PERMISSIONS, "User.ReadWrite.All")
    group = desk.group(owners=2, members=2)
    member, owner = ObjectId(group.members[0]), ObjectId(group.owners[0])
    parts = [remove_member_part(group.id, member), remove_owner_part(group.id, owner)]
    for some in [[p] for p in parts] if alone else [parts]:
        answers = desk.client.batch(some, chained=False)
        assert [(a.kind, a.status) for a in answers] == [(Kind.OK, 204)] * len(some)

    assert member not in group.members
    assert owner not in group.owners
    assert {member, owner} <= desk.tenant.users.keys()
    deletes = [path for method, path, _ in desk.calls() if method == "DELETE"]
    assert len(deletes) == 2
    assert all(path.endswith("/$ref") for path in deletes)


@pytest.mark.parametrize("status", [404, 400])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("remove", [remove_member_part, remove_owner_part])
def test_who_is_not_there_is_absent_however_it_is_said(
    desk: Desk, remove: Any, status: Any, *, alone: bool
) -> None:
    desk.switches.removing_absent = status
    group = desk.group(owners=2)
    part = remove(group.id, desk.people(1)[0])
    answers = desk.client.batch([part] if alone else [part, part], chained=False)

    assert {(a.kind, a.status) for a in answers} == {(Kind.ABSENT, status)}


def test_who_left_the_directory_is_absent(desk: Desk) -> None:
    group = desk.group(members=1)
    person = ObjectId(group.members[0])
    desk.tenant.remove_user(person)
    (answer,) = desk.client.batch([remove_member_part(group.id, person)], chained=False)

    assert answer.kind is Kind.ABSENT


@pytest.mark.parametrize("alone", [True, False])
def test_a_group_that_is_not_there_says_nothing_of_its_members(desk: Desk, *, alone: bool) -> None:
    part = remove_member_part(NO_GROUP, desk.people(1)[0])
    answers = desk.client.batch([part] if alone else [part, part], chained=False)

    assert {(a.kind, a.status) for a in answers} == {(Kind.NOT_FOUND, 404)}


def test_an_absence_told_as_that_of_the_group_is_not_taken_for_one(desk: Desk) -> None:
    desk.switches.absent_names_group = True
    part = remove_member_part(desk.group().id, desk.people(1)[0])

    assert desk.client.batch([part], chained=False)[0].kind is Kind.NOT_FOUND


def test_a_group_that_is_not_replicated_says_nothing_of_its_members(desk: Desk) -> None:
    desk.switches.replication_seconds = 10
    group = desk.group(members=1)
    part = remove_member_part(group.id, ObjectId(group.members[0]))
    (answer,) = desk.client.batch([part], chained=False)

    assert (answer.kind, answer.status) == (Kind.REFERENCE_UNKNOWN, 400)
    assert len(group.members) == 1


@pytest.mark.parametrize("alone", [True, False])
def test_the_last_owner_stays(desk: Desk, *, alone: bool) -> None:
    group = desk.group(owners=1)
    part = remove_owner_part(group.id, ObjectId(group.owners[0]))
    answers = desk.client.batch([part] if alone else [part, part], chained=False)

    assert {a.kind for a in answers} == {Kind.LAST_OWNER}
    assert len(group.owners) == 1


def test_an_owner_is_added_before_another_is_removed(desk: Desk) -> None:
    group, (new,) = desk.group(owners=1), desk.people(1)
    old = ObjectId(group.owners[0])
    parts = [owner_part(group.id, new), remove_owner_part(group.id, old)]
    answers = desk.client.batch(parts, chained=True)

    assert [a.kind for a in answers] == [Kind.OK, Kind.OK]
    assert group.owners == [new]


def test_what_could_not_be_added_is_unknown_and_not_absent(desk: Desk) -> None:
    parts: list[Part] = [member_part(desk.group().id, [NOBODY])]

    assert desk.client.batch(parts, chained=False)[0].kind is Kind.REFERENCE_UNKNOWN


# Changes


def test_from_now_on_changes_are_told_and_lead_on(desk: Desk) -> None:
    group, other = desk.group(members=1), desk.group(nickname="other")
    begun = desk.client.changes("")
    assert (begun.changes, begun.following) == ((), "")

    (gone,) = group.members
    (new,) = desk.people(1)
    group.drop("members", gone)
    group.add("members", new)
    desk.tenant.delete_group(other)
    told = desk.client.changes(begun.latest)
    people = {ObjectId(gone): False, ObjectId(new): True}
    assert told.changes == (
        GroupChange(id_of(group), people=people, name=group.display_name),
        GroupChange(id_of(other), deleted=True),
    )
    assert told.following == ""
    assert desk.client.changes(told.latest).changes == ()


def test_a_new_name_is_a_change_too(desk: Desk) -> None:
    group = desk.group()
    begun = desk.client.changes("")
    desk.tenant.change_group(group, display_name="New")

    assert desk.client.changes(begun.latest).changes == (GroupChange(id_of(group), name="New"),)


def test_each_call_is_one_page(desk: Desk) -> None:
    groups, (person,) = [desk.group(nickname=f"crew{n}") for n in range(5)], desk.people(1)
    begun = desk.client.changes("")
    desk.switches.delta_page_size = 2
    for group in groups:
        group.add("members", person)
    seen: list[GroupId] = []
    page = Delta((), following=begun.latest)
    while page.following:
        before = len(desk.calls())
        page = desk.client.changes(page.following)
        assert len(desk.calls()) == before + 1
        assert bool(page.following) != bool(page.latest)
        seen += [change.group for change in page.changes]

    assert seen == [g.id for g in groups]
    assert desk.client.changes(page.latest).changes == ()


def test_a_group_may_be_told_more_than_once(desk: Desk) -> None:
    group = desk.group(members=2)
    begun = desk.client.changes("")
    desk.switches.delta_unites = False
    one, other = group.members
    group.drop("members", one, other)

    named = group.display_name
    assert desk.client.changes(begun.latest).changes == (
        GroupChange(id_of(group), people={ObjectId(one): False}, name=named),
        GroupChange(id_of(group), people={ObjectId(other): False}, name=named),
    )


@pytest.mark.parametrize("expiry", ["410", "syncStateNotFound"])
def test_an_address_that_is_too_old_is_lost(desk: Desk, expiry: Any) -> None:
    desk.switches.delta_expiry = expiry
    begun = desk.client.changes("")
    desk.clock.advance(8 * 86_400)

    with pytest.raises(DeltaLost):
        desk.client.changes(begun.latest)
    assert desk.client.changes("").latest


def test_maintenance_loses_the_address_between_two_pages_too(desk: Desk) -> None:
    begun = desk.client.changes("")
    desk.switches.delta_page_size = 1
    for n in range(2):
        desk.group(nickname=f"crew{n}")
    first = desk.client.changes(begun.latest)
    desk.tenant.reset_delta()

    with pytest.raises(DeltaLost):
        desk.client.changes(first.following)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "syncStateNotFound"),
        (404, "SyncStateNotFound"),
        (400, "resyncRequired"),
        (400, "Directory_ExpiredPageToken"),
        (410, ""),
    ],
)
def test_each_known_word_for_it_is_understood(status: int, code: str) -> None:
    says = Says(status, {"error": {"code": code, "message": "x"}})

    with pytest.raises(DeltaLost):
        says.client.changes("")


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_another_refusal_does_not_mean_that_it_is_lost(status: int) -> None:
    says = Says(status, {"error": {"code": "UnknownError", "message": "x"}})

    with pytest.raises((Refused, PermissionMissing, Throttled, Unavailable)):
        says.client.changes("")


def test_an_address_elsewhere_is_lost_and_not_called(desk: Desk) -> None:
    for elsewhere in ("https://graph.microsoft.com.evil.example/x", "http://graph.microsoft.com/x"):
        with pytest.raises(DeltaLost):
            desk.client.changes(elsewhere)

    assert desk.calls() == []


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"@odata.nextLink": "https://evil.example/v1.0/groups/delta?$skiptoken=x"},
        {"@odata.deltaLink": "https://graph.microsoft.com.evil.example/x"},
        {"@odata.deltaLink": ["https://graph.microsoft.com/v1.0/groups/delta"]},
    ],
)
def test_a_page_that_leads_nowhere_good_is_no_page(links: dict[str, object]) -> None:
    with pytest.raises(Unavailable):
        Says(200, {"value": [], **links}).client.changes("")


def test_what_is_not_readable_among_the_changes_is_passed_over() -> None:
    page = {
        "value": [{"displayName": "x"}, {"id": "x"}, {"id": NO_GROUP.upper()}],
        "@odata.deltaLink": f"{GRAPH}/v1.0/groups/delta?$deltatoken=y",
    }

    assert Says(200, page).client.changes("") == Delta(
        (GroupChange(NO_GROUP),), latest=f"{GRAPH}/v1.0/groups/delta?$deltatoken=y"
    )


def test_changes_are_asked_for_once_and_at_low_priority(desk: Desk) -> None:
    begun = desk.client.changes("")
    at = desk.clock.now()
    desk.clouds.graph.faults.append(Fault("throttle", path="/delta$", seconds=1, when=_is_low))

    with pytest.raises(Throttled):
        desk.client.changes(begun.latest)
    assert desk.clock.now() == at
    assert [c[2] for c in desk.calls()] == [200, 429]


def _is_low(request: Any) -> bool:
    return bool(request.header("x-ms-throttle-priority") == "low")


# Guests


def test_an_invitation_makes_a_guest_and_mails_nobody(desk: Desk) -> None:
    guest = desk.client.invite(MAIL, "Ada Lovelace")
    told = desk.client.account(guest)

    assert told is not None
    assert (told.name, told.mail, told.guest) == ("Ada Lovelace", MAIL, True)
    assert desk.tenant.mailed == []


def test_a_guest_without_a_name_is_invited_too(desk: Desk) -> None:
    assert desk.client.invite(MAIL, "") in desk.tenant.users


def test_the_same_address_is_the_same_guest(desk: Desk) -> None:
    assert desk.client.invite(MAIL, "Ada") == desk.client.invite(MAIL, "Ada L.")


def test_an_invitation_without_the_permission_says_that_it_lacks(desk: Desk) -> None:
    desk.consent("Group.ReadWrite.All", "User.Read.All")

    with pytest.raises(PermissionMissing) as refused:
        desk.client.invite(MAIL, "Ada")
    assert is_for_all(str(refused.value))


def test_a_tenant_that_lets_nobody_invite_is_told_apart(desk: Desk) -> None:
    desk.switches.invitations_refused = True

    with pytest.raises(PermissionMissing) as refused:
        desk.client.invite(MAIL, "Ada")
    assert not is_for_all(str(refused.value))
    assert "Guest invitations not allowed" in str(refused.value)


@pytest.mark.parametrize("mail", ["somebody@contoso.example", "no address", "a+b@fabrikam.example"])
def test_an_address_that_cannot_be_invited_is_refused(desk: Desk, mail: str) -> None:
    with pytest.raises(Refused):
        desk.client.invite(mail, "Ada")


@pytest.mark.parametrize("status", [400, 412])
def test_a_blocked_guest_is_refused_and_not_asked_again(desk: Desk, status: Any) -> None:
    desk.switches.blocked_guest_status = status
    desk.tenant.disable_user(desk.client.invite(MAIL, "Ada"))

    with pytest.raises(Refused, match="blocked"):
        desk.client.invite(MAIL, "Ada")


def test_an_invitation_whose_answer_is_lost_can_be_sent_again(desk: Desk) -> None:
    desk.clouds.graph.faults.append(Fault("lost", path="/invitations$", at=1))
    with pytest.raises(AnswerUnknown):
        desk.client.invite(MAIL, "Ada")
    guest = desk.client.invite(MAIL, "Ada")

    assert list(desk.tenant.users) == [guest]


@pytest.mark.parametrize("body", [{}, {"invitedUser": {}}, {"invitedUser": {"id": "x"}}, None])
def test_an_invitation_that_names_no_guest_is_no_answer(body: object) -> None:
    with pytest.raises((AnswerUnknown, Unavailable)):
        Says(201, body).client.invite(MAIL, "Ada")
