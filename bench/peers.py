"""The same job by ours and by three peers, each in a process of its own, over HTTP to slow clouds.

What each figure is: wall, from when everything is imported to the end of the work; CPU and memory,
of the whole process, imports and all. Ours starts as a worker does, and is measured a second time
with another team when it is warm.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from bench import environments
from bench.measure import sample
from bench.table import Chart, Goal, Wide, figure, ratio
from bench.world import Counts, World, environment, serving
from sandbox import installation
from sandbox.storage import ROOT
from sandbox.webex.state import Person, Team

COLD, WARM, SDKS, PLAIN, POLLER = "ours, cold", "ours, warm", "SDKs", "requests", "poller"
PEERS = {SDKS: ("sdks", "sdks"), PLAIN: ("plain", "plain"), POLLER: ("poller", "plain")}
# people, whether everybody's object id is known to all sides already, rounds
CASES = ((5, True, 5), (50, True, 5), (500, True, 5), (5, False, 5), (50, False, 3))
QUICK = ((5, True, 1),)
_LOOKS = 40
_BETWEEN = 10.0  # seconds from one look to the next, skipped
_PEER_SECONDS = 900
_numbers = count(1)
NOTES = (
    "Each contestant is a process; the clouds are another, and take 35 ms a call: 10 for the"
    " request, 25 for each",
    "operation in it, those of a $batch side by side. Wall is without imports and without the"
    " seconds that ours lets",
    "pass on purpose after a team appears. CPU and memory are those of the whole process, imports"
    " among them; the CPU of",
    "ours, warm, is that of the second team alone. No peer is measured warm: what the SDKs load at"
    " their first call is in",
    "their wall. Rows of ours are in Azurite, which is part of its wall. Not counted: tokens, the"
    " tenant's settings,",
    "events. Known: everybody's object id is given to all sides; else External ID is asked of SCIM"
    " for each person. The",
    "poller's wait of 15 s is left out.",
)


@dataclass(frozen=True)
class Run:
    """wall, cpu: seconds. memory: bytes. wrong: what is not as it should be."""

    counts: Counts
    wall: float
    cpu: float
    memory: float
    wrong: str
    errors: tuple[str, ...] = ()


@dataclass
class Worker:
    """Our process; `look` is one message to it."""

    process: subprocess.Popen[str]
    world: World

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def look(self, team: Team, ahead: float = 0.0) -> dict[str, Any]:
        self.world.clock.ahead += ahead
        message = {"organization": installation.ORG, "space": team.general.id, "cause": "webhook"}
        return self.ask({"ahead": ahead, "message": json.dumps(message)})


@contextmanager
def worker(
    world: World, beside: Mapping[str, str] | None = None
) -> Iterator[tuple[Worker, dict[str, Any]]]:
    """Our process, and what it used for its imports. beside: more of its environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.one_worker", str(world.clock.ahead)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(world.settings) | dict(beside or {}),
    )
    here = Worker(process, world)
    try:
        yield here, here.hear()
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def measure(storage: str, *, quick: bool = False) -> Iterator[Wide]:
    """storage: an emulator with no rows in it yet."""
    with serving(storage) as world:
        if not quick:
            yield later(world)
        for each in QUICK if quick else CASES:
            # The SDKs' environment alone takes longer to make than the rest.
            yield case(world, *each, [PLAIN, POLLER] if quick else list(PEERS))


def new_team(world: World, size: int, *, known: bool) -> tuple[Team, list[Person]]:
    people = world.people(size)
    if known:
        world.know(people)
    return world.team(people, f"Team {next(_numbers)}"), people


def ours(world: World, size: int, *, known: bool) -> tuple[Run, Run]:
    """Cold and warm."""
    with worker(world) as (here, _):
        cold = _until_right(here, *new_team(world, size, known=known))
        warm = _until_right(here, *new_team(world, size, known=known))
    return cold, replace(warm, cpu=warm.cpu - cold.cpu)


