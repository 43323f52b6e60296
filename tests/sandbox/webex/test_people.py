"""People: who is signed in, and what an administrator sees of others."""

from __future__ import annotations

from sandbox.webex import Organization, Person, WebexCloud
from sandbox.webex.ids import key_of

from .conftest import Client, SignIn

ME = "/v1/people/me"


def test_the_signed_in_person_tells_organization_and_roles(
    full_admin: Client, org: Organization
) -> None:
    me = full_admin.get(ME).json()

    assert me["orgId"] == org.id
    assert [key_of(role, "ROLE") for role in me["roles"]] == ["id_full_admin"]


def test_roles_need_an_administrators_scope_unless_the_switch_is_off(
    webex: WebexCloud, officer_person: Person, sign_in: SignIn
) -> None:
    client = sign_in(officer_person, "spark:people_read")
    assert "roles" not in client.get(ME).json()

    webex.switches.roles_need_admin_scope = False

    assert len(client.get(ME).json()["roles"]) == 1


def test_there_is_no_external_id_here(full_admin: Client, ada: Person, bot: Person) -> None:
    seen = full_admin.get(f"/v1/people/{ada.id}").json()

    assert seen["emails"] == [ada.email]
    assert "externalId" not in seen
    assert full_admin.get(f"/v1/people/{bot.id}").json()["type"] == "bot"
    assert full_admin.get("/v1/people/garbage").status_code == 404


def test_only_an_administrator_sees_a_pending_invitation_and_it_may_be_text(
    webex: WebexCloud, full_admin: Client, org: Organization, ada: Person, sign_in: SignIn
) -> None:
    pending = org.add_person("Penny", account_status="pending")
    path = f"/v1/people/{pending.id}"

    assert full_admin.get(path).json()["invitePending"] == "true"
    webex.switches.people_flags_as_text = False
    assert full_admin.get(path).json()["invitePending"] is True
    assert "invitePending" not in sign_in(ada, "spark:people_read").get(path).json()


def test_people_are_looked_up_by_email_or_by_ids(
    full_admin: Client, ada: Person, grace: Person
) -> None:
    assert full_admin.items("/v1/people", email=ada.email.upper())[0]["id"] == ada.id
    assert len(full_admin.items("/v1/people", id=f"{ada.id},{grace.id}")) == 2
    assert full_admin.items("/v1/people", email="nobody@example.example") == []
    assert full_admin.get("/v1/people").status_code == 400


def test_an_administrator_finds_the_name_of_every_role(
    full_admin: Client, ada: Person, sign_in: SignIn
) -> None:
    names = {role["name"] for role in full_admin.items("/v1/roles")}

    assert {"Full Administrator", "Compliance Officer"} <= names
    assert sign_in(ada, "spark-admin:roles_read").get("/v1/roles").status_code == 403
