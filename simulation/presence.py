"""Who was where when, and what a task has seen: what the watcher judges by."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from sandbox.microsoft.timeline import Change as GroupChange
from sandbox.microsoft.timeline import Journal

# The settings about folders: whether any is linked, and whether further spaces have theirs.
FOLDERS = frozenset({"link_folders", "space_folders"})


@dataclass(frozen=True)
class Violation:
    """A promise that was broken: which, when, and by what."""

    promise: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}"


class Presence:
    """When somebody was somewhere. Moments in seconds; what was at the beginning has no moment."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)

    def turn(self, where: str, who: str, at: float, there: bool) -> None:
        self._turns[where, who].append((at, there))

    def was(self, where: str, who: str, there: bool, since: float) -> bool:
        """Whether it was so at any moment since then, up to now."""
        state = False
        for at, now_there in self._turns.get((where, who), ()):
            if at > since and state == there:
                return True
            state = now_there
        return state == there

    def moved(self, where: str, who: str, since: float) -> bool:
        """Whether anybody has put them there or taken them out since then."""
        return any(at > since for at, _ in self._turns.get((where, who), ()))

    def was_away(self, where: str, who: str, low: float, high: float) -> bool:
        """Whether somebody who had been there was not at any moment between these two."""
        away_since: float | None = None
        for at, there in self._turns.get((where, who), ()):
            if there and away_since is not None and away_since <= high and at >= low:
                return True
            away_since = None if there else at if away_since is None else away_since
        return away_since is not None and away_since <= high


class HeardJournal(Journal):
    """A tenant's journal that tells of what is written."""

    def __init__(self, heard: Any) -> None:
        super().__init__()
        self._heard = heard

    def write(
        self, at: float, group: str, what: str, person: str = "", added: bool = False
    ) -> None:
        super().write(at, group, what, person, added)
        self._heard(GroupChange(at, group, what, person, added))


@dataclass
class Begun:
    """What a task of ours has seen so far. on: the switch, as it read it last, and of whom; used:
    whether something was sent since; token: to Microsoft, with which sign-in. folders: which of the
    settings about folders were on, as it read them last. direction: who led when it began. removed,
    unasked: how many people, by team and side, and how many of them nobody had allowed."""

    at: float
    on: bool | None = None
    of: str = ""
    folders: frozenset[str] = FOLDERS
    direction: str = ""
    used: bool = False
    token: str = ""
    removed: Counter[tuple[str, str]] = field(default_factory=Counter)
    unasked: Counter[tuple[str, str]] = field(default_factory=Counter)
