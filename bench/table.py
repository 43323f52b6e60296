"""Rows of figures as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measure import Sample


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
    return what, _figure(row.ours, row.unit), _figure(row.peer, row.unit), _ratio(row)


def _figure(figure: Sample, unit: str) -> str:
    """The median, and the least and the most where they differ from it."""
    shown = [_number(v, unit) for v in (figure.median, figure.least, figure.most)]
    text = f"{shown[0]} {unit}".rstrip()
    return text if shown[1] == shown[2] else f"{text} ({shown[1]}-{shown[2]})"


def _number(value: float, unit: str) -> str:
    return f"{value:.1f}" if unit else f"{value:g}"


def _ratio(row: Row) -> str:
    return f"{row.ours.median / row.peer.median:.2f}" if row.peer.median else "-"
