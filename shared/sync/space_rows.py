"""The rows of a team's further spaces during one look, and why one of them is put off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.core.errors import Failure
from shared.core.model import Versioned
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.ports import Services
from shared.sync.record import Book

Answer = TypeVar("Answer")


class PutOff(Exception):
    """Nothing more can be done for this space now. pause: milliseconds."""

    def __init__(self, state: SpaceState, pause: int) -> None:
        super().__init__(state.value)
        self.state = state
        self.pause = pause


@dataclass
class Rows:
    """By the space's uuid, as they are now."""

    state: Book
    by_space: dict[str, Versioned[SpaceFolder]]

    @property
    def services(self) -> Services:
        return self.state.services

    @property
    def all(self) -> list[SpaceFolder]:
        return [row.value for row in self.by_space.values()]

    def save(self, folder: SpaceFolder) -> SpaceFolder:
        """Raises Conflict where another worker wrote the row: then this look is void."""
        before = self.by_space[folder.space]
        if folder != before.value:
            self.by_space[folder.space] = self.services.space_folders.write(before, folder)
        return folder

    def write(self, send: Callable[[], Answer]) -> Answer:
        """One step that writes to a cloud, where folders are still wanted. Raises Interrupted."""
        return self.state.held.write(send, lambda s: s.gives_spaces_folders)

    def failed(self, event: str, failure: Failure, folder: SpaceFolder, **facts: str) -> None:
        team = self.state.team.uuid
        self.services.log.failed(event, failure, team=team, space=folder.space, **facts)
