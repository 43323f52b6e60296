"""Tokens, permissions, tenant isolation, and the form of every answer."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body, reference

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@pytest.mark.parametrize("token", ["", "opaque.made-up"])
def test_a_missing_or_unknown_token_is_401(desk: Desk, token: str) -> None:
    desk.token = token
    status, code, _ = error_of(desk.get("/organization"))

    assert (status, code) == (401, "InvalidAuthenticationToken")
    assert error_of(desk.batch({"id": "1", "method": "GET", "url": "/users"}))[0] == 401


def test_permissions_are_baked_into_a_token(desk: Desk) -> None:
    desk.ms.consent(desk.app, desk.tenant, {"User.Read.All"})

    assert desk.get("/groups").status_code == 200
    desk.token = desk.ask_token().json()["access_token"]
    assert error_of(desk.get("/groups")) == DENIED


def test_a_revoked_app_may_be_stopped_at_once(desk: Desk) -> None:
    desk.switches.revoked_tokens_live_on = False
    desk.ms.revoke(desk.app, desk.tenant)

    assert error_of(desk.get("/users")) == DENIED


def test_the_smallest_set_of_permissions_covers_every_call_of_the_product(desk: Desk) -> None:
    group, person = desk.group(members=1), desk.people(1)[0]
    at = f"/groups/{group.id}"
    reads = ["", "/members", "/owners", "/drive", "/drive/root", "/sites/root"]

    for path in [
        "/groups",
        "/users",
        "/organization",
        "/groupSettings",
        f"/users/{person.object_id}",
    ]:
        assert desk.get(path).status_code == 200, path
    for path in reads:
        assert desk.get(at + path).status_code == 200, path
    assert desk.call("PATCH", at, {"displayName": "New"}).status_code == 204
    assert desk.call("PATCH", at, bind("members", [person])).status_code == 204
    owner = {"@odata.id": reference(person)}
    assert desk.call("POST", f"{at}/owners/$ref", owner).status_code == 204
    assert desk.upsert("webex-team-1", group_body("other")).status_code == 201
    assert desk.get("/groups/delta?$select=members&$deltatoken=latest").status_code == 200
    for kind in ("members", "owners"):
        ref = f"{at}/{kind}/{person.object_id}/$ref"
        assert desk.call("DELETE", ref).status_code == 204, kind


@pytest.mark.parametrize(
    ("held", "call", "body", "status"),
    [
        ({"Group.Create"}, "POST /groups", group_body("a"), 201),
        ({"Group.Create"}, "PATCH /groups(uniqueName='a')", group_body("a"), 403),
        ({"Group.Read.All"}, "POST /groups", group_body("a"), 403),
        ({"GroupMember.ReadWrite.All"}, "PATCH /groups/{id}", {"displayName": "x"}, 403),
        ({"GroupMember.ReadWrite.All"}, "PATCH /groups/{id}", "members", 204),
        ({"GroupMember.ReadWrite.All"}, "POST /groups/{id}/owners/$ref", "ref", 403),
        ({"GroupMember.ReadWrite.All"}, "POST /groups/{id}/members/$ref", "ref", 204),
        ({"GroupMember.ReadBasic.All"}, "GET /groups/{id}/members", None, 200),
        ({"GroupMember.ReadBasic.All"}, "GET /groups/{id}/owners", None, 403),
        ({"Group.ReadWrite.All"}, "GET /users", None, 403),
        ({"User.Read.All"}, "GET /groups", None, 403),
        ({"Files.Read.All"}, "GET /groups/{id}/drive", None, 200),
        ({"Files.Read.All"}, "GET /groups/{id}/sites/root", None, 403),
        ({"GroupSettings.Read.All"}, "GET /groupSettings", None, 200),
        ({"Sites.Read.All"}, "GET /groupSettings", None, 403),
        ({"Sites.Read.All"}, "GET /sites/root?$select=id", None, 200),
        ({"Files.Read.All"}, "GET /sites/root?$select=id", None, 403),
    ],
)
def test_each_call_has_its_permission(
    desk: Desk, held: set[str], call: str, body: object, status: int
) -> None:
    group, person = desk.group(), desk.people(1)[0]
    desk.sign_in(held)
    bodies = {"members": bind("members", [person]), "ref": {"@odata.id": reference(person)}}
    sent = bodies[body] if isinstance(body, str) else body
    method, path = call.format(id=group.id).split(" ")
    answer = desk.call(method, path, sent)

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("missing_first", [False, True])
@pytest.mark.parametrize("less", ["Group.Read.All", "GroupMember.ReadWrite.All"])
def test_a_write_to_no_group_at_all_tells_the_permission_and_changes_nothing(
    desk: Desk, less: str, *, missing_first: bool
) -> None:
    desk.switches.missing_before_permission = missing_first
    path, body = "/groups/00000000-0000-0000-0000-000000000000", {"description": "x"}
    allowed = desk.call("PATCH", path, body)
    desk.sign_in({less, "User.Read.All"})
    denied = desk.call("PATCH", path, body)

    assert error_of(allowed)[:2] == (404, "Request_ResourceNotFound")
    assert error_of(denied)[0] == (404 if missing_first else 403)
    assert desk.tenant.write_count == 0
    group = desk.group()
    assert error_of(desk.call("PATCH", f"/groups/{group.id}", body)) == DENIED


def test_the_tenants_own_site_has_an_id(desk: Desk) -> None:
    shown = desk.get("/sites/root?$select=id").json()

    assert shown["id"].startswith("contoso.sharepoint.com,")
    assert "webUrl" not in shown


def test_group_create_alone_binds_nobody(desk: Desk) -> None:
    owner = desk.people(1)
    desk.sign_in({"Group.Create"})
    body = group_body() | bind("owners", owner)

    assert error_of(desk.call("POST", "/groups", body)) == DENIED
    desk.sign_in({"Group.Create", "User.Read.All"})
    assert desk.call("POST", "/groups", body).status_code == 201


def test_a_token_sees_its_own_tenant_only(desk: Desk) -> None:
    other = desk.ms.add_tenant("Fabrikam", domain="fabrikam.example")
    stranger = other.add_user("Stranger")
    theirs = other.add_group("Theirs", "theirs", owners=[stranger.object_id])
    mine = desk.group()

    assert desk.get(f"/groups/{theirs.id}").status_code == 404
    assert desk.get(f"/users/{stranger.object_id}").status_code == 404
    assert desk.get(f"/drives/{theirs.drive_id}/root").status_code == 404
    body = bind("members", [stranger])
    assert desk.call("PATCH", f"/groups/{mine.id}", body).status_code == 404
    assert desk.get("/organization").json()["value"][0]["displayName"] == "Contoso"


def test_every_answer_carries_ids_and_a_date(desk: Desk) -> None:
    good = desk.get("/organization", client_request_id="mine")
    bad = desk.get("/groups/no-guid", client_request_id="mine")

    for answer in (good, bad):
        assert answer.headers["client-request-id"] == "mine"
        assert answer.headers["Date"].endswith("GMT")
    inner = bad.json()["error"]["innerError"]
    assert inner["request-id"] == bad.headers["request-id"] != good.headers["request-id"]
    assert inner["client-request-id"] == "mine"
    assert inner["date"].startswith("2026-")


def test_a_fault_answers_in_graphs_own_form_and_changes_nothing(desk: Desk) -> None:
    desk.ms.graph.faults.append(Fault("throttle", method="POST", path="/groups$", at=1, seconds=7))
    desk.ms.graph.faults.append(Fault("error", method="POST", path="/groups$", at=1, status=503))
    throttled = desk.call("POST", "/groups", group_body())
    broken = desk.call("POST", "/groups", group_body())

    assert error_of(throttled)[:2] == (429, "TooManyRequests")
    assert throttled.headers["Retry-After"] == "7"
    assert error_of(broken)[:2] == (503, "serviceNotAvailable")
    assert "innerError" in broken.json()["error"]
    assert not desk.tenant.groups
