"""Many new teams at once, in virtual time, with both providers' quotas on.

The app runs whole by its public ways in, beside the sandbox's clouds. One worker takes one message
after the other, and waiting is what moves the clock: at a pace that is used up it makes no
difference how many there are.
"""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.table import Chart, Goal, Wide
from sandbox.kit import Call
from sandbox.memory_tables import MemoryTables
from sandbox.webex.state import Person, Team
from tests.journeys.stage import Stage

TEAMS, SIZE, PEOPLE = 2_000, 32, 2_000
QUOTA = 300  # calls of Webex a minute for one account
WRITES, WINDOW = 3_000, 150.0
_WATCH, _CHORES = 10.0, 30.0
_HOURS = 48
NOTES = (
    "All teams appear within a second; their people are known. Webex allows 300 calls a minute for"
    " an account, Graph",
    "3,000 writes in 150 s. Calls take no time of their own. Saturated: from the first minute to"
    " the last in which",
    "teams become complete. Webex calls are all that the compliance officer's account makes, the"
    " reading of events too.",
)


@dataclass
class Outcome:
    """Times in seconds since the teams appeared. fullest: writes in the fullest window."""

    teams: int
    complete: list[float] = field(default_factory=list)
    wrong: str = ""
    webex: Counter[str] = field(default_factory=Counter)
    graph: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    until_complete: int = 0
    writes: int = 0
    fullest: int = 0
    looks: int = 0
    ended: float = 0.0
    took: float = 0.0


