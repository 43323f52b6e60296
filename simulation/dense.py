"""Seeds in which much of everything happens: what is drawn seldom is drawn often.

Bugs that two kinds of things need at once are found here many times sooner. So is what the document
on reliability says is not covered: a violation in such a seed is a place to look.
"""

from __future__ import annotations

from simulation import connecting, ends, marks, renames, spaces, upsets
from simulation.mutants.seeds import Swap


def dense() -> list[Swap]:
    """What stands in place of the ordinary shares."""
    shares = ((connecting, 0.6), (ends, 0.5), (marks, 0.6), (renames, 0.8), (spaces, 0.7))
    return [*((where, "SHARE", share) for where, share in shares), (upsets, "SHARE", 0.25)]
