"""Sign-in and consent in a browser. GET shows or goes straight on, POST is a page's own form.

A form sends `account` (object id or address: who signs in) or `decision` (accept, cancel, return,
switch) to the address of its page. Whoever signed in is remembered by a cookie.

Sources: pages "Admin consent on the Microsoft identity platform", "OAuth 2.0 authorization code
flow", "Understand user and admin consent".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.kit import Request, Response
from sandbox.microsoft import aadsts, pages
from sandbox.microsoft.aadsts import SentBack
from sandbox.microsoft.apps import App, Code
from sandbox.microsoft.grants import is_graph
from sandbox.microsoft.roles import may_consent
from sandbox.microsoft.state import Tenant, User

if TYPE_CHECKING:
    from sandbox.microsoft.login import LoginCloud

CODE_SECONDS = 600.0
_SCOPES = {"openid", "profile", "email", "offline_access"}
_PROMPTS = {"", "none", "login", "select_account", "consent"}


@dataclass(frozen=True)
class Asked:
    """A request whose app and way back are known to be good."""

    tenant: Tenant
    app: App
    redirect_uri: str
    request: Request

    def arg(self, name: str) -> str:
        return self.request.arg(name) or ""

    @property
    def decision(self) -> str:
        return pages.form_of(self.request).get("decision", "")


@dataclass(frozen=True)
class SignedIn:
    """session: the cookie's value, where it is new."""

    home: Tenant
    user: User
    session: str = ""


class SignIn:
    def __init__(self, login: LoginCloud) -> None:
        self._login = login
        self._world = login.world

    def admin_consent(self, request: Request) -> Response:
        asked = self._asked(request)
        who = self._who(asked, fresh=False)
        if isinstance(who, Response):
            return who
        try:
            self._check_consent(asked)
            answer = self._decide(asked, who)
        except SentBack as sent:
            answer = self._back_with(asked, sent, {"admin_consent": "True"})
        return _remember(answer, who)

    def authorize(self, request: Request) -> Response:
        asked = self._asked(request)
        try:
            _check_authorize(asked)
            fresh = asked.arg("prompt") in ("login", "select_account")
            who = self._who(asked, fresh=fresh and request.method == "GET")
            if isinstance(who, Response):
                return who
            answer = self._let_in(asked, who)
        except SentBack as sent:
            return self._back_with(asked, sent, {})
        return _remember(answer, who)

    def sign_out(self, request: Request) -> Response:
        self._world.sessions.pop(pages.session_of(request), None)
        answer = pages.show("signed_out.html", 200, {})
        answer.headers["Set-Cookie"] = f"{pages.COOKIE}=; Path=/; Max-Age=0"
        return answer

    # Who asks, for which app

    def _asked(self, request: Request) -> Asked:
        """Raises LoginError: before this is known nobody is sent anywhere."""
        for name, values in request.query.items():
            if len(values) > 1:
                raise aadsts.parameter_doubled(name)
        tenant = self._login.tenant_here(request)
        for name in ("client_id", "redirect_uri"):
            if not request.arg(name):
                raise aadsts.parameter_missing(name, "request")
        client_id, uri = request.arg("client_id") or "", request.arg("redirect_uri") or ""
        app = self._world.apps.get(client_id)
        if app is None:
            raise aadsts.unknown_app(client_id, tenant)
        if uri not in app.redirect_uris:
            raise aadsts.wrong_redirect(uri, app)
        return Asked(tenant, app, uri, request)

    def _who(self, asked: Asked, *, fresh: bool) -> SignedIn | Response:
        """Whoever signed in, or the page to do so. Raises LoginError for one not let in here."""
        typed = pages.form_of(asked.request).get("account")
        found = self._sign_in(typed) if typed else None
        if found is None and not typed and not fresh and asked.decision != "switch":
            found = self._remembered(asked.request)
        if found is None:
            return self._sign_in_page(asked, wrong=typed or "")
        if not found.user.enabled:
            raise aadsts.disabled()
        if found.home is not asked.tenant:
            raise aadsts.stranger(found.user, found.home, asked.tenant, asked.app)
        return found

    def _sign_in(self, account: str) -> SignedIn | None:
        key = account.lower()
        for tenant in self._world.tenants.values():
            for user in tenant.users.values():
                if key in (user.object_id, user.mail.lower()):
                    session = self._world.ids.hex(64)
                    self._world.sessions[session] = (tenant.tenant_id, user.object_id)
                    return SignedIn(tenant, user, session)
        return None

    def _remembered(self, request: Request) -> SignedIn | None:
        tenant_id, object_id = self._world.sessions.get(pages.session_of(request), ("", ""))
        tenant = self._world.tenants.get(tenant_id)
        user = tenant.users.get(object_id) if tenant else None
        return SignedIn(tenant, user) if tenant and user else None

    def _sign_in_page(self, asked: Asked, wrong: str) -> Response:
        if asked.arg("prompt") == "none":
            message = "Session information is not sufficient for single-sign-on."
            raise SentBack("login_required", 50058, message)
        facts = {
            "app": asked.app,
            "choices": pages.choices(self._world, asked.tenant),
            "wrong": wrong,
            "action": pages.here(asked.request),
        }
        return pages.show("signin.html", 200, facts)

    # Admin consent

    def _check_consent(self, asked: Asked) -> None:
        """App permissions are asked for all at once; nothing else is asked for here."""
        scope = asked.arg("scope")
        resource = scope.removesuffix("/.default")
        if resource == scope or not is_graph(resource, self._world.switches.graph_host):
            message = f"The provided value for the input parameter 'scope' is not valid: '{scope}'."
            raise SentBack("invalid_scope", 70011, message)

    def _decide(self, asked: Asked, who: SignedIn) -> Response:
        switches = self._world.switches
        if not may_consent(who.user.roles):
            if asked.decision == "return":
                raise aadsts.admin_needed(switches.unapproved_error, asked.app)
            return self._page("approval.html", asked, who, asked.app.required)
        if asked.decision == "cancel":
            raise aadsts.declined(switches.declined_error)
        if asked.decision != "accept":
            return self._page("consent.html", asked, who, asked.app.required, admin=True)
        tenant = asked.tenant.tenant_id
        self._world.grant(asked.app.client_id, tenant, asked.app.required)
        told = {"admin_consent": "True", "tenant": tenant, "scope": asked.arg("scope")}
        return _back(asked, told)

    # A code

    def _let_in(self, asked: Asked, who: SignedIn) -> Response:
        key = (asked.app.client_id, asked.tenant.tenant_id)
        scopes = asked.arg("scope").split()
        asks = asked.arg("prompt") == "consent" or self._world.switches.sign_in_asks_consent
        if asked.decision == "cancel":
            raise aadsts.declined()
        if (asks or key not in self._world.consents) and asked.decision != "accept":
            if asked.arg("prompt") == "none":
                message = "The user or administrator has not consented to use the application."
                raise SentBack("consent_required", 65001, message)
            return self._page("consent.html", asked, who, scopes, admin=False)
        if key not in self._world.consents:
            # The tenant knows the app from now on, and allows it nothing.
            self._world.grant(*key, ())
        code = f"1.{self._world.ids.hex(128)}"
        self._world.codes[code] = Code(
            asked.app.client_id,
            asked.tenant.tenant_id,
            who.user.object_id,
            asked.redirect_uri,
            tuple(scopes),
            asked.arg("nonce"),
            asked.arg("code_challenge"),
            self._login.clock.now() + CODE_SECONDS,
        )
        return _back(asked, {"code": code, "session_state": self._world.ids.uuid()})

    # Answers

    def _page(
        self, template: str, asked: Asked, who: SignedIn, names: list[str], *, admin: bool = False
    ) -> Response:
        facts = {
            "app": asked.app,
            "tenant": asked.tenant,
            "user": who.user,
            "permissions": pages.titled(names),
            "admin": admin,
            "action": pages.here(asked.request),
        }
        return pages.show(template, 200, facts)

    def _back_with(self, asked: Asked, sent: SentBack, first: dict[str, str]) -> Response:
        facts = self._login.facts_of_error()
        text = aadsts.in_words(sent.number, sent.message, facts)
        more = {"error_subcode": "cancel"} if sent.number == 65004 else {}
        return _back(asked, {**first, "error": sent.error, "error_description": text, **more})


