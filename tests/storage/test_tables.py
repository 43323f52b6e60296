from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient

from shared.ports import Conflict
from shared.storage.tables import OverLimit, Partition, Step, Tables, Value, spread
from tests.storage.conftest import Eye


def _keys(rows: Partition, low: str = "", high: str = "~") -> list[str]:
    return [row.key for row in rows.range(low, high)]


def test_a_row_comes_back_as_it_was_written(rows: Partition) -> None:
    values: dict[str, Value] = {
        "text": "Åre 🚀 'quoted' \"x\" \x00\n",
        "empty": "",
        "big": 2**62,
        "negative": -(2**40),
        "small": 7,
        "yes": True,
        "no": False,
        "raw": bytes(range(256)),
    }
    etag = rows.insert("a", values)
    row = rows.get("a")

    assert row
    assert row.values == values
    assert row.etag == etag
    assert type(row.values["yes"]) is bool


def test_a_row_of_another_partition_is_not_seen(tables: Tables, rows: Partition) -> None:
    rows.insert("a", {})

    assert tables.partition("Testing", str(uuid4())).get("a") is None


def test_what_is_absent_reads_as_nothing(rows: Partition) -> None:
    rows.insert("a", {"n": 1})
    row = rows.get("a")
    assert row

    assert (row.text("x"), row.number("x"), row.moment("x"), row.blob("x")) == ("", 0, None, b"")
    assert row.flag("x", default=True)
    assert row.text("n") == ""


def test_inserting_twice_is_a_conflict(rows: Partition) -> None:
    rows.insert("a", {"n": 1})

    with pytest.raises(Conflict):
        rows.insert("a", {"n": 2})
    with pytest.raises(Conflict):
        rows.write([Step("insert", "b", {}), Step("insert", "a", {})])
    assert _keys(rows) == ["a"]


def test_a_stale_etag_is_a_conflict_and_changes_nothing(rows: Partition) -> None:
    stale = rows.insert("a", {"n": 1})
    rows.replace("a", {"n": 2}, stale)

    for attempt in (
        lambda: rows.replace("a", {"n": 3}, stale),
        lambda: rows.delete("a", stale),
        lambda: rows.put("a", {"n": 3}, stale),
        lambda: rows.write([Step("insert", "b", {}), Step("merge", "a", {"n": 3}, stale)]),
    ):
        with pytest.raises(Conflict):
            attempt()
    row = rows.get("a")
    assert row
    assert row.values == {"n": 2}
    assert rows.get("b") is None


def test_replacing_what_is_gone_is_a_conflict(rows: Partition) -> None:
    etag = rows.insert("a", {})
    rows.delete("a", etag)

    with pytest.raises(Conflict):
        rows.replace("a", {}, etag)
    with pytest.raises(Conflict):
        rows.write([Step("insert", "b", {}), Step("delete", "a", {})])
    assert _keys(rows) == []


def test_put_inserts_without_an_etag_and_replaces_with_one(rows: Partition) -> None:
    etag = rows.put("a", {"n": 1, "gone": 1}, None)
    rows.put("a", {"n": 2}, etag)

    row = rows.get("a")
    assert row
    assert row.values == {"n": 2}
    with pytest.raises(Conflict):
        rows.put("a", {}, None)


def test_a_single_delete_of_what_is_gone_is_done(rows: Partition) -> None:
    etag = rows.insert("a", {})
    rows.delete("a", etag)
    rows.delete("a", etag)

    assert rows.get("a") is None


def test_merging_into_what_is_not_there_is_a_conflict(rows: Partition) -> None:
    etag = rows.insert("gone", {})
    rows.delete("gone", etag)

    for step in (Step("merge", "gone", {"n": 1}), Step("merge", "gone", {"n": 1}, etag)):
        with pytest.raises(Conflict):
            rows.write([step])
        with pytest.raises(Conflict):
            rows.write([Step("upsert", "other", {}), step])
    assert _keys(rows) == []


def test_a_merge_keeps_what_it_does_not_name(rows: Partition) -> None:
    rows.insert("a", {"n": 1, "m": 1})
    rows.write([Step("merge", "a", {"n": 2})])

    row = rows.get("a")
    assert row
    assert row.values == {"n": 2, "m": 1}


