"""GET, PATCH and DELETE of one group, and the list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft.conftest import Desk, bind, error_of


def test_properties_are_changed_and_members_added_in_one(desk: Desk) -> None:
    group, people = desk.group(), desk.people(20)
    body = {"displayName": "New", "visibility": "Private"} | bind("members", people)

    assert desk.call("PATCH", f"/groups/{group.id}", body).status_code == 204
    assert (group.display_name, group.visibility) == ("New", "Private")
    assert group.mail_nickname == "crew"
    assert group.members == [p.object_id for p in people]


def test_one_refused_reference_refuses_everything_in_the_body(desk: Desk) -> None:
    group, people = desk.group(members=1), desk.people(3)
    present = group.members[0]
    body = {"displayName": "New"} | bind("members", [*people, present])
    answer = desk.call("PATCH", f"/groups/{group.id}", body)

    assert error_of(answer) == (
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified "
        "properties: 'members'.",
    )
    assert (group.display_name, group.members) == ("Crew", [present])


def test_the_same_person_twice_in_one_body_is_refused(desk: Desk) -> None:
    group, person = desk.group(), desk.people(1)[0]
    answer = desk.call("PATCH", f"/groups/{group.id}", bind("members", [person, person]))

    assert answer.status_code == 400
    assert not group.members


def test_twenty_one_references_are_too_many(desk: Desk) -> None:
    group = desk.group()
    answer = desk.call("PATCH", f"/groups/{group.id}", bind("members", desk.people(21)))

    assert error_of(answer)[2] == "A resource cannot contain more than 20 link changes."


@pytest.mark.parametrize(
    "body",
    [
        {"autoSubscribeNewMembers": True, "displayName": "x"},
        {"resourceBehaviorOptions": ["WelcomeEmailDisabled"]},
        {"groupTypes": []},
        {"mail": "x@contoso.example"},
        {"displayName": ""},
        {"displayName": None},
        {"visibility": "HiddenMembership"},
        {"mailNickname": "a.b"},
        {"mailEnabled": False},
        {"owners@odata.bind": ["https://g/v1.0/users/11111111-2222-4333-8444-555555555555"]},
    ],
)
def test_what_may_not_be_changed_is_400(desk: Desk, body: dict[str, Any]) -> None:
    answer = desk.call("PATCH", f"/groups/{desk.group().id}", body)

    assert answer.status_code == 400, answer.text


def test_owners_in_a_patch_work_where_a_switch_says_so(desk: Desk) -> None:
    group, person = desk.group(), desk.people(1)
    desk.switches.owners_bind_in_patch = True

    assert desk.call("PATCH", f"/groups/{group.id}", bind("owners", person)).status_code == 204
    assert len(group.owners) == 2


def test_a_nickname_moves_with_its_uniqueness(desk: Desk) -> None:
    crew, other = desk.group("crew"), desk.group("other")
    taken = desk.call("PATCH", f"/groups/{other.id}", {"mailNickname": "Crew"})
    desk.call("PATCH", f"/groups/{crew.id}", {"mailNickname": "moved"})

    assert taken.json()["error"]["details"][0]["code"] == "ObjectConflict"
    assert desk.call("PATCH", f"/groups/{other.id}", {"mailNickname": "crew"}).status_code == 204


def test_a_unique_name_is_set_once(desk: Desk) -> None:
    group, other = desk.group("crew"), desk.group("other")
    at = f"/groups/{group.id}"

    assert desk.call("PATCH", at, {"uniqueName": "a"}).status_code == 204
    assert desk.call("PATCH", at, {"uniqueName": "a"}).status_code == 204
    assert desk.call("PATCH", at, {"uniqueName": "b"}).status_code == 400
    assert desk.call("PATCH", f"/groups/{other.id}", {"uniqueName": "a"}).status_code == 400
    assert desk.tenant.group_by_unique_name("a") is group


def test_a_deleted_group_is_gone_for_readers_and_writers(desk: Desk) -> None:
    group = desk.group()
    at = f"/groups/{group.id}"

    assert desk.call("DELETE", at).status_code == 204
    assert group.deleted == desk.clock.now()
    assert desk.get(at).status_code == 404
    assert desk.call("PATCH", at, {"displayName": "x"}).status_code == 404
    assert desk.call("DELETE", at).status_code == 404
    assert desk.ids_of("/groups") == []


def test_select_is_honoured_and_an_unknown_property_refused(desk: Desk) -> None:
    group = desk.group()
    answer = desk.get(f"/groups/{group.id}?$select=id,displayName").json()

    assert answer.keys() == {"@odata.context", "id", "displayName"}
    assert desk.get(f"/groups/{group.id}?$select=colour").status_code == 400
    assert error_of(desk.get("/groups/all"))[2] == "Invalid object identifier 'all'."


def test_groups_are_found_by_nickname_and_counted_by_top(desk: Desk) -> None:
    crew = desk.group("crew")
    desk.group("crew2")

    assert desk.ids_of("/groups?$filter=mailNickname eq 'CREW'") == [crew.id]
    assert desk.ids_of("/groups?$filter=mailNickname eq 'none'") == []
    assert len(desk.ids_of("/groups?$filter=startsWith(mailNickname,'crew')")) == 2
    assert len(desk.ids_of("/groups?$top=1&$select=id")) == 1
    unsupported = desk.get("/groups?$filter=contains(mailNickname,'x')")
    assert error_of(unsupported)[1] == "Request_UnsupportedQuery"
