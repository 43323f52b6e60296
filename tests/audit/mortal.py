"""Tables that kill whoever uses them, at a write of one's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sandbox.memory_tables import MemoryTables, Operation


class Killed(BaseException):
    """The process is gone: nothing of ours catches it."""


class MortalTables(MemoryTables):
    """dies_at: at which write from now on, counted from 1; None for never. when: whether that write
    is still made."""

    def __init__(self) -> None:
        super().__init__()
        self.dies_at: int | None = None
        self.when: Literal["before", "after"] = "before"
        self.count = 0

    def write(self, table: str, operations: Sequence[Operation]) -> list[dict[str, str]]:
        self.count += 1
        if self.count != self.dies_at:
            return super().write(table, operations)
        if self.when == "after":
            super().write(table, operations)
        raise Killed

    def die(self, at: int | None, when: Literal["before", "after"] = "before") -> None:
        self.count, self.dies_at, self.when = 0, at, when
