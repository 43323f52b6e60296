"""Who and what exists in Webex. Plain values that refer to each other by uuid, and their indexes.

Times are milliseconds since the epoch. No rules here: see `actions`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from sandbox.webex.ids import encode

if TYPE_CHECKING:
    from sandbox.webex.world import World

BOTS = "b0b0b0b0-0000-4000-8000-000000000000"  # the organization that bots and nobody else are in
MACHINE = "machine"


@dataclass
class Kept:
    """Something the world keeps; it can reach the rest of the world."""

    _: KW_ONLY
    world: World = field(repr=False, compare=False)


@dataclass(eq=False)
class Named(Kept):
    """Something with a uuid: the same thing, whatever has changed about it or been restored."""

    uuid: str

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Named) and other.uuid == self.uuid

    def __hash__(self) -> int:
        return hash(self.uuid)


@dataclass(eq=False)
class Organization(Named):
    name: str
    domain: str

    @property
    def id(self) -> str:
        return encode("ORGANIZATION", self.uuid)

    @property
    def people(self) -> list[Person]:
        return self.world.people_of_org[self.uuid]

    def add_person(
        self,
        name: str,
        email: str | None = None,
        external_id: str | None = None,
        roles: Iterable[str] = (),
        account_status: str = "active",
        user_type: str = "user",
        person_id: str | None = None,
    ) -> Person:
        """A user of this organization. `person_id` is a bare uuid; roles are like id_full_admin."""
        with self.world.lock:
            person = Person(
                uuid=person_id or self.world.new_uuid(),
                name=name,
                email=email or self.world.free_email(name, self.domain),
                org_uuid=self.uuid,
                external_id=external_id,
                roles=frozenset(roles),
                account_status=account_status,
                user_type=user_type,
                created=self.world.now_ms(),
                world=self.world,
            )
            return self.world.keep_person(person)


@dataclass(eq=False)
class Person(Named):
    """A user, a bot or a machine account. `external_id` is the Entra object id, if synchronised."""

    name: str
    email: str
    org_uuid: str
    external_id: str | None = None
    roles: frozenset[str] = frozenset()
    account_status: str = "active"
    user_type: str = "user"
    created: int = 0
    messaging: bool = True

    def __post_init__(self) -> None:
        self.roles = frozenset(self.roles)

    @property
    def id(self) -> str:
        return encode("PEOPLE", self.uuid)

    @property
    def org_id(self) -> str:
        return encode("ORGANIZATION", self.org_uuid)

    @property
    def is_bot(self) -> bool:
        return self.org_uuid == BOTS

    @property
    def is_machine(self) -> bool:
        """The account of a Service App: it belongs to an organization and is in no directory."""
        return self.user_type == MACHINE


@dataclass(eq=False)
class Room(Named):
    title: str
    kind: str  # group or direct
    cluster: str
    owner_org: str
    creator_uuid: str
    created: int
    last_activity: int
    team_uuid: str | None = None
    description: str = ""
    classification_id: str | None = None
    is_locked: bool = False
    is_public: bool = False
    is_announcement_only: bool = False
    is_read_only: bool = False
    migrated: bool = False
    """Moved to another geography: it is found under the id that is told now, and no other."""

    @property
    def id(self) -> str:
        return encode("ROOM", self.uuid, self.cluster)

    @property
    def creator(self) -> Person:
        return self.world.people[self.creator_uuid]

    @property
    def is_general(self) -> bool:
        return self.team_uuid == self.uuid


@dataclass(eq=False)
class Team(Named):
    """Its uuid is that of its General space, and who is in that space is in the team."""

    name: str
    description: str
    cluster: str
    creator_uuid: str
    created: int

    @property
    def id(self) -> str:
        return encode("TEAM", self.uuid, self.cluster)

    @property
    def creator(self) -> Person:
        return self.world.people[self.creator_uuid]

    @property
    def general(self) -> Room:
        return self.world.rooms[self.uuid]


@dataclass
class Membership(Kept):
    """`seq` orders the members of a room and serves as a cursor: it never repeats."""

    room_uuid: str
    person_uuid: str
    seq: int
    created: int
    is_moderator: bool = False
    is_room_hidden: bool = False

    @property
    def key(self) -> str:
        return f"{self.person_uuid}:{self.room_uuid}"

    @property
    def person(self) -> Person:
        return self.world.people[self.person_uuid]


@dataclass
class Webhook(Kept):
    """`failures` are the times, in seconds, of the failed deliveries of the last five minutes."""

    id: str
    name: str
    target_url: str
    resource: str
    event: str
    filter: str
    secret: str
    owned_by: str
    org_uuid: str
    creator_uuid: str
    app_id: str
    created: int
    status: str = "active"
    last_due: float = 0.0
    failures: list[float] = field(default_factory=list)

    @property
    def creator(self) -> Person:
        return self.world.people[self.creator_uuid]


@dataclass
class LinkedFolder(Kept):
    """`broken`: there is no such item in the drive. Webex does not check, so neither do we."""

    id: str
    room_uuid: str
    drive_id: str
    item_id: str
    default_folder: str
    display_name: str
    content_url: str
    creator_uuid: str
    created: int
    broken: bool = False

    @property
    def room(self) -> Room:
        return self.world.rooms[self.room_uuid]

    @property
    def creator(self) -> Person:
        return self.world.people[self.creator_uuid]


@dataclass
class Integration(Kept):
    """An app that may ask for tokens. Empty `redirect_uris` or `scopes`: nothing is registered,
    and anything goes. `machine_uuid`: of a Service App, whose account is its own.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    machine_uuid: str = ""

    def __post_init__(self) -> None:
        self.redirect_uris = tuple(self.redirect_uris)
        self.scopes = frozenset(self.scopes)


@dataclass
class Token(Kept):
    """Times are in seconds since the epoch."""

    access_token: str
    refresh_token: str
    person_uuid: str
    scopes: frozenset[str]
    expires_at: float
    refresh_expires_at: float
    client_id: str = ""

    def __post_init__(self) -> None:
        self.scopes = frozenset(self.scopes)

    @property
    def person(self) -> Person:
        return self.world.people[self.person_uuid]


@dataclass
class Event(Kept):
    """An entry of GET /events; `orgs` are the organizations whose officers may see it."""

    uuid: str
    resource: str
    type: str
    actor_uuid: str
    orgs: list[str]
    created: int
    data: dict[str, object]


@dataclass(frozen=True)
class Message:
    """What somebody wrote to one person. It is not kept over a restart."""

    uuid: str
    sender_uuid: str
    person_uuid: str
    text: str
    created: int


def slug(name: str) -> str:
    """A name as the left side of an e-mail address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".") or "person"
