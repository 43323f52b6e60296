"""GET and POST /v1/authorize: the sign-in page, and the way back with a code or an error.

Sources: https://developer.webex.com/docs/integrations, /docs/login-with-webex; RFC 6749 §4.1,
RFC 7636; OpenID Connect Core §3.1.2.1. Client and redirect URI are looked at before anything is
sent back anywhere: whoever gets one of them wrong is shown a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from sandbox.kit import Request, Response
from sandbox.webex import signin_page
from sandbox.webex.asked import Asked, SentBack, Shown, check, read, registered
from sandbox.webex.codes import Codes, Promise
from sandbox.webex.core import Core
from sandbox.webex.state import Person
from sandbox.webex.tokens import ADMIN_ROLES, OFFICER

# Cookies know no port: neither name nor path may be one of the app's, on the same machine.
COOKIE = "sandbox-webex-account"

Act = Callable[[Request, Asked], Response]


@dataclass(frozen=True)
class Account:
    """Somebody whom a browser has signed in, and when."""

    person: Person
    since: float


class AuthorizeApi:
    """Browsers that have signed in are known by a cookie until the cloud is restored or ends."""

    def __init__(self, core: Core, codes: Codes) -> None:
        self.core = core
        self.codes = codes
        self._accounts: dict[str, Account] = {}

    def forget_browsers(self) -> None:
        self._accounts.clear()

    def show(self, request: Request) -> Response:
        """GET: straight back for a browser that is signed in, else the page."""
        return self._answer(request, self._shown)

    def choose(self, request: Request) -> Response:
        """POST from our own page: somebody signs in and allows it, or declines."""
        return self._answer(request, self._chosen)

    def _answer(self, request: Request, act: Act) -> Response:
        try:
            asked = read(self.core, request)
        except Shown as why:
            return signin_page.refusal(str(why))
        try:
            check(self.core, request, asked)
            return act(request, asked)
        except SentBack as error:
            status = 302 if request.method == "GET" else 303
            return asked.back(status, error=error.code, error_description=str(error))

    # Who signs in

    def _shown(self, request: Request, asked: Asked) -> Response:
        account = self._account(request)
        if account and not self._asks_again(asked, account):
            return self._allow(asked, account, 302)
        if "none" in asked.prompts:
            raise SentBack("login_required", "Nobody is signed in.")
        return self._page(request, asked)

    def _asks_again(self, asked: Asked, account: Account) -> bool:
        age, limit = self.core.clock.now() - account.since, asked.get("max_age")
        again = asked.prompts & set(self.core.switches.prompts_that_ask_again)
        return bool(again) or bool(limit and age >= int(limit))

    def _chosen(self, request: Request, asked: Asked) -> Response:
        if request.header("origin") not in ("", asked.base):
            return signin_page.refusal("The form was sent from another site.", 403)
        form = parse_qs(request.body.decode(errors="replace"))
        if "decline" in form:
            raise SentBack("access_denied", "The user declined.")
        person = self._named(form)
        if not person:
            return self._page(request, asked, "Nobody who can sign in has this e-mail address.")
        # A first sign-in is what makes an invited account an active one.
        person.account_status = "active"
        account = Account(person, self.core.clock.now())
        answer = self._allow(asked, account, 303)
        answer.headers["Set-Cookie"] = self._remember(account)
        return answer

    def _page(self, request: Request, asked: Asked, problem: str = "") -> Response:
        granted, account = registered(self.core, asked), self._account(request)
        return signin_page.choice(
            people=signin_page.offered(self.core.world),
            scopes=[scope for scope in asked.scopes if scope in granted],
            app=asked.client.client_id,
            action=f"{request.path}?{urlencode(asked.query)}",
            email=asked.get("login_hint"),
            account=account.person if account else None,
            problem=problem,
        )

    def _named(self, form: dict[str, list[str]]) -> Person | None:
        world = self.core.world
        email = form.get("email", [""])[0].strip().lower()
        found = world.by_email.get(email) or world.people.get(form.get("person", [""])[0])
        return found if found and signin_page.may_sign_in(found) else None

    def _account(self, request: Request) -> Account | None:
        account = self._accounts.get(_cookie(request))
        return account if account and signin_page.may_sign_in(account.person) else None

    def _remember(self, account: Account) -> str:
        key = f"{self.core.world.random.getrandbits(192):048x}"
        self._accounts[key] = account
        return f"{COOKIE}={key}; Path=/v1/authorize; HttpOnly; SameSite=Lax"

    # What is granted

    def _allow(self, asked: Asked, account: Account, status: int) -> Response:
        promise = Promise(
            person_uuid=account.person.uuid,
            client_id=asked.client.client_id,
            redirect_uri=asked.redirect_uri,
            scopes=self._granted(asked, account.person),
            challenge=asked.get("code_challenge"),
            method=asked.get("code_challenge_method") or "plain",
            nonce=asked.get("nonce"),
            signed_in_at=account.since,
            given_at=self.core.clock.now(),
        )
        return asked.back(status, code=self.codes.give(promise))

    def _granted(self, asked: Asked, person: Person) -> frozenset[str]:
        """Of those, the ones that fit the person's roles, by the switch."""
        wanted = registered(self.core, asked)
        switch = self.core.switches.scopes_beyond_role
        fitting = frozenset(scope for scope in wanted if _fits(scope, person))
        if switch == "granted" or fitting == wanted:
            return wanted
        if switch == "refused" or not fitting:
            raise SentBack("invalid_scope", "A requested scope needs a role that the user lacks.")
        return fitting


def _fits(scope: str, person: Person) -> bool:
    family = scope.partition(":")[0]
    if family == "spark-compliance":
        return OFFICER in person.roles
    if family in ("spark-admin", "identity"):
        return bool(person.roles & ADMIN_ROLES)
    return True


def _cookie(request: Request) -> str:
    for part in request.header("cookie").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""
