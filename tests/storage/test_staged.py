"""What a process staged itself it does not read back, and whoever comes after it reads the rows."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.core.model import Versioned
from shared.storage.directory import DirectoryRows
from shared.storage.staged import Staged
from shared.storage.tables import Partition
from tests.storage.conftest import Eye

ORG = str(uuid4())


class Process:
    """A process that works at the run of one organization."""

    def __init__(self, partition: Partition, eye: Eye, staged: Staged | None = None) -> None:
        self.rows = DirectoryRows(partition, staged or Staged(), ORG)
        self.eye = eye
        self.row: Versioned[object] | None = None

    def take(self, run: str = "run", *, begins: bool = False) -> None:
        """Take the run over from whoever had it."""
        row = self.rows.move("run", self.rows.cursor("run"), {"run": run})
        if begins:
            self.rows.begins(run, row)

    def put(self, kind: str, number: int, scope: str = "run", **said: bytes) -> None:
        shards = {int(name[1:]): blob for name, blob in said.items()}
        self.rows.put(kind, scope, number, shards)

    def reads(self, kind: str, *wanted: int, scope: str = "run") -> tuple[list[list[bytes]], int]:
        """What is there, and how many requests it took."""
        before = len(self.eye.calls)
        return self.rows.shards(kind, scope, wanted), len(self.eye.calls) - before


@pytest.fixture
def first(watched: Partition, eye: Eye) -> Process:
    process = Process(watched, eye)
    process.take(begins=True)
    return process


def test_what_was_staged_by_this_process_is_not_read_back(first: Process) -> None:
    first.put("w", 1001, s0=b"c", s3=b"d")
    first.put("w", 1, s0=b"wrong")
    first.take()
    first.put("w", 1, s0=b"a")

    assert first.reads("w", 0, 3, 5) == ([[b"a", b"c"], [b"d"], []], 0)


def test_of_a_page_that_is_staged_again_nothing_stays(first: Process) -> None:
    """Somebody carries another object id the second time."""
    first.put("w", 1, s0=b"zed")
    first.put("w", 1001, s3=b"ann", s5=b"bob")
    first.take()
    first.put("w", 1001, s4=b"ann", s5=b"bob")
    other = Process(first.rows._rows, first.eye)

    wanted = (0, 3, 4, 5)
    assert first.reads("w", *wanted)[0] == [[b"zed"], [], [b"ann"], [b"bob"]]
    assert other.reads("w", *wanted)[0] == [[b"zed"], [], [b"ann"], [b"bob"]]


def test_a_whole_page_in_one_hash_is_read_back_whole(first: Process) -> None:
    """Where everybody's External ID has the same object id in it."""
    page = bytes(range(256)) * 3_000
    first.put("w", 1, s7=page)
    other = Process(first.rows._rows, first.eye)

    assert other.reads("w", 6, 7, 8, 9)[0] == [[], [page], [], []]


def test_a_hash_is_let_go_when_it_was_read_and_comes_from_the_rows_again(first: Process) -> None:
    first.put("w", 1, s0=b"a", s1=b"b")
    first.put("e", 0, "run-1", s0=b"account")

    assert first.reads("w", 0) == ([[b"a"]], 0)
    assert first.reads("w", 0) == ([[b"a"]], 1)
    assert first.reads("w", 0, 1) == ([[b"a"], [b"b"]], 1)
    # Accounts are read twice in a run.
    assert first.reads("e", 0, scope="run-1") == ([[b"account"]], 0)
    assert first.reads("e", 0, scope="run-1") == ([[b"account"]], 0)
    assert first.reads("e", 0, scope="run-1") == ([[b"account"]], 1)


def test_whoever_did_not_begin_it_reads_the_rows(
    first: Process, watched: Partition, eye: Eye
) -> None:
    first.put("w", 1, s0=b"a")
    second = Process(watched, eye)
    second.take()
    second.put("w", 2, s0=b"b")

    assert second.reads("w", 0) == ([[b"a", b"b"]], 1)


def test_what_somebody_else_did_in_between_counts(
    first: Process, watched: Partition, eye: Eye
) -> None:
    first.put("w", 1, s0=b"a")
    second = Process(watched, eye)
    second.take()
    second.put("w", 1, s0=b"another")
    first.take()

    assert first.reads("w", 0) == ([[b"another"]], 1)


def test_rows_of_an_earlier_run_are_read(first: Process) -> None:
    first.put("e", 0, "earlier-1", s0=b"kept")

    assert first.reads("e", 0, scope="earlier-1") == ([[b"kept"]], 1)


def test_what_has_no_room_is_read_and_all_else_is_not(watched: Partition, eye: Eye) -> None:
    process = Process(watched, eye, Staged(room=100))
    process.take(begins=True)
    process.put("e", 0, "run-1", s0=b"e" * 40)
    process.put("w", 1, s0=b"a" * 50)
    process.put("w", 2, s0=b"b" * 50)
    process.put("n", 0, s0=b"n" * 50)

    assert process.reads("w", 0) == ([[b"a" * 50, b"b" * 50]], 1)
    assert process.reads("n", 0) == ([[b"n" * 50]], 0)
    assert process.reads("e", 0, scope="run-1") == ([[b"e" * 40]], 0)


def test_another_organizations_run_takes_the_place(
    first: Process, watched: Partition, eye: Eye
) -> None:
    first.put("w", 1, s0=b"a")
    staged = first.rows._staged
    other = DirectoryRows(watched, staged, str(uuid4()))
    other.begins("run", Versioned({}, "some"))

    assert first.reads("w", 0) == ([[b"a"]], 1)
