"""The plan: from what was observed to what shall be done. A pure function.

Worker, dry run and tests call the same code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shared.core import times
from shared.core.brake import brake
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    NO_ACCOUNT,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Pair,
    in_group,
)
from shared.core.merge import Merge, Sides, merge, owners_follow, owners_now, wanted_owners
from shared.core.model import Limits
from shared.core.people import People


@dataclass(frozen=True)
class Observed:
    """The world as one look found it.

    creator: who made the team, if known. sides: both sides, None while there is no group.
    may_create: the reason code why no group may be made, "" if one may.
    undecided: somebody who would own the group is not looked up yet.
    limits: the brake's. allowed: changes that an administrator has allowed. first: nothing is
    remembered of a group that is there. unknown: people of the team who are not looked up yet;
    unknown_strangers: how many in the group are not. They may be added by a later look.
    """

    people: People
    creator: PersonId | None
    settled: bool
    sides: Sides | None = None
    may_create: str = ""
    undecided: bool = False
    limits: Limits = field(default_factory=Limits)
    allowed: Collection[Change] = ()
    first: bool = False
    unknown: Collection[PersonId] = ()
    unknown_strangers: int = 0


@dataclass(frozen=True)
class Creation:
    """The first references of a new group: owners are members too, 20 in all.

    led: who of them all moderates, and so is an owner for that.
    """

    owners: tuple[Pair, ...]
    members: tuple[Pair, ...]
    led: frozenset[ObjectId] = frozenset()


@dataclass(frozen=True)
class Plan:
    """create, then owners, then members, in the group that is made; `changes` in one that is there,
    in the order in which they are done. held, why: what the brake holds (`brake.Braked`).

    listed, others, doubted: see `merge.Merge`. blocked: the reason code why nothing can be done.
    waiting: nobody can own the group yet, and the team still settles. again: when an absence can
    be confirmed.
    """

    create: Creation | None = None
    owners: tuple[Pair, ...] = ()
    members: tuple[Pair, ...] = ()
    changes: tuple[Change, ...] = ()
    held: tuple[Change, ...] = ()
    why: tuple[str, ...] = ()
    listed: dict[PersonId, str] = field(default_factory=dict)
    others: dict[ObjectId, str] = field(default_factory=dict)
    doubted: tuple[Change, ...] = ()
    blocked: str = ""
    waiting: bool = False
    stand_in: PersonId | None = None
    again: int | None = None

    @property
    def writes(self) -> int:
        """Directory writes, if every one is taken at once."""
        adds = len(self.members) + len(self.of(MEMBERS, ADD))
        owners = len(self.owners) + len(self.of(OWNERS, ADD)) + len(self.of(OWNERS, REMOVE))
        chunks = -(-adds // times.REFERENCES_A_PATCH)
        return bool(self.create) + owners + chunks + len(self.of(MEMBERS, REMOVE))

    @property
    def webex_writes(self) -> int:
        return len(self.of(WEBEX, ADD)) + len(self.of(WEBEX, REMOVE))

    @property
    def inviting(self) -> frozenset[PersonId]:
        """Who is to be a guest of the tenant; by a later look a member of the group."""
        return frozenset(c.person for c in self.changes if c.object == NO_ACCOUNT)

    def of(self, side: str, op: str) -> list[Pair]:
        """Of those who have an account."""
        there = (c for c in self.changes if c.object != NO_ACCOUNT)
        return [c.pair for c in there if (c.side, c.op) == (side, op)]


def plan(observed: Observed) -> Plan:
    """What to do for one team. The same input gives the same plan."""
    if observed.sides is None:
        return _plan_create(observed)
    return _plan_merge(observed, observed.sides)


def _plan_merge(observed: Observed, sides: Sides) -> Plan:
    merged = merge(sides)
    tried = _tried_before(merged, sides)
    braked = brake(
        merged.changes,
        observed.limits,
        # Whoever must stay does not make it less of an emptying.
        team=len(sides.sight.mapped) - _kept(merged, "last_moderator"),
        group=len(frozenset(sides.sight.members)) - _kept(merged, "last_owner"),
        allowed=observed.allowed if observed.first else {*observed.allowed, *tried},
        expected=_from_the_beginning(sides),
        coming={
            MEMBERS: len(_not_expected(observed.unknown, sides)),
            WEBEX: observed.unknown_strangers,
        },
        first=observed.first,
    )
    listed, others = _with_held(merged, braked.held)
    return Plan(
        changes=braked.go,
        held=braked.held,
        why=braked.why,
        # Whoever is in the team and cannot be mapped has a reason of their own: they have not left.
        listed=listed | observed.people.listed,
        others=others,
        doubted=tuple(merged.doubted),
        stand_in=_stand_in(sides),
        again=_again(merged, sides, braked.go),
    )


def _again(merged: Merge, sides: Sides, changes: Sequence[Change]) -> int | None:
    """Who becomes an owner is a member first, and seen to be one: soon, where it was written."""
    added = {c.object for c in changes if (c.side, c.op) == (MEMBERS, ADD)}
    unseen = (in_group(sides.ledger, sides.sight) | added) - frozenset(sides.sight.members)
    if owners_follow(sides) and any(o in unseen for _, o in wanted_owners(sides)):
        merged.doubt(sides.sight.at)
    comes = any((c.side, c.op) == (OWNERS, ADD) for c in changes)
    moments = [merged.again, merged.succeeded if comes else None]
    return min((m for m in moments if m is not None), default=None)


def _tried_before(merged: Merge, sides: Sides) -> list[Change]:
    """What a provider refused, and is tried again: it has been let through before."""
    codes = sides.declined
    return [c for c in merged.changes if codes.get(c.person) in _REFUSED.get((c.side, c.op), ())]


# Codes that nobody but a provider gives, or who asked one before writing.
_NOT_WRITTEN = frozenset({"webex_not_writable", "webex_refused"})
_REFUSED = {
    (MEMBERS, ADD): frozenset({"member_refused", "guest_refused", "invitations_refused"}),
    (MEMBERS, REMOVE): frozenset({"removal_refused", "inactive_in_webex"}),
    (WEBEX, ADD): _NOT_WRITTEN,
    (WEBEX, REMOVE): _NOT_WRITTEN | {"disabled_in_entra"},
}


def _from_the_beginning(sides: Sides) -> frozenset[PersonId]:
    """The team's people from before it had settled: additions of them are no surprise."""
    people = sides.joined.keys()
    return frozenset(people) - _not_expected(people, sides)


