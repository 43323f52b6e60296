"""The world of the tests with clouds that take their time: each call moves the clock on."""

from __future__ import annotations

from typing import Any

import requests

from bench.world import counts, latency_of
from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Call, Cloud, Fault, Request, parse_request
from sandbox.memory_tables import MemoryTables
from sandbox.webex.state import Person, Team
from tests.journeys.stage import Stage


class SlowAdapter(CloudAdapter):
    def __init__(self, cloud: Cloud, clock: VirtualClock) -> None:
        super().__init__(cloud)
        self._clock = clock

    def send(  # type: ignore[override]  # as in CloudAdapter
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        self._clock.advance(
            latency_of(parse_request(str(request.method), str(request.url), {}, raw))
        )
        return super().send(request, **options)


class SlowStage(Stage):
    """On, with tables in this process."""

    def __init__(self, *, webhook: bool = True, seed: int = 0) -> None:
        super().__init__(MemoryTables(), seed=seed)
        self.turn_on(webhook=webhook)
        self.clock.advance(5)

    def known_team(self, size: int) -> tuple[Team, list[Person]]:
        people = self.people(size)
        self.know(people)
        self.clock.advance(2)
        return self.team(people[0], people[1:]), people

    def _session(self) -> requests.Session:
        session = super()._session()
        for url, adapter in list(session.adapters.items()):
            if isinstance(adapter, CloudAdapter):
                session.mount(url, SlowAdapter(adapter.cloud, self.clock))
        return session

    def wrong(self, team: Team) -> str:
        """What is not as it should be, "" if all is."""
        groups = self.groups_of(team)
        if len(groups) != 1:
            return f"{len(groups)} groups" if groups else "no group"
        wanted = self.expected(team)
        if set(groups[0].members) != wanted:
            return f"{len(groups[0].members)} of {len(wanted)} people"
        moderators = {p.external_id for p in self.webex.moderators_of(team)}
        return "" if set(groups[0].owners) == moderators else "other owners"

    def calls(self, graph: int, webex: int) -> list[Call]:
        """What was called for teams since the logs were so long, parts of a batch too."""
        every = [*self.microsoft.graph.log[graph:], *self.webex.log[webex:]]
        return [call for call in every if counts(call)]


def for_teams(request: Request) -> bool:
    """Whether a call is one that `counts`."""
    return counts(Call("", request.method, request.path, 0, request.inner, 0.0))


def fault(kind: str, *, at: int | None = None, every: int | None = None) -> Fault:
    """With a Retry-After of one second."""
    return Fault(kind, at=at, every=every, seconds=1.0, when=for_teams)
