"""Microsoft: the consent of an administrator, and the sign-in that proves whose it was.

Out to the dialog, back with nothing that can be trusted, out again to sign in at the tenant that
was chosen, back with a token that is verified; then the permissions are tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.authorize_callback.traveller import Traveller, at_desk, returned
from shared.admin import connection, consenting, prerequisites, waiting
from shared.admin.ports import Actor
from shared.core.ids import PersonId, TenantId, parse_uuid
from shared.core.permissions import PERMISSIONS
from shared.core.reasons import Refusal
from shared.web import flow as flows
from shared.web import handover
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk, Lobby
from shared.web.flow import Flow
from shared.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable

STEP = "microsoft"
_CONSENT = "microsoft-consent"
_SIGN_IN = "microsoft-signin"
# The permissions, and what has to be asked before them.
_CHECKS = ("m365_tenant", "m365_permissions")


def ask(desk: Desk, _visit: Visit) -> Redirect:
    """POST /authorize/microsoft, by a signed-in administrator."""
    return set_out(desk.lobby, at_desk(desk))


def set_out(lobby: Lobby, who: Traveller) -> Redirect:
    """To Microsoft's dialog, for the tenant that was chosen. Nothing is changed yet."""
    from shared.microsoft.consent import consent_address

    tenant = connection.target(who.office)
    had_power = consenting.had_power(who.office, tenant, who.key)
    facts = {"by": who.key, "tenant": tenant, "had_power": "yes" if had_power else ""}
    flow, cookie = flows.begin(lobby.sealer, _CONSENT, lobby.now(), facts)
    here = _here(lobby, "consent")
    return Redirect(consent_address(lobby.settings, tenant, here, flow.state), (cookie,))


def consented(lobby: Lobby, visit: Visit) -> Redirect:
    return _consented(lobby, visit, None)


def consented_at_desk(desk: Desk, visit: Visit) -> Redirect:
    return _consented(desk.lobby, visit, desk)


def signed_in(lobby: Lobby, visit: Visit) -> Redirect:
    return _signed_in(lobby, visit, None)


def signed_in_at_desk(desk: Desk, visit: Visit) -> Redirect:
    return _signed_in(desk.lobby, visit, desk)


def _consented(lobby: Lobby, visit: Visit, desk: Desk | None) -> Redirect:
    """GET /authorize/microsoft/consent. What it says is believed only where it refuses."""
    from shared.microsoft.consent import refusal

    flow, who = _back(lobby, visit, desk, _CONSENT)
    refused = refusal(visit.query)
    if refused:
        raise refused
    tenant = TenantId(flow.facts["tenant"])
    if parse_uuid(visit.query.get("tenant")) != tenant:
        raise Refusal("wrong_tenant", "callback")
    if visit.query.get("admin_consent", "").lower() != "true":
        raise Refusal("consent_failed", "no admin_consent")
    connection.check_free(who.office, tenant)
    return _to_sign_in(lobby, flow, tenant)


def _to_sign_in(lobby: Lobby, before: Flow, tenant: TenantId) -> Redirect:
    begun = lobby.wiring.microsoft_sign_in().begin(tenant, _here(lobby, "signin"))
    facts = {**before.facts, "kept": begun.kept}
    _, cookie = flows.begin(lobby.sealer, _SIGN_IN, lobby.now(), facts, begun.state)
    return Redirect(begun.address, (cookie,))


def _signed_in(lobby: Lobby, visit: Visit, desk: Desk | None) -> Redirect:
    """GET /authorize/microsoft/signin."""
    from shared.microsoft.consent import sign_in_refusal

    flow, who = _back(lobby, visit, desk, _SIGN_IN)
    refused = sign_in_refusal(visit.query)
    if refused:
        raise refused
    consent = _proven(lobby, visit, flow, who)
    if who.errand:
        waiting.keep(who.office, consent)
        return Redirect("/handover/done", (handover.finish(who.errand),))
    assert who.actor is not None
    connection.connect(who.office, who.actor, consent)
    return Redirect("/authorized")


def _proven(lobby: Lobby, visit: Visit, flow: Flow, who: Traveller) -> connection.Consent:
    """Tenant, administrator and token, one after the other. Raises Refusal, Unavailable."""
    tenant = TenantId(flow.facts["tenant"])
    signing_in = lobby.wiring.microsoft_sign_in()
    code = visit.query.get("code", "")
    person = signing_in.finish(tenant, flow.facts["kept"], flow.state, code)
    connection.check_free(who.office, tenant)
    return consenting.prove(
        who.office,
        tenant,
        Actor(PersonId(person.object_id), person.name, person.account),
        told=person.roles is not None,
        allowed=person.may_consent,
        had_power=bool(flow.facts["had_power"]),
    )


def _back(lobby: Lobby, visit: Visit, desk: Desk | None, purpose: str) -> tuple[Flow, Traveller]:
    """Whose answer this is. It is spent from here on, whatever it says."""
    flow = flows.resume(lobby.sealer, purpose, visit, lobby.now())
    who = returned(lobby, visit, desk, flow, STEP)
    flows.spend(who.office.once, flow, who.office.now())
    return flow, who


def _here(lobby: Lobby, last: str) -> str:
    return f"{lobby.settings.public_url}/authorize/microsoft/{last}"


def authorized(desk: Desk, _visit: Visit) -> Page:
    """GET /authorized: what was reached, from our own state; may be shown again and again."""
    settings = desk.office.services.organizations.settings()
    proven = _permissions(desk) if settings.tenant else {}
    facts = {
        "settings": settings,
        "pending": waiting.pending(desk.office),
        "permissions": PERMISSIONS,
        "proven": proven,
        "verified": sum(proven.values()),
        "missing_core": [p.name for p in PERMISSIONS if p.core and proven and not proven[p.name]],
    }
    return Page("authorized.html", facts)


def _permissions(desk: Desk) -> dict[str, bool]:
    """As the check found them, which is made anew where it is old or was overtaken, or where one
    was lacking that may have come. Empty: Microsoft does not answer now, or gives no token."""
    known = _granted(prerequisites.current(desk.office))
    if known and all(known.values()):
        return _granted(prerequisites.refresh(desk.office, desk.actor, _CHECKS))
    return _granted(prerequisites.recheck(desk.office, desk.actor, _CHECKS[-1]))


def _granted(rows: Iterable[prerequisites.Row]) -> dict[str, bool]:
    facts = next(row.result.facts for row in rows if row.check.id == _CHECKS[-1])
    if "granted" not in facts:
        return {}
    granted = str(facts["granted"]).split(", ")
    return {p.name: p.name in granted for p in PERMISSIONS}
