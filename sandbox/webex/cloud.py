"""The Webex cloud: its routes, and the hands with which a test or a console plays its people."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.kit import Cloud, Request, Response
from sandbox.webex import snapshot
from sandbox.webex.actions import Actions
from sandbox.webex.core import Core
from sandbox.webex.delivery import Delivery, Post, Postman
from sandbox.webex.errors import MESSAGES, Refused
from sandbox.webex.events import EventsApi
from sandbox.webex.folders import FoldersApi
from sandbox.webex.memberships import MembershipsApi
from sandbox.webex.people import PeopleApi
from sandbox.webex.rooms import RoomsApi
from sandbox.webex.scim import ScimApi
from sandbox.webex.state import (
    BOTS,
    LinkedFolder,
    Organization,
    Person,
    Room,
    Team,
    Token,
    Webhook,
    slug,
)
from sandbox.webex.switches import Switches
from sandbox.webex.teams import TeamMembershipsApi, TeamsApi
from sandbox.webex.tokens import ACCESS_SECONDS, Caller, Gate
from sandbox.webex.webhooks import WebhooksApi
from sandbox.webex.world import World

Api = Callable[[Caller, Request], Response]


class Resource(Protocol):
    """The five calls of a collection."""

    def search(self, caller: Caller, request: Request) -> Response: ...
    def create(self, caller: Caller, request: Request) -> Response: ...
    def get(self, caller: Caller, request: Request) -> Response: ...
    def update(self, caller: Caller, request: Request) -> Response: ...
    def delete(self, caller: Caller, request: Request) -> Response: ...


class WebexCloud(Cloud):
    """Stands in for https://webexapis.com. Everything is replayable from the seed and the clock."""

    name = "webex"

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        world = World(random.Random(f"webex {seed}"), self.lock, clock)
        self.core = Core(clock, random.Random(f"webex chance {seed}"), world)
        self.gate = Gate(self.core)
        self.actions = Actions(self.core)
        self.postman = Postman(self.core)
        self._answers = itertools.count(1)
        self._mount()

    # The world, as it is

    @property
    def switches(self) -> Switches:
        return self.core.switches

    @property
    def world(self) -> World:
        return self.core.world

    @property
    def webhooks(self) -> dict[str, Webhook]:
        return self.world.webhooks

    @property
    def linked_folders(self) -> dict[str, LinkedFolder]:
        return self.world.linked_folders

    @property
    def outbox(self) -> list[Delivery]:
        """What waits to be delivered, the next one first."""
        with self.lock:
            return list(self.postman.outbox)

    def people_of(self, team: Team) -> list[Person]:
        """Who is in a team, in the order in which they came; bots and guests too."""
        with self.lock:
            return [member.person for member in self.world.members(team.uuid)]

    def moderators_of(self, team: Team) -> list[Person]:
        with self.lock:
            return [m.person for m in self.world.members(team.uuid) if m.is_moderator]

    # What an administrator does

    def add_organization(self, name: str, org_id: str | None = None) -> Organization:
        """`org_id` is a bare uuid."""
        with self.lock:
            uuid = org_id or self.world.new_uuid()
            org = Organization(uuid, name, f"{slug(name)}.example", world=self.world)
            return self.world.keep_organization(org)

    def add_bot(self, name: str) -> Person:
        """A bot belongs to no customer's organization and is not in any directory."""
        with self.lock:
            email = self.world.free_email(name, "webex.bot")
            bot = Person(
                uuid=self.world.new_uuid(),
                name=name,
                email=email,
                org_uuid=BOTS,
                created=self.world.now_ms(),
                world=self.world,
            )
            return self.world.keep_person(bot)

    def delete_person(self, person: Person) -> None:
        with self.lock:
            self.actions.delete_person(self.world.people[person.uuid])

    def add_integration(self, client_id: str, client_secret: str) -> None:
        with self.lock:
            self.world.integrations[client_id] = client_secret

    def issue_token(
        self,
        person: Person,
        scopes: Iterable[str],
        expires_in: float = ACCESS_SECONDS,
        client_id: str = "",
    ) -> Token:
        with self.lock:
            return self.gate.issue(person, frozenset(scopes), expires_in, client_id)

    def revoke_token(self, token: Token) -> None:
        """Access and refresh token are worth nothing from now on."""
        with self.lock:
            self.gate.revoke(token)

    def look_up_items(self, look_up: Callable[[str, str], str | None]) -> None:
        """Let linked folders know the real drive: (drive id, item id) -> name, None if none."""
        self.folders.look_up = look_up

    # What people do. Raises Refused where Webex would not let them.

    def create_team(self, creator: Person, name: str, description: str = "") -> Team:
        with self.lock:
            return self.actions.create_team(creator, name, description)

    def rename_team(self, team: Team, name: str) -> None:
        with self.lock:
            self.actions.rename_team(self.world.teams[team.uuid], name, team.creator)

    def delete_team(self, team: Team) -> None:
        with self.lock:
            self.actions.delete_team(self.world.teams[team.uuid], team.creator)

    def create_space(
        self,
        creator: Person,
        title: str,
        team: Team | None = None,
        direct_with: Person | None = None,
    ) -> Room:
        with self.lock:
            return self.actions.create_space(creator, title, team, other=direct_with)

    def add_member(
        self, team: Team, person: Person, moderator: bool = False, actor: Person | None = None
    ) -> None:
        """`actor` is who does it: the team's creator, unless told."""
        with self.lock:
            room = self.world.rooms[team.uuid]
            self.actions.join(room, person, actor=actor or team.creator, is_moderator=moderator)

    def remove_member(self, team: Team, person: Person, actor: Person | None = None) -> None:
        with self.lock:
            room = self.world.rooms[team.uuid]
            member = self.world.member(team.uuid, person.uuid)
            if member:
                self.actions.leave(room, member, actor=actor or team.creator)

    def set_moderator(
        self, team: Team, person: Person, on: bool, actor: Person | None = None
    ) -> None:
        with self.lock:
            member = self.world.member(team.uuid, person.uuid)
            if not member:
                raise Refused("not a member of the team")
            room = self.world.rooms[team.uuid]
            self.actions.moderate(room, member, on, actor=actor or team.creator)

    # Deliveries and persistence

    def deliver(self, post: Post) -> int:
        """Send what is due; the lock is not held while `post` runs. Returns how many went out."""
        return self.postman.deliver(post)

    def snapshot(self) -> bytes:
        with self.lock:
            return snapshot.dump(self.core, self.postman.outbox)

    def restore(self, data: bytes) -> None:
        """Take a snapshot's state. Objects handed out before still name the same things."""
        with self.lock:
            self.postman.outbox = snapshot.load(self.core, data)

    # Calls

    def _mount(self) -> None:
        core, actions = self.core, self.actions
        rooms = RoomsApi(core, actions)
        teams = TeamsApi(core, actions)
        events = EventsApi(core)
        people, scim = PeopleApi(core), ScimApi(core)
        self.folders = FoldersApi(core, rooms)
        actions.listeners += [events.record, self.postman.announce]
        self._resource("/v1/memberships", MembershipsApi(core, actions, rooms))
        self._resource("/v1/rooms", rooms)
        self._resource("/v1/teams", teams)
        self._api("GET", "/v1/events", events.search)
        self._api("GET", "/v1/events/{id}", events.get)
        self._api("GET", "/identity/scim/v2/Users/me", scim.me)
        self._api("GET", "/identity/scim/{org}/v2/Users/{id}", scim.get)
        self._api("GET", "/identity/scim/{org}/v2/Users", scim.search)
        self._resource("/v1/room/linkedFolders", self.folders)
        self._resource("/v1/webhooks", WebhooksApi(core, rooms))
        self._resource("/v1/team/memberships", TeamMembershipsApi(core, actions, teams))
        self._api("GET", "/v1/people", people.search)
        self._api("GET", "/v1/people/me", people.me)
        self._api("GET", "/v1/people/{id}", people.get)
        self._api("GET", "/v1/roles", people.roles)
        self.route("POST", "/v1/access_token", self.gate.access_token)

    def _resource(self, path: str, api: Resource) -> None:
        self._api("GET", path, api.search)
        self._api("POST", path, api.create)
        self._api("GET", f"{path}/{{id}}", api.get)
        self._api("PUT", f"{path}/{{id}}", api.update)
        self._api("DELETE", f"{path}/{{id}}", api.delete)

    def _api(self, method: str, pattern: str, api: Api) -> None:
        def admitted(request: Request) -> Response:
            return api(self.gate.admit(request), request)

        self.route(method, pattern, admitted)

    def _dispatch(self, request: Request) -> Response:
        try:
            return super()._dispatch(request)
        except Refused as no:
            return Response(no.status, self.error_body(no.status, "", str(no)), no.headers)

    def error_body(self, status: int, code: str, message: str) -> Any:
        said = message or MESSAGES.get(status, "The request failed.")
        return {
            "message": said,
            "errors": [{"description": said}],
            "trackingId": self._tracking_id(),
        }

    def _tracking_id(self) -> str:
        return f"ROUTERGW_{next(self._answers):012x}"

    def finish(self, request: Request, response: Response) -> Response:
        """Every answer has a `trackingid`; an error's is the one in its body."""
        known = response.body.get("trackingId") if isinstance(response.body, dict) else None
        if not known:
            known = self._tracking_id()
        response.headers.setdefault("trackingid", known)
        return super().finish(request, response)
