"""The peer: the same job as it is usually written, with plain requests and a loop over the people.

It knows nothing of limits of 20, of batches, or of what it learned about people the last time. It
is as correct as such a script is on a good day: pages are followed, and 429 is waited out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

WEBEX = "https://webexapis.com"
GRAPH = "https://graph.microsoft.com/v1.0"
LOGIN = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class Account:
    """What the script is configured with. object_ids: by person, for those whom it need not look
    up."""

    organization: str
    tenant: str
    client_id: str
    client_secret: str
    spaces_token: str
    people_token: str
    webex: str = WEBEX
    graph: str = GRAPH
    login: str = LOGIN
    object_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Peer:
    session: requests.Session
    account: Account
    sleep: Callable[[float], None]

    def sync_new_team(self, room_id: str) -> str:
        """Make a group for the team of this General space; its id."""
        room = self.room(room_id)
        object_ids = self.people(room_id)
        graph = self.sign_in()
        owner = object_ids[room["creatorId"]]
        group = self.create(graph, room["title"], uuid_of(room["id"]), owner)
        for object_id in object_ids.values():
            self.add(graph, group, object_id)
        return group

    def sync_team(self, room_id: str) -> str:
        """The same for a team that has a group: who is missing is added, who left is removed."""
        room, object_ids = self.room(room_id), self.people(room_id)
        graph = self.sign_in()
        group = self.find(graph, uuid_of(room["id"]))
        there = self.in_group(graph, group)
        for object_id in set(object_ids.values()) - there:
            self.add(graph, group, object_id)
        for object_id in there - set(object_ids.values()):
            url = f"{self.account.graph}/groups/{group}/members/{object_id}/$ref"
            self.request("DELETE", url, headers=graph)
        return group

    def room(self, room_id: str) -> dict[str, Any]:
        answer = self._webex(f"/v1/rooms/{room_id}", self.account.spaces_token)
        room: dict[str, Any] = answer.json()
        return room

    def people(self, room_id: str) -> dict[str, str]:
        """Object ids by the ids of people; without those who have none."""
        found = [(m["personId"], self.object_id(m["personId"])) for m in self._members(room_id)]
        return {person: object_id for person, object_id in found if object_id}

    def add(self, headers: Mapping[str, str], group: str, object_id: str) -> None:
        reference = {"@odata.id": f"{self.account.graph}/directoryObjects/{object_id}"}
        url = f"{self.account.graph}/groups/{group}/members/$ref"
        self.request("POST", url, headers=headers, json=reference)

    def find(self, headers: Mapping[str, str], team: str) -> str:
        """The group that was made for this team. Raises IndexError."""
        url = f"{self.account.graph}/groups?$filter=mailNickname eq '{nickname(team)}'&$select=id"
        found = self.request("GET", url, headers=headers).json()["value"]
        return str(found[0]["id"])

    def in_group(self, headers: Mapping[str, str], group: str) -> set[str]:
        url = f"{self.account.graph}/groups/{group}/members?$select=id"
        found: set[str] = set()
        while url:
            page = self.request("GET", url, headers=headers).json()
            found |= {m["id"] for m in page["value"]}
            url = page.get("@odata.nextLink", "")
        return found

    def _members(self, room_id: str) -> list[dict[str, Any]]:
        answer = self._webex(
            f"/v1/memberships?roomId={room_id}&max=1000", self.account.spaces_token
        )
        members: list[dict[str, Any]] = answer.json()["items"]
        while "next" in answer.links:
            answer = self.request(
                "GET",
                answer.links["next"]["url"],
                headers={"Authorization": f"Bearer {self.account.spaces_token}"},
            )
            members += answer.json()["items"]
        return members

    def object_id(self, person_id: str) -> str | None:
        known = self.account.object_ids.get(uuid_of(person_id))
        if known:
            return known
        path = f"/identity/scim/{self.account.organization}/v2/Users/{uuid_of(person_id)}"
        external_id: str | None = (
            self._webex(path, self.account.people_token).json().get("externalId")
        )
        return external_id

    def sign_in(self) -> dict[str, str]:
        answer = self.request(
            "POST",
            f"{self.account.login}/{self.account.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
                "scope": "https://graph.microsoft.com/.default",
            },
        )
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def create(self, headers: Mapping[str, str], name: str, team: str, owner: str) -> str:
        body = {
            "displayName": name,
            "mailNickname": nickname(team),
            "groupTypes": ["Unified"],
            "mailEnabled": True,
            "securityEnabled": False,
            "visibility": "Private",
            "owners@odata.bind": [f"{self.account.graph}/users/{owner}"],
        }
        url = f"{self.account.graph}/groups"
        return str(self.request("POST", url, headers=headers, json=body).json()["id"])

    def _webex(self, path: str, token: str) -> requests.Response:
        return self.request(
            "GET", self.account.webex + path, headers={"Authorization": f"Bearer {token}"}
        )

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        while True:
            answer = self.session.request(method, url, timeout=10, **options)
            if answer.status_code != 429:
                answer.raise_for_status()
                return answer
            self.sleep(float(answer.headers.get("Retry-After", 5)))


def nickname(team: str) -> str:
    return f"team-{team[:8]}"


def uuid_of(webex_id: str) -> str:
    decoded = base64.urlsafe_b64decode(webex_id + "=" * (-len(webex_id) % 4)).decode()
    return decoded.rpartition("/")[2]


def receive(secret: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """The webhook as it is usually received: one HMAC, then JSON. The space, None if forged."""
    expected = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected, headers.get("x-spark-signature", "")):
        return None
    return str(json.loads(body)["data"]["id"])
