"""POST /$batch."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kit import Fault
from tests.sandbox.microsoft.conftest import Desk, bind, error_of

JSON = {"Content-Type": "application/json"}


def get(key: str, url: str = "/organization", **more: Any) -> dict[str, Any]:
    return {"id": key, "method": "GET", "url": url, **more}


def patch(key: str, url: str, body: Any, **more: Any) -> dict[str, Any]:
    return {"id": key, "method": "PATCH", "url": url, "headers": JSON, "body": body, **more}


def statuses(answer: Any) -> dict[str, int]:
    return {part["id"]: part["status"] for part in answer.json()["responses"]}


def test_each_part_has_its_own_answer_and_the_outer_one_is_200(desk: Desk) -> None:
    group, person = desk.group(), desk.people(1)
    answer = desk.batch(
        get("read"),
        get("none", "/groups/11111111-2222-4333-8444-555555555555"),
        patch("add", f"/groups/{group.id}", bind("members", person)),
    )
    bodies = {part["id"]: part.get("body") for part in answer.json()["responses"]}

    assert answer.status_code == 200
    assert statuses(answer) == {"read": 200, "none": 404, "add": 204}
    assert bodies["add"] is None
    assert bodies["none"]["error"]["innerError"]["request-id"]
    assert group.members == [person[0].object_id]


def test_answers_come_in_any_order_but_the_same_for_a_seed(desk: Desk) -> None:
    parts = [get(str(i)) for i in range(20)]
    order = [p["id"] for p in desk.batch(*parts).json()["responses"]]

    assert sorted(order, key=int) == [str(i) for i in range(20)]
    assert order != [str(i) for i in range(20)]


@pytest.mark.parametrize(
    "parts",
    [
        [get(str(i)) for i in range(21)],
        [get("1"), get("1")],
        [get("1", "https://graph.microsoft.com/v1.0/users")],
        [get("1", "/$batch")],
        [{"id": "1", "method": "POST", "url": "/groups", "body": {}}],
        [{"id": "1", "method": "POST", "url": "/groups", "headers": JSON}],
        [{"id": 1, "method": "GET", "url": "/users"}],
        [get("1"), get("2", dependsOn=["1"]), get("3", dependsOn=["1"])],
        [get("1"), get("2", dependsOn=["1"]), get("3")],
        [get("1", dependsOn=["2"]), get("2", dependsOn=["1"])],
        [get("1"), get("2", dependsOn=["9"])],
        [get("1"), get("2"), get("3", dependsOn=["1", "2"])],
        [],
    ],
)
def test_a_malformed_batch_is_400_and_nothing_runs(desk: Desk, parts: list[Any]) -> None:
    answer = desk.batch(*parts)

    assert answer.status_code == 400, answer.text
    assert not desk.ms.graph.calls(inner=True)


def test_too_many_parts_are_refused_in_graphs_words(desk: Desk) -> None:
    assert error_of(desk.batch(*[get(str(i)) for i in range(21)])) == (
        400,
        "MaximumValueExceeded",
        "Number of batch request steps exceeds the maximum value of 20.",
    )


def test_a_chain_runs_in_order_and_stops_at_a_failure(desk: Desk) -> None:
    group, people = desk.group(), desk.people(3)
    at = f"/groups/{group.id}"
    answer = desk.batch(
        patch("3", at, bind("members", people[2:]), dependsOn=["2"]),
        patch("1", at, bind("members", people[:1])),
        patch("2", at, bind("members", people[:2]), dependsOn=["1"]),
        get("4", dependsOn=["3"]),
    )

    assert statuses(answer) == {"1": 204, "2": 400, "3": 424, "4": 424}
    assert group.members == [people[0].object_id]


def test_faults_and_log_are_for_each_part(desk: Desk) -> None:
    group, people = desk.group(), desk.people(3)
    desk.ms.graph.faults.append(Fault("throttle", method="PATCH", at=2, seconds=11))
    parts = [
        patch(str(i), f"/groups/{group.id}", bind("members", [p])) for i, p in enumerate(people)
    ]
    answer = desk.batch(*parts)
    refused = next(p for p in answer.json()["responses"] if p["status"] == 429)

    assert sorted(statuses(answer).values()) == [204, 204, 429]
    assert refused["headers"]["Retry-After"] == "11"
    assert refused["body"]["error"]["code"] == "TooManyRequests"
    assert len(desk.ms.graph.calls(inner=True)) == 3
    assert len(desk.ms.graph.calls(inner=False)) == 1
    assert len(group.members) == 2


def test_a_part_whose_answer_is_lost_is_504_with_its_effect(desk: Desk) -> None:
    group, people = desk.group(), desk.people(1)
    desk.ms.graph.faults.append(Fault("lost", method="PATCH"))
    answer = desk.batch(patch("1", f"/groups/{group.id}", bind("members", people)))

    assert statuses(answer) == {"1": 504}
    assert len(group.members) == 1


def test_every_part_counts_as_a_write(desk: Desk) -> None:
    group, people = desk.group(), desk.people(4)
    parts = [
        patch(str(i), f"/groups/{group.id}", bind("members", [p])) for i, p in enumerate(people)
    ]
    desk.batch(*parts, get("read"))

    assert desk.tenant.write_count == 4


def test_parallel_parts_on_one_group_conflict_where_a_switch_says_so(desk: Desk) -> None:
    crew, other, people = desk.group("crew"), desk.group("other"), desk.people(3)
    desk.switches.batch_parallel_conflicts = True
    parts = [
        patch(str(i), f"/groups/{crew.id}", bind("members", [p])) for i, p in enumerate(people)
    ]
    answer = desk.batch(*parts, patch("9", f"/groups/{other.id}", bind("members", people)))
    conflict = next(p for p in answer.json()["responses"] if p["status"] == 409)

    assert sorted(statuses(answer).values()) == [204, 204, 409, 409]
    assert statuses(answer)["9"] == 204
    assert conflict["body"]["error"]["code"] == "Directory_ConcurrencyViolation"
    assert len(crew.members) == 1


def test_a_chain_on_one_group_never_conflicts(desk: Desk) -> None:
    crew, people = desk.group("crew"), desk.people(2)
    desk.switches.batch_parallel_conflicts = True
    at = f"/groups/{crew.id}"
    answer = desk.batch(
        patch("1", at, bind("members", people[:1])),
        patch("2", at, bind("members", people[1:]), dependsOn=["1"]),
    )

    assert statuses(answer) == {"1": 204, "2": 204}
