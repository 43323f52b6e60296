"""Deliberate bugs, to test the tester: each undoes one rule of the product while it is planted.

One that survives the seeds it is allowed says that the simulation no longer sees what it should.
"""

from __future__ import annotations

from simulation.mutants import (
    connecting,
    ends,
    groups,
    hearing,
    looks,
    names,
    organizations,
    people,
    spaces,
)
from simulation.mutants.planting import Catch, Mutant, Rate, Untrustworthy, hunt, measure

__all__ = ["MUTANTS", "Catch", "Mutant", "Rate", "Untrustworthy", "hunt", "measure"]

MUTANTS = (
    *hearing.MUTANTS,
    *looks.MUTANTS,
    *people.MUTANTS,
    *groups.MUTANTS,
    *organizations.MUTANTS,
    *names.MUTANTS,
    *ends.MUTANTS,
    *spaces.MUTANTS,
    *connecting.MUTANTS,
)
