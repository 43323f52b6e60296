"""Somebody with a browser before Entra's pages, and the app that sent them there."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests

from sandbox.kit import Response, parse_request
from sandbox.microsoft import Tenant, User
from sandbox.microsoft.pages import COOKIE
from tests.sandbox.microsoft.conftest import LOGIN, Desk

CONSENT_URI = "https://app.example/authorize/microsoft/consent"
SIGNIN_URI = "https://app.example/authorize/microsoft/signin"
REQUIRED = ["Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"]
VERIFIER = "v" * 43
ASKED = {
    "response_type": "code",
    "redirect_uri": SIGNIN_URI,
    "scope": "openid profile",
    "state": "state&1",
    "nonce": "nonce-1",
    "code_challenge_method": "S256",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("="),
}


class Browser:
    """Remembers cookies and the page it shows; follows no redirect."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cookies: dict[str, str] = {}
        self.answer = Response(0)

    def consent_page(self, tenant: Tenant | str = "", **query: str) -> Browser:
        asked = {
            "client_id": self.desk.app.client_id,
            "redirect_uri": CONSENT_URI,
            "scope": "https://graph.microsoft.com/.default",
            "state": "state&1",
            **query,
        }
        return self._open("/v2.0/adminconsent", tenant, asked)

    def authorize(self, tenant: Tenant | str = "", **query: str) -> Browser:
        asked = {"client_id": self.desk.app.client_id, **ASKED, **query}
        return self._open("/oauth2/v2.0/authorize", tenant, asked)

    def open(self, url: str) -> Browser:
        return self._send("GET", url, b"")

    def choose(self, account: User | str) -> Browser:
        """An account on the sign-in page, by its button or typed in."""
        value = account if isinstance(account, str) else account.object_id
        return self._submit({"account": value})

    def press(self, button: str) -> Browser:
        """A button by its words."""
        found = re.search(rf'<button[^>]*value="(\w+)">{re.escape(button)}</button>', self.text)
        assert found, f"no button {button!r} in {self.text}"
        return self._submit({"decision": found[1]})

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def text(self) -> str:
        return html.unescape(self.answer.content().decode())

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        return found[1] if found else ""

    @property
    def sent_to(self) -> str:
        """Where the answer redirects to, without the query."""
        return self.answer.headers.get("Location", "").partition("?")[0]

    @property
    def told(self) -> dict[str, str]:
        """What the app is told in the address that the browser is sent to."""
        query = parse_qs(urlsplit(self.answer.headers.get("Location", "")).query)
        return {name: values[0] for name, values in query.items()}

    def _open(self, path: str, tenant: Tenant | str, asked: dict[str, str]) -> Browser:
        where = tenant if isinstance(tenant, str) else tenant.tenant_id
        where = where or self.desk.tenant.tenant_id
        return self.open(
            f"{LOGIN}/{where}{path}?{urlencode({k: v for k, v in asked.items() if v})}"
        )

    def _submit(self, form: dict[str, str]) -> Browser:
        action = re.search(r'<form method="post" action="([^"]*)"', self.answer.content().decode())
        assert action, self.text
        return self._send("POST", LOGIN + html.unescape(action[1]), urlencode(form).encode())

    def _send(self, method: str, url: str, body: bytes) -> Browser:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": f"other=1; {cookie}"}
        self.answer = self.desk.ms.login.handle(parse_request(method, url, headers, body))
        given = self.answer.headers.get("Set-Cookie", "")
        if given.startswith(f"{COOKIE}="):
            self.cookies[COOKIE] = given.partition(";")[0].partition("=")[2]
        return self


def redeem(desk: Desk, code: str, tenant: str | None = None, **form: str) -> requests.Response:
    """The app turns a code into an id_token."""
    whole = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": SIGNIN_URI,
        "code_verifier": VERIFIER,
        "scope": "",
        **form,
    }
    return desk.ask_token(tenant, **whole)


def verified(desk: Desk, token: str) -> dict[str, Any]:
    """The claims, as a careful app reads them; times are those of another clock."""
    base = f"{LOGIN}/{desk.tenant.tenant_id}/v2.0"
    found = desk.session.get(f"{base}/.well-known/openid-configuration").json()
    keys = desk.session.get(found["jwks_uri"]).json()
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(k) for k in keys["keys"] if k["kid"] == kid)
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=desk.app.client_id,
        issuer=found["issuer"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    return claims
