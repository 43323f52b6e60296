"""Bugs in how a team and its group are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.core import names as core_names
from shared.sync import renaming
from simulation import renames, universe
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import BEHIND, LONG, Swap, Switches, always


def _renaming(graph: Switches | None = None) -> Callable[[], list[Swap]]:
    """Seeds in which somebody renames something, and a bot of ours moderates every team."""
    drawn = always({**LONG, "acts": 4}, graph=graph)
    return lambda: [*drawn(), (renames, "SHARE", 1.0), (universe, "BOTS", 1.0)]


def _reads_no_name() -> list[Swap]:
    """A team's name is read only with everything else."""
    return [(renaming, "daily_at", lambda _: None)]


def _believes_names() -> list[Swap]:
    """A read that is behind is somebody's rename."""
    own = core_names.judge

    def judge(known: Any, *rest: Any, **how: Any) -> Any:
        long_ago = [replace(side, moved=0) for side in (known.team, known.group)]
        return own(replace(known, team=long_ago[0], group=long_ago[1]), *rest, **how)

    return [(core_names, "judge", judge)]


MUTANTS = (
    Mutant("names unread", "a renamed team is not looked for", 3, _reads_no_name, amid=_renaming()),
    Mutant(
        "names believed",
        "a stale name is a rename",
        20,
        _believes_names,
        amid=_renaming(BEHIND),
    ),
)
