"""Everybody in Webex's directory, a page at a time.

Source: https://developer.webex.com/docs/api/v1/scim-2-users/search-users: `count` has no documented
maximum, `sortBy` takes `id`. A directory that is read in one order throughout shifts less.
"""

from __future__ import annotations

from urllib.parse import urlencode

from shared.audit.ports import UserPage
from shared.core.audit import MESSAGING, SHAPE
from shared.core.audit_codec import User
from shared.core.errors import Forbidden, Refused
from shared.webex.audited import ATTRIBUTES, Messaging, audited_user, licence_key
from shared.webex.client import TokenSource, WebexClient

USERS_A_PAGE = 1000


class Remembered:
    """Access tokens, read once: a timer's run is over before one ends."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._known: dict[str, str] = {}

    def token(self, capability: str) -> str:
        if capability not in self._known:
            self._known[capability] = self._source.token(capability)
        return self._known[capability]

    def renewed(self, capability: str, refused: str) -> str:
        self._known[capability] = self._source.renewed(capability, refused)
        return self._known[capability]


class WebexDirectoryClient(WebexClient):
    """The port `WebexDirectory` for one organization."""

    def users(self, start: int, licences: frozenset[str], *, plain: bool) -> UserPage:
        query: dict[str, object] = {"startIndex": start, "count": USERS_A_PAGE}
        if not plain:
            query |= {"sortBy": "id", "attributes": ATTRIBUTES}
        path = f"/identity/scim/{self.org}/v2/Users?{urlencode(query)}"
        reply = self._get(path, "people")
        items = reply.items("Resources")
        total = reply.object().get("totalResults")
        messaging = Messaging(licences)
        users: list[User] = [u for i in items if (u := audited_user(i, messaging))]
        return UserPage(
            users,
            len(items),
            total if isinstance(total, int) else 0,
            any(user[1] & MESSAGING for user in users),
            any(user[1] & SHAPE for user in users),
        )

    def messaging_licences(self) -> frozenset[str]:
        try:
            items = self._get("/v1/licenses", "people").items("items")
        except (Forbidden, Refused):
            return frozenset()
        named = (item for item in items if "messaging" in str(item.get("name")).lower())
        return frozenset(filter(None, (licence_key(item.get("id")) for item in named)))
