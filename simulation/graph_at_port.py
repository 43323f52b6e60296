"""Microsoft Graph at the product's port, through replicas that are behind: see `port`."""

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
from shared.core.errors import (
    ConsentMissing,
    DeltaLost,
    NotThere,
    Refused,
    Where,
)
from shared.core.ids import GroupId, ObjectId
from shared.core.model import (
    Account,
    CreationPolicy,
    Delta,
    Group,
    GroupChange,
)
from shared.http import Reply
from shared.microsoft.drives import DriveClient
from shared.microsoft.graph import GraphClient
from shared.microsoft.protocol import Answer, Kind, NewGroup, Part
from simulation.port import through

if TYPE_CHECKING:
    from simulation.universe import Firm, SimulatedWiring

T = TypeVar("T")


@dataclass(frozen=True)
class WithoutWire(GraphClient):
    """Requests about drives are handed to the cloud as they are."""

    wiring: SimulatedWiring
    firm: Firm

    def _once(
        self,
        method: str,
        url: str,
        body: object,
        extra: Mapping[str, str] | None,
        *,
        reads: bool,
        patient: bool,
    ) -> Reply:
        if "/drive" not in url:
            return super()._once(method, url, body, extra, reads=reads, patient=patient)
        token = self.tokens.token()
        headers = {"Authorization": f"Bearer {token}"}
        sent = b"" if body is None else json.dumps(body).encode()
        request = parse_request(method, url, headers, sent)
        what, writes, universe = f"{method} {request.path}", method != "GET", self.wiring.universe

        def act() -> Reply:
            answer = universe.microsoft.graph.handle(request)
            where = Where("graph", method, request.path, answer.status)
            return Reply(answer.status, answer.body, answer.headers, where)

        if method == "DELETE":
            universe.watcher.broken("spaces", f"we delete {url}")
        if writes and token in universe.microsoft.world.tokens:
            # With a token that has ended it is sent once more, with another.
            universe.watcher.about_to_write(self.firm.org.uuid, what, token)
        return through(self.wiring, "graph", what, act, writes=writes)


@dataclass(frozen=True)
class DrivesAtPort(WithoutWire, DriveClient):
    """The port `Drives`."""


@dataclass(frozen=True)
class GroupsAtPort(WithoutWire):
    """As the app of the tenant sees it, through replicas that are behind."""

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
                for o in self.wiring.universe.chaos.shown(group, seen, str)
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
        found = self._tenant.groups[group]
        if found.deleted is not None and found.deleted <= moment:
            return GroupChange(GroupId(group), deleted=True)
        name = found.profile.seen(moment).display_name
        return GroupChange(GroupId(group), people=people, name=name)

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
        return through(self.wiring, "graph", what, act)

    def _write(self, what: str, act: Callable[[], T]) -> T:
        self._admit(what)
        self.wiring.universe.watcher.about_to_write(self.firm.org.uuid, what)
        return through(self.wiring, "graph", what, act, writes=True)


def _references(part: Part, name: str) -> list[str]:
    value = (part.body or {}).get(name)
    references = [value] if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]
    return [str(r).rpartition("/")[2] for r in references]


def _group(group: CloudGroup, moment: float) -> Group:
    seen = group.profile.seen(moment)
    return Group(
        GroupId(group.id),
        seen.display_name,
        seen.mail_nickname,
        seen.description or "",
        round(group.created) * 1000,
    )
