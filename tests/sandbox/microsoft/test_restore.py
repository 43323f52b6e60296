"""POST /directory/deletedItems/{id}/restore: a deleted group comes back as it was, for 30 days."""

from __future__ import annotations

import pytest

from sandbox.microsoft import Group
from tests.sandbox.microsoft.conftest import Desk, error_of

DAY = 86_400.0


def restore(desk: Desk, group: Group) -> int:
    return desk.call("POST", f"/directory/deletedItems/{group.id}/restore").status_code


def test_a_restored_group_is_the_same_with_the_same_people(desk: Desk) -> None:
    group = desk.group(members=2)
    people = group.members
    desk.tenant.delete_group(group)
    gone = desk.get(f"/groups/{group.id}").status_code

    assert restore(desk, group) == 200

    assert gone == 404
    assert desk.get(f"/groups/{group.id}").json()["id"] == group.id
    assert group.members == people


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 404)])
def test_thirty_days_are_the_end_of_it(desk: Desk, days: int, status: int) -> None:
    group = desk.group()
    desk.tenant.delete_group(group)
    desk.tenant.clock.advance(days * DAY)  # type: ignore[attr-defined]
    desk.sign_in()

    assert restore(desk, group) == status


def test_what_is_not_deleted_is_not_found(desk: Desk) -> None:
    group = desk.group()

    assert restore(desk, group) == 404


def test_another_group_may_have_its_nickname_by_now(desk: Desk) -> None:
    group = desk.group("crew")
    desk.tenant.delete_group(group)
    desk.group("crew")

    answer = desk.call("POST", f"/directory/deletedItems/{group.id}/restore")

    assert error_of(answer)[0] == 400


def test_it_takes_the_permission_to_write_groups(desk: Desk) -> None:
    group = desk.group()
    desk.tenant.delete_group(group)
    desk.sign_in({"Group.Read.All"})

    assert restore(desk, group) == 403
