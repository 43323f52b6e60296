"""What waits for an administrator, by name, and what dry runs said, in numbers: rows."""

from __future__ import annotations

from dataclasses import fields, replace
from uuid import uuid4

import pytest

from shared.core.held import Evidence, Held, Named, Preview
from shared.core.ids import ObjectId, PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX, Change
from shared.ports import Conflict
from shared.storage.tables import Partition, Value
from shared.storage.teams import TeamRows
from tests.core.strategies import object_id, person

NOW = 1_700_000_000_000
WAYS = [(side, op) for side in (MEMBERS, OWNERS, WEBEX) for op in (ADD, REMOVE)]
LONG = "Wolfeschlegelsteinhausenbergerdorff Åsa-Britt Öström 🚀"


def _new_id() -> TeamId:
    return TeamId(str(uuid4()))


def _changes(count: int, name: str = LONG) -> tuple[Named, ...]:
    return tuple(
        Named(Change(person(n), object_id(n), *WAYS[n % len(WAYS)]), f"{name} {n}" if name else "")
        for n in range(count)
    )


def _held(count: int, name: str = LONG) -> Held:
    why = ("add_many", "remove_many")
    return Held(_changes(count, name), NOW, count, why, "allow", "Adam Admin", NOW + 1)


def _preview(team: TeamId) -> Preview:
    return Preview(
        team=team,
        name="Åre 🚀",
        at=NOW,
        direction="team",
        team_read=NOW - 1,
        group_read=NOW - 2,
        creates=True,
        waiting=True,
        unknown=4,
        counts={"add members": 3, "remove webex": 1},
        doubted={"remove members": 2},
        listed={"guest": 2},
        renames="group",
        held=True,
        failure="group_gone",
    )


@pytest.mark.parametrize("count", [0, 1, 7, 5_000])
def test_what_waits_comes_back_with_every_name(rows: Partition, count: int) -> None:
    teams, team, held = TeamRows(rows), _new_id(), _held(count)
    written = teams.hold(team, None, held)

    assert written
    assert written.value == held
    assert teams.held(team) == written


def test_nothing_waits_where_nothing_was_kept(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()

    assert teams.held(team) is None
    assert teams.hold(team, None, None) is None
    assert list(rows.range("", "~")) == []


def test_very_many_changes_are_all_there_and_names_give_way(rows: Partition) -> None:
    teams, team, held = TeamRows(rows), _new_id(), _held(20_000)
    teams.hold(team, None, held)
    kept = teams.held(team)

    assert kept
    assert [n.change for n in kept.value.changes] == [n.change for n in held.changes]
    assert all(
        whole.name.startswith(n.name)
        for n, whole in zip(kept.value.changes, held.changes, strict=True)
    )


@pytest.mark.parametrize("name", ["", "two\nlines", "🚀" * 5_000, "a\ud800b", "\x00", "a  b\r\n"])
def test_no_name_mixes_up_the_people(rows: Partition, name: str) -> None:
    teams, team, held = TeamRows(rows), _new_id(), _held(5_000, name)
    last = Named(Change(person(1), object_id(1), WEBEX, REMOVE), "Zoë")
    teams.hold(team, None, replace(held, changes=(*held.changes, last)))
    kept = teams.held(team)

    assert kept
    assert [n.change for n in kept.value.changes] == [
        *(n.change for n in held.changes),
        last.change,
    ]
    assert kept.value.changes[-1].name == "Zoë"


def test_somebody_whom_one_side_does_not_know_is_nobody_there_again(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    stranger = Named(Change(PersonId(""), ObjectId(object_id(1)), MEMBERS, REMOVE), "Stranger")
    teams.hold(team, None, replace(_held(0), changes=(stranger,)))
    kept = teams.held(team)

    assert kept
    assert kept.value.changes == (stranger,)


def test_a_decision_replaces_what_waits_and_what_was_done_is_taken_away(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    first = teams.hold(team, None, replace(_held(3), decided="", by="", decided_at=0))
    assert first
    decided = teams.hold(team, first, replace(first.value, decided="refuse", by="Adam"))

    assert teams.held(team) == decided
    assert teams.hold(team, decided, None) is None
    assert teams.held(team) is None


def test_whoever_decides_on_something_else_is_told(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    stale = teams.hold(team, None, _held(3))
    assert stale
    newest = teams.hold(team, stale, _held(4))

    with pytest.raises(Conflict):
        teams.hold(team, stale, replace(stale.value, decided="allow"))
    with pytest.raises(Conflict):
        teams.hold(team, stale, None)
    with pytest.raises(Conflict):
        teams.hold(team, None, _held(5))
    assert teams.held(team) == newest


def test_a_preview_comes_back_and_names_nobody(rows: Partition) -> None:
    teams, preview = TeamRows(rows), _preview(_new_id())
    plain = Preview(preview.team, "", 0, "")
    teams.keep_preview(
        replace(preview, changes=_changes(3, "Ada"), people=(Evidence("Ada"),), renamed_to="Ada")
    )

    assert teams.previews("", 9) == [preview]
    for field in fields(Preview):
        if field.name not in ("team", "changes", "people", "renamed_to"):
            assert getattr(preview, field.name) != getattr(plain, field.name), "the test forgot it"
    row = rows.get(f"preview:{preview.team}")
    assert row
    assert "Ada" not in str(row.values)


def test_a_later_preview_takes_the_place_of_the_earlier_one(rows: Partition) -> None:
    teams, team = TeamRows(rows), _new_id()
    teams.keep_preview(_preview(team))
    later = Preview(team, "Åre", NOW + 1, "both")
    teams.keep_preview(later)

    assert teams.previews("", 9) == [later]


def test_previews_come_in_pages_in_the_order_of_their_teams(rows: Partition) -> None:
    teams = TeamRows(rows)
    kept = sorted(str(uuid4()) for _ in range(5))
    for uuid in kept:
        teams.keep_preview(_preview(TeamId(uuid)))
        teams.hold(TeamId(uuid), None, _held(1))

    first = teams.previews("", 3)
    rest = teams.previews(first[-1].team, 3)

    assert [len(first), len(rest)] == [3, 2]
    assert [preview.team for preview in first + rest] == kept


def test_a_preview_of_another_version_is_left_out_and_the_page_is_full_all_the_same(
    rows: Partition,
) -> None:
    teams = TeamRows(rows)
    kept = sorted(str(uuid4()) for _ in range(6))
    for uuid in kept:
        teams.keep_preview(_preview(TeamId(uuid)))
    damage: list[dict[str, Value]] = [{"counts": "{"}, {"listed": "["}, {"doubted": "no"}]
    for uuid, strange in zip(kept, damage, strict=False):
        row = rows.get(f"preview:{uuid}")
        assert row
        rows.upsert(row.key, {**row.values, **strange})

    assert [preview.team for preview in teams.previews("", 2)] == kept[3:5]
    assert [preview.team for preview in teams.previews("", 100)] == kept[3:]


def test_what_waits_in_a_row_of_another_version_is_not_taken_for_something_else(
    rows: Partition,
) -> None:
    teams, team = TeamRows(rows), _new_id()
    teams.hold(team, None, _held(1))
    row = rows.get(f"held:{team}")
    assert row
    rows.upsert(row.key, {**row.values, "changes0": b"\xff" * 34})

    with pytest.raises((ValueError, LookupError)):
        teams.held(team)
