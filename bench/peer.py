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
from dataclasses import dataclass
from typing import Any

import requests

WEBEX = "https://webexapis.com"
GRAPH = "https://graph.microsoft.com/v1.0"
LOGIN = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class Account:
    """What the script is configured with."""

    organization: str
    tenant: str
    client_id: str
    client_secret: str
    spaces_token: str
    people_token: str


@dataclass(frozen=True)
class Peer:
    session: requests.Session
    account: Account
    sleep: Callable[[float], None]

    def sync_new_team(self, room_id: str) -> str:
        """Make a group for the team of this General space; its id."""
        room = self._webex(f"/v1/rooms/{room_id}", self.account.spaces_token).json()
        found = [(m["personId"], self._object_id(m["personId"])) for m in self._members(room_id)]
        object_ids = {person: object_id for person, object_id in found if object_id}
        graph = {"Authorization": f"Bearer {self._graph_token()}"}
        owner = object_ids[room["creatorId"]]
        group = self._create(graph, room["title"], uuid_of(room["id"]), owner)
        for object_id in object_ids.values():
            self._request(
                "POST",
                f"{GRAPH}/groups/{group}/members/$ref",
                headers=graph,
                json={"@odata.id": f"{GRAPH}/directoryObjects/{object_id}"},
            )
        return group

    def _members(self, room_id: str) -> list[dict[str, Any]]:
        answer = self._webex(
            f"/v1/memberships?roomId={room_id}&max=1000", self.account.spaces_token
        )
        members: list[dict[str, Any]] = answer.json()["items"]
        while "next" in answer.links:
            answer = self._request(
                "GET",
                answer.links["next"]["url"],
                headers={"Authorization": f"Bearer {self.account.spaces_token}"},
            )
            members += answer.json()["items"]
        return members

    def _object_id(self, person_id: str) -> str | None:
        path = f"/identity/scim/{self.account.organization}/v2/Users/{uuid_of(person_id)}"
        external_id: str | None = (
            self._webex(path, self.account.people_token).json().get("externalId")
        )
        return external_id

    def _graph_token(self) -> str:
        answer = self._request(
            "POST",
            f"{LOGIN}/{self.account.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
                "scope": "https://graph.microsoft.com/.default",
            },
        )
        return str(answer.json()["access_token"])

    def _create(self, headers: Mapping[str, str], name: str, team: str, owner: str) -> str:
        body = {
            "displayName": name,
            "mailNickname": f"team-{team[:8]}",
            "groupTypes": ["Unified"],
            "mailEnabled": True,
            "securityEnabled": False,
            "visibility": "Private",
            "owners@odata.bind": [f"{GRAPH}/users/{owner}"],
        }
        return str(
            self._request("POST", f"{GRAPH}/groups", headers=headers, json=body).json()["id"]
        )

    def _webex(self, path: str, token: str) -> requests.Response:
        return self._request("GET", WEBEX + path, headers={"Authorization": f"Bearer {token}"})

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        while True:
            answer = self.session.request(method, url, timeout=10, **options)
            if answer.status_code != 429:
                answer.raise_for_status()
                return answer
            self.sleep(float(answer.headers.get("Retry-After", 5)))


def uuid_of(webex_id: str) -> str:
    decoded = base64.urlsafe_b64decode(webex_id + "=" * (-len(webex_id) % 4)).decode()
    return decoded.rpartition("/")[2]


def receive(secret: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """The webhook as it is usually received: one HMAC, then JSON. The space, None if forged."""
    expected = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected, headers.get("x-spark-signature", "")):
        return None
    return str(json.loads(body)["data"]["id"])
