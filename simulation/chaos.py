"""What goes wrong, how often, and how much of it there was.

Every I/O of the product passes `Chaos.through`, whatever it talks to. Each seed draws its own mix:
calm ones, ones where one kind of trouble prevails, and bad ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from simulation.blind import Blind
from simulation.scheduler import Gone, Process, Scheduler

T = TypeVar("T")

# Seconds that a call may take before the product gives it up.
PATIENCE = 9.0
PROVIDERS = ("webex", "graph")


@dataclass(frozen=True)
class Io:
    """One call over an edge. kind: storage, webex, graph, login or queue.

    refused: what is raised where nothing happened; lost: where nobody heard of it (None: the call
    was made once more by a library below us, and `act` is what it met). throttled: what is raised
    where the other side asks for patience, if it can.
    """

    kind: str
    what: str
    writes: bool
    refused: Callable[[], Exception]
    lost: Callable[[], Exception] | None
    throttled: Callable[[float], Exception] | None = None


@dataclass
class Mix:
    """Shares of calls, 0 to 1. unheard: of writes to a provider, whose effect nobody hears of.
    delay: seconds that a call takes on average.
    """

    refused: float = 0.0
    lost: float = 0.0
    throttled: float = 0.0
    slow: float = 0.0
    frozen: float = 0.0
    dies_before: float = 0.0
    dies_after: float = 0.0
    unheard: float = 0.0
    delay: float = 0.08

    @staticmethod
    def drawn(draw: Random) -> Mix:
        """One of a swarm."""
        rate = draw.choice((0.0, 0.005, 0.02, 0.02, 0.08, 0.2))
        deaths = draw.choice((0.0, 0.0, 0.002, 0.01, 0.03))
        parts = [draw.random() ** 2 for _ in range(4)]
        whole = sum(parts) or 1.0
        refused, lost, throttled, slow = (rate * part / whole for part in parts)
        return Mix(
            refused,
            lost,
            throttled,
            slow,
            frozen=draw.choice((0.0, 0.0, 0.002, 0.01)),
            dies_before=deaths * draw.random(),
            dies_after=deaths * draw.random(),
            unheard=draw.choice((0.0, 0.0, 0.1, 0.4)),
            delay=draw.choice((0.01, 0.08, 0.4)),
        )


@dataclass
class Point:
    """One I/O of the run at which the process dies: the `at`-th one that `counts`, from 1.

    seen: how many have counted so far. struck: which one it was.
    """

    at: int
    after: bool
    counts: Callable[[Process, Io], bool] = lambda _process, _io: True
    seen: int = 0
    struck: str = ""

    def strikes(self, process: Process, io: Io) -> bool:
        if not self.counts(process, io):
            return False
        self.seen += 1
        hit = self.seen == self.at
        if hit:
            self.struck = f"{process.name}: {io.kind} {io.what}"
        return hit


@dataclass
class Chaos:
    """counts: how much of each kind has happened. calm: nothing goes wrong any more.
    thawed: when a process was last frozen. blind: reads of people that are wrong."""

    scheduler: Scheduler
    draw: Random
    mix: Mix = field(default_factory=Mix)
    calm: bool = True
    point: Point | None = None
    outages: dict[str, float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    thawed: dict[Process, float] = field(default_factory=dict)
    blind: Blind = field(default_factory=lambda: Blind(Random(0)))
    ios: int = 0

    def through(self, process: Process, io: Io, act: Callable[[], T]) -> T:
        """One call of this process: what the other side did, or what went wrong."""
        if not process.alive:
            raise Gone
        self.ios += 1
        scheduler = self.scheduler
        fate = self._fate(process, io)
        scheduler.sleep(self._delay())
        if fate:
            self.counts[fate] += 1
            scheduler.note(f"{io.kind} {io.what}: {fate}")
        if fate == "dies before":
            process.die()
            raise Gone
        if fate == "frozen":
            scheduler.sleep(self.draw.uniform(20.0, 150.0))
            self.thawed[process] = scheduler.at
        if fate == "slow":
            scheduler.sleep(self.draw.uniform(0.5, PATIENCE))
        if fate == "refused":
            raise io.refused()
        if fate == "throttled" and io.throttled:
            raise io.throttled(self.draw.choice((1.0, 3.0, 7.0, 30.0)))
        answer = act()
        if fate == "dies after":
            process.die()
            raise Gone
        scheduler.sleep(self._delay())
        if fate == "lost":
            if io.lost is None:
                return act()
            raise io.lost()
        return answer

    def shown(self, where: str, there: Sequence[T], name: Callable[[T], str]) -> list[T]:
        """What a read of who is in a team or a group shows of those who are there. where: which
        team or group, name: who somebody is, as `Presence` knows them."""
        if self.calm:
            return list(there)
        shown = self.blind.shown(where, there, self.scheduler.at, name)
        if len(shown) < len(there):
            self.scheduler.note(f"{len(shown)} of {len(there)} people are read of {where}")
        return shown

    def _fate(self, process: Process, io: Io) -> str:
        point = self.point
        if point and point.strikes(process, io):
            return "dies after" if point.after else "dies before"
        if self.outages.get(io.kind, 0.0) > self.scheduler.at:
            return "refused"
        if self.calm:
            return ""
        mix, chance = self.mix, self.draw.random()
        if io.writes and io.kind in PROVIDERS and self.draw.random() < mix.unheard:
            return "lost"
        for fate, share in (
            ("refused", mix.refused),
            ("lost", mix.lost),
            ("throttled", mix.throttled if io.throttled else 0.0),
            ("slow", mix.slow),
            ("frozen", mix.frozen),
            ("dies before", mix.dies_before),
            ("dies after", mix.dies_after),
        ):
            chance -= share
            if chance < 0:
                return fate
        return ""

    def _delay(self) -> float:
        return self.draw.expovariate(1.0) * self.mix.delay / 2
