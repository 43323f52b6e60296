"""Who changed what, when, from what to what. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Callable

from shared.admin.ports import Change
from shared.storage.tables import Partition, Row

# Keys that get smaller with time, so that the newest come first.
_END = 10**13
_TEXT = 1000


class AuditRows:
    """The port `Audit` over one organization's partition of `Audit`."""

    def __init__(self, rows: Partition, new_id: Callable[[], str]) -> None:
        self._rows = rows
        self._new_id = new_id

    def add(self, change: Change) -> None:
        key = f"{_END - change.at:013d}:{self._new_id()}"
        self._rows.insert(
            key,
            {
                "at": change.at,
                "who": change.who[:_TEXT],
                "what": change.what,
                "before": change.before[:_TEXT],
                "after": change.after[:_TEXT],
                "person": change.person[:_TEXT],
            },
        )

    def latest(self, limit: int, after: str = "") -> list[Change]:
        # A space comes right behind the key itself.
        low = f"{after} " if after else "0"
        return [_change(row) for row in self._rows.range(low, ":", limit=limit)]

    def between(self, since: int, until: int) -> list[Change]:
        low, high = f"{_END - until + 1:013d}", f"{_END - since + 1:013d}"
        return [_change(row) for row in self._rows.range(low, high)][::-1]

    def oldest(self) -> int | None:
        """Reads all keys: to be asked once."""
        found = None
        for row in self._rows.range("0", ":", only=("at",)):
            found = row.number("at")
        return found


def _change(row: Row) -> Change:
    return Change(
        row.number("at"),
        row.text("who"),
        row.text("what"),
        row.text("before"),
        row.text("after"),
        row.text("person"),
        row.key,
    )
