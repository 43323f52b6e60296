"""Who moved whom, as both clouds tell it: what may not happen even for a moment."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sandbox.microsoft.state import Tenant
from sandbox.microsoft.timeline import Change as GroupChange
from sandbox.webex import Organization, WebexCloud
from sandbox.webex.core import Change as WebexChange
from shared.core import times
from shared.ports import Clock
from simulation.watcher import PREFIX, HeardJournal, Presence, Violation

# A look that was decided on earlier than this has lost its lease, and may write no more.
RECENTLY = 3 * times.LEASE / times.SECOND


class Witness:
    """Whatever this thread changes in the clouds, people do; everything else is the app's doing."""

    def __init__(self, clock: Clock, webex: WebexCloud, org: Organization, tenant: Tenant) -> None:
        self.violations: list[Violation] = []
        self.ours: Counter[str] = Counter()
        self.last_change = clock.now()
        self._clock, self._tenant = clock, tenant
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
            elif change.what == "owners":
                self.last_change = self._clock.now()
                self._count("owner")

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
            if not self._presence.was(str(other), who, there, now - RECENTLY):
                promise = "never a wrong person" if there else "I7"
                done = "put into" if there else "taken out of"
                why = "was not on the other side" if there else "was never gone there"
                self.broken(promise, f"{self._name(who)} was {done} the {side} and {why}")
        self._presence.turn(where, who, now, there)

    def _count(self, what: str) -> None:
        if self._is_ours():
            self.ours[what] += 1

    def _is_ours(self) -> bool:
        return threading.get_ident() != self._people

    def _name(self, who: str) -> Any:
        return self._name_of.get(who, who)
