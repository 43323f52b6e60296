"""Reads of people that are wrong: they show nobody, or leave somebody out.

A provider's bad moment, not a change. Nobody is left out twice within the time in which two reads
belong together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

T = TypeVar("T")
# Seconds; longer than an absence is remembered.
APART = 3600.0


@dataclass
class Blind:
    """share: of reads that show nobody; of so many others somebody is left out. last: when somebody
    was, by what was read. out: when, by what was read and by person, "" for everybody. empty,
    partial: how many there were."""

    draw: Random
    share: float = 0.0
    last: dict[str, float] = field(default_factory=dict)
    out: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    empty: int = 0
    partial: int = 0

    def shown(
        self, where: str, there: Sequence[T], now: float, name: Callable[[T], str]
    ) -> list[T]:
        """What the read of a team or a group shows. now: seconds. name: who somebody is."""
        if not self.share or not there:
            return list(there)
        roll = self.draw.random()
        if roll < self.share:
            self.empty += 1
            self.out[where, ""].append(now)
            return []
        if roll < 2 * self.share and now - self.last.get(where, 0.0) > APART:
            self.last[where] = now
            self.partial += 1
            out = self.draw.randrange(len(there))
            self.out[where, name(there[out]) if len(there) > 1 else ""].append(now)
            return [*there[:out], *there[out + 1 :]]
        return list(there)

    def was_empty_twice(self, where: str) -> bool:
        """Whether two reads or more have shown nobody."""
        return len(self.out.get((where, ""), ())) > 1

    def left_out(self, where: str, who: str, low: float, high: float) -> bool:
        """Whether a read has left somebody out between these two moments."""
        return any(low <= at <= high for at in self.out.get((where, who), ()))
