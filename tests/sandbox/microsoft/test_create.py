"""POST /groups, and what a group must look like."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body

TOO_MANY = (400, "Request_BadRequest", "A resource cannot contain more than 20 link changes.")
NO_SUCH = "11111111-2222-4333-8444-555555555555"


def test_a_group_is_created_with_its_people(desk: Desk) -> None:
    people = desk.people(19)
    body = group_body(
        description="From Webex",
        visibility="Private",
        resourceBehaviorOptions=["WelcomeEmailDisabled"],
    )
    body |= bind("owners", people[:1]) | bind("members", people)
    answer = desk.call("POST", "/groups", body)
    group = desk.tenant.groups[answer.json()["id"]]

    assert answer.status_code == 201
    assert answer.json()["mail"] == "crew@contoso.example"
    assert group.owners == [people[0].object_id]
    assert group.members == [p.object_id for p in people]
    assert (group.description, group.visibility) == ("From Webex", "Private")
    assert group.resource_behavior_options == ["WelcomeEmailDisabled"]


def test_an_owner_is_not_a_member_by_itself_and_default_visibility_is_public(desk: Desk) -> None:
    answer = desk.call("POST", "/groups", group_body() | bind("owners", desk.people(1)))
    group = desk.tenant.groups[answer.json()["id"]]

    assert (len(group.owners), len(group.members)) == (1, 0)
    assert group.visibility == "Public"


@pytest.mark.parametrize("name", ["displayName", "mailEnabled", "mailNickname", "securityEnabled"])
def test_a_required_property_is_required(desk: Desk, name: str) -> None:
    body = group_body()
    del body[name]

    assert error_of(desk.call("POST", "/groups", body)) == (
        400,
        "Request_BadRequest",
        f"A value is required for property '{name}' of resource 'Group'.",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"displayName": 7},
        {"mailEnabled": "true"},
        {"groupTypes": "Unified"},
        {"displayName": "x" * 257},
        {"mailNickname": "x" * 65},
        {"mailNickname": "with space"},
        {"mailNickname": "lag@"},
        {"mailNickname": "förråd"},
        {"visibility": "Secret"},
        {"allowExternalSenders": True},
        {"id": "mine"},
        {"members@odata.bind": "not a list"},
        {"members@odata.bind": ["not a url"]},
        {"members@odata.bind": [NO_SUCH]},
        {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/groups/{NO_SUCH}"]},
        {"members@odata.bind": [f"https://graph.microsoft.com/beta/users/{NO_SUCH}"]},
        {"members@odata.bind": [f"/v1.0/directoryObjects/{NO_SUCH}"]},
    ],
)
def test_a_wrong_value_is_400_and_creates_nothing(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = desk.call("POST", "/groups", group_body() | wrong)

    assert answer.status_code == 400, answer.text
    assert not desk.tenant.groups


def test_the_longest_names_are_accepted(desk: Desk) -> None:
    body = group_body("x" * 64) | {"displayName": "å" * 256}

    assert desk.call("POST", "/groups", body).status_code == 201


def test_an_unreadable_body_is_400(desk: Desk) -> None:
    address = "https://graph.microsoft.com/v1.0/groups"
    headers = {"Authorization": f"Bearer {desk.token}"}
    for raw in (b"", b"{", b"[]"):
        answer = desk.session.post(address, data=raw, headers=headers)

        assert error_of(answer)[:2] == (400, "BadRequest")


def test_an_empty_bind_is_refused_in_odatas_words(desk: Desk) -> None:
    answer = desk.call("POST", "/groups", group_body() | bind("members", []))

    assert error_of(answer)[2] == (
        "The value of 'odata.bind' property annotation is an empty array. The 'odata.bind' "
        "property annotation must have a non-empty array as its value."
    )


def test_owners_and_members_share_the_twenty(desk: Desk) -> None:
    people = desk.people(20)
    over = group_body() | bind("owners", people[:1]) | bind("members", people)
    full = group_body() | bind("owners", people[:1]) | bind("members", people[:19])

    assert error_of(desk.call("POST", "/groups", over)) == TOO_MANY
    assert desk.call("POST", "/groups", full).status_code == 201


def test_references_name_any_host_and_users_too(desk: Desk) -> None:
    person = desk.people(1)[0].object_id
    for number, base in enumerate(["http://127.0.0.1:7001", "https://graph.microsoft.us"]):
        for form in ("directoryObjects", "users"):
            body = group_body(f"crew{number}{form}")
            body["members@odata.bind"] = [f"{base}/v1.0/{form}/{person.upper()}"]

            assert desk.call("POST", "/groups", body).status_code == 201


def test_an_unknown_person_is_404(desk: Desk) -> None:
    assert error_of(desk.call("POST", "/groups", group_body() | bind("members", [NO_SUCH]))) == (
        404,
        "Request_ResourceNotFound",
        f"Resource '{NO_SUCH}' does not exist or one of its queried reference-property objects "
        "are not present.",
    )
    assert not desk.tenant.groups


def test_groups_are_neither_members_nor_owners(desk: Desk) -> None:
    nested = [desk.group().id, desk.tenant.add_security_group("Staff")]
    for kind in ("members", "owners"):
        for key in nested:
            answer = desk.call("POST", "/groups", group_body("new") | bind(kind, [key]))

            assert error_of(answer)[:2] == (400, "Request_BadRequest")


def test_a_nickname_is_unique_whatever_its_case(desk: Desk) -> None:
    desk.group("crew")
    answer = desk.call("POST", "/groups", group_body("CREW"))

    assert error_of(answer) == (
        400,
        "Request_BadRequest",
        "Another object with the same value for property mailNickname already exists.",
    )
    assert answer.json()["error"]["details"][0]["code"] == "ObjectConflict"
    assert answer.json()["error"]["details"][0]["target"] == "mailNickname"


def test_a_display_name_is_not_unique_and_a_deleted_groups_nickname_is_free(desk: Desk) -> None:
    desk.tenant.delete_group(desk.group("crew"))

    assert desk.call("POST", "/groups", group_body("crew")).status_code == 201
    assert desk.call("POST", "/groups", group_body("other")).status_code == 201


def test_post_takes_a_unique_name_unless_a_switch_says_no(desk: Desk) -> None:
    assert desk.call("POST", "/groups", group_body("a", uniqueName="a")).status_code == 201
    assert error_of(desk.call("POST", "/groups", group_body("b", uniqueName="a")))[2] == (
        "Another object with the same value for property uniqueName already exists."
    )
    desk.switches.post_accepts_unique_name = False
    assert desk.call("POST", "/groups", group_body("c", uniqueName="c")).status_code == 400


@pytest.mark.parametrize(("rule", "status"), [("create", 201), ("always", 201), ("never", 400)])
def test_a_dot_in_the_nickname_is_a_matter_of_the_page(desk: Desk, rule: Any, status: int) -> None:
    desk.switches.dot_in_nickname = rule

    assert desk.call("POST", "/groups", group_body("a.b")).status_code == status


def test_guests_are_held_off_where_the_policy_binds_apps(desk: Desk) -> None:
    guest = desk.tenant.add_user("Guest", user_type="Guest")
    desk.tenant.group_settings = {"AllowToAddGuests": "False"}
    body = group_body() | bind("members", [guest])
    desk.switches.guest_policy_binds_apps = True
    status, code, message = error_of(desk.call("POST", "/groups", body))

    assert (status, code) == (403, "Authorization_RequestDenied")
    assert message.startswith("Guests users are not allowed to join this Unified Group")
    desk.switches.guest_policy_binds_apps = False
    assert desk.call("POST", "/groups", body).status_code == 201


def test_creation_may_be_closed_to_apps_and_may_need_an_owner(desk: Desk) -> None:
    desk.switches.user_owner_required = True
    assert desk.call("POST", "/groups", group_body()).status_code == 400

    owned = group_body() | bind("owners", desk.people(1))
    desk.tenant.group_settings = {"EnableGroupCreation": "False"}
    desk.switches.creation_policy_binds_apps = True
    assert desk.call("POST", "/groups", owned).status_code == 403
    desk.switches.creation_policy_binds_apps = False
    assert desk.call("POST", "/groups", owned).status_code == 201
