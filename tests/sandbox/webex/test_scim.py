"""SCIM: the directory with the Entra object ids, for administrators."""

from __future__ import annotations

import json

import pytest

from sandbox.webex import Organization, Person, WebexCloud
from sandbox.webex.scim import EXTENSION

from .conftest import Client, SignIn


def users(org: Organization) -> str:
    return f"/identity/scim/{org.uuid}/v2/Users"


def test_a_user_has_an_external_id_only_if_it_is_set(
    full_admin: Client, org: Organization, ada: Person, grace: Person
) -> None:
    first = full_admin.get(f"{users(org)}/{ada.uuid}").json()
    second = full_admin.get(f"{users(org)}/{grace.uuid}").json()

    assert first["externalId"] == ada.external_id
    assert "externalId" not in second
    grace.external_id = "22222222-2222-4222-8222-222222222222"
    assert full_admin.get(f"{users(org)}/{grace.uuid}").json()["externalId"] == grace.external_id


def test_a_user_tells_status_and_type(full_admin: Client, org: Organization) -> None:
    person = org.add_person("Penny", account_status="pending", user_type="external_calling")

    user = full_admin.get(f"{users(org)}/{person.uuid}").json()

    assert user["active"] is False
    assert user[EXTENSION]["accountStatus"] == "pending"
    assert user["userType"] == "external_calling"


@pytest.mark.parametrize("said", [False, True])
def test_whether_somebody_who_never_signed_in_is_active_is_open(
    webex: WebexCloud, full_admin: Client, org: Organization, said: bool
) -> None:
    webex.switches.pending_people_are_active = said
    invited = org.add_person("Penny", account_status="pending")

    assert full_admin.get(f"{users(org)}/{invited.uuid}").json()["active"] is said


def test_who_was_switched_off_is_in_the_directory_and_not_active(
    webex: WebexCloud, full_admin: Client, org: Organization, ada: Person
) -> None:
    webex.deactivate_person(ada)

    user = full_admin.get(f"{users(org)}/{ada.uuid}").json()
    found = full_admin.get(users(org), filter=f'userName eq "{ada.email}"').json()
    assert (user["active"], user[EXTENSION]["accountStatus"]) == (False, "disabled")
    assert found["Resources"] == [user]
    webex.reactivate_person(ada)
    assert full_admin.get(f"{users(org)}/{ada.uuid}").json()["active"] is True


@pytest.mark.parametrize("email", ['o"neill@x.example', "back\\slash@x.example"])
def test_a_value_is_quoted_as_json_has_it(
    full_admin: Client, org: Organization, ada: Person, email: str
) -> None:
    odd = org.add_person("Odd", email=email)

    found = full_admin.get(users(org), filter=f"userName eq {json.dumps(email)}").json()

    assert [user["id"] for user in found["Resources"]] == [odd.uuid]
    for wrong in (f'userName eq "{email}"', 'userName eq "\\x"'):
        assert full_admin.get(users(org), filter=wrong).status_code == 400


def test_bots_and_people_of_others_are_not_found(
    full_admin: Client, org: Organization, stranger: Person, bot: Person
) -> None:
    for person in (stranger, bot):
        assert full_admin.get(f"{users(org)}/{person.uuid}").status_code == 404


def test_another_organizations_directory_is_forbidden(
    webex: WebexCloud, full_admin: Client, stranger: Person
) -> None:
    other = webex.world.organizations[stranger.org_uuid]

    assert full_admin.get(users(other)).status_code == 403


def test_a_compliance_officer_is_forbidden(
    org: Organization, officer_person: Person, sign_in: SignIn
) -> None:
    client = sign_in(officer_person, "identity:people_read")

    assert client.get(users(org)).status_code == 403


def test_pages_count_from_one_and_stop_at_the_cap(
    webex: WebexCloud, full_admin: Client, org: Organization
) -> None:
    people = [org.add_person(f"P {n}") for n in range(120)]
    webex.switches.scim_count_cap = 50

    page = full_admin.get(users(org), startIndex=2, count=500).json()

    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (121, 50, 2)
    assert page["Resources"][0]["id"] == people[0].uuid
    webex.switches.scim_count_cap = 500
    assert full_admin.get(users(org)).json()["itemsPerPage"] == 100
    assert full_admin.get(users(org), startIndex=200).json()["Resources"] == []


