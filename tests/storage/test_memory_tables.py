"""The tables in memory beside the emulator's, and what only they can do."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sandbox.memory_tables import MemoryTables
from shared.ports import Conflict
from shared.storage.accounts import open_connection
from shared.storage.tables import Partition, Step, Tables, Value

# Few, so that calls meet: the last two stand the other way round by code point.
KEYS = ["a", "a;", "🚀", "\ue000"]
# The verb, the key, the values, and which ETag goes with it (see `Side._etag`).
Draft = tuple[str, str, dict[str, Value], int]
Act = tuple[str, tuple[object, ...]]

_keys = st.sampled_from(KEYS)
_whole = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
_values = st.dictionaries(st.sampled_from(["n", "m"]), _whole, max_size=2) | st.fixed_dictionaries(
    {"x": st.text(st.characters(), max_size=5) | st.booleans() | st.binary(max_size=5)}
)
_conditional = st.tuples(
    st.sampled_from(["replace", "merge", "delete"]), _keys, _values, st.just(1) | st.integers(2, 5)
)
_free = st.tuples(st.sampled_from(["insert", "upsert", "merge"]), _keys, _values, st.just(0))
_draft = _free | _conditional
_acts = st.one_of(
    st.tuples(st.just("write"), st.tuples(st.lists(_draft, min_size=1, max_size=1))),
    st.tuples(st.just("write"), st.tuples(st.lists(_draft, min_size=2, max_size=4))),
    st.tuples(st.just("get"), st.tuples(_keys)),
    st.tuples(
        st.just("range"),
        st.tuples(
            _keys | st.just(""),
            _keys,
            st.none() | st.integers(0, 4),
            st.just("") | st.tuples(st.sampled_from(["lt", "ge", "eq", "ne"]), _whole),
            st.sampled_from([(), ("n",)]),
        ),
    ),
)


class Side:
    """One of the two accounts; its ETags are numbered in the order in which they were given.

    Those of one transaction may be alike at the emulator, whose ETags are moments: they are told
    apart by their rows.
    """

    def __init__(self, rows: Partition) -> None:
        self._rows = rows
        self._etags: list[tuple[str, str]] = []

    def do(self, act: Act) -> object:
        """What came of it, without the text of ETags and messages."""
        name, facts = act
        try:
            return getattr(self, name)(*facts)
        except Conflict:
            return "conflict"
        except HttpResponseError as error:
            return type(error), error.status_code, getattr(error, "index", None)

    def write(self, drafts: list[Draft]) -> object:
        etags = self._rows.write(
            [Step(op, key, values, self._etag(key, back)) for op, key, values, back in drafts]
        )
        given = [(draft[1], etag) for draft, etag in zip(drafts, etags, strict=True)]
        assert not {g for g in given if g[1]} & {*self._etags}, "a row's ETag changes with a write"
        self._etags += given
        return [bool(etag) for etag in etags]

    def get(self, key: str) -> object:
        row = self._rows.get(key)
        return row and (row.key, row.values, self._etags.index((row.key, row.etag)))

    def range(
        self,
        low: str,
        high: str,
        limit: int | None,
        where: tuple[str, int] | str,
        only: tuple[str, ...],
    ) -> object:
        condition = f"n {where[0]} {where[1]}L" if where else ""
        found = self._rows.range(low, high, limit=limit, where=condition, only=only)
        return [(row.key, row.values, self._etags.index((row.key, row.etag))) for row in found]

    def everything(self) -> object:
        return self.range("", "\uffff", None, "", ())

    def _etag(self, key: str, back: int) -> str:
        """0: none; 1: the row's own, if it is there; more: its own of so many writes ago, or one
        that never was."""
        if not back:
            return ""
        row = self._rows.get(key)
        if back == 1 and row:
            return row.etag
        known = [etag for written, etag in self._etags if etag and written == key]
        return known[-back] if back <= len(known) else "W/\"datetime'2001'\""


@pytest.fixture(scope="session")
def emulated(azurite: str) -> Tables:
    return Tables(lambda: open_connection(azurite))


# Not made smaller when it fails: at the emulator that takes minutes.
@settings(max_examples=25, phases=[Phase.generate])
@given(acts=st.lists(_acts, min_size=8, max_size=14))
def test_the_same_calls_have_the_same_outcomes_in_memory_and_at_the_emulator(
    emulated: Tables, acts: list[Act]
) -> None:
    partition = str(uuid4())
    real = Side(emulated.partition("Testing", partition))
    ours = Side(Tables(MemoryTables().open).partition("Testing", partition))

    begun: Act = ("write", ([("insert", key, {"n": 1, "x": key}, 0) for key in KEYS[1:]],))
    for act in (begun, *acts):
        assert ours.do(act) == real.do(act)
    assert ours.everything() == real.everything()


@pytest.fixture
def memory() -> MemoryTables:
    return MemoryTables()


@pytest.fixture
def rows(memory: MemoryTables) -> Partition:
    return Tables(memory.open).partition("Testing", "p")


@pytest.mark.parametrize(
    "where",
    ["expires lt 1", "expires lt 1L or n lt 1L", "name eq 'x'", "not n lt 1L", "n lt 1L) or (1L"],
)
def test_a_condition_of_another_kind_is_refused(rows: Partition, where: str) -> None:
    with pytest.raises(ValueError, match="filter"):
        list(rows.range("a", "b", where=where))


def test_a_query_that_is_no_range_is_refused(memory: MemoryTables) -> None:
    table = memory.create_table_if_not_exists("Testing")
    for query in ("", "PartitionKey eq @p", "RowKey ge @low and RowKey lt @high"):
        with pytest.raises(ValueError, match="filter"):
            table.query_entities(query, parameters={"p": "p", "low": "", "high": "~"})


def test_a_number_is_not_compared_with_something_else(rows: Partition) -> None:
    """The emulator answers 500 to it; nothing may come to rely on an answer."""
    rows.insert("a", {"n": "1"})

    with pytest.raises(ValueError, match="Int64"):
        list(rows.range("a", "b", where="n lt 2L"))


def test_a_number_too_big_is_refused_and_nothing_is_written(rows: Partition) -> None:
    with pytest.raises(TypeError):
        rows.write([Step("insert", "a", {}), Step("insert", "b", {"n": 2**63})])

    assert list(rows.range("", "~")) == []


def test_whoever_changes_what_was_written_or_read_changes_nothing_here(
    memory: MemoryTables,
) -> None:
    table = memory.create_table_if_not_exists("Testing")
    entity = {"PartitionKey": "p", "RowKey": "a", "text": "x"}
    table.create_entity(entity)
    entity["text"] = "y"
    table.get_entity("p", "a")["text"] = "z"

    assert table.get_entity("p", "a")["text"] == "x"


def test_what_is_restored_is_as_it_was_as_often_as_one_likes(
    memory: MemoryTables, rows: Partition
) -> None:
    kept = rows.insert("kept", {"n": 1})
    rows.insert("gone", {})
    before, snapshot = list(rows.range("", "~")), memory.snapshot()
    for _ in range(2):
        etag = rows.replace("kept", {"n": 2}, kept)
        rows.write([Step("delete", "gone", {}), Step("insert", "new", {})])
        memory.create_table_if_not_exists("Another")
        memory.restore(snapshot)

        assert list(rows.range("", "~")) == before
    assert rows.replace("kept", {"n": 2}, kept) == etag, "a run that is replayed is the same"


def test_threads_that_race_for_a_row_lose_no_write(rows: Partition) -> None:
    rows.insert("count", {"n": 0})

    def count() -> None:
        done = 0
        while done < 200:
            row = rows.get("count")
            assert row
            try:
                rows.replace("count", {"n": row.number("n") + 1}, row.etag)
            except Conflict:
                continue
            done += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    row = rows.get("count")
    assert row and row.number("n") == 800
