"""The latest result of every prerequisite, one row each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from shared.core.checks import Result, State
from shared.storage.tables import Partition, Row

_PREFIX = "check:"


class CheckRows:
    """The port `Checks` over one organization's partition of `Checks`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def kept(self) -> dict[str, Result]:
        rows = self._rows.range(_PREFIX, "check;")
        return {result.id: result for result in map(_result, rows) if result}

    def keep(self, results: Iterable[Result]) -> None:
        for result in results:
            self._rows.upsert(
                f"{_PREFIX}{result.id}",
                {
                    "state": result.state.value,
                    "code": result.code,
                    "at": result.at,
                    "facts": json.dumps(dict(result.facts)),
                    "by": result.by,
                },
            )


def _result(row: Row) -> Result | None:
    """None for a row of a version that knows other states."""
    try:
        state = State(row.text("state"))
        facts = json.loads(row.text("facts") or "{}")
    except ValueError:
        return None
    return Result(
        row.key.removeprefix(_PREFIX),
        state,
        row.text("code"),
        row.number("at"),
        facts if isinstance(facts, dict) else {},
        row.text("by"),
    )
