"""A team from before the switch, found by its id and connected to a group that was there.

Nobody is moved before the administrator has seen the names on the team's page.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sandbox.clouds import world
from sandbox.demo.pages import People
from sandbox.demo.scenes import Line, create, waited
from sandbox.demo.stage import Stage
from sandbox.microsoft import Group
from sandbox.supervise import Steps
from sandbox.webex import Person, Team
from shared.core.ids import TeamId, one_uuid_inside

PATIENCE = 240.0
# Seconds in which somebody could be moved unseen: two looks.
UNSEEN = 45.0
IN_TEAM, IN_GROUP = slice(20, 24), slice(22, 26)
NAME = "a team from before, connected to a group"


@dataclass(frozen=True)
class Before:
    """What was there: the team with its people, and the group with its members."""

    team: Team
    group: Group
    people: list[Person]
    members: list[Person]


def make(stage: Stage, say: Steps) -> Before:
    """To be called before the switch goes on."""
    people = world.ordinary_people(stage.clouds.webex)
    inside, members = people[IN_TEAM], people[IN_GROUP]
    team = create(stage, inside[0], NAME)
    for person in inside[1:]:
        stage.clouds.webex.add_member(team, person)
    accounts = [_account(person) for person in members]
    with stage.clouds.microsoft.graph.lock:
        group = stage.clouds.tenant.add_group(
            "The crew", "crew", owners=accounts[:1], members=accounts
        )
    say(f"{NAME}: both are there")
    return Before(team, group, inside, members)


def connect(stage: Stage, before: Before, people: People, say: Steps) -> Line:
    """On the pages, in a browser of its own; then what waits is allowed."""
    team, began = before.team, time.monotonic()
    wrong = people.connect(team, f"{before.group.mail_nickname}@{stage.clouds.tenant.domain}")
    teams = stage.services.teams
    if waited(lambda: teams.held(TeamId(team.uuid)) is not None, PATIENCE) is None:
        wrong.append("nothing waits for the administrator")
    time.sleep(UNSEEN)
    if not _is_as_it_was(stage, before):
        wrong.append("somebody was moved unseen")
    alone = [p for p in (*before.people, *before.members) if not _is_in_both(before, p)]
    wrong += people.allow(team, alone, elsewhere=True)
    if waited(lambda: _is_merged(stage, before), PATIENCE) is None:
        wrong.append("not everybody is on both sides")
    took = time.monotonic() - began
    if stage.clouds.tenant.group_by_unique_name(f"webex-team-{team.uuid}") is not None:
        wrong.append("the team has a second group")
    say(f"{NAME}: {'; '.join(wrong) or 'all is right'}")
    size = len(stage.clouds.webex.people_of(team))
    return Line(NAME, wrong, size, count=stage.tally.of(team.uuid), followed=took)


def _account(person: Person) -> str:
    return str(one_uuid_inside(person.external_id))


def _is_in_both(before: Before, person: Person) -> bool:
    return person in before.people and person in before.members


def _is_as_it_was(stage: Stage, before: Before) -> bool:
    return (
        set(before.group.members) == {_account(p) for p in before.members}
        and stage.clouds.webex.people_of(before.team) == before.people
    )


def _is_merged(stage: Stage, before: Before) -> bool:
    everybody = {_account(p) for p in (*before.people, *before.members)}
    in_team = {_account(p) for p in stage.clouds.webex.people_of(before.team)}
    return set(before.group.members) == everybody == in_team
