"""Webex at the product's port: see `port`. Whatever is rare goes through the real client and is
handed to the cloud without a wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sandbox.kit import parse_request
from sandbox.webex.errors import Conflict as WebexConflict
from sandbox.webex.errors import Refused as WebexRefused
from sandbox.webex.ids import encode, key_of
from sandbox.webex.state import Room as CloudRoom
from shared.core.errors import (
    CredentialMissing,
    Forbidden,
    NotThere,
    Refused,
    Where,
)
from shared.core.ids import PersonId, TeamId
from shared.core.model import (
    DirectoryUser,
    Member,
    MembershipEvent,
    Room,
)
from shared.http import Reply
from shared.ports import EventPage
from shared.webex.client import WebexClient, checked
from simulation.port import PAGE, through
from simulation.reading import LINKS

if TYPE_CHECKING:
    from sandbox.webex import WebexCloud
    from simulation.universe import Firm, SimulatedWiring

T = TypeVar("T")


@dataclass(frozen=True)
class WebexAtPort(WebexClient):
    """As a compliance officer of the organization sees it."""

    wiring: SimulatedWiring

    def room(self, space_id: str) -> Room:
        shows = self._cloud.switches.archived_is_read_only
        return self._call_port(f"room {space_id[-6:]}", lambda: _room(self._shown(space_id), shows))

    def members(self, space_id: str) -> list[Member]:
        def read() -> list[Member]:
            room = self._shown(space_id)
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
                    room.uuid, self._cloud.world.members(room.uuid), lambda m: m.person_uuid
                )
            ]

        return self._call_port(f"members {space_id[-6:]}", read)

    def team_name(self, team_id: str) -> str:
        def read() -> str:
            team = self._cloud.world.teams.get(key_of(team_id, "TEAM", "ROOM"))
            if team is None or self.wiring.universe.out_of_sight:
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

        return self._call_port(f"user {person[-6:]}", read, "people")

    def user_named(self, name: str) -> DirectoryUser | None:
        def read() -> DirectoryUser | None:
            found = self._cloud.world.by_email.get(name.lower())
            if found is None or found.org_uuid != self.org:
                return None
            active = found.account_status == "active"
            return DirectoryUser(found.external_id, True, active, PersonId(found.uuid))

        return self._call_port(f"user named {name}", read, "people")

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
            surely = now - 1000 * (lag + jitter)
            events = [
                MembershipEvent(e.uuid, str(e.data["roomId"]), e.created, e.type)
                for e in world.events_of_org.get(self.org, ())
                if e.resource == "memberships"
                and e.created >= since
                and (
                    e.created <= surely
                    or e.created + 1000 * (lag + jitter * int(e.uuid[:4], 16) / 0xFFFF) <= now
                )
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

        what, writes = f"{method} {request.path}", method != "GET"
        if LINKS in request.path:
            what += f" as {capability}"
            if writes:
                self.wiring.universe.watcher.about_to_write(self.org, what)
        return through(self.wiring, "webex", what, act, writes=writes, capability=capability)

    @property
    def _cloud(self) -> WebexCloud:
        return self.wiring.universe.webex

    @property
    def _firm(self) -> Firm:
        return next(f for f in self.wiring.universe.firms if f.id == self.org)

    def _shown(self, space_id: str) -> CloudRoom:
        """To somebody who reads it."""
        if self.wiring.universe.out_of_sight:
            raise NotThere("no space is found for a moment")
        room = self._found(space_id)
        if room.uuid in self.wiring.universe.unseen:
            raise NotThere("it is not seen yet")
        return room

    def _found(self, space_id: str) -> CloudRoom:
        world = self._cloud.world
        room = world.rooms.get(key_of(space_id, "ROOM"))
        if room is None or not world.has_people_of(room, self.org):
            raise NotThere("no such space")
        if room.migrated and space_id != room.id:
            raise NotThere("it has another id now")
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

    def _admit(self, what: str, capability: str = "spaces") -> None:
        if self.wiring.universe.signs_in:
            self._token(capability, what)

    def _is_taken(self, token: str) -> bool:
        known = self._cloud.world.tokens.get(token)
        return known is not None and known.expires_at > self.wiring.universe.scheduler.at

    def _call_port(self, what: str, act: Callable[[], T], capability: str = "spaces") -> T:
        self._admit(what, capability)
        return through(self.wiring, "webex", what, act, capability=capability)

    def _write_port(self, what: str, act: Callable[[], None]) -> None:
        self._admit(what)
        self.wiring.universe.watcher.about_to_write(self.org, what)
        through(self.wiring, "webex", what, act, writes=True)


def _room(room: CloudRoom, shows_archive: bool) -> Room:
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
        room.is_read_only and shows_archive,
    )
