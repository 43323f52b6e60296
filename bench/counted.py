"""Requests to Table Storage, counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.storage.tables import Partition, Tables

if TYPE_CHECKING:
    from azure.data.tables import TableClient


class CountedPartition(Partition):
    """`requests` is the sum over all partitions, since the process began: one for each time that
    the client is used."""

    requests = 0

    def __init__(self, client: Callable[[], TableClient], key: str) -> None:
        def counted() -> TableClient:
            CountedPartition.requests += 1
            return client()

        super().__init__(counted, key)


class CountedTables(Tables):
    def partition(self, table: str, key: str) -> Partition:
        return CountedPartition(lambda: self._table(table), key)