def _check_authorize(asked: Asked) -> None:
    """Raises SentBack."""
    if asked.arg("response_type") != "code":
        text = "The provided request must include a 'response_type' input parameter."
        raise SentBack("invalid_request", 900144, text)
    if asked.arg("response_mode") not in ("", "query"):
        # The others exist; the stand-in answers in the address only.
        text = "The value of 'response_mode' is not supported here."
        raise SentBack("unsupported_response_mode", 70007, text)
    scopes = asked.arg("scope").split()
    if "openid" not in scopes or not _SCOPES.issuperset(scopes):
        text = f"The provided value for the input parameter 'scope' is not valid: '{scopes}'."
        raise SentBack("invalid_scope", 70011, text)
    if asked.arg("prompt") not in _PROMPTS:
        raise SentBack("invalid_request", 90023, "Unsupported 'prompt' value.")
    _check_challenge(asked)


def _check_challenge(asked: Asked) -> None:
    challenge, method = asked.arg("code_challenge"), asked.arg("code_challenge_method")
    if (challenge or method) and method != "S256":
        text = "Unsupported 'code_challenge_method' value; only S256 is taken here."
        raise SentBack("invalid_request", 90023, text)
    if method and len(challenge) != 43:
        raise SentBack("invalid_request", 501491, "Invalid size of Code_Challenge parameter.")


def _back(asked: Asked, told: dict[str, str]) -> Response:
    """To the app, which gets its state back as it was sent."""
    if asked.request.arg("state") is not None:
        told = {**told, "state": asked.arg("state")}
    mark = "&" if "?" in asked.redirect_uri else "?"
    return Response(302, None, {"Location": f"{asked.redirect_uri}{mark}{urlencode(told)}"})


def _remember(answer: Response, who: SignedIn) -> Response:
    if who.session:
        cookie = f"{pages.COOKIE}={who.session}; Path=/; HttpOnly; SameSite=Lax"
        answer.headers["Set-Cookie"] = cookie
    return answer