def test_a_merge_in_a_transaction_changes_types_and_keeps_the_rest(rows: Partition) -> None:
    etag = rows.insert("a", {"n": 1, "text": "x", "yes": True, "raw": b"x"})
    rows.write([Step("merge", "a", {"n": "one", "new": 2}, etag), Step("insert", "b", {})])

    row = rows.get("a")
    assert row
    assert row.values == {"n": "one", "text": "x", "yes": True, "raw": b"x", "new": 2}


def test_an_upsert_leaves_nothing_of_what_was_there(rows: Partition) -> None:
    rows.upsert("a", {"n": 1, "m": 1})
    rows.upsert("a", {"n": 2})

    row = rows.get("a")
    assert row
    assert row.values == {"n": 2}


def test_every_write_gives_another_etag_even_of_equal_values(rows: Partition) -> None:
    etags = [rows.insert("a", {"n": 1}), rows.upsert("a", {"n": 1})]
    etags.append(rows.replace("a", {"n": 1}, etags[-1]))
    etags += rows.write([Step("merge", "a", {}, etags[-1])])
    # Rows of one transaction may share theirs.
    etags.append(rows.write([Step("merge", "a", {}, etags[-1]), Step("insert", "b", {"n": 1})])[0])
    rows.delete("a", etags[-1])
    etags.append(rows.insert("a", {"n": 1}))

    assert len(set(etags)) == len(etags)
    row = rows.get("a")
    assert row
    assert row.etag == etags[-1]


def test_a_stale_etag_in_the_middle_of_a_transaction_leaves_nothing(rows: Partition) -> None:
    stale = rows.insert("b", {"n": 1})
    rows.insert("gone", {})
    current, last = rows.upsert("b", {"n": 2}), Step("upsert", "c", {})
    for refused in (
        Step("merge", "b", {"n": 3}, stale),
        Step("replace", "b", {"n": 3}, stale),
        Step("delete", "b", {}, stale),
        Step("insert", "b", {"n": 3}),
    ):
        with pytest.raises(Conflict):
            rows.write([Step("insert", "a", {}), Step("delete", "gone", {}), refused, last])

    assert {row.key: row.values for row in rows.range("", "~")} == {"b": {"n": 2}, "gone": {}}
    assert rows.replace("b", {}, current)


def test_a_row_twice_in_a_transaction_is_no_lost_race(rows: Partition) -> None:
    """It would fail again for ever, and nothing of it is done."""
    etag = rows.insert("a", {"n": 1})
    for first, second in (
        (Step("merge", "a", {"n": 2}, etag), Step("merge", "a", {"n": 3})),
        (Step("insert", "b", {}), Step("upsert", "b", {})),
        (Step("delete", "a", {}, etag), Step("insert", "a", {})),
    ):
        with pytest.raises(HttpResponseError) as caught:
            rows.write([first, Step("insert", "c", {}), second])
        assert caught.value.status_code == 400

    assert {row.key: row.values for row in rows.range("", "~")} == {"a": {"n": 1}}


def test_a_transaction_is_all_or_nothing_and_tells_the_new_etags(rows: Partition) -> None:
    old = rows.insert("old", {})
    etags = rows.write(
        [
            Step("insert", "new", {"n": 1}),
            Step("delete", "old", {}, old),
            Step("upsert", "other", {"n": 1}),
        ]
    )
    new, other = rows.get("new"), rows.get("other")

    assert new
    assert other
    assert etags == [new.etag, "", other.etag]
    assert rows.get("old") is None


def test_a_hundred_operations_go_and_one_more_is_refused(rows: Partition) -> None:
    steps = [Step("insert", f"k{n:03d}", {}) for n in range(101)]

    with pytest.raises(OverLimit):
        rows.write(steps)
    with pytest.raises(OverLimit):
        rows.write([])
    assert _keys(rows) == []
    assert len(rows.write(steps[:100])) == 100


@pytest.mark.parametrize(
    "values",
    [
        {"text": "x" * (32 * 1024 + 1)},
        {"text": "🚀" * (16 * 1024 + 1)},
        {"raw": b"x" * (64 * 1024 + 1)},
        {f"raw{n}": b"x" * 60_000 for n in range(18)},
        {f"text{n}": "x" * 32_000 for n in range(17)},
        {f"p{n}": 1 for n in range(253)},
    ],
    ids=["string", "surrogate pairs", "binary", "entity", "entity of text", "properties"],
)
def test_what_the_real_service_would_refuse_is_refused(
    rows: Partition, values: dict[str, Value]
) -> None:
    with pytest.raises(OverLimit):
        rows.insert("a", values)
    with pytest.raises(OverLimit):
        rows.write([Step("insert", "b", {}), Step("upsert", "a", values)])
    assert _keys(rows) == []


