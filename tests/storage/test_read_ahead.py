"""Rows that are read before anybody asks for them: in one call, and nothing old is handed out."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shared.ports import Conflict
from shared.storage.tables import Partition, Step, Tables
from tests.storage.conftest import Eye


def test_rows_read_ahead_cost_one_call_and_answer_once(watched: Partition, eye: Eye) -> None:
    before = watched.insert("a", {"n": 1})
    eye.calls.clear()

    watched.read_ahead()
    row, absent = watched.get("a"), watched.get("b")
    assert row
    assert (row.number("n"), row.etag, absent) == (1, before, None)
    assert len(eye.calls) == 1

    watched.get("a")
    watched.get("b")
    assert len(eye.calls) == 3


def test_a_row_read_ahead_is_read_anew_once_it_was_written(rows: Partition) -> None:
    rows.write([Step("insert", "a", {"n": 1}), Step("insert", "b", {"n": 1})])
    rows.read_ahead()
    rows.upsert("a", {"n": 2})
    rows.write([Step("delete", "b", {}), Step("insert", "c", {"n": 3})])

    assert {key: row.number("n") for key in "abc" if (row := rows.get(key))} == {"a": 2, "c": 3}


def test_a_row_read_ahead_is_read_anew_after_a_lost_race(tables: Tables) -> None:
    key = str(uuid4())
    ours, theirs = tables.partition("Testing", key), tables.partition("Testing", key)
    etag = ours.insert("a", {"n": 1})
    ours.read_ahead()
    theirs.upsert("a", {"n": 2})

    with pytest.raises(Conflict):
        ours.replace("a", {"n": 3}, etag)
    assert (row := ours.get("a")) and row.number("n") == 2
