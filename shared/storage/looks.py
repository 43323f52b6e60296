"""`look:<uuid>` and its only index `due:<13-digit ms>:<uuid>`, moved in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.core.ids import ObjectId
from shared.core.look import Look
from shared.core.model import Versioned
from shared.core.telling import Telling
from shared.ports import Conflict, Due
from shared.storage.tables import Partition, Row, Step, Value

# Three operations a team; a transaction takes a hundred.
_TEAMS_A_TRANSACTION = 33


class LookRows:
    """The port `Looks` over one organization's partition of `Teams`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def read(self, uuid: str) -> Versioned[Look] | None:
        row = self._rows.get(f"look:{uuid}")
        return Versioned(_look(row), row.etag) if row else None

    def among(self, uuids: Collection[str]) -> dict[str, Look]:
        rows = self._rows.among("look:", uuids)
        return {uuid: _look(row) for uuid, row in rows.items()}

    def write(self, uuid: str, before: Versioned[Look] | None, after: Look) -> Versioned[Look]:
        steps = [_step(uuid, before, after)]
        old, new = before.value.at if before else None, after.at
        if old != new:
            if old is not None:
                steps.append(Step("delete", due_key(old, uuid), {}))
            if new is not None:
                steps.append(Step("insert", due_key(new, uuid), {"space": after.space_id}))
        return Versioned(after, self._rows.write(steps)[0])

    def remove(self, uuid: str, before: Versioned[Look]) -> None:
        steps = [Step("delete", f"look:{uuid}", {}, before.etag)]
        if before.value.at is not None:
            steps.append(Step("delete", due_key(before.value.at, uuid), {}))
        self._rows.write(steps)

    def due(self, until: int, limit: int) -> list[Due]:
        rows = self._rows.range("due:", f"due:{until + 1:013d}", limit=limit)
        return [_due(row) for row in rows]

    def postpone(self, dues: Sequence[Due], at: int) -> list[Due]:
        moved: list[Due] = []
        for start in range(0, len(dues), _TEAMS_A_TRANSACTION):
            chunk = dues[start : start + _TEAMS_A_TRANSACTION]
            if self._move(chunk, at):
                moved += chunk
            else:
                moved += [due for due in chunk if self._move([due], at)]
        return moved

    def _move(self, dues: Sequence[Due], at: int) -> bool:
        """Whoever deletes the due row owns the move; a lost race leaves all as it was."""
        steps: list[Step] = []
        for due in dues:
            steps += [
                Step("delete", due_key(due.at, due.uuid), {}, due.etag),
                Step("insert", due_key(at, due.uuid), {"space": due.space_id}),
                Step("merge", f"look:{due.uuid}", {"at": at}),
            ]
        try:
            self._rows.write(steps)
        except Conflict:
            return False
        return True


def due_key(at: int, uuid: str) -> str:
    return f"due:{at:013d}:{uuid}"


def _due(row: Row) -> Due:
    _, at, uuid = row.key.split(":", 2)
    return Due(uuid, int(at), row.text("space"), row.etag)


def _step(uuid: str, before: Versioned[Look] | None, after: Look) -> Step:
    op = "replace" if before else "insert"
    return Step(op, f"look:{uuid}", _values(after), before.etag if before else "")


def _values(look: Look) -> dict[str, Value]:
    values: dict[str, Value] = {
        "space": look.space_id,
        "wanted": look.wanted,
        "lease_owner": look.lease_owner,
        "lease_until": look.lease_until,
        "tries": look.tries,
        "last": look.last,
        "seen": look.seen,
        "epoch": look.epoch,
        "low": look.low,
        "parked": look.parked,
        "sighted": look.sighted,
        "dead": look.dead,
        "whole": look.whole,
        "told": look.told.at,
        "told_of": " ".join(f"{'-+'[there]}{o}" for o, there in look.told.people.items()),
        "told_vague": look.told.vague,
        "named": look.named[:1024],
    }
    if look.at is not None:
        values["at"] = look.at
    if look.ready is not None:
        values["ready"] = look.ready
    return values


def _look(row: Row) -> Look:
    return Look(
        space_id=row.text("space"),
        at=row.moment("at"),
        ready=row.moment("ready"),
        wanted=row.number("wanted"),
        lease_owner=row.text("lease_owner"),
        lease_until=row.number("lease_until"),
        tries=row.number("tries"),
        last=row.number("last"),
        seen=row.number("seen"),
        epoch=row.number("epoch"),
        low=row.flag("low"),
        parked=row.flag("parked"),
        sighted=row.flag("sighted"),
        dead=row.flag("dead"),
        whole=row.flag("whole"),
        told=_telling(row),
        named=row.text("named"),
    )


def _telling(row: Row) -> Telling:
    """The version before did not say what was told."""
    at, of = row.number("told"), row.text("told_of").split()
    people = {ObjectId(each[1:]): each[0] == "+" for each in of}
    return Telling(at, people, row.flag("told_vague") or bool(at and not people))
