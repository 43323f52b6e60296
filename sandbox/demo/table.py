"""The table at the end."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.demo.scenes import Line

HEADINGS = (
    "step",
    "people",
    "group s",
    "all in s",
    "folder s",
    "followed s",
    "Webex",
    "Graph",
    "writes",
    "result",
)


def table(lines: Iterable[Line]) -> str:
    """Seconds are since the team's creation, or, followed, since a change on one side until the
    other has it; requests are those about the team since then."""
    rows = [HEADINGS, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return "\n".join(_row(row, widths) for row in [rows[0], [w * "-" for w in widths], *rows[1:]])


def _cells(line: Line) -> tuple[str, ...]:
    count = line.count
    return (
        line.what,
        str(line.people or ""),
        _seconds(line.group),
        _seconds(line.full),
        _seconds(line.folder),
        _seconds(line.followed),
        str(count.webex) if count else "",
        str(count.graph) if count else "",
        str(count.writes) if count else "",
        "; ".join(line.wrong) or "ok",
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _row(cells: Iterable[str], widths: list[int]) -> str:
    last = len(widths) - 1
    padded = (
        # Words to the left, figures to the right.
        cell.ljust(width) if i in (0, last) else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
