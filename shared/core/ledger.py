"""The memory of membership: baseline, pending and who was an owner.

*Baseline*: pairs that were seen on both sides, or written by us with a success. *Pending*: our own
writes whose effect was not seen yet; app-only reads after writes are stale by design, so an
answered write overrides what a read says. Running out never counts as a person's change.
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
_PENDING = struct.Struct(">16s16sBBIII")


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


@dataclass(frozen=True)
class Pending:
    """One write of ours. Times in milliseconds, whole seconds in the row, 0 for never.

    at: before the send. answered: the success. contradicted: the first read that denied it.
    """

    person: PersonId
    object: ObjectId
    side: str
    op: str
    at: int
    answered: int = 0
    contradicted: int = 0

    @property
    def key(self) -> tuple[ObjectId, str, str]:
        return (self.object, self.side, self.op)


@dataclass(frozen=True)
class Ledger:
    baseline: dict[PersonId, ObjectId] = field(default_factory=dict)
    owners: frozenset[ObjectId] = frozenset()
    pending: dict[tuple[ObjectId, str, str], Pending] = field(default_factory=dict)

    def awaited(self, side: str) -> frozenset[ObjectId]:
        """Who counts as present on a side whatever a read says: answered additions not seen yet."""
        return frozenset(
            p.object
            for p in self.pending.values()
            if p.side == side and p.op == "add" and p.answered
        )


def sending(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int) -> Ledger:
    """To be kept before the pairs are sent to a side."""
    entries = {
        p.key: p for p in (Pending(pair.person, pair.object, side, "add", now) for pair in pairs)
    }
    return replace(ledger, pending={**ledger.pending, **entries})


def answered(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int) -> Ledger:
    """The provider said that these pairs are on a side now."""
    pairs = list(pairs)
    pending = dict(ledger.pending)
    for pair in pairs:
        key = (pair.object, side, "add")
        before = pending.get(key) or Pending(pair.person, pair.object, side, "add", now)
        pending[key] = replace(before, answered=now)
    if side == OWNERS:
        return replace(ledger, pending=pending, owners=ledger.owners | {p.object for p in pairs})
    baseline = {**ledger.baseline, **{p.person: p.object for p in pairs}}
    return replace(ledger, pending=pending, baseline=baseline)


def refused(ledger: Ledger, pairs: Iterable[Pair], side: str) -> Ledger:
    """The provider said no: nothing of it is under way any more."""
    gone = {(p.object, side, "add") for p in pairs}
    return replace(ledger, pending={k: v for k, v in ledger.pending.items() if k not in gone})


def seen(
    ledger: Ledger,
    mapped: Mapping[PersonId, ObjectId],
    members: frozenset[ObjectId],
    owners: frozenset[ObjectId],
    now: int,
    unresolved: Collection[PersonId] = (),
) -> Ledger:
    """What one complete read of both sides teaches. `mapped` is who is in the team and known.

    unresolved: who is in the team and maps nowhere now; their pairs are kept as they are.
    """
    pending, disproved = _judge(ledger, {MEMBERS: members, OWNERS: owners}, now)
    baseline = {
        person: object_id
        for person, object_id in ledger.baseline.items()
        if (object_id, MEMBERS, "add") not in disproved
        and (
            person in mapped
            or person in unresolved
            or object_id in members
            or _awaits(pending, object_id)
        )
    }
    for person, object_id in mapped.items():
        if object_id in members:
            baseline.setdefault(person, object_id)
    known = frozenset(mapped.values())
    kept_owners = frozenset(
        o for o in ledger.owners | (owners & known) if (o, OWNERS, "add") not in disproved
    )
    return Ledger(baseline, kept_owners, pending)


def _awaits(pending: Mapping[tuple[ObjectId, str, str], Pending], object_id: ObjectId) -> bool:
    return (object_id, MEMBERS, "add") in pending


def _judge(
    ledger: Ledger, reads: Mapping[str, frozenset[ObjectId]], now: int
) -> tuple[dict[tuple[ObjectId, str, str], Pending], set[tuple[ObjectId, str, str]]]:
    """Pending after a read: seen ones go, contradicted ones age, disproved ones are named."""
    kept: dict[tuple[ObjectId, str, str], Pending] = {}
    disproved: set[tuple[ObjectId, str, str]] = set()
    for key, entry in ledger.pending.items():
        read = reads.get(entry.side)
        if read is None:
            kept[key] = entry
        elif (entry.object in read) == (entry.op == "add"):
            continue
        elif _is_disproved(entry, now):
            disproved.add(key)
        else:
            kept[key] = replace(entry, contradicted=entry.contradicted or now)
    return kept, disproved


def _is_disproved(entry: Pending, now: int) -> bool:
    """An unanswered write ages from its sending; whoever is still wanted is sent again before."""
    return (
        bool(entry.contradicted)
        and now - entry.contradicted >= times.CONTRADICTION_APART
        and now - (entry.answered or entry.at) >= times.CONTRADICTION_AGE
    )


def pack(ledger: Ledger) -> dict[str, bytes]:
    """The ledger as named blobs: 32 bytes a baseline pair, 16 an owner, 46 a pending write."""
    return {
        "baseline": b"".join(_raw(p) + _raw(o) for p, o in ledger.baseline.items()),
        "owners": b"".join(_raw(o) for o in sorted(ledger.owners)),
        "pending": b"".join(_pack_pending(p) for p in ledger.pending.values()),
    }


def unpack(blobs: Mapping[str, bytes]) -> Ledger:
    pairs = struct.iter_unpack(">16s16s", blobs.get("baseline", b""))
    owners = struct.iter_unpack(">16s", blobs.get("owners", b""))
    pending = (_unpack_pending(raw) for raw in _PENDING.iter_unpack(blobs.get("pending", b"")))
    return Ledger(
        {PersonId(_text(p)): ObjectId(_text(o)) for p, o in pairs},
        frozenset(ObjectId(_text(o)) for (o,) in owners),
        {p.key: p for p in pending},
    )


def _pack_pending(p: Pending) -> bytes:
    return _PENDING.pack(
        _raw(p.person),
        _raw(p.object),
        _SIDES.index(p.side),
        _OPS.index(p.op),
        p.at // 1000,
        p.answered // 1000,
        p.contradicted // 1000,
    )


def _unpack_pending(raw: tuple[bytes, bytes, int, int, int, int, int]) -> Pending:
    person, object_id, side, op, at, done, denied = raw
    return Pending(
        PersonId(_text(person)),
        ObjectId(_text(object_id)),
        _SIDES[side],
        _OPS[op],
        at * 1000,
        done * 1000,
        denied * 1000,
    )


def _raw(uuid: str) -> bytes:
    return UUID(uuid).bytes


def _text(raw: bytes) -> str:
    return str(UUID(bytes=raw))
