"""What the use cases need from the outside, as protocols. Adapters translate and decide nothing.

Every port but `Clock` belongs to one organization. Times are milliseconds unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.core.connecting import Candidate
from shared.core.held import Held, Preview
from shared.core.ids import GroupId, ObjectId, OrgId, PersonId, TeamId
from shared.core.ledger import Ledger
from shared.core.look import Look
from shared.core.model import (
    Account,
    CreationPolicy,
    Delta,
    DirectoryUser,
    Drive,
    Group,
    Identity,
    LinkedFolder,
    Member,
    MembershipEvent,
    OrgSettings,
    Room,
    Team,
    Versioned,
)
from shared.core.pace import Pace
from shared.folder_ports import Drives, SpaceFolders
from shared.log import Log
from shared.microsoft.protocol import Answer, NewGroup, Part
from shared.tally import Tally


class Conflict(Exception):
    """The row was changed since it was read (412), appeared (409) or is gone (404)."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Due:
    """An entry of the index: this team is due at `at`. `etag` guards its move."""

    uuid: str
    at: int
    space_id: str
    etag: str


@dataclass(frozen=True)
class Space:
    """What is remembered of a space: its team, or "" for none. checked: when Webex was asked;
    missed: since when it has not been found, 0 where it has."""

    uuid: str
    team: str
    checked: int
    missed: int = 0


@dataclass(frozen=True)
class Connected:
    """The team that a group belongs to, and the full id of its General space."""

    team: TeamId
    space_id: str


class Looks(Protocol):
    """`look:` and `due:` rows; they move together."""

    def read(self, uuid: str) -> Versioned[Look] | None: ...

    def among(self, uuids: Collection[str]) -> dict[str, Look]:
        """The looks of those of these teams and spaces that have one."""

    def write(self, uuid: str, before: Versioned[Look] | None, after: Look) -> Versioned[Look]:
        """Raises Conflict when `before` is no longer what the row says."""

    def remove(self, uuid: str, before: Versioned[Look]) -> None:
        """Raises Conflict when `before` is no longer what the row says."""

    def due(self, until: int, limit: int) -> list[Due]:
        """The oldest entries due at or before `until`."""

    def postpone(self, dues: Sequence[Due], at: int) -> list[Due]:
        """Move entries to `at`; answers those that were moved, a lost race is left out."""


@dataclass(frozen=True)
class Label:
    """What a list of teams is made and searched by: much less than the team's row.

    status, folder: values of Status and Folder, or of a newer version. reason: its code, or "".
    codes: for which people of it are listed. spaces: how its further spaces' folders stand.
    """

    uuid: TeamId
    space_id: str
    new: bool
    names: tuple[str, ...]
    status: str
    reason: str
    folder: str
    has_group: bool
    codes: frozenset[str] = frozenset()
    spaces: frozenset[str] = frozenset()


class Teams(Protocol):
    """`team:`, `members:` and `space:` rows."""

    def read(self, team: TeamId) -> Versioned[Team] | None: ...

    def write(self, before: Versioned[Team] | None, after: Team) -> Versioned[Team]:
        """Raises Conflict when `before` is no longer what the row says."""

    def everyone(self) -> Iterable[Team]:
        """All teams of the organization, a page at a time."""

    def labels(self, after: str, limit: int) -> list[Label]:
        """The teams behind this uuid, in the order of their uuids; "" for the first ones."""

    def among(self, teams: Collection[TeamId]) -> dict[TeamId, Team]:
        """Those of these teams whose rows can be read: a newer version's may not be."""

    def ledger(self, team: TeamId) -> Versioned[Ledger]: ...

    def write_ledger(
        self, team: TeamId, before: Versioned[Ledger], after: Ledger
    ) -> Versioned[Ledger]:
        """Raises Conflict when `before` is no longer what the rows say."""

    def space(self, uuid: str) -> Space | None: ...

    def remember_space(self, space: Space) -> None: ...

    def teams_of(self, groups: Collection[GroupId]) -> dict[GroupId, Connected]:
        """Those of these groups that are a team's, as far as `remember_group` was told."""

    def remember_group(self, group: GroupId, team: TeamId, space_id: str) -> None:
        """Whose a group is. May be called again; a group goes over to nobody else."""

    def free_group(self, group: GroupId, team: TeamId) -> None:
        """It is not this team's after all. Nothing happens where it is another's, or nobody's."""

    def held(self, team: TeamId) -> Versioned[Held] | None:
        """What waits for an administrator, if the team's row says that something does."""

    def hold(
        self, team: TeamId, before: Versioned[Held] | None, after: Held | None
    ) -> Versioned[Held] | None:
        """Keep or (None) take away what waits. Raises Conflict when `before` is no longer it."""

    def keep_preview(self, preview: Preview) -> None:
        """In place of an earlier one; its numbers alone."""

    def previews(self, after: str, limit: int) -> list[Preview]:
        """Those behind this uuid, in the order of the teams' uuids; "" for the first ones."""


