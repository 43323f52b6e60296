"""Promises about calls, judged at each of them: who asks for patience gets it, one at a time writes
for a team, and a no is not taken for a yes.

Only what a task could know is judged: how it took its own lease, and what it was told itself or
could have read. A single call that takes long may be overtaken, and is not judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from shared.core.ids import TeamId
from shared.core.ledger import ADD, MEMBERS
from simulation.chaos import PROVIDERS, Io
from simulation.reading import LINKS

if TYPE_CHECKING:
    from simulation.scheduler import Process, Task
    from simulation.universe import Universe

T = TypeVar("T")
# Seconds: a lease; with less of it left a worker begins no write; and what moments may be off by.
LEASE, FLOOR, SLACK = 60.0, 15.0, 0.5
# How long ago at most somebody was read whom the same look writes about.
LOOK = 300.0
# What a worker waits out where it is; longer is told to everybody.
SHORT = 5.0
# The quota of looking people up. At the ports it is told as if it were the other one.
PEOPLE = "people"


@dataclass
class Sync:
    """One run of the worker. team: whose look row it has written last, and when: `held`. checked:
    when it began to read the switch last. told: until when to stay away, by quota. hurt: something
    of it failed or took long, so it may not have told anybody. ended: when its message was done.
    refused: part of a write was not done. reads: it has begun to read who is in the team.
    """

    began: float
    team: str = ""
    held: float = 0.0
    checked: float = 0.0
    told: dict[str, float] = field(default_factory=dict)
    hurt: bool = False
    refused: bool = False
    reads: bool = False
    ended: float = 0.0


class Promises:
    """Stands before the chaos of a universe."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._scheduler, self._broken = universe.scheduler, universe.watcher.broken
        self._alone = len(universe.firms) == 1
        self._chaos = universe.chaos.through
        self._syncs: dict[Task, Sync] = {}
        self._writes: dict[str, tuple[float, Task]] = {}
        self._told: dict[str, list[Task]] = {}
        universe.chaos.through = self.through  # type: ignore[method-assign]

    def through(self, process: Process, io: Io, act: Callable[[], T]) -> T:
        task = self._scheduler.current
        if task is None or not task.name.startswith("sync"):
            return self._chaos(process, io, act)
        sync, now = self._syncs.get(task), self._scheduler.at
        if sync is None:
            sync = self._syncs[task] = Sync(now)
        self._before(task, sync, io)
        try:
            answer = self._chaos(process, io, act)
        except BaseException as error:
            self._failed(task, sync, io, error)
            raise
        if self._scheduler.at - now > FLOOR:
            sync.hurt = True
        self._saw_lease(sync, io)
        if isinstance(answer, list) and any(getattr(a, "status", 0) >= 400 for a in answer):
            sync.refused = True
        return answer

    def _before(self, task: Task, sync: Sync, io: Io) -> None:
        if io.kind == "storage" and io.what.endswith("get settings"):
            sync.checked = self._scheduler.at
        elif io.kind == "queue":
            sync.ended = self._scheduler.at
            if sync.refused:
                self._check_belief(sync)
        elif io.kind in PROVIDERS:
            self._check_patience(task, sync, io)
            if io.writes:
                self._check_alone(task, sync, io)
            elif not sync.reads and io.kind == "webex" and "members" in io.what:
                sync.reads = True
                self._universe.watcher.reads_people()

    def _saw_lease(self, sync: Sync, io: Io) -> None:
        if io.kind == "storage" and io.writes and "look:" in io.what:
            sync.team = io.what.partition("look:")[2][:36]
            sync.held = self._scheduler.at

    def _check_alone(self, task: Task, sync: Sync, io: Io) -> None:
        """The lease is this task's own when it looks at the switch, and nobody else has written for
        the team since it saw that."""
        now = self._scheduler.at
        if sync.checked - sync.held > LEASE - FLOOR:
            self._broken("single flight", f"{io.what}: nobody has renewed the lease")
        if now - sync.checked > FLOOR:
            return
        at, other = self._writes.get(sync.team, (0.0, task))
        if other is not task and at > sync.held:
            self._broken("single flight", f"{io.what}: somebody else writes for the team")
        self._writes[sync.team] = now, task

    def _check_patience(self, task: Task, sync: Sync, io: Io) -> None:
        now, quota = self._scheduler.at, _quota(io)
        if sync.told.get(quota, 0.0) > now + SLACK:
            self._broken("patience", f"{io.what}: asked again before Retry-After")
        if not self._alone:
            # Whose quota it is cannot be told from a call.
            return
        for other in self._told.get(quota, ()):
            theirs = self._syncs[other]
            heard = theirs.ended and not theirs.hurt and theirs.ended < sync.began
            if heard and theirs.told[quota] > now + SLACK:
                self._broken("patience", f"{io.what}: the sign-in's others did not hear of it")

    def _check_belief(self, sync: Sync) -> None:
        """Whom a write is kept to have put into the group was there since, or seen there."""
        universe, watcher = self._universe, self._universe.watcher
        group = watcher.group_of(sync.team)
        if group is None:
            return
        [firm] = [f for f in universe.firms if group.id in f.tenant.groups]
        ledger = universe.truth(firm).teams.ledger(TeamId(sync.team)).value
        for entry in ledger.pending.values():
            if entry.side != MEMBERS or not entry.answered or entry.seen == entry.answered:
                # What was only read is kept alike, from the moment when it meant something.
                continue
            since = min(entry.at, entry.answered) / 1000 - watcher.lag - LOOK
            if not watcher.presence.was(group.id, entry.object, entry.op == ADD, since):
                self._broken("a no is no yes", f"{entry.op} {entry.object} was never done")

    def _failed(self, task: Task, sync: Sync, io: Io, error: BaseException) -> None:
        seconds = getattr(error, "retry_after", None) or getattr(error, "seconds", None)
        if io.kind in PROVIDERS and seconds is not None:
            quota = _quota(io)
            sync.told[quota] = self._scheduler.at + seconds
            if seconds > SHORT and quota != PEOPLE:
                self._told.setdefault(quota, []).append(task)
        elif io.kind == "storage":
            sync.hurt = True
            # It may have been written all the same, and is read again then.
            self._saw_lease(sync, io)


def _quota(io: Io) -> str:
    """Whose patience is asked for: a sign-in's; where tokens are given, the app's."""
    if "access_token" in io.what:
        return "tokens"
    if LINKS in io.what:
        # Whoever links has a sign-in of their own.
        return io.what.rpartition(" as ")[2]
    if io.kind == "webex" and (io.what == "rename" or "PUT /v1/teams/" in io.what):
        # A bot does that, and nobody else.
        return "bot"
    people = io.what.startswith("user") or "/people" in io.what or "/scim/" in io.what
    return PEOPLE if io.kind == "webex" and people else io.kind
