"""Rows as the version before wrote them: it made groups and filled them, and followed nobody who
left. Whatever it did not know is taken out of the rows, as if it had been at work until now.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from shared.core import times
from shared.core.ids import TeamId
from shared.core.ledger import ADD, MEMBERS, OWNERS, WEBEX, Pending
from shared.ports import Services
from shared.storage.tables import Partition, Row, Tables, spread

if TYPE_CHECKING:
    from simulation.universe import Firm, Universe

# What the names of properties begin with that came since, by kind of row.
_SINCE = {
    "team": ("direction", "full_at", "moderated", "held", "settled_at", "tried_at", "others"),
    "look": ("told",),
    "members": ("led", "writes", "missing", "refused"),
    "settings": ("guests", "limit_"),
}
# Rows that it did not have.
_NONE = ("held:", "group:", "preview:", "cursor:delta")
# A pending write: person, account, side, op, sent, answered, contradicted; whole seconds.
_PENDING = struct.Struct(">16s16sBBIII")


def rewrite(universe: Universe, firm: Firm) -> None:
    """All rows of an organization whose teams have come to rest. Nothing else runs meanwhile."""
    truth = universe.truth(firm)
    tables = Tables(universe.tables.open)
    for table in ("Teams", "Organizations"):
        rows = tables.partition(table, firm.id)
        for row in list(rows.range(" ", "~")):
            _rewrite(rows, row, truth)
    firm.outdated = True


def _rewrite(rows: Partition, row: Row, truth: Services) -> None:
    if row.key.startswith(_NONE):
        rows.delete(row.key, row.etag)
        return
    kind, _, uuid = row.key.partition(":")
    since = _SINCE.get(kind, ())
    values = {k: v for k, v in row.values.items() if not k.startswith(tuple(since))}
    if kind == "members":
        pending = truth.teams.ledger(TeamId(uuid.partition(":")[0])).value.pending.values()
        values |= spread("pending", b"".join(map(_packed, filter(_is_known, pending))))
    if values != row.values:
        rows.put(row.key, values, row.etag)
    if kind == "look":
        _rest(truth, uuid)


def _rest(truth: Services, uuid: str) -> None:
    """There was no weekly look: a team that was complete was due no more."""
    before = truth.looks.read(uuid)
    if before and before.value.at and before.value.at > truth.now() + times.DAY:
        truth.looks.write(uuid, before, replace(before.value, at=None, ready=None))


def _is_known(entry: Pending) -> bool:
    """It added people to groups, and forgot what a read had shown."""
    return entry.op == ADD and entry.side != WEBEX and not entry.seen


def _packed(entry: Pending) -> bytes:
    return _PENDING.pack(
        UUID(entry.person).bytes,
        UUID(entry.object).bytes,
        (MEMBERS, OWNERS).index(entry.side),
        0,
        *(moment // 1000 for moment in (entry.at, entry.answered, entry.contradicted)),
    )
