"""Rows of figures as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.measure import Sample


@dataclass(frozen=True)
class Goal:
    """A limit and what was measured, in words. met: None where it was not measured."""

    what: str
    limit: str
    measured: str
    met: bool | None
    why: str = ""


@dataclass(frozen=True)
class Chart:
    """Bars: for each label one value a series. steps: each line is ten times the one before."""

    name: str
    title: str
    unit: str
    series: Sequence[str]
    bars: Sequence[tuple[str, Sequence[float]]]
    steps: bool = False


@dataclass(frozen=True)
class Wide:
    """A table of ready text. The first cell of a row whose result was wrong says so first."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = ()
    wrong: bool = False


@dataclass(frozen=True)
class Row:
    """One figure. wrong: what was wrong with a result, said first; unit "" for a count."""

    what: str
    ours: Sample
    peer: Sample
    unit: str = ""
    goal: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Section:
    """Rows that compare the same two things; `notes` say what they are, `heads` name them."""

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    heads: tuple[str, str, str] = ("ours", "peer", "ours/peer")
    goals: Sequence[Goal] = field(default=())

    def wide(self) -> Wide:
        rows = [(*_cells(row), row.goal) for row in self.rows]
        wrong = any(row.wrong for row in self.rows)
        heads = ("", *self.heads, "goal")
        return Wide(self.title, heads, rows, self.notes, self.goals, (), wrong)


def render_wide(table: Wide) -> str:
    lines = [tuple(table.heads), *map(tuple, table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    notes = [f"  {note}" for note in table.notes]
    goals = [f"  {said(goal)}" for goal in table.goals]
    return "\n".join([table.title, *(_line(each, widths) for each in lines), *notes, *goals])


def said(goal: Goal) -> str:
    verdict = {True: "met", False: "NOT MET", None: "not measured"}[goal.met]
    why = f" ({goal.why})" if goal.why and not goal.met else ""
    return f"goal {goal.what}: {goal.limit}; {goal.measured}: {verdict}{why}"


def render(sections: Sequence[Section]) -> str:
    lines = [_cells(row) for section in sections for row in section.rows]
    lines += [("", *section.heads) for section in sections]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    parts = []
    for section in sections:
        heads = _line(("", *section.heads), widths)
        table = [heads, *(_row(row, widths) for row in section.rows)]
        notes = [f"  {note}" for note in section.notes]
        parts.append("\n".join([section.title, *table, *notes]))
    return "\n\n".join(parts)


def _row(row: Row, widths: Sequence[int]) -> str:
    line = _line(_cells(row), widths)
    return f"{line}   goal {row.goal}" if row.goal else line


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    texts = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
    return f"  {'   '.join(texts)}".rstrip()


def _cells(row: Row) -> tuple[str, str, str, str]:
    what = f"WRONG ({row.wrong}): {row.what}" if row.wrong else row.what
    return what, figure(row.ours, row.unit), figure(row.peer, row.unit), _ratio(row)


def figure(measured: Sample, unit: str) -> str:
    """The median, and the least and the most where they differ from it."""
    shown = [_number(v, unit) for v in (measured.median, measured.least, measured.most)]
    text = f"{shown[0]} {unit}".rstrip()
    return text if shown[1] == shown[2] else f"{text} ({shown[1]}-{shown[2]})"


def _number(value: float, unit: str) -> str:
    return f"{value:.1f}" if unit else f"{value:g}"


def _ratio(row: Row) -> str:
    found = ratio(row.ours, row.peer)
    return f"{found:.2f}" if found is not None else "-"


def ratio(ours: Sample, peer: Sample) -> float | None:
    """Pair by pair where both were measured in turns, and the median of that."""
    if len(ours.values) != len(peer.values) or not all(peer.values):
        return ours.median / peer.median if peer.median else None
    return median(o / p for o, p in zip(ours.values, peer.values, strict=True))
