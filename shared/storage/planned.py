"""`held:` rows, what waits for an administrator, and `preview:` rows, what a dry run said.

What waits is told by name: ids and operations are packed binary, the names are one text beside
them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence

from shared.core.held import Held, Named, Preview
from shared.core.ids import NIL, ObjectId, PersonId, TeamId, pack_uuid, unpack_uuid
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX, Change
from shared.storage.tables import Row, Value, spread

_SIDES = (MEMBERS, OWNERS, WEBEX)
_OPS = (ADD, REMOVE)
_CHANGE = struct.Struct(">16s16sBB")
# Bytes of changes and names a row; an entity takes 1 MiB with everything.
_ROW_BYTES = 800 * 1024
_NAME_BYTES = 128


def held_values(held: Held) -> dict[str, Value]:
    """All changes; a row takes more than 20,000, where long names give way."""
    return {
        "at": held.at,
        "size": held.size,
        "why": ",".join(held.why),
        "decided": held.decided,
        "by": held.by[:1024],
        "decided_at": held.decided_at,
        **_pack(held.changes),
    }


def held_of(row: Row) -> Held:
    """Raises ValueError or LookupError for a row that this version cannot read."""
    return Held(
        changes=_unpack(row),
        at=row.number("at"),
        size=row.number("size"),
        why=tuple(filter(None, row.text("why").split(","))),
        decided=row.text("decided"),
        by=row.text("by"),
        decided_at=row.number("decided_at"),
    )


def preview_values(preview: Preview) -> dict[str, Value]:
    """Numbers alone: nobody is named in it."""
    return {
        "name": preview.name[:1024],
        "at": preview.at,
        "direction": preview.direction,
        "team_read": preview.team_read,
        "group_read": preview.group_read,
        "creates": preview.creates,
        "waiting": preview.waiting,
        "unknown": preview.unknown,
        "counts": json.dumps(dict(preview.counts)),
        "doubted": json.dumps(dict(preview.doubted)),
        "listed": json.dumps(dict(preview.listed)),
        "held": preview.held,
        "renames": preview.renames,
        "failure": preview.failure,
    }


def preview_of(row: Row) -> Preview | None:
    """None for a row that this version cannot read: it says no more than that nothing is known."""
    try:
        return _preview(row)
    except (ValueError, LookupError):
        return None


def _preview(row: Row) -> Preview:
    return Preview(
        team=TeamId(row.key.removeprefix("preview:")),
        name=row.text("name"),
        at=row.number("at"),
        direction=row.text("direction"),
        team_read=row.number("team_read"),
        group_read=row.number("group_read"),
        creates=row.flag("creates"),
        waiting=row.flag("waiting"),
        unknown=row.number("unknown"),
        counts=_numbers(row.text("counts")),
        doubted=_numbers(row.text("doubted")),
        listed=_numbers(row.text("listed")),
        held=row.flag("held"),
        renames=row.text("renames"),
        failure=row.text("failure"),
    )


def _pack(changes: Sequence[Named]) -> dict[str, Value]:
    packed = b"".join(_packed(named.change) for named in changes)
    room = (_ROW_BYTES - len(packed)) // max(1, len(changes)) - 1
    most = max(0, min(_NAME_BYTES, room))
    names = b"\n".join(_clipped(named.name, most) for named in changes)
    return {**spread("changes", packed), **spread("names", names)}


def _unpack(row: Row) -> tuple[Named, ...]:
    packed = row.blob("changes")
    if not packed:
        return ()
    names = row.blob("names").decode().split("\n")
    changes = [_change(*raw) for raw in _structs(packed)]
    return tuple(Named(c, name) for c, name in zip(changes, names, strict=True))


def _structs(packed: bytes) -> list[tuple[bytes, bytes, int, int]]:
    if len(packed) % _CHANGE.size:
        raise ValueError(f"{len(packed)} bytes are no whole number of changes")
    return list(_CHANGE.iter_unpack(packed))


def _packed(change: Change) -> bytes:
    return _CHANGE.pack(
        pack_uuid(change.person or NIL),
        pack_uuid(change.object or NIL),
        _SIDES.index(change.side),
        _OPS.index(change.op),
    )


def _change(person: bytes, object_id: bytes, side: int, op: int) -> Change:
    return Change(PersonId(_text(person)), ObjectId(_text(object_id)), _SIDES[side], _OPS[op])


def _text(raw: bytes) -> str:
    """Nobody is written as zeros."""
    return unpack_uuid(raw) if any(raw) else ""


def _clipped(name: str, most: int) -> bytes:
    """A line of at most so many bytes, and no half of a character."""
    line = name.replace("\n", " ")
    return line.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").encode()


def _numbers(text: str) -> Mapping[str, int]:
    found = json.loads(text or "{}")
    return {str(name): number for name, number in found.items()} if isinstance(found, dict) else {}
