"""The audit of the directory: CPU, memory and requests, and beside it the peer with msgraph-sdk.

Each audit runs in a process of its own, against the same made-up directories in another one.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import environments
from bench.directories import serving
from bench.measure import sample
from bench.table import Goal, Row, Section
from sandbox.storage import ROOT

FEW, MANY = 10_000, 100_000
A_PAGE = 999
NOTES = (
    "Rows are in the storage emulator; reading them counts, writing them does not. Webex's pace",
    "passes at once, tokens are given. The peer keeps everything in memory and writes nothing.",
    "On a busy machine CPU is up to twice what it is on a quiet one: believe the ratio.",
)


@dataclass(frozen=True)
class Audited:
    """counts: by class. cpu: seconds, ours without storage writes. memory: bytes, at the most."""

    counts: Mapping[str, int]
    cpu: float
    memory: int
    microsoft: int = 0
    webex: int = 0
    storage_writes: int = 0


def measure(storage: str) -> Section:
    with serving(FEW) as url:
        few, peer = ours(storage, url), theirs(url)
    with serving(MANY) as url:
        many = ours(storage, url)
    wrong = "" if few.counts == peer.counts else f"{few.counts} against {peer.counts}"
    each = {code: number * MANY // FEW for code, number in few.counts.items()}
    more = "" if many.counts == each else f"{many.counts}"
    allowed = math.ceil(MANY / A_PAGE) + 3
    over = "" if many.microsoft <= allowed else "too many"
    return Section(
        f"The audit of the directory: {FEW:,} users beside the peer, and {MANY:,}",
        [
            Row(
                f"CPU for {FEW:,} users",
                sample([few.cpu]),
                sample([peer.cpu]),
                "s",
                "<= 0.02",
                wrong,
            ),
            Row(
                f"Memory for {FEW:,} users",
                sample([few.memory / 1e6]),
                sample([peer.memory / 1e6]),
                "MB",
            ),
            Row(
                f"CPU a user, of {MANY:,} (right: of {FEW:,})",
                sample([many.cpu / MANY * 1e6]),
                sample([few.cpu / FEW * 1e6]),
                "us",
                "<= 30 us",
                more,
            ),
            Row(
                f"Memory for {MANY:,} users (right: {FEW:,})",
                sample([many.memory / 1e6]),
                sample([few.memory / 1e6]),
                "MB",
                "<= 30 MB more",
            ),
            Row(
                f"Requests to Microsoft for {MANY:,} users (right: {FEW:,})",
                sample([many.microsoft]),
                sample([few.microsoft]),
                "",
                f"<= {allowed}",
                over,
            ),
        ],
        NOTES,
        goals=[
            Goal(
                f"audit of {MANY:,} users",
                f"<= 3 s of CPU, <= 60 MB, <= {allowed} requests to Microsoft",
                f"{many.cpu:.1f} s, {many.memory / 1e6:.0f} MB, {many.microsoft} requests",
                many.cpu <= 3 and many.memory <= 60e6 and not over and not more,
                "CPU is as much as the machine is slow: the peer takes"
                f" {peer.cpu / FEW * 1e3:.1f} ms a user here",
            )
        ],
    )


def ours(storage: str, url: str) -> Audited:
    told = _run([sys.executable, "-m", "bench.one_audit", storage, url])
    return Audited(
        told["counts"],
        told["cpu"] - told["writes"],
        told["memory"],
        told["microsoft"],
        told["webex"],
        told["storage_writes"],
    )


def theirs(url: str) -> Audited:
    told = _run([str(environments.python("sdks")), "-m", "bench.peer_audit", url])
    return Audited(told["counts"], told["cpu"], told["memory"])


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
