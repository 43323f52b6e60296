"""Tables in this process, for a bench of more rows than the emulator takes in reasonable time.

Azurite reads through a whole partition for every row that is asked for: with the rows of ten
thousand teams each request takes tens of milliseconds. All of ours is as ever, the service's limits
and the ETags too; only the SDK and the service behind it are left out.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from bench.counted import CountedPartition
from shared.storage.tables import Operation, Partition, Row, Tables, Value

KEYS = ("PartitionKey", "RowKey")


@dataclass
class Memory:
    """The rows of one partition, and their keys in order."""

    rows: dict[str, Row] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    etags: Iterator[int] = field(default_factory=count)

    def keep(self, key: str, values: dict[str, Value]) -> str:
        if key not in self.rows:
            insort(self.keys, key)
        self.rows[key] = Row(key, values, str(next(self.etags)))
        return self.rows[key].etag

    def forget(self, key: str) -> None:
        del self.rows[key]
        del self.keys[bisect_left(self.keys, key)]


class MemoryPartition(Partition):
    def __init__(self, memory: Memory, key: str) -> None:
        super().__init__(_no_client, key)
        self._memory = memory

    def get(self, key: str) -> Row | None:
        return self._memory.rows.get(key)

    def range(
        self,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        where: str = "",
        only: Sequence[str] = (),
    ) -> Iterator[Row]:
        keys = self._memory.keys
        there = keys[bisect_left(keys, low) : bisect_left(keys, high)]
        rows = (row for row in map(self._memory.rows.__getitem__, there) if _meets(row, where))
        for row in islice(rows, limit):
            shown = {n: row.values[n] for n in only if n in row.values} if only else row.values
            yield Row(row.key, shown, row.etag)

    def _submit(self, operations: Sequence[Operation]) -> list[str]:
        """All or none. Raises what the SDK would."""
        for verb, entity, options in operations:
            self._check(verb, entity["RowKey"], options.get("etag", ""))
        return [self._do(*operation) for operation in operations]

    def _check(self, verb: str, key: str, etag: str) -> None:
        row = self._memory.rows.get(key)
        error: type[HttpResponseError] | None = None
        if verb == "create":
            error = ResourceExistsError if row else None
        elif verb != "upsert" and row is None:
            error = ResourceNotFoundError
        elif row and etag and row.etag != etag:
            error = ResourceModifiedError
        if error:
            raise error(f"{verb} {key}")

    def _do(self, verb: str, entity: dict[str, Any], options: dict[str, Any]) -> str:
        key = _copied(entity["RowKey"])
        if verb == "delete":
            self._memory.forget(key)
            return ""
        values = {n: _plain(v) for n, v in entity.items() if n not in KEYS}
        if options.get("mode") == "merge":
            values = self._memory.rows[key].values | values
        return self._memory.keep(key, values)


class CountedMemory(CountedPartition, MemoryPartition):
    """What would be a request to the service is counted."""

    def __init__(self, memory: Memory, key: str) -> None:
        MemoryPartition.__init__(self, memory, key)


class MemoryTables(Tables):
    def __init__(self) -> None:
        super().__init__(_no_client)
        self._memories: dict[tuple[str, str], Memory] = {}

    def partition(self, table: str, key: str) -> Partition:
        return CountedMemory(self._memories.setdefault((table, key), Memory()), key)


def _meets(row: Row, where: str) -> bool:
    """`<name> lt <number>L`, the only condition that our rows are asked by."""
    if not where:
        return True
    name, verb, bound = where.split()
    assert verb == "lt", where
    return row.number(name) < int(bound.removesuffix("L"))


def _plain(value: Any) -> Value:
    """Numbers go to the service as a pair with their type."""
    plain: Value = _copied(value[0] if isinstance(value, tuple) else value)
    return plain


def _copied(value: Any) -> Any:
    """What is kept here is none of the app's memory: as if it had gone over a wire."""
    return value if isinstance(value, bytes) else json.loads(json.dumps(value))


def _no_client() -> Any:
    raise AssertionError("there is no service behind these tables")
