"""One target under trial: bytes become an input, the input is sent, the promises are asked for."""

from __future__ import annotations

import random
import traceback
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings

from fuzz.target import Check, Target

# Where the bytes come to an end the input does: each draw takes the simplest there is.
_ZEROS = bytes(8192)
LONGEST = 256


@dataclass
class Trial:
    """made: how many inputs were sent; bytes that make none do not count. last: the latest."""

    target: Target
    check: Check
    made: int = 0
    last: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        careful = settings(database=None, deadline=None)
        drawn = careful(given(self.target.inputs)(self._send))
        self._one = drawn.hypothesis.fuzz_one_input  # type: ignore[attr-defined]

    def send(self, data: bytes) -> None:
        """Raises what is raised where a promise is broken. The same bytes make the same input."""
        self._one(data + _ZEROS)

    def _send(self, drawn: Any) -> None:
        self.last = drawn
        self.made += 1
        self.check(drawn)


def seeds(seed: int, count: int) -> list[bytes]:
    """Bytes to begin with, short and long."""
    drawing = random.Random(seed)
    return [drawing.randbytes(drawing.choice([16, 64, LONGEST])) for _ in range(count)]


def told(trial: Trial, error: BaseException) -> str:
    """The input, then what went wrong with it."""
    lines = traceback.format_exception(error, limit=-12)
    return f"{trial.target.name} fails for\n{trial.last!r}\n\n{''.join(lines)}"
