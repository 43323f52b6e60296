"""docs/performance.md and its charts, of what was measured and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.charts import describe, draw
from bench.kept import Kept
from bench.table import Goal, Wide
from sandbox.storage import ROOT

PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "performance"
NOTES = ROOT / "bench" / "notes.md"
_LOAD = re.compile(r", load ([\d.]+) at the start")
_VERDICT = {True: "met", False: "**not met**", None: "not measured"}


def write(subjects: Sequence[Kept]) -> None:
    """Everything on the page but bench/notes.md comes from what was measured."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        old.unlink()
    for subject in subjects:
        for table in subject.tables:
            for chart in table.charts:
                (PICTURES / f"{chart.name}.svg").write_text(draw(chart))
    PAGE.write_text(text(subjects, NOTES.read_text()))


def text(subjects: Sequence[Kept], notes: str) -> str:
    lines = [
        "# Performance",
        "",
        "Made by `./dev bench --write`; what is measured how stands in `bench/`. The notes at the"
        " end are ours.",
        "",
        *_provenance(subjects),
        "",
        "## Goals",
        "",
        *_goals(subjects),
        "",
        "## Measured",
        "",
    ]
    for subject in subjects:
        for table in subject.tables:
            lines += [*_table(table), ""]
    return "\n".join([*lines, notes.strip(), ""])


def _provenance(subjects: Sequence[Kept]) -> Iterator[str]:
    machines = list(dict.fromkeys(subject.machine.splitlines()[-1] for subject in subjects))
    first = _LOAD.sub("", subjects[0].machine.splitlines()[0])
    yield f"The machine: {first}; {'; '.join(machines)}. It was shared with other work, so counts"
    yield "and ratios are worth more than seconds. Shown is the median, and (least-most) where they"
    yield "differ. A wrong result is said first in its row."
    yield ""
    yield "| subject | commit | day | load at the start | took |"
    yield "|---|---|---|---:|---:|"
    for subject in subjects:
        load = _LOAD.search(subject.machine)
        told = f"`{subject.commit}` | {subject.day} | {load[1] if load else ''}"
        yield f"| {subject.subject} | {told} | {subject.took:.0f} s |"


def _goals(subjects: Sequence[Kept]) -> Iterator[str]:
    yield "| figure | goal | measured | |"
    yield "|---|---|---|---|"
    for subject in subjects:
        for table in subject.tables:
            yield from map(_goal, table.goals)


def _goal(goal: Goal) -> str:
    why = f"; {goal.why}" if goal.why and not goal.met else ""
    cells = (goal.what, goal.limit, goal.measured, f"{_VERDICT[goal.met]}{why}")
    return f"| {' | '.join(map(_plain, cells))} |"


def _table(table: Wide) -> Iterator[str]:
    yield f"### {table.title}"
    yield ""
    if any(table.heads):
        yield f"| {' | '.join(map(_plain, table.heads))} |"
        yield "|---" + "|---:" * (len(table.heads) - 1) + "|"
    for row in table.rows:
        yield f"| {' | '.join(map(_plain, row))} |"
    if table.notes:
        yield ""
        yield _plain(" ".join(table.notes))
    for chart in table.charts:
        yield ""
        yield f"![{chart.title}. {describe(chart)}](performance/{chart.name}.svg)"


def _plain(cell: str) -> str:
    return cell.replace("|", "\\|").replace("$", "\\$").replace("<=", "≤")
