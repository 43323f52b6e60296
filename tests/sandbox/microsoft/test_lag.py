"""App-only reads are late; writes act on the truth."""

from __future__ import annotations

from tests.sandbox.microsoft.conftest import Desk, bind, error_of, group_body


def test_a_new_group_is_not_found_at_first(desk: Desk) -> None:
    desk.switches.read_lag_seconds = 8
    made = desk.upsert("webex-team-1", group_body() | bind("owners", desk.people(1))).json()
    reads = [f"/groups/{made['id']}", "/groups(uniqueName='webex-team-1')"]
    reads += [f"/groups/{made['id']}/members", f"/groups/{made['id']}/drive"]

    for path in reads:
        assert error_of(desk.get(path))[0] == 404, path
    assert desk.ids_of("/groups") == desk.ids_of("/groups?$filter=mailNickname eq 'crew'") == []
    desk.clock.advance(8)
    assert desk.get(reads[0]).status_code == desk.get(reads[1]).status_code == 200
    assert desk.ids_of("/groups?$filter=mailNickname eq 'crew'") == [made["id"]]


def test_members_owners_and_names_are_seen_as_they_were(desk: Desk) -> None:
    group = desk.group(owners=2, members=3)
    at, before = f"/groups/{group.id}", (group.owners, group.members)
    new = desk.people(1)[0].object_id
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10
    desk.call("PATCH", at, bind("members", [new]) | {"displayName": "New"})
    desk.call("DELETE", f"{at}/members/{before[1][0]}/$ref")
    desk.call("DELETE", f"{at}/owners/{before[0][0]}/$ref")

    assert set(desk.ids_of(f"{at}/members")) == set(before[1])
    assert set(desk.ids_of(f"{at}/owners")) == set(before[0])
    assert desk.get(at).json()["displayName"] == "Crew"
    desk.clock.advance(10)
    assert desk.ids_of(f"{at}/members") == [*before[1][1:], new]
    assert desk.ids_of(f"{at}/owners") == before[0][1:]
    assert desk.get(at).json()["displayName"] == "New"


def test_each_change_becomes_visible_at_its_own_time(desk: Desk) -> None:
    group, people = desk.group(), [p.object_id for p in desk.people(3)]
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10
    for person in people:
        group.add("members", person)
        desk.clock.advance(4)

    assert desk.ids_of(f"/groups/{group.id}/members") == people[:1]
    desk.clock.advance(4)
    assert desk.ids_of(f"/groups/{group.id}/members") == people[:2]


def test_a_person_taken_out_and_put_back_is_seen_out_in_between(desk: Desk) -> None:
    group = desk.group(members=1)
    person = group.members[0]
    for change in (group.drop, group.add):
        desk.clock.advance(10)
        change("members", person)
    desk.clock.advance(2)

    seen = {}
    for lag in (0, 5, 15):
        desk.switches.read_lag_seconds = lag
        seen[lag] = desk.ids_of(f"/groups/{group.id}/members")
    assert seen == {0: [person], 5: [], 15: [person]}


def test_writes_are_checked_against_the_truth(desk: Desk) -> None:
    group, person = desk.group(), desk.people(1)
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10
    desk.call("PATCH", f"/groups/{group.id}", bind("members", person))

    assert desk.ids_of(f"/groups/{group.id}/members") == []
    again = desk.call("PATCH", f"/groups/{group.id}", bind("members", person))
    assert "already exist" in error_of(again)[2]


def test_a_deleted_group_is_still_seen_for_a_while(desk: Desk) -> None:
    group = desk.group()
    desk.clock.advance(60)
    desk.switches.read_lag_seconds = 10
    desk.call("DELETE", f"/groups/{group.id}")

    assert desk.get(f"/groups/{group.id}").status_code == 200
    desk.clock.advance(10)
    assert desk.get(f"/groups/{group.id}").status_code == 404


def test_replicas_may_differ_from_read_to_read(desk: Desk) -> None:
    group = desk.group(members=1)
    desk.clock.advance(60)
    group.drop("members", *group.members)
    desk.clock.advance(5)
    desk.switches.read_lag_seconds = 10
    desk.switches.read_lag_random = True
    seen = {len(desk.ids_of(f"/groups/{group.id}/members")) for _ in range(30)}

    assert seen == {0, 1}


def test_writes_to_a_group_not_yet_replicated_are_refused(desk: Desk) -> None:
    desk.switches.replication_seconds = 5
    made = desk.upsert("webex-team-1", group_body()).json()["id"]
    body = bind("members", desk.people(1))
    at = f"/groups/{made}"

    assert error_of(desk.call("PATCH", at, body)) == (
        400,
        "Request_BadRequest",
        "The source resource object or one of the objects being referenced don't exist.",
    )
    desk.switches.says_do_not_exist = True
    assert error_of(desk.call("PATCH", at, {"displayName": "x"}))[2].endswith("do not exist.")
    assert desk.upsert("webex-team-1", group_body()).status_code == 400
    desk.clock.advance(5)
    assert desk.call("PATCH", at, body).status_code == 204
