"""Authorization codes: given by the sign-in page, exchanged once at /v1/access_token.

Sources: https://developer.webex.com/docs/login-with-webex; RFC 6749 §4.1.3, RFC 7636 §4.6.
How long a code lives is not published: five minutes here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest
from sandbox.webex.oidc import Oidc
from sandbox.webex.state import Integration
from sandbox.webex.tokens import ACCESS_SECONDS, Form, Gate

CODE_SECONDS = 300.0


@dataclass(frozen=True)
class Promise:
    """What a code stands for. Without a `challenge` no verifier may come."""

    person_uuid: str
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    method: str
    nonce: str
    signed_in_at: float
    given_at: float


class Codes:
    """Kept in memory alone: a code does not outlive the cloud that gave it."""

    def __init__(self, core: Core, gate: Gate, oidc: Oidc) -> None:
        self.core = core
        self.gate = gate
        self.oidc = oidc
        self._promises: dict[str, Promise] = {}
        gate.grants["authorization_code"] = self.exchange

    def clear(self) -> None:
        self._promises.clear()

    def give(self, promise: Promise) -> str:
        code = f"{self.core.world.random.getrandbits(256):064x}"
        self._promises[code] = promise
        return code

    def exchange(self, form: Form, client: Integration) -> dict[str, object]:
        """Whoever presents a code with the right client has used it up, right or wrong."""
        promise = self._redeemed(form, client)
        person = self.core.world.people[promise.person_uuid]
        token = self.gate.issue(person, promise.scopes, ACCESS_SECONDS, client.client_id)
        answer = self.gate.told(token)
        if "openid" in promise.scopes:
            answer |= self.oidc.id_token(
                person, client.client_id, promise.nonce, promise.signed_in_at, token.access_token
            )
        return answer

    def _redeemed(self, form: Form, client: Integration) -> Promise:
        code = form.get("code", "")
        promise = self._promises.get(code)
        if not promise or promise.client_id != client.client_id:
            raise BadRequest("The authorization code is not valid.")
        del self._promises[code]
        if promise.given_at + CODE_SECONDS <= self.core.clock.now():
            raise BadRequest("The authorization code has expired.")
        if form.get("redirect_uri") != promise.redirect_uri:
            raise BadRequest("redirect_uri is not the one that the code was given to.")
        if not _proves(form.get("code_verifier", ""), promise):
            raise BadRequest("code_verifier does not fit the code_challenge.")
        return promise


def _proves(verifier: str, promise: Promise) -> bool:
    if not promise.challenge or not verifier:
        return not promise.challenge and not verifier
    if promise.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(verifier.encode(), promise.challenge.encode())
