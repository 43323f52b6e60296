"""Bars as SVG: readable in grey, with a title and the values for who cannot see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from bench.table import Chart

WIDTH, LEFT, RIGHT = 820, 300, 90
TOP, BAR, GAP = 56, 22, 14
# Told apart by lightness, and where there are several by a pattern as well.
GREYS = ("#333333", "#8c8c8c", "#c8c8c8")


def draw(chart: Chart) -> str:
    several = len(chart.series) > 1
    group = BAR * len(chart.series) + GAP
    height = TOP + group * len(chart.bars) + (30 if several else 10)
    scale = _scale(chart)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="13">',
        f'<title id="title">{escape(chart.title)}</title>',
        f'<desc id="desc">{escape(describe(chart))}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-weight="bold" fill="#111111">{escape(chart.title)}</text>',
        f'<text x="12" y="40" fill="#555555">{escape(_unit(chart))}</text>',
    ]
    for place, (label, values) in enumerate(chart.bars):
        parts += _bars(label, values, TOP + place * group, scale)
    if several:
        parts += _legend(chart.series, height - 14)
    return "\n".join([*parts, "</svg>"]) + "\n"


def describe(chart: Chart) -> str:
    """The values in a sentence."""
    told = [
        f"{label}: "
        + ", ".join(
            f"{name} {_number(v)}" if len(chart.series) > 1 else _number(v)
            for name, v in zip(chart.series, values, strict=True)
        )
        for label, values in chart.bars
    ]
    return f"{_unit(chart)}. {'; '.join(told)}."


def _unit(chart: Chart) -> str:
    said = chart.unit[:1].upper() + chart.unit[1:]
    return f"{said}; each tenfold is as wide as the one before" if chart.steps else said


def _scale(chart: Chart) -> float:
    """Pixels for a value of one, or of a tenfold; negative for steps."""
    most = max((v for _, values in chart.bars for v in values), default=1.0) or 1.0
    room = WIDTH - LEFT - RIGHT
    return -room / math.log10(max(most, 1.0) * 2) if chart.steps else room / most


def _length(value: float, scale: float) -> float:
    if scale < 0:
        return max(1.0, math.log10(max(value, 0.5) * 2) * -scale)
    return max(1.0, value * scale)


def _bars(label: str, values: Sequence[float], top: float, scale: float) -> list[str]:
    middle = top + BAR * len(values) / 2 + 5
    parts = [
        f'<text x="{LEFT - 10}" y="{middle:g}" text-anchor="end" fill="#111111">'
        f"{escape(label)}</text>"
    ]
    for number, value in enumerate(values):
        y, length = top + number * BAR, _length(value, scale)
        parts += [
            f'<rect x="{LEFT}" y="{y:g}" width="{length:.1f}" height="{BAR - 4}"'
            f' fill="{GREYS[number % len(GREYS)]}" stroke="#111111" stroke-width="0.5"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 14:g}" fill="#111111">'
            f"{_number(value)}</text>",
        ]
    return parts


def _legend(series: Sequence[str], y: float) -> list[str]:
    parts, x = [], float(LEFT)
    for number, name in enumerate(series):
        parts += [
            f'<rect x="{x:g}" y="{y - 10:g}" width="12" height="12"'
            f' fill="{GREYS[number % len(GREYS)]}" stroke="#111111" stroke-width="0.5"/>',
            f'<text x="{x + 18:g}" y="{y:g}" fill="#111111">{escape(name)}</text>',
        ]
        x += 40 + 8 * len(name)
    return parts


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.2g}"