def _until_right(here: Worker, team: Team, _people: Sequence[Person]) -> Run:
    before, wall, told = here.world.counts(), 0.0, {"cpu": 0.0, "memory": 0}
    for number in range(_LOOKS):
        told = here.look(team, _BETWEEN if number else 0.0)
        wall += told["wall"]
        if not here.world.wrong(team):
            break
    return _run(here.world, team, before, wall, told)


def _run(world: World, team: Team, before: Counts, wall: float, told: Mapping[str, Any]) -> Run:
    counted, errors = world.counts().since(before), tuple(told.get("errors", ()))
    return Run(counted, wall, told["cpu"], told["memory"], world.wrong(team), errors)


def theirs(
    world: World,
    side: str,
    size: int,
    *,
    known: bool,
    attempts: int = 1,
    faults: Callable[[], None] = lambda: None,
) -> Run:
    """A new team by a peer. faults: called when it begins."""
    # What another contestant's team was told of is not this one's.
    world.clock.ahead += 2.0
    since, people = world.clock.now() - 1, world.people(size)
    team = world.team(people, f"Team {next(_numbers)}")
    # Events come out some seconds late.
    world.clock.ahead += 5.0 if side == POLLER else 0.0
    before = world.counts()
    faults()
    told = job(world, side, "new", team, people if known else (), since, attempts)
    return _run(world, team, before, told["wall"], told)


