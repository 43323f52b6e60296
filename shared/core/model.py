"""The words of the product as values: teams, people, groups, settings. Frozen in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from shared.core.ids import GroupId, ObjectId, OrgId, PersonId, TeamId, TenantId
from shared.core.marks import Mark

Value = TypeVar("Value")


@dataclass(frozen=True)
class Versioned(Generic[Value]):
    """A value as it was read, with the ETag that a write depending on it must carry."""

    value: Value
    etag: str


@dataclass(frozen=True)
class Room:
    """A Webex space. `id` is the full Webex id; the other ids are bare uuids.

    created: milliseconds. owner: uuid of the organization that owns the space, "" if not said.
    read_only: nothing can be written in it, as where its team is archived.
    """

    id: str
    uuid: str
    title: str
    type: str
    team: TeamId | None
    team_id: str
    creator: PersonId | None
    owner: str
    created: int
    read_only: bool = False


@dataclass(frozen=True)
class Member:
    """One membership of a space; joined: milliseconds. `org` is "" where Webex did not say.

    id: of the membership, as Webex tells it.
    """

    person: PersonId
    email: str
    name: str
    org: str
    moderator: bool
    joined: int
    id: str = ""


@dataclass(frozen=True)
class MembershipEvent:
    """Somebody joined, changed or left a space. `space_id` is the full Webex id.

    kind: created, updated or deleted.
    """

    id: str
    space_id: str
    created: int
    kind: str = "created"


class IdentityState(StrEnum):
    """What is known of a person's object id; the values are codes of `core.reasons`."""

    MAPPED = "mapped"
    NO_OBJECT_ID = "no_object_id"
    NOT_A_GUID = "not_a_guid"
    CLAIMED_TWICE = "claimed_twice"
    UNKNOWN_TO_TENANT = "unknown_to_tenant"
    NOT_IN_DIRECTORY = "not_in_directory"
    BOT = "bot"
    # The directory's audit: the object id is another account's than the user's own name. Rows keep
    # the place in this list, so what is new comes last.
    NAME_DIFFERS = "name_differs"


@dataclass(frozen=True)
class Identity:
    """A Webex person and the principal in Entra. Seconds since the epoch, as the rows keep them.

    since: when the state became what it is; checked: when the directory was last asked.
    """

    person: PersonId
    object: ObjectId | None
    state: IdentityState
    checked: int
    since: int


@dataclass(frozen=True)
class DirectoryUser:
    """A user of Webex's directory: `externalId`, if set, and whether it is a person at all.

    active: the account may sign in. person: its uuid, where the directory was asked by a name.
    """

    external_id: str | None
    is_person: bool = True
    active: bool = True
    person: PersonId | None = None


@dataclass(frozen=True)
class Group:
    """What a read of the group says. created: milliseconds."""

    id: GroupId
    name: str
    nickname: str
    description: str
    created: int


@dataclass(frozen=True)
class Account:
    """A principal of the tenant, as far as Graph tells it.

    principal: the user principal name; mail: "" for none. enabled: None where Graph did not say.
    """

    object: ObjectId
    name: str = ""
    principal: str = ""
    mail: str = ""
    enabled: bool | None = None
    guest: bool = False


@dataclass(frozen=True)
class GroupChange:
    """A group of which the delta says that something changed. people: who came in (True) and who
    left; those of a large change may be told on several pages. name: what it is called, "" where
    that was not told."""

    group: GroupId
    deleted: bool = False
    people: Mapping[ObjectId, bool] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Delta:
    """One page of changes. following: the next page's address, "" on the last; then `latest` is the
    address that tells what changes from now on."""

    changes: tuple[GroupChange, ...]
    following: str = ""
    latest: str = ""


@dataclass(frozen=True)
class Drive:
    """The group's document library: drive, its root item and the address people open."""

    drive_id: str
    item_id: str
    web_url: str


@dataclass(frozen=True)
class LinkedFolder:
    """A folder linked to a space, as Webex tells it. `id` is opaque."""

    id: str
    drive_id: str
    item_id: str
    url: str
    default: bool


@dataclass(frozen=True)
class CreationPolicy:
    """Who may create groups in the tenant: everybody, or the members of one group. guests: whether
    groups may have guests."""

    everybody: bool = True
    allowed_group: str = ""
    guests: bool = True


class Direction(StrEnum):
    """Who leads membership."""

    BOTH = "both"
    GROUP = "group"
    TEAM = "team"


@dataclass(frozen=True)
class Limits:
    """How many people one look may remove or add before an administrator is asked.

    Numbers of people, and shares of the team in percent; a share counts for more than a handful.
    """

    remove: int = 20
    remove_share: int = 25
    add: int = 100
    add_share: int = 100


class Marks(StrEnum):
    """Which groups are marked: none, those that this app made, or also those that were there."""

    NONE = "none"
    MADE = "made"
    ALL = "all"


