"""What a late reader sees: the present with the newest changes undone.

App-only reads are eventually consistent (devblogs "Designing for eventual consistency for
Microsoft Entra"). Keeping changes instead of copies makes a stale read cost what changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

HORIZON = 3600.0
"""Changes older than this many seconds are forgotten; no reader is that late."""


class Roster:
    """An ordered set of object ids that remembers its latest changes."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids: dict[str, None] = dict.fromkeys(ids)
        self._changes: deque[tuple[float, str, bool]] = deque()

    def __contains__(self, object_id: str) -> bool:
        return object_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, object_id: str, at: float) -> None:
        self._ids[object_id] = None
        self._remember(at, object_id, True)

    def drop(self, object_id: str, at: float) -> None:
        del self._ids[object_id]
        self._remember(at, object_id, False)

    def seen(self, moment: float) -> list[str]:
        """As it was at `moment`; changes made at exactly that moment are seen."""
        if not self._changes or self._changes[-1][0] <= moment:
            return list(self._ids)
        view = dict(self._ids)
        for at, object_id, added in reversed(self._changes):
            if at <= moment:
                break
            if added:
                view.pop(object_id, None)
            else:
                view[object_id] = None
        return list(view)

    def _remember(self, at: float, object_id: str, added: bool) -> None:
        while self._changes and self._changes[0][0] < at - HORIZON:
            self._changes.popleft()
        self._changes.append((at, object_id, added))


class Versions(Generic[T]):
    """A value that remembers what it was before, and until when."""

    def __init__(self, value: T) -> None:
        self.value = value
        self._past: deque[tuple[float, T]] = deque()

    def set(self, value: T, at: float) -> None:
        while self._past and self._past[0][0] < at - HORIZON:
            self._past.popleft()
        self._past.append((at, self.value))
        self.value = value

    def seen(self, moment: float) -> T:
        """As it was at `moment`."""
        for until, value in self._past:
            if until > moment:
                return value
        return self.value
