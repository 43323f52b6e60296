"""The plan: from what was observed to what shall be done. A pure function, and only additions.

Worker, dry run and tests call the same code. Removals are listed, never planned, until merge and
brake exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, Ledger, Pair
from shared.core.people import People


@dataclass(frozen=True)
class Observed:
    """The world as one look found it.

    creator: who made the team, if known. members, owners: the group's, None while there is none.
    may_create: the reason code why no group may be made, "" if one may.
    undecided: somebody who would own the group is not looked up yet.
    refused: people whom Microsoft 365 refused before, with the code; they are not tried now.
    """

    people: People
    creator: PersonId | None
    ledger: Ledger
    settled: bool
    members: frozenset[ObjectId] | None = None
    owners: frozenset[ObjectId] | None = None
    may_create: str = ""
    stand_in: PersonId | None = None
    undecided: bool = False
    refused: Mapping[PersonId, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Creation:
    """The first references of a new group: owners are members too, 20 in all."""

    owners: tuple[Pair, ...]
    members: tuple[Pair, ...]


@dataclass(frozen=True)
class Plan:
    """create, then owners, then members. blocked: the reason code why nothing can be done.

    waiting: nobody can own the group yet, and the team still settles.
    """

    create: Creation | None = None
    owners: tuple[Pair, ...] = ()
    members: tuple[Pair, ...] = ()
    listed: dict[PersonId, str] = field(default_factory=dict)
    blocked: str = ""
    waiting: bool = False
    stand_in: PersonId | None = None

    @property
    def writes(self) -> int:
        """Directory writes, if every one is taken at once."""
        chunks = -(-len(self.members) // times.REFERENCES_A_PATCH)
        return bool(self.create) + len(self.owners) + chunks


def plan(observed: Observed) -> Plan:
    """What to do for one team. The same input gives the same plan."""
    if observed.members is None:
        return _plan_create(observed)
    return _plan_additions(observed, observed.members, observed.owners or frozenset())


def _plan_create(observed: Observed) -> Plan:
    listed = dict(observed.people.listed)
    if observed.may_create == "creator_unknown" and observed.undecided:
        return Plan(listed=listed, waiting=True)
    if observed.may_create:
        return Plan(listed=listed, blocked=observed.may_create)
    owners, stand_in = _first_owners(observed)
    if not owners:
        if not observed.settled or observed.undecided:
            return Plan(listed=listed, waiting=True)
        return Plan(listed=listed, blocked="nobody_mapped")
    create = _creation(owners, observed.people)
    there = {p.person for p in create.members}
    owning = {p.person for p in create.owners}
    return Plan(
        create=create,
        owners=tuple(p for p in owners[: times.OWNERS_MAX] if p.person not in owning),
        members=tuple(Pair(p, o) for p, o in observed.people.mapped.items() if p not in there),
        listed=listed | {p.person: "owner_limit" for p in owners[times.OWNERS_MAX :]},
        stand_in=stand_in,
    )


def _plan_additions(
    observed: Observed, members: frozenset[ObjectId], owners: frozenset[ObjectId]
) -> Plan:
    ledger, mapped = observed.ledger, observed.people.mapped
    # Whoever is in the team and cannot be mapped has a reason of their own: they have not left.
    listed = _left(ledger, mapped, members) | observed.people.listed
    present = members | ledger.awaited(MEMBERS)
    add: list[Pair] = []
    for person, object_id in mapped.items():
        before = ledger.baseline.get(person)
        if before is not None and before != object_id:
            listed[person] = "identity_changed"
        elif object_id in present:
            continue
        elif before is not None:
            listed[person] = "removed_in_microsoft"
        elif observed.refused.get(person) == "member_refused":
            listed[person] = "member_refused"
        else:
            add.append(Pair(person, object_id))
    own, why = _more_owners(observed, owners, listed)
    return Plan(
        owners=tuple(own),
        members=tuple(add),
        listed=why | listed,
        stand_in=observed.stand_in,
    )


def _left(
    ledger: Ledger, mapped: dict[PersonId, ObjectId], members: frozenset[ObjectId]
) -> dict[PersonId, str]:
    return {
        person: "left_webex"
        for person, object_id in ledger.baseline.items()
        if person not in mapped and object_id in members
    }


def _more_owners(
    observed: Observed, owners: frozenset[ObjectId], listed: dict[PersonId, str]
) -> tuple[list[Pair], dict[PersonId, str]]:
    """Who becomes an owner now; moderators beyond the limit, or taken out before, are listed."""
    present = owners | observed.ledger.awaited(OWNERS)
    room = times.OWNERS_MAX - len(present)
    add: list[Pair] = []
    why: dict[PersonId, str] = {}
    for pair in _wanted_owners(observed):
        if pair.object in present or pair.person in listed:
            continue
        if observed.refused.get(pair.person) == "owner_refused":
            why[pair.person] = "owner_refused"
        elif pair.object in observed.ledger.owners:
            why[pair.person] = "owner_removed"
        elif len(add) >= room:
            why[pair.person] = "owner_limit"
        else:
            add.append(pair)
    return add, why


def _wanted_owners(observed: Observed) -> list[Pair]:
    """The creator first, then the moderators, each once, as far as they are known to Entra."""
    mapped = observed.people.mapped
    order = dict.fromkeys([observed.creator, *observed.people.moderators])
    return [Pair(p, mapped[p]) for p in order if p is not None and p in mapped]


def _first_owners(observed: Observed) -> tuple[list[Pair], PersonId | None]:
    """Owners for the create, and the stand-in if nobody better is known when settling has ended."""
    wanted = _wanted_owners(observed)
    if wanted or not observed.settled or observed.undecided:
        return wanted, None
    for person, object_id in observed.people.mapped.items():
        return [Pair(person, object_id)], person
    return [], None


def _creation(owners: Sequence[Pair], people: People) -> Creation:
    first = tuple(owners[: times.OWNERS_AT_CREATE])
    room = times.REFERENCES_AT_CREATE - len(first)
    owning = {p.person for p in first}
    others = (Pair(p, o) for p, o in people.mapped.items() if p not in owning)
    members = [*first, *others][:room]
    return Creation(first, tuple(members))
