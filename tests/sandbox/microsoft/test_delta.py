"""GET /groups/delta: every change is told, late and perhaps twice, and never left out."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sandbox.microsoft import Group
from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body

FROM_NOW = "/groups/delta?$select=displayName,members&$deltatoken=latest"
DAY = 86_400.0


def begin(desk: Desk, path: str = FROM_NOW) -> str:
    """The address of what changes from now on."""
    answer = desk.get(path).json()

    assert answer["value"] == []
    assert "@odata.nextLink" not in answer
    return str(answer["@odata.deltaLink"])


def pages(desk: Desk, link: str) -> tuple[list[list[dict[str, Any]]], str]:
    """A round, page by page, and where the next one begins."""
    found = []
    while True:
        answer = desk.get(link)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append(body["value"])
        assert ("@odata.nextLink" in body) != ("@odata.deltaLink" in body)
        if "@odata.deltaLink" in body:
            return found, body["@odata.deltaLink"]
        link = body["@odata.nextLink"]


def told(desk: Desk, link: str) -> tuple[list[dict[str, Any]], str]:
    found, following = pages(desk, link)
    return [item for page in found for item in page], following


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def test_from_now_on_nothing_has_changed(desk: Desk) -> None:
    desk.group(members=2)
    link = begin(desk)
    items, following = told(desk, link)

    assert items == []
    assert "$deltatoken=" in link
    assert told(desk, following)[0] == []


def test_who_came_and_who_left_stands_with_the_group(desk: Desk) -> None:
    group, other = desk.group(members=2), desk.group("other")
    stays, leaves = group.members
    comes = desk.people(1)[0].object_id
    link = begin(desk)
    group.drop("members", leaves)
    group.add("members", comes, stays)
    items, following = told(desk, link)

    user = {"@odata.type": "#microsoft.graph.user"}
    assert items == [
        {
            "id": group.id,
            "displayName": "Crew",
            "members@delta": [
                {**user, "id": leaves, "@removed": {"reason": "deleted"}},
                {**user, "id": comes},
            ],
        }
    ]
    assert told(desk, following)[0] == []
    assert other.id not in ids(items)


def test_out_and_in_again_is_told_by_what_happened_last(desk: Desk) -> None:
    group = desk.group(members=1)
    person = group.members[0]
    link = begin(desk)
    group.drop("members", person)
    group.add("members", person)
    (item,) = told(desk, link)[0]

    assert [(p["id"], "@removed" in p) for p in item["members@delta"]] == [(person, False)]


def test_writes_over_http_are_told_like_those_of_people(desk: Desk) -> None:
    group, person = desk.group(), desk.people(1)
    link = begin(desk)
    desk.call("PATCH", f"/groups/{group.id}", bind("members", person))
    made = desk.upsert("webex-team-1", group_body("new") | bind("members", person)).json()["id"]
    desk.call("DELETE", f"/groups/{group.id}/members/{person[0].object_id}/$ref")
    items, _ = told(desk, link)

    assert ids(items) == [group.id, made]
    assert "@removed" in items[0]["members@delta"][0]
    assert [p["id"] for p in items[1]["members@delta"]] == [person[0].object_id]


def test_only_what_was_selected_is_told(desk: Desk) -> None:
    group = desk.group(owners=2)
    link = begin(desk)
    desk.tenant.change_group(group, description="else")
    group.drop("owners", group.owners[0])
    items, link = told(desk, link)
    assert items == []

    desk.tenant.change_group(group, display_name="New")
    items, _ = told(desk, link)
    assert items == [{"id": group.id, "displayName": "New"}]


def test_owners_may_be_selected_where_the_newer_page_is_right(desk: Desk) -> None:
    path = "/groups/delta?$select=owners&$deltatoken=latest"
    group = desk.group(owners=2)
    link = begin(desk, path)
    gone = group.owners[0]
    group.drop("owners", gone)
    (item,) = told(desk, link)[0]

    assert [p["id"] for p in item["owners@delta"]] == [gone]
    desk.switches.delta_tracks_owners = False
    assert desk.get(path).status_code == 400


def test_a_deleted_group_is_removed_and_a_restored_one_is_whole(desk: Desk) -> None:
    group = desk.group(members=2)
    link = begin(desk)
    desk.tenant.delete_group(group)
    items, link = told(desk, link)
    assert items == [{"id": group.id, "@removed": {"reason": "changed"}}]

    desk.tenant.restore_group(group)
    (item,) = told(desk, link)[0]
    assert "@removed" not in item
    assert [p["id"] for p in item["members@delta"]] == group.members


def test_who_leaves_the_directory_is_told_as_having_left(desk: Desk) -> None:
    group = desk.group(members=1)
    gone = group.members[0]
    link = begin(desk)
    desk.tenant.remove_user(gone)
    (item,) = told(desk, link)[0]

    assert [(p["id"], "@removed" in p) for p in item["members@delta"]] == [(gone, True)]


def test_without_a_token_every_group_is_told(desk: Desk) -> None:
    groups = [desk.group(f"crew{n}", members=n) for n in range(5)]
    desk.tenant.delete_group(groups[4])
    desk.switches.delta_page_size = 2
    found, link = pages(desk, "/groups/delta?$select=displayName,members")

    assert [ids(page) for page in found] == [
        [g.id for g in groups[:2]],
        [g.id for g in groups[2:4]],
    ]
    assert "members@delta" not in found[0][0]
    assert [p["id"] for p in found[1][1]["members@delta"]] == groups[3].members
    groups[0].drop("owners", *groups[0].owners)
    assert told(desk, link)[0] == []


def test_a_change_between_two_pages_waits_for_the_next_round(desk: Desk) -> None:
    groups = [desk.group(f"crew{n}") for n in range(3)]
    person = desk.people(1)[0].object_id
    desk.switches.delta_page_size = 2
    link = begin(desk)
    for group in groups:
        group.add("members", person)
    first = desk.get(link).json()
    groups[0].drop("members", person)
    second, link = told(desk, first["@odata.nextLink"])

    assert ids(first["value"]) == [g.id for g in groups[:2]]
    assert ids(second) == [groups[2].id]
    assert ids(told(desk, link)[0]) == [groups[0].id]


def test_the_same_group_may_stand_on_several_pages(desk: Desk) -> None:
    group = desk.group()
    people = [p.object_id for p in desk.people(3)]
    link = begin(desk)
    group.add("members", *people)
    desk.switches.delta_unites, desk.switches.delta_page_size = False, 1
    found, _ = pages(desk, link)

    assert [ids(page) for page in found] == [[group.id]] * 3
    assert [page[0]["members@delta"][0]["id"] for page in found] == people


def test_a_replay_tells_once_more_and_then_no_more(desk: Desk) -> None:
    group = desk.group(members=1)
    link = begin(desk)
    desk.switches.delta_replays = True
    group.drop("members", *group.members)
    rounds = []
    for _ in range(4):
        items, link = told(desk, link)
        rounds.append(ids(items))

    assert rounds == [[group.id], [group.id], [], []]


def test_the_same_link_tells_the_same_again(desk: Desk) -> None:
    group = desk.group(members=1)
    link = begin(desk)
    group.drop("members", *group.members)

    assert told(desk, link)[0] == told(desk, link)[0] != []


# Lateness


@pytest.mark.parametrize("switch", ["read_lag_seconds", "delta_delay_seconds"])
def test_a_change_is_told_when_the_lag_is_over(desk: Desk, switch: str) -> None:
    group = desk.group(members=1)
    desk.clock.advance(60)
    link = begin(desk)
    setattr(desk.switches, switch, 10)
    group.drop("members", *group.members)
    desk.clock.advance(9)
    early, link = told(desk, link)
    desk.clock.advance(1)
    late, _ = told(desk, link)

    assert (early, ids(late)) == ([], [group.id])


def test_what_is_not_seen_yet_when_it_begins_is_told_afterwards(desk: Desk) -> None:
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10
    group = desk.group()
    link = begin(desk)
    assert told(desk, link)[0] == []

    desk.clock.advance(10)
    assert ids(told(desk, link)[0]) == [group.id]


def test_a_change_of_the_very_moment_of_a_round_is_not_lost(desk: Desk) -> None:
    group = desk.group(members=2)
    link = begin(desk)
    for person in group.members:
        group.drop("members", person)
        items, link = told(desk, link)
        assert [p["id"] for p in items[0]["members@delta"]] == [person]


@pytest.mark.parametrize("seed", range(8))
def test_no_change_is_ever_left_out(desk: Desk, seed: int) -> None:
    """Whatever replica answers, however the pages fall: who believes all rounds knows the truth."""
    rng = random.Random(seed)
    groups = [desk.group(f"crew{n}", members=3) for n in range(4)]
    everybody = [p for g in groups for p in g.members]
    known = {g.id: set(g.members) for g in groups}
    switches = desk.switches
    switches.delta_unites, switches.delta_page_size = bool(seed & 1), rng.choice([1, 2, 50])
    switches.delta_replays = bool(seed & 2)
    desk.clock.advance(100)
    link = begin(desk)
    switches.read_lag_seconds, switches.read_lag_random = 20, True
    for _ in range(60):
        desk.clock.advance(rng.choice([0, 0, 1, 7]))
        _change_someone(rng, rng.choice(groups), everybody)
        if rng.random() < 0.4:
            items, link = told(desk, link)
            _believe(known, items)
    switches.delta_replays, switches.read_lag_random = False, False
    desk.clock.advance(20)
    _believe(known, told(desk, link)[0])

    assert known == {g.id: set(g.members) for g in groups}


def _change_someone(rng: random.Random, group: Group, everybody: list[str]) -> None:
    person = rng.choice(everybody)
    (group.drop if person in group.members else group.add)("members", person)


def _believe(known: dict[str, set[str]], items: list[dict[str, Any]]) -> None:
    for item in items:
        for person in item.get("members@delta", []):
            keep = known[item["id"]].discard if "@removed" in person else known[item["id"]].add
            keep(person["id"])


# Tokens


@pytest.mark.parametrize("expiry", ["410", "syncStateNotFound"])
def test_a_token_lives_for_seven_days(desk: Desk, expiry: Any) -> None:
    desk.switches.delta_expiry = expiry
    link = begin(desk)
    desk.clock.advance(7 * DAY)
    desk.sign_in()
    assert told(desk, link)[0] == []

    desk.clock.advance(1)
    answer = desk.get(link)
    if expiry == "410":
        assert answer.status_code == 410
        assert answer.headers["Location"].endswith("/v1.0/groups/delta?$deltatoken=")
    else:
        assert error_of(answer)[:2] == (400, "syncStateNotFound")


def test_each_round_gives_a_token_for_seven_more_days(desk: Desk) -> None:
    link = begin(desk)
    for _ in range(3):
        desk.clock.advance(6 * DAY)
        desk.sign_in()
        _, link = told(desk, link)

    group = desk.group()
    assert ids(told(desk, link)[0]) == [group.id]


def test_maintenance_ends_every_token_and_a_new_one_works(desk: Desk) -> None:
    link = begin(desk)
    desk.tenant.reset_delta()
    assert desk.get(link).status_code == 410

    link = begin(desk)
    group = desk.group()
    assert ids(told(desk, link)[0]) == [group.id]


def test_a_token_is_of_one_tenant(desk: Desk) -> None:
    link = begin(desk)
    other = desk.ms.add_tenant("Fabrikam", domain="fabrikam.example")
    desk.ms.consent(desk.app, other, {"Group.ReadWrite.All"})
    desk.token = desk.ask_token(other.tenant_id).json()["access_token"]

    assert desk.get(link).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/groups/delta?$deltatoken=made-up",
        "/groups/delta?$skiptoken=bnVsbA==",
        "/groups/delta?$select=colour",
        "/groups/delta?$expand=members",
        "/groups/delta?$top=5",
        "/groups/delta?$filter=id eq 'x'",
    ],
)
def test_what_delta_does_not_take_is_400(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 400


def test_parameters_are_given_once_with_the_first_request(desk: Desk) -> None:
    assert desk.get(begin(desk) + "&$select=displayName").status_code == 400


def test_reading_members_takes_more_than_the_basic_permission(desk: Desk) -> None:
    desk.sign_in({"Group.ReadBasic.All"})
    assert error_of(desk.get(FROM_NOW))[0] == 403

    desk.sign_in({"GroupMember.Read.All"})
    assert desk.get(FROM_NOW).status_code == 200


def test_latest_may_forget_that_members_were_selected(desk: Desk) -> None:
    desk.switches.delta_latest_tracks_members = False
    group = desk.group(members=1)
    link = begin(desk)
    group.drop("members", *group.members)
    assert told(desk, link)[0] == []

    desk.tenant.change_group(group, display_name="New")
    assert told(desk, link)[0] == [{"id": group.id, "displayName": "New"}]


def test_what_nobody_can_ask_for_any_more_is_forgotten(desk: Desk) -> None:
    group, other, person = desk.group(), desk.group("other"), desk.people(1)[0].object_id
    old = link = begin(desk)
    for day in range(30):
        for _ in range(100):
            group.add("members", person)
            group.drop("members", person)
        if day % 5 == 0:
            other.add("members", person)
        desk.clock.advance(DAY)
        desk.sign_in()
        items, link = told(desk, link)
        assert ids(items) == ([group.id, other.id] if day == 0 else [group.id])

    journal = desk.tenant.journal
    assert journal.end > 6000
    assert len(journal.between(journal.start, journal.end)) < 9 * 200 + 1000
    desk.switches.delta_life_seconds = 100 * DAY
    assert error_of(desk.get(old))[1] == "syncStateNotFound"
