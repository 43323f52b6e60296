"""Ours in a process of its own: a worker as it starts in Azure, which gets messages one by one.

Each line on standard input is a JSON object: {"ahead": seconds, "message": text} for a look at a
team so many seconds later, or {} for what was loaded. Each is answered by one. The argument: so
many seconds its clock is ahead from the beginning. In the environment, AUTHORITIES: whom this
process trusts instead of what certifi knows; SPENT: count what its CPU goes into.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from bench import usage

AUTHORITIES, SPENT = "BENCH_AUTHORITIES", "BENCH_SPENT"


class Clock:
    """The machine's time, and what was skipped of it. `waited`: seconds slept within looks."""

    def __init__(self, ahead: float) -> None:
        self.ahead = ahead
        self.waited = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        time.sleep(seconds)


def main() -> None:
    # Before anybody imports requests, which asks certifi then.
    _trust(os.environ.get(AUTHORITIES, ""))
    ledger = None
    if os.environ.get(SPENT):
        from bench import spent

        ledger = spent.count()
    import azure.functions as func

    floor = usage.resident()
    before = usage.cpu()
    import function_app

    imported = usage.cpu()
    from shared import config, wiring

    look = _function(function_app.app, "sync_team")
    clock = Clock(float(sys.argv[1]))
    _say({"floor": floor, "imported": usage.resident(), "import_cpu": imported - before})
    started = False
    for line in sys.stdin:
        asked = json.loads(line)
        if "message" in asked:
            if not started:
                wiring.install(wiring.Wiring(config.current(), clock))
                started = True
            clock.ahead += asked["ahead"]
            waited, began = clock.waited, time.perf_counter()
            look(func.QueueMessage(id="1", body=asked["message"].encode()))
            wall = time.perf_counter() - began
            _say(
                {
                    "wall": wall,
                    "waited": clock.waited - waited,
                    "cpu": usage.cpu(),
                    "memory": usage.peak_memory(),
                    "resident": usage.resident(),
                }
            )
        else:
            _say({"modules": _foreign(), "spent": ledger.told() if ledger else {}})


def _trust(authorities: str) -> None:
    """Not by REQUESTS_CA_BUNDLE: that makes requests look at the environment at every call."""
    if authorities:
        import certifi

        certifi.where = lambda: authorities


def _function(app: Any, name: str) -> Any:
    """The function as the host calls it."""
    return next(f for f in app.get_functions() if f.get_function_name() == name).get_user_function()


def _foreign() -> list[str]:
    """Modules of others that were loaded, in the order of their loading."""
    own = ("function_app", "functions", "shared", "bench", "__main__")
    return [m for m in sys.modules if m.partition(".")[0] not in own]


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
