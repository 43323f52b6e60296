"""How often, and among whom, a team is looked for that Webex does not find."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from shared.core import times

T = TypeVar("T")

# So many people of the team are asked where they are, each time others.
ASKED = 3


def pause_after(missed_for: int) -> int:
    """Milliseconds to the next look, `missed_for` after the first that did not find the team: as
    long again, and no longer than a bad moment of Webex's is to hold somebody up."""
    least, most = times.ENDED_PAUSES
    return min(max(missed_for, least), most)


def asked(known: Sequence[T], looks: int) -> list[T]:
    """Those of the team who are asked after so many looks that did not find it. They may have left
    it, so nobody is asked again before everybody was."""
    if not known:
        return []
    start = looks * ASKED % len(known)
    return list(islice([*known[start:], *known[:start]], ASKED))
