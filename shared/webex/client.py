"""Webex's API with an organization's credentials, each call by the capability it needs.

Sources: https://developer.webex.com/docs/api/v1/rooms, /memberships, /events,
/ecm-folder-linking, /webhooks; SCIM: https://developer.webex.com/docs/api/v1/scim-2-users.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from shared.core.errors import (
    CredentialMissing,
    Forbidden,
    NotThere,
    Refused,
    Unavailable,
    Where,
)
from shared.core.ids import OrgId, PersonId
from shared.core.model import DirectoryUser, Drive, LinkedFolder, Member, Room
from shared.http import Http, Reply
from shared.ports import EventPage
from shared.webex.protocol import (
    EVENTS_A_PAGE,
    MEMBERS_A_PAGE,
    Malformed,
    folder_body,
    format_time,
    next_link,
    parse_event,
    parse_folder,
    parse_member,
    parse_room,
    parse_time,
)

TRACE_HEADER = "trackingid"
WEBHOOK_NAME = "Teams to Microsoft 365 groups"


class TokenSource(Protocol):
    """Access tokens by capability. Raises CredentialMissing."""

    def token(self, capability: str) -> str: ...

    def renewed(self, capability: str, refused: str) -> str:
        """Another token than the one that Webex just refused."""


@dataclass(frozen=True)
class WebexClient:
    """The port `Webex` for one organization. `base_url` without /v1: SCIM lies outside it."""

    http: Http
    base_url: str
    tokens: TokenSource
    org: OrgId

    def room(self, space_id: str) -> Room:
        reply = self._get(f"/v1/rooms/{quote(space_id, safe='')}", "spaces")
        try:
            return parse_room(reply.object())
        except Malformed as error:
            raise Unavailable(str(error), reply.where) from error

    def members(self, space_id: str) -> list[Member]:
        query = urlencode({"roomId": space_id, "max": MEMBERS_A_PAGE})
        members: dict[PersonId, Member] = {}
        for reply in self._pages(f"{self.base_url}/v1/memberships?{query}", "spaces"):
            for item in reply.items("items"):
                member = parse_member(item)
                if member is None:
                    raise Unavailable("a membership could not be read", reply.where)
                members[member.person] = member
        return list(members.values())

    def team_name(self, team_id: str) -> str:
        reply = self._get(f"/v1/teams/{quote(team_id, safe='')}", "spaces")
        return str(reply.object().get("name") or "")

    def user(self, person: PersonId) -> DirectoryUser:
        path = f"/identity/scim/{self.org}/v2/Users/{quote(person, safe='')}"
        raw = self._get(path, "people").object()
        external_id = raw.get("externalId")
        return DirectoryUser(
            external_id if isinstance(external_id, str) else None,
            str(raw.get("userType") or "user").lower() == "user",
        )

    def joined_since(self, since: int, page: str | None) -> EventPage:
        query = urlencode(
            {
                "resource": "memberships",
                "type": "created",
                "from": format_time(since),
                "max": EVENTS_A_PAGE,
            }
        )
        url = page or f"{self.base_url}/v1/events?{query}"
        self._refuse_elsewhere(url, Where("webex", "GET", "/v1/events"))
        # The timer comes again in seconds, and the teams that are due wait behind it.
        reply = self._call("GET", url, "spaces", patient=False)
        events = (parse_event(item) for item in reply.items("items"))
        return EventPage(
            tuple(e for e in events if e is not None),
            self._next(reply),
            _server_time(reply),
        )

    def server_time(self) -> int:
        return _server_time(self._get("/v1/people/me", "spaces"))

    def linked_folders(self, space_id: str, capability: str) -> list[LinkedFolder]:
        query = urlencode({"roomId": space_id})
        reply = self._get(f"/v1/room/linkedFolders?{query}", capability)
        return [parse_folder(item) for item in reply.items("items")]

    def link_folder(
        self, space_id: str, drive: Drive, name: str, *, default: bool, capability: str
    ) -> None:
        body = folder_body(
            room_id=space_id,
            url=drive.web_url,
            name=name,
            drive_id=drive.drive_id,
            item_id=drive.item_id,
            default=default,
        )
        self._call("POST", f"{self.base_url}/v1/room/linkedFolders", capability, body)

    def org_webhooks(self, *, patient: bool = True) -> list[Mapping[str, Any]]:
        """What is registered for the whole organization."""
        url = f"{self.base_url}/v1/webhooks?ownedBy=org&max=100"
        replies = self._pages(url, "spaces", patient=patient)
        return [item for reply in replies for item in reply.items("items")]

    def register_rooms_webhook(self, target: str, secret: str) -> None:
        """One webhook for every space that is made in the organization."""
        body = {
            "name": WEBHOOK_NAME,
            "targetUrl": target,
            "resource": "rooms",
            "event": "created",
            "ownedBy": "org",
            "secret": secret,
        }
        self._call("POST", f"{self.base_url}/v1/webhooks", "spaces", body)

    def move_webhook(self, webhook_id: str, target: str, secret: str) -> None:
        """Another target and secret, together; and active again if Webex had given it up."""
        body = {
            "name": WEBHOOK_NAME,
            "targetUrl": target,
            "secret": secret,
            "status": "active",
        }
        url = f"{self.base_url}/v1/webhooks/{quote(webhook_id, safe='')}"
        self._call("PUT", url, "spaces", body)

    def delete_webhook(self, webhook_id: str) -> None:
        """Raises NotThere where it is gone."""
        url = f"{self.base_url}/v1/webhooks/{quote(webhook_id, safe='')}"
        self._call("DELETE", url, "spaces")

    def _get(self, path: str, capability: str) -> Reply:
        return self._call("GET", self.base_url + path, capability)

    def _pages(self, url: str, capability: str, *, patient: bool = True) -> Iterator[Reply]:
        """Every page, empty ones too, until there is no next link."""
        following: str | None = url
        while following:
            reply = self._call("GET", following, capability, patient=patient)
            yield reply
            following = self._next(reply)

    def _next(self, reply: Reply) -> str | None:
        link = next_link(reply.headers.get("Link"))
        if link:
            self._refuse_elsewhere(link, reply.where)
        return link

    def _refuse_elsewhere(self, url: str, where: Where) -> None:
        """Following such a link would hand our token to another host."""
        if not url.startswith(self.base_url + "/"):
            raise Unavailable("the next page lies elsewhere", where)

    def _call(
        self,
        method: str,
        url: str,
        capability: str,
        body: object = None,
        *,
        patient: bool = True,
    ) -> Reply:
        def send(token: str) -> Reply:
            headers = {"Authorization": f"Bearer {token}"}
            return self.http.call(
                method, url, headers=headers, json=body, capability=capability, patient=patient
            )

        token = self.tokens.token(capability)
        reply = send(token)
        if reply.status == 401:
            reply = send(self.tokens.renewed(capability, token))
        return _checked(reply)


def _checked(reply: Reply) -> Reply:
    if reply.status < 300:
        return reply
    message = _message(reply)
    if reply.status == 401:
        raise CredentialMissing(message, reply.where)
    if reply.status == 403:
        raise Forbidden(message, reply.where)
    if reply.status in (404, 410):
        raise NotThere(message, reply.where)
    raise Refused(message, reply.where, body=reply.json)


def _message(reply: Reply) -> str:
    raw = reply.json.get("message") if isinstance(reply.json, dict) else None
    return str(raw or "refused")[:300]


def _server_time(reply: Reply) -> int:
    """Webex's own clock, to the second: https://www.rfc-editor.org/rfc/rfc9110#field.date."""
    header = reply.headers.get("Date") or ""
    try:
        return round(parsedate_to_datetime(header).timestamp() * 1000)
    except (TypeError, ValueError):
        moment = parse_time(header)
        if moment:
            return moment
        raise Unavailable("the answer carries no date", reply.where) from None
