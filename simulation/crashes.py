"""Every single crash point: a process dies before or after each I/O of six scenarios in turn.

Nothing else goes wrong. What each run comes to is judged like any seed, and how much later it came
to it than the run in which nobody died says how long recovery takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.webex.state import Person
from shared.core.model import Direction
from simulation.chaos import Io, Point
from simulation.hosts import Hosts
from simulation.run import rest
from simulation.scheduler import Process
from simulation.story import GROUP, TEAM, Plot, Saga, Story
from simulation.universe import Firm, Universe
from simulation.verdict import judge

SEED = 1
# Seconds; of a death that the queue's own lease of ten minutes would have to mend, none is left.
RECOVERS = 120.0
# A call of a timer is a crash point so many times.
REPEATED = 2
_DIGITS = re.compile(r"[0-9a-f-]{6,}")


@dataclass(frozen=True)
class Scenario:
    """people: in the team. act: what happens, in a team that has settled unless it is made."""

    name: str
    people: int
    act: Callable[[Story, Firm], None]
    settled: bool = True


@dataclass(frozen=True)
class Crash:
    """One run. at: the I/O at which it died, 0 for none. points: how many there were until the
    look with the last effect was over. took: seconds from the act to the last effect."""

    scenario: str
    at: int
    after: bool
    where: str
    points: int
    took: float
    violations: tuple[str, ...]


def _create(story: Story, firm: Firm) -> None:
    universe, (creator, *others) = story.universe, firm.people
    team = universe.webex.create_team(creator, "Team")
    saga = Saga(firm, team)
    story.sagas.append(saga)
    saga.did(creator, universe.scheduler.at, TEAM, True)
    for person in others:
        universe.webex.add_member(team, person)
        saga.did(person, universe.scheduler.at, TEAM, True)


def _grown(story: Story, firm: Firm, without: int) -> Saga:
    """The team of all but the last ones."""
    kept, firm.people = firm.people, firm.people[: len(firm.people) - without]
    _create(story, firm)
    firm.people = kept
    return story.sagas[-1]


def _last(story: Story) -> tuple[Saga, Person]:
    saga = story.sagas[-1]
    return saga, saga.firm.people[-1]


def _add(story: Story, _: Firm) -> None:
    saga, person = _last(story)
    story.universe.webex.add_member(saga.team, person)
    saga.did(person, story.universe.scheduler.at, TEAM, True)


def _enlist(story: Story, _: Firm) -> None:
    saga, person = _last(story)
    group = story.group_of(saga)
    assert group is not None
    group.add("members", str(person.external_id))
    saga.did(person, story.universe.scheduler.at, GROUP, True)


def _remove(story: Story, firm: Firm) -> None:
    saga, person = story.sagas[-1], firm.people[1]
    story.universe.webex.remove_member(saga.team, person)
    saga.did(person, story.universe.scheduler.at, TEAM, False)


def _release(story: Story, firm: Firm) -> None:
    """So many leave that the brake holds; an administrator allows it as soon as it does."""
    saga = story.sagas[-1]
    for person in firm.people[1:8]:
        story.universe.webex.remove_member(saga.team, person)
        saga.did(person, story.universe.scheduler.at, TEAM, False)


SCENARIOS = (
    Scenario("create 5", 5, _create, settled=False),
    Scenario("create 50", 50, _create, settled=False),
    Scenario("create 500", 500, _create, settled=False),
    Scenario("add", 8, _add),
    Scenario("remove", 8, _remove),
    Scenario("brake released", 12, _release),
)


def crash(scenario: Scenario, at: int, *, after: bool) -> Crash:
    """One run of a scenario at the ports."""
    plot = Plot(1, scenario.people, 1, True, True, 0, 60.0, [Direction.BOTH], False, False, "")
    universe = Universe(SEED, over_ports=True)
    _plain(universe)
    hosts = Hosts(universe, skip_idle=True)
    story = Story(universe, plot, draws_providers=False)
    story.administrator.obliging = True
    story.begin(known=True)
    hosts.start()
    [firm] = universe.firms
    scheduler = universe.scheduler
    scheduler.run(scheduler.at + 60.0)
    if scenario.settled:
        _grown(story, firm, 1 if scenario.act in (_add, _enlist) else 0)
        scheduler.run(scheduler.at + 450.0)
        rest(universe, hosts, story)
    begun = scheduler.at
    point = universe.chaos.point = Point(at, after, _of_interest())
    universe.watcher.ios = lambda: point.seen
    scenario.act(story, firm)
    universe.watcher.last_ios = 0
    scheduler.run(scheduler.at + 5.0)
    rest(universe, hosts, story)
    judge(story)
    universe.close()
    return Crash(
        scenario.name,
        at,
        after,
        point.struck,
        universe.watcher.last_ios,
        universe.watcher.last_effect - begun,
        tuple(map(str, universe.watcher.violations)),
    )


def _of_interest() -> Callable[[Process, Io], bool]:
    """Everything that workers and the webhook do; of the timers each call twice, since their runs
    repeat each other while nothing happens."""
    seen: Counter[tuple[str, str]] = Counter()

    def counts(process: Process, io: Io) -> bool:
        role = process.name.partition("#")[0]
        if role not in ("watch", "chores"):
            return True
        seen[role, _DIGITS.sub("0", io.what)] += 1
        return seen[role, _DIGITS.sub("0", io.what)] <= REPEATED

    return counts


def _plain(universe: Universe) -> None:
    universe.webex.switches.webhook_delay_seconds = (0.2, 0.3)
    universe.microsoft.switches.read_lag_seconds = 0.0
