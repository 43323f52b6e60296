"""What is true, who made it so, and whether it was allowed: the invariants that hold at every step.

The watcher hears of every change on both sides from the clouds themselves, knows which of them were
ours and what the task that made them could have seen, and writes a violation down where it happens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sandbox.microsoft.timeline import Change as GroupChange
from sandbox.webex.core import Change as WebexChange
from sandbox.webex.delivery import Delivery
from sandbox.webex.ids import decode
from shared.core.ledger import ADD, MEMBERS, REMOVE, WEBEX
from shared.core.model import Direction
from simulation.chaos import PATIENCE
from simulation.presence import FOLDERS, Begun, HeardJournal, Presence, Violation
from simulation.queue import Queue
from simulation.reading import LINKS, room_in, short
from simulation.scheduler import Process, Scheduler, Task

if TYPE_CHECKING:
    import requests

    from sandbox.microsoft import MicrosoftClouds
    from sandbox.microsoft.state import Group
    from sandbox.webex import WebexCloud
    from simulation.universe import Firm

PREFIX = "webex-team-"
_IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# Properties of a group that can be edited; when we did so is not judged.
_EDITED = frozenset({"display_name", "description"})
# Calls after a look's last line: its row, and the message that is deleted.
CLOSING = 3
# Seconds between the two reads that an absence takes, what a call may be off by, and how long
# before the second one the first may have been.
APART, SLACK, REMEMBERED = 120.0, 5.0, 1800.0
# Seconds between a look at the switch and the write that it precedes: a sign-in is read meanwhile.
UNDER_WAY = 2 * PATIENCE
# Seconds before a refusal within which what somebody did may not have been seen when it was asked.
UNSEEN = 600.0
# Seconds for which what was allowed is done.
ALLOWED = 3600.0
# Seconds after its creation within which no team has settled.
SETTLES = 300.0


# A change that an administrator was asked about: the team, the side, the op, the person.
Asked = tuple[str, str, str, str]


class Watcher:
    """lag: seconds that a read of a group may be behind. ours: counts of our own effects.
    last_act: when somebody else has changed anything. renamed: how often we have renamed a team or
    its group.
    last_effect, last_ios: when the last of them was, and after how many calls (`ios`) the look that
    had it was over; last_effects: when, by team and person, "" where it was about nobody
    in membership. undone: whom somebody has moved back before a look has seen that we moved them.
    late: by team and person, "" for a name, what a call has done that was under way while its
    process stood still.
    allowed, refused: when an administrator said so to
    a change, by team, side, op and person. on_held: told of a team whose look has held something;
    on_line: of what is logged; on_group: of what becomes otherwise in a group, before we judge it;
    on_team: of who joins or leaves a team, before it counts as known.
    asked: teams from before that are to have a group of their own; typed: ids of groups that an
    administrator has named. connected: the group of people's
    that a team was connected to; team_of: whose a group is, "" for nobody's.
    """

    def __init__(self, scheduler: Scheduler, webex: WebexCloud, microsoft: MicrosoftClouds) -> None:
        self.scheduler = scheduler
        self.webex, self.microsoft = webex, microsoft
        self.violations: list[Violation] = []
        self.presence = Presence()
        self.lag = 0.0
        self.last_change = scheduler.at
        self.last_effect = scheduler.at
        self.last_act = scheduler.at
        self.ours: Counter[str] = Counter()
        self.renamed: Counter[str] = Counter()
        self.last_ios = 0
        self.ios: Callable[[], int] = lambda: 0
        self.last_effects: dict[tuple[str, str], float] = {}
        self.undone: set[tuple[str, str]] = set()
        self.late: set[tuple[str, str]] = set()
        self._looked: dict[str, float] = {}
        self.allowed: dict[Asked, float] = {}
        self.refused: dict[Asked, float] = {}
        self.on_held: Callable[[str], None] = lambda _: None
        self.on_line: Callable[[str, Mapping[str, object]], None] = lambda _event, _facts: None
        self.on_group: list[Callable[[Firm, GroupChange], None]] = []
        self.on_team: list[Callable[[WebexChange], None]] = []
        self.asked: set[str] = set()
        self.typed: set[str] = set()
        self.connected: Callable[[str], Group | None] = lambda _team: None
        self.team_of: Callable[[Group], str] = by_name
        # Since when the switch of whom is off.
        self.off: dict[str, float] = {}
        self.thawed: Mapping[Process, float] = {}
        self.left_out: Callable[[str, str, float, float], bool] = lambda *_: False
        self.lines: list[str] = []
        self._look_goes_on = False
        self._begun: dict[Task, Begun] = {}
        self._disowned = ""
        self._effect_of: Process | None = None
        self._firms: dict[str, Firm] = {}
        self._firm_of_tenant: dict[str, Firm] = {}
        webex.actions.listeners.append(self._webex_changed)

    def watch(self, firm: Firm) -> None:
        self._firms[firm.org.uuid] = firm
        self._firm_of_tenant[firm.tenant.tenant_id] = firm
        firm.tenant.journal = HeardJournal(lambda change: self._group_changed(firm, change))

    def broken(self, promise: str, what: str) -> None:
        self.violations.append(Violation(promise, self.scheduler.at, what))
        self.scheduler.note(f"VIOLATION {promise}: {what}")

    # What the edges tell

    def logged(self, event: str, facts: Mapping[str, object]) -> None:
        self.scheduler.note(f"log {event} {short(facts)}")
        self.lines.append(f"{event} {facts}")
        self.on_line(event, facts)
        if event == "looked":
            self._looked[str(facts["team"])] = self.began()
            if self._look_goes_on:
                self._look_goes_on = False
                self.last_ios = self.ios() + CLOSING
        elif event == "held back":
            self.on_held(str(facts["team"]))
        elif event == "dead letter":
            self.ours["given up"] += 1

    def read_settings(self, process: Process, entity: Any) -> None:
        begun = self._of_task()
        if begun:
            begun.on, begun.used = bool(entity.get("on")), False
            begun.of = str(entity["PartitionKey"])
            begun.folders = frozenset(
                name for name in FOLDERS if entity.get(name, name == "link_folders")
            )
            # Whoever leads when a look begins does so until it ends.
            begun.direction = begun.direction or str(entity.get("direction"))

    def called(self, process: Process, cloud: str, request: requests.PreparedRequest) -> None:
        """A call over HTTP is about to leave."""
        url, method = str(request.url), str(request.method)
        if "access_token" in url or "/oauth2/" in url or cloud == "login":
            return
        token = str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
        if cloud == "webex":
            self._check_webex_call(method, url, request.body, token)
        else:
            self._check_graph_call(method, url, request.body, token)

    def _check_webex_call(self, method: str, url: str, body: Any, token: str) -> None:
        known = self.webex.world.tokens.get(token)
        room = room_in(url, body)
        # One bot tells every organization of all its spaces: whose one is, is what has to be asked.
        asked_whose = method == "GET" and "/rooms/" in url
        # A bot is nobody's: it asks for the organization for which the task works.
        begun = self._of_task() if known is not None and known.person.is_bot else None
        org = begun.of if begun else known.person.org_uuid if known else ""
        if known is not None and room and not asked_whose:
            self.belongs_together(org, room)
        if method == "PUT" and "/teams/" in url:
            # A bot is nobody's: the organization is the team's.
            found = decode(unquote(urlsplit(url).path.rpartition("/")[2]))
            team = self.webex.world.rooms.get(found.key) if found else None
            if team is not None:
                self.about_to_write(team.owner_org, url)
                world = self.webex.world
                member = world.member(team.uuid, known.person_uuid) if known else None
                if member is not None and member.is_moderator:
                    # Whoever does not moderate it is refused.
                    self.we_renamed(team.uuid)
        taken = known is not None and known.expires_at > self.scheduler.at
        if method != "GET" and LINKS in url and taken and room in self.webex.world.rooms:
            # With a sign-in that has ended it is sent once more, with another.
            self.about_to_write(self.webex.world.rooms[room].owner_org, url)
        if method != "GET" and "/memberships" in url:
            self.about_to_write(org, url)

    def _check_graph_call(self, method: str, url: str, body: Any, token: str) -> None:
        known = self.microsoft.world.tokens.get(token)
        firm = self._firm_of_tenant.get(known.tenant_id) if known else None
        if firm is None:
            return
        if len(self._firms) > 1:
            text = body.decode() if isinstance(body, bytes) else body or ""
            for named in _IDS.findall(f"{url} {text}".lower()):
                self._check_tenant(firm, named, method)
        if method == "DELETE" and "/drives/" in url:
            self.broken("spaces", f"we delete {url}")
        if method != "GET" and "checkMemberGroups" not in url:
            self.about_to_write(firm.org.uuid, url, token)

    def _check_tenant(self, firm: Firm, named: str, method: str) -> None:
        """What a call to Graph names is this tenant's: a group, a user, or the team of a group.

        What an administrator has named is asked for wherever it is.
        """
        asked = method == "GET" and named in self.typed
        room = self.webex.world.rooms.get(named)
        for other in self._firms.values():
            if other is firm:
                continue
            theirs = other.tenant.groups.keys() | other.tenant.users.keys()
            if (named in theirs and not asked) or (
                room is not None and room.owner_org == other.org.uuid
            ):
                self.broken("I12", f"a token of {firm.tenant.name} names {named} of another tenant")

    def belongs_together(self, org: str, room: str) -> None:
        found = self.webex.world.rooms.get(room)
        if found is not None and not self.webex.world.has_people_of(found, org):
            self.broken("I12", f"a credential of {org} is used for a room of {found.owner_org}")

    def about_to_write(self, org: str, what: str, token: str = "") -> None:
        """Every write is preceded by a look at the switch, and that said On. token: Microsoft's: a
        write whose sign-in has ended on the way is sent once more, with another."""
        self._check_switch(org, what)
        begun = self._of_task()
        if begun is None:
            return
        if token and begun.token and begun.token not in self.microsoft.world.tokens:
            begun.used = False
        begun.token = token or begun.token
        if begun.of != org and begun.on is not None:
            self.broken("no write while Off", f"{what} after a look at another's switch")
        elif begun.on is False:
            self.broken("no write while Off", f"{what} after the switch was read as Off")
        elif begun.on is None or begun.used:
            self.broken("no write while Off", f"{what} without looking at the switch")
        begun.used = True

    def about_to_keep(self, table: str, partition: str) -> None:
        """A row is written: of the organization for which this task works."""
        begun = self._of_task() if len(self._firms) > 1 else None
        if begun is not None and begun.of and begun.of != partition and partition in self._firms:
            self.broken("I12", f"work for {begun.of} writes {table} of {partition}")

    def _check_switch(self, org: str, what: str) -> None:
        """By truth, whoever writes and whatever was read: what was under way when it went off may
        land, nothing else."""
        off, now = self.off.get(org), self.scheduler.at
        task = self.scheduler.current
        if off is None or task is None:
            return
        thawed = self.thawed.get(task.process, 0.0)
        if now > max(off, thawed) + UNDER_WAY:
            self.broken("no write while Off", f"{what}, {now - off:.1f} s after it went off")

    def looked_at(self, team: str) -> float:
        """When the last look at a team that came to its end had begun; 0 for none."""
        return self._looked.get(team, 0.0)

    def folders_wanted(self) -> frozenset[str]:
        """Which settings about folders were on when whoever writes now read them last."""
        begun = self._of_task()
        return begun.folders if begun else FOLDERS

    def reads_people(self) -> None:
        """The worker's task begins to read who is where: what it saw before does not count, however
        long ago it was received."""
        begun = self._of_task()
        if begun is not None:
            begun.at = self.scheduler.at

    @contextmanager
    def effects_of(self, process: Process) -> Iterator[None]:
        """What changes meanwhile is our doing."""
        before, self._effect_of = self._effect_of, process
        try:
            yield
        finally:
            self._effect_of = before

    @property
    def is_ours(self) -> bool:
        """Whether what changes now is our doing."""
        return self._effect_of is not None

    def acknowledged(
        self,
        delivery: Delivery,
        genuine: bool,
        status: int,
        messages: Sequence[str],
        queue: Queue,
        calls: int,
    ) -> None:
        """calls: made by the function itself, to whomever; verifying takes none."""
        taken = 200 <= status < 300
        if calls:
            self.broken("I4", f"a delivery caused {calls} calls before it was answered {status}")
        if not genuine and (taken or messages):
            self.broken(
                "I4", f"a forged delivery was answered {status} with {len(messages)} messages"
            )
        if genuine and taken:
            waiting = {m.text for m in queue.messages}
            if not messages or not all(m in waiting or m in queue.taken for m in messages):
                self.broken("I5", "a delivery was acknowledged and nothing is on the queue")
        if genuine and not taken and status != 500:
            self.broken("I5", f"a genuine delivery was answered {status}")

    def _of_task(self) -> Begun | None:
        """Of a task of the product that may write: the worker's."""
        task = self.scheduler.current
        if task is None or not task.name.startswith("sync"):
            return None
        begun = self._begun.get(task)
        if begun is None:
            begun = self._begun[task] = Begun(self.scheduler.at)
        return begun

    # What the clouds tell

    def _webex_changed(self, change: WebexChange) -> None:
        self.last_change = self.scheduler.at
        if not self.is_ours:
            self.last_act = self.scheduler.at
        member = change.member
        if member is None or change.resource != "memberships" or not change.room.is_general:
            return
        team, who, now = change.room.uuid, member.person_uuid, self.scheduler.at
        if change.event == "updated":
            self.scheduler.note(
                f"webex {team[-6:]}: {member.person.name} moderates {member.is_moderator}"
            )
            return
        joined = change.event == "created"
        ours = self.is_ours
        for tell in self.on_team:
            tell(change)
        verb = "joins" if joined else "leaves"
        self.scheduler.note(f"webex {team[-6:]}: {member.person.name} {verb}{' (us)' * ours}")
        self._moved(team, who, ours=ours)
        if ours:
            self.ours["webex added" if joined else "webex removed"] += 1
            self._judge_webex(team, member.person, joined)
        self.presence.turn(team, who, now, joined)

    def _moved(self, team: str, who: str, *, ours: bool) -> None:
        if ours:
            self._took_effect(team, who)
            self._see_whether_late(team, who)
        elif self.last_effects.get((team, who), 0.0) + self.lag > self._looked.get(team, 0.0):
            self.undone.add((team, who))

    def we_renamed(self, team: str) -> None:
        """A team or its group."""
        self.renamed[team] += 1
        self.ours["renamed by us"] += 1
        self._see_whether_late(team)

    def _see_whether_late(self, team: str, who: str = "") -> None:
        task = self.scheduler.current
        if task and self.thawed.get(task.process, 0.0) > self.scheduler.at - PATIENCE:
            self.late.add((team, who))

    def _took_effect(self, team: str, who: str = "") -> None:
        self.last_effect, self.last_ios = self.scheduler.at, self.ios()
        self.last_effects[team, who] = self.scheduler.at
        self._look_goes_on = True

    def _judge_webex(self, team: str, person: Any, joined: bool) -> None:
        begun = self._of_task()
        if begun and begun.direction == Direction.TEAM.value:
            self.broken("the direction", f"{person.name} was moved in a team that leads")
        self._check_refused(team, WEBEX, ADD if joined else REMOVE, person.uuid, person.name)
        group = self.group_of(team)
        began = self.began()
        if group is None:
            self.broken("I7", f"{person.name} was moved in a team without a group")
            return
        there = self.presence.was(group.id, str(person.external_id), True, began - self.lag)
        away = self.missed_twice(group.id, str(person.external_id), self.lag)
        if joined and not there:
            self.broken(
                "never a wrong person",
                f"{person.name} was put into the team and was not in the group",
            )
        if not joined:
            if not away:
                self.broken("I7", f"{person.name} was taken out of the team and was in the group")
            if not any(m.is_moderator for m in self.webex.world.members(team)):
                self.broken("I7", f"{person.name} was the last moderator")
            self._count_removal(team, WEBEX, person.uuid, len(self.webex.world.members(team)))

    def _group_changed(self, firm: Firm, change: GroupChange) -> None:
        now = self.last_change = self.scheduler.at
        group = firm.tenant.groups[change.group]
        ours = self.is_ours
        for tell in self.on_group:
            tell(firm, change)
        team = self.team_of(group)
        if not ours:
            self.last_act = now
        elif change.what in _EDITED:
            if change.what == "display_name":
                self.we_renamed(team)
        elif change.what != "members":
            self._took_effect(team, self._person(firm, change.person) or "")
        if change.what == "created":
            self._judge_creation(firm, group, ours)
        elif change.what == "members":
            name = _name(firm, change.person)
            verb = "added" if change.added else "removed"
            self.scheduler.note(f"group {group.mail_nickname[-8:]}: {name} {verb}{' (us)' * ours}")
            self._moved(team, self._person(firm, change.person) or "", ours=ours)
            if ours:
                self.ours[f"group {verb}"] += 1
                self._judge_group(firm, group, change.person, change.added)
            self.presence.turn(group.id, change.person, now, change.added)
        elif change.what == "owners":
            verb = "owns" if change.added else "owns no more"
            name = _name(firm, change.person)
            self.scheduler.note(f"group {group.mail_nickname[-8:]}: {name} {verb}{' (us)' * ours}")
            if ours:
                self.ours["owners"] += 1
                if not group.owners:
                    self.broken("I7", f"{name} was the last owner")
                # In a group with a team in Microsoft Teams the membership goes along.
                self._disowned = "" if change.added else change.person

    def _judge_creation(self, firm: Firm, group: Group, ours: bool) -> None:
        name = str(group.unique_name or "")
        self.scheduler.note(f"group {group.mail_nickname[-8:]}: created{' (us)' * ours}")
        team = name.removeprefix(PREFIX)
        for person in group.members:
            self.presence.turn(group.id, person, self.scheduler.at, True)
        if not ours:
            return
        for account in group.members:
            self._took_effect(team, self._person(firm, account) or "")
        self.ours["groups"] += 1
        made = self.webex.world.teams.get(team) or self.webex.world.rooms.get(team)
        digits = team.replace("-", "")[:8]
        all_of_it = [
            g
            for f in self._firms.values()
            for g in f.tenant.groups.values()
            if digits in g.mail_nickname
        ]
        if len(all_of_it) > 1:
            self.broken("I1", f"{len(all_of_it)} groups for the team {team}")
        if not name.startswith(PREFIX):
            self.broken("I3", f"a group is called {name!r}")
        if made is None:
            return
        room = self.webex.world.rooms.get(team)
        if room is not None and room.owner_org != firm.org.uuid:
            self.broken(
                "I12", f"a team of {room.owner_org} has a group in the tenant of {firm.org.uuid}"
            )
        if self.connected(team) is not None:
            self.broken("I1", f"the team {team} had been connected to another group")
        before = firm.on_since is None or made.created < round(firm.on_since * 1000) - 1000
        if before and team not in self.asked:
            self.broken("no group for a team from before", f"{team} was made before the switch")
        for object_id in {*group.members, *group.owners}:
            self._judge_addition(firm, group, team, object_id)

    def _judge_group(self, firm: Firm, group: Group, who: str, added: bool) -> None:
        team = self.team_of(group)
        op = ADD if added else REMOVE
        self._check_refused(team, MEMBERS, op, self._person(firm, who) or "", _name(firm, who))
        if added:
            self._judge_addition(firm, group, team, who)
            return
        person = self._person(firm, who)
        aside = self.goes_along(who)
        if person and not aside and not self.missed_twice(team, person, 0.0):
            self.broken("I7", f"{_name(firm, who)} was removed from the group and was in the team")
        room = self.webex.world.rooms.get(team)
        if room is not None and self.scheduler.at < room.created / 1000 + SETTLES:
            self.broken("settling", f"{_name(firm, who)} was removed before the team had settled")
        if who in group.owners:
            self.broken("I7", f"{_name(firm, who)} was removed and goes on owning the group")
        if not aside:
            self._count_removal(team, MEMBERS, person or "", len(group.members))

    def goes_along(self, account: str) -> bool:
        """Whether whoever we have just made no owner any more is a member no more by that."""
        return self.microsoft.switches.owner_removal_takes_member and self._disowned == account

    def _judge_addition(self, firm: Firm, group: Group, team: str, who: str) -> None:
        person = self._person(firm, who)
        if person is None:
            self.broken("never a wrong person", f"{_name(firm, who)} is nobody's account in Webex")
        elif not self.presence.was(team, person, True, self.began()):
            self.broken(
                "never a wrong person",
                f"{_name(firm, who)} was put into the group and was not in the team",
            )

    def _count_removal(self, team: str, side: str, who: str, size: int) -> None:
        """More than the brake lets through at once, on one side. size: after the removal."""
        begun = self._of_task()
        if begun is None:
            return
        begun.removed[team, side] += 1
        if self.allowed.get((team, side, REMOVE, who), 0.0) < begun.at - ALLOWED:
            begun.unasked[team, side] += 1
        count = begun.unasked[team, side]
        before = size + begun.removed[team, side]
        if count > 20 or (count > 5 and count * 100 > 25 * before) or count >= before:
            self.broken("I8", f"{count} of {before} people were removed at once")

    def is_refused(self, team: str, side: str, op: str, who: str) -> bool:
        """Whether an administrator had refused it when this task began, and nothing has happened to
        this person since."""
        at = self.refused.get((team, side, op, who))
        if at is None or self.began() < at:
            return False
        group, person = self.group_of(team), self.webex.world.people.get(who)
        account = str(person.external_id) if person else ""
        moved = self.presence.moved(team, who, at - UNSEEN)
        return not moved and not (group and self.presence.moved(group.id, account, at - UNSEEN))

    def _check_refused(self, team: str, side: str, op: str, who: str, name: str) -> None:
        if self.is_refused(team, side, op, who):
            self.broken("refused", f"{op} {side} of {name} was done all the same")

    def missed_twice(self, where: str, who: str, lag: float) -> bool:
        """Whether two reads, the product's distance apart, can have missed somebody: who was really
        away at one of them, and away or left out by a wrong one at the other."""
        began, now = self.began(), self.scheduler.at
        task = self.scheduler.current
        # Whose process was frozen read no sooner than that, as far as anybody knows.
        read = max(began, self.thawed.get(task.process, 0.0) if task else 0.0)
        first = read - APART + SLACK
        long_ago = first - lag - REMEMBERED
        missed = self.presence.was_away(where, who, long_ago, first)
        missed_again = self.presence.was_away(where, who, began - lag, now)
        left_out = self.left_out
        return (missed and (missed_again or left_out(where, who, began, now))) or (
            missed_again and left_out(where, who, long_ago, first)
        )

    def began(self) -> float:
        begun = self._of_task()
        return (begun.at if begun else self.scheduler.at) - 0.001

    def group_of(self, team: str) -> Group | None:
        if group := self.connected(team):
            return group
        for firm in self._firms.values():
            for group in firm.tenant.groups_named(PREFIX + team):
                return group
        return None

    def _person(self, firm: Firm, object_id: str) -> str | None:
        """The uuid of whom an account belongs to."""
        for person in firm.org.people:
            if person.external_id == object_id:
                return person.uuid
        return None


def by_name(group: Group) -> str:
    """The team that a group was made for, by what it is called."""
    return str(group.unique_name or "").removeprefix(PREFIX)


def _name(firm: Firm, object_id: str) -> str:
    user = firm.tenant.users.get(object_id)
    return user.display_name if user else object_id
