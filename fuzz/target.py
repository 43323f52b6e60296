"""One place at the edge: what is sent there, and what must hold whatever it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

# Raises, an AssertionError or whatever else, where a promise is broken for this input.
Check = Callable[[Any], None]
Opened = Callable[[], AbstractContextManager[Check]]


@dataclass(frozen=True)
class Target:
    """opened: what the inputs are sent to, for as long as the context lasts.

    share: how many of the inputs of a whole run are this target's; steady: how many are made in
    every run of the tests.
    """

    name: str
    inputs: SearchStrategy[Any]
    opened: Opened
    share: float
    steady: int


def pure(
    name: str, inputs: SearchStrategy[Any], check: Check, share: float = 1.0, steady: int = 120
) -> Target:
    """Something that needs nothing around it."""
    return Target(name, inputs, lambda: nullcontext(check), share, steady)
