"""What a look knows while it runs: the team's rows, kept as it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.core.ids import GroupId
from shared.core.ledger import Ledger
from shared.core.model import Group, Team, Versioned
from shared.ports import Services
from shared.sync.lease import Held


@dataclass
class Book:
    """The rows of one team during one look. Every save carries the ETag of what was read.

    tries_again: a day has passed, or somebody asked for everything: then who was refused before is
    tried again. trial: nothing is written; saves are only remembered here.
    first: nothing is remembered of the team's people but what an administrator has yet to see.
    team_called, group_seen: what the team is called in Webex and what the group is like, as this
    look has read them; None where it has not, "" for a name that it could not read.
    """

    held: Held
    row: Versioned[Team]
    ledger_row: Versioned[Ledger]
    tries_again: bool = False
    trial: bool = False
    first: bool = False
    team_called: str | None = None
    group_seen: Group | None = None

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
        if self.trial:
            self.row = replace(self.row, value=team)
        elif team != self.row.value:
            self.row = self.services.teams.write(self.row, team)

    def save_ledger(self, ledger: Ledger) -> None:
        if self.trial:
            self.ledger_row = replace(self.ledger_row, value=ledger)
        elif ledger != self.ledger_row.value:
            self.ledger_row = self.services.teams.write_ledger(
                self.team.uuid, self.ledger_row, ledger
            )

    def remember_group(self, group: GroupId) -> None:
        """Whose the group is, so that its changes find the team. Before the team's row names it:
        dying in between leaves an entry too many."""
        if not self.trial:
            team = self.team
            self.services.teams.remember_group(group, team.uuid, team.space_id)
