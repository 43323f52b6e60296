"""The memory of membership: baseline, pending, missing, and what was refused.

*Baseline*: pairs that were seen on both sides, or written by us with a success. *Pending*: our own
writes; app-only reads after writes are stale by design, so an answered write overrides what a read
says. Running out never counts as a person's change. *Missing*: who is missed on a side, and since
when: a removal that rests on absence takes two reads.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from shared.core import times
from shared.core.ids import ObjectId, PersonId

MEMBERS = "members"
OWNERS = "owners"
WEBEX = "webex"
ADD = "add"
REMOVE = "remove"
_SIDES = (MEMBERS, OWNERS, WEBEX)
_OPS = (ADD, REMOVE)
BLOBS = ("baseline", "owners", "led", "pending", "writes", "missing", "refused")
_PENDING = struct.Struct(">16s16sBBIII")
_WRITE = struct.Struct(">16s16sBBIIII")
_MISSING = struct.Struct(">16s16sBI")
_REFUSED = struct.Struct(">16s16sBB")


class Pair(NamedTuple):
    """A person in Webex and the principal in Entra."""

    person: PersonId
    object: ObjectId


class Change(NamedTuple):
    """One thing to do: `op` (ADD, REMOVE) a person on a `side`: MEMBERS and OWNERS are the group's,
    WEBEX is the team."""

    person: PersonId
    object: ObjectId
    side: str
    op: str

    @property
    def pair(self) -> Pair:
        return Pair(self.person, self.object)


@dataclass(frozen=True)
class Pending:
    """One write of ours. Times in milliseconds, whole seconds in the row, 0 for never.

    at: before the send. answered: the success. contradicted: the first read that denied it.
    seen: the first read that showed it; a removal is kept a while after that, since the next read
    may come from a replica that is further behind.
    """

    person: PersonId
    object: ObjectId
    side: str
    op: str
    at: int
    answered: int = 0
    contradicted: int = 0
    seen: int = 0

    @property
    def key(self) -> Key:
        return (self.object, self.side, self.op)


Key = tuple[ObjectId, str, str]


class Missing(NamedTuple):
    """Somebody who is missed on a side: MEMBERS and WEBEX of the baseline; OWNERS is somebody who
    moderated and does not now."""

    person: PersonId
    object: ObjectId
    side: str


@dataclass(frozen=True)
class Ledger:
    """owners: principals that were owners and in the team. led: those of them, or on the way to
    be, who were seen moderating. missing: since when, in milliseconds. refused: changes that an
    administrator does not want."""

    baseline: dict[PersonId, ObjectId] = field(default_factory=dict)
    owners: frozenset[ObjectId] = frozenset()
    pending: dict[Key, Pending] = field(default_factory=dict)
    led: frozenset[ObjectId] = frozenset()
    missing: dict[Missing, int] = field(default_factory=dict)
    refused: frozenset[Change] = frozenset()

    def awaited(self, side: str, op: str = ADD) -> frozenset[ObjectId]:
        """Whom an answered write of ours has put on a side (or, REMOVE, taken from it), whatever
        a read says."""
        return frozenset(
            p.object for p in self.pending.values() if p.side == side and p.op == op and p.answered
        )


def sending(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int, op: str = ADD) -> Ledger:
    """To be kept before the pairs are sent to a side. The opposite write is history then."""
    entries = {
        p.key: p for p in (Pending(pair.person, pair.object, side, op, now) for pair in pairs)
    }
    opposite = {(o, s, _other(op)) for o, s, _ in entries}
    kept = {k: v for k, v in ledger.pending.items() if k not in opposite}
    return replace(ledger, pending={**kept, **entries})


def answered(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int, op: str = ADD) -> Ledger:
    """The provider said that these pairs are on a side now, or (REMOVE) no longer."""
    pairs = list(pairs)
    pending = dict(ledger.pending)
    for pair in pairs:
        key = (pair.object, side, op)
        before = pending.get(key) or Pending(pair.person, pair.object, side, op, now)
        pending[key] = replace(before, answered=now)
    ledger = replace(ledger, pending=pending)
    objects = {p.object for p in pairs}
    if side == OWNERS:
        owners = ledger.owners | objects if op == ADD else ledger.owners - objects
        led = ledger.led if op == ADD else ledger.led - objects
        return replace(ledger, owners=owners, led=led)
    people = {p.person: p.object for p in pairs}
    if op == ADD:
        return replace(ledger, baseline={**ledger.baseline, **people})
    kept = {p: o for p, o in ledger.baseline.items() if p not in people}
    missing = {m: t for m, t in ledger.missing.items() if m.person not in people}
    return replace(ledger, baseline=kept, missing=missing)


def refused(ledger: Ledger, pairs: Iterable[Pair], side: str, op: str = ADD) -> Ledger:
    """The provider said no: nothing of it is under way any more."""
    gone = {(p.object, side, op) for p in pairs}
    return replace(ledger, pending={k: v for k, v in ledger.pending.items() if k not in gone})


@dataclass(frozen=True)
class Sight:
    """One complete read of both sides, at `at`.

    mapped: who is in the team and known. unresolved: who is in the team and maps nowhere now.
    claimed: object ids that the unresolved carry, rightly or not. moderators: objects of who
    moderates. owners: None where they were not read.
    """

    at: int
    mapped: Mapping[PersonId, ObjectId]
    members: Collection[ObjectId]
    unresolved: Collection[PersonId] = ()
    claimed: Collection[ObjectId] = ()
    moderators: Collection[ObjectId] = ()
    owners: Collection[ObjectId] | None = None

    def in_team(self, person: PersonId) -> bool:
        return person in self.mapped or person in self.unresolved


def learn(ledger: Ledger, sight: Sight) -> Ledger:
    """What one complete read of both sides teaches. Reading the same again teaches nothing new."""
    ledger = _heard(ledger, sight)
    pending, ran_out = _judge(ledger, sight)
    ledger = replace(ledger, pending=pending)
    group, team = in_group(ledger, sight), in_team(ledger, sight)
    baseline = _baseline(ledger, sight, ran_out)
    for person, object_id in sight.mapped.items():
        if object_id in group and person in team:
            baseline.setdefault(person, object_id)
    missing = _missing(ledger, sight, baseline, group, team)
    gone = {p for p in baseline if _is_gone(missing, p, baseline[p], sight.at)}
    baseline = {p: o for p, o in baseline.items() if p not in gone}
    missing = {m: t for m, t in missing.items() if m.side == OWNERS or m.person in baseline}
    owners, led = _owners(ledger, sight, ran_out)
    settled = {c for c in ledger.refused if _is_over(c, sight, baseline, group, team)}
    return Ledger(baseline, owners, pending, led, missing, ledger.refused - settled)


def _heard(ledger: Ledger, sight: Sight) -> Ledger:
    """A write that a read shows is as good as answered: it is ours, whatever the person did
    meanwhile."""
    for entry in list(ledger.pending.values()):
        if not entry.answered and _is_present(entry, sight) == (entry.op == ADD):
            pair = Pair(entry.person, entry.object)
            ledger = answered(ledger, [pair], entry.side, sight.at, entry.op)
    return ledger


def _baseline(ledger: Ledger, sight: Sight, ran_out: Iterable[Pending]) -> dict[PersonId, ObjectId]:
    """A write that ran out is nobody's change: the memory is as if it had not been made."""
    before = dict(ledger.baseline)
    for entry in ran_out:
        if entry.side == OWNERS:
            continue
        if entry.op == ADD and before.get(entry.person) == entry.object:
            del before[entry.person]
        elif entry.op == REMOVE:
            before.setdefault(entry.person, entry.object)
    # Where the group has a team in Microsoft Teams, who stops owning it is no member either:
    # https://learn.microsoft.com/graph/known-issues. That was us, and is put right.
    group, let_go = in_group(ledger, sight), _let_go(ledger, sight.at)
    before = {p: o for p, o in before.items() if o not in let_go or o in group}
    # Another account in the team carries this object id now: it stands for the principal.
    taken = {o: p for p, o in sight.mapped.items()}
    return {p: o for p, o in before.items() if sight.in_team(p) or taken.get(o, p) == p}


