"""Many runs over the cores: seeds, crash points, and what all of it amounts to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TypeVar

from simulation.crashes import SCENARIOS, Crash, crash
from simulation.run import Outcome, play

T = TypeVar("T")
R = TypeVar("R")
# Of so many seeds one is run twice, and must come out the same.
TWICE = 50
# In a mixed run every so manieth seed goes through the HTTP adapters.
HTTP_EVERY = 6
# What a thousand seeds must at least have met, else they were a walk in the park.
FLOORS = {
    "refused": 4000,
    "lost": 1500,
    "slow": 2000,
    "throttled": 150,
    "frozen": 250,
    "dies before": 400,
    "dies after": 350,
    "outage": 150,
    "message failed": 500,
    "conflict": 200,
    "stale read": 200,
    "forged": 700,
    "replayed": 200,
    "doubled": 50,
    "groups": 1000,
    "group added": 500,
    "group removed": 300,
    "webex added": 100,
    "webex removed": 80,
}


@dataclass(frozen=True)
class Seed:
    """One run that is to be made."""

    number: int
    over_ports: bool
    sweep: bool

    @property
    def command(self) -> str:
        """How to see it again."""
        how = "--ports" if self.over_ports else "--http"
        return f"./dev simulate --replay {self.number} {how}{' --sweep' if self.sweep else ''}"


@dataclass
class Sum:
    """What many runs amount to. rested: seconds from the end of the trouble to the last effect."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    ios: int = 0
    rested: list[float] = field(default_factory=list)
    failed: list[tuple[Seed, tuple[str, ...]]] = field(default_factory=list)

    def take(self, seed: Seed, outcome: Outcome) -> None:
        self.runs += 1
        self.counts += outcome.counts
        self.ios += outcome.ios
        self.rested.append(outcome.rested)
        if outcome.violations:
            self.failed.append((seed, tuple(map(str, outcome.violations))))

    def below_floor(self) -> dict[str, tuple[int, int]]:
        """What there was too little of: how much there was, and how much there must be."""
        wanted = {kind: floor * self.runs // 1000 for kind, floor in FLOORS.items()}
        return {k: (self.counts[k], n) for k, n in wanted.items() if self.counts[k] < n}


def mixed(begin: int, count: int) -> Iterator[Seed]:
    """Seeds of both modes, half of them with the weekly look."""
    for number in range(begin, begin + count):
        yield Seed(number, number % HTTP_EVERY != 0, number // HTTP_EVERY % 2 == 0)


def alike(begin: int, count: int, *, over_ports: bool) -> Iterator[Seed]:
    """Seeds of one mode, half of them with the weekly look."""
    for number in range(begin, begin + count):
        yield Seed(number, over_ports, number % 2 == 0)


def run_seeds(
    seeds: Iterable[Seed], jobs: int | None = None, tell: Callable[[Sum], None] = lambda _: None
) -> Sum:
    """Over all cores. tell: called now and then with what there is so far."""
    total = Sum()
    for seed, outcome in _over_cores(_run, list(seeds), jobs):
        total.take(seed, outcome)
        if total.runs % 1000 == 0:
            tell(total)
    return total


def run_crashes(jobs: int | None = None, every: int = 1) -> list[Crash]:
    """The six scenarios with every crash point, and each without one (at 0)."""
    bases = [crash(scenario, 0, after=False) for scenario in SCENARIOS]
    points = [
        (number, at, after)
        for number, base in enumerate(bases)
        for at in range(1, base.points + 1, every)
        for after in (False, True)
    ]
    return bases + list(_over_cores(_crash, points, jobs))


def _crash(point: tuple[int, int, bool]) -> Crash:
    number, at, after = point
    return crash(SCENARIOS[number], at, after=after)


def _run(seed: Seed) -> tuple[Seed, Outcome]:
    outcome = play(seed.number, over_ports=seed.over_ports, sweep=seed.sweep)
    if seed.number % TWICE == 0:
        again = play(seed.number, over_ports=seed.over_ports, sweep=seed.sweep)
        if again.digest != outcome.digest:
            outcome = outcome.broken("determinism", "the same seed went another way")
    return seed, outcome


def _over_cores(act: Callable[[T], R], work: Sequence[T], jobs: int | None) -> Iterator[R]:
    """In the order in which the work was given."""
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(work) < 2:
        yield from map(act, work)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(act, work, chunksize=max(1, min(20, len(work) // (4 * jobs))))
