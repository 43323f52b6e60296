"""A new team in the sandbox, ours beside the peer: calls, directory writes, CPU.

Ours runs whole: webhook, queue, worker, rows in the storage emulator.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from bench.counted import CountedPartition, CountedTables
from bench.measure import interleaved, sample
from bench.peer import Account, Peer
from bench.table import Row, Section
from bench.world import counts
from sandbox.adapter import CloudAdapter
from sandbox.kit import Cloud
from sandbox.microsoft.state import Group
from sandbox.webex.state import Person, Team
from tests.journeys.stage import SPACES, Stage

# people, whether ours knows their object ids already, rounds
CASES = ((5, True, 7), (50, True, 5), (500, True, 5), (500, False, 3))
PATIENCE = 900  # seconds of the sandbox's time
OURS, PEER = "ours", "peer"
NOTES = (
    "Counted from the team's creation until everybody is in; not counted are tokens, and what all"
    " teams share:",
    "the tenant's group settings, its changes, and the reading of events. The peer asks Webex's"
    " directory for everybody",
    "each time and remembers nothing. CPU is that of the worker without the stand-in clouds,"
    " which run in the same process.",
)


@dataclass
class Meter:
    """CPU that the clouds used in this process, nanoseconds."""

    spent: int = 0


class MeteredAdapter(CloudAdapter):
    def __init__(self, cloud: Cloud, meter: Meter) -> None:
        super().__init__(cloud)
        self.meter = meter

    def send(  # type: ignore[override]  # as in CloudAdapter
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        start = time.thread_time_ns()
        try:
            return super().send(request, **options)
        finally:
            self.meter.spent += time.thread_time_ns() - start


@dataclass
class MeteredStage(Stage):
    """The world of the tests; what the worker uses is told apart from all else."""

    clouds: Meter = field(default_factory=Meter)
    ours: int = 0
    storage_requests: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wiring.tables = CountedTables(self.wiring._open_tables)

    def work(self, message: str) -> None:
        before = CountedPartition.requests
        self.ours += self.own_cpu(lambda: super(MeteredStage, self).work(message))
        self.storage_requests += CountedPartition.requests - before

    def own_cpu(self, act: Callable[[], object]) -> int:
        """Nanoseconds of CPU for `act`, those of the clouds taken off."""
        start, clouds = time.process_time_ns(), self.clouds.spent
        act()
        return time.process_time_ns() - start - (self.clouds.spent - clouds)

    def session(self) -> requests.Session:
        return self._session()

    def _session(self) -> requests.Session:
        session = super()._session()
        for url, adapter in list(session.adapters.items()):
            if isinstance(adapter, CloudAdapter):
                session.mount(url, MeteredAdapter(adapter.cloud, self.clouds))
        return session


@dataclass(frozen=True)
class Result:
    """What one new team cost. cpu: milliseconds; wrong: "" if the group is as it should be."""

    graph: int
    webex: int
    writes: int
    storage: int
    cpu: float
    wrong: str


def measure(storage: str) -> list[Section]:
    return [_case(storage, *case) for case in CASES]


def _case(storage: str, count: int, known: bool, rounds: int) -> Section:
    results = interleaved(
        rounds,
        {
            OURS: lambda: _ours(storage, count, known=known),
            PEER: lambda: _peer(storage, count),
        },
    )
    wrong = "; ".join(
        f"{side}: {text}"
        for side, found in results.items()
        for text in sorted({r.wrong for r in found if r.wrong})
    )

    def row(what: str, value: Callable[[Result], float], unit: str = "", goal: str = "") -> Row:
        ours, peer = (sample([value(r) for r in results[side]]) for side in (OURS, PEER))
        return Row(what, ours, peer, unit, goal, wrong)

    most = {5: 2, 50: 3, 500: 4}[count]
    writes = 1 + -(-max(0, count - 19) // 20)
    who = "everybody known" if known else "nobody known yet"
    return Section(
        f"A new team of {count}, {who} ({rounds} runs)",
        [
            row(
                "HTTP requests to Graph", lambda r: r.graph, goal=f"ours <= {most}" if known else ""
            ),
            row("HTTP requests to Webex", lambda r: r.webex),
            row("Directory writes", lambda r: r.writes, goal=f"ours <= {writes}"),
            row("Requests to Table Storage", lambda r: r.storage),
            row("CPU", lambda r: r.cpu, "ms"),
        ],
        NOTES if not known else (),
    )


def _ours(storage: str, count: int, *, known: bool) -> Result:
    stage = MeteredStage(storage)
    stage.turn_on()
    people = stage.people(count)
    if known:
        stage.know(people)
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    team = _new_team(stage, people)
    for _ in range(PATIENCE):
        stage.run(1)
        if not _wrong(stage, team, stage.groups_of(team)):
            break
    return _result(stage, team, graph, webex, stage.ours, stage.groups_of(team))


def _peer(storage: str, count: int) -> Result:
    stage = MeteredStage(storage)
    people = stage.people(count)
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    team = _new_team(stage, people)
    peer = Peer(stage.session(), _account(stage), stage.clock.sleep)
    cpu = stage.own_cpu(lambda: peer.sync_new_team(team.general.id))
    return _result(stage, team, graph, webex, cpu, list(stage.tenant.groups.values()))


def _new_team(stage: Stage, people: list[Person]) -> Team:
    return stage.team(people[0], people[1:])


def _account(stage: Stage) -> Account:
    officer = stage.webex.issue_token(stage.officer, SPACES, client_id="integration")
    admin = stage.webex.issue_token(stage.admin, {"identity:people_read"}, client_id="integration")
    return Account(
        stage.org.uuid,
        stage.tenant.tenant_id,
        stage.application.client_id,
        stage.application.client_secret,
        officer.access_token,
        admin.access_token,
    )


def _result(
    stage: MeteredStage, team: Team, graph: int, webex: int, cpu: int, groups: list[Group]
) -> Result:
    return Result(
        graph=len([c for c in stage.graph_calls(graph) if counts(c)]),
        webex=len([c for c in stage.webex.calls(since=webex) if counts(c)]),
        writes=stage.tenant.write_count,
        storage=stage.storage_requests,
        cpu=cpu / 1e6,
        wrong=_wrong(stage, team, groups),
    )


def _wrong(stage: Stage, team: Team, groups: list[Group]) -> str:
    if len(groups) != 1:
        return f"{len(groups)} groups"
    if set(groups[0].members) != stage.expected(team):
        return f"{len(groups[0].members)} members instead of {len(stage.expected(team))}"
    moderators = {p.external_id for p in stage.webex.moderators_of(team)}
    return "" if set(groups[0].owners) == moderators else "other owners"
