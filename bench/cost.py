"""What a month costs, from what was counted: executions, storage, Graph, and dollars.

The prices are those of deployment/costs.py, list prices that nobody has looked up again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bench import sweep
from bench.counted import CountedPartition, CountedTables
from bench.slow import SlowStage
from bench.table import Chart, Wide
from bench.world import LATENCY
from deployment import costs
from deployment.costs import MONTH, Choices, Size

USERS = (1_000, 10_000, 100_000)
# Assumed, not measured.
TEAMS_A_USER = 0.3  # as in deployment/costs.py
NEW_A_MONTH = 0.03  # of all teams
CHANGES_A_MONTH = 4  # people who come or go, a team
STORAGE_SECONDS = 0.010  # an answer of Table Storage
SIZE = 32
WEEKS = MONTH / (7 * 86_400)
POLLED_QUEUES, POLL_SECONDS = 2, 2.0
A_MESSAGE = 3  # put, get, delete
AUDIT_PAGE, AUDIT_STORAGE_A_USER = 999, 0.012


@dataclass(frozen=True)
class Spent:
    """For one thing that happens. looks: runs of sync_team. storage: requests to tables."""

    looks: float = 0
    storage: float = 0
    graph: float = 0
    webex: float = 0

    def times(self, number: float) -> Spent:
        return Spent(*(value * number for value in self.values()))

    def plus(self, other: Spent) -> Spent:
        return Spent(*(a + b for a, b in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[float, ...]:
        return self.looks, self.storage, self.graph, self.webex


@dataclass(frozen=True)
class Measured:
    """watch, chores: a run of each; storage, and calls of both providers."""

    new_team: Spent
    change: Spent
    week: Spent
    watch: Spent
    chores: Spent


@dataclass(frozen=True)
class Month:
    executions: float
    tables: float
    queues: float
    graph: float
    webex: float
    looks: float
    dollars: float


class CountedStage(SlowStage):
    looks = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        opener = self.wiring.open_tables
        assert opener is not None
        self.wiring.tables = CountedTables(opener)

    def work(self, message: str) -> None:
        before = CountedPartition.requests
        graph, webex = len(self.microsoft.graph.log), len(self.webex.log)
        super().work(message)
        self.looks += 1
        self.stored += CountedPartition.requests - before
        calls = self.calls(graph, webex)
        self.asked_graph += len([c for c in calls if c.cloud != "webex" and not c.inner])
        self.asked_webex += len([c for c in calls if c.cloud == "webex"])

    stored = asked_graph = asked_webex = 0

    def spent(self, act: Callable[[], object]) -> Spent:
        """By the looks alone: not by the timers, which run in any case."""
        looks, stored = self.looks, self.stored
        graph, webex = self.asked_graph, self.asked_webex
        act()
        return Spent(
            self.looks - looks,
            self.stored - stored,
            self.asked_graph - graph,
            self.asked_webex - webex,
        )


def measure(teams: int = sweep.TEAMS) -> Wide:
    return table(counted(teams))


def counted(teams: int) -> Measured:
    stage = CountedStage()
    people = stage.people(SIZE + 1)
    stage.know(people)
    stage.run(60)
    team = None

    def create() -> None:
        nonlocal team
        team = stage.team(people[0], people[1:SIZE])
        stage.run(900)

    def join() -> None:
        assert team is not None
        stage.webex.add_member(team, people[SIZE])
        stage.run(900)

    new, change = stage.spent(create), stage.spent(join)
    week = sweep.sweep(teams)
    looks, watch, chores = week.looks, week.hour, week.chores
    return Measured(
        new,
        change,
        Spent(
            looks.runs / teams,
            looks.storage / teams,
            _calls(looks, graph=True) / teams,
            _calls(looks, graph=False) / teams,
        ),
        _a_run(watch),
        _a_run(chores),
    )


def _a_run(costs_of: sweep.Costs) -> Spent:
    graph, webex = (_calls(costs_of, graph=side) for side in (True, False))
    return Spent(0, *(costs_of.a_run(n) for n in (costs_of.storage, graph, webex)))


def _calls(found: sweep.Costs, *, graph: bool) -> int:
    ours = ("members", "owners", "groups", "delta pages")
    return sum(n for kind, n in found.calls.items() if (kind in ours or "/groups" in kind) == graph)


def month(users: int, found: Measured) -> Month:
    teams = users * TEAMS_A_USER
    events = (
        found.week.times(teams * WEEKS)
        .plus(found.new_team.times(teams * NEW_A_MONTH))
        .plus(found.change.times(teams * CHANGES_A_MONTH))
    )
    watches, chores, audits = costs.WATCH_RUNS, costs.CHORES_RUNS, costs.AUDIT_RUNS
    timers = found.watch.times(watches).plus(found.chores.times(chores))
    days = MONTH / 86_400
    # Upper bound: Microsoft's users are read whole each day, though changes alone would do.
    audit_calls = days * math.ceil(users / AUDIT_PAGE)
    webhooks = teams * (NEW_A_MONTH * 2)
    tables = events.storage + timers.storage + days * users * AUDIT_STORAGE_A_USER
    messages = events.looks
    queues = MONTH / POLL_SECONDS * POLLED_QUEUES + messages * A_MESSAGE
    executions = watches + chores + audits + events.looks + webhooks
    look_seconds = _seconds(events, events.looks)
    size = Size(
        f"{users:,}",
        people=users,
        teams=round(teams),
        looks=round(events.looks / teams),
        look_seconds=max(1.0, look_seconds),
        watch_seconds=max(1.0, _seconds(found.watch, 1)),
        chores_seconds=max(1.0, _seconds(found.chores, 1)),
    )
    bill = costs.month(size, Choices())
    bill["storage"] = (queues + tables / 10) / 1e6 * costs.STORAGE_MILLION
    return Month(
        executions,
        tables,
        queues,
        events.graph + timers.graph + audit_calls,
        events.webex + timers.webex + audit_calls,
        events.looks,
        sum(bill.values()),
    )


def _seconds(spent: Spent, runs: float) -> float:
    """Of one run, at 35 ms a call."""
    calls = spent.graph + spent.webex
    return (calls * LATENCY + spent.storage * STORAGE_SECONDS) / runs if runs else 0.0


def table(found: Measured) -> Wide:
    months = [month(users, found) for users in USERS]

    def row(what: str, value: Callable[[Month], float], unit: str = "") -> tuple[str, ...]:
        cells = [f"{unit}{value(each):,.0f}" for each in months]
        growth = value(months[2]) / value(months[1])
        return (what, *cells, f"x {growth:.1f}")

    rows = [
        row("Executions", lambda m: m.executions),
        row("of them looks at teams", lambda m: m.looks),
        row("Operations on tables", lambda m: m.tables),
        row("Operations on queues", lambda m: m.queues),
        row("Requests to Graph", lambda m: m.graph),
        row("Requests to Webex", lambda m: m.webex),
        row("US dollars, list prices, unverified", lambda m: m.dollars, "$"),
    ]
    return Wide(
        "A month's cost",
        ("", *(f"{users:,} users" for users in USERS), "10,000 to 100,000"),
        rows,
        _assumed(found),
        (),
        [
            Chart(
                "cost",
                "US dollars a month, list prices, unverified",
                "US dollars",
                ("dollars",),
                [(f"{u:,} users", [m.dollars]) for u, m in zip(USERS, months, strict=True)],
            )
        ],
    )


def _assumed(found: Measured) -> list[str]:
    def said(spent: Spent) -> str:
        looks = f"{spent.looks:.1f} looks, " if spent.looks else ""
        return (
            f"{looks}{spent.storage:.1f} requests to tables, {spent.graph:.1f} to Graph,"
            f" {spent.webex:.1f} to Webex"
        )

    return [
        f"Assumed: {TEAMS_A_USER} teams a user; {NEW_A_MONTH:.0%} of all teams are new in a month;"
        f" {CHANGES_A_MONTH} people come or go in each",
        f"in a month; teams of {SIZE}, everybody known; the audit reads all users every day; an"
        f" answer of Table Storage {STORAGE_SECONDS * 1000:g} ms.",
        "Prices and the rest of the bill (always-ready instances, logs, alerts) are those of"
        " deployment/costs.py, unverified.",
        f"Counted: a new team {said(found.new_team)};",
        f"somebody who joins {said(found.change)};",
        f"a week of a quiet team {said(found.week)};",
        f"a watch {said(found.watch)}; chores {said(found.chores)}.",
        "The timers and the always-ready instances do not grow with users: they are most of a small"
        " organization's bill.",
    ]
