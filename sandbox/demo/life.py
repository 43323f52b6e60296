"""Life after the beginning: people come, go and moderate on one side, and the other side follows.

Each change has a team of its own, so that the requests it costs can be told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.clouds import world
from sandbox.demo import checks
from sandbox.demo.scenes import Line, Scene, play, waited, wrong_in_the_end
from sandbox.demo.stage import Stage
from sandbox.demo.tally import Count
from sandbox.microsoft import Group
from sandbox.supervise import Steps
from sandbox.webex import Person, Team
from shared.core.ids import one_uuid_inside
from shared.sync.lease import want

SIZE = 5
SETUP_PATIENCE = 180.0
# Seconds after the team's creation. By then nothing else is to be done for it.
QUIET = 90.0
# A team has settled five minutes after it was first seen, and nobody is removed before. Who leaves
# at this time has been missed twice, two minutes apart, by then.
LEAVING = 130.0
_RENAMED = " (renamed)"

Act = Callable[[Stage, Team, Person], None]
Seen = Callable[[Stage, Team, Person], bool]


@dataclass(frozen=True)
class Change:
    """`act` is done by a person on one side, `followed` says whether the other side has it.

    at: seconds after the team's creation; patience: seconds after that. newcomer: who is concerned
    is not in the team before.
    """

    name: str
    act: Act
    followed: Seen
    at: float = QUIET
    patience: float = 120.0
    newcomer: bool = False


def live(stage: Stage, change: Change, say: Steps) -> Line:
    """A team of its own, and then the change."""
    played = play(stage, Scene(change.name, SIZE, 0.5, SETUP_PATIENCE), say)
    if played.line.wrong:
        return Line(change.name, [f"before it: {text}" for text in played.line.wrong], SIZE)
    team = played.team
    person = _newcomer(stage, team) if change.newcomer else played.people[1]
    time.sleep(max(0.0, played.started + change.at - time.monotonic()))
    before = stage.tally.of(team.uuid)
    change.act(stage, team, person)
    say(f"{change.name}: done by a person")
    took = waited(lambda: change.followed(stage, team, person), change.patience)
    wrong = wrong_in_the_end(stage, team)
    count = stage.tally.of(team.uuid).since(before)
    wrong += judge(took, change.patience, count)
    say(f"{change.name}: {'; '.join(wrong) or 'the other side has it'}")
    size = len(stage.clouds.webex.people_of(team))
    return Line(change.name, wrong, size, count=count, followed=took)


def judge(took: float | None, patience: float, count: Count) -> list[str]:
    """What is wrong with how one person's change was followed."""
    wrong = [] if took is not None else [f"not followed within {patience:g} s"]
    if took is not None and count.writes != 1:
        wrong.append(f"{count.writes} writes instead of one")
    return wrong


def _newcomer(stage: Stage, team: Team) -> Person:
    inside = {person.uuid for person in stage.clouds.webex.people_of(team)}
    others = [p for p in world.ordinary_people(stage.clouds.webex) if p.uuid not in inside]
    return random.Random(team.name).choice(others)


# What people do, and how it shows on the other side.


def join_team(stage: Stage, team: Team, person: Person) -> None:
    stage.clouds.webex.add_member(team, person)


def leave_team(stage: Stage, team: Team, person: Person) -> None:
    stage.clouds.webex.remove_member(team, person, actor=person)


def moderate(stage: Stage, team: Team, person: Person) -> None:
    stage.clouds.webex.set_moderator(team, person, True)


def enlist(stage: Stage, team: Team, person: Person) -> None:
    """An administrator adds somebody to the group."""
    with stage.clouds.microsoft.graph.lock:
        _group(stage, team).add("members", _object_id(person))


def strike(stage: Stage, team: Team, person: Person) -> None:
    """An administrator takes somebody out of the group."""
    with stage.clouds.microsoft.graph.lock:
        _group(stage, team).drop("members", _object_id(person))


def rename_team(stage: Stage, team: Team, person: Person) -> None:
    """Webex tells nobody: the administrator presses Retry rather than wait for a day."""
    stage.clouds.webex.rename_team(team, team.name + _RENAMED)
    want(stage.services, team.uuid, team.general.id, whole=True)


def is_renamed(stage: Stage, team: Team, person: Person) -> bool:
    name = _group(stage, team).display_name
    return name == team.name and name.endswith(_RENAMED)


def in_group(stage: Stage, team: Team, person: Person) -> bool:
    return _object_id(person) in _group(stage, team).members


def owns_group(stage: Stage, team: Team, person: Person) -> bool:
    return _object_id(person) in _group(stage, team).owners


def in_team(stage: Stage, team: Team, person: Person) -> bool:
    return person in stage.clouds.webex.people_of(team)


def not_in_team(stage: Stage, team: Team, person: Person) -> bool:
    return not in_team(stage, team, person)


def _group(stage: Stage, team: Team) -> Group:
    group = checks.group_of(stage, team)
    assert group is not None, f"{team.name} has no group"
    return group


def _object_id(person: Person) -> str:
    found = one_uuid_inside(person.external_id)
    assert found is not None, f"{person.name} has no object id"
    return found


CHANGES = (
    Change("a person joins in Webex", join_team, in_group, newcomer=True),
    Change("a person is added in Microsoft 365", enlist, in_team, newcomer=True),
    Change("a person becomes a moderator in Webex", moderate, owns_group),
    Change("a team is renamed in Webex", rename_team, is_renamed),
    Change("a person is removed in Microsoft 365", strike, not_in_team, at=LEAVING, patience=720.0),
)
