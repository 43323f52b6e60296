"""Access tokens of an organization's Webex credentials, refreshed when they end.

Source: https://developer.webex.com/docs/integrations#using-the-refresh-token. Refresh tokens live
on with every use; whatever comes back is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.core import times
from shared.core.errors import CredentialMissing
from shared.http import Http
from shared.ports import Clock, Conflict
from shared.storage.credentials import Credential, CredentialRows

_EARLY = times.HOUR


@dataclass(frozen=True)
class WebexTokens:
    """The port `TokenSource` over the credential rows."""

    rows: CredentialRows
    http: Http
    base_url: str
    client_id: str
    client_secret: str
    clock: Clock

    def token(self, capability: str) -> str:
        credential = self._credential(capability)
        now = round(self.clock.now() * 1000)
        if credential.refresh_token and credential.expires - now < _EARLY:
            credential = self._refresh(capability, credential)
        return credential.access_token

    def renewed(self, capability: str, refused: str) -> str:
        credential = self._credential(capability)
        if credential.access_token != refused:
            return credential.access_token
        if not credential.refresh_token:
            raise CredentialMissing(f"the sign-in for {capability} has ended")
        return self._refresh(capability, credential).access_token

    def _credential(self, capability: str) -> Credential:
        credential = self.rows.read(capability)
        if credential is None:
            raise CredentialMissing(f"no sign-in is kept for {capability}")
        return credential

    def _refresh(self, capability: str, credential: Credential) -> Credential:
        """Two workers may refresh at once: the row's ETag decides whose tokens are kept."""
        reply = self.http.call(
            "POST",
            f"{self.base_url}/v1/access_token",
            headers={},
            form={
                "grant_type": "refresh_token",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "refresh_token": credential.refresh_token,
            },
            capability=capability,
        )
        if reply.status >= 300 or not isinstance(reply.json, dict):
            current = self._credential(capability)
            if current.etag != credential.etag:
                return current
            raise CredentialMissing(f"the sign-in for {capability} has ended", reply.where)
        fresh = self._answered(credential, reply.json)
        try:
            self.rows.write(capability, fresh)
        except Conflict:
            return self._credential(capability)
        return fresh

    def _answered(self, credential: Credential, answer: Mapping[str, Any]) -> Credential:
        expires_in = answer.get("expires_in")
        seconds = expires_in if isinstance(expires_in, int) else 0
        return replace(
            credential,
            access_token=str(answer.get("access_token") or ""),
            refresh_token=str(answer.get("refresh_token") or credential.refresh_token),
            expires=round(self.clock.now() * 1000) + seconds * times.SECOND,
        )
