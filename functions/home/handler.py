"""Where everything starts, and where everybody lands who was refused."""

from __future__ import annotations

from shared.admin import prerequisites
from shared.core import reasons
from shared.web.answers import Data, File, Page
from shared.web.entry import Desk, Lobby
from shared.web.handover import COOKIE as HANDOVER
from shared.web.places import known_place
from shared.web.render import asset
from shared.web.visit import Visit

_LOST = "not_found"


def welcome(_lobby: Lobby, visit: Visit) -> Page:
    """For anybody: what this is, and the way in."""
    return Page("home.html", {"next": known_place(visit.query.get("next", ""))}, leaves=True)


def card(desk: Desk, _visit: Visit) -> Page:
    """For an administrator: how far it is, and what comes next."""
    settings = desk.office.services.organizations.settings()
    unsettled = prerequisites.unsettled(desk.office) if settings.tenant else []
    return Page("card.html", {"settings": settings, "unsettled": unsettled})


def refused(_lobby: Lobby, visit: Visit) -> Page:
    """The sentence and remedy of one code; 404 for a code that nobody knows."""
    code = visit.route.get("code", "")
    return _told(code, visit, 403) if code in reasons.codes() else _told(_LOST, visit, 404)


def lost(_lobby: Lobby, visit: Visit) -> Page:
    """For an address that leads nowhere."""
    return _told(_LOST, visit, 404)


def lost_at_desk(desk: Desk, visit: Visit) -> Page:
    return lost(desk.lobby, visit)


def refused_at_desk(desk: Desk, visit: Visit) -> Page:
    return refused(desk.lobby, visit)


def health(_lobby: Lobby, _visit: Visit) -> Data:
    """For anybody: the app runs and its settings can be read. Calls nobody."""
    return Data({"ok": True})


def health_at_desk(desk: Desk, _visit: Visit) -> Data:
    """For an administrator: how the synchronization of their organization stands."""
    from shared.admin.state import state

    return Data({"ok": True, **state(desk.office)})


def style(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("style.css"), "text/css; charset=utf-8")


def script(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("script.js"), "text/javascript; charset=utf-8")


def icon(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("icon.svg"), "image/svg+xml")


def _told(code: str, visit: Visit, status: int) -> Page:
    facts = {
        "code": code,
        "reason": reasons.reason(code),
        "place": reasons.place(code),
        "next": known_place(visit.query.get("next", "")),
        # Where the link itself is refused, nothing leads back to the step.
        "errand": bool(visit.cookies.get(HANDOVER)) and not code.startswith("handover_"),
    }
    return Page("refused.html", facts, status, leaves=True)
