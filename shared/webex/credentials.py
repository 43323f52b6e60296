"""Access tokens of an organization's Webex credentials, refreshed when they end.

Source: https://developer.webex.com/docs/integrations#using-the-refresh-token. Refresh tokens live
on with every use; whatever comes back is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.admin.ports import Credential
from shared.core import times
from shared.core.errors import CredentialMissing, Unavailable
from shared.http import Http, Reply
from shared.ports import Clock, Conflict
from shared.storage.credentials import CredentialRows

_EARLY = times.HOUR
# As long as one refresh may take; after it another worker may try.
_REFRESH_TIME = 30 * times.SECOND
_BUSY_RETRY = 5.0


@dataclass(frozen=True)
class WebexTokens:
    """The port `TokenSource` over the credential rows."""

    rows: CredentialRows
    http: Http
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    clock: Clock

    def token(self, capability: str) -> str:
        credential = self._credential(capability)
        ends_soon = credential.expires - self._now() < _EARLY
        if not (credential.refresh_token and ends_soon) or self._is_busy(credential):
            return credential.access_token
        return self._refresh(capability, credential).access_token

    def renewed(self, capability: str, refused: str) -> str:
        credential = self._credential(capability)
        if credential.access_token != refused:
            return credential.access_token
        if not credential.refresh_token:
            raise CredentialMissing(f"the sign-in for {capability} has ended")
        if self._is_busy(credential):
            raise self._busy(capability)
        return self._refresh(capability, credential).access_token

    def _credential(self, capability: str) -> Credential:
        credential = self.rows.read(capability)
        if credential is None:
            raise CredentialMissing(f"no sign-in is kept for {capability}")
        return credential

    def _now(self) -> int:
        return round(self.clock.now() * 1000)

    def _is_busy(self, credential: Credential) -> bool:
        return credential.refreshing > self._now()

    def _busy(self, capability: str) -> Unavailable:
        text = f"another worker refreshes the sign-in for {capability}"
        return Unavailable(text, retry_after=_BUSY_RETRY)

    def _refresh(self, capability: str, credential: Credential) -> Credential:
        """One worker at a time: a refresh token may be good for once. The mark comes first."""
        marked = replace(credential, refreshing=self._now() + _REFRESH_TIME)
        try:
            self.rows.write(capability, marked)
        except Conflict as lost:
            current = self._credential(capability)
            if current.access_token == credential.access_token:
                raise self._busy(capability) from lost
            return current
        mine = self._credential(capability)
        reply = self._send(capability, mine)
        if reply.status >= 300 or not isinstance(reply.json, dict):
            raise CredentialMissing(f"the sign-in for {capability} has ended", reply.where)
        if not reply.json.get("access_token"):
            raise Unavailable("the refresh was answered without a token", reply.where)
        fresh = self._answered(mine, reply.json)
        try:
            self.rows.write(capability, fresh)
        except Conflict:
            # Somebody signed in again meanwhile: that is newer still.
            return self._credential(capability)
        return fresh

    def _send(self, capability: str, credential: Credential) -> Reply:
        return self.http.call(
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

    def _answered(self, credential: Credential, answer: Mapping[str, Any]) -> Credential:
        try:
            seconds = int(float(answer.get("expires_in") or 0))
        except (TypeError, ValueError):
            seconds = 0
        return replace(
            credential,
            access_token=str(answer.get("access_token") or ""),
            refresh_token=str(answer.get("refresh_token") or credential.refresh_token),
            expires=self._now() + seconds * times.SECOND,
            refreshing=0,
        )
