"""Members and owners of a group."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.microsoft import User
from tests.sandbox.microsoft.conftest import Desk, error_of, reference

NO_SUCH = "11111111-2222-4333-8444-555555555555"


def ref(person: User | str) -> dict[str, str]:
    return {"@odata.id": reference(person)}


@pytest.mark.parametrize("kind", ["members", "owners"])
def test_a_person_is_added_once(desk: Desk, kind: str) -> None:
    group, person = desk.group(), desk.people(1)[0]
    at = f"/groups/{group.id}/{kind}"

    assert desk.call("POST", f"{at}/$ref", ref(person)).status_code == 204
    assert person.object_id in desk.ids_of(at)
    assert error_of(desk.call("POST", f"{at}/$ref", ref(person))) == (
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified "
        f"properties: '{kind}'.",
    )


@pytest.mark.parametrize("kind", ["members", "owners"])
def test_an_unknown_person_is_404_and_a_malformed_reference_400(desk: Desk, kind: str) -> None:
    at = f"/groups/{desk.group().id}/{kind}/$ref"

    assert error_of(desk.call("POST", at, ref(NO_SUCH)))[:2] == (404, "Request_ResourceNotFound")
    assert desk.call("POST", at, {"@odata.id": NO_SUCH}).status_code == 400
    assert desk.call("POST", at, {"id": NO_SUCH}).status_code == 400


def test_an_unknown_group_is_404(desk: Desk) -> None:
    person = desk.people(1)[0]

    assert desk.call("POST", f"/groups/{NO_SUCH}/members/$ref", ref(person)).status_code == 404
    assert desk.get(f"/groups/{NO_SUCH}/members").status_code == 404


def test_a_member_is_removed_and_removing_again_says_absent_in_either_way(desk: Desk) -> None:
    group = desk.group(members=1)
    at = f"/groups/{group.id}/members/{group.members[0]}/$ref"

    assert desk.call("DELETE", at).status_code == 204
    assert group.members == []
    assert error_of(desk.call("DELETE", at))[:2] == (404, "Request_ResourceNotFound")
    desk.switches.removing_absent = 400
    assert error_of(desk.call("DELETE", at))[2] == (
        "One or more removed object references do not exist for the following modified "
        "properties: 'members'."
    )


def test_the_absence_of_a_person_may_be_told_as_that_of_the_group(desk: Desk) -> None:
    group, stranger = desk.group(), desk.people(1)[0]
    at = f"/groups/{group.id}/members/{stranger.object_id}/$ref"
    assert f"'{stranger.object_id}'" in error_of(desk.call("DELETE", at))[2]

    desk.switches.absent_names_group = True
    status, code, message = error_of(desk.call("DELETE", at))
    assert (status, code) == (404, "Request_ResourceNotFound")
    assert f"'{group.id}'" in message


@pytest.mark.parametrize("takes", [False, True])
def test_an_owner_who_is_removed_may_leave_the_members_too(desk: Desk, *, takes: bool) -> None:
    desk.switches.owner_removal_takes_member = takes
    group = desk.group(owners=2)
    owner = group.owners[0]
    group.add("members", owner)

    assert desk.call("DELETE", f"/groups/{group.id}/owners/{owner}/$ref").status_code == 204
    assert owner not in group.owners
    assert (owner in group.members) is not takes


@pytest.mark.parametrize("kind", ["members", "owners"])
def test_a_removal_is_read_late(desk: Desk, kind: Any) -> None:
    group = desk.group(owners=2, members=2)
    at, person = f"/groups/{group.id}/{kind}", next(iter(group.rosters[kind]))
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10

    assert desk.call("DELETE", f"{at}/{person}/$ref").status_code == 204
    assert person in desk.ids_of(at)
    assert desk.call("DELETE", f"{at}/{person}/$ref").status_code == 404
    desk.clock.advance(10)
    assert person not in desk.ids_of(at)


def test_the_last_owner_stays(desk: Desk) -> None:
    group = desk.group(owners=2)
    first, last = group.owners

    assert desk.call("DELETE", f"/groups/{group.id}/owners/{first}/$ref").status_code == 204
    assert error_of(desk.call("DELETE", f"/groups/{group.id}/owners/{last}/$ref")) == (
        400,
        "Request_BadRequest",
        "The group must have at least one owner, hence this owner cannot be removed.",
    )
    assert group.owners == [last]


def test_a_hundred_owners_are_the_limit(desk: Desk) -> None:
    group, person = desk.group(owners=100), desk.people(1)[0]

    assert desk.call("POST", f"/groups/{group.id}/owners/$ref", ref(person)).status_code == 400
    assert len(group.owners) == 100


def test_a_delete_without_ref_is_about_the_person_himself(desk: Desk) -> None:
    group = desk.group(members=1)
    person = group.members[0]
    at = f"/groups/{group.id}/members/{person}"

    assert desk.call("DELETE", at).status_code == 403
    desk.sign_in({"User.ReadWrite.All"})
    assert desk.call("DELETE", at).status_code == 204
    assert person not in desk.tenant.users
    assert group.members == []


def test_pages_are_linked_until_the_last(desk: Desk) -> None:
    group = desk.group(members=250)
    path, seen, pages = f"/groups/{group.id}/members?$select=id&$top=100", list[str](), 0
    while path:
        answer = desk.get(path).json()
        seen += [item["id"] for item in answer["value"]]
        path, pages = answer.get("@odata.nextLink", ""), pages + 1

    assert pages == 3
    assert seen == group.members
    assert answer["value"][0].keys() == {"@odata.type", "id"}


def test_a_list_shows_one_moment_unless_pages_drift(desk: Desk) -> None:
    group = desk.group(members=4)
    everybody = group.members
    first = desk.get(f"/groups/{group.id}/members?$top=2").json()
    desk.clock.advance(1)
    group.drop("members", everybody[0])

    link = first["@odata.nextLink"]
    assert "$skiptoken=" in link
    assert desk.ids_of(link) == everybody[2:]
    desk.switches.page_drift = True
    assert desk.ids_of(link) == everybody[3:]


@pytest.mark.parametrize("top", ["0", "1000", "x"])
def test_a_page_has_at_most_999(desk: Desk, top: str) -> None:
    answer = desk.get(f"/groups/{desk.group().id}/members?$top={top}")

    assert error_of(answer)[2] == (
        f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."
    )


def test_a_made_up_skip_token_is_400(desk: Desk) -> None:
    assert desk.get(f"/groups/{desk.group().id}/members?$skiptoken=x").status_code == 400


def test_without_user_permission_members_are_ids_only(desk: Desk) -> None:
    group = desk.group(members=1)
    desk.sign_in({"GroupMember.ReadBasic.All"})
    shown = desk.get(f"/groups/{group.id}/members?$select=id,displayName").json()["value"][0]

    assert (shown["id"], shown["displayName"]) == (group.members[0], None)


def test_select_on_members_may_need_the_advanced_header(desk: Desk) -> None:
    at = f"/groups/{desk.group().id}/members?$select=id"
    desk.switches.members_query_is_advanced = True

    assert error_of(desk.get(at))[1] == "Request_UnsupportedQuery"
    assert desk.get(at, ConsistencyLevel="eventual").status_code == 200
