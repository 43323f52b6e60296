"""Bugs in how a team and its group are called."""

from __future__ import annotations

from shared.sync import renaming
from simulation import renames, universe
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import LONG, Swap, always


def _renaming() -> list[Swap]:
    """Seeds in which somebody renames something, and a bot of ours moderates every team."""
    drawn = always({**LONG, "acts": 4})
    return [*drawn(), (renames, "SHARE", 1.0), (universe, "BOTS", 1.0)]


def _reads_no_name() -> list[Swap]:
    """A team's name is read only with everything else."""
    return [(renaming, "daily_at", lambda _: None)]


MUTANTS = (
    Mutant("names unread", "a renamed team is not looked for", 1, _reads_no_name, amid=_renaming),
)
