"""The clouds at the product's ports: the same state and the same rules, without HTTP.

For numbers of seeds. What is called at every look is here. Whatever else of Webex is rare goes
through the real client and is handed to the cloud without a wire; of Graph nothing else is called.
A refusal or a lost answer is what those clients make of one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sandbox.kit import parse_request
from sandbox.microsoft.bodies import EDITABLE
from sandbox.microsoft.state import Group as CloudGroup
from sandbox.microsoft.state import Kind as Side
from sandbox.microsoft.state import Tenant
from sandbox.webex.errors import Conflict as WebexConflict
from sandbox.webex.errors import Refused as WebexRefused
from sandbox.webex.ids import encode, key_of
from sandbox.webex.state import Room as CloudRoom
from shared.core.errors import (
    AnswerUnknown,
    ConsentMissing,
    CredentialMissing,
    DeltaLost,
    Forbidden,
    NotThere,
    Refused,
    Throttled,
    Unavailable,
    Where,
)
from shared.core.ids import GroupId, ObjectId, OrgId, PersonId, TeamId
from shared.core.model import (
    Account,
    CreationPolicy,
    Delta,
    DirectoryUser,
    Group,
    GroupChange,
    Member,
    MembershipEvent,
    Room,
)
from shared.http import Reply
from shared.microsoft.graph import GraphClient
from shared.microsoft.protocol import Answer, Kind, NewGroup, Part
from shared.ports import EventPage
from shared.webex.client import WebexClient, checked
from simulation.chaos import Io

if TYPE_CHECKING:
    from sandbox.webex import WebexCloud
    from simulation.universe import Firm, SimulatedWiring

T = TypeVar("T")
PAGE = 100


def webex_at_port(wiring: SimulatedWiring, org: OrgId) -> WebexClient:
    http = wiring.webex(org)
    return WebexAtPort(http.http, http.base_url, http.tokens, org, wiring)


def groups_at_port(wiring: SimulatedWiring, org: OrgId) -> GraphClient:
    firm = next(f for f in wiring.universe.firms if f.id == org)
    http = wiring.graph_of(org)
    return GroupsAtPort(http.http, http.base_url, http.tokens, wiring, firm)


def _through(
    wiring: SimulatedWiring, kind: str, what: str, act: Callable[[], T], *, writes: bool = False
) -> T:
    """One call of the port, through the chaos. capability of a throttling: whose quota it is."""
    capability = "graph" if kind == "graph" else "spaces"
    where = Where(kind, "POST" if writes else "GET", what)

    def unheard() -> Exception:
        failure = AnswerUnknown if writes else Unavailable
        return failure("no answer", where)

    def throttled(seconds: float) -> Exception:
        return Throttled("throttled", where, seconds, capability)

    universe = wiring.universe
    io = Io(kind, what, writes, unheard, unheard, throttled)

    def done() -> T:
        with universe.watcher.effects_of(wiring.process):
            return act()

    return universe.chaos.through(wiring.process, io, done)


@dataclass(frozen=True)
class WebexAtPort(WebexClient):
    """As a compliance officer of the organization sees it."""

    wiring: SimulatedWiring

    def room(self, space_id: str) -> Room:
        return self._call_port(f"room {space_id[-6:]}", lambda: _room(self._found(space_id)))

    def members(self, space_id: str) -> list[Member]:
        def read() -> list[Member]:
            room = self._found(space_id)
            return [
                Member(
                    PersonId(m.person_uuid),
                    m.person.email,
                    m.person.name,
                    m.person.org_uuid,
                    m.is_moderator,
                    m.created,
                    encode("MEMBERSHIP", m.key, room.cluster),
                )
                for m in self.wiring.universe.chaos.shown(
                    room.uuid, self._cloud.world.members(room.uuid)
                )
            ]

        return self._call_port(f"members {space_id[-6:]}", read)

    def team_name(self, team_id: str) -> str:
        def read() -> str:
            team = self._cloud.world.teams.get(key_of(team_id, "TEAM", "ROOM"))
            if team is None:
                raise NotThere("no such team")
            return team.name

        return self._call_port("team", read)

    def rename_team(self, team_id: str, name: str) -> None:
        bot, world = self.wiring.universe.bot, self._cloud.world
        if bot is None:
            raise CredentialMissing("no bot's token is set")

        def write() -> None:
            team = world.teams.get(key_of(team_id, "TEAM", "ROOM"))
            member = world.member(team.uuid, bot.uuid) if team else None
            if team is None or member is None or not member.is_moderator:
                raise Forbidden("the bot does not moderate the team")
            self._cloud.actions.rename_team(team, name, bot)
            self.wiring.universe.watcher.we_renamed(team.uuid)

        self._write_port("rename", write)

    def user(self, person: PersonId) -> DirectoryUser:
        def read() -> DirectoryUser:
            found = self._cloud.world.people.get(person)
            if found is None or found.org_uuid != self.org or found.account_status == "deleted":
                raise NotThere("no such user")
            return DirectoryUser(found.external_id, True, found.account_status == "active")

        return self._call_port(f"user {person[-6:]}", read)

    def user_named(self, name: str) -> DirectoryUser | None:
        def read() -> DirectoryUser | None:
            found = self._cloud.world.by_email.get(name.lower())
            if found is None or found.org_uuid != self.org:
                return None
            active = found.account_status == "active"
            return DirectoryUser(found.external_id, True, active, PersonId(found.uuid))

        return self._call_port(f"user named {name}", read)

    def add_member(self, space_id: str, person: PersonId, capability: str) -> None:
        def write() -> None:
            room, world = self._found(space_id), self._cloud.world
            if not world.members(room.uuid):
                raise Refused("nobody can be added to an empty space")
            try:
                self._cloud.actions.join(room, world.people[person], actor=self._firm.officer)
            except WebexConflict:
                return
            except WebexRefused as refused:
                raise Refused(str(refused)) from refused

        self._write_port(f"add {person[-6:]}", write)

    def remove_member(self, space_id: str, person: PersonId, capability: str) -> None:
        def write() -> None:
            room = self._found(space_id)
            member = self._cloud.world.member(room.uuid, person)
            if member is None:
                return
            try:
                self._cloud.actions.leave(room, member, actor=self._firm.officer)
            except WebexRefused as refused:
                raise Refused(str(refused), kind="last_moderator") from refused

        self._write_port(f"remove {person[-6:]}", write)

    def membership_events(self, since: int, page: str | None) -> EventPage:
        def read() -> EventPage:
            world, switches = self._cloud.world, self._cloud.switches
            now = world.now_ms()
            lag, jitter = switches.event_lag_seconds, switches.event_lag_jitter_seconds
            events = [
                MembershipEvent(e.uuid, str(e.data["roomId"]), e.created, e.type)
                for e in world.events_of_org.get(self.org, ())
                if e.resource == "memberships"
                and e.created >= since
                and e.created + 1000 * (lag + jitter * int(e.uuid[:4], 16) / 0xFFFF) <= now
                and e.data.get("roomType") != "direct"
            ]
            if switches.events_newest_first:
                events.reverse()
            start = int(page or 0)
            more = start + PAGE < len(events)
            following = str(start + PAGE) if more else None
            return EventPage(tuple(events[start : start + PAGE]), following, now // 1000 * 1000)

        return self._call_port("events", read)

    def _call(
        self,
        method: str,
        url: str,
        capability: str,
        body: object = None,
        *,
        patient: bool = True,
    ) -> Reply:
        """Whatever is rare: the request itself, without a wire."""
        token = self._token(capability, f"{method} {url}")
        sent = b"" if body is None else json.dumps(body).encode()
        request = parse_request(method, url, {"Authorization": f"Bearer {token}"}, sent)

        def act() -> Reply:
            answer = self._cloud.handle(request)
            where = Where("webex", method, request.path, answer.status)
            return checked(Reply(answer.status, answer.body, answer.headers, where))

        what = f"{method} {request.path}"
        return _through(self.wiring, "webex", what, act, writes=method != "GET")

    @property
    def _cloud(self) -> WebexCloud:
        return self.wiring.universe.webex

    @property
    def _firm(self) -> Firm:
        return next(f for f in self.wiring.universe.firms if f.id == self.org)

    def _found(self, space_id: str) -> CloudRoom:
        world = self._cloud.world
        room = world.rooms.get(key_of(space_id, "ROOM"))
        if room is None or not world.has_people_of(room, self.org):
            raise NotThere("no such space")
        self.wiring.universe.watcher.belongs_together(self.org, room.uuid)
        return room

    def _token(self, capability: str, what: str) -> str:
        """As the client has it: one that has ended is renewed, once."""
        token = self.tokens.token(capability)
        if not self._is_taken(token):
            token = self.tokens.renewed(capability, token)
        if not self._is_taken(token):
            raise CredentialMissing("the token is not taken", Where("webex", "GET", what, 401))
        return token

    def _admit(self, what: str) -> None:
        if self.wiring.universe.signs_in:
            self._token("people" if what.startswith("user") else "spaces", what)

    def _is_taken(self, token: str) -> bool:
        known = self._cloud.world.tokens.get(token)
        return known is not None and known.expires_at > self.wiring.universe.scheduler.at

    def _call_port(self, what: str, act: Callable[[], T]) -> T:
        self._admit(what)
        return _through(self.wiring, "webex", what, act)

    def _write_port(self, what: str, act: Callable[[], None]) -> None:
        self._admit(what)
        self.wiring.universe.watcher.about_to_write(self.org, what)
        _through(self.wiring, "webex", what, act, writes=True)


@dataclass(frozen=True)
class GroupsAtPort(GraphClient):
    """As the app of the tenant sees it, through replicas that are behind."""

    wiring: SimulatedWiring
    firm: Firm

    def creation_policy(self) -> CreationPolicy:
        return CreationPolicy()

    def is_member_of(self, person: ObjectId, group: str) -> bool:
        return True

    def find(self, unique_name: str) -> Group | None:
        def read() -> Group | None:
            moment = self._moment()
            for group in self._tenant.groups_named(unique_name):
                if group.exists_at(moment):
                    return _group(group, moment)
            return None

        return self._read("find", read)

    def group(self, group: GroupId) -> Group | None:
        def read() -> Group | None:
            found = self._tenant.groups.get(group)
            moment = self._moment()
            return _group(found, moment) if found and found.exists_at(moment) else None

        return self._read("group", read)

    def edit(self, group: GroupId, **properties: str) -> None:
        def write() -> None:
            found = self._tenant.groups.get(group)
            if found is None or found.deleted is not None:
                raise Refused("no such group", kind=Kind.NOT_FOUND.value)
            self._check_ready(found)
            fields = {EDITABLE[name]: value for name, value in properties.items()}
            new = {k: v for k, v in fields.items() if getattr(found, k) != v}
            if new:
                self._tenant.change_group(found, **new)

        self._write("edit", write)

    def create(self, group: NewGroup) -> Group | None:
        def write() -> Group | None:
            tenant, switches = self._tenant, self.wiring.universe.microsoft.switches
            there = tenant.group_by_unique_name(group.unique_name)
            if there is not None:
                both = {*group.members} & {*there.members} or {*group.owners} & {*there.owners}
                if both and switches.upsert_binds == "refuse":
                    raise Refused("exists", kind=Kind.ALREADY_THERE.value)
                self._check_ready(there)
                members, owners = there.rosters["members"], there.rosters["owners"]
                self._bind(there, "members", [p for p in group.members if p not in members])
                self._bind(there, "owners", [p for p in group.owners if p not in owners])
                return None
            if tenant.group_by_nickname(group.mail_nickname):
                raise Refused("taken", kind=Kind.NICKNAME_TAKEN.value)
            if not {*group.owners, *group.members} <= tenant.users.keys():
                raise Refused("unknown", kind=Kind.REFERENCE_UNKNOWN.value)
            made = tenant.add_group(
                group.display_name,
                group.mail_nickname,
                owners=group.owners,
                members=group.members,
                unique_name=group.unique_name,
                description=group.description,
            )
            return _group(made, self.wiring.universe.scheduler.at)

        return self._write("create", write)

    def members(self, group: GroupId) -> dict[ObjectId, Account]:
        def read() -> dict[ObjectId, Account]:
            users = self._tenant.users
            seen = self._roster(group, "members")
            return {
                ObjectId(o): Account(
                    ObjectId(o), u.display_name, u.principal or u.mail, u.mail, u.enabled
                )
                for o in self.wiring.universe.chaos.shown(group, seen)
                if (u := users.get(o))
            }

        return self._read("members", read)

    def owners(self, group: GroupId) -> frozenset[ObjectId]:
        return self._read(
            "owners", lambda: frozenset(ObjectId(o) for o in self._roster(group, "owners"))
        )

    def account(self, person: ObjectId) -> Account | None:
        def read() -> Account | None:
            user = self._tenant.users.get(person)
            if user is None:
                return None
            return Account(
                person, user.display_name, user.principal or user.mail, user.mail, user.enabled
            )

        return self._read("account", read)

    def changes(self, address: str) -> Delta:
        def read() -> Delta:
            journal, switches = self._tenant.journal, self.wiring.universe.microsoft.switches
            moment = self._moment() - switches.delta_delay_seconds
            end = journal.seen(moment)
            if not address:
                return Delta((), "", f"{self._tenant.delta_epoch} {end}")
            epoch, start = map(int, address.split())
            if epoch != self._tenant.delta_epoch:
                raise DeltaLost("maintenance", Where("graph", "GET", "/groups/delta"))
            end = max(start, end)
            told: dict[str, dict[ObjectId, bool]] = {}
            for change in journal.between(start, end):
                people = told.setdefault(change.group, {})
                if change.what == "members":
                    people[ObjectId(change.person)] = change.added
            changes = tuple(self._change(g, who, moment) for g, who in told.items())
            return Delta(changes, "", f"{epoch} {end}")

        return self._read("delta", read)

    def _change(self, group: str, people: Mapping[ObjectId, bool], moment: float) -> GroupChange:
        seen = self._tenant.groups[group].profile.seen(moment)
        return GroupChange(GroupId(group), people=people, name=seen.display_name)

    def batch(self, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
        """Parts that fail one by one as well: each is a call of its own to the directory."""

        def write() -> list[Answer]:
            answers: list[Answer] = []
            mix, draw = self.wiring.universe.chaos, self.wiring.universe.chaos.draw
            for part in parts:
                if chained and answers and answers[-1].status >= 400:
                    answers.append(Answer(Kind.AGAIN, 424))
                elif not mix.calm and len(parts) > 1 and draw.random() < mix.mix.throttled:
                    answers.append(Answer(Kind.THROTTLED, 429, retry_after=2.0))
                elif not mix.calm and len(parts) > 1 and draw.random() < mix.mix.lost:
                    self._do(part)
                    answers.append(Answer(Kind.AGAIN, 504))
                else:
                    answers.append(self._do(part))
            return answers

        return self._write(" ".join(f"{p.method} {p.url[-60:]}" for p in parts[:2]), write)

    # The directory

    def _do(self, part: Part) -> Answer:
        words = part.url.split("/")
        group = self._tenant.groups.get(words[2])
        if group is None or group.deleted is not None:
            return Answer(Kind.NOT_FOUND, 404)
        try:
            self._check_ready(group)
            if part.method == "PATCH":
                self._bind(group, "members", _references(part, "members@odata.bind"))
            elif part.method == "POST":
                self._bind(group, "owners", _references(part, "@odata.id"))
            else:
                side: Side = "owners" if words[3] == "owners" else "members"
                return self._take_out(group, side, words[4])
        except Refused as refused:
            return Answer(Kind(refused.kind), 400)
        return Answer(Kind.OK, 204)

    def _check_ready(self, group: CloudGroup) -> None:
        universe = self.wiring.universe
        age = universe.scheduler.at - group.created
        if age < universe.microsoft.switches.replication_seconds:
            raise Refused("not replicated", kind=Kind.REFERENCE_UNKNOWN.value)

    def _bind(self, group: CloudGroup, side: Side, people: Sequence[str]) -> None:
        if not {*people} <= self._tenant.users.keys():
            raise Refused("unknown", kind=Kind.REFERENCE_UNKNOWN.value)
        if any(p in group.rosters[side] for p in people):
            raise Refused("exist already", kind=Kind.ALREADY_THERE.value)
        group.add(side, *people)

    def _take_out(self, group: CloudGroup, side: Side, who: str) -> Answer:
        if who not in group.rosters[side]:
            return Answer(Kind.ABSENT, 404)
        if side == "owners" and len(group.owners) == 1:
            return Answer(Kind.LAST_OWNER, 400)
        group.drop(side, who)
        takes = self.wiring.universe.microsoft.switches.owner_removal_takes_member
        if side == "owners" and takes and who in group.members:
            group.drop("members", who)
        return Answer(Kind.OK, 204)

    def _roster(self, group: GroupId, side: Side) -> list[str]:
        moment, found = self._moment(), self._tenant.groups.get(group)
        if found is None or not found.exists_at(moment):
            raise NotThere("no such group")
        seen = found.rosters[side].seen(moment)
        if len(seen) != len(found.rosters[side]):
            self.wiring.universe.chaos.counts["stale read"] += 1
        return seen

    def _moment(self) -> float:
        universe = self.wiring.universe
        lag = universe.microsoft.switches.read_lag_seconds
        if lag and universe.microsoft.switches.read_lag_random:
            lag = universe.chaos.draw.uniform(0, lag)
        return universe.scheduler.at - lag

    @property
    def _tenant(self) -> Tenant:
        return self.firm.tenant

    def _admit(self, what: str) -> None:
        """As the client has it: a token that is not taken is got anew, once."""
        if not self.wiring.universe.signs_in or self._is_taken(self.tokens.token()):
            return
        self.tokens.forget()
        if not self._is_taken(self.tokens.token()):
            raise ConsentMissing("the token is not taken", Where("graph", "GET", what, 401))

    def _is_taken(self, token: str) -> bool:
        return token in self.wiring.universe.microsoft.world.tokens

    def _read(self, what: str, act: Callable[[], T]) -> T:
        self._admit(what)
        return _through(self.wiring, "graph", what, act)

    def _write(self, what: str, act: Callable[[], T]) -> T:
        self._admit(what)
        self.wiring.universe.watcher.about_to_write(self.firm.org.uuid, what)
        return _through(self.wiring, "graph", what, act, writes=True)


def _references(part: Part, name: str) -> list[str]:
    value = (part.body or {}).get(name)
    references = [value] if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]
    return [str(r).rpartition("/")[2] for r in references]


def _room(room: CloudRoom) -> Room:
    team = room.world.teams.get(room.team_uuid or "")
    return Room(
        room.id,
        room.uuid,
        room.title,
        room.kind,
        TeamId(team.uuid) if team else None,
        team.id if team else "",
        PersonId(room.creator_uuid),
        room.owner_org,
        room.created,
    )


def _group(group: CloudGroup, moment: float) -> Group:
    seen = group.profile.seen(moment)
    return Group(
        GroupId(group.id),
        seen.display_name,
        seen.mail_nickname,
        seen.description or "",
        round(group.created) * 1000,
    )
