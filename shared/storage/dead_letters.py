"""Teams that were given up on, one row a team, for an administrator to see and replay."""

from __future__ import annotations

from collections.abc import Collection

from shared.ports import Conflict, DeadLetter
from shared.storage.tables import Partition, Row, Value


class DeadLetterRows:
    """The port `DeadLetters` over one organization's partition of `DeadLetters`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows

    def put(self, letter: DeadLetter) -> None:
        values: dict[str, Value] = {
            "space": letter.space_id,
            "at": letter.at,
            "error": letter.error[:8000],
            "trace": letter.trace[:200],
        }
        self._rows.upsert(letter.team, values)

    def read(self, team: str) -> DeadLetter | None:
        row = self._rows.get(team)
        return _letter(row) if row else None

    def after(self, team: str, limit: int) -> list[DeadLetter]:
        # A space comes right behind the uuid, and before everything that is longer.
        return [_letter(row) for row in self._rows.range(f"{team} ", "~", limit=limit)]

    def among(self, teams: Collection[str]) -> dict[str, DeadLetter]:
        return {team: _letter(row) for team, row in self._rows.among("", teams).items()}

    def remove(self, team: str) -> None:
        row = self._rows.get(team)
        if row is None:
            return
        try:
            self._rows.delete(team, row.etag)
        except Conflict:
            # A later letter took its place, or somebody else removed it.
            self.remove(team)


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(
        row.key, row.text("space"), row.number("at"), row.text("error"), row.text("trace")
    )
