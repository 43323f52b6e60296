"""What a handler may touch: the lobby for anybody, the desk for whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.core.ids import OrgId
from shared.web.answers import Answer
from shared.web.sealed import Sealer
from shared.web.session import Session
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.admin.ports import Actor, Office
    from shared.config import Settings
    from shared.wiring import Wiring


@dataclass(frozen=True)
class Lobby:
    """What a handler may touch before anybody is signed in."""

    wiring: Wiring
    sealer: Sealer
    language: str

    @property
    def settings(self) -> Settings:
        return self.wiring.settings

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.wiring.clock.now()

    def office(self, org: OrgId) -> Office:
        """Raises KeyError for an organization that is not served."""
        return self.wiring.office(org)


@dataclass(frozen=True)
class Desk:
    """What a handler may touch for a signed-in administrator of `session.org`."""

    lobby: Lobby
    session: Session
    office: Office

    @property
    def actor(self) -> Actor:
        from shared.admin.ports import Actor

        return Actor(self.session.person, self.session.name, self.session.email)


Handler = Callable[[Lobby, Visit], Answer]
AdminHandler = Callable[[Desk, Visit], Answer]
