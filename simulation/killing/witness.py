"""Who moved whom, as both clouds tell it: what may not happen even for a moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox.microsoft.state import Group, Tenant
from sandbox.microsoft.timeline import Change as GroupChange
from sandbox.webex import Organization, WebexCloud
from sandbox.webex.core import Change as WebexChange
from sandbox.webex.state import Team
from shared.core import times
from shared.ports import Clock
from simulation.presence import HeardJournal, Presence, Violation
from simulation.watcher import APART, PREFIX, REMEMBERED, SETTLES, SLACK

# A look that was decided on earlier than this has lost its lease, and may write no more.
RECENTLY = 3 * times.LEASE / times.SECOND


class Witness:
    """Whatever this thread changes in the clouds, people do; everything else is the app's doing.

    renamed: how often it has renamed a team's group. asked, late: as in `simulation.watcher`;
    processes die here, and none stands still.
    """

    def __init__(self, clock: Clock, webex: WebexCloud, org: Organization, tenant: Tenant) -> None:
        self.violations: list[Violation] = []
        self.ours: Counter[str] = Counter()
        self.renamed: Counter[str] = Counter()
        self.asked: frozenset[str] = frozenset()
        self.late: frozenset[tuple[str, str]] = frozenset()
        self.last_change = clock.now()
        self._clock, self._webex, self._tenant = clock, webex, tenant
        self._people = threading.get_ident()
        self._lock = threading.Lock()
        self._presence = Presence()
        self._team_of: dict[str, str] = {}
        self._group_of: dict[str, str] = {}
        persons = webex.world.people_of_org[org.uuid]
        self._account_of = {p.uuid: str(p.external_id) for p in persons}
        self._person_of = {str(p.external_id): p.uuid for p in persons}
        self._name_of = {p.uuid: p.name for p in persons}
        webex.actions.listeners.append(self._webex_changed)
        tenant.journal = HeardJournal(self._group_changed)

    def broken(self, promise: str, what: str) -> None:
        """Once; the same is found again at every later rest."""
        if not any((v.promise, v.what) == (promise, what) for v in self.violations):
            self.violations.append(Violation(promise, self._clock.now(), what))

    def judge_groups(self, teams: Iterable[Team]) -> None:
        """Whatever a group is called, one is made of each team."""
        with self._lock:
            groups = list(self._tenant.groups.values())
        for team in teams:
            digits = team.uuid.replace("-", "")[:8]
            count = sum(digits in group.mail_nickname for group in groups)
            if count > 1:
                self.broken("I1", f"{count} groups carry the digits of {team.name}")

    def _webex_changed(self, change: WebexChange) -> None:
        member = change.member
        if member is None or change.resource != "memberships" or not change.room.is_general:
            return
        if change.event == "updated":
            self.last_change = self._clock.now()
            return
        with self._lock:
            self._moved(change.room.uuid, member.person_uuid, change.event == "created", "team")

    def _group_changed(self, change: GroupChange) -> None:
        with self._lock:
            if change.what == "created":
                self._created(change.group)
            elif change.what == "members":
                who = self._person_of.get(change.person, change.person)
                self._moved(change.group, who, change.added, "group")
            elif change.what == "display_name" and self._is_ours():
                self.renamed[self._team_of.get(change.group, "")] += 1
            elif change.what == "owners":
                self.last_change = self._clock.now()
                self._count("owner")
                if not change.added:
                    self._judge_owner(self._tenant.groups[change.group], change.person)

    def _created(self, key: str) -> None:
        group = self._tenant.groups[key]
        team = str(group.unique_name or "").removeprefix(PREFIX)
        if team in self._group_of:
            self.broken("I1", f"a second group for the team {team}")
        self._group_of[team], self._team_of[key] = key, team
        self._count("group")
        for account in group.members:
            self._moved(key, self._person_of.get(account, account), True, "group")

    def _moved(self, where: str, who: str, there: bool, side: str) -> None:
        """where: the uuid of the team or of the group. who: the uuid of the person."""
        now = self.last_change = self._clock.now()
        if self._is_ours():
            self._count(f"{side} {'added' if there else 'removed'}")
            other = self._group_of.get(where) if side == "team" else self._team_of.get(where)
            if there:
                self._judge_addition(str(other), who, side)
            else:
                self._judge_removal(str(other), who, side)
            if not there and side == "group":
                self._judge_settled(str(other), who)
                group, account = self._tenant.groups[where], self._account_of.get(who, who)
                if account in group.owners:
                    self._judge_owner(group, account)
        self._presence.turn(where, who, now, there)

    def _judge_addition(self, other: str, who: str, side: str) -> None:
        """other: the uuid of the other side."""
        if not self._presence.was(other, who, True, self.last_change - RECENTLY):
            what = f"{self._name(who)} was put into the {side} and was not on the other side"
            self.broken("never a wrong person", what)

    def _judge_removal(self, other: str, who: str, side: str) -> None:
        """Two reads, the product's distance apart, can have missed them on the other side."""
        now = self.last_change
        first = now - APART + SLACK
        away = self._presence.was_away(other, who, now - RECENTLY, now)
        if not away or not self._presence.was_away(
            other, who, first - REMEMBERED - RECENTLY, first
        ):
            how = "for long enough" if away else "at all"
            what = f"{self._name(who)} was taken out of the {side} and was not gone there {how}"
            self.broken("I7", what)

    def _judge_settled(self, team: str, who: str) -> None:
        room = self._webex.world.rooms.get(team)
        if room is not None and self.last_change < room.created / 1000 + SETTLES:
            what = f"{self._name(who)} was taken out of the group before the team had settled"
            self.broken("settling", what)

    def _judge_owner(self, group: Group, account: str) -> None:
        """Whoever was just taken out of the owners, or the members, is not all it had."""
        if self._is_ours() and {*group.owners} <= {account}:
            who = self._person_of.get(account, account)
            self.broken("I7", f"{self._name(who)} was the last owner")

    def _count(self, what: str) -> None:
        if self._is_ours():
            self.ours[what] += 1

    def _is_ours(self) -> bool:
        return threading.get_ident() != self._people

    def _name(self, who: str) -> Any:
        return self._name_of.get(who, who)
