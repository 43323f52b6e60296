"""A run that cannot get past one place ends, and says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

import pytest

from sandbox.kit import Fault
from sandbox.memory_tables import MemoryTables, Operation
from shared import wiring
from shared.core.audit import Outcome, Run
from tests.audit.crowd import MINUTE, Crowd
from tests.audit.mortal import Killed
from tests.journeys.stage import Stage


class BreakingTables(MemoryTables):
    """breaks: for which row's key a write raises `error`."""

    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.error = error
        self.breaks: Callable[[str], bool] = lambda key: False

    def write(self, table: str, operations: Sequence[Operation]) -> list[dict[str, str]]:
        keys = [str(entity["RowKey"]) for _, entity, _ in operations]
        if table == "Directory" and any(map(self.breaks, keys)):
            raise self.error("nobody foresaw this")
        return super().write(table, operations)


@pytest.fixture(autouse=True)
def no_app_is_left() -> Iterator[None]:
    yield
    wiring.install(None)


def crowd_on(tables: MemoryTables) -> Crowd:
    stage = Stage(tables)
    stage._connect()
    crowd = Crowd(stage, 12)
    crowd.watch()
    return crowd


def ended(crowd: Crowd, minutes: int) -> Run:
    for _ in range(minutes):
        try:
            crowd.tick()
        except Killed:
            crowd.stage.redeploy()
        if runs := crowd.desk.results.runs(1):
            return runs[0]
        crowd.stage.clock.advance(MINUTE)
    raise AssertionError("the audit did not end")


def refused(at: int | None = None) -> Fault:
    """A page behind the first one."""
    return Fault("error", status=400, at=at, when=lambda r: "$skiptoken" in r.query)


def said(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    lines = [json.loads(r.message) for r in caplog.records if r.message.startswith("{")]
    return [line for line in lines if line["event"] == event]


@pytest.mark.parametrize("error", [RuntimeError, Killed], ids=["unforeseen", "killed"])
def test_a_part_at_which_every_worker_breaks_ends_the_run(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    tables = BreakingTables(error)
    crowd = crowd_on(tables)
    tables.breaks = lambda key: key.startswith("n:")

    run = ended(crowd, 40)

    assert (run.outcome, run.reason) == (Outcome.FAILED, "audit_stuck")
    assert [line["code"] for line in said(caplog, "directory audit failed")] == ["audit_stuck"]
    tables.breaks = lambda key: False
    crowd.a_day_later()
    assert crowd.run().outcome is Outcome.COMPLETE
    assert crowd.found() == crowd.expected


def test_workers_who_break_at_one_part_after_another_do_not_end_it() -> None:
    tables = BreakingTables(RuntimeError)
    crowd = crowd_on(tables)
    seen: dict[str, int] = {}

    def twice(key: str) -> bool:
        """At each part that names or judges, which is four hashes."""
        if not key.startswith(("n:", "i:")):
            return False
        part = f"{key[0]} {int(key.rpartition(':')[2]) // 400_000}"
        seen[part] = seen.get(part, 0) + 1
        return seen[part] <= 2

    tables.breaks = twice

    assert ended(crowd, 400).outcome is Outcome.COMPLETE
    assert sum(min(2, times) for times in seen.values()) > 10
    assert crowd.found() == crowd.expected


def test_a_page_that_microsoft_always_refuses_ends_the_run(
    make_crowd: Callable[..., Crowd], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    crowd = make_crowd(24)
    crowd.watch()
    crowd.stage.microsoft.switches.page_cap = 5
    crowd.stage.microsoft.graph.faults.append(refused())

    run = ended(crowd, 40)

    assert (run.outcome, run.reason) == (Outcome.FAILED, "audit_stuck")
    failed = said(caplog, "directory audit failed")
    assert [line["code"] for line in failed] == ["audit_stuck"]
    assert failed[0]["trace"]


def test_a_page_that_is_refused_once_is_had_the_next_time(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(24)
    crowd.watch()
    crowd.stage.microsoft.switches.page_cap = 5
    crowd.stage.microsoft.graph.faults.append(refused(at=3))

    assert ended(crowd, 40).outcome is Outcome.COMPLETE
    assert crowd.found() == crowd.expected
