"""What the folders of a team's spaces need from outside: a group's drive, and rows of our own."""

from __future__ import annotations

from typing import Protocol

from shared.core.ids import TeamId
from shared.core.model import Drive, Versioned
from shared.core.space_folders import Item, SpaceFolder


class Drives(Protocol):
    """Folders in the drives of groups. Raises core.errors."""

    def children(self, drive: Drive) -> list[Item]:
        """What lies in the root, all pages. Raises NotThere for a drive that is gone."""

    def item(self, drive: Drive, item: str) -> Item | None:
        """Wherever it lies in the drive; None for one that is not there (any more)."""

    def named(self, drive: Drive, name: str) -> Item | None:
        """What is called so in the root, if anything is."""

    def create_folder(self, drive: Drive, name: str) -> Item:
        """A new folder in the root. Raises PermissionMissing; Refused, with kind NAME_TAKEN where
        something is called so; AnswerUnknown if no answer came."""

    def rename(self, drive: Drive, item: str, name: str) -> Item:
        """The same item by another name; its own name is one, too. Raises as `create_folder`."""


class SpaceFolders(Protocol):
    """`folder:` rows, one for each further space of a team."""

    def of_team(self, team: TeamId) -> list[Versioned[SpaceFolder]]:
        """In the order of the spaces' uuids."""

    def add(self, folder: SpaceFolder) -> None:
        """Remember a space. One that is known stays as it is."""

    def write(self, before: Versioned[SpaceFolder], after: SpaceFolder) -> Versioned[SpaceFolder]:
        """Raises Conflict when `before` is no longer what the row says."""

    def without_rows(self, after: str, limit: int) -> tuple[list[SpaceFolder], str]:
        """Further spaces of teams among the next `limit` of all spaces that are remembered, behind
        the uuid `after`, as rows that they may not have yet; and the last uuid, "" at the end."""
