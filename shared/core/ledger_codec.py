"""The ledger as bytes: a few named blobs, packed, since a team of thousands has one."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from shared.core.ids import NIL, ObjectId, PersonId, pack_uuid, unpack_uuid
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
    Missing,
    Pending,
)

BLOBS = ("baseline", "owners", "led", "pending", "writes", "missing", "refused", "over")
_SIDES = (MEMBERS, OWNERS, WEBEX)
_OPS = (ADD, REMOVE)
# Of a write: beside what it does.
_ANEW = 2
_PENDING = struct.Struct(">16s16sBBIII")
_WRITE = struct.Struct(">16s16sBBIIII")
_MISSING = struct.Struct(">16s16sBI")
_REFUSED = struct.Struct(">16s16sBB")
_OVER = struct.Struct(">16s16sBBI")


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
        "refused": b"".join(_REFUSED.pack(*_raws(c)) for c in sorted(ledger.refused)),
        "over": b"".join(_OVER.pack(*_raws(c), since // 1000) for c, since in ledger.over.items()),
    }


def unpack(blobs: Mapping[str, bytes]) -> Ledger:
    """Also of rows whose pending writes the version before wrote, without `seen`. Raises ValueError
    or LookupError for what this version cannot read."""
    try:
        return _unpack(blobs)
    except struct.error as error:
        raise ValueError(str(error)) from error


def _unpack(blobs: Mapping[str, bytes]) -> Ledger:
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
        frozenset(_change(*raw) for raw in _REFUSED.iter_unpack(blobs.get("refused", b""))),
        {_change(*raw): since * 1000 for *raw, since in _OVER.iter_unpack(blobs.get("over", b""))},
    )


def _change(person: bytes, object_id: bytes, side: int, op: int) -> Change:
    return Change(PersonId(_text(person)), ObjectId(_text(object_id)), _SIDES[side], _OPS[op])


def _raws(change: Change) -> tuple[bytes, bytes, int, int]:
    person, object_id = _raw(change.person), _raw(change.object)
    return person, object_id, _SIDES.index(change.side), _OPS.index(change.op)


def _objects(blob: bytes) -> frozenset[ObjectId]:
    return frozenset(ObjectId(_text(o)) for (o,) in struct.iter_unpack(">16s", blob))


def _pack_pending(p: Pending) -> bytes:
    return _WRITE.pack(
        _raw(p.person),
        _raw(p.object),
        _SIDES.index(p.side),
        _OPS.index(p.op) | _ANEW * p.anew,
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
        _OPS[op & ~_ANEW],
        at * 1000,
        done * 1000,
        denied * 1000,
        seen * 1000,
        bool(op & _ANEW),
    )


def _raw(uuid: str) -> bytes:
    return pack_uuid(uuid or NIL)


def _text(raw: bytes) -> str:
    """Nobody is written as zeros."""
    return unpack_uuid(raw) if any(raw) else ""
