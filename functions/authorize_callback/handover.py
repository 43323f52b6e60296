"""Hand-over links: an administrator makes one, somebody else does the one step that it is for.

Opening a link changes nothing, since mail scanners open links; a button redeems it.
"""

from __future__ import annotations

from functions.authorize_callback import microsoft, webex
from functions.authorize_callback.traveller import on_errand
from shared.admin import connection
from shared.admin import handover as links
from shared.admin.handover import Handover
from shared.core.ids import NIL, OrgId, parse_uuid
from shared.core.permissions import PERMISSIONS, asked_besides
from shared.web import handover
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk, Lobby
from shared.web.flow import digest, new_secret
from shared.web.visit import Visit


def make(desk: Desk, visit: Visit) -> Page:
    """POST /authorize/handover. The link is on this page and nowhere else."""
    token = new_secret()
    link = links.make(desk.office, desk.actor, visit.form.get("step", ""), digest(token))
    address = f"{desk.lobby.settings.public_url}/handover/{desk.office.org}/{token}"
    asked = (*PERMISSIONS, *asked_besides(desk.office.services.organizations.settings()))
    facts = {
        "link": link,
        "address": address,
        "permissions": asked if link.step == microsoft.STEP else (),
        "client_id": desk.lobby.settings.microsoft_client_id,
    }
    return Page("handover-made.html", facts)


def show(lobby: Lobby, visit: Visit) -> Page | Redirect:
    """GET /handover/{organization}/{token}: who asks for what, until when."""
    org, key = _named(visit)
    mine = handover.current(lobby, visit)
    if mine and (mine.office.org, mine.link.digest) == (org, key):
        return Redirect("/handover")
    return Page("handover-link.html", {"link": _look(lobby, org, key), "organization": org})


def redeem(lobby: Lobby, visit: Visit) -> Redirect:
    """POST /handover/{organization}/{token}."""
    org, key = _named(visit)
    _look(lobby, org, key)
    link = links.redeem(lobby.office(org), key)
    return Redirect("/handover", (handover.keep(lobby, org, link),))


def errand(lobby: Lobby, visit: Visit) -> Page:
    """GET /handover: what will happen, at an address that may be seen."""
    mine = handover.needed(lobby, visit)
    settings = mine.office.services.organizations.settings()
    tenant = connection.target(mine.office) if mine.step == microsoft.STEP else ""
    facts = {"link": mine.link, "tenant": tenant, "tenant_name": settings.tenant_name}
    return Page("handover.html", facts, leaves=True)


def start(lobby: Lobby, visit: Visit) -> Redirect:
    """POST /handover/start: to the provider. The step is the link's, whatever the form says."""
    mine = handover.needed(lobby, visit)
    if mine.step == microsoft.STEP:
        return microsoft.set_out(lobby, on_errand(mine))
    return webex.set_out(lobby, on_errand(mine), mine.step)


def done(_lobby: Lobby, _visit: Visit) -> Page:
    """GET /handover/done."""
    return Page("handover-done.html")


def _named(visit: Visit) -> tuple[OrgId, str]:
    org = OrgId(parse_uuid(visit.route.get("organization")) or NIL)
    return org, digest(visit.route.get("token", ""))


def _look(lobby: Lobby, org: OrgId, key: str) -> Handover:
    """The link, if it may be redeemed. Raises Refusal.

    For an organization that is not served the same is done and said as for a token that nobody
    knows: it is looked for where it cannot be.
    """
    served = lobby.settings.serves(org)
    office = lobby.office(org if served else min(lobby.settings.organizations))
    return links.look(office.once, key if served else digest(f"{org} {key}"), office.now())
