"""Who comes with a hand-over link: a cookie of its own, which neither uses nor replaces a session.

It lasts an hour from when the link was redeemed, and ends when what it was for is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.admin import handover
from shared.admin.handover import Handover
from shared.core.ids import OrgId
from shared.core.reasons import Refusal
from shared.web.answers import Cookie
from shared.web.sealed import Broken
from shared.web.visit import Visit

if TYPE_CHECKING:
    from shared.admin.ports import Office
    from shared.web.entry import Lobby

COOKIE = "handover"
_SECONDS = handover.USE_LASTS // 1000


@dataclass(frozen=True)
class Errand:
    """One step for one organization, which somebody has a redeemed link for."""

    office: Office
    link: Handover

    @property
    def step(self) -> str:
        return self.link.step


def keep(lobby: Lobby, org: OrgId, link: Handover) -> Cookie:
    value = {"org": org, "digest": link.digest}
    return Cookie(COOKIE, lobby.sealer.seal(COOKIE, value, lobby.now()), _SECONDS)


def current(lobby: Lobby, visit: Visit) -> Errand | None:
    """The errand that this browser is on, if any; read from the link's row each time."""
    try:
        text = visit.cookies.get(COOKIE, "")
        kept = lobby.sealer.open(COOKIE, text, lobby.now(), _SECONDS)
    except Broken:
        return None
    org = OrgId(str(kept.get("org")))
    if not lobby.settings.serves(org):
        return None
    office = lobby.office(org)
    link = handover.in_use(office.once, str(kept.get("digest")), office.now())
    return Errand(office, link) if link else None


def needed(lobby: Lobby, visit: Visit) -> Errand:
    """Raises Refusal("handover_over") where there is none, or no longer."""
    errand = current(lobby, visit)
    if errand is None:
        raise Refusal("handover_over")
    return errand


def finish(errand: Errand) -> Cookie:
    """What it was for is done: the link is worth nothing more, and the cookie is forgotten."""
    handover.finish(errand.office, errand.link)
    return Cookie(COOKIE, "")