@pytest.mark.parametrize(
    "values",
    [
        {"text": "x" * 32 * 1024},
        {"raw": b"x" * 64 * 1024},
        {f"raw{n}": b"x" * 60_000 for n in range(17)},
        {f"p{n}": 1 for n in range(252)},
    ],
    ids=["string", "binary", "entity", "properties"],
)
def test_what_is_just_within_the_limits_goes(rows: Partition, values: dict[str, Value]) -> None:
    rows.insert("a", values)
    row = rows.get("a")

    assert row
    assert row.values == values


@pytest.mark.parametrize(
    "key", ["a/b", "a\\b", "a#b", "a?b", "a\x00b", "a\tb", "a\x85b", "x" * 513]
)
def test_a_key_that_the_service_refuses_is_refused(
    tables: Tables, rows: Partition, key: str
) -> None:
    with pytest.raises(OverLimit):
        rows.get(key)
    with pytest.raises(OverLimit):
        rows.insert(key, {})
    with pytest.raises(OverLimit):
        list(rows.range(key, "z"))
    with pytest.raises(OverLimit):
        tables.partition("Testing", key)


def test_quotes_and_other_scripts_are_good_keys(rows: Partition) -> None:
    for key in ("o'brien", "Åre", "100%", "a b"):
        rows.insert(key, {"n": 1})

        assert rows.get(key)


def test_a_lone_surrogate_is_kept_as_a_replacement(rows: Partition) -> None:
    """JSON from Webex can carry one in a title; no row may fail for it."""
    rows.insert("a", {"title": "x\ud800y"})
    row = rows.get("a")

    assert row
    assert row.text("title") == "x\ufffdy"


def test_a_range_is_in_order_from_low_to_before_high(rows: Partition) -> None:
    for key in ("due:3", "due:1", "due:2", "look:1", "due:", "dud"):
        rows.insert(key, {})

    assert _keys(rows, "due:1", "due:3") == ["due:1", "due:2"]
    assert _keys(rows, "due:", "due;") == ["due:", "due:1", "due:2", "due:3"]


def test_keys_stand_in_the_order_of_their_utf_16_units(rows: Partition) -> None:
    """An emoji stands before U+E000: neither by code point nor as a dictionary has it."""
    order = ["", " ", "!x", "%", "'", "''", "-", "0", "10", "9", ":", ";", "A", "Z", "_", "a"]
    order += ["a ", "a'", "a:", "ab", "z", "~", "é", "\ud7ff", "🚀", "🚀a", "\ue000", "\uffff"]
    rows.write([Step("insert", key, {}) for key in reversed(order)])

    assert _keys(rows, "", "\uffff\uffff") == order
    assert _keys(rows, "🚀", "\ue000") == ["🚀", "🚀a"]
    assert _keys(rows, "é", "🚀") == ["é", "\ud7ff"]
    assert _keys(rows, "9", ";") == ["9", ":"]
    assert _keys(rows, "b", "a") == []


def test_a_range_brings_what_meets_the_condition_up_to_the_limit(rows: Partition) -> None:
    for key, number in (("a", -3), ("b", 2**60), ("c", 10), ("d", 9), ("e", 5)):
        rows.insert(key, {"n": number, "text": key})
    rows.insert("f", {"text": "without the number"})

    def found(condition: str, limit: int | None = None) -> list[str]:
        kept = rows.range("a", "~", where=condition, limit=limit, only=["text"])
        return [row.text("text") for row in kept]

    assert found("n lt 10L") == ["a", "d", "e"]
    assert found("n le 10L", limit=2) == ["a", "c"]
    assert found("n gt -3L") == ["b", "c", "d", "e"]
    assert found(f"n ge {2**60}L") == ["b"]
    assert found(f"n ge {2**60 + 1}L") == []
    assert found("n eq 9L") == ["d"]
    assert found("n ne 9L") == ["a", "b", "c", "e"]


