"""Who stands behind a Webex token, and whether an id_token proves it.

Sources: https://developer.webex.com/docs/login-with-webex, /docs/api/v1/people/get-my-own-details;
SCIM: webex-openapi-specs, webex-admin.json, /identity/scim/v2/Users/me.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.core import times
from shared.core.errors import CredentialMissing, Forbidden, Refused, Unavailable
from shared.core.ids import OrgId, PersonId
from shared.http import Http, Reply
from shared.ports import Clock
from shared.webex.protocol import uuid_of

FULL_ADMIN = "id_full_admin"
_KEYS_FRESH = 4 * times.HOUR
# The host differs by region, and a Cisco engineer met another in the id_token than in the
# discovery document. The keys come from Webex's API in either case, and they are the proof.
_ISSUER = re.compile(r"https://idbroker[a-z0-9-]{0,40}\.webex\.com/idb")


@dataclass(frozen=True)
class Me:
    """The account of a token. roles: None where Webex did not say."""

    person: PersonId
    org: OrgId
    name: str
    email: str
    roles: frozenset[str] | None


@dataclass(frozen=True)
class _Provider:
    issuer: str
    keys: Mapping[str, Any]
    at: int


@dataclass(frozen=True)
class Issuers:
    """Who may have issued an id_token of Webex."""

    found: str

    def __contains__(self, issuer: object) -> bool:
        return isinstance(issuer, str) and bool(issuer == self.found or _ISSUER.fullmatch(issuer))


@dataclass
class WebexSignIn:
    """Kept by the process: the provider's keys are read every few hours only."""

    http: Http
    base_url: str
    client_id: str
    clock: Clock
    _provider: _Provider | None = field(default=None, repr=False)

    def verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims. Raises BadIdToken, and Unavailable where Webex's keys cannot be read."""
        from shared.id_tokens import BadIdToken

        try:
            return self._verify(id_token, nonce, self._read_provider())
        except BadIdToken as error:
            if error.code != "unknown_key":
                raise
        # A key of after our last look. Once: the next unknown one is nobody's.
        self._provider = None
        return self._verify(id_token, nonce, self._read_provider())

    def who(self, token: str) -> Me:
        """Raises CredentialMissing (401), Forbidden (403), Transient."""
        raw = self._get(f"{self.base_url}/v1/people/me", token).object()
        person, org = uuid_of(raw.get("id")), uuid_of(raw.get("orgId"))
        if person is None or org is None:
            raise Unavailable("Webex does not say who this is")
        emails, roles = raw.get("emails"), raw.get("roles")
        return Me(
            PersonId(person),
            OrgId(org),
            str(raw.get("displayName") or ""),
            str(emails[0]) if isinstance(emails, list) and emails else "",
            frozenset(map(_role, roles)) if isinstance(roles, list) else None,
        )

    def is_full_admin(self, me: Me, token: str) -> bool:
        """By the roles in `me`, or by SCIM where there are none: which scope shows them is
        unconfirmed. Raises as `who`, but for Forbidden, which is a no."""
        if me.roles is not None:
            return FULL_ADMIN in me.roles
        try:
            raw = self._get(f"{self.base_url}/identity/scim/v2/Users/me", token).object()
        except (Forbidden, Refused):
            return False
        roles = raw.get("roles")
        listed = roles if isinstance(roles, list) else []
        named = [role.get("value") for role in listed if isinstance(role, dict)]
        return uuid_of(raw.get("id")) == me.person and FULL_ADMIN in named

    def _get(self, url: str, token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Somebody waits for a page.
        reply = self.http.call("GET", url, headers=headers, patient=False)
        if reply.status == 401:
            raise CredentialMissing("Webex does not take the token", reply.where)
        if reply.status == 403:
            raise Forbidden("Webex refuses this to the token", reply.where)
        if reply.status >= 300:
            raise Refused("refused", reply.where)
        return reply

    def _verify(self, id_token: str, nonce: str, provider: _Provider) -> dict[str, Any]:
        from shared.id_tokens import verify

        return verify(
            id_token,
            provider.keys,
            issuers=Issuers(provider.issuer),
            audience=self.client_id,
            nonce=nonce,
            now=self.clock.now(),
        )

    def _read_provider(self) -> _Provider:
        now = round(self.clock.now() * 1000)
        known = self._provider
        if known is not None and 0 <= now - known.at < _KEYS_FRESH:
            return known
        about = self._get(f"{self.base_url}/v1/.well-known/openid-configuration", "").object()
        issuer, keys_at = str(about.get("issuer") or ""), str(about.get("jwks_uri") or "")
        if not (self._is_webex(issuer) and self._is_webex(keys_at)):
            raise Unavailable("Webex's discovery document names another host")
        keys = self._get(keys_at, "").object()
        self._provider = _Provider(issuer, keys, now)
        return self._provider

    def _is_webex(self, address: str) -> bool:
        """Over https at Webex, or where the settings say that Webex answers."""
        host = urlsplit(address).hostname or ""
        if address.startswith(f"{self.base_url}/"):
            return True
        return address.startswith("https://") and bool(
            host in ("webex.com", "webexapis.com") or host.endswith(".webex.com")
        )


def _role(value: object) -> str:
    """`id_full_admin` of the encoded ciscospark://us/ROLE/id_full_admin."""
    text = str(value)
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    kind, _, name = raw.rpartition("/")
    return name if kind.startswith("ciscospark://") and kind.endswith("/ROLE") else ""
