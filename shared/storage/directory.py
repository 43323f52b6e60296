"""The directory's audit in `Directory`: cursors, what it keeps between its parts, results.

`<kind>:<scope>:<number>` for what is packed; `p:<run>:<order>:<class>:<part>:<last key>.<piece>`
for the people, in pieces of 256; `run:<falling ms>:<id>` for what a run came to.
"""

from __future__ import annotations

import gc
import heapq
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from operator import itemgetter
from typing import Any, cast

from shared.audit.ports import ROWS, Entry, Shards, State
from shared.core.audit import Listed, Outcome, Run, Verdict
from shared.core.audit_codec import LISTS, NUMBER, read_listed, sort_key
from shared.core.model import Versioned
from shared.storage.tables import (
    BLOB_PIECE,
    ENTITY_MAX,
    Partition,
    Row,
    Step,
    Value,
    spread,
)

# One hash's bytes of a row may lie in so many properties: all that a row holds.
_PIECES = ENTITY_MAX // BLOB_PIECE
_A_PIECE = 256
# Pieces of one part that are read together by whoever reads on.
_AHEAD = 16
_ORDERS = {"name": "n", "email": "e"}
# Where an entry has what it is ordered by.
_ORDERED = (("n", 1), ("e", 2))
# Bytes of a key that rows are found by; hexadecimal, so that any text may stand in a key.
_KEY = 24
# What stands behind a key, see `audit.ports.Entry`.
_BEHIND = 17
_AT_ONCE = 100
_BYTES_AT_ONCE = 200_000
_FALLING = 10**13


