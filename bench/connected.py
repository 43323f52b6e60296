"""Teams that were connected long ago: in both clouds, and in the rows that the app would have.

All of it is made directly, and nobody is told of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sandbox.microsoft.state import Group
from sandbox.webex.state import Person
from sandbox.webex.state import Team as WebexTeam
from shared.core import times
from shared.core.ids import GroupId, ObjectId, PersonId, TeamId
from shared.core.ledger import Ledger
from shared.core.look import Look
from shared.core.model import Drive, Folder, Member, Status, Team, Versioned
from shared.core.naming import unique_name
from shared.core.people import roster_digest
from shared.ports import Space
from shared.storage.looks import LookRows
from shared.storage.tables import OPERATIONS_MAX, Partition, Step
from shared.storage.tables import Row as TableRow
from shared.storage.teams import TeamRows
from shared.sync.look import full_at
from tests.journeys.stage import Stage

SIZE = 6


@dataclass(frozen=True)
class Connected:
    team: WebexTeam
    group: Group
    people: Sequence[Person]


def make_teams(stage: Stage, count: int, everybody: Sequence[Person]) -> list[Connected]:
    """In both clouds, without telling anybody; each with SIZE of these people."""
    rng = random.Random(count)
    with _silent(stage):
        return [_connected(stage, rng.sample(everybody, SIZE), n) for n in range(count)]


@contextmanager
def _silent(stage: Stage) -> Iterator[None]:
    listeners = list(stage.webex.actions.listeners)
    stage.webex.actions.listeners.clear()
    try:
        yield
    finally:
        stage.webex.actions.listeners.extend(listeners)


def _connected(stage: Stage, people: Sequence[Person], number: int) -> Connected:
    name = f"Team {number}"
    team = stage.team(people[0], people[1:], name)
    objects = [str(p.external_id) for p in people]
    group = stage.tenant.add_group(
        name,
        f"team-{number}-{team.uuid[:8]}",
        owners=objects[:1],
        members=objects,
        unique_name=unique_name(team.uuid),
    )
    return Connected(team, group, people)


def keep_rows(stage: Stage, teams: Sequence[Connected]) -> None:
    """The rows of these teams, by the storage's own words."""
    bulk = Bulk(stage.wiring.tables.partition("Teams", stage.org.uuid), stage.org.uuid)
    rows, looks = TeamRows(bulk), LookRows(bulk)
    rng = random.Random(len(teams))
    now, epoch = stage.services.now(), stage.services.organizations.settings().epoch
    for each in teams:
        team = _row(stage, each, now)
        # Its weekly look is as near as that of any team that has been there for years.
        due = now + round(rng.random() * ((full_at(team) or 0) - now))
        last = now + due - (full_at(team) or 0)
        rows.write(None, replace(team, full_at=last))
        rows.write_ledger(team.uuid, Versioned(Ledger(), ""), _ledger(each))
        rows.remember_group(GroupId(each.group.id), team.uuid, team.space_id)
        rows.remember_space(Space(team.uuid, team.uuid, last))
        look = Look(team.space_id, at=due, ready=due, last=last, seen=last, epoch=epoch)
        looks.write(team.uuid, None, replace(look, sighted=True, low=True))
    bulk.flush()


def _row(stage: Stage, each: Connected, now: int) -> Team:
    long_ago = now - 90 * times.DAY
    creator = PersonId(each.people[0].uuid)
    return Team(
        uuid=TeamId(each.team.uuid),
        space_id=each.team.general.id,
        new=True,
        created=long_ago,
        first_seen=long_ago,
        creator=creator,
        name=each.team.name,
        space_title=each.team.general.title,
        status=Status.COMPLETE,
        settled=True,
        settled_at=long_ago,
        roster_digest=roster_digest(_members(stage, each.team)),
        roster_changed=long_ago,
        roster_size=len(each.people),
        group_id=GroupId(each.group.id),
        group_name=each.group.display_name,
        nickname=each.group.mail_nickname,
        group_created=long_ago,
        any_chunk=True,
        folder=Folder.LINKED,
        drive=Drive(each.group.drive_id, "root", each.group.web_url),
        people_at=None,
        in_group=len(each.people),
        full_at=now,
    )


def _members(stage: Stage, team: WebexTeam) -> list[Member]:
    return [
        Member(
            PersonId(m.person_uuid), m.person.email, m.person.name, "", m.is_moderator, m.created
        )
        for m in stage.webex.world.members(team.uuid)
    ]


def _ledger(each: Connected) -> Ledger:
    owner = frozenset({ObjectId(str(each.people[0].external_id))})
    pairs = {PersonId(p.uuid): ObjectId(str(p.external_id)) for p in each.people}
    return Ledger(baseline=pairs, owners=owner, led=owner)


class Bulk(Partition):
    """Keeps what is written to a new partition, and sends it a hundred rows at a time."""

    def __init__(self, real: Partition, key: str) -> None:
        super().__init__(lambda: None, key)  # type: ignore[arg-type,return-value]
        self._real = real
        self._steps: list[Step] = []

    def get(self, key: str) -> TableRow | None:
        return None

    def write(self, steps: Sequence[Step]) -> list[str]:
        if len(self._steps) + len(steps) > OPERATIONS_MAX:
            self.flush()
        self._steps += steps
        return [""] * len(steps)

    def flush(self) -> None:
        if self._steps:
            self._real.write(self._steps)
        self._steps = []