def measure(teams: int = TEAMS) -> Wide:
    found = run(teams)
    a_team = found.until_complete / teams
    last = max(found.complete, default=0.0)
    ideal = 6 * teams / QUOTA
    middle = sorted(found.complete)[len(found.complete) // 2] if found.complete else 0.0
    rows = [
        ("Last team complete after", f"{last / 60:.1f} min"),
        ("Half of them complete after", f"{middle / 60:.1f} min"),
        ("Webex calls a team until then", f"{a_team:.2f}"),
        ("Webex calls a minute until then", f"{found.until_complete / max(1.0, last) * 60:.0f}"),
        (
            "Webex calls a team until a quarter of an hour later",
            f"{sum(found.webex.values()) / teams:.2f}",
        ),
        (
            "Graph requests a team until a quarter of an hour later",
            f"{sum(found.graph.values()) / teams:.2f}",
        ),
        ("Directory writes a team", f"{found.writes / teams:.2f}"),
        ("Directory writes in the fullest 150 s", f"{found.fullest:,}"),
        ("Looks a team", f"{found.looks / teams:.2f}"),
        ("429 from Webex, from Graph", f"{found.throttled['webex']}, {found.throttled['graph']}"),
        ("Took", f"{found.took:.0f} s"),
        *((f"Webex: {kind}", f"{n / teams:.2f} a team") for kind, n in found.webex.most_common(7)),
    ]
    if found.wrong:
        rows.insert(0, (f"WRONG ({found.wrong})", ""))
    return Wide(
        f"{teams:,} new teams of {SIZE} people at once, both quotas on, virtual time",
        ("", "measured"),
        rows,
        NOTES,
        _goals(found, a_team, last, ideal),
        [_chart(found)],
        wrong=bool(found.wrong),
    )


def _goals(found: Outcome, a_team: float, last: float, ideal: float) -> list[Goal]:
    what = f"{found.teams:,} new teams of {SIZE}"
    return [
        Goal(
            f"{what}: Webex calls a team while the pace is used up",
            "<= 6",
            f"{a_team:.2f}",
            a_team <= 6 and not found.wrong,
        ),
        Goal(
            f"{what}: all complete",
            f"<= {1.2 * ideal:.0f} min",
            f"{last / 60:.0f} min",
            last / 60 <= 1.2 * ideal and not found.wrong,
        ),
        Goal(
            f"{what}: Graph's write quota",
            f"<= {WRITES:,} in 150 s, no 429",
            f"{found.fullest:,}, {found.throttled['graph']} times 429",
            found.fullest <= WRITES and not found.throttled["graph"],
        ),
    ]


def _chart(found: Outcome) -> Chart:
    """How far it is at each tenth of the time."""
    last = max(found.complete, default=1.0)
    moments = [last * tenth / 10 for tenth in range(1, 11)]
    bars = [
        (f"{moment / 60:.0f} min", [float(sum(at <= moment for at in found.complete))])
        for moment in moments
    ]
    title = f"{found.teams:,} new teams at once: how many have their group complete"
    return Chart("new-teams", title, "teams complete", ("teams",), bars)


def run(teams: int, seed: int = 1) -> Outcome:
    began, found = time.monotonic(), Outcome(teams)
    stage = Stage(MemoryTables(), seed=seed)
    everybody = stage.people(min(PEOPLE, max(SIZE, teams * SIZE // 4)))
    stage.turn_on()
    stage.know(everybody)
    stage.clock.advance(5)
    stage.webex.log.clear()
    stage.microsoft.graph.log.clear()
    crowd = Crowd(stage, found, everybody, teams, seed)
    crowd.run()
    found.took = time.monotonic() - began
    return found


class Crowd:
    def __init__(
        self, stage: Stage, found: Outcome, everybody: Sequence[Person], teams: int, seed: int
    ) -> None:
        self.stage, self.found = stage, found
        self.began = stage.clock.now()
        self._writes: deque[float] = deque()
        self._open = dict(self._teams(random.Random(seed), everybody, teams))
        self._next_watch = self._next_chores = self.began

    def _teams(
        self, rng: random.Random, everybody: Sequence[Person], count: int
    ) -> Iterator[tuple[str, tuple[Team, set[str]]]]:
        for number in range(count):
            people = rng.sample(everybody, SIZE)
            team = self.stage.team(people[0], people[1:], f"Team {number}")
            yield team.uuid, (team, {str(p.external_id) for p in people})

    def run(self) -> None:
        """Until everybody is in, and then until the teams have settled."""
        clock = self.stage.clock
        end = self.began + _HOURS * 3600
        while self._open and clock.now() < end:
            self._pass_on()
        self.found.until_complete = sum(self.found.webex.values())
        quiet = clock.now() + 900
        while clock.now() < quiet:
            self._pass_on()
        self.found.ended = clock.now() - self.began
        self.found.writes = self.stage.tenant.write_count
        self.found.wrong = self._wrong()

    def _pass_on(self) -> None:
        """Whatever the timers and the worker do until the next watch."""
        stage, clock = self.stage, self.stage.clock
        stage.webex.deliver(stage.post)
        if clock.now() >= self._next_watch:
            stage.watch()
            self._next_watch = clock.now() + _WATCH
        if clock.now() >= self._next_chores:
            stage.tidy()
            self._next_chores = clock.now() + _CHORES
        while stage.queue and clock.now() < self._next_watch:
            stage.work(stage.queue.pop(0))
            self.found.looks += 1
            self._note()
        if not stage.queue:
            clock.advance(min(1.0, max(0.05, self._next_watch - clock.now())))
        self._note()

    def _note(self) -> None:
        """Counts what was called, and which groups that completed."""
        stage, found = self.stage, self.found
        for call in stage.webex.log:
            found.webex[_kind(call)] += 1
            found.throttled["webex"] += call.status == 429
        for call in stage.microsoft.graph.log:
            found.throttled["graph"] += call.status == 429
            if not call.inner:
                found.graph[call.method] += 1
            if call.method != "GET" and not call.path.endswith("/$batch"):
                self._wrote(call)
        stage.webex.log.clear()
        stage.microsoft.graph.log.clear()
        stage.microsoft.login.log.clear()

    def _wrote(self, call: Call) -> None:
        self._writes.append(call.at)
        while self._writes[0] < call.at - WINDOW:
            self._writes.popleft()
        self.found.fullest = max(self.found.fullest, len(self._writes))
        self._look_for_complete()

    def _look_for_complete(self) -> None:
        """Only groups that were written since the last time can have become complete."""
        journal = self.stage.tenant.groups
        recent = list(journal)[-50:]
        for key in recent:
            group = journal[key]
            uuid = str(group.unique_name or "").removeprefix("webex-team-")
            wanted = self._open.get(uuid)
            if wanted and set(group.members) == wanted[1]:
                del self._open[uuid]
                self.found.complete.append(self.stage.clock.now() - self.began)

    def _wrong(self) -> str:
        if self._open:
            return f"{len(self._open)} teams without a complete group"
        groups = len(self.stage.tenant.groups)
        return "" if groups == self.found.teams else f"{groups} groups"


def _kind(call: Call) -> str:
    parts = [part for part in call.path.split("/") if part][1:]
    return f"{call.method} {parts[0] if parts else call.path}"