class DirectoryRows:
    """The ports `Staging` and `Results` over one organization's partition of `Directory`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    # What a run keeps between its parts

    def cursor(self, name: str) -> Versioned[State] | None:
        row = self._rows.get(f"cursor:{name}")
        return Versioned(json.loads(row.blob("state")), row.etag) if row else None

    def move(self, name: str, before: Versioned[State] | None, after: State) -> Versioned[State]:
        values = spread("state", json.dumps(after).encode())
        etag = self._rows.put(f"cursor:{name}", values, before.etag if before else None)
        return Versioned(after, etag)

    def put(self, kind: str, scope: str, number: int, shards: Shards) -> None:
        values: dict[str, Value] = {"rows": len(shards)}
        for shard, blob in shards.items():
            values |= spread(_property(shard), blob)
        self._rows.upsert(f"{kind}:{scope}:{number:07d}", values)
        _tidy()

    def shards(
        self, kind: str, scope: str, wanted: Sequence[int], below: int = ROWS
    ) -> list[list[bytes]]:
        names = [_property(shard) for shard in wanted]
        only = [f"{name}{piece}" for name in names for piece in range(_PIECES)]
        low, high = f"{kind}:{scope}:", f"{kind}:{scope}:{below:07d}"
        found: list[list[bytes]] = [[] for _ in names]
        if below:
            for row in self._rows.range(low, high, only=only):
                for blobs, name in zip(found, names, strict=True):
                    if blob := row.blob(name):
                        blobs.append(blob)
        _tidy()
        return found

    def sweep(self, kind: str, keep: Collection[str], limit: int) -> int:
        """Scopes are compared as texts: rows between those to keep are removed."""
        gone, low = 0, f"{kind}:"
        for scope in [*sorted(keep), ""]:
            high = f"{kind}:{scope}:" if scope else f"{kind};"
            while gone < limit and (rows := self._some(low, high, min(_AT_ONCE, limit - gone))):
                self._rows.write([Step("delete", row.key, {}, row.etag) for row in rows])
                gone += len(rows)
            low = f"{kind}:{scope};"
        return gone

    def _some(self, low: str, high: str, limit: int) -> list[Row]:
        return list(self._rows.range(low, high, limit=limit, only=["rows"])) if low < high else []

    # What runs came to

    def keep(self, run: Run) -> None:
        values = asdict(run) | {"counts": {v.value: n for v, n in run.counts.items()}}
        key = f"run:{_FALLING - run.began:013d}:{run.id}"
        self._rows.upsert(key, {"run": json.dumps(values)})

    def runs(self, limit: int) -> list[Run]:
        found = (_run(row) for row in self._rows.range("run:", "run;", limit=limit))
        return [run for run in found if run]

    def forget(self, keep: int) -> None:
        rows = self._rows.range("run:", "run;", limit=keep + _AT_ONCE, only=["RowKey"])
        old = [Step("delete", row.key, {}, row.etag) for row in rows][keep:]
        if old:
            self._rows.write(old)

    def put_people(self, run: str, part: int, entries: Sequence[Entry]) -> None:
        steps: list[Step] = []
        size = 0
        for key, blob in _pieces(run, part, entries):
            if len(steps) == _AT_ONCE or size + len(blob) > _BYTES_AT_ONCE:
                self._rows.write(steps)
                _tidy()
                steps, size = [], 0
            steps.append(Step("upsert", key, {"rows": 1, **spread("b", blob)}))
            size += len(blob)
        if steps:
            self._rows.write(steps)
            _tidy()

    def people(
        self, run: str, verdict: Verdict, *, by: str, begins: str = "", after: str = ""
    ) -> Iterator[tuple[str, Listed]]:
        """`after` is the mark of somebody: the key in hexadecimal, and the person."""
        wanted = sort_key(begins)
        key, _, person = after.partition(".")
        start = (max(bytes.fromhex(key), wanted), person)
        name = f"p:{run}:{_ORDERS[by]}:{NUMBER[verdict]:02d}"
        runs = [self._sorted(f"{name}:{part:x}", by, start, verdict) for part in range(LISTS)]
        for found, who, listed in heapq.merge(*runs, key=lambda each: each[:2]):
            if not found.startswith(wanted):
                return
            yield f"{found.hex()}.{who}", listed

    def _sorted(
        self, prefix: str, by: str, start: tuple[bytes, str], verdict: Verdict
    ) -> Iterator[tuple[bytes, str, Listed]]:
        """The people of one part behind `start`: one piece first, and more at a time for whoever
        goes on to read all of them."""
        low, high = f"{prefix}:{start[0][:_KEY].hex()}", f"{prefix};"
        size = 1
        while rows := list(self._rows.range(low, high, limit=size)):
            for row in rows:
                for listed in read_listed(row.blob("b"), verdict):
                    key = sort_key(getattr(listed, by))
                    if (key, listed.person) > start:
                        yield key, listed.person, listed
            if len(rows) < size:
                return
            low, size = rows[-1].key + " ", min(2 * size, _AHEAD)


def _tidy() -> None:
    """What the SDK leaves of a request lies in circles, with all the bytes of it, and whoever works
    at a part may have the collector pause. Only what was made since is looked at."""
    gc.collect(0)


def _property(shard: int) -> str:
    return f"s{shard:03d}"


def _pieces(run: str, part: int, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """One part's people: for each order and class in pieces, each by the last key in it."""
    by_class: defaultdict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_class[entry[0]].append(entry)
    for number in sorted(by_class):
        some = by_class[number]
        for order, at in _ORDERED:
            some.sort(key=itemgetter(at))
            prefix = f"p:{run}:{order}:{number:02d}:{part:x}"
            for first in range(0, len(some), _A_PIECE):
                piece = some[first : first + _A_PIECE]
                last = cast("bytes", piece[-1][at])[:-_BEHIND][:_KEY].hex()
                packed = b"".join([each[3] for each in piece])
                yield f"{prefix}:{last}.{first // _A_PIECE:05d}", packed


def _run(row: Row) -> Run | None:
    """None for a row of a version that knows other outcomes. Classes that are not known are left
    out of the counts."""
    try:
        raw: dict[str, Any] = json.loads(row.text("run"))
        counts = {Verdict(v): int(n) for v, n in _known(raw.pop("counts")).items()}
        return Run(**{**raw, "outcome": Outcome(raw["outcome"]), "counts": counts})
    except (ValueError, TypeError, KeyError):
        return None


def _known(counts: Mapping[str, int]) -> dict[str, int]:
    return {v: n for v, n in counts.items() if v in Verdict._value2member_map_}
