"""What was measured, kept until the page is written: each subject with the commit it belongs to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bench.table import Chart, Goal, Wide
from sandbox.storage import ROOT

HOME = ROOT / ".dev" / "bench"


@dataclass(frozen=True)
class Kept:
    """took: seconds. day: when it was measured, as YYYY-MM-DD."""

    subject: str
    commit: str
    day: str
    machine: str
    took: float
    tables: Sequence[Wide]


def commit() -> str:
    """The commit that is checked out, and whether the code differs from it."""
    name = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", ":!docs", ":!README.md", ":!CHANGELOG.md")
    return f"{name} and what was not committed yet" if changed else name


def keep(subject: str, machine: str, took: float, tables: Sequence[Wide]) -> Kept:
    day = datetime.now(UTC).date().isoformat()
    kept = Kept(subject, commit(), day, machine, took, tables)
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / f"{subject}.json").write_text(json.dumps(asdict(kept), indent=1))
    return kept


def read(subject: str) -> Kept | None:
    file = HOME / f"{subject}.json"
    if not file.exists():
        return None
    told: dict[str, Any] = json.loads(file.read_text())
    return Kept(**{**told, "tables": [_table(each) for each in told["tables"]]})


def _table(told: dict[str, Any]) -> Wide:
    charts = [Chart(**each) for each in told["charts"]]
    goals = [Goal(**each) for each in told["goals"]]
    return Wide(**{**told, "charts": charts, "goals": goals})


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
