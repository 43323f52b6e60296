"""A browser at the sign-in page: it keeps one cookie, and follows no redirect by itself."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from sandbox.webex import Person, WebexCloud

from .conftest import ROOT, Client

APP, SECRET = "C1", "s3cret"
REDIRECT = "https://app.example/authorize/webex/signin"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-to-take"
SCOPES = ("openid", "profile", "email", "spark:people_read", "spark:rooms_read")
EVERY_SCOPE = (*SCOPES, "spark-admin:people_read", "spark-compliance:rooms_read")


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def request_for(**changed: str | None) -> dict[str, str]:
    """A request that is in order, with some parameters changed or (None) left out."""
    query: dict[str, str | None] = {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": REDIRECT,
        "scope": " ".join(SCOPES),
        "state": "a state & more",
        "nonce": "n-1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (query | changed).items() if value is not None}


def answer_of(response: requests.Response) -> dict[str, str]:
    """What came back to the app. Nothing else may be in the address."""
    address, _, _ = response.headers["Location"].partition("?")
    assert address == REDIRECT
    query = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    return {name: value for name, (value,) in query.items()}


@dataclass
class Browser:
    webex: WebexCloud
    cookies: dict[str, str] = field(default_factory=dict)

    def open(self, **changed: str | None) -> requests.Response:
        return self._call("GET", request_for(**changed))

    def sign_in(self, person: Person, **changed: str | None) -> requests.Response:
        return self.submit({"person": person.uuid}, **changed)

    def decline(self, **changed: str | None) -> requests.Response:
        return self.submit({"decline": "1"}, **changed)

    def submit(self, form: dict[str, str], **changed: str | None) -> requests.Response:
        return self._call("POST", request_for(**changed), form)

    def code(self, person: Person, **changed: str | None) -> str:
        return answer_of(self.sign_in(person, **changed))["code"]

    def _call(
        self, method: str, query: dict[str, str], form: dict[str, str] | None = None
    ) -> requests.Response:
        url = f"{ROOT}/v1/authorize?{urlencode(query)}"
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        session = Client(self.webex).session
        response = session.request(method, url, data=form, headers=headers, allow_redirects=False)
        if "Set-Cookie" in response.headers:
            name, _, value = response.headers["Set-Cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        return response


def exchange(webex: WebexCloud, code: str, **changed: str | None) -> requests.Response:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "client_id": APP,
        "client_secret": SECRET,
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    data = {name: value for name, value in (form | changed).items() if value is not None}
    return Client(webex).session.post(f"{ROOT}/v1/access_token", data=data)


def tokens(webex: WebexCloud, person: Person, **changed: str | None) -> dict[str, Any]:
    """All that somebody's sign-in gives the app."""
    answer: dict[str, Any] = exchange(webex, Browser(webex).code(person, **changed)).json()
    return answer
