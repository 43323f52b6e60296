"""A week of many connected teams in which nobody changes anything: what is read, and its price.

The app runs whole, by its public ways in, beside the sandbox's clouds; time is an argument. What
is left out is said in NOTES. The same is done with a tenth of the teams, so that what grows shows.
"""

from __future__ import annotations

import gc
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from bench.connected import SIZE, keep_rows, make_teams
from bench.counted import CountedPartition, CountedTables
from bench.measure import sample
from bench.table import Goal, Row, Section
from sandbox.kit import Call
from sandbox.memory_tables import MemoryTables
from sandbox.storage import ROOT
from shared.core import times
from tests.journeys.stage import PERMISSIONS, Stage

TEAMS, MANY = 200, 10_000
QUOTA = 300  # calls of Webex a minute for one account
WEEK = 7 * 86_400
HOUR = 3_600
# The timers' own times, and how often they run here but in the one hour that is run in full.
WATCH_EVERY, CHORES_EVERY, COARSE = 10, 30, 60
# Every so many looks one is traced for the memory that it takes: tracing makes all of it slow.
TRACED_LOOKS = 10
_GROUP = re.compile(r"/groups/([0-9a-f-]{36})/members$")
_KINDS = (
    ("Webex events", re.compile(r"^/v1/events$")),
    ("delta pages", re.compile(r"/groups/delta$")),
    ("rooms", re.compile(r"^/v1/rooms/[^/]+$")),
    ("teams", re.compile(r"^/v1/teams/[^/]+$")),
    ("memberships", re.compile(r"^/v1/memberships$")),
    ("members", _GROUP),
    ("owners", re.compile(r"/groups/[0-9a-f-]{36}/owners$")),
    ("groups", re.compile(r"/groups/[0-9a-f-]{36}$")),
)
_OURS = [tracemalloc.Filter(True, str(ROOT / part / "*")) for part in ("shared", "functions")]
NOTES = (
    "A virtual week; teams of six, connected long ago, of as many people as there are teams on",
    "the left, their weekly looks and daily names spread as they come to be. For an hour both",
    "timers run in full; after it the watch runs only when a team is due, at full minutes, and the",
    "chores do not.",
    "Teams, groups and rows are made directly, not by the app. Tables are kept in this process:",
    "the emulator reads a whole partition for every row. Limits, transactions and ETags hold all",
    "the same, and requests are those that the emulator gets (a test compares them). Tokens are",
    "not counted. Memory is that of every tenth look and of each watch of that hour; at times the",
    "stand-ins' own is in it.",
)


@dataclass
class Costs:
    """What the runs of one function came to. calls: by kind.

    Bytes, of those runs that were traced: peaks: the most that each took; kept: the most that our
    code still held after one.
    """

    runs: int = 0
    storage: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    peaks: list[int] = field(default_factory=list)
    kept: int = 0

    def a_run(self, number: float) -> float:
        return number / max(1, self.runs)


@dataclass
class Outcome:
    """hour: of the watch, while it ran in full; all else of the whole week.

    others: calls that are neither of the watch's two sources nor a look's reads. took: seconds.
    """

    teams: int
    hour: Costs = field(default_factory=Costs)
    watch: Costs = field(default_factory=Costs)
    looks: Costs = field(default_factory=Costs)
    chores: Costs = field(default_factory=Costs)
    looked_at: set[str] = field(default_factory=set)
    writes: int = 0
    took: float = 0.0

    @property
    def wrong(self) -> str:
        missed = self.teams - len(self.looked_at)
        said = [f"{self.writes} writes"] if self.writes else []
        said += [f"{missed} teams were not looked at"] if missed else []
        said += [f"{self.others} other calls"] if self.others else []
        return ", ".join(said)

    @property
    def others(self) -> int:
        known = {kind for kind, _ in _KINDS}
        every = self.watch.calls + self.looks.calls
        return sum(count for kind, count in every.items() if kind not in known)


