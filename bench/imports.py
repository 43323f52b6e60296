"""What a cold start pays for importing the app, in fresh interpreters with warm .pyc files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from bench.measure import interleaved, sample
from bench.table import Goal, Row, Section, ratio
from sandbox.storage import ROOT

ROUNDS = 21
GOAL = 1.35
HEAVY = ("requests", "msal", "azure.identity", "azure.data.tables", "tenacity", "cryptography")
OURS, ALONE, EAGER = "ours", "alone", "eager"
# An app as it is often written: everything that it will ever need at the top of the file.
STATEMENTS = {
    OURS: "import function_app",
    ALONE: "import azure.functions",
    EAGER: "import azure.functions, azure.data.tables, azure.identity, msal, requests",
}
_TIMED = "import time; a = time.perf_counter_ns(); {}; print(time.perf_counter_ns() - a)"
_LOADED = (
    "import json, sys, azure.functions; a = set(sys.modules); import function_app;"
    " print(json.dumps(sorted(set(sys.modules) - a)))"
)


def measure() -> Section:
    contestants: dict[str, Callable[[], float]] = {
        name: partial(_seconds, statement) for name, statement in STATEMENTS.items()
    }
    times = {name: sample(values) for name, values in interleaved(ROUNDS, contestants).items()}
    loaded = modules_on_top()
    heavy = [m for m in loaded if any(m == h or m.startswith(f"{h}.") for h in HEAVY)]
    wrong = f"loads {', '.join(heavy)}" if heavy else ""
    found = ratio(times[OURS], times[ALONE]) or 0.0
    return Section(
        f"Importing the app ({ROUNDS} fresh interpreters each)",
        [
            Row(
                "function_app beside azure.functions alone",
                times[OURS],
                times[ALONE],
                "ms",
                f"<= {GOAL}",
                wrong,
            ),
            Row("function_app beside an app with its SDKs on top", times[OURS], times[EAGER], "ms"),
        ],
        [f"Loaded beside azure.functions: {_summary(loaded)}."],
        goals=[
            Goal(
                "importing function_app / importing azure.functions",
                f"<= {GOAL}",
                f"{found:.2f}",
                found <= GOAL and not wrong,
            )
        ],
    )


def modules_on_top() -> list[str]:
    """The modules that function_app loads beside those of azure.functions."""
    loaded: list[str] = json.loads(_fresh(_LOADED))
    return loaded


def _seconds(statement: str) -> float:
    """Milliseconds for the statement, without the interpreter's own start."""
    return int(_fresh(_TIMED.format(statement))) / 1e6


def _fresh(code: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _summary(modules: list[str]) -> str:
    """Our own packages as a number, all others by name."""
    own = [m for m in modules if m.partition(".")[0] in ("function_app", "functions", "shared")]
    others = [m for m in modules if m not in own]
    return f"{len(own)} modules of ours; of others: {', '.join(others) or 'none'}"