class Identities(Protocol):
    def people_of(self, objects: Iterable[ObjectId]) -> dict[ObjectId, frozenset[PersonId]]:
        """Who carries these object ids; at most one read a bucket, and one for many."""

    def known(self, people: Iterable[PersonId]) -> dict[PersonId, Identity]:
        """At most one read a bucket, and one for many."""

    def keep(self, identities: Iterable[Identity]) -> dict[PersonId, Identity]:
        """Keep answers; marks double claims. Answers them as they are kept."""


@dataclass(frozen=True)
class Kept:
    """A small row of its own: how far a source was read, or what it said. `state` is JSON."""

    state: Mapping[str, object]
    etag: str


class Organizations(Protocol):
    """The organization's rows that change at different speeds."""

    def read_ahead(self) -> None:
        """All of them in one request. Each is then answered from it once, and read anew after."""

    def settings(self) -> OrgSettings: ...

    def save_settings(self, change: Callable[[OrgSettings], OrgSettings]) -> OrgSettings:
        """Read, change, write; again after a lost race."""

    def kept(self, name: str) -> Kept | None: ...

    def keep(self, name: str, before: Kept | None, state: Mapping[str, object]) -> None:
        """Raises Conflict when somebody else wrote it."""

    def pace(self, capability: str) -> Versioned[Pace] | None: ...

    def set_pace(self, capability: str, before: Versioned[Pace] | None, after: Pace) -> None:
        """Raises Conflict when somebody else booked."""


@dataclass(frozen=True)
class DeadLetter:
    """A team given up on, for an administrator to see and replay."""

    team: str
    space_id: str
    at: int
    error: str
    trace: str


class DeadLetters(Protocol):
    def put(self, letter: DeadLetter) -> None:
        """One a team: a later one replaces it."""

    def read(self, team: str) -> DeadLetter | None: ...

    def after(self, team: str, limit: int) -> list[DeadLetter]:
        """Those behind this uuid, in the order of the teams' uuids; "" for the first ones."""

    def among(self, teams: Collection[str]) -> dict[str, DeadLetter]:
        """Of those of these teams that have one."""

    def remove(self, team: str) -> None:
        """Nothing happens where there is none."""


@dataclass(frozen=True)
class EventPage:
    """One page; next: address of the one after it. server_time: Webex's clock, milliseconds."""

    events: tuple[MembershipEvent, ...]
    next: str | None
    server_time: int


