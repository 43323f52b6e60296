"""GET /users/delta: who changed since a token was given."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.microsoft.conftest import Desk, error_of

FROM_NOW = "/users/delta?$select=id,mail,accountEnabled,userType&$deltatoken=latest"


def begin(desk: Desk) -> str:
    answer = desk.get(FROM_NOW).json()

    assert answer["value"] == []
    return str(answer["@odata.deltaLink"])


def told(desk: Desk, link: str) -> tuple[list[dict[str, Any]], str]:
    found: list[dict[str, Any]] = []
    while True:
        body = desk.get(link).json()
        found += body["value"]
        if "@odata.deltaLink" in body:
            return found, body["@odata.deltaLink"]
        link = body["@odata.nextLink"]


def test_from_now_on_only_who_changed_is_told_once(desk: Desk) -> None:
    desk.switches.delta_page_size = 1
    tenant = desk.tenant
    kept, gone, blocked = (tenant.add_user(f"P {n}") for n in range(3))
    link = begin(desk)
    tenant.remove_user(gone.object_id)
    tenant.disable_user(blocked.object_id)
    new = tenant.add_user("New")

    items, following = told(desk, link)

    by_id = {item["id"]: item for item in items}
    assert set(by_id) == {gone.object_id, blocked.object_id, new.object_id}
    assert by_id[gone.object_id]["@removed"] == {"reason": "changed"}
    assert by_id[blocked.object_id]["accountEnabled"] is False
    assert by_id[blocked.object_id]["mail"] == blocked.mail
    assert kept.object_id not in by_id
    assert told(desk, following)[0] == []


def test_a_change_may_be_told_by_itself(desk: Desk) -> None:
    user = desk.tenant.add_user("P")
    link = begin(desk)
    desk.switches.delta_tells_changes_only = True
    desk.tenant.disable_user(user.object_id)

    assert told(desk, link)[0] == [{"id": user.object_id, "accountEnabled": False}]


def test_without_a_token_everybody_is_told(desk: Desk) -> None:
    items, _ = told(desk, "/users/delta?$select=id")

    assert {item["id"] for item in items} == set(desk.tenant.users)


@pytest.mark.parametrize("query", ["$top=5", "$orderby=mail", "$skip=1"])
def test_what_the_page_says_is_not_supported_is_refused(desk: Desk, query: str) -> None:
    assert desk.get(f"/users/delta?$select=id&{query}").status_code == 400


def test_after_maintenance_no_token_is_worth_anything(desk: Desk) -> None:
    link = begin(desk)
    desk.tenant.reset_delta()

    assert desk.get(link).status_code == 410


def test_a_token_that_is_no_token_is_malformed(desk: Desk) -> None:
    answer = desk.get("/users/delta?$deltatoken=x")

    assert answer.status_code == 400
    assert error_of(answer)
