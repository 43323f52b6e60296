"""The page of the sign-ins: whose they are, how long they last, what is missing; and what to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from functions.authorize_callback.webex import proven
from shared.admin import credentials, prerequisites, waiting
from shared.admin import handover as links
from shared.admin.ports import Office
from shared.core.capabilities import CAPABILITIES, Capability, missing
from shared.core.checks import State
from shared.core.credential import Credential
from shared.core.errors import Refused
from shared.core.reasons import Refusal, reason
from shared.core.wording import Reason
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit
from shared.webex.oauth import Client

# Those that somebody signs in for; a bot's token is a setting.
SIGN_INS = tuple(c for c in CAPABILITIES.values() if c.scopes)
_LONGEST = 4096
# Where a test has shown what somebody signed in for.
_SHOWN_BY = {"spaces": "webex_officer", "people": "webex_people"}


@dataclass(frozen=True)
class Held:
    """A credential as the page shows it: nothing in it is secret. Times are milliseconds."""

    owner: str
    service_app: bool
    since: int
    expires: int
    refresh_expires: int
    failed: int
    renews: bool
    granted: tuple[str, ...]
    missing: tuple[str, ...]

    def ended(self, now: int) -> bool:
        """Nothing renews it any more."""
        over = 0 < self.refresh_expires <= now
        return self.expires <= now and (bool(self.failed) or over or not self.renews)


@dataclass(frozen=True)
class Card:
    """One capability. state: None where nobody signed in and nobody must, and where no test has
    shown that the sign-in works. link: a hand-over link that is open. problem: with the form just
    sent."""

    capability: Capability
    state: State | None
    held: Held | None
    pending: Held | None
    link: links.Handover | None
    problem: Reason | None

    @property
    def pending_until(self) -> int:
        return self.pending.since + credentials.PENDING_LASTS if self.pending else 0


def show(desk: Desk, visit: Visit) -> Page:
    """GET /credentials. `forget` asks whether that sign-in shall really be forgotten."""
    return _page(desk, asks=visit.query.get("forget", ""))


def service_app(desk: Desk, visit: Visit) -> Page | Redirect:
    """POST /authorize/service-app. Wrong input is told beside the form, and nothing is kept."""
    capability = _capability(visit.form.get("capability", ""))
    try:
        credential = _from_service_app(desk, capability, visit)
    except Refusal as refusal:
        desk.office.services.log("service app refused", code=refusal.code, capability=capability)
        return _page(desk, capability, refusal.code)
    credentials.keep(desk.office, desk.actor, capability, credential)
    return Redirect(f"/credentials#{capability}", notice="credential_kept")


def confirm(desk: Desk, visit: Visit) -> Redirect:
    """POST /authorize/confirm: what somebody with a hand-over link left is used from now on."""
    step = visit.form.get("step", "")
    if step == "microsoft":
        tenant = visit.form.get("tenant", "")
        waiting.confirm(desk.office, desk.actor, tenant, _moment(visit, "at"))
    else:
        since = _moment(visit, "since")
        credentials.confirm(desk.office, desk.actor, _capability(step), since)
    return Redirect(f"/credentials#{step}", notice="pending_confirmed")


def _moment(visit: Visit, name: str) -> int:
    """Milliseconds, 0 for what is no moment: nothing is from then."""
    text = visit.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def forget(desk: Desk, visit: Visit) -> Redirect:
    """POST /authorize/forget: a sign-in, or what waits for confirmation (pending=1). Before a
    sign-in is forgotten it is asked about, on the same page."""
    step, pending = visit.form.get("step", ""), visit.form.get("pending") == "1"
    if step == "microsoft" and pending:
        waiting.forget(desk.office, desk.actor)
    elif pending:
        credentials.forget_pending(desk.office, desk.actor, _capability(step))
    elif visit.form.get("confirmed") != "1":
        return Redirect(f"/credentials?forget={_capability(step)}#{step}", notice="forget_asks")
    else:
        credentials.forget(desk.office, desk.actor, _capability(step))
    notice = "pending_dismissed" if pending else "credential_forgotten"
    return Redirect(f"/credentials#{step}", notice=notice)


def _capability(text: str) -> str:
    if text not in {c.id for c in SIGN_INS}:
        raise Refusal("bad_form", "capability")
    return text


def _from_service_app(desk: Desk, capability: str, visit: Visit) -> Credential:
    """Refreshed at once: a token that works is the proof that the three belong together."""
    fields = ("client_id", "client_secret", "refresh_token")
    client_id, secret, token = (visit.form.get(name, "").strip() for name in fields)
    if not all(0 < len(text) <= _LONGEST for text in (client_id, secret, token)):
        raise Refusal("service_app_incomplete")
    app = Client(client_id, secret)
    try:
        granted = desk.lobby.wiring.webex_grants().refresh(app, token, capability)
    except Refused as refused:
        raise Refusal("service_app_refused", str(refused)) from refused
    # Where Webex gives no other refresh token, this one stays good.
    granted = replace(granted, refresh_token=granted.refresh_token or token)
    return proven(desk.lobby, desk.office.org, capability, granted, app)


def _page(desk: Desk, capability: str = "", problem: str = "", *, asks: str = "") -> Page:
    office = desk.office
    met = prerequisites.met(office)
    facts = {
        "cards": [
            _card(office, c, met, reason(problem) if c.id == capability else None) for c in SIGN_INS
        ],
        "asks": asks,
        "microsoft_works": "m365_permissions" in met,
        "now": office.now(),
        "bot": bool(office.settings.webex_bot_token),
        "settings": office.services.organizations.settings(),
        "consent": waiting.pending(office),
        "consent_lasts": waiting.LASTS,
        "consent_link": links.newest(office.once, "microsoft", office.now()),
    }
    return Page("credentials.html", facts, 422 if problem else 200, leaves=True)


def _card(
    office: Office, capability: Capability, met: Collection[str], problem: Reason | None
) -> Card:
    kept = office.credentials.read(capability.id)
    held = _held(capability, kept) if kept else None
    left = credentials.pending(office, capability.id)
    return Card(
        capability,
        _state(capability, held, office.now(), works=_SHOWN_BY.get(capability.id) in met),
        held,
        _held(capability, left) if left else None,
        links.newest(office.once, capability.id, office.now()),
        problem,
    )


def _held(capability: Capability, credential: Credential) -> Held:
    return Held(
        owner=credential.owner_called or credential.owner,
        service_app=credential.kind == "service_app",
        since=credential.since,
        expires=credential.expires,
        refresh_expires=credential.refresh_expires,
        failed=credential.failed,
        renews=bool(credential.refresh_token),
        granted=credential.scopes,
        missing=missing(capability.id, credential.scopes),
    )


def _state(capability: Capability, held: Held | None, now: int, *, works: bool) -> State | None:
    if held is None:
        return None if capability.optional else State.NOT_MET
    if held.ended(now):
        return State.NOT_MET
    if held.failed or held.missing:
        return State.ATTENTION
    return State.MET if works else None