def test_a_range_with_a_condition_over_pages_finds_every_row(rows: Partition) -> None:
    for start in range(0, 1_200, 100):
        rows.write([Step("insert", f"k{n:04d}", {"n": n % 2}) for n in range(start, start + 100)])

    kept = [row.key for row in rows.range("", "~", where="n lt 1L", limit=550)]
    assert kept == [f"k{n:04d}" for n in range(0, 1_100, 2)]


def test_rows_deleted_under_way_do_not_disturb_the_range(rows: Partition) -> None:
    rows.write([Step("insert", f"k{n}", {}) for n in range(9)])

    for row in rows.range("", "~", limit=3):
        rows.delete(row.key, row.etag)

    assert _keys(rows) == [f"k{n}" for n in range(3, 9)]


def test_a_range_over_pages_finds_every_row(rows: Partition) -> None:
    for start in range(0, 1_200, 100):
        rows.write([Step("insert", f"k{n:04d}", {}) for n in range(start, start + 100)])

    assert _keys(rows) == [f"k{n:04d}" for n in range(1_200)]


@pytest.mark.parametrize("limit", [0, 1, 5, 30])
def test_a_limited_range_costs_one_call(watched: Partition, eye: Eye, limit: int) -> None:
    watched.write([Step("insert", f"k{n:02d}", {}) for n in range(20)])
    eye.calls.clear()
    keys = [row.key for row in watched.range("k", "l", limit=limit)]

    assert keys == [f"k{n:02d}" for n in range(min(limit, 20))]
    assert len(eye.calls) <= 1


@pytest.mark.parametrize("size", [0, 1, 61_440, 61_441, 200_000])
def test_a_blob_in_pieces_comes_back_whole(rows: Partition, size: int) -> None:
    blob = bytes(n % 251 for n in range(size))
    rows.insert("a", spread("b", blob))
    row = rows.get("a")

    assert row
    assert row.blob("b") == blob


def test_a_table_that_is_there_is_opened_with_one_call(azurite: str, eye: Eye) -> None:
    name = f"There{uuid4().hex}"
    service = TableServiceClient.from_connection_string(azurite, transport=eye)
    Tables(lambda: service).partition(name, "p").get("a")
    made, eye.calls = [method for method, _ in eye.calls], []
    Tables(lambda: service).partition(name, "p").get("a")

    assert made == ["GET", "POST", "POST", "GET"]
    assert [method for method, _ in eye.calls] == ["GET", "GET"]


def test_a_table_that_is_gone_is_no_lost_race(opener: Callable[[], TableServiceClient]) -> None:
    """A conflict is tried again for ever; a missing table must be heard of."""
    name = f"Gone{uuid4().hex}"
    partition = Tables(opener).partition(name, "p")
    etag = partition.insert("a", {})
    opener().delete_table(name)

    with pytest.raises(HttpResponseError):
        partition.get("a")
    with pytest.raises(HttpResponseError):
        partition.upsert("a", {})
    with pytest.raises(HttpResponseError):
        partition.insert("a", {})
    with pytest.raises(HttpResponseError):
        partition.write([Step("upsert", "a", {}), Step("upsert", "b", {})])
    with pytest.raises(HttpResponseError):
        partition.replace("a", {}, etag)
    with pytest.raises(HttpResponseError):
        list(partition.range("", "~"))
    # The SDK takes a delete's 404 for done.
    partition.delete("a", etag)


def test_rows_among_others_are_found_near_and_far(rows: Partition) -> None:
    for number in range(40):
        rows.insert(f"a:{number:02d}", {"n": number})
    rows.insert("b:05", {"n": 0})

    near = rows.among("a:", ["03", "05", "04"])
    far = rows.among("a:", ["01", "39", "40"])

    assert {name: row.number("n") for name, row in near.items()} == {"03": 3, "05": 5, "04": 4}
    assert {name: row.number("n") for name, row in far.items()} == {"01": 1, "39": 39}
    assert rows.among("a:", []) == {}
    assert rows.among("c:", ["05"]) == {}


def test_only_what_was_asked_for_is_brought(rows: Partition) -> None:
    rows.insert("a", {"n": 1, "blob": b"x" * 1000})

    (row,) = rows.range("a", "b", only=["n"])

    assert (row.key, row.values) == ("a", {"n": 1})
