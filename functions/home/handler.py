"""Where everything starts, and where everybody lands who was refused."""

from __future__ import annotations

from shared.core import reasons
from shared.web.answers import Data, File, Page
from shared.web.entry import Desk, Lobby
from shared.web.handover import COOKIE as HANDOVER
from shared.web.places import known_place
from shared.web.render import asset
from shared.web.visit import Visit


def welcome(_lobby: Lobby, visit: Visit) -> Page:
    """For anybody: what this is, and the way in."""
    return Page("home.html", {"next": known_place(visit.query.get("next", ""))}, leaves=True)


def card(desk: Desk, _visit: Visit) -> Page:
    """For an administrator: how far it is, and what comes next."""
    settings = desk.office.services.organizations.settings()
    return Page("card.html", {"settings": settings})


def refused(_lobby: Lobby, visit: Visit) -> Page:
    """The sentence and remedy of one code; 404 for a code that nobody knows."""
    code = visit.route.get("code", "")
    known = code in reasons.codes()
    facts = {
        "code": code if known else "not_found",
        "reason": reasons.reason(code if known else "not_found"),
        "errand": bool(visit.cookies.get(HANDOVER)),
    }
    return Page("refused.html", facts, 403 if known else 404, leaves=True)


def refused_at_desk(desk: Desk, visit: Visit) -> Page:
    return refused(desk.lobby, visit)


def health(_lobby: Lobby, _visit: Visit) -> Data:
    """The app runs and its settings can be read. Calls nobody."""
    return Data({"ok": True})


def style(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("style.css"), "text/css; charset=utf-8")


def script(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("script.js"), "text/javascript; charset=utf-8")


def icon(_lobby: Lobby, _visit: Visit) -> File:
    return File(asset("icon.svg"), "image/svg+xml")