def _not_expected(people: Collection[PersonId], sides: Sides) -> frozenset[PersonId]:
    if not sides.settled:
        return frozenset()
    return frozenset(p for p in people if sides.joined.get(p, 0) > sides.settled_at)


def _kept(merged: Merge, code: str) -> int:
    return sum(said == code for said in merged.listed.values())


def _with_held(
    merged: Merge, held: Sequence[Change]
) -> tuple[dict[PersonId, str], dict[ObjectId, str]]:
    joining = {c.object for c in held if (c.side, c.op) == (WEBEX, ADD)}
    people = {c.person for c in held if (c.side, c.op) != (WEBEX, ADD)}
    return (
        merged.listed | dict.fromkeys(people, "waits_for_brake"),
        merged.others | dict.fromkeys(joining, "waits_for_brake"),
    )


def _stand_in(sides: Sides) -> PersonId | None:
    """None once he stands by himself, or was let go: a removal that is only planned may fail."""
    person, read = sides.stand_in, sides.sight.owners
    object_id = sides.sight.mapped.get(person) if person else None
    if person is None or object_id in sides.sight.moderators:
        return None
    is_read = object_id is not None and read is not None
    return None if is_read and object_id not in owners_now(sides) else person


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
    led = frozenset(people.mapped[p] for p in people.moderators)
    return Creation(first, tuple(members), led)
