"""The peer that asks Webex for events every 15 seconds and does in line what they say.

As such programs are usually written: the moment of the last question is kept in memory, an event
that fails is told and left behind, and a team gets its group with its first event.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import requests

from bench.peer import Account, Peer, nickname, uuid_of

EVERY = 15.0


class PollerPeer:
    """failed: of the events that were met, so many."""

    def __init__(self, account: Account, since: float) -> None:
        self.account = account
        self.failed = 0
        self._since = since
        self._groups: dict[str, str] = {}
        self._plain = Peer(requests.Session(), account, time.sleep)

    def poll(self, now: float) -> int:
        """One question and all that comes of it; how many events there were."""
        events = self._events(self._since)
        self._since = now
        for event in reversed(events):
            try:
                self._handle(event["data"])
            except (requests.RequestException, LookupError):
                self.failed += 1
        return len(events)

    def _events(self, since: float) -> list[dict[str, Any]]:
        start = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        url = f"{self.account.webex}/v1/events"
        query = {"resource": "memberships", "type": "created", "from": start, "max": "1000"}
        headers = {"Authorization": f"Bearer {self.account.spaces_token}"}
        answer = self._plain.request("GET", url, headers=headers, params=query)
        found: list[dict[str, Any]] = answer.json()["items"]
        while "next" in answer.links:
            answer = self._plain.request("GET", answer.links["next"]["url"], headers=headers)
            found += answer.json()["items"]
        return found

    def _handle(self, data: dict[str, Any]) -> None:
        object_id = self._plain.object_id(data["personId"])
        if not object_id:
            return
        graph, team = self._signed_in(), uuid_of(data["roomId"])
        if team not in self._groups:
            self._groups[team] = self._group(graph, data["roomId"], object_id)
        self._plain.add(graph, self._groups[team], object_id)

    def _group(self, graph: dict[str, str], room_id: str, owner: str) -> str:
        """Its group, made if there is none."""
        team = uuid_of(room_id)
        url = f"{self.account.graph}/groups?$filter=mailNickname eq '{nickname(team)}'&$select=id"
        found = self._plain.request("GET", url, headers=graph).json()["value"]
        if found:
            return str(found[0]["id"])
        return self._plain.create(graph, self._plain.room(room_id)["title"], team, owner)

    def _signed_in(self) -> dict[str, str]:
        if not hasattr(self, "_token"):
            self._token = self._plain.sign_in()
        return self._token
