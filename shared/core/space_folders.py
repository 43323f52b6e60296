"""The folder of one further space of a team: what we did, and what we know of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.core.ids import TeamId


class SpaceState(StrEnum):
    """Where the folder of a space stands; all but NONE and LINKED are codes of `core.reasons`."""

    NONE = ""
    LINKED = "linked"
    WAITING = "space_folder_waiting"
    NO_PERMISSION = "space_folder_no_permission"
    NAME_REFUSED = "space_folder_name_refused"
    LINK_REFUSED = "space_folder_link_refused"
    LINK_OLD = "space_folder_link_old"
    FOREIGN = "space_folder_foreign"
    DELETED = "space_folder_deleted"
    SPACE_GONE = "space_gone"


# A person has to do something about these.
HANDS_NEEDED = frozenset(
    state.value
    for state in (
        SpaceState.NO_PERMISSION,
        SpaceState.NAME_REFUSED,
        SpaceState.LINK_REFUSED,
        SpaceState.LINK_OLD,
        SpaceState.DELETED,
    )
)


@dataclass(frozen=True)
class SpaceFolder:
    """The row of one space. Times in milliseconds, 0 for never.

    space: its uuid; space_id: its full Webex id. title: what the folder was named after; name: what
    the folder was called by us last. intent_at: a create of `name` may be under way since; the
    name was free then. item, url: of the folder, "" while there is none that we know of.
    linked_url: the address with which the folder was linked last. checked: when Webex was asked
    about the space. at: when it is due. tries: in a row, of what was not ready.
    """

    team: TeamId
    space: str
    space_id: str
    title: str = ""
    name: str = ""
    intent_at: int = 0
    item: str = ""
    url: str = ""
    linked_url: str = ""
    state: SpaceState = SpaceState.NONE
    checked: int = 0
    at: int = 0
    tries: int = 0


@dataclass(frozen=True)
class Item:
    """A file or folder in the root of a drive, or anywhere in it. created: milliseconds."""

    id: str
    name: str
    url: str
    folder: bool
    created: int


def counts(folders: Iterable[SpaceFolder]) -> Mapping[str, int]:
    """How many spaces stand how, by the value of `SpaceState`; NONE is waiting."""
    states = (f.state or SpaceState.WAITING for f in folders)
    return dict(sorted(Counter(state.value for state in states).items()))


MAKE, LINK = "make folders", "link folders"
# Nothing is done about these but by a person.
_AT_REST = frozenset(
    {
        SpaceState.LINKED,
        SpaceState.LINK_OLD,
        SpaceState.SPACE_GONE,
        SpaceState.FOREIGN,
        SpaceState.DELETED,
    }
)


def work_left(folders: Iterable[SpaceFolder]) -> Mapping[str, int]:
    """How many folders are still to be made, and how many that are there to be linked."""
    left = [f for f in folders if f.state not in _AT_REST]
    numbers = {MAKE: sum(not f.item for f in left), LINK: sum(bool(f.item) for f in left)}
    return {kind: number for kind, number in numbers.items() if number}
