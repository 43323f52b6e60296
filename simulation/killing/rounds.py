"""What happens in a round, drawn from a seed: what people do, and where the host dies.

In every round it is killed once and started anew; in some, connections are reset before that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sandbox.microsoft.state import Group
from sandbox.webex import Refused
from sandbox.webex.state import Person
from shared.core.model import Direction
from simulation.killing.case import Administrator, Case, Holds, Plot, Universe
from simulation.killing.ground import Ground
from simulation.killing.hurry import SPEED
from simulation.killing.wire import Trap
from simulation.presence import Violation
from simulation.story import GROUP, TEAM, Saga
from simulation.watcher import PREFIX

BATCH = 10
# Real seconds that a trap is waited for; then the host is killed wherever it is.
PATIENCE = 8.0
# Seconds of the hurried clock: where no team is due within that, no trap is waited for.
IDLE = 900.0
# Seconds of the hurried clock for which nothing may happen once all is at rest: timers run in each.
STILL = 30.0
# More people than Graph takes in one call.
CROWD = 26
Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where the host may die, or lose a connection. act: what leads there, "" for anything; nth: as
    far as into such calls."""

    wire: str
    calls: str
    act: str = ""
    nth: int = 2


PLACES = (
    Place("graph", r"PATCH /v1.0/groups\(", "found"),
    Place("graph", r"GET /v1.0/groups\(", "found"),
    Place("graph", r"(PATCH|POST|DELETE) /v1.0/(groups/|\$batch)", "join", 3),
    Place("graph", r"(PATCH|POST|DELETE) /v1.0/(groups/|\$batch)", "crowd", 3),
    Place("graph", r"(PATCH|POST|DELETE) /v1.0/(groups/|\$batch)", "leave"),
    Place("graph", r"(PATCH|POST|DELETE) /v1.0/(groups/|\$batch)", "moderate"),
    Place("graph", r"GET /v1.0/groups/[^/]+/(members|owners)", nth=3),
    Place("graph", r"GET /v1.0/groups/delta"),
    Place("webex", r"POST /v1/memberships", "enlist"),
    Place("webex", r"DELETE /v1/memberships", "dismiss"),
    Place("webex", r"DELETE /v1/memberships", "dismiss"),
    Place("webex", r"GET /v1/(memberships|rooms)", nth=3),
    Place("webex", r"GET /v1/events"),
    Place("webex", r"POST /v1/room/linkedFolders", "found"),
    Place("table", r"(PUT|POST|PATCH|MERGE|DELETE) \S+/Teams", nth=6),
    Place("table", r"(PUT|POST|PATCH|MERGE|DELETE) \S+/Teams", "found", 6),
    Place("table", r"(PUT|POST|PATCH|MERGE|DELETE) \S+/Organizations", nth=8),
    Place("table", r"(PUT|POST|PATCH|MERGE|DELETE) \S+/Identities", "found"),
    Place("table", r"POST \S+/\$batch", nth=6),
    Place("table", r"POST \S+/\$batch", "found", 6),
    Place("table", r"GET ", nth=12),
    Place("queue", r"POST \S+/nudges/messages"),
    Place("queue", r"DELETE \S+/nudges/messages"),
    Place("queue", r"GET \S+/nudges/messages"),
)


@dataclass(frozen=True)
class Fate:
    """One round's end. act: what is done first. trap: None means at a moment, after so many real
    seconds. resets: calls that are reset before; all_at_once: every open connection as well.
    away: seconds of the hurried clock until the host is started anew."""

    act: str
    kill: Callable[[], None]
    trap: Trap | None
    seconds: float
    resets: tuple[Trap, ...]
    all_at_once: bool
    away: float

    @staticmethod
    def drawn(draw: Random, kill: Callable[[], None]) -> Fate:
        place = draw.choice(PLACES)
        act = place.act or draw.choice(("found", "join", "leave", "enlist", "dismiss"))
        trap = _trap(draw, place)
        trap.strike = kill
        resets: tuple[Trap, ...] = ()
        if draw.random() < 0.35:
            resets = tuple(
                _trap(draw, draw.choice(PLACES), draw.randint(1, 3))
                for _ in range(draw.randint(1, 3))
            )
        return Fate(
            act,
            kill,
            trap if draw.random() < 0.85 else None,
            draw.uniform(0.0, 2.5),
            resets,
            draw.random() < 0.15,
            draw.choice((0.0, 0.0, 0.0, 0.0, 45.0, 200.0, 1500.0, 7000.0)),
        )