def _let_go(ledger: Ledger, now: int) -> frozenset[ObjectId]:
    """Who stopped owning the group by our doing, not long ago."""
    return frozenset(
        p.object
        for p in ledger.pending.values()
        if p.side == OWNERS and p.op == REMOVE and not _is_old(p, now)
    )


def in_group(ledger: Ledger, sight: Sight) -> frozenset[ObjectId]:
    """Who is in the group: as read, but for what our own writes say."""
    read = frozenset(sight.members)
    return (read | ledger.awaited(MEMBERS)) - ledger.awaited(MEMBERS, REMOVE)


def in_team(ledger: Ledger, sight: Sight) -> frozenset[PersonId]:
    """Who is in the team: as read, but for what our own writes say."""
    added = {p.person for p in ledger.pending.values() if _counts(p, ADD)}
    removed = {p.person for p in ledger.pending.values() if _counts(p, REMOVE)}
    return (frozenset(sight.mapped) | frozenset(sight.unresolved) | added) - removed


def _counts(entry: Pending, op: str) -> bool:
    return entry.side == WEBEX and entry.op == op and bool(entry.answered)


def is_confirmed(ledger: Ledger, missing: Missing, now: int) -> bool:
    """Whether somebody was missed by two reads apart."""
    since = ledger.missing.get(missing)
    return since is not None and now - since >= times.MISSING_APART


