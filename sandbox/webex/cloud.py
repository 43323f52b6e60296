"""The Webex cloud: the world, and the hands with which a test or a console plays its people."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.clock import Clock
from sandbox.kit import Cloud, Request, Response
from sandbox.webex import snapshot
from sandbox.webex.actions import Actions
from sandbox.webex.authorize import AuthorizeApi
from sandbox.webex.codes import Codes
from sandbox.webex.core import Core
from sandbox.webex.delivery import Delivery, Post, Postman
from sandbox.webex.errors import MESSAGES, Refused
from sandbox.webex.oidc import Oidc, Spoil
from sandbox.webex.routes import mount
from sandbox.webex.state import (
    BOTS,
    MACHINE,
    Integration,
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
from sandbox.webex.tokens import ACCESS_SECONDS, BOT_SECONDS, Gate
from sandbox.webex.world import World


class WebexCloud(Cloud):
    """Stands in for https://webexapis.com. Everything is replayable from the seed and the clock."""

    name = "webex"

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        world = World(random.Random(f"webex {seed}"), self.lock, clock)
        self.core = Core(clock, random.Random(f"webex chance {seed}"), world)
        self.gate = Gate(self.core)
        self.oidc = Oidc(self.core)
        self.codes = Codes(self.core, self.gate, self.oidc)
        self.authorize = AuthorizeApi(self.core, self.codes)
        self.actions = Actions(self.core)
        self.postman = Postman(self.core)
        self._answers = itertools.count(1)
        self.folders = mount(self)

    @property
    def spoil(self) -> Spoil:
        """What is wrong with the next id_token, and only that one; empty for nothing."""
        return self.oidc.spoil

    @spoil.setter
    def spoil(self, how: Spoil) -> None:
        self.oidc.spoil = how

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

    def deactivate_person(self, person: Person) -> None:
        """An administrator has switched the account off. `reactivate_person` puts nobody back."""
        with self.lock:
            self.actions.deactivate_person(self.world.people[person.uuid])

    def reactivate_person(self, person: Person) -> None:
        with self.lock:
            self.world.people[person.uuid].account_status = "active"

    def delete_person(self, person: Person) -> None:
        with self.lock:
            self.actions.delete_person(self.world.people[person.uuid])

    def add_integration(
        self,
        client_id: str,
        client_secret: str,
        redirect_uris: Iterable[str] = (),
        scopes: Iterable[str] = (),
    ) -> None:
        """Register it, or register it anew. Where nothing is given, anything goes."""
        app = Integration(
            client_id, client_secret, tuple(redirect_uris), frozenset(scopes), world=self.world
        )
        with self.lock:
            self.world.integrations[client_id] = app

    def add_service_app(
        self, client_id: str, client_secret: str, org: Organization, scopes: Iterable[str]
    ) -> Token:
        """One that an administrator of `org` has authorized; the tokens of its machine account.

        It refreshes them at /v1/access_token with its own client id and secret.
        """
        with self.lock:
            # What such an account's address looks like is not published.
            machine = org.add_person(
                client_id,
                self.world.free_email(client_id, "serviceapp.example"),
                user_type=MACHINE,
            )
            self.world.integrations[client_id] = Integration(
                client_id,
                client_secret,
                scopes=frozenset(scopes),
                machine_uuid=machine.uuid,
                world=self.world,
            )
            return self.gate.issue(machine, frozenset(scopes), ACCESS_SECONDS, client_id)

    def issue_token(
        self,
        person: Person,
        scopes: Iterable[str],
        expires_in: float = ACCESS_SECONDS,
        client_id: str = "",
    ) -> Token:
        with self.lock:
            return self.gate.issue(person, frozenset(scopes), expires_in, client_id)

    def issue_bot_token(self, bot: Person) -> Token:
        """What developer.webex.com shows when a bot is made: for everything, and without an end."""
        return self.issue_token(bot, {"spark:all"}, BOT_SECONDS)

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

    def archive_team(self, team: Team, *, on: bool = True) -> None:
        with self.lock:
            self.actions.archive_team(self.world.teams[team.uuid], team.creator, on=on)

    def migrate_team(self, team: Team, cluster: str = "urn:TEAM:eu-central-1_k") -> None:
        """Webex moves it to another geography, with all its spaces."""
        with self.lock:
            self.actions.migrate_team(self.world.teams[team.uuid], cluster)

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
        """Take a snapshot's state. Objects handed out before still name the same things.

        Codes under way and signed-in browsers are forgotten.
        """
        with self.lock:
            self.postman.outbox = snapshot.load(self.core, data)
            self.codes.clear()
            self.authorize.forget_browsers()

    # Calls

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
