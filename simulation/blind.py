"""Reads of people that are wrong: they show nobody, or leave somebody out.

A provider's bad moment, not a change. Nobody is left out twice within the time in which two reads
belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

T = TypeVar("T")
# Seconds; longer than an absence is remembered.
APART = 3600.0


@dataclass
class Blind:
    """share: of reads that show nobody; of so many others somebody is left out. last: when somebody
    was, by what was read. empty, partial: how many there were."""

    draw: Random
    share: float = 0.0
    last: dict[str, float] = field(default_factory=dict)
    empty: int = 0
    partial: int = 0

    def shown(self, where: str, there: Sequence[T], now: float) -> list[T]:
        """What the read of a team or a group shows. now: seconds."""
        if not self.share or not there:
            return list(there)
        roll = self.draw.random()
        if roll < self.share:
            self.empty += 1
            return []
        if roll < 2 * self.share and now - self.last.get(where, 0.0) > APART:
            self.last[where] = now
            self.partial += 1
            out = self.draw.randrange(len(there))
            return [*there[:out], *there[out + 1 :]]
        return list(there)
