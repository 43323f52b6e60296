"""Throttling by app and tenant, as a bucket that fills again."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body


def rename(desk: Desk, group_id: str) -> int:
    return desk.call("PATCH", f"/groups/{group_id}", {"description": "x"}).status_code


def test_writes_beyond_the_limit_are_throttled_until_the_bucket_fills(desk: Desk) -> None:
    group = desk.group()
    desk.switches.write_limit, desk.switches.write_window_seconds = 3, 30
    done = [rename(desk, group.id) for _ in range(3)]
    refused = desk.call("PATCH", f"/groups/{group.id}", {"description": "x"})

    assert done == [204, 204, 204]
    assert error_of(refused)[:2] == (429, "TooManyRequests")
    assert refused.headers["Retry-After"] == "10"
    assert refused.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    who = f"{desk.app.client_id}/{desk.tenant.tenant_id}"
    assert refused.headers["x-ms-throttle-scope"] == f"Tenant_Application/Write/{who}"
    assert desk.get(f"/groups/{group.id}").status_code == 200
    desk.clock.advance(10)
    assert rename(desk, group.id) == 204
    assert desk.tenant.write_count == 4


def test_a_refused_write_has_no_effect_and_is_not_counted(desk: Desk) -> None:
    desk.switches.write_limit = 1
    desk.call("POST", "/groups", group_body("a"))
    desk.call("POST", "/groups", group_body("b"))

    assert len(desk.tenant.groups) == 1
    assert desk.tenant.write_count == 1


def test_a_burst_may_be_smaller_than_the_limit(desk: Desk) -> None:
    group = desk.group()
    desk.switches.write_burst = 2

    assert [rename(desk, group.id) for _ in range(3)] == [204, 204, 429]


def test_a_bind_of_many_is_one_write_unless_a_switch_says_otherwise(desk: Desk) -> None:
    group = desk.group()
    desk.switches.write_limit = 20
    for cost in (False, True):
        desk.switches.bind_costs_writes = cost
        body = bind("members", desk.people(20))
        answer = desk.call("PATCH", f"/groups/{group.id}", body)

        assert answer.status_code == (429 if cost else 204)


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/groups", "1"),
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/groups/{id}/members", "3"),
        ("/groups/{id}/members?$select=id", "2"),
        ("/groups/{id}/members?$select=id&$top=19", "1"),
        ("/groups/{id}/members?$top=20", "3"),
        ("/groups?$top=1&$select=id", "1"),
    ],
)
def test_every_call_says_what_it_cost(desk: Desk, path: str, units: str) -> None:
    answer = desk.get(path.format(id=desk.group().id))

    assert answer.headers["x-ms-resource-unit"] == units


def test_units_run_out_and_warn_before(desk: Desk) -> None:
    desk.switches.unit_limit = 10
    answers = [desk.get("/users") for _ in range(6)]

    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert "x-ms-throttle-limit-percentage" not in answers[2].headers
    assert answers[4].headers["x-ms-throttle-limit-percentage"] == "1.00"
    assert answers[5].headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert answers[5].headers["Retry-After"] == "2"


def test_each_tenant_has_a_quota_of_its_own_and_apps_share_the_tenants(desk: Desk) -> None:
    desk.switches.write_limit, desk.switches.tenant_write_limit = 2, 3
    codes = [desk.call("POST", "/groups", group_body(f"a{i}")).status_code for i in range(3)]
    desk.app = desk.ms.add_app()
    desk.sign_in()
    codes += [desk.call("POST", "/groups", group_body(f"b{i}")).status_code for i in range(2)]
    desk.tenant = desk.ms.add_tenant("Fabrikam", domain="fabrikam.example")
    desk.sign_in()
    codes += [desk.call("POST", "/groups", group_body("c")).status_code]

    assert codes == [201, 201, 429, 201, 429, 201]


def test_drives_are_throttled_by_sharepoint_instead(desk: Desk) -> None:
    group = desk.group()
    desk.switches.sharepoint_limit = 1
    at = f"/groups/{group.id}/drive"

    assert [desk.get(at).status_code, desk.get(at).status_code] == [200, 429]
    assert desk.get(f"/groups/{group.id}").status_code == 200
    desk.switches.sharepoint_limit = 0
    assert desk.get(at).status_code == 200
