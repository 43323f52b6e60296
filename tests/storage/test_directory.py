"""The rows of the directory's audit, on the emulator and in this process."""

from __future__ import annotations

from itertools import islice
from uuid import uuid4

import pytest

from shared.core.audit import Outcome, Run, Verdict
from shared.core.audit_codec import LISTS, NUMBER, pack_texts, sort_key
from shared.ports import Conflict
from shared.storage.directory import DirectoryRows
from shared.storage.tables import Partition, Tables
from tests.storage.conftest import Eye

ENTRY = tuple[int, bytes, bytes, bytes]


@pytest.fixture
def rows(tables: Tables) -> DirectoryRows:
    return DirectoryRows(tables.partition("Directory", str(uuid4())))


def entry(name: str, email: str, verdict: Verdict = Verdict.MISSING) -> ENTRY:
    person = uuid4().bytes
    packed = person + bytes(16) + pack_texts(False, name.encode(), email.encode(), b"")
    behind = b"\0" + person
    return (NUMBER[verdict], sort_key(name) + behind, sort_key(email) + behind, packed)


def names(rows: DirectoryRows, begins: str = "", after: str = "", by: str = "name") -> list[str]:
    found = rows.people("run", Verdict.MISSING, by=by, begins=begins, after=after)
    return [getattr(listed, by) for _, listed in found]


def test_a_cursor_moves_only_for_who_read_it(rows: DirectoryRows) -> None:
    first = rows.move("run", None, {"part": 1})
    rows.move("run", first, {"part": 2})

    with pytest.raises(Conflict):
        rows.move("run", first, {"part": 3})
    with pytest.raises(Conflict):
        rows.move("run", None, {"part": 3})
    kept = rows.cursor("run")
    assert kept is not None and kept.value == {"part": 2}


def test_a_hash_is_read_from_every_row_below_a_number_in_order(rows: DirectoryRows) -> None:
    for number in (2, 0, 1, 11):
        rows.put("w", "run", number, {3: bytes([number]), 15: b"x", 31: b"y"})
    rows.put("w", "other", 0, {3: b"no"})
    rows.put("w", "run", 1, {3: b"again"})

    assert rows.shards("w", "run", [3], 11) == [[b"\0", b"again", b"\2"]]
    assert rows.shards("w", "run", (3, 4, 31)) == [
        [b"\0", b"again", b"\2", b"\x0b"],
        [],
        [b"y", b"y", b"y"],
    ]
    assert rows.shards("w", "run", [3], 0) == [[]]


def test_a_piece_may_be_larger_than_a_property(rows: DirectoryRows) -> None:
    large = bytes(range(256)) * 800
    rows.put("w", "run", 0, {0: large, 1: b"small"})

    assert rows.shards("w", "run", [0, 1]) == [[large], [b"small"]]


def test_other_scopes_are_swept_some_at_a_time(rows: DirectoryRows) -> None:
    for scope in ("a", "b", "c"):
        for number in range(4):
            rows.put("w", scope, number, {0: scope.encode()})
    rows.put("x", "a", 0, {0: b"x"})

    gone = [rows.sweep("w", ["b"], 3) for _ in range(4)]

    assert gone == [3, 3, 2, 0]
    assert rows.shards("w", "b", [0]) == [[b"b"] * 4]
    assert rows.shards("w", "a", [0]) == [[]] == rows.shards("w", "c", [0])
    assert rows.shards("x", "a", [0]) == [[b"x"]]
    assert rows.sweep("w", [], 99) == 4


def test_people_are_merged_from_their_hashes_in_order(rows: DirectoryRows) -> None:
    people = [entry(f"Name {n:04d}", f"e{9999 - n}@x") for n in range(700)]
    for shard in range(3):
        rows.put_people("run", shard, people[shard::3])
    rows.put_people("run", 1, people[1::3])

    assert names(rows) == [f"Name {n:04d}" for n in range(700)]
    assert names(rows, by="email") == sorted(f"e{9999 - n}@x" for n in range(700))
    assert names(rows, "NAME 001") == [f"Name 001{n}" for n in range(10)]
    middle = list(rows.people("run", Verdict.MISSING, by="name"))[349][0]
    assert names(rows, after=middle)[0] == "Name 0350"
    assert list(rows.people("run", Verdict.MATCHED, by="name")) == []


def test_names_that_begin_alike_for_long_are_all_there(rows: DirectoryRows) -> None:
    """Longer than what rows are found by."""
    alike = "a" * 40
    people = [entry(f"{alike}{n:03d}", "e") for n in range(300)]
    people += [entry(name, "e") for name in ("a", "aa", "ab", alike[:24], "Ä", "ä b", "")]
    rows.put_people("run", 0, people)

    found = names(rows)

    assert len(found) == 307
    assert found == sorted(found, key=sort_key)
    assert names(rows, f"{alike}29") == [f"{alike}29{n}" for n in range(10)]
    assert names(rows, "ä") == ["Ä", "ä b"]


def test_runs_come_the_newest_first(rows: DirectoryRows) -> None:
    runs = [
        Run(f"r{n}", 1_000 + n, 2_000, Outcome.COMPLETE, {Verdict.GUEST: n}, tenant="t")
        for n in range(3)
    ]
    for run in runs:
        rows.keep(run)

    assert rows.runs(2) == [runs[2], runs[1]]


@pytest.mark.parametrize("count", [2_000, 100_000])
def test_a_page_of_the_list_costs_the_same_however_many_stand_behind_it(
    watched: Partition, eye: Eye, count: int
) -> None:
    """A row of each hash at a time: 16 to begin with, and a few that are read on."""
    rows = DirectoryRows(watched)
    people = [entry(f"Person {n:06d}", f"p{n}@example.com") for n in range(count)]
    for shard in range(LISTS):
        rows.put_people("run", shard, people[shard::LISTS])
    eye.calls.clear()

    first = list(islice(rows.people("run", Verdict.MISSING, by="name"), 51))
    shown = len(eye.calls)
    mark, last = first[-1]
    more = list(islice(rows.people("run", Verdict.MISSING, by="name", after=mark), 51))
    turned = len(eye.calls)
    searched = f"Person {count // 2:06d}"[:-1]
    found = list(rows.people("run", Verdict.MISSING, by="name", begins=searched))

    assert last.name == "Person 000050"
    assert more[0][1].name == "Person 000051"
    assert [listed.name for _, listed in found] == [f"{searched}{n}" for n in range(10)]
    assert shown <= 2 * LISTS
    assert turned - shown <= 2 * LISTS
    assert len(eye.calls) - turned <= 2 * LISTS
