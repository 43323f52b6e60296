"""Webex's API with an organization's credentials, each call by the capability it needs.

Sources: https://developer.webex.com/docs/api/v1/rooms, /memberships, /teams, /team-memberships,
/events, /ecm-folder-linking, /webhooks; SCIM: https://developer.webex.com/docs/api/v1/scim-2-users.
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
from shared.core.moments import parse_time
from shared.http import Http, Reply
from shared.ports import EventPage
from shared.webex.protocol import (
    EVENTS_A_PAGE,
    MEMBERS_A_PAGE,
    Malformed,
    folder_body,
    format_time,
    membership_id,
    next_link,
    parse_event,
    parse_folder,
    parse_member,
    parse_room,
    parse_user,
    parse_users,
    person_id,
    says_last_moderator,
    team_id_of,
    team_membership_id,
    user_name_filter,
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
        return self._members("/v1/memberships", {"roomId": space_id}, "spaces")

    def spaces_of(self, person: PersonId) -> list[str]:
        """A compliance officer may ask for anybody's memberships without naming a space."""
        query = urlencode({"personId": person_id(person), "max": MEMBERS_A_PAGE})
        pages = self._pages(f"{self.base_url}/v1/memberships?{query}", "spaces")
        items = (item for reply in pages for item in reply.items("items"))
        return [str(item.get("roomId") or "") for item in items]

    def team_name(self, team_id: str) -> str:
        reply = self._get(f"/v1/teams/{quote(team_id, safe='')}", "spaces")
        return str(reply.object().get("name") or "")

    def rename_team(self, team_id: str, name: str) -> None:
        url = f"{self.base_url}/v1/teams/{quote(team_id, safe='')}"
        self._call("PUT", url, "cards", {"name": name})

    def user(self, person: PersonId) -> DirectoryUser:
        path = f"/identity/scim/{self.org}/v2/Users/{quote(person, safe='')}"
        return parse_user(self._get(path, "people").object())

    def user_named(self, name: str) -> DirectoryUser | None:
        if not name:
            return None
        # Two, so that an answer which is not the one asked for shows itself.
        query = urlencode({"filter": user_name_filter(name), "count": 2}, errors="replace")
        reply = self._get(f"/identity/scim/{self.org}/v2/Users?{query}", "people")
        return parse_users(reply.items("Resources"), name, self.org)

    def add_member(self, space_id: str, person: PersonId, capability: str) -> None:
        if capability == "cards":
            path, where = "/v1/team/memberships", {"teamId": _id(team_id_of(space_id))}
        else:
            path, where = "/v1/memberships", {"roomId": space_id}
        body = {**where, "personId": person_id(person)}
        try:
            self._call("POST", self.base_url + path, capability, body)
        except Refused as refused:
            # The page of memberships: "conflicts with some established rule". To be there already
            # is one of them; the list tells.
            if refused.where.status != 409:
                raise
            if self._membership(space_id, person, capability) is None:
                refused.kind = "conflict"
                raise

    def remove_member(self, space_id: str, person: PersonId, capability: str) -> None:
        through_team = capability == "cards"
        named = _id((team_membership_id if through_team else membership_id)(space_id, person))
        path = "/v1/team/memberships" if through_team else "/v1/memberships"
        try:
            self._remove(path, named, capability)
        except NotThere as gone:
            # The same answer for a membership that is gone, a space that this credential may not
            # see, and an id in another form than Webex's own: the list tells them apart.
            told = self._membership(space_id, person, capability)
            if told in (named, ""):
                raise Unavailable("listed and not found at once", gone.where) from gone
            if told is not None:
                self._remove(path, told, capability)

    def _remove(self, path: str, membership: str, capability: str) -> None:
        url = f"{self.base_url}{path}/{quote(membership, safe='')}"
        try:
            self._call("DELETE", url, capability)
        except Refused as refused:
            if says_last_moderator(refused.body):
                refused.kind = "last_moderator"
            raise

    def _membership(self, space_id: str, person: PersonId, capability: str) -> str | None:
        """What Webex itself calls somebody's membership, None where there is none."""
        if capability == "cards":
            team = {"teamId": _id(team_id_of(space_id))}
            members = self._members("/v1/team/memberships", team, capability)
        else:
            members = self._members("/v1/memberships", {"roomId": space_id}, capability)
        return next((member.id for member in members if member.person == person), None)

    def _members(self, path: str, of: Mapping[str, str], capability: str) -> list[Member]:
        query = urlencode({**of, "max": MEMBERS_A_PAGE})
        members: dict[PersonId, Member] = {}
        for reply in self._pages(f"{self.base_url}{path}?{query}", capability):
            for item in reply.items("items"):
                member = parse_member(item)
                if member is None:
                    raise Unavailable("a membership could not be read", reply.where)
                members[member.person] = member
        return list(members.values())

    def membership_events(self, since: int, page: str | None) -> EventPage:
        query = urlencode(
            {"resource": "memberships", "from": format_time(since), "max": EVENTS_A_PAGE}
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
        body = folder_body(space_id, drive, name, default=default)
        self._call("POST", f"{self.base_url}/v1/room/linkedFolders", capability, body)

    def relink_folder(
        self, space_id: str, link: LinkedFolder, drive: Drive, name: str, *, capability: str
    ) -> None:
        body = folder_body(space_id, drive, name, default=link.default)
        url = f"{self.base_url}/v1/room/linkedFolders/{quote(link.id, safe='')}"
        self._call("PUT", url, capability, body)

    def org_webhooks(self, *, patient: bool = True) -> list[Mapping[str, Any]]:
        """What is registered for the whole organization."""
        return self._webhooks("ownedBy=org&max=100", "spaces", patient=patient)

    def bot_webhooks(self, *, patient: bool = True) -> list[Mapping[str, Any]]:
        """What is registered by our bot, for whichever organization."""
        return self._webhooks("max=100", "cards", patient=patient)

    def register_memberships_webhook(self, target: str, secret: str, event: str) -> None:
        """One of the bot's, for people who join, change or leave in spaces that it is in."""
        body = {
            "name": WEBHOOK_NAME,
            "targetUrl": target,
            "resource": "memberships",
            "event": event,
            "secret": secret,
        }
        self._call("POST", f"{self.base_url}/v1/webhooks", "cards", body)

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

    def move_webhook(
        self, webhook_id: str, target: str, secret: str, *, capability: str = "spaces"
    ) -> None:
        """Another target and secret, together; and active again if Webex had given it up."""
        body = {
            "name": WEBHOOK_NAME,
            "targetUrl": target,
            "secret": secret,
            "status": "active",
        }
        url = f"{self.base_url}/v1/webhooks/{quote(webhook_id, safe='')}"
        self._call("PUT", url, capability, body)

    def delete_webhook(self, webhook_id: str, *, capability: str = "spaces") -> None:
        """Raises NotThere where it is gone."""
        url = f"{self.base_url}/v1/webhooks/{quote(webhook_id, safe='')}"
        self._call("DELETE", url, capability)

    def _webhooks(self, query: str, capability: str, *, patient: bool) -> list[Mapping[str, Any]]:
        replies = self._pages(f"{self.base_url}/v1/webhooks?{query}", capability, patient=patient)
        return [item for reply in replies for item in reply.items("items")]

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
        return checked(reply)


def _id(text: str | None) -> str:
    """Raises Refused for what was made of no id of a space: nothing is asked."""
    if text is None:
        raise Refused("this is no space's id")
    return text


def checked(reply: Reply) -> Reply:
    """The answer, if it says yes. Raises CredentialMissing, Forbidden, NotThere, Refused."""
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