def _trap(draw: Random, place: Place, times: int = 1) -> Trap:
    nth = draw.randint(1, place.nth)
    return Trap(place.wire, place.calls, nth, draw.random() < 0.6, times)


@dataclass
class Outcome:
    """rested: real seconds. kills: where, one for each round."""

    violations: list[Violation]
    kills: list[str] = field(default_factory=list)
    resets: int = 0
    rested: float = 0.0


class Rounds:
    """Plays on a ground whose host is up."""

    def __init__(self, ground: Ground, seed: int, say: Say) -> None:
        self.ground, self.seed, self.say = ground, seed, say
        self.sagas: list[Saga] = []
        self.outcome = Outcome(ground.witness.violations)
        self._away = 0.0
        self._deeds: dict[str, Callable[[Saga, Person], str]] = {
            "join": self._join,
            "leave": self._leave,
            "moderate": self._moderate,
            "enlist": self._enlist,
            "dismiss": self._dismiss,
        }

    def play(self, count: int) -> Outcome:
        ground = self.ground
        ground.start_host()
        ground.wait_for_host()
        for number in range(1, count + 1):
            self._round(number, Random(f"killing {self.seed} {number}"))
            if number % BATCH == 0 or number == count:
                self._rest_and_judge()
        return self.outcome

    def _round(self, number: int, draw: Random) -> None:
        ground = self.ground
        fate = Fate.drawn(draw, ground.killing())
        ground.wires.set_traps(*fate.resets, *((fate.trap,) if fate.trap else ()))
        acts = list(self._acts(number, draw, fate.act))
        if fate.all_at_once:
            ground.wires.reset_all()
        where = self._die(fate)
        ground.wires.set_traps()
        ground.bury()
        if fate.away:
            acts.append(f"and while it is away for {fate.away:.0f} s: {self.act(number, draw)}")
            ground.clock.skip(fate.away)
            self._away += fate.away
        ground.start_host()
        took = ground.wait_for_host()
        struck = [what for trap in fate.resets for what in trap.what]
        self.outcome.kills.append(where)
        self.outcome.resets += len(struck)
        resets = f"; reset: {', '.join(struck)}" if struck else ""
        resets += "; every connection reset" if fate.all_at_once else ""
        self.say(
            f"round {number}: {', '.join(acts)}{resets}; killed {where}; up again in {took:.1f} s"
        )

    def _die(self, fate: Fate) -> str:
        trap = fate.trap
        if trap is None:
            time.sleep(fate.seconds)
            fate.kill()
            return f"{fate.seconds:.2f} s on"
        deadline = time.monotonic() + PATIENCE
        while not trap.sprung.wait(0.05):
            if time.monotonic() > deadline or self.ground.pass_time(IDLE):
                fate.kill()
                return f"at some moment, no {trap.wire} {trap.calls} came"
        return trap.what[0]

    # People

    def _acts(self, number: int, draw: Random, first: str) -> Iterator[str]:
        yield self.act(number, draw, first)
        for _ in range(draw.randint(0, 2)):
            time.sleep(draw.uniform(0.0, 0.3))
            yield self.act(number, draw)

    def act(self, number: int, draw: Random, name: str = "") -> str:
        """What somebody does, of this kind or any; in words."""
        name = name or draw.choice(("join", "join", "leave", "enlist", "dismiss", "moderate"))
        if name in ("found", "crowd") or not self.sagas:
            others = CROWD if name == "crowd" else draw.randint(1, 4)
            return self._found(number, draw, others)
        may = [(s, p) for s in self.sagas[-6:] for p in self._those_who(name, s)]
        if not may:
            return f"nobody is there to {name}"
        return self._deeds[name](*draw.choice(may))

    def _those_who(self, name: str, saga: Saga) -> list[Person]:
        """About whom it may be done."""
        webex, everybody = self.ground.clouds.webex, self.ground.firm.people
        there = webex.people_of(saga.team)
        if name in ("leave", "moderate"):
            return [p for p in there if p is not saga.team.creator]
        if name == "join":
            return [p for p in everybody if p not in there]
        with self.ground.clouds.microsoft.graph.lock:
            group = self._group_of(saga)
            members, owners = (group.members, group.owners) if group else ([], [])
        if name == "dismiss":
            return [p for p in everybody if p.external_id in members if p.external_id not in owners]
        return [p for p in everybody if group and p not in there and p.external_id not in members]

    def _found(self, number: int, draw: Random, size: int) -> str:
        creator, *others = draw.sample(self.ground.firm.people, size + 1)
        team = self.ground.clouds.webex.create_team(creator, f"Team {number}")
        saga = Saga(self.ground.firm, team)
        self.sagas.append(saga)
        saga.did(creator, self._moment(), TEAM, True)
        for person in others:
            time.sleep(draw.uniform(0.0, 0.5 / size))
            self._join(saga, person)
        return f"{team.name} is made with {size + 1} people"

    def _moderate(self, saga: Saga, person: Person) -> str:
        webex = self.ground.clouds.webex
        on = person not in webex.moderators_of(saga.team)
        with suppress(Refused):
            webex.set_moderator(saga.team, person, on)
        return f"{person.name} moderates {_number(saga)}{'' if on else ' no more'}"

    def _join(self, saga: Saga, person: Person) -> str:
        with suppress(Refused):
            self.ground.clouds.webex.add_member(saga.team, person)
            saga.did(person, self._moment(), TEAM, True)
        return f"{person.name} joins {_number(saga)}"

    def _leave(self, saga: Saga, person: Person) -> str:
        webex = self.ground.clouds.webex
        with suppress(Refused):
            webex.remove_member(saga.team, person)
            saga.did(person, self._moment(), TEAM, False)
        return f"{person.name} leaves {_number(saga)}"

    def _enlist(self, saga: Saga, person: Person) -> str:
        with self.ground.clouds.microsoft.graph.lock:
            group = self._group_of(saga)
            if group is None or person.external_id in group.members:
                return "nobody is enlisted"
            group.add("members", str(person.external_id))
            saga.did(person, self._moment(), GROUP, True)
        return f"{person.name} is enlisted in {_number(saga)}"

    def _dismiss(self, saga: Saga, person: Person) -> str:
        account = str(person.external_id)
        with self.ground.clouds.microsoft.graph.lock:
            group = self._group_of(saga)
            if group is None or account not in group.members or account in group.owners:
                return "nobody is dismissed"
            group.drop("members", account)
            saga.did(person, self._moment(), GROUP, False)
        return f"{person.name} is dismissed from {_number(saga)}"

    def _moment(self) -> float:
        """When something was done, for the verdict, which leaves alone what was done too close
        together for the app to see it in between. What it slept through gave it no look."""
        return self.ground.clock.now() - self._away

    def _group_of(self, saga: Saga) -> Group | None:
        return self.ground.firm.tenant.group_by_unique_name(PREFIX + saga.team.uuid)

    # The end

    def _rest_and_judge(self) -> None:
        ground, before = self.ground, len(self.outcome.violations)
        letters, allowed = len(ground.letters), ground.allowed
        rested = ground.rest()
        self.outcome.rested += rested
        self.judge_rest(ground.clock.sleep)
        self.judge()
        found = self.outcome.violations[before:]
        self.say(
            f"at rest in {rested:.1f} s: {len(self.sagas)} teams,"
            f" {len(ground.letters) - letters} dead letters replayed,"
            f" {ground.allowed - allowed} changes allowed, {len(found)} violations"
        )
        for letter in ground.letters[letters:]:
            self.say(f"  dead letter {letter}")
        for violation in found:
            self.say(f"  VIOLATION {violation}")

    def judge(self) -> None:
        """Write down what does not hold now."""
        ground, witness = self.ground, self.ground.witness
        Case(
            Universe(
                [ground.firm],
                ground.clouds.webex,
                witness,
                lambda _: ground.truth,
                ground.written,
                ground.secrets,
            ),
            Plot([Direction.BOTH]),
            Administrator(Holds()),
            self.sagas,
            [ground.old],
        ).judge()
        witness.judge_groups(saga.team for saga in self.sagas)

    def judge_rest(self, pause: Callable[[float], None]) -> None:
        """Nothing is done any more, while the timers go on. pause: lets seconds pass."""
        witness = self.ground.witness
        done = witness.ours.copy()
        pause(STILL)
        if more := witness.ours - done:
            witness.broken("I11", f"done after all was at rest: {dict(more)}")


def _number(saga: Saga) -> str:
    return saga.team.name.rpartition(" ")[2]


def play(folder: Path, count: int, seed: int, say: Say) -> tuple[Outcome, Ground]:
    """So many rounds on a new ground, which is closed. folder: for the logs and the clock."""
    begun = time.monotonic()
    with Ground(folder) as ground:
        say(f"the ground stands after {time.monotonic() - begun:.1f} s; time runs x{SPEED:g}")
        outcome = Rounds(ground, seed, say).play(count)
    return outcome, ground
