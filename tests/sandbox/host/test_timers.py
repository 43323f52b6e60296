from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.timers import Timer, TimerClock
from tests.sandbox.host.conftest import app_of

TICK = """
app = func.FunctionApp()
from typing import List

@app.timer_trigger(arg_name="timer", schedule="{schedule}", {more})
@app.queue_output(arg_name="out", queue_name="q", connection="AzureWebJobsStorage")
def tick(timer: func.TimerRequest, out: func.Out[List[str]]) -> None:
    out.set([str(timer.past_due), timer.schedule_status["Next"]])
"""


class Day:
    """A clock that moves when it is waited for, and ends the test after a while."""

    def __init__(self, start: str, lasting: timedelta) -> None:
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        self.end = self.now + lasting
        self.slow_by = timedelta()
        self.runs: list[tuple[str, str]] = []

    def clock(self) -> TimerClock:
        return TimerClock(wait=self.wait, now=lambda: self.now)

    def wait(self, seconds: float) -> bool:
        self.now += timedelta(seconds=seconds)
        return self.now > self.end

    def write(self, invocation: Invocation) -> None:
        self.runs.append((f"{self.now:%H:%M:%S}", str(invocation.messages("q")[0])))
        self.now += self.slow_by


def timer(folder: Path, day: Day, schedule: str, more: str = "") -> Timer:
    code = TICK.format(schedule=schedule, more=more)
    app = FunctionsApp.load(app_of(folder, code), {})
    return Timer(app, app.functions["tick"], day.write, folder / "state")


def test_it_runs_when_it_is_due_and_only_then(tmp_path: Path) -> None:
    day = Day("2026-11-23T10:00:05", timedelta(seconds=30))
    timer(tmp_path, day, "*/10 * * * * *").run(day.clock())

    assert day.runs == [("10:00:10", "False"), ("10:00:20", "False"), ("10:00:30", "False")]


def test_a_slow_run_delays_the_next_one_and_never_overlaps_it(tmp_path: Path) -> None:
    day = Day("2026-11-23T10:00:05", timedelta(seconds=40))
    day.slow_by = timedelta(seconds=12)
    timer(tmp_path, day, "*/10 * * * * *").run(day.clock())

    assert [at for at, _ in day.runs] == ["10:00:10", "10:00:30"]


def test_it_may_run_on_startup(tmp_path: Path) -> None:
    day = Day("2026-11-23T10:00:05", timedelta(seconds=3))
    timer(tmp_path, day, "*/10 * * * * *", "run_on_startup=True").run(day.clock())

    assert day.runs == [("10:00:05", "False")]


def test_a_run_missed_while_the_host_was_down_is_made_up_for_and_past_due(tmp_path: Path) -> None:
    evening = Day("2026-11-22T22:00:00", timedelta(minutes=1))
    timer(tmp_path, evening, "0 0 4 * * *").run(evening.clock())
    noon = Day("2026-11-23T12:00:00", timedelta(minutes=1))
    timer(tmp_path, noon, "0 0 4 * * *").run(noon.clock())

    assert evening.runs == []
    assert noon.runs == [("12:00:00", "True")]


def test_a_timer_without_a_monitor_makes_up_for_nothing(tmp_path: Path) -> None:
    evening = Day("2026-11-22T22:00:00", timedelta(minutes=1))
    timer(tmp_path, evening, "0 0 4 * * *", "use_monitor=False").run(evening.clock())
    noon = Day("2026-11-23T12:00:00", timedelta(minutes=1))
    timer(tmp_path, noon, "0 0 4 * * *", "use_monitor=False").run(noon.clock())

    assert noon.runs == []


def test_a_timer_of_seconds_is_never_past_due(tmp_path: Path) -> None:
    before = Day("2026-11-22T22:00:00", timedelta(seconds=5))
    timer(tmp_path, before, "*/10 * * * * *").run(before.clock())
    after = Day("2026-11-23T12:00:01", timedelta(seconds=5))
    timer(tmp_path, after, "*/10 * * * * *").run(after.clock())

    assert after.runs == []


def test_a_failure_does_not_end_the_timer(tmp_path: Path) -> None:
    day = Day("2026-11-23T10:00:05", timedelta(seconds=20))
    code = TICK.format(schedule="*/10 * * * * *", more="").replace("out.set", "out.no_such")
    app = FunctionsApp.load(app_of(tmp_path, code), {})
    Timer(app, app.functions["tick"], day.write).run(day.clock())

    assert day.now > day.end
