"""The drive and the site come after the group, or never."""

from __future__ import annotations

import pytest

from sandbox.microsoft import Group
from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body

PENDING = "Resource provisioning is in progress. Please try again."


def fresh(desk: Desk, *, owners: int = 1) -> Group:
    body = group_body() | (bind("owners", desk.people(owners)) if owners else {})
    return desk.tenant.groups[desk.upsert("webex-team-1", body).json()["id"]]


def test_the_drive_is_pending_for_a_while(desk: Desk) -> None:
    group = fresh(desk)
    at = f"/groups/{group.id}"

    for path in ("/drive", "/drive/root", "/sites/root"):
        assert error_of(desk.get(at + path)) == (404, "ResourceNotFound", PENDING)
    desk.clock.advance(20)
    for path in ("/drive", "/drive/root", "/sites/root"):
        assert desk.get(at + path).status_code == 200


def test_drive_root_and_site_name_each_other(desk: Desk) -> None:
    group = desk.group()
    drive = desk.get(f"/groups/{group.id}/drive").json()
    root = desk.get(f"/groups/{group.id}/drive/root").json()
    same = desk.get(f"/drives/{group.drive_id}/root?$select=id,webUrl").json()
    site = desk.get(f"/groups/{group.id}/sites/root").json()

    assert (drive["id"], drive["webUrl"]) == (group.drive_id, group.web_url)
    assert drive["driveType"] == "documentLibrary"
    assert (root["name"], root["parentReference"]["driveId"]) == ("root", group.drive_id)
    assert same == {
        "@odata.context": same["@odata.context"],
        "id": root["id"],
        "webUrl": root["webUrl"],
    }
    assert site["webUrl"] == "https://contoso.sharepoint.com/sites/crew"
    assert drive["webUrl"].startswith(site["webUrl"])


def test_the_pending_answer_has_another_code_by_switch(desk: Desk) -> None:
    desk.switches.drive_pending_code = "itemNotFound"

    assert error_of(desk.get(f"/groups/{fresh(desk).id}/drive")) == (404, "itemNotFound", PENDING)


def test_a_group_made_without_an_owner_never_gets_a_site_by_itself(desk: Desk) -> None:
    group = fresh(desk, owners=0)
    group.add("owners", desk.people(1)[0].object_id)
    desk.clock.advance(86_400)
    desk.sign_in()

    assert error_of(desk.get(f"/groups/{group.id}/drive"))[2] == PENDING
    desk.switches.ownerless_site_provisioned = True
    assert desk.get(f"/groups/{group.id}/drive").status_code == 200


def test_provisioning_may_begin_with_the_first_look(desk: Desk) -> None:
    desk.switches.drive_starts_on_first_read = True
    group = fresh(desk)
    desk.clock.advance(3500)

    assert desk.get(f"/groups/{group.id}/drive").status_code == 404
    desk.clock.advance(20)
    assert desk.get(f"/groups/{group.id}/drive").status_code == 200


@pytest.mark.parametrize("path", ["/groups/{0.id}/drive/root", "/drives/{0.drive_id}/root"])
def test_a_root_may_need_files_permission(desk: Desk, path: str) -> None:
    group = desk.group()

    assert desk.get(path.format(group)).status_code == 200
    desk.switches.drive_root_permission = "files"
    assert error_of(desk.get(path.format(group)))[1] == "Authorization_RequestDenied"
    assert desk.get(f"/groups/{group.id}/drive").status_code == 200
    desk.sign_in({"Files.Read.All"})
    assert desk.get(path.format(group)).status_code == 200


def test_an_unknown_drive_is_not_found(desk: Desk) -> None:
    assert error_of(desk.get("/drives/b!none/root"))[:2] == (404, "itemNotFound")


def test_holding_group_create_too_may_break_sites(desk: Desk) -> None:
    group = desk.group()
    desk.switches.create_permission_breaks_sites = True
    desk.sign_in({"Group.Create", "Group.ReadWrite.All", "Sites.Read.All"})

    assert error_of(desk.get(f"/groups/{group.id}/drive"))[1] == "serviceNotAvailable"