def _missing(
    ledger: Ledger,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
    team: Collection[PersonId],
) -> dict[Missing, int]:
    found: list[Missing] = []
    for person, object_id in baseline.items():
        if object_id not in group:
            found.append(Missing(person, object_id, MEMBERS))
        if person not in team:
            found.append(Missing(person, object_id, WEBEX))
    still = {o: p for p, o in sight.mapped.items()}
    for object_id in ledger.led:
        if object_id in still and object_id not in sight.moderators:
            found.append(Missing(still[object_id], object_id, OWNERS))
    return {m: ledger.missing.get(m, sight.at) for m in found}


def _is_gone(
    missing: Mapping[Missing, int], person: PersonId, object_id: ObjectId, now: int
) -> bool:
    """Missed on both sides, by two reads apart each."""
    since = [missing.get(Missing(person, object_id, side)) for side in (MEMBERS, WEBEX)]
    return all(t is not None and now - t >= times.MISSING_APART for t in since)


def _owners(
    ledger: Ledger, sight: Sight, ran_out: Collection[Pending]
) -> tuple[frozenset[ObjectId], frozenset[ObjectId]]:
    known = frozenset(sight.mapped.values())
    moderating = frozenset(sight.moderators)
    if sight.owners is None:
        return ledger.owners, ledger.led | (moderating & ledger.owners)
    owners = (frozenset(sight.owners) | ledger.awaited(OWNERS)) - ledger.awaited(OWNERS, REMOVE)
    disproved = {p.object for p in ran_out if p.side == OWNERS and p.op == ADD}
    restored = {p.object for p in ran_out if p.side == OWNERS and p.op == REMOVE}
    kept = frozenset(o for o in ledger.owners | (owners & known) if o not in disproved)
    led = {o for o in ledger.led | moderating | restored if o in moderating or o in owners}
    return kept, frozenset(led)


def _is_over(
    change: Change,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
    team: Collection[PersonId],
) -> bool:
    """A refused change is nobody's question any more: the sides agree on this person."""
    if change.object in group and change.person in team:
        return True
    return change.op == REMOVE and change.person not in baseline


def _judge(ledger: Ledger, sight: Sight) -> tuple[dict[Key, Pending], list[Pending]]:
    """Pending after a read: what was seen goes, what is contradicted ages, what ran out is named.

    A removal that was seen is kept a while: the next replica may be further behind.
    """
    kept: dict[Key, Pending] = {}
    ran_out: list[Pending] = []
    for key, entry in ledger.pending.items():
        present = _is_present(entry, sight)
        if present is None:
            kept[key] = entry
        elif present == (entry.op == ADD):
            if entry.op == REMOVE and not _is_old(entry, sight.at):
                kept[key] = replace(entry, seen=entry.seen or sight.at, contradicted=0)
        elif not _is_contradicted(entry, sight.at):
            kept[key] = replace(entry, contradicted=entry.contradicted or sight.at)
        elif not entry.seen and not _is_old(entry, sight.at):
            kept[key] = entry
        elif not entry.seen:
            ran_out.append(entry)
        # Else it had been seen, and somebody has undone it since: that is a person's change.
    return kept, ran_out