class Webex(Protocol):
    """Reads and links with the organization's credentials. Raises core.errors."""

    def room(self, space_id: str) -> Room:
        """Raises NotThere for a space that is gone or not visible."""

    def members(self, space_id: str) -> list[Member]:
        """All pages. Raises Unavailable if any item was not readable: no read is partial."""

    def spaces_of(self, person: PersonId) -> list[str]:
        """The ids of the spaces that somebody is in, as Webex tells them now."""

    def team_name(self, team_id: str) -> str: ...

    def rename_team(self, team_id: str, name: str) -> None:
        """As our bot, where it moderates the team. May be called again. Raises CredentialMissing,
        Forbidden, NotThere, Refused."""

    def user(self, person: PersonId) -> DirectoryUser:
        """What the directory (SCIM) says. Raises NotThere for no such user."""

    def user_named(self, name: str) -> DirectoryUser | None:
        """The user of our organization with this user name (an e-mail address), if there is one."""

    def add_member(self, space_id: str, person: PersonId, capability: str) -> None:
        """Put somebody into the team of this General space. Already there is success.

        capability: "spaces" (a compliance officer, through the General space) or "cards" (a bot
        that moderates the team). Raises Forbidden, NotThere where that credential may not.
        """

    def remove_member(self, space_id: str, person: PersonId, capability: str) -> None:
        """Take somebody out of the team of this General space. Not there is success.

        Raises as `add_member`; Refused with kind "last_moderator".
        """

    def membership_events(self, since: int, page: str | None) -> EventPage:
        """Who joined, changed or left, in any space of the organization."""

    def server_time(self) -> int: ...

    def linked_folders(self, space_id: str, capability: str) -> list[LinkedFolder]: ...

    def link_folder(
        self, space_id: str, drive: Drive, name: str, *, default: bool, capability: str
    ) -> None: ...

    def relink_folder(
        self, space_id: str, link: LinkedFolder, drive: Drive, name: str, *, capability: str
    ) -> None:
        """The link of a space, with another folder, name or address. Raises NotThere."""

    def org_webhooks(self, *, patient: bool = True) -> list[Mapping[str, Any]]:
        """What is registered for the whole organization. patient: see `http`."""

    def register_rooms_webhook(self, target: str, secret: str) -> None: ...

    def bot_webhooks(self, *, patient: bool = True) -> list[Mapping[str, Any]]:
        """What our bot has registered. Raises CredentialMissing where there is no bot."""

    def register_memberships_webhook(self, target: str, secret: str, event: str) -> None:
        """As the bot: who joins, changes or leaves in spaces that it is in.

        event: created, updated, deleted or all. Raises Refused where Webex knows no such webhook.
        """

    def move_webhook(
        self, webhook_id: str, target: str, secret: str, *, capability: str = "spaces"
    ) -> None:
        """Another target and secret, and active again. capability: "cards" for the bot's own."""

    def delete_webhook(self, webhook_id: str, *, capability: str = "spaces") -> None:
        """Raises NotThere where it is gone. capability: as for `move_webhook`."""


class Groups(Protocol):
    """Graph as the app of one tenant. Raises core.errors."""

    def creation_policy(self) -> CreationPolicy: ...

    def is_member_of(self, person: ObjectId, group: str) -> bool: ...

    def find(self, unique_name: str) -> Group | None: ...

    def create(self, group: NewGroup) -> Group | None:
        """Create if missing. None: it was there already (204), look again later.

        Raises Refused with a protocol Kind, AnswerUnknown if no answer came.
        """

    def group(self, group: GroupId) -> Group | None: ...

    def candidate(self, group: GroupId) -> Candidate | None: ...

    def candidate_named(self, nickname: str) -> Candidate | None:
        """By the part of its mail address that stands before the @."""

    def restore(self, group: GroupId) -> None:
        """Out of the deleted items, within 30 days. Raises NotThere, Refused, PermissionMissing."""

    def edit(self, group: GroupId, **properties: str) -> None:
        """Give it these properties, by Graph's names (displayName, description). May be called
        again. Raises Refused with a protocol Kind, and what the naming policy wants in its body;
        AnswerUnknown if no answer came."""

    def members(self, group: GroupId) -> dict[ObjectId, Account]:
        """All pages. Raises NotThere for a group that is gone or not visible yet."""

    def account(self, person: ObjectId) -> Account | None:
        """None for an object id that the tenant does not know."""

    def invite(self, mail: str, name: str) -> ObjectId:
        """Invite somebody as a guest; who was invited before is the same guest. Writes no mail.

        Raises PermissionMissing, Refused.
        """

    def changes(self, address: str) -> Delta:
        """Groups that changed since `address` was given; "" begins now. Raises DeltaLost."""

    def owners(self, group: GroupId) -> frozenset[ObjectId]: ...

    def batch(self, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
        """Send up to 20 parts in one call; each answer stands for itself."""

    def drive(self, group: GroupId) -> Drive | None:
        """None while it is being provisioned."""


@dataclass(frozen=True)
class Services:
    """Everything a use case may touch, for one organization. new_id: a fresh unguessable id.
    calls: what was asked of the providers through these ports. public_url: where people reach this
    app, "" where that is not known.
    """

    org: OrgId
    clock: Clock
    new_id: Callable[[], str]
    looks: Looks
    teams: Teams
    identities: Identities
    organizations: Organizations
    dead_letters: DeadLetters
    webex: Webex
    groups: Groups
    log: Log
    drives: Drives
    space_folders: SpaceFolders
    calls: Tally = field(default_factory=Tally)
    public_url: str = ""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return round(self.clock.now() * 1000)
