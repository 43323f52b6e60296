"""Which requests were made for which team."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass

from sandbox.clouds.house import Clouds
from sandbox.console.view import MARK
from sandbox.kit import Request, Response
from sandbox.webex.ids import decode

_GROUP = re.compile(rf"groups(?:/([0-9a-f-]{{36}})|\(uniqueName='{MARK}([0-9a-f-]{{36}})'\))")


@dataclass(frozen=True)
class Count:
    """Requests about one team; a `$batch` is one of them.

    writes: what was asked of either cloud to change: directory writes, parts of a `$batch` one by
    one, and memberships in Webex.
    """

    webex: int
    graph: int
    writes: int

    def since(self, before: Count) -> Count:
        return Count(
            self.webex - before.webex, self.graph - before.graph, self.writes - before.writes
        )


class Tally:
    """Told of every request by the clouds' servers, from many threads."""

    def __init__(self, clouds: Clouds) -> None:
        self._clouds = clouds
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def hear(self, cloud: str, request: Request, response: Response) -> None:
        spaces = _spaces(request) if cloud == "webex" else set()
        groups = self._groups(request) if cloud == "graph" else Counter[str]()
        with self._lock:
            self._counts[cloud, ""] += 1
            self._counts[cloud, str(response.status)] += 1
            for team in spaces | set(groups):
                self._counts[cloud, team] += 1
            for team, writes in groups.items():
                self._counts["writes", team] += writes
            for team in spaces if _is_membership_write(cloud, request) else ():
                self._counts["writes", team] += 1

    def of(self, team: str) -> Count:
        with self._lock:
            return Count(*(self._counts[what, team] for what in ("webex", "graph", "writes")))

    def all(self) -> Count:
        writes = self._clouds.tenant.write_count
        return Count(self._counts["webex", ""], self._counts["graph", ""], writes)

    def answered(self, cloud: str, status: int) -> int:
        """How many requests got this answer."""
        with self._lock:
            return self._counts[cloud, str(status)]

    def _groups(self, request: Request) -> Counter[str]:
        """Writes by team; a team that is only read has 0."""
        found: Counter[str] = Counter()
        for method, url in _calls(request):
            match = _GROUP.search(url)
            team = match and (match[2] or self._team_of(match[1]))
            if team:
                found[team] += method != "GET"
        return found

    def _team_of(self, group_id: str) -> str:
        group = self._clouds.tenant.groups.get(group_id)
        return ((group and group.unique_name) or "").removeprefix(MARK)


def _calls(request: Request) -> list[tuple[str, str]]:
    if not request.path.endswith("/$batch"):
        return [(request.method, request.path)]
    parts = json.loads(request.body)["requests"]
    return [(part["method"], part["url"]) for part in parts]


def _spaces(request: Request) -> set[str]:
    """The spaces that a Webex request names, by uuid; that of a General space is its team's."""
    names = [*request.path.split("/"), *request.query.get("roomId", ())]
    if request.method == "POST" and b"roomId" in request.body:
        names.append(str(json.loads(request.body).get("roomId")))
    refs = [ref for ref in map(decode, names) if ref]
    # A membership's key is that of the person and that of the room.
    ended = {ref.key.rpartition(":")[2] for ref in refs if ref.kind == "MEMBERSHIP"}
    return ended | {ref.key for ref in refs if ref.kind in ("ROOM", "TEAM")}


def _is_membership_write(cloud: str, request: Request) -> bool:
    return cloud == "webex" and request.method != "GET" and "/memberships" in request.path
