"""Requests to Table Storage, counted."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.storage.tables import Operation, Partition, Step, Tables

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

    def _operation(self, step: Step) -> Operation:
        """What tables in this process keep is none of the app's memory: as if it had gone over a
        wire."""
        operation: Operation = pickle.loads(pickle.dumps(super()._operation(step)))  # noqa: S301 - it is ours
        return operation


class CountedTables(Tables):
    def partition(self, table: str, key: str) -> Partition:
        return CountedPartition(lambda: self._table(table), key)
