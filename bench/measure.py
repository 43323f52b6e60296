"""Samples, and taking them in turns, so that a busy moment of the machine hits both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Sample:
    """Measured values of one side. A count is a sample whose values should all be equal."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


def sample(values: Sequence[float]) -> Sample:
    return Sample(tuple(values))


def interleaved(
    rounds: int, contestants: Mapping[Key, Callable[[], Value]]
) -> dict[Key, list[Value]]:
    """Every contestant once a round, each round starting with another one.

    One more round goes before, and is thrown away: caches are warm for everybody.
    """
    names = list(contestants)
    results: dict[Key, list[Value]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            value = contestants[name]()
            if number:
                results[name].append(value)
    return results
