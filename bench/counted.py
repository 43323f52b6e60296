"""Requests to Table Storage, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.storage.tables import Operation, Partition, Row, Tables


class CountedPartition(Partition):
    """`requests` is the sum over all partitions, since the process began."""

    requests = 0

    def get(self, key: str) -> Row | None:
        CountedPartition.requests += 1
        return super().get(key)

    def range(
        self,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        where: str = "",
        only: Sequence[str] = (),
    ) -> Iterator[Row]:
        CountedPartition.requests += 1
        return super().range(low, high, limit=limit, where=where, only=only)

    def _submit(self, operations: Sequence[Operation]) -> list[str]:
        CountedPartition.requests += 1
        return super()._submit(operations)


class CountedTables(Tables):
    def partition(self, table: str, key: str) -> Partition:
        return CountedPartition(lambda: self._table(table), key)
