"""What is kept of an organization's teams and people, to be removed as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from shared.storage.tables import Partition


class RemainRows:
    """The port `Remains`: the partitions that hold nothing else, in the order they go in."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self._partitions = partitions

    def remove_some(self) -> int:
        return next((gone for rows in self._partitions if (gone := rows.clear())), 0)
