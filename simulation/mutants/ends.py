"""Bugs in what happens when something ends or comes back, and in the mark of a description."""

from __future__ import annotations

from dataclasses import replace

from shared.core import marks as rules
from shared.core import times
from shared.sync import observe
from shared.sync.record import Book
from simulation import ends, marks
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import LONG, Swap, always

_LIFE = always({**LONG, "length": 400.0, "acts": 8})


def _blind() -> list[Swap]:
    """Seeds in which Webex finds no space for a moment."""
    return [*_LIFE(), (ends, "BLIND", 1.0)]


def _deleted() -> list[Swap]:
    """Seeds in which groups are deleted and brought back from the page."""
    return [
        *_LIFE(),
        (ends, "SHARE", 1.0),
        (ends, "KINDS", ("group deleted",)),
        (ends, "HOWS", ("page",)),
        (ends, "BACK", (45.0, 600.0)),
    ]


def _described() -> list[Swap]:
    """Seeds in which people write in descriptions, and settings about the mark are changed."""
    return [*_LIFE(), (marks, "SHARE", 1.0)]


def _gone_at_once() -> list[Swap]:
    return [(times, "ENDED_APART", 0)]


def _overwrites_words() -> list[Swap]:
    return [(rules, "placed", lambda _description, wanted: wanted)]


def _forgets_that_it_was_gone() -> list[Swap]:
    own = observe._begin_memory

    def begin(state: Book) -> None:
        state.save_team(replace(state.team, group_missed_at=0))
        own(state)

    return [(observe, "_begin_memory", begin)]


def _puts_back() -> list[Swap]:
    """What a person has taken out is written again."""
    own = rules.judge

    def judge(known: rules.Mark, description: str, wanted: str, now: int) -> rules.Verdict:
        return own(replace(known, text="", gone=False), description, wanted, now)

    return [(rules, "judge", judge)]


MUTANTS = (
    Mutant("gone at once", "a team is looked for for an hour", 2, _gone_at_once, amid=_blind),
    Mutant("words overwritten", "a person's own words stay", 3, _overwrites_words, amid=_described),
    Mutant("mark put back", "what is taken out stays out", 4, _puts_back, amid=_described),
    Mutant(
        "restored unseen",
        "what changed while the group was gone waits to be seen",
        2,
        _forgets_that_it_was_gone,
        amid=_deleted,
    ),
)
