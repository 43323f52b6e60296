"""Access tokens of an organization's Webex credentials, refreshed when they end.

Source: https://developer.webex.com/docs/integrations#using-the-refresh-token. Refresh tokens live
on with every use; whatever comes back is kept.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.core import times
from shared.core.credential import Credential
from shared.core.errors import CredentialMissing, Refused, Unavailable
from shared.http import Http
from shared.ports import Clock, Conflict
from shared.storage.credentials import CredentialRows

if TYPE_CHECKING:
    from shared.webex.oauth import Client, Granted, TokenEndpoint

_EARLY = times.HOUR
_REFUSED_PAUSE = times.HOUR
# Of a token and of a refresh token: https://developer.webex.com/docs/integrations.
_LIFE, _REFRESH_LIFE = 14 * times.DAY, 90 * times.DAY
# As long as one refresh may take; after it another worker may try.
_REFRESH_TIME = 30 * times.SECOND
_BUSY_RETRY = 5.0
# So long a token is taken as it was read: a look that asks about hundreds of people reads it once.
# What is kept anew meanwhile is read for the next look, or when Webex refuses the old one.
_HELD = times.MINUTE


# Bots do not sign in: their token is a setting, and lasts.
BOT = "cards"


@dataclass(frozen=True)
class WebexTokens:
    """The port `TokenSource` over the credential rows, and over the setting of the bot's token."""

    rows: CredentialRows
    http: Http
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    clock: Clock
    bot_token: str = field(default="", repr=False)
    # By capability: until when, and the token.
    _held: dict[str, tuple[int, str]] = field(default_factory=dict, repr=False)

    def token(self, capability: str) -> str:
        if capability == BOT:
            if not self.bot_token:
                raise CredentialMissing("no bot's token is set")
            return self.bot_token
        until, held = self._held.get(capability, (0, ""))
        if self._now() < until:
            return held
        credential = self._credential(capability)
        good_for = credential.expires - _EARLY - self._now()
        if good_for >= 0:
            self._held[capability] = self._now() + min(good_for, _HELD), credential.access_token
            return credential.access_token
        if not self._may_refresh(credential) or self._is_busy(credential):
            return credential.access_token
        return self._refresh(capability, credential).access_token

    def renewed(self, capability: str, refused: str) -> str:
        if capability == BOT:
            raise CredentialMissing("Webex does not take the bot's token")
        self._held.pop(capability, None)
        credential = self._credential(capability)
        if credential.access_token != refused:
            return credential.access_token
        if not self._may_refresh(credential):
            raise CredentialMissing(f"the sign-in for {capability} has ended")
        if self._is_busy(credential):
            raise self._busy(capability)
        return self._refresh(capability, credential).access_token

    def keep_alive(self, capability: str) -> None:
        """Refresh what ends within a third of its life, though nobody uses it: a refresh token
        lives on by being used. At most once a day. Nothing happens where nothing is kept.

        Raises CredentialMissing where Webex refuses, and Transient.
        """
        credential = self.rows.read(capability)
        if credential is None or not credential.refresh_token or self._is_busy(credential):
            return
        tried = max(credential.refreshed, credential.failed)
        if self._now() - tried >= times.DAY and self._is_old(credential):
            self._refresh(capability, credential)

    def _is_old(self, credential: Credential) -> bool:
        """Rows from before `refreshed` was kept are judged by what Webex documents."""
        ends = ((credential.expires, _LIFE), (credential.refresh_expires, _REFRESH_LIFE))
        now, born = self._now(), credential.refreshed or credential.since
        return any(end and end - now < (end - born if born else life) / 3 for end, life in ends)

    def _may_refresh(self, credential: Credential) -> bool:
        """After a refusal it is tried again at times: the client's secret may have been mended."""
        pause_over = self._now() - credential.failed >= _REFUSED_PAUSE
        return bool(credential.refresh_token) and pause_over

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
        try:
            granted = self._endpoint().refresh(self._client(mine), mine.refresh_token, capability)
        except Refused as refused:
            self._mark_failed(capability, mine, refused)
            text = f"the sign-in for {capability} has ended"
            raise CredentialMissing(text, refused.where) from refused
        return self._keep(capability, mine, granted)

    def _keep(self, capability: str, mine: Credential, granted: Granted) -> Credential:
        fresh = replace(
            mine,
            access_token=granted.access_token,
            refresh_token=granted.refresh_token or mine.refresh_token,
            expires=granted.expires,
            refresh_expires=granted.refresh_expires or mine.refresh_expires,
            scopes=granted.scopes or mine.scopes,
            refreshed=self._now(),
            refreshing=0,
            failed=0,
        )
        try:
            self.rows.write(capability, fresh)
        except Conflict:
            # Somebody signed in again meanwhile: that is newer still.
            return self._credential(capability)
        return fresh

    def _mark_failed(self, capability: str, mine: Credential, refused: Refused) -> None:
        """The row stays, so that pages can say what became of the sign-in."""
        if refused.where.status not in (400, 401):
            return
        # Conflict: somebody signed in again meanwhile, or it was forgotten.
        with suppress(Conflict):
            self.rows.write(capability, replace(mine, refreshing=0, failed=self._now()))

    def _endpoint(self) -> TokenEndpoint:
        # Most looks find a token that is good yet: whoever refreshes loads this.
        from shared.webex.oauth import TokenEndpoint

        return TokenEndpoint(self.http, self.base_url, self.clock)

    def _client(self, credential: Credential) -> Client:
        """A Service App brings its own."""
        from shared.webex.oauth import Client

        if credential.client_id:
            return Client(credential.client_id, credential.client_secret)
        return Client(self.client_id, self.client_secret)
