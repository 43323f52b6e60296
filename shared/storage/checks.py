"""The latest result of every prerequisite, one row each; and one for each that was confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from shared.core.checks import Confirmation, Result, State
from shared.ports import Conflict
from shared.storage.tables import Partition, Row, Step, Value

_PREFIX = "check:"
_CONFIRMED = "confirmed:"
# `was:<falling ms>:<id>`: how a check came out when it came out otherwise than before.
_WAS = "was:"
_FALLING = 10**13
_KEPT, _SPARE = 300, 60


class CheckRows:
    """The port `Checks` over one organization's partition of `Checks`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def kept(self) -> dict[str, Result]:
        rows = self._rows.range(_PREFIX, "check;")
        return {result.id: result for result in map(_result, rows) if result}

    def keep(self, results: Iterable[Result]) -> None:
        new = list(results)
        before = self.kept() if new else {}
        for result in new:
            self._rows.upsert(f"{_PREFIX}{result.id}", _values(result))
        changed = [r for r in new if r.id not in before or _differ(before[r.id], r)]
        for result in changed:
            self._rows.upsert(f"{_WAS}{_FALLING - result.at:013d}:{result.id}", _values(result))
        if changed:
            self._forget()

    def history(self, limit: int) -> list[Result]:
        rows = self._rows.range(_WAS, "was;", limit=limit)
        return [result for result in map(_result, rows) if result]

    def _forget(self) -> None:
        """The oldest of a long history."""
        rows = list(self._rows.range(_WAS, "was;", limit=_KEPT + _SPARE, only=["at"]))
        if len(rows) == _KEPT + _SPARE:
            self._rows.write([Step("delete", row.key, {}, row.etag) for row in rows[_KEPT:]])

    def confirmed(self) -> dict[str, Confirmation]:
        return {
            row.key.removeprefix(_CONFIRMED): Confirmation(
                row.text("by"), row.number("at"), row.text("asked")
            )
            for row in self._rows.range(_CONFIRMED, "confirmed;")
        }

    def confirm(self, check_id: str, confirmation: Confirmation) -> None:
        self._rows.upsert(f"{_CONFIRMED}{check_id}", dict(asdict(confirmation)))

    def withdraw(self, check_id: str) -> None:
        row = self._rows.get(f"{_CONFIRMED}{check_id}")
        if row is None:
            return
        try:
            self._rows.delete(row.key, row.etag)
        except Conflict:
            # Confirmed anew meanwhile, or gone.
            self.withdraw(check_id)


def _values(result: Result) -> dict[str, Value]:
    return {
        "state": result.state.value,
        "code": result.code,
        "at": result.at,
        "facts": json.dumps(dict(result.facts)),
    }


def _differ(before: Result, now: Result) -> bool:
    return (before.state, before.code) != (now.state, now.code)


def _result(row: Row) -> Result | None:
    """None for a row of a version that knows other states."""
    try:
        state = State(row.text("state"))
        facts = json.loads(row.text("facts") or "{}")
    except ValueError:
        return None
    return Result(
        row.key.rpartition(":")[2],
        state,
        row.text("code"),
        row.number("at"),
        facts if isinstance(facts, dict) else {},
    )
