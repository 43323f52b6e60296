"""A Webex credential for one capability: out to Webex, back, proven, kept.

Source: https://developer.webex.com/docs/integrations. By an administrator who is signed in, or by
somebody with a hand-over link, whose credential waits until an administrator confirms it.
"""

from __future__ import annotations

from functions.authorize_callback.signin import exchange, integration, redirect_uri, who_is
from functions.authorize_callback.traveller import Traveller, at_desk, returned
from shared.admin import credentials
from shared.admin.ports import Actor
from shared.core.capabilities import CAPABILITIES
from shared.core.credential import Credential
from shared.core.errors import CredentialMissing, Forbidden
from shared.core.ids import OrgId, PersonId
from shared.core.reasons import Refusal
from shared.web import flow, handover
from shared.web.answers import Redirect
from shared.web.entry import Desk, Lobby
from shared.web.visit import Visit
from shared.webex.oauth import Client, Granted, authorize_url

PURPOSE = "webex-credential"
CALLBACK = "/authorize/webex/credential"
_LACKS_ROLE = {
    "spaces": "lacks_role_spaces",
    "people": "lacks_role_people",
    "folders": "lacks_role_folders",
}


def authorize(desk: Desk, visit: Visit) -> Redirect:
    """POST /authorize/webex, by a signed-in administrator."""
    return set_out(desk.lobby, at_desk(desk), visit.form.get("capability", ""))


def set_out(lobby: Lobby, who: Traveller, capability: str, *, wishes: bool = True) -> Redirect:
    """To Webex, for the scopes of one capability. Nothing is changed yet.

    wishes: also for those that nothing stops without.

    Raises Refusal("bad_form") for what is no capability that somebody signs in for.
    """
    asked = CAPABILITIES.get(capability)
    if asked is None or not asked.scopes:
        raise Refusal("bad_form", "capability")
    facts = {
        "by": who.key,
        "capability": capability,
        "verifier": flow.new_secret(),
        "wishes": "1" if wishes and asked.wishes else "",
    }
    begun, cookie = flow.begin(lobby.sealer, PURPOSE, lobby.now(), facts)
    address = authorize_url(
        lobby.settings.webex_url,
        integration(lobby).id,
        redirect_uri=redirect_uri(lobby, CALLBACK),
        scopes=asked.asked if wishes else asked.scopes,
        state=begun.state,
        verifier=facts["verifier"],
        # Whoever is signed in to Webex in this browser is rarely the one with the role. That
        # select_account makes Webex ask is unconfirmed (the values of `prompt` are not told), so
        # the organization is compared on the way back, the capability is proven, and the page
        # shows whose sign-in it is. No login_hint: we do not know who it will be.
        prompt="select_account",
    )
    return Redirect(address, (cookie,))


def returned_on_errand(lobby: Lobby, visit: Visit) -> Redirect:
    """GET /authorize/webex/credential, where nobody is signed in."""
    return _returned(lobby, visit, None)


def returned_at_desk(desk: Desk, visit: Visit) -> Redirect:
    """The same, where somebody is; it may be a hand-over in an administrator's browser."""
    return _returned(desk.lobby, visit, desk)


def _returned(lobby: Lobby, visit: Visit, desk: Desk | None) -> Redirect:
    back = flow.resume(lobby.sealer, PURPOSE, visit, lobby.now())
    capability = back.facts["capability"]
    who = returned(lobby, visit, desk, back, capability)
    flow.spend(who.office.once, back, who.office.now())
    if visit.query.get("error") == "invalid_scope" and back.facts.get("wishes"):
        # The integration may be registered for less: without the wishes it is as good as before.
        return set_out(lobby, who, capability, wishes=False)
    granted = exchange(lobby, visit, CALLBACK, back.facts["verifier"])
    credential = proven(lobby, who.office.org, capability, granted)
    if who.errand:
        actor = Actor(PersonId(credential.owner), credential.owner_name, credential.owner_email)
        credentials.keep_pending(who.office, actor, capability, credential)
        return Redirect("/handover/done", (handover.finish(who.errand), flow.over(PURPOSE)))
    assert who.actor is not None
    credentials.keep(who.office, who.actor, capability, credential)
    return Redirect(f"/credentials#{capability}", (flow.over(PURPOSE),), "credential_kept")


def proven(
    lobby: Lobby,
    org: OrgId,
    capability: str,
    granted: Granted,
    app: Client | None = None,
) -> Credential:
    """A credential of this organization that can do what it is for. app: the Service App, if any.

    Raises Refusal: wrong_organization, lacks_role_<capability>, and what `who_is` raises.
    """
    me = who_is(lobby, granted.access_token)
    if me.org != org:
        raise Refusal("wrong_organization")
    try:
        lobby.wiring.webex_with(org, granted.access_token).prove(capability)
    except (Forbidden, CredentialMissing) as error:
        raise Refusal(_LACKS_ROLE[capability], str(error)) from error
    return Credential(
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        expires=granted.expires,
        owner=me.person,
        owner_name=me.name,
        owner_email=me.email,
        scopes=granted.scopes,
        kind="service_app" if app else "integration",
        since=round(lobby.now() * 1000),
        refresh_expires=granted.refresh_expires,
        client_id=app.id if app else "",
        client_secret=app.secret if app else "",
    )
