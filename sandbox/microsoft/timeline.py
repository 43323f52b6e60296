"""What a late reader sees: the present with the newest changes undone; and what changed when.

App-only reads are eventually consistent (devblogs "Designing for eventual consistency for
Microsoft Entra"). Keeping changes instead of copies makes a stale read cost what changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

HORIZON = 3600.0
"""Changes older than this many seconds are forgotten; no reader is that late."""
MEMORY = 8 * 86_400.0
"""How long the journal remembers: longer than any delta token lives."""
_A_LOT = 1000
"""So many entries are forgotten at once, so that writing one costs next to nothing."""


class Roster:
    """An ordered set of object ids that remembers its latest changes.

    Every id has a place, kept when a removal is undone: pages of one moment must fit together.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._places = {object_id: place for place, object_id in enumerate(dict.fromkeys(ids))}
        self._next = len(self._places)
        self._changes: deque[tuple[float, str, bool, int]] = deque()

    def __contains__(self, object_id: str) -> bool:
        return object_id in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, object_id: str, at: float) -> None:
        """Adding somebody present changes nothing."""
        if object_id not in self._places:
            self._places[object_id] = self._next
            self._remember(at, object_id, True, self._next)
            self._next += 1

    def drop(self, object_id: str, at: float) -> None:
        """Raises KeyError for somebody absent."""
        self._remember(at, object_id, False, self._places.pop(object_id))

    def seen(self, moment: float) -> list[str]:
        """As it was at `moment`; changes made at exactly that moment are seen."""
        if not self._changes or self._changes[-1][0] <= moment:
            return list(self._places)
        view, restored = dict(self._places), False
        for at, object_id, added, place in reversed(self._changes):
            if at <= moment:
                break
            if added:
                del view[object_id]
            else:
                view[object_id] = place
                restored = True
        return sorted(view, key=view.__getitem__) if restored else list(view)

    def _remember(self, at: float, object_id: str, added: bool, place: int) -> None:
        while self._changes and self._changes[0][0] < at - HORIZON:
            self._changes.popleft()
        self._changes.append((at, object_id, added, place))


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


@dataclass(frozen=True)
class Change:
    """Something about a group became otherwise.

    what: created, deleted, restored, members, owners, or a field of `state.Profile`. person, added:
    who came into members or owners, or left.
    """

    at: float
    group: str
    what: str
    person: str = ""
    added: bool = False


class Journal:
    """Changes in their order. A position is how many there were before; it never means another one.

    Positions, not times, say what a reader has had: two changes may share a moment.
    """

    def __init__(self, start: int = 0, changes: Iterable[Change] = ()) -> None:
        self.start = start
        """The position of the oldest change that is remembered."""
        self._changes = list(changes)

    @property
    def end(self) -> int:
        return self.start + len(self._changes)

    def write(
        self, at: float, group: str, what: str, person: str = "", added: bool = False
    ) -> None:
        if self._changes:
            # A clock that was set back must not put a change before one already told.
            at = max(at, self._changes[-1].at)
        self._changes.append(Change(at, group, what, person, added))
        if at - self._changes[min(_A_LOT, len(self._changes)) - 1].at > MEMORY:
            self._forget(at - MEMORY)

    def seen(self, moment: float) -> int:
        """The position after everything that a reader at `moment` sees."""
        return self.start + bisect_right(self._changes, moment, key=lambda change: change.at)

    def between(self, start: int, end: int) -> list[Change]:
        return self._changes[max(0, start - self.start) : max(0, end - self.start)]

    def _forget(self, before: float) -> None:
        count = bisect_right(self._changes, before, key=lambda change: change.at)
        del self._changes[:count]
        self.start += count
