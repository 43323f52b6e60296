"""Many runs over the cores: seeds, crash points, and what all of it amounts to."""

from __future__ import annotations

import gc
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TypeVar

from simulation.crashes import SCENARIOS, Crash, crash
from simulation.dense import dense
from simulation.mutants import MUTANTS, Catch, Mutant, Rate, hunt, measure
from simulation.mutants.planting import planted
from simulation.run import Outcome, play

HASHES, SAME = "PYTHONHASHSEED", "0"
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
    "stale read": 100,
    "forged": 700,
    "held": 60,
    "refused by admin": 10,
    "outage alone": 40,
    "delivery lost": 100,
    "token ended": 40,
    "app token ended": 40,
    "sign-in revoked": 40,
    "consent revoked": 40,
    "another leader": 40,
    "version before": 15,
    "empty read": 8,
    "partial read": 8,
    "replayed": 100,
    "doubled": 50,
    "groups": 1000,
    "group added": 500,
    "group removed": 300,
    "webex added": 100,
    "webex removed": 80,
    "team renamed": 150,
    "group renamed": 100,
    "renamed by us": 100,
    "team deleted": 20,
    "team archived": 20,
    "team moved": 8,
    "group deleted": 25,
    "group restored": 12,
    "out of sight": 25,
    "description written": 60,
    "marked": 20,
    "space made": 300,
    "space renamed": 90,
    "space folder made": 230,
    "space folder renamed": 25,
    "space linked": 230,
    "linked by hand": 60,
    "link taken away": 25,
    "folder deleted by people": 12,
    "spaces chosen": 65,
    "linker lost": 20,
    "site away": 8,
    "connected to existing": 28,
    "connected to new": 20,
    "not connected": 14,
}
# What a thousand seeds may at most have come to: asking an administrator for everything, or giving
# everything up, would keep every other promise.
CEILINGS = {"held": 300, "given up": 30, "poison": 100}
# What does not come one by one: an outage of the storage fails a dozen messages at once.
TOGETHER = {"poison": 12}

# What only the ports count.
AT_PORTS_ALONE = frozenset({"stale read"})


@dataclass(frozen=True)
class Seed:
    """One run that is to be made. dense: see `simulation.dense`."""

    number: int
    over_ports: bool
    sweep: bool
    dense: bool = False

    @property
    def command(self) -> str:
        """How to see it again."""
        how = "--ports" if self.over_ports else "--http"
        how += " --sweep" * self.sweep + " --dense" * self.dense
        return f"./dev simulate --replay {self.number} {how}"


@dataclass
class Sum:
    """What many runs amount to. rested, recovered: seconds, as in `Outcome`."""

    runs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    ios: int = 0
    rested: list[float] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    digests: dict[int, int] = field(default_factory=dict)
    failed: list[tuple[Seed, tuple[str, ...]]] = field(default_factory=list)

    def take(self, seed: Seed, outcome: Outcome) -> None:
        self.runs += 1
        self.counts += outcome.counts
        self.ios += outcome.ios
        self.rested.append(outcome.rested)
        if outcome.recovered is not None:
            self.recovered.append(outcome.recovered)
        self.digests[seed.number] = outcome.digest
        if outcome.violations:
            self.failed.append((seed, tuple(map(str, outcome.violations))))

    def below_floor(
        self, *, over_ports: bool = True, share: float = 1.0
    ) -> dict[str, tuple[int, int]]:
        """What there was too little of: how much there was, and how much there must be, but for
        what chance takes from few runs (two standard deviations). share: of the floors."""
        floors = {k: n for k, n in FLOORS.items() if over_ports or k not in AT_PORTS_ALONE}
        expected = {kind: share * n * self.runs / 1000 for kind, n in floors.items()}
        wanted = {kind: int(n - 2 * math.sqrt(n)) for kind, n in expected.items()}
        return {k: (self.counts[k], n) for k, n in wanted.items() if self.counts[k] < n}

    def above_ceiling(self) -> dict[str, tuple[int, int]]:
        """What there was too much of: how much there was, and how much there may be, with what
        chance adds to few runs (four standard deviations)."""
        expected = {kind: n * self.runs / 1000 for kind, n in CEILINGS.items()}
        most = {
            kind: math.ceil(n + 4 * math.sqrt(n * TOGETHER.get(kind, 1)))
            for kind, n in expected.items()
        }
        return {k: (self.counts[k], n) for k, n in most.items() if self.counts[k] > n}


def percentile(numbers: Sequence[float], share: float) -> float:
    """So many percent of them are not above this."""
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


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
    """Over all cores. tell: called now and then, and for each that failed, with what there is so
    far."""
    total = Sum()
    for seed, outcome in _over_cores(_run, list(seeds), jobs):
        total.take(seed, outcome)
        if outcome.violations or total.runs % 1000 == 0:
            tell(total)
    return total


def run_crashes(jobs: int | None = None, only: str = "") -> list[Crash]:
    """The scenarios, each without a death (at 0) first, then with every crash point."""
    names = [s.name for s in SCENARIOS if only in ("", s.name)]
    bases = list(_over_cores(_crash, [(name, 0, False) for name in names], jobs))
    points = [
        (base.scenario, at, after)
        for base in bases
        for at in range(1, base.points + 1)
        for after in (False, True)
    ]
    return bases + list(_over_cores(_crash, points, jobs))


def run_mutants(
    mutants: Sequence[Mutant] = MUTANTS, jobs: int | None = None
) -> Iterator[tuple[Mutant, Catch | None]]:
    """Each with the seed that catches it, and how; None where none of those allowed does."""
    return zip(mutants, _over_cores(_hunt, [m.name for m in mutants], jobs, at_once=1), strict=True)


def run_calibration(seeds: int, jobs: int | None = None) -> Iterator[Rate]:
    """How often each mutant is caught in so many seeds."""
    names = [(m.name, seeds) for m in MUTANTS]
    return _over_cores(_measure, names, jobs, at_once=1)


def _hunt(name: str) -> Catch | None:
    return hunt(_named(name))


def _measure(work: tuple[str, int]) -> Rate:
    name, seeds = work
    return measure(_named(name), seeds)


def _named(name: str) -> Mutant:
    return next(m for m in MUTANTS if m.name == name)


def _collect_seldom() -> None:
    """A run is over before its garbage matters."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _crash(point: tuple[str, int, bool]) -> Crash:
    name, at, after = point
    return crash(next(s for s in SCENARIOS if s.name == name), at, after=after)


def played(seed: Seed, *, keep: bool = False) -> Outcome:
    """keep: with its whole trace."""
    with planted(dense() if seed.dense else []):
        return play(seed.number, over_ports=seed.over_ports, sweep=seed.sweep, keep=keep)


def _run(seed: Seed) -> tuple[Seed, Outcome]:
    outcome = played(seed)
    if seed.number % TWICE == 0:
        again = played(seed)
        if again.digest != outcome.digest:
            outcome = outcome.broken("determinism", "the same seed went another way")
    return seed, outcome


def _over_cores(
    act: Callable[[T], R], work: Sequence[T], jobs: int | None, at_once: int = 20
) -> Iterator[R]:
    """In the order in which the work was given. In processes that all hash alike: the order of a
    set of texts is part of what happens. at_once: at most so much is handed over together."""
    jobs = jobs or os.cpu_count() or 1
    os.environ[HASHES] = SAME
    spawned = get_context("spawn")
    with ProcessPoolExecutor(jobs, spawned, initializer=_collect_seldom) as pool:
        yield from pool.map(act, work, chunksize=max(1, min(at_once, len(work) // (4 * jobs))))
