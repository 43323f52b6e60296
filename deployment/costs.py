"""What the app costs in a month, by a model that is said aloud.

Prices are list prices in US dollars for East US, of pay-as-you-go, without discounts and without
free grants other than those of Flex Consumption; they differ by region and change:
https://azure.microsoft.com/pricing/details/functions,
https://azure.microsoft.com/pricing/details/monitor,
https://azure.microsoft.com/pricing/details/private-link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MONTH = 30.4 * 24 * 3600
GB = 1024

READY_BASELINE = 0.000004  # a GB-second of an always-ready instance, busy or not
READY_BUSY = 0.000016  # and beside it, while it runs something
ON_DEMAND = 0.000026  # a GB-second of any other instance, while it runs something
FREE_GB_SECONDS = 100_000
MILLION_RUNS = 0.40
LOG_GB = 2.76
ALERT_RULE = 0.50  # looked at every 15 minutes
ALERT_RULES = 11  # infra/app/alerts.bicep, which a test counts
PRIVATE_ENDPOINT = 7.30
PRIVATE_ENDPOINTS = 4
DNS_ZONE = 0.50
STORAGE_MILLION = 0.40  # of operations on queues; on tables they cost a tenth

WATCH_RUNS = MONTH / 10
CHORES_RUNS = MONTH / 30
AUDIT_RUNS = MONTH / 60


@dataclass(frozen=True)
class Size:
    """An organization. looks: at each team in a month, 4 of them the weekly ones. watch, chores:
    seconds of a run, 1 at least since less is billed as 1."""

    name: str
    people: int
    teams: int
    looks: int = 15
    look_seconds: float = 2.0
    watch_seconds: float = 1.0
    chores_seconds: float = 1.5


SIZES = (
    Size("small", people=500, teams=100),
    Size("medium", people=5_000, teams=1_500),
    Size("large", people=50_000, teams=15_000, watch_seconds=2.0, chores_seconds=4.0),
)


@dataclass(frozen=True)
class Choices:
    """The parameters that cost something, with main.bicep's defaults."""

    memory_mb: int = 2048
    ready_http: int = 1
    ready_sync_team: int = 1
    private: bool = False
    most_instances: int = 40

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Choices:
        return cls(
            int(environment.get("INSTANCE_MEMORY_MB") or 2048),
            int(environment.get("ALWAYS_READY_HTTP") or 1),
            int(environment.get("ALWAYS_READY_SYNC_TEAM") or 1),
            (environment.get("PRIVATE_NETWORKING") or "").lower() == "true",
            int(environment.get("MAXIMUM_INSTANCE_COUNT") or 40),
        )


def month(size: Size, choices: Choices) -> dict[str, float]:
    """Dollars of a month, by what they are for."""
    memory = choices.memory_mb / GB
    looks = size.teams * size.looks
    # The audit's own work is a minute for 100,000 people, once a day.
    audits = AUDIT_RUNS + 30 * size.people * 0.0006
    timers = WATCH_RUNS * size.watch_seconds + CHORES_RUNS * size.chores_seconds + audits
    busy = looks * size.look_seconds
    ready = busy if choices.ready_sync_team else 0.0
    on_demand = max(0.0, (timers + busy - ready) * memory - FREE_GB_SECONDS)
    runs = WATCH_RUNS + CHORES_RUNS + AUDIT_RUNS + looks
    lines_gb = (WATCH_RUNS + CHORES_RUNS + AUDIT_RUNS) * 3e-6 + looks * 8e-6
    instances = choices.ready_http + choices.ready_sync_team
    return {
        "always-ready instances": instances * memory * MONTH * READY_BASELINE,
        "timers and looks": on_demand * ON_DEMAND + ready * memory * READY_BUSY,
        "runs": runs / 1e6 * MILLION_RUNS,
        "logs": lines_gb * LOG_GB,
        "storage": (MONTH / 2 + looks * 20) / 1e6 * STORAGE_MILLION,
        "alerts": ALERT_RULES * ALERT_RULE,
        "private networking": _private() if choices.private else 0.0,
    }


def flood(choices: Choices) -> float:
    """Dollars of an hour in which every instance that there may be is busy, the runs apart."""
    return choices.most_instances * choices.memory_mb / GB * 3600 * ON_DEMAND


def _private() -> float:
    return PRIVATE_ENDPOINTS * (PRIVATE_ENDPOINT + DNS_ZONE)


def table(choices: Choices) -> str:
    """For a person: a column a size, and what was assumed."""
    columns = [month(size, choices) for size in SIZES]
    rows = [_row("US dollars a month", [size.name for size in SIZES])]
    for name in columns[0]:
        rows.append(_row(name, [f"{column[name]:.0f}" for column in columns]))
    rows.append(_row("altogether", [f"{sum(column.values()):.0f}" for column in columns]))
    return "\n".join([*rows, "", *_assumed(choices)])


def _row(name: str, cells: list[str]) -> str:
    return f"{name:24}" + "".join(f"{cell:>10}" for cell in cells)


def _assumed(choices: Choices) -> list[str]:
    sizes = [
        f"{s.name}: {s.people:,} people, {s.teams:,} teams with a group, {s.looks} looks at each in"
        f" a month of {s.look_seconds:g} s, watch {s.watch_seconds:g} s, chores"
        f" {s.chores_seconds:g} s a run;"
        for s in SIZES
    ]
    return [
        "Assumed:",
        *(f"  {each}" for each in sizes),
        f"  instances of {choices.memory_mb} MB, always ready: {choices.ready_http} for http,"
        f" {choices.ready_sync_team} for sync_team;",
        f"  not in it, a flood of requests: {flood(choices):.2f} dollars an hour,"
        f" {24 * flood(choices):.0f} a day, with all {choices.most_instances} instances busy, and"
        f" {MILLION_RUNS:.2f} a million requests;",
        "  list prices of East US without discounts. Watch the real bill for a week.",
    ]
