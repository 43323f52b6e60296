"""python -m simulation.killing.host --port N --clock FILE: the functions host, with that clock.

As `sandbox.host` serves it, ending with its parent; nothing else of the app is another than there.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sandbox.host.app import FunctionsApp
from sandbox.host.host import Host
from sandbox.host.queues import QueueTimes
from sandbox.host.timers import TimerClock
from sandbox.process import call_when_stdin_closes
from sandbox.storage import ROOT
from shared import wiring
from shared.config import read_settings
from simulation.killing.hurry import HurriedClock

# Real seconds that a message of a killed host stays hidden; see the package.
QUEUE_LEASE = 6.0


class HurriedHost(Host):
    """Its timers follow the clock."""

    def __init__(
        self, app: FunctionsApp, environ: Mapping[str, str], port: int, clock: HurriedClock
    ) -> None:
        super().__init__(app, environ, port=port, times=QueueTimes(lease=QUEUE_LEASE))
        self._clock = TimerClock(
            wait=lambda seconds: self._stopped.wait(seconds / clock.speed),
            now=lambda: datetime.fromtimestamp(clock.now(), UTC),
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.killing.host")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--clock", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="[%(asctime)s] %(name)s: %(message)s", stream=sys.stderr
    )
    # The SDK writes every one of its requests down.
    logging.getLogger("azure").setLevel(logging.WARNING)
    orphaned = threading.Event()
    call_when_stdin_closes(orphaned.set)
    clock = HurriedClock(options.clock)
    wiring.install(wiring.Wiring(read_settings(os.environ), clock))
    host = HurriedHost(_app(clock.speed), os.environ, options.port, clock)
    host.start()
    orphaned.wait()
    # Nobody is left to stop in good order for.
    os._exit(0)


def _app(speed: float) -> FunctionsApp:
    app = FunctionsApp.load(ROOT, os.environ)
    told = app.settings.queues
    hurried = replace(
        told,
        max_polling_interval=told.max_polling_interval / speed,
        visibility_timeout=told.visibility_timeout / speed,
    )
    app.settings = replace(app.settings, queues=hurried)
    return app


if __name__ == "__main__":
    sys.exit(main())