def job(
    world: World,
    side: str,
    what: str,
    team: Team,
    known: Sequence[Person],
    since: float,
    attempts: int = 1,
) -> dict[str, Any]:
    peer, pins = PEERS[side]
    asked = {
        "peer": peer,
        "job": what,
        "room": team.general.id,
        "attempts": attempts,
        "since": since,
        "account": world.account({p.uuid: str(p.external_id) for p in known}),
    }
    done = subprocess.run(
        [str(environments.python(pins)), "-m", "bench.one_peer"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=_PEER_SECONDS,
        env=environment({}),
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def case(world: World, size: int, known: bool, rounds: int, against: Sequence[str]) -> Wide:
    runs: dict[str, list[Run]] = {side: [] for side in (COLD, WARM, *against)}
    for number in range(rounds):
        turns = [COLD, *against]
        first = number % len(turns)
        for side in turns[first:] + turns[:first]:
            if side == COLD:
                cold, warm = ours(world, size, known=known)
                runs[COLD].append(cold)
                runs[WARM].append(warm)
            else:
                runs[side].append(theirs(world, side, size, known=known))
    who = "everybody known" if known else "nobody known yet"
    title = f"A new team of {size} over HTTP, {who} ({_rounds(rounds)})"
    return Wide(
        title,
        HEADS,
        [_line(side, each, runs[COLD]) for side, each in runs.items()],
        NOTES,
        _goals(runs) if size == 500 and known else (),
        _charts(size, runs) if known else (),
        wrong=any(run.wrong for run in runs[COLD] + runs[WARM]),
    )


HEADS = ("", "Graph", "Webex", "writes", "wall", "CPU", "memory", "wall to ours, cold")


def _rounds(rounds: int) -> str:
    return "once" if rounds == 1 else f"{rounds} rounds"


def _line(side: str, runs: Sequence[Run], cold: Sequence[Run]) -> tuple[str, ...]:
    wrong = sorted({run.wrong for run in runs if run.wrong})
    to_ours = ratio(_of(runs, lambda r: r.wall), _of(cold, lambda r: r.wall))
    return (
        f"WRONG ({'; '.join(wrong)}): {side}" if wrong else side,
        figure(_of(runs, lambda r: r.counts.graph), ""),
        figure(_of(runs, lambda r: r.counts.webex), ""),
        figure(_of(runs, lambda r: r.counts.writes), ""),
        figure(_of(runs, lambda r: r.wall), "s"),
        figure(_of(runs, lambda r: r.cpu), "s"),
        figure(_of(runs, lambda r: r.memory / 1e6), "MB"),
        f"{to_ours:.2f}" if to_ours is not None else "-",
    )


def _of(runs: Sequence[Run], value: Callable[[Run], float]) -> Any:
    return sample([value(run) for run in runs])


def _goals(runs: Mapping[str, Sequence[Run]]) -> list[Goal]:
    own, warm, plain = runs[COLD], runs[WARM], runs[PLAIN]
    graph = ratio(_of(own, lambda r: r.counts.graph), _of(plain, lambda r: r.counts.graph)) or 1
    both = ratio(
        _of(own, lambda r: r.counts.graph + r.counts.webex),
        _of(plain, lambda r: r.counts.graph + r.counts.webex),
    )
    wall = [
        ratio(_of(each, lambda r: r.wall), _of(plain, lambda r: r.wall)) for each in (warm, own)
    ]
    assert both and wall[0] and wall[1]
    return [
        Goal(
            "requests to Graph for 500 known people, ours / requests",
            "<= 1/100",
            f"1/{1 / graph:.0f}",
            graph <= 1 / 100,
        ),
        Goal("requests to all providers, the same", "<= 1/40", f"1/{1 / both:.0f}", both <= 1 / 40),
        Goal(
            "wall, the same",
            "<= 1/20",
            f"1/{1 / wall[0]:.1f} warm, 1/{1 / wall[1]:.1f} cold",
            wall[0] <= 1 / 20,
            "a cold worker loads its SDKs while it looks; the rest is Azurite's answers",
        ),
    ]


def _charts(size: int, runs: Mapping[str, Sequence[Run]]) -> list[Chart]:
    if size != 500:
        return []
    bars = [
        (side, [_of(runs[side], lambda r: r.counts.graph + r.counts.webex).median])
        for side in (COLD, SDKS, PLAIN, POLLER)
    ]
    seconds = [(side, [_of(each, lambda r: r.wall).median]) for side, each in runs.items()]
    return [
        Chart(
            "requests-500",
            "HTTP requests for a new team of 500 known people",
            "requests to Graph and Webex",
            ("requests",),
            bars,
            steps=True,
        ),
        Chart(
            "wall-500",
            "Seconds for a new team of 500 known people, clouds of 35 ms a call",
            "seconds",
            ("seconds",),
            seconds,
        ),
    ]


def later(world: World) -> Wide:
    """A team of 50 that has a group: one more person, and then nothing to do."""
    rows: list[tuple[str, ...]] = []
    wrong = False
    for what, joins in (("one person added", True), ("nothing to do", False)):
        for side in (WARM, *PEERS):
            run = _later(world, side, joins=joins)
            line = _line(side, [run], [run])
            rows.append((line[0].replace(side, f"{what}: {side}"), *line[1:-1]))
            wrong = wrong or (side == WARM and bool(run.wrong))
    notes = ("Everybody known. The poller asks for events and nothing else: it never compares.",)
    return Wide("A team of 50 that has its group (once)", HEADS[:-1], rows, notes, wrong=wrong)


def _later(world: World, side: str, *, joins: bool) -> Run:
    team, people = new_team(world, 50, known=True)
    more = world.people(1) if joins else []
    world.know(more)
    if side == WARM:
        return _our_later(world, team, more)
    job(world, SDKS if side == SDKS else PLAIN, "new", team, people, world.clock.now())
    world.clock.ahead += 60.0
    since = world.clock.now()
    for person in more:
        world.clouds.webex.add_member(team, person)
    world.clock.ahead += 5.0
    before = world.counts()
    told = job(world, side, "known", team, [*people, *more], since)
    return _run(world, team, before, told["wall"], told)


def _our_later(world: World, team: Team, more: Sequence[Person]) -> Run:
    with worker(world) as (here, _):
        told: dict[str, Any] = {"cpu": 0.0}
        for number in range(12):
            told = here.look(team, 60.0 if number else 0.0)
        for person in more:
            world.clouds.webex.add_member(team, person)
        before, cpu, wall = world.counts(), told["cpu"], 0.0
        for _ in range(3):
            told = here.look(team, 60.0)
            wall += told["wall"]
            if not world.wrong(team):
                break
        return _run(world, team, before, wall, {**told, "cpu": told["cpu"] - cpu})