def _is_present(entry: Pending, sight: Sight) -> bool | None:
    if entry.side == WEBEX:
        return sight.in_team(entry.person)
    read = sight.members if entry.side == MEMBERS else sight.owners
    return None if read is None else entry.object in read


def _is_contradicted(entry: Pending, now: int) -> bool:
    return bool(entry.contradicted) and now - entry.contradicted >= times.CONTRADICTION_APART


def _is_old(entry: Pending, now: int) -> bool:
    """An unanswered write ages from its sending; whoever is still wanted is sent again before."""
    return now - (entry.answered or entry.at) >= times.CONTRADICTION_AGE


def _other(op: str) -> str:
    return REMOVE if op == ADD else ADD


def pack(ledger: Ledger) -> dict[str, bytes]:
    """The ledger as named blobs: 32 bytes a baseline pair, 16 an owner, 50 a pending write."""
    return {
        "baseline": b"".join(_raw(p) + _raw(o) for p, o in ledger.baseline.items()),
        "owners": b"".join(_raw(o) for o in sorted(ledger.owners)),
        "led": b"".join(_raw(o) for o in sorted(ledger.led)),
        "writes": b"".join(_pack_pending(p) for p in ledger.pending.values()),
        "missing": b"".join(
            _MISSING.pack(_raw(m.person), _raw(m.object), _SIDES.index(m.side), since // 1000)
            for m, since in ledger.missing.items()
        ),
        "refused": b"".join(
            _REFUSED.pack(_raw(c.person), _raw(c.object), _SIDES.index(c.side), _OPS.index(c.op))
            for c in sorted(ledger.refused)
        ),
    }


def unpack(blobs: Mapping[str, bytes]) -> Ledger:
    """Also of rows whose pending writes the version before wrote, without `seen`."""
    pairs = struct.iter_unpack(">16s16s", blobs.get("baseline", b""))
    before = ((*raw, 0) for raw in _PENDING.iter_unpack(blobs.get("pending", b"")))
    writes = [*before, *_WRITE.iter_unpack(blobs.get("writes", b""))]
    pending = (_unpack_pending(raw) for raw in writes)
    return Ledger(
        {PersonId(_text(p)): ObjectId(_text(o)) for p, o in pairs},
        _objects(blobs.get("owners", b"")),
        {p.key: p for p in pending},
        _objects(blobs.get("led", b"")),
        {
            Missing(PersonId(_text(p)), ObjectId(_text(o)), _SIDES[side]): since * 1000
            for p, o, side, since in _MISSING.iter_unpack(blobs.get("missing", b""))
        },
        frozenset(
            Change(PersonId(_text(p)), ObjectId(_text(o)), _SIDES[side], _OPS[op])
            for p, o, side, op in _REFUSED.iter_unpack(blobs.get("refused", b""))
        ),
    )


def _objects(blob: bytes) -> frozenset[ObjectId]:
    return frozenset(ObjectId(_text(o)) for (o,) in struct.iter_unpack(">16s", blob))


def _pack_pending(p: Pending) -> bytes:
    return _WRITE.pack(
        _raw(p.person),
        _raw(p.object),
        _SIDES.index(p.side),
        _OPS.index(p.op),
        p.at // 1000,
        p.answered // 1000,
        p.contradicted // 1000,
        p.seen // 1000,
    )


def _unpack_pending(raw: tuple[bytes, bytes, int, int, int, int, int, int]) -> Pending:
    person, object_id, side, op, at, done, denied, seen = raw
    return Pending(
        PersonId(_text(person)),
        ObjectId(_text(object_id)),
        _SIDES[side],
        _OPS[op],
        at * 1000,
        done * 1000,
        denied * 1000,
        seen * 1000,
    )


def _raw(uuid: str) -> bytes:
    return UUID(uuid).bytes


def _text(raw: bytes) -> str:
    return str(UUID(bytes=raw))
