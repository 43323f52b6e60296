"""What waits for an administrator, and what a dry run says would happen: people by name.

The names are those that both sides told when it was planned; they are kept as long as the row is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.core.ids import ObjectId, PersonId, TeamId
from shared.core.ledger import Change, Pending


@dataclass(frozen=True)
class Named:
    """One change, with the person's name, "" where neither side told one."""

    change: Change
    name: str = ""


@dataclass(frozen=True)
class Held:
    """Changes that the brake holds. at: when they were first held; milliseconds, as all times.

    size: people in the team then, known to Microsoft 365 or not. why: codes, sorted: remove_many,
    add_many, empties. decided: "", "allow" or "refuse"; by: whose decision, for people to read.
    """

    changes: tuple[Named, ...]
    at: int
    size: int
    why: tuple[str, ...]
    decided: str = ""
    by: str = ""
    decided_at: int = 0


@dataclass(frozen=True)
class Evidence:
    """Why one person is or is not in the group, and what was seen where.

    in_team, in_group: as they were read; joined: when Webex says they joined, 0 if they have not.
    known: seen on both sides before, or put there by us. state, checked: what is known of the
    person's External ID, and since when (seconds). pending: our own writes not seen yet.
    missing: since when they are missed on a side, by the side. change: what would be done, with
    op and side; code: of core.reasons, why nothing is.
    """

    name: str
    person: PersonId | None = None
    object: ObjectId | None = None
    in_team: bool = False
    in_group: bool = False
    moderator: bool = False
    owner: bool = False
    joined: int = 0
    known: bool = False
    state: str = ""
    checked: int = 0
    pending: tuple[Pending, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Preview:
    """What a look would do to one team. Times in milliseconds.

    team_read, group_read: when each side was read, 0 if it was not. creates: a group would be made.
    counts: what would be done, by `Change.kind`; doubted: what would be done as well if a second
    read, two minutes later, misses the same people. unknown: people of the team who are not looked
    up in the directory yet. waiting: the team has no group yet, and is too new for one.
    listed: people, and a name, left to an administrator, by reason code. held: the brake would hold
    something. renames: the side that would be renamed, "team" or "group", "" for none.
    failure: the reason code why nothing could be said. changes, people, renamed_to: only in a
    preview of one team, never kept.
    """

    team: TeamId
    name: str
    at: int
    direction: str
    team_read: int = 0
    group_read: int = 0
    creates: bool = False
    changes: tuple[Named, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    doubted: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    waiting: bool = False
    listed: Mapping[str, int] = field(default_factory=dict)
    held: bool = False
    renames: str = ""
    renamed_to: str = ""
    failure: str = ""
    people: tuple[Evidence, ...] = ()
