"""Webex's code flow and refresh: what is asked, and what an answer gives.

oauthlib builds the requests, without I/O. Sources: https://developer.webex.com/docs/integrations,
/docs/login-with-webex; RFC 6749, RFC 7636 (PKCE), RFC 9700.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from shared.core import times
from shared.core.errors import CredentialMissing, Refused, Unavailable
from shared.http import Http, Reply
from shared.ports import Clock

_LONGEST_CODE = 4096


@dataclass(frozen=True)
class Granted:
    """What Webex gave. Times are milliseconds; refresh_expires is 0 where Webex did not say, and
    scopes are empty."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires: int
    refresh_expires: int
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Client:
    """An integration or a Service App, as Webex knows it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class OneToken:
    """The port `TokenSource` over a token that is only being tried."""

    value: str = field(repr=False)

    def token(self, capability: str) -> str:
        return self.value

    def renewed(self, capability: str, refused: str) -> str:
        raise CredentialMissing("Webex does not take the token")


def authorize_url(
    base_url: str,
    client_id: str,
    *,
    redirect_uri: str,
    scopes: Sequence[str],
    state: str,
    verifier: str,
    **more: str,
) -> str:
    """Where the browser is sent. more: further parameters of the request, such as `nonce`."""
    from oauthlib.oauth2 import WebApplicationClient

    client = WebApplicationClient(client_id)
    # oauthlib takes https addresses alone. Ours may be a loopback one, so it gets to see none.
    paper = client.prepare_request_uri(
        "https://webexapis.com/",
        redirect_uri=redirect_uri,
        scope=list(scopes),
        state=state,
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
        **more,
    )
    return f"{base_url}/v1/authorize?{paper.partition('?')[2]}"


@dataclass(frozen=True)
class TokenEndpoint:
    """POST /v1/access_token. Each call is made once: a code and a refresh token may be good for
    one only. Raises AnswerUnknown, Throttled, Unavailable; Refused where Webex says no."""

    http: Http
    base_url: str
    clock: Clock

    def exchange(self, client: Client, *, code: str, redirect_uri: str, verifier: str) -> Granted:
        from oauthlib.oauth2 import WebApplicationClient

        if not 0 < len(code) <= _LONGEST_CODE:
            raise Refused("this is no code")
        body = WebApplicationClient(client.id).prepare_request_body(
            code=code,
            redirect_uri=redirect_uri,
            client_secret=client.secret,
            code_verifier=verifier,
        )
        return self._ask(dict(parse_qsl(body)))

    def refresh(self, client: Client, token: str, capability: str = "") -> Granted:
        form = {
            "grant_type": "refresh_token",
            "client_id": client.id,
            "client_secret": client.secret,
            "refresh_token": token,
        }
        return self._ask(form, capability)

    def _ask(self, form: Mapping[str, str], capability: str = "") -> Granted:
        reply = self.http.call(
            "POST",
            f"{self.base_url}/v1/access_token",
            headers={},
            form=form,
            capability=capability,
        )
        if reply.status >= 300 or not isinstance(reply.json, dict):
            raise Refused("Webex gives no token", reply.where)
        return self._granted(reply)

    def _granted(self, reply: Reply) -> Granted:
        answer, now = reply.object(), round(self.clock.now() * 1000)
        token = answer.get("access_token")
        if not (isinstance(token, str) and token):
            raise Unavailable("the answer has no token", reply.where)
        lasting = _seconds(answer.get("refresh_token_expires_in"))
        return Granted(
            access_token=token,
            refresh_token=str(answer.get("refresh_token") or ""),
            id_token=str(answer.get("id_token") or ""),
            expires=now + _seconds(answer.get("expires_in")) * times.SECOND,
            refresh_expires=now + lasting * times.SECOND if lasting else 0,
            scopes=tuple(str(answer.get("scope") or "").split()),
        )


def _seconds(value: Any) -> int:
    try:
        return max(0, int(float(value or 0)))
    except (TypeError, ValueError, OverflowError):
        return 0
