"""What an app asks for at /v1/authorize, checked in the order that keeps errors at home.

Sources: RFC 6749 §4.1, RFC 7636 §4.3; OpenID Connect Core §3.1.2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sandbox.kit import Request, Response
from sandbox.webex.core import Core
from sandbox.webex.state import Integration

OIDC_SCOPES = frozenset({"openid", "profile", "email", "phone", "address"})
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Shown(Exception):
    """Nothing can be sent back: a page says why."""


class SentBack(Exception):
    """An error for the app. `code` is one of RFC 6749 or OpenID Connect."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True)
class Asked:
    """What an app asks for. `base` is where this cloud was reached."""

    client: Integration
    redirect_uri: str
    query: dict[str, str]
    base: str

    def get(self, name: str) -> str:
        return self.query.get(name, "")

    @property
    def scopes(self) -> list[str]:
        return self.get("scope").split()

    @property
    def prompts(self) -> frozenset[str]:
        return frozenset(self.get("prompt").split())

    def back(self, status: int = 302, **answer: str) -> Response:
        """To the redirect URI, with the state exactly as it came."""
        if "state" in self.query:
            answer["state"] = self.query["state"]
        join = "&" if urlsplit(self.redirect_uri).query else "?"
        headers = {"Location": f"{self.redirect_uri}{join}{urlencode(answer)}"}
        return Response(status, None, headers | {"Cache-Control": "no-store"})


def read(core: Core, request: Request) -> Asked:
    """Raises Shown unless client and redirect URI are as registered."""
    query = {name: values[0] for name, values in request.query.items()}
    for name in ("client_id", "redirect_uri"):
        if len(request.query.get(name, [])) != 1 or not query[name]:
            raise Shown(f"The request must name {name} once.")
    client = core.world.integrations.get(query["client_id"])
    if not client or client.machine_uuid:
        raise Shown("There is no such integration (client_id).")
    uri = query["redirect_uri"]
    if not _is_web_address(uri) or (client.redirect_uris and uri not in client.redirect_uris):
        raise Shown("The redirect_uri is not registered with the integration.")
    return Asked(client, uri, query, request.base_url)


def check(core: Core, request: Request, asked: Asked) -> None:
    """Raises SentBack for what the standards forbid, or the integration does not have."""
    if any(len(values) > 1 for values in request.query.values()):
        raise SentBack("invalid_request", "A parameter is there more than once.")
    if asked.get("response_type") != "code":
        raise SentBack("unsupported_response_type", "Only response_type=code is supported.")
    _check_challenge(asked)
    if "openid" in asked.scopes and not asked.get("nonce"):
        raise SentBack("invalid_request", "The scope openid needs a nonce.")
    if asked.prompts - PROMPTS or ("none" in asked.prompts and len(asked.prompts) > 1):
        raise SentBack("invalid_request", "The prompt is not valid.")
    if asked.get("max_age") and not asked.get("max_age").isdecimal():
        raise SentBack("invalid_request", "max_age is not a number of seconds.")
    registered(core, asked)


def registered(core: Core, asked: Asked) -> frozenset[str]:
    """The scopes asked for that the integration has. Those of OpenID Connect go without.

    Raises SentBack for none at all, or for any other, by the switch.
    """
    wanted, ours = frozenset(asked.scopes), asked.client.scopes
    allowed = wanted & (ours | OIDC_SCOPES) if ours else wanted
    refuse = core.switches.unregistered_scopes == "refused"
    if not allowed or (refuse and allowed != wanted):
        raise SentBack("invalid_scope", "The requested scope is invalid.")
    return allowed


def _check_challenge(asked: Asked) -> None:
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if method not in ("", "S256", "plain") or (method and not challenge):
        raise SentBack("invalid_request", "code_challenge_method is not valid.")
    if challenge and not _CHALLENGE.fullmatch(challenge):
        raise SentBack("invalid_request", "code_challenge is not valid.")


def _is_web_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    good = parts.scheme in ("http", "https") and parts.netloc and not parts.fragment
    return bool(good) and uri.isprintable()
