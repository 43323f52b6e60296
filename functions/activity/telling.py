"""Teams, what waits and what a dry run says, as the pages show it: texts of ours, and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.admin import holding
from shared.admin.activity import Entry, Standing
from shared.core.changes import COUNTED
from shared.core.held import Held, Named
from shared.core.ledger import REMOVE
from shared.core.reasons import reason
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.core.wording import Reason


@dataclass(frozen=True)
class Words:
    """A standing in a word and a sentence. looks: the state of a check that it looks like;
    neutral needs nobody's eye."""

    word: str
    sentence: str
    looks: str = "neutral"


STANDINGS: Mapping[Standing, Words] = {
    Standing.NEEDS_PERSON: Words(
        "Needs a person",
        "It needs something from you. It is tried again once a day, or by Retry.",
        "not_met",
    ),
    Standing.GIVEN_UP: Words(
        "Given up",
        "The app failed on it five times in a row. It is tried again a day later, or by Replay.",
        "not_met",
    ),
    Standing.ENDED: Words(
        "Ended",
        "The team is gone in Webex. It is looked for once a week, or by Retry.",
        "attention",
    ),
    Standing.SETTLING: Words("Settling", "The team is new, and people may still be arriving."),
    Standing.WAITING: Words(
        "In progress", "Something is still to be done; it is looked at again by itself."
    ),
    Standing.FOLDER: Words(
        "Waiting for the folder", "The group is complete; its folder is not linked yet."
    ),
    Standing.THROTTLED: Words(
        "Throttled", "The providers' quota is used up; it goes on by itself.", "attention"
    ),
    Standing.COMPLETE: Words("Complete", "Nothing is left to be done.", "met"),
    Standing.FROM_BEFORE: Words(
        "From before", "It was there before the switch went on, and is left alone."
    ),
    Standing.UNREADABLE: Words(
        "Cannot be read",
        "Another version of this app wrote its row, or the row is damaged.",
        "attention",
    ),
}
# Of a team that the brake holds: trying again changes nothing.
UNDECIDED = Words(
    STANDINGS[Standing.NEEDS_PERSON].word,
    "It waits for your decision; nothing of it is done before that.",
    STANDINGS[Standing.NEEDS_PERSON].looks,
)
_DECIDED_BY_A_PERSON = ("brake", "first_merge")


@dataclass(frozen=True)
class Told:
    """missing, strangers: how many people, and why; see `Entry`."""

    entry: Entry
    words: Words
    reasons: list[Reason]
    missing: list[tuple[int, Reason]]
    strangers: list[tuple[int, Reason]]


def told(entry: Entry) -> Told:
    return Told(
        entry,
        _words(entry),
        [reason(code) for code in entry.reasons],
        why(entry.missing),
        why(entry.strangers),
    )


def _words(entry: Entry) -> Words:
    waits = entry.team is not None and entry.team.reason in _DECIDED_BY_A_PERSON
    if waits and entry.standing is Standing.NEEDS_PERSON:
        return UNDECIDED
    return STANDINGS[entry.standing]


def why(counts: Mapping[str, int]) -> list[tuple[int, Reason]]:
    """How many people are not as expected, by reason code, and what is said of them."""
    return [(count, reason(code)) for code, count in counts.items()]


@dataclass(frozen=True)
class Space:
    """A further space. name: its title, or its uuid. why: None where it is linked."""

    name: str
    why: Reason | None


def space_told(folder: SpaceFolder) -> Space:
    linked = folder.state is SpaceState.LINKED
    code = (folder.state or SpaceState.WAITING).value
    return Space(folder.title or folder.space, None if linked else reason(code))


# What the brake says, by the codes of `core.brake`.
WHY_HELD = {
    "remove_many": "More people would be removed than your settings let go at once.",
    "add_many": "More people would be added than your settings let go at once.",
    "empties": "Nobody would be left on one side.",
    "first_merge": "This app remembers too little of the team to tell what is new.",
}
# Characters of an id that tell namesakes apart.
_BEGINNING = 4
# Letters of the Swedish alphabet behind z; what has none of them keeps its place.
_ALPHABET = str.maketrans({"å": "{", "ä": "|", "ö": "}"})


@dataclass(frozen=True)
class Kind:
    """What would become of some people. sentence: with their `count`. names: of those that are
    kept, in order; more: of how many none is. id: of the list on the page."""

    id: str
    sentence: str
    count: int
    names: list[str]

    @property
    def more(self) -> int:
        return self.count - len(self.names)


@dataclass(frozen=True)
class Waiting:
    """What the brake holds. why: texts of ours. seen: see `holding.mark`. removes: whether anybody
    would lose something."""

    held: Held
    kinds: list[Kind]
    why: list[str]
    seen: str

    @property
    def removes(self) -> bool:
        return any(named.change.op == REMOVE for named in self.held.changes)


def waiting(held: Held) -> Waiting:
    said = [WHY_HELD[code] for code in held.why if code in WHY_HELD]
    kinds_held = kinds(held.changes, holding.counted(named.change for named in held.changes))
    return Waiting(held, kinds_held, said, holding.mark(held))


def kinds(changes: Iterable[Named], counts: Mapping[str, int]) -> list[Kind]:
    """changes: those that are known by name. counts: all of them, by `Change.kind`."""
    people: dict[str, list[Named]] = {}
    for named in changes:
        people.setdefault(named.change.kind, []).append(named)
    order = [*(k for k in COUNTED if k in counts), *(k for k in counts if k not in COUNTED)]
    return [
        Kind(
            kind.replace(" ", "-"),
            COUNTED.get(kind, kind),
            counts[kind],
            sorted(_called(people.get(kind, [])), key=_alphabetical),
        )
        for kind in order
    ]


def _called(people: list[Named]) -> Iterator[str]:
    """By name; who has none by an id, and namesakes with the beginning of theirs."""
    found = Counter(_alphabetical(named.name) for named in people)
    for named in people:
        whose = named.change.person or named.change.object
        if named.name and found[_alphabetical(named.name)] > 1:
            yield f"{named.name} ({whose[:_BEGINNING]}…)"
        else:
            yield named.name or whose


def _alphabetical(name: str) -> str:
    return name.casefold().translate(_ALPHABET)
