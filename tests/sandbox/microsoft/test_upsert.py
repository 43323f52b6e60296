"""PATCH /groups(uniqueName='...'): the group exactly once."""

from __future__ import annotations

from sandbox.kit import Fault
from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body

NAME = "webex-team-1"
AT = f"/groups(uniqueName='{NAME}')"


def test_without_the_preference_a_missing_group_is_404(desk: Desk) -> None:
    assert error_of(desk.call("PATCH", AT, group_body()))[:2] == (404, "Request_ResourceNotFound")
    assert not desk.tenant.groups


def test_it_creates_once_and_then_answers_204_without_a_body(desk: Desk) -> None:
    first = desk.upsert(NAME, group_body())
    second = desk.upsert(NAME, group_body())

    assert (first.status_code, second.status_code) == (201, 204)
    assert second.content == b""
    group = desk.tenant.group_by_unique_name(NAME)
    assert group is not None
    assert group.id == first.json()["id"]
    assert len(desk.tenant.groups) == 1


def test_the_second_one_updates_the_properties(desk: Desk) -> None:
    desk.upsert(NAME, group_body())
    desk.upsert(NAME, group_body() | {"displayName": "Renamed", "description": "New"})
    group = desk.tenant.group_by_unique_name(NAME)

    assert group is not None
    assert (group.display_name, group.description) == ("Renamed", "New")


def test_binds_of_people_already_there_are_refused_or_taken_by_switch(desk: Desk) -> None:
    people = desk.people(3)
    desk.upsert(NAME, group_body() | bind("owners", people[:1]) | bind("members", people[:2]))
    again = group_body() | bind("owners", people[:1]) | bind("members", people)
    again |= {"displayName": "Renamed"}
    group = desk.tenant.group_by_unique_name(NAME)
    assert group is not None

    assert error_of(desk.upsert(NAME, again))[2] == (
        "One or more added object references already exist for the following modified "
        "properties: 'owners'."
    )
    assert (group.display_name, len(group.members)) == ("Crew", 2)
    desk.switches.upsert_binds = "add"
    assert desk.upsert(NAME, again).status_code == 204
    assert (group.display_name, len(group.members)) == ("Renamed", 3)


def test_a_quote_in_the_name_is_doubled(desk: Desk) -> None:
    desk.upsert("it''s", group_body())

    assert desk.tenant.group_by_unique_name("it's") is not None
    assert desk.get("/groups(uniqueName='it''s')").status_code == 200


def test_the_name_in_the_body_must_be_the_one_in_the_address(desk: Desk) -> None:
    assert desk.upsert(NAME, group_body(uniqueName="other")).status_code == 400
    assert desk.upsert(NAME, group_body(uniqueName=NAME)).status_code == 201


def test_the_group_is_found_by_its_name(desk: Desk) -> None:
    made = desk.upsert(NAME, group_body()).json()

    assert desk.get(f"{AT}?$select=id").json()["id"] == made["id"]
    assert desk.get("/groups(uniqueName='other')").status_code == 404
    assert desk.ids_of(f"/groups?$filter=uniqueName eq '{NAME}'") == [made["id"]]
    desk.switches.alternate_key_get = False
    assert desk.get(AT).status_code == 400


def test_a_deleted_groups_name_is_free_unless_a_switch_says_no(desk: Desk) -> None:
    first = desk.upsert(NAME, group_body()).json()["id"]
    desk.call("DELETE", f"/groups/{first}")
    desk.switches.deleted_keeps_unique_name = True
    assert desk.upsert(NAME, group_body()).status_code == 400

    desk.switches.deleted_keeps_unique_name = False
    second = desk.upsert(NAME, group_body())
    assert second.status_code == 201
    assert second.json()["id"] != first
    assert desk.tenant.groups[first].deleted


def test_a_race_makes_a_second_group_only_where_upserts_are_not_serialised(desk: Desk) -> None:
    desk.switches.upsert_blind_seconds = 5
    desk.upsert(NAME, group_body("one"))

    assert error_of(desk.upsert(NAME, group_body("one")))[2].startswith("Another object")
    assert desk.upsert(NAME, group_body("two")).status_code == 201
    desk.clock.advance(5)
    assert desk.upsert(NAME, group_body("one")).status_code == 204
    assert len(desk.tenant.groups) == 2


def test_an_answer_lost_on_the_way_leaves_the_group(desk: Desk) -> None:
    desk.ms.graph.faults.append(Fault("lost", method="PATCH", at=1))
    try:
        desk.upsert(NAME, group_body())
    except OSError:
        pass
    else:
        raise AssertionError("the answer came")

    assert desk.upsert(NAME, group_body()).status_code == 204
    assert len(desk.tenant.groups) == 1
