"""What ends, and what comes back: teams are archived, deleted or moved to another geography in
Webex, groups are deleted in Microsoft 365 and restored, and for a moment Webex finds no space.

At each effect: no group is deleted by us; nobody is moved where one side has ended, nor unasked
where a group has come back; nothing is called gone that is there. At rest: the side that is left is
as it was, and the page says what has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from sandbox.kit import Fault
from sandbox.microsoft.state import Group
from sandbox.microsoft.timeline import Change
from sandbox.webex.core import Change as WebexChange
from shared.admin import restoring
from shared.core.errors import Failure
from shared.core.ids import PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, REMOVE, WEBEX
from shared.core.model import Status
from shared.core.model import Team as TeamRow
from shared.core.reasons import Refusal
from shared.ports import Conflict
from simulation.administrator import ADMIN, Administrator
from simulation.scheduler import Gone
from simulation.universe import Universe

if TYPE_CHECKING:
    from simulation.story import Saga, Story
    from simulation.universe import Firm

# The shares of seeds in which anything ends, and in which Webex is blind for a moment; of those in
# which something ends, the share in which the group's description is to say so.
SHARE, BLIND, TOLD = 0.12, 0.05, 0.6
KINDS = (
    "team deleted",
    "team archived",
    "team archived",
    "group deleted",
    "group deleted",
    "group deleted",
    "team moved",
    "both deleted",
)
# Seconds after which a deleted group is brought back.
BACK = (45.0, 600.0, 3 * 3600.0, 30 * 3600.0)
# How: with the button of the team's page, in Entra, or not at all.
HOWS = ("page", "page", "page", "entra", "never")
ROUND = 40.0
# Seconds that a look may take, at most.
LOOK = 300.0


@dataclass(eq=False)
class Deletion:
    """Of a group: when, and who was in it. how, back_at: it is brought back, by whom and when.
    restored: when it was, 0 for not; noticed: whether the app knew by then that it was gone. new:
    no look had seen yet who is in the group that was made: what it was made with is still being
    put there."""

    saga: Saga
    group: Group
    at: float
    how: str
    back_at: float
    people: tuple[list[str], list[str]]
    restored: float = 0.0
    noticed: bool = False
    new: bool = False


@dataclass(eq=False)
class Ends:
    """drawn apart from everything else. told: the setting about descriptions. under_way, over: a
    blind moment, and when it was over. gone: when a team was
    deleted; archived: when it was last put into the archive or taken out, and which; deleted:
    groups; all by the team."""

    universe: Universe
    gone: dict[str, float] = field(default_factory=dict)
    archived: dict[str, tuple[float, bool]] = field(default_factory=dict)
    deleted: dict[str, Deletion] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = Random(f"ends {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE
        self.blind = self.draw.random() < BLIND
        self.told = self.drawn and self.draw.random() < TOLD
        self.under_way, self.over = False, 0.0
        # Called gone though they are there; a team that was really deleted is in `gone` alone.
        self._out_of_reach: set[str] = set()
        self.administrator: Administrator | None = None
        watcher = self.universe.watcher
        watcher.on_group.append(self._group_changed)
        watcher.on_line = self._logged
        watcher.on_team.append(self._team_changed)

    def is_gone(self, saga: Saga) -> bool:
        return saga.team.uuid in self.gone

    # What happens

    def begin(self, story: Story, length: float) -> None:
        """One to three ends, each of another team, and a blind moment."""
        spawn = story.universe.scheduler.spawn
        self.administrator = story.administrator
        if self.blind:
            spawn(self._lose_sight, "webex", after=self.draw.uniform(0, length))
        if not self.drawn:
            return
        for _ in range(self.draw.randint(1, 3)):
            kind = self.draw.choice(KINDS)
            spawn(
                lambda kind=kind: self._end(story, kind),  # type: ignore[misc]
                "people",
                after=self.draw.uniform(0, length),
            )
        spawn(self._go_round, "administrator")

    def _end(self, story: Story, kind: str) -> None:
        touched = self.gone.keys() | self.archived.keys() | self.deleted.keys()
        sagas = [s for s in story.sagas if s.team.uuid not in touched]
        if not sagas:
            return
        saga = self.draw.choice(sagas)
        webex, team = self.universe.webex, saga.team
        if kind in ("group deleted", "both deleted"):
            if not self._delete_group(saga, never=kind == "both deleted"):
                return
            if kind == "both deleted":
                self.universe.scheduler.sleep(self.draw.uniform(1.0, 300.0))
        if kind in ("team deleted", "both deleted"):
            self._happened("team deleted", saga)
            # Before: whatever a look reads from now on shows no team.
            self.gone[team.uuid] = self.universe.scheduler.at
            webex.delete_team(team)
        elif kind == "team archived":
            self._archive(saga, on=True)
            if self.draw.random() < 0.4:
                self.universe.scheduler.sleep(self.draw.uniform(30.0, 600.0))
                self._archive(saga, on=False)
        elif kind == "team moved" and self._known(saga):
            self._happened(kind, saga)
            webex.migrate_team(team)

    def _archive(self, saga: Saga, *, on: bool) -> None:
        self._happened("team archived" if on else "team taken out of the archive", saga)
        self.archived[saga.team.uuid] = self.universe.scheduler.at, on
        self.universe.webex.archive_team(saga.team, on=on)

    def _delete_group(self, saga: Saga, *, never: bool) -> bool:
        """One that the app has made and knows, by mistake."""
        universe, team = self.universe, saga.team.uuid
        group, row = universe.watcher.group_of(team), self._known(saga)
        gone = group is None or group.deleted is not None
        if gone or group is None or row is None or row.group_id != group.id:
            return False
        how = "never" if never else self.draw.choice(HOWS)
        if how == "entra" and saga.firm.outdated:
            # Nothing tells the app of it before a day is over: no change is heard of such a group.
            how = "page"
        at = universe.scheduler.at
        back_at = at + self.draw.choice(BACK)
        self._happened("group deleted", saga)
        people = (sorted(group.members), sorted(group.owners))
        new = universe.watcher.looked_at(team) <= row.group_created / 1000
        self.deleted[team] = Deletion(saga, group, at, how, back_at, people, new=new)
        saga.firm.tenant.delete_group(group)
        return True

    def _known(self, saga: Saga) -> TeamRow | None:
        """Its row, where the app has seen it."""
        row = self.universe.truth(saga.firm).teams.read(TeamId(saga.team.uuid))
        return row.value if row else None

    def _lose_sight(self) -> None:
        """Webex answers that it knows no space and no team: a bad moment, shorter than an hour."""
        universe, seconds = self.universe, self.draw.choice((15.0, 90.0, 600.0))
        blind = Fault("error", path="^/v1/(rooms|memberships|teams)", method="GET", status=404)
        universe.scheduler.note(f"Webex finds no space for {seconds:.0f} s")
        universe.chaos.counts["out of sight"] += 1
        universe.out_of_sight = self.under_way = True
        universe.webex.faults.append(blind)
        universe.scheduler.sleep(seconds)
        universe.out_of_sight = False
        universe.webex.faults.remove(blind)
        self.under_way, self.over = False, universe.scheduler.at
        universe.scheduler.note("Webex finds them again")

    def _happened(self, what: str, saga: Saga) -> None:
        self.universe.chaos.counts[what] += 1
        self.universe.scheduler.note(f"{saga.team.name}: {what}")

    # Coming back

    def _go_round(self) -> None:
        while not self.universe.chaos.calm:
            self.bring_back()
            self.universe.scheduler.sleep(ROUND)

    def bring_back(self) -> int:
        """Whatever it is time for; how many buttons were pressed. When the next one is due is told
        to the administrator."""
        pressed, now = 0, self.universe.scheduler.at
        for deletion in [*self.deleted.values()]:
            if deletion.restored or deletion.how == "never":
                continue
            if now < deletion.back_at:
                self._comes_back_at(deletion.back_at)
                continue
            pressed += 1
            if deletion.how == "entra":
                deletion.saga.firm.tenant.restore_group(deletion.group)
            else:
                self._press(deletion)
        return pressed

    def _comes_back_at(self, at: float) -> None:
        who = self.administrator
        if who is not None:
            who.returns_at = min(who.returns_at or at, at)

    def _press(self, deletion: Deletion) -> None:
        """As the team's page does. Who is told that it is not deleted, as the app has not noticed
        yet, presses again later."""
        universe, saga = self.universe, deletion.saga
        office = universe.become(universe.process_of_ours).office(saga.firm.id)
        with suppress(Refusal, Failure, Conflict, AzureError, Gone):
            restoring.restore(office, ADMIN, saga.team.uuid)

    def _came_back(self, deletion: Deletion) -> None:
        universe, saga, group = self.universe, deletion.saga, deletion.group
        row = self._known(saga)
        deletion.restored = universe.scheduler.at
        deletion.noticed = row is not None and bool(row.group_missed_at)
        universe.chaos.counts["group restored"] += 1
        universe.scheduler.note(f"{saga.team.name}: group restored by {deletion.how}")
        if self.administrator is not None:
            self.administrator.decided[saga.team.uuid] = universe.scheduler.at
            self.administrator.holds.returned.add(saga.team.uuid)
        if (sorted(group.members), sorted(group.owners)) != deletion.people:
            self._broken(f"the group of {saga.team.name} came back with other people")

    # At each effect

    def _group_changed(self, firm: Firm, change: Change) -> None:
        group, ours = firm.tenant.groups[change.group], self.universe.watcher.is_ours
        team = self.universe.watcher.team_of(group)
        if change.what == "deleted" and ours:
            self._broken(f"we have deleted the group {group.display_name}")
        elif change.what == "restored" and team in self.deleted:
            self._came_back(self.deleted[team])
        elif ours and change.what in ("members", "owners"):
            who = next((p.uuid for p in firm.people if p.external_id == change.person), "")
            side = MEMBERS if change.what == "members" else ""
            self._judge_move(team, who, side, change.added, change.person)

    def _team_changed(self, change: WebexChange) -> None:
        member, joined = change.member, change.event == "created"
        if self.universe.watcher.is_ours and member is not None:
            account = str(member.person.external_id)
            self._judge_move(change.room.uuid, member.person_uuid, WEBEX, joined, account)

    def _judge_move(self, team: str, who: str, side: str, added: bool, account: str) -> None:
        """We have moved somebody in a team or its group. side: "" for an owner."""
        watcher = self.universe.watcher
        began, gone, deletion = watcher.began(), self.gone.get(team), self.deleted.get(team)
        what = f"{'put in' if added else 'taken out of'} {side or 'owners'} of {team[-6:]}"
        if gone is not None and began > gone:
            self._broken(f"somebody was {what}, whose team was gone")
        if deletion is None:
            return
        if not deletion.restored:
            if began > deletion.at + watcher.lag:
                self._broken(f"somebody was {what}, whose group was deleted")
        elif deletion.noticed and side and began > deletion.restored:
            back = deletion.restored
            key = (team, side, ADD if added else REMOVE, who)
            asked = watcher.allowed.get(key, 0.0) >= back
            # What happened before could be seen, and waits to be allowed.
            moved = watcher.presence.moved(team, who, back)
            moved |= watcher.presence.moved(deletion.group.id, account, back - watcher.lag)
            made_with = added and side == MEMBERS and deletion.new
            if not (asked or moved or made_with or watcher.goes_along(account)):
                self._broken(f"somebody was {what} unasked, whose group had come back")

    def _logged(self, event: str, facts: Mapping[str, object]) -> None:
        if event == "a space has another id" and facts["team"] in self._out_of_reach:
            # Somebody who was known in it came back.
            self._out_of_reach.discard(str(facts["team"]))
            del self.gone[str(facts["team"])]
        if event != "a person is needed":
            return
        team, began = str(facts["team"]), self.universe.watcher.began()
        if facts["reason"] == "team_gone" and team not in self.gone:
            if not self._is_nearly_empty(team):
                self._broken(f"{team[-6:]} is called gone, and is there")
            # It moved, and those who could tell of that have left it: then it is taken for gone.
            self.gone[team] = began
            self._out_of_reach.add(team)
            if (deletion := self.deleted.get(team)) is not None:
                # And nobody looks for its group any more.
                deletion.how = "never"
        if facts["reason"] == "group_gone":
            deletion = self.deleted.get(team)
            # A read from before it came back may have shown that.
            lag = self.universe.watcher.lag + LOOK
            if deletion is None or (deletion.restored and deletion.restored + lag < began):
                self._broken(f"the group of {team[-6:]} is called gone, and is there")

    def _is_nearly_empty(self, team: str) -> bool:
        """Whether but a few are left of the people whom the app knows in it: before it has read
        who is there, that is who made it."""
        world = self.universe.webex.world
        org = world.rooms[team].owner_org
        firm = next(f for f in self.universe.firms if f.org.uuid == org)
        known = {*self.universe.truth(firm).teams.ledger(TeamId(team)).value.baseline}
        known = known or {PersonId(world.rooms[team].creator_uuid)}
        left = sum(m.person.uuid in known for m in world.members(team))
        return 4 * left < len(known)

    def _broken(self, what: str) -> None:
        self.universe.watcher.broken("ends", what)

    # At rest

    def has_ended(self, saga: Saga) -> bool:
        """Whether one side is gone, so that nothing is compared any more."""
        deletion = self.deleted.get(saga.team.uuid)
        return self.is_gone(saga) or (deletion is not None and not deletion.restored)

    def wrong_with(self, saga: Saga, groups: Sequence[Group], row: TeamRow | None) -> Iterator[str]:
        """What is wrong with a team that has ended, or whose group has."""
        deletion = self.deleted.get(saga.team.uuid)
        if len(groups) > 1 or (deletion and [*groups] != [deletion.group]):
            yield f"{len(groups)} groups"
        if row is None or not row.new:
            # Gone before anybody has seen it, or from before the switch went on again.
            if groups and row is None:
                yield "a group, and no row"
            return
        code = "team_gone" if self.is_gone(saga) else "group_gone"
        if (row.status, row.reason) != (Status.NEEDS_PERSON, code):
            yield f"it rests as {row.status.value} {row.reason!r}, not {code!r}"
        if row.held:
            yield "something waits for an administrator"
        if deletion is None and any(group.deleted is not None for group in groups):
            yield "its group was deleted"

    def wrong_archive(self, saga: Saga, row: TeamRow) -> str:
        """What is wrong with what is known of the archive; "" for nothing. It is looked at where
        everything is read."""
        at, on = self.archived.get(saga.team.uuid, (0.0, False))
        # The look that made the group, or found that it was made, has not looked at that.
        looked = row.full_at > max(at * 1000, row.group_created + 3_600_000)
        if self.blind or not looked or row.archived is on:
            return ""
        return f"it is {'' if on else 'not '}archived, and known as {row.archived}"
