"""Folders in a group's drive: names as SharePoint takes them, one of a name, ids that stay."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.microsoft import Group
from sandbox.microsoft.library import DriveItem
from tests.sandbox.microsoft.conftest import SMALLEST_SET, Desk, error_of
from tests.sandbox.microsoft.test_snapshot import restarted

FAIL = {"@microsoft.graph.conflictBehavior": "fail"}


@pytest.fixture
def group(desk: Desk) -> Group:
    desk.sign_in(SMALLEST_SET | {"Files.ReadWrite.All"})
    return desk.group()


def make(desk: Desk, group: Group, name: object, query: str = "", **more: Any) -> requests.Response:
    body = {"name": name, "folder": {}, **FAIL, **more}
    return desk.call("POST", f"/drives/{group.drive_id}/items/root/children{query}", body)


def rename(desk: Desk, group: Group, item: str, name: str) -> requests.Response:
    return desk.call("PATCH", f"/drives/{group.drive_id}/items/{item}", {"name": name})


def test_a_folder_is_made_listed_read_and_renamed_and_stays_the_same_item(
    desk: Desk, group: Group
) -> None:
    root = desk.get(f"/groups/{group.id}/drive/root").json()["id"]
    made = make(desk, group, "Plans").json()
    listed = desk.get(f"/drives/{group.drive_id}/items/{root}/children?$select=id,name,webUrl")
    renamed = rename(desk, group, made["id"], "Plans 2027").json()
    read = desk.get(f"/drives/{group.drive_id}/items/{made['id']}").json()

    assert [item["id"] for item in listed.json()["value"]] == [made["id"]]
    assert listed.json()["value"][0].keys() == {"id", "name", "webUrl"}
    assert made["webUrl"] == f"{group.web_url}/Plans"
    assert renamed["id"] == made["id"]
    assert (read["name"], read["webUrl"]) == ("Plans 2027", f"{group.web_url}/Plans%202027")


def test_a_listing_has_pages(desk: Desk, group: Group) -> None:
    for number in range(5):
        make(desk, group, f"Space {number}")
    first = desk.get(f"/drives/{group.drive_id}/items/root/children?$top=3").json()
    second = desk.get(first["@odata.nextLink"]).json()

    assert (len(first["value"]), len(second["value"])) == (3, 2)


def test_of_one_name_there_is_one_whatever_its_case(desk: Desk, group: Group) -> None:
    made, other = make(desk, group, "Plans").json(), make(desk, group, "Other").json()

    assert error_of(make(desk, group, "PLANS"))[:2] == (409, "nameAlreadyExists")
    assert error_of(rename(desk, group, other["id"], "plans"))[:2] == (409, "nameAlreadyExists")
    assert rename(desk, group, made["id"], "PLANS").status_code == 200
    assert len(group.library.items) == 2


@pytest.mark.parametrize("place", ["body", "url"])
def test_what_is_to_become_of_a_taken_name_is_said_in_one_of_two_places(
    desk: Desk, group: Group, place: str
) -> None:
    desk.switches.conflict_behavior_in = place  # type: ignore[assignment]
    make(desk, group, "Plans")

    in_url = "?@microsoft.graph.conflictBehavior=fail"
    in_body = make(desk, group, "Plans").status_code
    assert in_body == (409 if place == "body" else 201)
    assert make(desk, group, "Plans", in_url).status_code == 409


@pytest.mark.parametrize(
    "name",
    [
        *("", "a/b", "a:b", 'a"b', "a|b", " a", "a ", "a.", "~$a", "x_VTI_y", "x" * 256),
        *("CON", "com1", ".lock", "Forms", "desktop.ini", None, 5),
    ],
)
def test_names_that_sharepoint_refuses(desk: Desk, group: Group, name: object) -> None:
    assert error_of(make(desk, group, name))[:2] == (400, "invalidRequest")
    assert group.library.items == {}


def test_a_tenant_may_forbid_more(desk: Desk, group: Group) -> None:
    assert make(desk, group, "C# 100 %").status_code == 201
    desk.switches.hash_and_percent_refused = True
    assert make(desk, group, "F#").status_code == 400


def test_reading_sites_is_not_enough_to_make_a_folder(desk: Desk, group: Group) -> None:
    made = make(desk, group, "Plans").json()
    desk.sign_in(SMALLEST_SET)

    assert error_of(make(desk, group, "More"))[:2] == (403, "Authorization_RequestDenied")
    assert error_of(rename(desk, group, made["id"], "More"))[0] == 403
    assert desk.get(f"/drives/{group.drive_id}/items/{made['id']}").status_code == 200
    assert desk.get(f"/drives/{group.drive_id}/items/root/children").status_code == 200


def test_what_people_move_delete_and_restore_keeps_its_id(desk: Desk, group: Group) -> None:
    made = make(desk, group, "Plans").json()
    at = f"/drives/{group.drive_id}/items"
    archive = group.library.put(DriveItem("01ARCHIVE", "Archive", desk.clock.now()))
    group.library.items[made["id"]].parent = archive.id

    assert [i["id"] for i in desk.get(f"{at}/root/children").json()["value"]] == [archive.id]
    assert desk.get(f"{at}/{made['id']}").json()["webUrl"] == f"{group.web_url}/Archive/Plans"
    deleted = group.library.remove(made["id"])
    assert error_of(desk.get(f"{at}/{made['id']}"))[:2] == (404, "itemNotFound")
    group.library.put(deleted)
    assert desk.get(f"{at}/{made['id']}").status_code == 200


def test_a_listing_may_be_behind_while_names_are_taken_already(desk: Desk, group: Group) -> None:
    desk.switches.listing_lag_seconds = 30
    made = make(desk, group, "Plans").json()
    at = f"/drives/{group.drive_id}/items"

    assert desk.get(f"{at}/root/children").json()["value"] == []
    assert make(desk, group, "Plans").status_code == 409
    assert desk.get(f"{at}/{made['id']}").status_code == 200
    assert desk.get(f"/drives/{group.drive_id}/root:/plans").json()["id"] == made["id"]
    assert desk.get(f"/drives/{group.drive_id}/root:/other").status_code == 404
    desk.clock.advance(30)
    assert len(desk.get(f"{at}/root/children").json()["value"]) == 1


def test_a_drive_that_is_not_ready_takes_nothing(desk: Desk, group: Group) -> None:
    group.drive_ready_at = desk.clock.now() + 10

    assert make(desk, group, "Plans").status_code == 404


def test_folders_outlive_a_restart(desk: Desk, group: Group) -> None:
    made = make(desk, group, "Plans").json()
    after = restarted(desk)

    answer = after.get(f"/drives/{group.drive_id}/items/{made['id']}")
    assert answer.json()["name"] == "Plans"
