"""One-time things: spent states, sessions, hand-over links. Each has an end, and is swept after."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shared.admin.ports import OnceRow
from shared.ports import Clock, Conflict
from shared.storage.tables import Partition, Row, Value


class OnceRows:
    """The port `Once` over one organization's partition of `Once`."""

    def __init__(self, rows: Partition, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock

    def spend(self, key: str, expires: int) -> None:
        self._rows.insert(key, {"expires": expires, "state": "{}"})

    def read(self, key: str) -> OnceRow | None:
        row = self._rows.get(key)
        if row is None or self._is_over(row):
            return None
        return OnceRow(json.loads(row.text("state")), row.number("expires"), row.etag)

    def write(
        self, key: str, before: OnceRow | None, state: Mapping[str, object], expires: int
    ) -> None:
        values: dict[str, Value] = {"expires": expires, "state": json.dumps(state)}
        try:
            self._rows.put(key, values, before.etag if before else None)
        except Conflict:
            row = self._rows.get(key)
            if before or row is None or not self._is_over(row):
                raise
            # Expired and not swept yet: to whoever reads, it is not there.
            self._rows.replace(key, values, row.etag)

    def _is_over(self, row: Row) -> bool:
        return row.number("expires") <= self._clock.now() * 1000

    def remove(self, key: str) -> None:
        row = self._rows.get(key)
        if row is None:
            return
        try:
            self._rows.delete(key, row.etag)
        except Conflict:
            # Changed or gone meanwhile; whoever wants it gone wants the new one gone as well.
            self.remove(key)

    def remove_all(self, prefix: str) -> None:
        for row in self._rows.range(prefix, f"{prefix}~"):
            self.remove(row.key)

    def sweep(self, now: int, limit: int) -> int:
        swept = 0
        for row in self._rows.range("", "~", limit=limit, where=f"expires lt {now}L"):
            try:
                self._rows.delete(row.key, row.etag)
            except Conflict:
                continue
            swept += 1
        return swept
