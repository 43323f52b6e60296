"""The result of one prerequisite: what was found, and when. The rules stand in `core.prereqs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Four states, not two: a green tick is earned."""

    MET = "met"
    NOT_MET = "not_met"
    ATTENTION = "attention"
    MANUAL = "manual"


@dataclass(frozen=True)
class Result:
    """One check as it came out at `at` (milliseconds).

    code: which sentence tells it (core.prereqs); facts: what the sentence is filled with, text and
    numbers. by: who confirmed it, where no API can tell.
    """

    id: str
    state: State
    code: str
    at: int
    facts: Mapping[str, str | int] = field(default_factory=dict)
    by: str = ""
