"""How one side follows the other, look by look; and reads that go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests

from sandbox.adapter import CloudAdapter
from sandbox.kit import Cloud
from shared.admin.holding import lead
from shared.admin.ports import Actor
from shared.core import times
from shared.core.ids import OrgId, PersonId
from shared.core.model import Direction
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import Standing, change, later

BOTH, GROUP, TEAM = Direction.BOTH, Direction.GROUP, Direction.TEAM
APART = times.MISSING_APART // times.SECOND
# In the team, in the group.
OUT = (False, False)
IN = (True, True)


def look(at: Standing) -> None:
    """Somebody says that something happened in the team, and it is looked at."""
    at.stage.work(nudge(at.stage, at.team.general.id))


def missed(at: Standing, side: str) -> float:
    """When somebody was first missed on a side; seconds."""
    [since] = [since for m, since in at.ledger.missing.items() if m.side == side]
    return since / 1000


def rest(at: Standing, seconds: float = 86_400) -> list[tuple[str, str]]:
    """Let time pass; the writes to either cloud meanwhile."""
    webex, graph = at.stage.webex.log, at.stage.microsoft.graph.log
    before = len(webex), len(graph)
    later(at.stage, seconds)
    calls = [*webex[before[0] :], *graph[before[1] :]]
    about = ("/memberships", "/groups/", "/invitations")
    writes = (c for c in calls if c.method != "GET" and any(part in c.path for part in about))
    return [(c.method, c.path) for c in writes]


def choose(at: Standing, direction: Direction, *, only: bool = False) -> None:
    """Who leads: in all teams, or in this one alone."""
    if not only:
        change(at.stage, direction=direction.value)
        return
    change(at.stage, direction=(TEAM if direction is GROUP else GROUP).value)
    office = at.stage.wiring.office(OrgId(at.stage.org.uuid))
    actor = Actor(PersonId(""), "the stage")
    assert lead(office, actor, at.team.uuid, direction.value, at.row.direction)


Rewrite = Callable[[int, Any], tuple[int, Any]]


class Spoiled(CloudAdapter):
    """A way to a cloud on which some answers are not what the cloud said."""

    def __init__(self, cloud: Cloud, part: str, rewrite: Rewrite) -> None:
        super().__init__(cloud)
        self.part = part
        self.rewrite = rewrite
        self.hits = 0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        answer = super().send(request, **options)
        if request.method == "GET" and self.part in str(request.url):
            self.hits += 1
            body = json.loads(answer.content) if answer.content else None
            answer.status_code, body = self.rewrite(answer.status_code, body)
            answer._content = json.dumps(body).encode()
        return answer


def spoil(stage: Stage, part: str, rewrite: Rewrite) -> Spoiled:
    """From now on reads of addresses with `part` in them answer what `rewrite` makes of them."""
    webex = part.startswith("/v1/")
    url = "https://webexapis.com" if webex else "https://graph.microsoft.com"
    spoiled = Spoiled(stage.webex if webex else stage.microsoft.graph, part, rewrite)
    before = stage.wiring.session

    def sessions() -> requests.Session:
        session = before()
        session.mount(url, spoiled)
        return session

    stage.redeploy(sessions)
    return spoiled


def unspoil(stage: Stage) -> None:
    """Every answer is the cloud's own again."""
    stage.redeploy(stage._session)
