"""Many leave at once: the brake holds it, until the administrator allows it on the page."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sandbox.demo import checks
from sandbox.demo.life import LEAVING, SETUP_PATIENCE, leave_team
from sandbox.demo.pages import People
from sandbox.demo.scenes import Line, Scene, play, waited, wrong_in_the_end
from sandbox.demo.stage import Stage
from sandbox.supervise import Steps
from sandbox.webex import Person, Team
from shared.core.held import Held
from shared.core.ids import TeamId

# More than a handful, and more than a quarter of the team: the brake's own defaults.
SIZE, LEAVERS = 30, 10
HELD_PATIENCE = 330.0
ALLOWED_PATIENCE = 120.0
_HELD = f"{LEAVERS} of {SIZE} leave in Webex: it waits"
_ALLOWED = "the same, allowed on the page"


@dataclass(frozen=True)
class Crowd:
    """wrong: what was so before anybody left. left: when they did, by the monotonic clock."""

    team: Team
    leavers: list[Person]
    left: float
    wrong: list[str]


def gather_and_leave(stage: Stage, say: Steps) -> Crowd:
    played = play(stage, Scene(f"a team of {SIZE}", SIZE, 0.2, SETUP_PATIENCE), say)
    team, leavers = played.team, played.people[-LEAVERS:]
    time.sleep(max(0.0, played.started + LEAVING - time.monotonic()))
    for person in leavers:
        leave_team(stage, team, person)
    say(f"{team.name}: {LEAVERS} left at once")
    return Crowd(team, leavers, time.monotonic(), played.line.wrong)


def hold(stage: Stage, crowd: Crowd, say: Steps) -> Line:
    """Until the app has seen it twice, and waits for a person; nobody is removed meanwhile."""
    patience = crowd.left + HELD_PATIENCE - time.monotonic()
    took = waited(lambda: held(stage, crowd.team) is not None, patience)
    wrong = [f"before it: {text}" for text in crowd.wrong]
    waiting = held(stage, crowd.team)
    if waiting is None:
        wrong.append(f"nothing waits after {HELD_PATIENCE:g} s")
    elif len(waiting.changes) != LEAVERS:
        wrong.append(f"{len(waiting.changes)} changes wait instead of {LEAVERS}")
    wrong += untouched(stage, crowd)
    say(f"{_HELD}: {'; '.join(wrong) or 'held'}")
    followed = None if took is None else time.monotonic() - crowd.left
    return Line(_HELD, wrong, SIZE, followed=followed)


def release(stage: Stage, crowd: Crowd, people: People, say: Steps) -> Line:
    """The administrator reads the names and allows it; then they leave the group, and it alone."""
    wrong = untouched(stage, crowd)
    before = stage.tally.of(crowd.team.uuid)
    wrong += people.allow(crowd.team, crowd.leavers)
    say(f"{crowd.team.name}: the administrator pressed Allow")
    took = waited(lambda: checks.is_full(stage, crowd.team), ALLOWED_PATIENCE)
    if took is None:
        wrong.append(f"not done within {ALLOWED_PATIENCE:g} s")
    wrong += wrong_in_the_end(stage, crowd.team)
    count = stage.tally.of(crowd.team.uuid).since(before)
    if count.writes != LEAVERS:
        wrong.append(f"{count.writes} writes instead of {LEAVERS}")
    say(f"{_ALLOWED}: {'; '.join(wrong) or 'done'}")
    return Line(_ALLOWED, wrong, SIZE - LEAVERS, count=count, followed=took)


def held(stage: Stage, team: Team) -> Held | None:
    """What waits, by the app's own record."""
    found = stage.services.teams.held(TeamId(team.uuid))
    return found.value if found else None


def untouched(stage: Stage, crowd: Crowd) -> list[str]:
    """While it waits, everybody who left the team is in the group still."""
    group = checks.group_of(stage, crowd.team)
    members = len(group.members) if group else 0
    return [] if members == SIZE else [f"the group has {members} members while it waits"]
