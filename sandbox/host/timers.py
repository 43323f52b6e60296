"""Timer triggers: one thread each, so a timer never runs twice at the same time.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.binding import BoundFunction
from sandbox.host.ncrontab import Schedule

log = logging.getLogger("host.timers")

# The real host keeps the status of a timer, and so notices a missed run, from this interval on.
MONITORED = timedelta(minutes=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class TimerClock:
    """`wait` sleeps up to that many seconds; True tells that the host stops."""

    wait: Callable[[float], bool]
    now: Callable[[], datetime] = utc_now


class TimerStatus:
    """When a timer was last due next, kept in a file between two runs of the host."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def due(self) -> datetime | None:
        if not self._path or not self._path.exists():
            return None
        return datetime.fromisoformat(json.loads(self._path.read_text())["next"])

    def save(self, due: datetime) -> None:
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({"next": due.isoformat()}))


class Timer:
    """One timer function. `run` does not return until its clock tells it to stop."""

    def __init__(
        self,
        app: FunctionsApp,
        function: BoundFunction,
        write: Callable[[Invocation], None],
        state_dir: Path | None = None,
    ) -> None:
        raw = function.trigger.raw
        self.name = function.name
        self._app, self._write = app, write
        self._schedule = Schedule.parse(raw["schedule"])
        self._on_startup = bool(raw.get("runOnStartup"))
        self._use_monitor = raw.get("useMonitor") is not False
        self._status = TimerStatus(state_dir / f"{self.name}.json" if state_dir else None)
        self._running = threading.Lock()
        self._last = ""

    def run(self, clock: TimerClock) -> None:
        missed = self._missed(clock.now())
        if missed or self._on_startup:
            self.fire(clock, past_due=missed)
        due = self._next(clock.now())
        while not clock.wait(max(0.0, (due - clock.now()).total_seconds())):
            if clock.now() >= due:
                self.fire(clock, past_due=False)
                due = self._next(clock.now())

    def fire(self, clock: TimerClock, *, past_due: bool) -> None:
        """Run it now, after a run that is under way. A failure is logged, and that is all."""
        with self._running:
            started = time.monotonic()
            following = self._schedule.next_after(clock.now()).isoformat()
            last, self._last = self._last, clock.now().isoformat()
            try:
                self._write(
                    self._app.invoke_timer(
                        self.name, past_due=past_due, last=last, following=following
                    )
                )
            except Exception:
                log.exception("Executed %s (Failed)", self.name)
            else:
                took = (time.monotonic() - started) * 1000
                log.info("Executed %s (Succeeded, %.0f ms)", self.name, took)

    def _missed(self, now: datetime) -> bool:
        due = self._status.due() if self._is_monitored(now) else None
        return due is not None and due < now

    def _next(self, now: datetime) -> datetime:
        due = self._schedule.next_after(now)
        if self._is_monitored(now):
            self._status.save(due)
        return due

    def _is_monitored(self, now: datetime) -> bool:
        first = self._schedule.next_after(now)
        return self._use_monitor and self._schedule.next_after(first) - first >= MONITORED
