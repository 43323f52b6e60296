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
    numbers.
    """

    id: str
    state: State
    code: str
    at: int
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """The tenant that it is about, "" where it is about none."""
        return str(self.facts.get("asked", ""))


@dataclass(frozen=True)
class Confirmation:
    """What no API can tell, told by a person. by: name and e-mail address. at: milliseconds.
    asked: the tenant that it was about."""

    by: str
    at: int
    asked: str = ""

    def confirms(self, result: Result) -> bool:
        """It counts while no API can tell, and for the tenant that it was about."""
        return result.state is State.MANUAL and self.asked == result.asked
