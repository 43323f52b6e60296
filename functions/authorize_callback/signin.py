"""Signing in to our pages with Webex, and out again.

Source: https://developer.webex.com/docs/login-with-webex.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from shared.config import BadSetting
from shared.core.capabilities import SIGN_IN_SCOPES
from shared.core.errors import CredentialMissing, Forbidden, Refused
from shared.core.reasons import Refusal
from shared.web import flow, sessions
from shared.web.answers import Redirect
from shared.web.entry import Lobby
from shared.web.places import HOME, known_place
from shared.web.visit import Visit
from shared.webex.oauth import Client, Granted, authorize_url

if TYPE_CHECKING:
    from shared.webex.signin import Me

PURPOSE = "webex-signin"
CALLBACK = "/authorize/webex/signin"


def set_out(lobby: Lobby, visit: Visit) -> Redirect:
    """To Webex. Nothing is stored: a stranger leaves no row."""
    facts = {
        "next": known_place(visit.form.get("next", "")),
        "nonce": flow.new_secret(),
        "verifier": flow.new_secret(),
    }
    begun, cookie = flow.begin(lobby.sealer, PURPOSE, lobby.now(), facts)
    address = authorize_url(
        lobby.settings.webex_url,
        integration(lobby).id,
        redirect_uri=redirect_uri(lobby, CALLBACK),
        scopes=SIGN_IN_SCOPES,
        state=begun.state,
        verifier=facts["verifier"],
        nonce=facts["nonce"],
        # Whoever was refused, or has signed out, gets to choose: without it Webex may send the
        # same account back at once (unconfirmed).
        prompt="select_account",
    )
    return Redirect(address, (cookie,))


def returned(lobby: Lobby, visit: Visit) -> Redirect:
    """Back from Webex. A row is written for a full administrator of a served organization only."""
    back = flow.resume(lobby.sealer, PURPOSE, visit, lobby.now())
    granted = exchange(lobby, visit, CALLBACK, back.facts["verifier"])
    me = _proven(lobby, granted, back.facts["nonce"])
    _admit(lobby, me, granted)
    flow.spend(lobby.wiring.once(me.org), back, round(lobby.now() * 1000))
    # Whoever was signed in before in this browser no longer is.
    sessions.end(lobby, visit)
    session = sessions.start(lobby, me, granted.access_token, granted.expires)
    return Redirect(back.facts["next"], (session, flow.over(PURPOSE)), "signed_in")


def sign_out(lobby: Lobby, visit: Visit) -> Redirect:
    return Redirect(HOME, (sessions.end(lobby, visit),), "signed_out")


def integration(lobby: Lobby) -> Client:
    settings = lobby.settings
    if not (settings.webex_client_id and settings.webex_client_secret):
        raise BadSetting("WEBEX_CLIENT_ID and WEBEX_CLIENT_SECRET: name the Webex integration.")
    return Client(settings.webex_client_id, settings.webex_client_secret)


def redirect_uri(lobby: Lobby, path: str) -> str:
    if not lobby.settings.public_url:
        raise BadSetting("PUBLIC_URL is empty: Webex must be told where to send browsers back.")
    return f"{lobby.settings.public_url}{path}"


def exchange(lobby: Lobby, visit: Visit, path: str, verifier: str) -> Granted:
    """The tokens for the code in an answer. Raises Refusal: webex_declined, scopes_refused,
    webex_error, code_refused."""
    error = visit.query.get("error")
    if error is not None:
        raise _told(error)
    try:
        return lobby.wiring.webex_grants().exchange(
            integration(lobby),
            code=visit.query.get("code", ""),
            redirect_uri=redirect_uri(lobby, path),
            verifier=verifier,
        )
    except Refused as refused:
        raise Refusal("code_refused", str(refused)) from refused


def who_is(lobby: Lobby, token: str) -> Me:
    """Whose token it is. Raises Refusal: scopes_refused, code_refused."""
    try:
        return lobby.wiring.webex_sign_in().who(token)
    except Forbidden as error:
        raise Refusal("scopes_refused", str(error)) from error
    except (CredentialMissing, Refused) as error:
        raise Refusal("code_refused", str(error)) from error


def _told(error: str) -> Refusal:
    """RFC 6749 §4.1.2.1. Anybody can write the text, so no more than its letters is kept."""
    code = {"access_denied": "webex_declined", "invalid_scope": "scopes_refused"}.get(error)
    known = error if error.isascii() and error.replace("_", "").isalpha() else "unreadable"
    return Refusal(code or "webex_error", known[:40])


def _proven(lobby: Lobby, granted: Granted, nonce: str) -> Me:
    """The id_token is for this sign-in, and of the person whose token it came with."""
    from shared.id_tokens import BadIdToken
    from shared.webex.protocol import uuid_of

    try:
        claims = lobby.wiring.webex_sign_in().verified(granted.id_token, nonce)
    except BadIdToken as error:
        raise Refusal("id_token_refused", error.code) from error
    me = who_is(lobby, granted.access_token)
    subject = uuid_of(claims["sub"]) or ""
    if not hmac.compare_digest(subject, me.person):
        raise Refusal("id_token_refused", "sub")
    return me


def _admit(lobby: Lobby, me: Me, granted: Granted) -> None:
    if not lobby.settings.serves(me.org):
        raise Refusal("organization_not_served")
    if not lobby.wiring.webex_sign_in().is_full_admin(me, granted.access_token):
        raise Refusal("not_full_admin")
