"""An administrator connects teams from before the switch: to a new group, or to one that is there.

Whoever presses names a group of people's, another team's, or another tenant's; sometimes two press
at once, or two teams are to have one group. From then on it is a team like any other.

At each effect: nobody is moved on account of what differed, before an administrator has seen it. At
rest: a team has the group that was named for it and no other, and a group is one team's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from sandbox.microsoft.state import Group
from sandbox.microsoft.timeline import Change
from sandbox.webex.core import Change as WebexChange
from sandbox.webex.state import Person, Team
from shared.admin import connecting
from shared.core.errors import Failure
from shared.core.ids import TeamId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX
from shared.core.model import Team as TeamRow
from shared.core.reasons import Refusal
from shared.ports import Conflict
from simulation.administrator import ADMIN
from simulation.scheduler import Gone
from simulation.universe import Firm, Universe
from simulation.watcher import PREFIX, by_name

if TYPE_CHECKING:
    from simulation.story import Saga, Story

# The share of seeds in which a team from before is connected.
SHARE = 0.1
# What is named: nothing, so that there is a new group; a group of people's; another's.
NAMED = ("new", "existing", "existing", "existing", "taken", "elsewhere")
# Answers after which pressing again changes nothing.
FINAL = frozenset({"", "team_connected", "group_taken"})
# Seconds between two tries, and how many of them an unknown group is given.
AGAIN, UNKNOWN = 15.0, 12


@dataclass(eq=False)
class Connecting:
    """drawn apart from everything else. theirs: groups that people had made, by id. asked: since
    when a team is to be connected; named: to which groups, "" for a new one. owned: who owned a
    group before; outsiders: an account in it that is nobody's in Webex. moderated: who was made a
    moderator since a team was to be connected, or none any more. under_way: how many press;
    over: when the last of them had done."""

    universe: Universe
    theirs: dict[str, Group] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    owned: dict[str, set[str]] = field(default_factory=dict)
    outsiders: dict[str, str] = field(default_factory=dict)
    moderated: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.draw = Random(f"connecting {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE
        self.under_way, self.over = 0, 0.0
        if self.drawn:
            watcher = self.universe.watcher
            watcher.connected, watcher.team_of = self.group_of, self.team_of
            watcher.on_group.append(self._group_changed)
            watcher.on_team.append(self._team_changed)
            self.universe.webex.actions.listeners.append(self._moderates)

    # What was there

    def prepare(self, story: Story, firm: Firm, team: Team) -> None:
        """Before the switch: more people in the team from before, another such team, and two groups
        of people's, in which others are as well."""
        if not self.drawn:
            return
        webex, people = self.universe.webex, firm.people
        also = webex.create_team(self.draw.choice(people), "Also from before")
        story.old.append(also)
        for one in (team, also):
            for person in self.draw.sample(people, self.draw.randint(1, len(people) - 1)):
                if person not in webex.people_of(one):
                    webex.add_member(one, person)
        for number in range(2):
            self._put_group(firm, number)

    def _put_group(self, firm: Firm, number: int) -> None:
        inside = self.draw.sample(firm.people, self.draw.randint(1, len(firm.people) - 1))
        accounts = [str(p.external_id) for p in inside]
        outsider = firm.tenant.add_user(f"Outsider {number}").object_id
        named = f"crew{number}"
        group = firm.tenant.add_group(
            f"Crew {number}", named, owners=accounts[:1], members=[*accounts, outsider]
        )
        self.theirs[group.id], self.owned[group.id] = group, {accounts[0]}
        self.outsiders[group.id] = outsider

    # What happens

    def begin(self, story: Story, length: float) -> None:
        """One or two press, each for a team from before; of two, some at the same moment."""
        if not self.drawn:
            return
        firm = self.draw.choice(self.universe.firms)
        teams = [team for team in story.old if team.general.owner_org == firm.org.uuid]
        after = self.draw.uniform(0, length)
        for _ in range(self.draw.randint(1, 2)):
            team = self.draw.choice(teams)
            self.under_way += 1
            act = partial(self._press, story, firm, team, self.draw.choice(NAMED))
            self.universe.scheduler.spawn(act, "administrator", after=after)
            after += self.draw.choice((0.0, 0.1, self.draw.uniform(0, length)))

    def _press(self, story: Story, firm: Firm, team: Team, what: str) -> None:
        """Until it works, or nothing helps any more."""
        scheduler, group = self.universe.scheduler, self._named(story, firm, what)
        if what != "new" and group is None:
            what = "new"
        scheduler.note(f"{team.name}: to be connected to {group.mail_nickname if group else what}")
        self.asked.setdefault(team.uuid, scheduler.at)
        self.named.setdefault(team.uuid, set()).add(group.id if group else "")
        if group is None:
            self.universe.watcher.asked.add(team.uuid)
        else:
            self.universe.watcher.typed.add(group.id)
        unknown = 0
        while (code := self._try(firm, team, group)) not in FINAL:
            unknown += code == "group_unknown"
            if unknown > (0 if what == "elsewhere" else UNKNOWN):
                break
            scheduler.sleep(AGAIN)
        scheduler.note(f"{team.name}: {code or 'connected'}")
        self.universe.chaos.counts[f"connected to {what}" if not code else "not connected"] += 1
        self._take_up(story, firm, team)
        if what in ("taken", "elsewhere") and not code:
            self._broken(f"{team.name} was connected to a group that is {what}")
        self.under_way -= 1
        self.over = scheduler.at

    def _named(self, story: Story, firm: Firm, what: str) -> Group | None:
        if what == "existing":
            return self.draw.choice([g for g in self.theirs.values() if self._is_of(firm, g)])
        groups = [(s.firm is firm, story.group_of(s)) for s in story.sagas]
        of_ours = what == "taken"
        found = [g for own, g in groups if own is of_ours and g and g.id not in self.theirs]
        return self.draw.choice(found) if what in ("taken", "elsewhere") and found else None

    def _is_of(self, firm: Firm, group: Group) -> bool:
        return group.id in firm.tenant.groups

    def _try(self, firm: Firm, team: Team, group: Group | None) -> str:
        """As the pages do: the team is found, and connected. What was answered, "" for done."""
        universe = self.universe
        try:
            office = universe.become(universe.process_of_ours).office(firm.id)
            if team.uuid in universe.webex.world.rooms:
                connecting.find(office, team.general.id)
            office = universe.become(universe.process_of_ours).office(firm.id)
            connecting.connect(office, ADMIN, team.uuid, group.id if group else "")
        except Refusal as refusal:
            return refusal.code
        except (Failure, AzureError, Conflict, Gone) as error:
            return type(error).__name__
        return ""

    def _take_up(self, story: Story, firm: Firm, team: Team) -> None:
        """It is a team like any other from now on, whoever has connected it."""
        row = self._row(team.uuid)
        if row is None or not row.new or any(saga.team is team for saga in story.sagas):
            return
        from simulation.story import GROUP, TEAM, Saga

        saga, group = Saga(firm, team), self.group_of(team.uuid)
        story.sagas.append(saga)
        for person in firm.people:
            if person in self.universe.webex.people_of(team):
                saga.did(person, team.created / 1000, TEAM, True)
            if group is not None and person.external_id in group.members:
                saga.did(person, group.created, GROUP, True)

    # Whose is what

    def group_of(self, team: str) -> Group | None:
        """The group of people's that a team is connected to."""
        row = self._row(team) if team in self.asked else None
        return self.theirs.get(row.group_id or "") if row else None

    def team_of(self, group: Group) -> str:
        if group.id not in self.theirs:
            return by_name(group)
        return next((t for t in self.asked if self.group_of(t) is group), "")

    def groups_of(self, saga: Saga) -> list[Group]:
        """All that were ever made for a team, and the one that it was connected to."""
        team = saga.team.uuid
        mine = [g for g in (self.group_of(team),) if g is not None]
        return mine + saga.firm.tenant.groups_named(PREFIX + team)

    def is_unseen(self, saga: Saga) -> bool:
        """Whether nothing is kept yet of what both were called when it was connected to a group
        that was there."""
        row = self._row(saga.team.uuid)
        return self.group_of(saga.team.uuid) is not None and row is not None and row.names is None

    def owned_before(self, group: Group) -> set[str]:
        """Whoever owned it when it was people's."""
        return self.owned.get(group.id, set())

    def _row(self, team: str) -> TeamRow | None:
        room = self.universe.webex.world.rooms.get(team)
        firms = self.universe.firms
        for firm in [f for f in firms if room is None or f.org.uuid == room.owner_org]:
            if row := self.universe.truth(firm).teams.read(TeamId(team)):
                return row.value
        return None

    # At each effect

    def _group_changed(self, firm: Firm, change: Change) -> None:
        group = self.theirs.get(change.group)
        sides = {"members": MEMBERS, "owners": OWNERS}
        if group is None or not self.universe.watcher.is_ours or change.what not in sides:
            return
        if change.person == self.outsiders[group.id]:
            self._broken(f"{change.person} is nobody in Webex, and was moved in {group.id}")
        who = next((p for p in firm.people if p.external_id == change.person), None)
        if who is not None:
            self._judge(self.team_of(group), group, sides[change.what], who, change.added)

    def _moderates(self, change: WebexChange) -> None:
        member = change.member
        if member is not None and change.event == "updated" and change.room.uuid in self.asked:
            self.moderated.add((change.room.uuid, member.person_uuid))

    def _team_changed(self, change: WebexChange) -> None:
        member, team = change.member, change.room.uuid
        group = self.group_of(team) if self.universe.watcher.is_ours else None
        if group is not None and member is not None:
            self._judge(team, group, WEBEX, member.person, change.event == "created")

    def _judge(self, team: str, group: Group, side: str, who: Person, added: bool) -> None:
        """We have moved somebody where both were there before."""
        watcher = self.universe.watcher
        since = self.asked.get(team, 0.0)
        key = (team, side, ADD if added else REMOVE, who.uuid)
        moved = watcher.presence.moved(team, who.uuid, since)
        moved |= watcher.presence.moved(group.id, str(who.external_id), since - watcher.lag)
        moved |= side == OWNERS and (team, who.uuid) in self.moderated
        if key in watcher.allowed or moved or watcher.goes_along(str(who.external_id)):
            return
        self._broken(f"{who.name} was moved in {side} of {team[-6:]} before anybody had seen it")

    def _broken(self, what: str) -> None:
        self.universe.watcher.broken("connecting", what)

    # At rest

    def wrong(self, story: Story) -> Iterator[str]:
        """What does not hold of groups of people's, and of teams that nobody asked for."""
        for group in self.theirs.values():
            teams = [t for t in self.asked if self.group_of(t) is group]
            if len(teams) > 1:
                yield f"{group.mail_nickname} is the group of {len(teams)} teams"
            if self.outsiders[group.id] not in group.members:
                yield f"an outsider is gone from {group.mail_nickname}"
        for team in story.old:
            row, named = self._row(team.uuid), self.named.get(team.uuid, set())
            if row is None or not row.new:
                continue
            mine = self.group_of(team.uuid)
            if (mine.id if mine else "") not in named:
                what = mine.mail_nickname if mine else "a new group"
                yield f"{team.name} is connected to {what}, and nobody said so"
