"""All of it together: an app, its triggers and its outputs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from sandbox.host.app import FunctionsApp
from sandbox.host.http import HttpServer
from sandbox.host.queues import QueueListener, QueueTimes
from sandbox.host.storage_queues import StorageQueues
from sandbox.host.timers import Timer, TimerClock

log = logging.getLogger("host")

LOOPBACK = "127.0.0.1"


class Host:
    """Use it as a context manager, or call `start` and `stop`.

    Port 0 takes any free one. `state_dir` keeps what must outlive the host: when timers are due.
    Raises HostConfigError where the app's settings do not suffice, OSError for a taken port.
    """

    def __init__(
        self,
        app: FunctionsApp,
        environ: Mapping[str, str],
        *,
        port: int = 0,
        times: QueueTimes | None = None,
        state_dir: Path | None = None,
    ) -> None:
        self.app = app
        self._stopped = threading.Event()
        queues = StorageQueues(environ, base64=app.settings.queues.base64)
        for function in app.functions.values():
            for output in function.outputs:
                queues.get(output.raw.get("connection") or "", output.raw["queueName"])
        self.listeners = [
            QueueListener(app, function, queues, times or QueueTimes())
            for function in app.triggered_by("queueTrigger")
        ]
        self._timers = {
            function.name: Timer(app, function, queues.write, state_dir)
            for function in app.triggered_by("timerTrigger")
        }
        self._queues = queues
        self._clock = TimerClock(wait=self._stopped.wait)
        self._threads: list[threading.Thread] = []
        self._http = HttpServer((LOOPBACK, port), app, queues.write, self._run_by_hand)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._http.server_port}"

    def start(self) -> None:
        for listener in self.listeners:
            listener.start()
        for timer in self._timers.values():
            self._in_background(timer.run, self._clock)
        self._http.start()

    def stop(self, grace: float = 10.0) -> bool:
        """Stop the triggers, then let what runs come to its end. Whether all of it did."""
        self._http.stop()
        self._stopped.set()
        for listener in self.listeners:
            listener.stop()
        deadline = time.monotonic() + grace
        while (busy := self._busy()) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.app.workers.stop()
        return not busy

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _busy(self) -> bool:
        return (
            self._http.active > 0
            or any(listener.in_flight for listener in self.listeners)
            or any(thread.is_alive() for thread in self._threads)
        )

    def _run_by_hand(self, name: str, text: str) -> None:
        self._in_background(self._run, name, text)

    def _in_background(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def _run(self, name: str, text: str) -> None:
        if name in self._timers:
            self._timers[name].fire(self._clock, past_due=False)
            return
        try:
            if self.app.functions[name].trigger.type == "queueTrigger":
                invocation = self.app.invoke_queue(name, text)
            else:
                invocation = self.app.invoke_route(name, text.encode())
            self._queues.write(invocation)
        except Exception:
            log.exception("Executed %s by hand (Failed)", name)
