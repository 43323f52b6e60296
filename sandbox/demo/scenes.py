"""The scenes of the demo. Each says what happens and comes to one line of the table."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.clouds import world
from sandbox.demo import checks
from sandbox.demo.stage import Stage
from sandbox.demo.tally import Count
from sandbox.supervise import Steps
from sandbox.webex import Person, Team

T = TypeVar("T")

_TICK = 0.25


@dataclass(frozen=True)
class Line:
    """One line of the table. Seconds are since the team's creation; None: did not happen.

    followed: since a change on one side, until the other had it.
    """

    what: str
    wrong: list[str]
    people: int = 0
    group: float | None = None
    full: float | None = None
    folder: float | None = None
    count: Count | None = None
    followed: float | None = None


@dataclass(frozen=True)
class Scene:
    """A team of `size` people who join `pause` seconds after one another, in any case."""

    name: str
    size: int
    pause: float
    patience: float
    heard: bool = True
    doubled: bool = False
    problems: bool = False


class Playing(Generic[T]):
    """Something that goes on in a thread of its own; `end` waits for what comes of it."""

    def __init__(self, name: str, act: Callable[[], T]) -> None:
        self._act = act
        self._end: list[T] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._play, name=name, daemon=True)
        self._thread.start()

    def end(self) -> T:
        self._thread.join()
        if self._failure:
            raise self._failure
        return self._end[0]

    def _play(self) -> None:
        try:
            self._end.append(self._act())
        except BaseException as failure:
            self._failure = failure


def playing(stage: Stage, scene: Scene, say: Steps) -> Playing[Line]:
    return Playing(scene.name, lambda: play(stage, scene, say).line)


@dataclass(frozen=True)
class Played:
    """started: when the team was created, by the monotonic clock. people: the creator first."""

    line: Line
    team: Team
    people: list[Person]
    started: float


def play(stage: Stage, scene: Scene, say: Steps) -> Played:
    """From the team's creation until all is right, or patience is at its end."""
    people = cast(stage, scene)
    team = create(stage, people[0], scene.name, heard=scene.heard, doubled=scene.doubled)
    started = time.monotonic()
    say(f"{scene.name}: created")
    arrivals = threading.Thread(target=_arrive, args=(stage, team, people[1:], scene.pause))
    arrivals.start()
    seen: dict[str, float] = {}
    watched: dict[str, Callable[[], bool]] = {
        "group": lambda: checks.group_of(stage, team) is not None,
        "full": lambda: not arrivals.is_alive() and checks.is_full(stage, team),
        "folder": lambda: checks.is_linked(stage, team),
    }
    while len(seen) < len(watched) and time.monotonic() - started < scene.patience:
        for what in [w for w in watched if w not in seen and watched[w]()]:
            seen[what] = time.monotonic() - started
            say(f"{scene.name}: {_TOLD[what]}")
        time.sleep(_TICK)
    arrivals.join()
    wrong = wrong_in_the_end(stage, team)
    if wrong and len(seen) < len(watched):
        wrong.insert(0, f"not done within {scene.patience:g} s")
    say(f"{scene.name}: {'; '.join(wrong) or 'all is right'}")
    line = Line(scene.name, wrong, len(people), **seen, count=stage.tally.of(team.uuid))
    return Played(line, team, people, started)


def waited(until: Callable[[], bool], patience: float) -> float | None:
    """The seconds it took; None: it did not come to be."""
    started = time.monotonic()
    while not until():
        if time.monotonic() - started >= patience:
            return None
        time.sleep(_TICK)
    return time.monotonic() - started


_TOLD = {"group": "the group is there", "full": "everybody is in it", "folder": "folder linked"}


def wrong_in_the_end(stage: Stage, team: Team) -> list[str]:
    """What stays wrong: the app writes its record a moment after the clouds changed."""
    for _ in range(20):
        wrong = checks.what_is_wrong(stage, team)
        if not wrong:
            break
        time.sleep(_TICK)
    return wrong


def cast(stage: Stage, scene: Scene) -> list[Person]:
    """The first is the creator; always the same people for the same scene."""
    rng = random.Random(scene.name)
    people = rng.sample(world.ordinary_people(stage.clouds.webex), scene.size)
    if not scene.problems:
        return people
    names = [*(problem.name for problem in world.PROBLEMS), world.PREFIXED]
    special = [world.person(stage.clouds.webex, name) for name in names]
    others = people[1 : scene.size - len(special)] + special
    rng.shuffle(others)
    return [people[0], *others]


def create(
    stage: Stage, creator: Person, name: str, *, heard: bool = True, doubled: bool = False
) -> Team:
    """`heard`: whether Webex tells of it by webhook; `doubled`: twice."""
    webex = stage.clouds.webex
    with webex.lock:
        webex.switches.org_rooms_webhook = "fires" if heard else "silent"
        webex.switches.duplicate = 1.0 if doubled else 0.0
        team = webex.create_team(creator, name)
        webex.switches.org_rooms_webhook, webex.switches.duplicate = "fires", 0.0
    return team


def _arrive(stage: Stage, team: Team, people: list[Person], pause: float) -> None:
    for person in people:
        time.sleep(pause)
        stage.clouds.webex.add_member(team, person)