def measure(teams: int = TEAMS) -> Section:
    few, many = sweep(max(1, teams // 10), people=teams), sweep(teams)
    return Section(
        f"A week of {teams} connected teams, nothing changed",
        list(_rows(few, many)),
        NOTES,
        heads=(f"{many.teams} teams", f"{few.teams}", "ratio"),
        goals=[_goal(many)],
    )


def _goal(found: Outcome) -> Goal:
    """For MANY teams: what grows with them, and what does not, by what was counted."""
    looks = _of(found.looks, "rooms", "teams", "memberships") * found.looks.runs / found.teams
    events = found.hour.a_run(found.hour.calls["Webex events"]) * WEEK / WATCH_EVERY
    share = (looks * MANY + events) / (QUOTA * WEEK / 60)
    return Goal(
        f"sweep of {MANY:,} unchanged teams, from {found.teams:,}",
        "0 writes, <= 30 % of the read quota",
        f"{found.writes} writes, {share:.1%} of Webex's calls of a week",
        share <= 0.3 and not found.wrong,
    )


def _rows(few: Outcome, many: Outcome) -> Iterator[Row]:
    wrong = "; ".join(f"of {o.teams}: {o.wrong}" for o in (many, few) if o.wrong)

    def row(what: str, value: Callable[[Outcome], float], unit: str = "", goal: str = "") -> Row:
        shown = [sample([round(value(outcome), 2)]) for outcome in (many, few)]
        return Row(what, shown[0], shown[1], unit, goal, wrong)

    def memory(what: str, peaks: Callable[[Outcome], list[int]]) -> Row:
        shown = [sample([peak / 1024 for peak in peaks(o)] or [0]) for o in (many, few)]
        return Row(what, shown[0], shown[1], "KiB", "ratio 1", wrong)

    yield row("Writes to either cloud", lambda o: o.writes, goal="0")
    yield row("Full looks a team", lambda o: o.looks.calls["memberships"] / o.teams, goal="<= 1.4")
    yield row("Reads of a team's name", lambda o: o.looks.calls["teams"] / o.teams, goal="<= 9")
    yield row("Requests to Webex a look", lambda o: _of(o.looks, "rooms", "teams", "memberships"))
    yield row("Requests to Graph a look", lambda o: _of(o.looks, "members", "owners", "groups"))
    yield row("Requests to Table Storage a look", lambda o: o.looks.a_run(o.looks.storage))
    yield row("Delta pages an hour", lambda o: o.hour.calls["delta pages"], goal="120")
    yield row("Reads of Webex's events an hour", lambda o: o.hour.calls["Webex events"])
    yield row("Requests to Table Storage a watch", lambda o: o.hour.a_run(o.hour.storage))
    yield memory("Memory a look takes", lambda o: o.looks.peaks)
    yield memory("Memory a watch takes", lambda o: o.watch.peaks)
    yield row("Memory a look leaves behind", lambda o: o.looks.kept / 1024, "KiB", "0")
    yield row("Took", lambda o: o.took, "s")


def _of(costs: Costs, *kinds: str) -> float:
    return costs.a_run(sum(costs.calls[kind] for kind in kinds))


def sweep(teams: int, *, people: int = 0, storage: str = "", full: int = HOUR) -> Outcome:
    """people: known in all, at least as many as there are teams. storage: "" for tables in this
    process. full: so many seconds both timers run in full."""
    began = time.monotonic()
    here = Sweep(_stage(storage), Outcome(teams))
    here.settle(max(people, teams, 2 * SIZE))
    # What is there by now is not looked through any more: only what the app leaves behind.
    gc.freeze()
    try:
        here.run_in_full(full)
        here.run_on()
    finally:
        gc.unfreeze()
    here.outcome.took = time.monotonic() - began
    return here.outcome


def _stage(storage: str) -> Stage:
    """Set up as the stage does it itself, but with these tables."""
    stage = Stage(storage or MemoryTables(), configured=False)
    stage.wiring.tables = CountedTables(stage.wiring.open_tables or stage.wiring._open_tables)
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    stage._sign_in()
    return stage


@dataclass
class Sweep:
    stage: Stage
    outcome: Outcome
    end: float = 0.0

    def settle(self, people: int) -> None:
        """Everything is there, the switch is On, and what it woke is awake again."""
        stage = self.stage
        everybody = stage.people(people)
        teams = make_teams(stage, self.outcome.teams, everybody)
        stage.clock.advance(HOUR)
        stage.turn_on(webhook=False)
        # Before there are rows: so it wakes nobody.
        stage.run(120)
        stage.know(everybody)
        keep_rows(stage, teams)
        _empty_logs(stage)
        self.end = stage.clock.now() + WEEK

    def run_in_full(self, seconds: int) -> None:
        for second in range(0, seconds, WATCH_EVERY):
            self._watch(traced=True)
            if second % CHORES_EVERY == 0:
                self._counted(self.outcome.chores, self.stage.tidy)
            self.stage.clock.advance(WATCH_EVERY)
        self.outcome.hour = Costs(
            self.outcome.watch.runs,
            self.outcome.watch.storage,
            Counter(self.outcome.watch.calls),
        )

    def run_on(self) -> None:
        """To the end of the week."""
        clock = self.stage.clock
        while (due := self._next_due()) is not None and due < self.end:
            clock.advance(max(due - clock.now(), WATCH_EVERY))
            clock.advance(-clock.now() % COARSE)
            self._watch(traced=False)

    def _next_due(self) -> float | None:
        first = self.stage.services.looks.due(10**13 - 2, 1)
        return first[0].at / times.SECOND if first else None

    def _watch(self, *, traced: bool) -> None:
        """One run of the watch, and the looks that come of it."""
        looks = self.outcome.looks
        self._counted(self.outcome.watch, self.stage.watch, traced=traced)
        while self.stage.queue:
            message = self.stage.queue.pop(0)
            due = looks.runs % TRACED_LOOKS == 1
            self._counted(looks, partial(self.stage.work, message), traced=due)

    def _counted(self, costs: Costs, act: Callable[[], object], *, traced: bool = False) -> None:
        before = CountedPartition.requests
        if traced:
            _trace(act, costs)
        else:
            act()
        costs.runs += 1
        costs.storage += CountedPartition.requests - before
        for call in _calls(self.stage):
            costs.calls[_kind(call)] += 1
            self.outcome.writes += call.method != "GET"
            found = _GROUP.search(call.path)
            if found:
                self.outcome.looked_at.add(found[1])
        _empty_logs(self.stage)


def _calls(stage: Stage) -> list[Call]:
    """Without those for tokens, and without what an old one came to: the library that keeps
    Microsoft's goes by the machine's time, so it learns of their end by a 401."""
    every = [*stage.webex.log, *stage.microsoft.graph.log]
    return [call for call in every if call.status != 401]


def _kind(call: Call) -> str:
    found = (kind for kind, path in _KINDS if call.method == "GET" and path.search(call.path))
    return next(found, f"{call.method} {call.path}")


def _empty_logs(stage: Stage) -> None:
    """They are the clouds' own, and would grow with every call."""
    for cloud in (stage.webex, stage.microsoft.graph, stage.microsoft.login):
        cloud.log.clear()


def _trace(act: Callable[[], object], costs: Costs) -> None:
    tracemalloc.start()
    try:
        act()
        costs.peaks.append(tracemalloc.get_traced_memory()[1])
        gc.collect()
        kept = tracemalloc.take_snapshot().filter_traces(_OURS)
        costs.kept = max(costs.kept, sum(trace.size for trace in kept.traces))
    finally:
        tracemalloc.stop()