def test_a_sample_tells_how_many_there_are_and_whether_each_has_signed_in(
    full_admin: Client, org: Organization
) -> None:
    statuses = ("active", "pending", "disabled")
    for status in statuses:
        org.add_person(f"Sam {status}", account_status=status)

    sample = full_admin.get(users(org), count=2, startIndex=3).json()

    assert sample["totalResults"] == 4
    found = [user[EXTENSION]["accountStatus"] for user in sample["Resources"]]
    assert found == ["pending", "disabled"]
    none = full_admin.get(users(org), count=0).json()
    assert (none["totalResults"], none["itemsPerPage"], none["Resources"]) == (4, 0, [])


@pytest.mark.parametrize(
    "expression",
    ['userName eq "ADA.lovelace@example.example"', 'displayName sw "Ada"', 'id eq "{uuid}"'],
)
def test_users_are_found_by_a_filter(
    full_admin: Client, org: Organization, ada: Person, grace: Person, expression: str
) -> None:
    found = full_admin.get(users(org), filter=expression.replace("{uuid}", ada.uuid)).json()

    assert [user["id"] for user in found["Resources"]] == [ada.uuid]
    assert found["totalResults"] == 1


def test_the_external_id_cannot_be_searched_for(full_admin: Client, org: Organization) -> None:
    refused = full_admin.get(users(org), filter='externalId pr "x"')

    assert refused.status_code == 400
    assert refused.json()["message"] == (
        "The user's externalid, operator: PR is not supported search."
    )
    assert full_admin.get(users(org), filter="nonsense").status_code == 400


def test_a_filter_does_not_reach_into_another_organization(
    full_admin: Client, org: Organization, stranger: Person
) -> None:
    found = full_admin.get(users(org), filter=f'userName eq "{stranger.email}"').json()

    assert found["totalResults"] == 0


def test_attributes_choose_what_is_shown(
    full_admin: Client, org: Organization, ada: Person
) -> None:
    asked = f"externalId,{EXTENSION}:accountStatus"
    user = full_admin.get(f"{users(org)}/{ada.uuid}", attributes=asked).json()

    assert set(user) == {"id", "schemas", "externalId", EXTENSION}
    rest = full_admin.get(f"{users(org)}/{ada.uuid}", excludedAttributes="externalId").json()
    assert "externalId" not in rest


def test_the_signed_in_administrator_finds_the_own_roles(full_admin: Client) -> None:
    me = full_admin.get("/identity/scim/v2/Users/me").json()

    assert me["roles"] == [{"value": "id_full_admin"}]


def test_somebody_deleted_is_gone(
    webex: WebexCloud, full_admin: Client, org: Organization, ada: Person
) -> None:
    webex.delete_person(ada)

    assert full_admin.get(f"{users(org)}/{ada.uuid}").status_code == 404
    assert ada.uuid not in [u["id"] for u in full_admin.get(users(org)).json()["Resources"]]


def test_users_come_in_the_order_asked_for(full_admin: Client, org: Organization) -> None:
    for number in range(5):
        org.add_person(f"P {number}")

    found = full_admin.get(users(org), sortBy="id", count="3").json()["Resources"]
    rest = full_admin.get(users(org), sortBy="id", startIndex="4", count="99").json()["Resources"]

    ids = [user["id"] for user in found + rest]
    assert ids == sorted(ids) and len(ids) == len(org.people)
    assert full_admin.get(users(org), sortBy="externalId").status_code == 400


def test_a_licence_shows_with_whoever_has_it(
    webex: WebexCloud, full_admin: Client, org: Organization, ada: Person, grace: Person
) -> None:
    grace.messaging = False

    first = full_admin.get(f"{users(org)}/{ada.uuid}").json()[EXTENSION]
    second = full_admin.get(f"{users(org)}/{grace.uuid}").json()[EXTENSION]
    webex.switches.scim_shows_licences = False
    hidden = full_admin.get(f"{users(org)}/{ada.uuid}").json()[EXTENSION]

    assert first["licenseID"][0].startswith("MS_")
    assert "licenseID" not in second and "licenseID" not in hidden


def test_what_becomes_of_the_attributes_asked_for_is_open(
    webex: WebexCloud, full_admin: Client, org: Organization, ada: Person
) -> None:
    asked = f"userName,externalId,{EXTENSION}"

    def told() -> dict[str, object]:
        found = full_admin.get(users(org), attributes=asked).json()["Resources"]
        return {user["id"]: user for user in found}[ada.uuid]  # type: ignore[no-any-return]

    assert set(told()) == {"schemas", "id", "userName", "externalId", EXTENSION}
    webex.switches.scim_attributes = "core"
    assert set(told()) == {"schemas", "id", "userName"}
    webex.switches.scim_attributes = "refused"
    assert full_admin.get(users(org), attributes=asked).status_code == 400