@dataclass(frozen=True)
class OrgSettings:
    """One organization's switch and what stands under it. Times in milliseconds.

    tenant: bound to this organization once consent was proven; tokens from before consented_at
    are worth nothing. chosen: the tenant that consent is asked of.
    folder_linkers: the credentials that link folders, in the order to try. space_folders: a team's
    further spaces get folders of their own, where folders are linked at all.
    direction: who leads membership, where a team has none of its own. mark: which groups say in
    their description what looks after them, by `Marks`; mark_ends: it says so where the team has
    ended. guests: people of other organizations are invited as guests. limits: the brake's.
    audit_days: how often everybody in the directory is set against Entra, 0 for only when somebody
    asks; alert_fall: by how many percent fewer people may match before somebody is told, 0 for
    never. language: of what is written to people, "" for the reader's own.
    """

    org: OrgId
    on: bool = False
    epoch: int = 0
    enabled_since: int = 0
    tenant: TenantId | None = None
    public_groups: bool = False
    honour_creation: bool = True
    link_folders: bool = True
    space_folders: bool = False
    default_folder: bool = True
    folder_linkers: tuple[str, ...] = ("folders", "spaces", "people")
    direction: str = Direction.BOTH.value
    guests: bool = False
    mark: str = Marks.MADE.value
    mark_ends: bool = False
    limits: Limits = Limits()
    audit_days: int = 1
    alert_fall: int = 5
    language: str = ""
    chosen: TenantId | None = None
    tenant_name: str = ""
    consented_at: int = 0
    consented_by: str = ""

    @property
    def gives_spaces_folders(self) -> bool:
        return self.link_folders and self.space_folders


class Status(StrEnum):
    """The team's state in a word."""

    FROM_BEFORE = "from_before"
    SETTLING = "settling"
    WAITING = "waiting"
    COMPLETE = "complete"
    NEEDS_PERSON = "needs_person"


class Folder(StrEnum):
    """Where the folder stands; all but NONE and LINKED are codes of `core.reasons`."""

    NONE = ""
    LINKED = "linked"
    WAITING = "folder_waiting"
    NO_PERMISSION = "folder_no_permission"
    REFUSED = "folder_link_refused"
    FOREIGN = "folder_foreign"


@dataclass(frozen=True)
class Name:
    """What one side is called, as far as it is known. Times in milliseconds.

    last: what it was when both sides last agreed. sent: what we have sent to this side without an
    answer, "" for nothing. moved: when it last became another one, or we sent it: soon after that
    a read may show what was before. refused: what this side did not take, "" for nothing. ours:
    what it was seen to be by us, without an answer, before another was `sent`.
    """

    last: str = ""
    sent: str = ""
    moved: int = 0
    refused: str = ""
    ours: str = ""


@dataclass(frozen=True)
class Names:
    """Of one team and its group. At most one side has something `sent`."""

    team: Name = Name()
    group: Name = Name()


@dataclass(frozen=True)
class Team:
    """The team's row: what we did and what we know. Times in milliseconds, 0 for never.

    new: decided once, at first sight, and kept. intent_at: before the create is sent.
    any_chunk: a chunk of references of this group was once taken, so refusals mean something.
    name: what the group was named after; space_title: what the team is called in Webex now;
    group_name: what the group is called. names: what both were called when they last agreed; None
    before there is a group, and where the version that made it did not follow names.
    name_code: why they are not called alike, "" for no reason. named_at: when the team's name was
    last read. names_at: when both names are to be read, None for not before that.
    mark: what is known of the mark in the group's description; None where the version that made
    the group kept nothing of it. archived: in Webex, as last read in full. missed_at: since when
    Webex does not find the team, missed: in how many looks. group_missed_at: since when Microsoft
    has not found the group, until what changed meanwhile was held for an administrator.
    group_restored_at: when one last restored it here.
    people_at: when the people are due to be looked at; None when only the folder is.
    failures: passing failures in a row.
    direction: who leads this team's membership, "" for the organization's choice.
    full_at: when everything of it was last read, whether or not anything seemed to have changed.
    moderated: a fingerprint of who moderated when the owners were last read.
    held: changes wait for an administrator, in a row of their own.
    settled_at: when settling ended; whoever joined or was dropped before belongs to the beginning.
    others: who is in the group and not in the team, with the code that says why it stays so.
    tried_at: when those who are listed for what can be mended were last tried; 0 for nobody is.
    spaces: how many of its further spaces stand how with their folders, by `SpaceState`.
    """

    uuid: TeamId
    space_id: str
    new: bool
    created: int
    first_seen: int
    creator: PersonId | None = None
    name: str = ""
    space_title: str = ""
    status: Status = Status.SETTLING
    reason: str = ""
    detail: str = ""
    settled: bool = False
    roster_digest: str = ""
    roster_changed: int = 0
    roster_size: int = 0
    group_id: GroupId | None = None
    group_name: str = ""
    nickname: str = ""
    intent_at: int = 0
    group_created: int = 0
    any_chunk: bool = False
    stand_in: PersonId | None = None
    folder: Folder = Folder.NONE
    folder_tries: int = 0
    folder_at: int | None = None
    drive: Drive | None = None
    people_at: int | None = 0
    wanted_done: int = 0
    failures: int = 0
    listed: dict[PersonId, str] = field(default_factory=dict)
    in_group: int = 0
    direction: str = ""
    full_at: int = 0
    moderated: str = ""
    held: bool = False
    settled_at: int = 0
    others: dict[ObjectId, str] = field(default_factory=dict)
    tried_at: int = 0
    spaces: dict[str, int] = field(default_factory=dict)
    names: Names | None = None
    name_code: str = ""
    named_at: int = 0
    names_at: int | None = None
    mark: Mark | None = None
    archived: bool = False
    missed_at: int = 0
    missed: int = 0
    group_missed_at: int = 0
    group_restored_at: int = 0
