"""What a look knows while it runs: the team's rows, kept as it goes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.ledger import Ledger
from shared.core.model import Team, Versioned
from shared.ports import Services
from shared.sync.lease import Held


@dataclass
class Book:
    """The rows of one team during one look. Every save carries the ETag of what was read."""

    held: Held
    row: Versioned[Team]
    ledger_row: Versioned[Ledger]

    @property
    def services(self) -> Services:
        return self.held.services

    @property
    def team(self) -> Team:
        return self.row.value

    @property
    def ledger(self) -> Ledger:
        return self.ledger_row.value

    def save_team(self, team: Team) -> None:
        """Raises Conflict if somebody else wrote the row: then this look is void."""
        if team != self.row.value:
            self.row = self.services.teams.write(self.row, team)

    def save_ledger(self, ledger: Ledger) -> None:
        if ledger != self.ledger_row.value:
            self.ledger_row = self.services.teams.write_ledger(
                self.team.uuid, self.ledger_row, ledger
            )
