"""Teams that were given up on, one row a team, for an administrator to see and replay."""

from __future__ import annotations

from shared.ports import DeadLetter
from shared.storage.tables import Partition, Value


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
