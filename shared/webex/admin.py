"""What an administrator is told about a Webex organization: harmless reads with its credentials.

Sources: https://developer.webex.com/docs/api/v1/scim-2-users, /licenses, /events, /rooms,
/people/get-my-own-details.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from shared.admin.ports import Licence, Sample, SampledUser
from shared.core.ids import PersonId, parse_uuid
from shared.webex.client import WebexClient

_EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# Where Webex gives smaller pages than asked for, no more than so many times as many of them.
_SMALLER = 3
# Events are the compliance officer's alone, and tell of every team. SCIM wants an administrator.
_PROOFS = {
    "spaces": "/v1/events?resource=memberships&type=created&max=1",
    "people": "/identity/scim/{org}/v2/Users?count=1",
    "folders": "/v1/rooms?max=1",
    "cards": "/v1/people/me",
}


class WebexAdminClient(WebexClient):
    """The port `WebexAdmin` for one organization."""

    def prove(self, capability: str) -> None:
        self._get(_PROOFS[capability].format(org=self.org), capability)

    def sample(self, pages: int, size: int) -> Sample:
        total, users = self._page(1, size)
        if total <= pages * size:
            users += self._rest(len(users), total, pages, size)
        else:
            # Rooms or old accounts may fill one part of a directory, and hardly all of it.
            for number in range(1, pages):
                users += self._page(1 + (total - size) * number // (pages - 1), size)[1]
        return Sample([_sampled(user) for user in users if _is_person(user)], len(users), total)

    def licences(self) -> list[Licence]:
        items = self._get("/v1/licenses", "people").items("items")
        return [
            Licence(
                str(item.get("name") or ""),
                _number(item.get("totalUnits")),
                _number(item.get("consumedUnits")),
            )
            for item in items
        ]

    def _rest(self, read: int, total: int, pages: int, size: int) -> list[Mapping[str, Any]]:
        """The directory behind the first `read` users."""
        users: list[Mapping[str, Any]] = []
        for _ in range(_SMALLER * pages):
            if read + len(users) >= total:
                break
            users += self._page(read + len(users) + 1, size)[1]
        return users

    def _page(self, start: int, count: int) -> tuple[int, list[Mapping[str, Any]]]:
        """How many users there are in all, and those from `start`, counted from 1."""
        query = urlencode({"startIndex": start, "count": count})
        reply = self._get(f"/identity/scim/{self.org}/v2/Users?{query}", "people")
        return _number(reply.object().get("totalResults")), list(reply.items("Resources"))


def _is_person(user: Mapping[str, Any]) -> bool:
    return str(user.get("userType") or "user").lower() == "user" and bool(
        parse_uuid(user.get("id"))
    )


def _sampled(user: Mapping[str, Any]) -> SampledUser:
    external_id = user.get("externalId")
    return SampledUser(
        PersonId(parse_uuid(user.get("id")) or ""),
        str(user.get("displayName") or user.get("userName") or ""),
        external_id if isinstance(external_id, str) else None,
        _status(user),
    )


def _status(user: Mapping[str, Any]) -> str:
    """accountStatus; where Webex leaves it out, `active` says the same more coarsely."""
    extension = user.get(_EXTENSION)
    status = extension.get("accountStatus") if isinstance(extension, dict) else None
    if isinstance(status, str) and status:
        return status.lower()
    return "active" if user.get("active") is True else "pending"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
