"""How a bug is planted, hunted, and how often it is caught.

A seed counts as caught only where the same seed is clean without the bug; where it is not, the
simulation is what is broken, and says so.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from azure.core.exceptions import AzureError
from requests import RequestException

from shared import wiring
from shared.core.errors import Failure
from simulation.mutants.seeds import Swap
from simulation.run import Outcome, play

ROOT = Path(__file__).resolve().parents[2]
# So many times the expected number of seeds may be needed.
PATIENCE = 10
# Catches after which a rate is known well enough.
ENOUGH = 12
# What only a bug that is planted wrongly raises.
_SLIPS = re.compile(r"\b(?:TypeError|AttributeError|NameError|UnboundLocalError)\b")
_FAILED = ("log unexpected failure", "message failed", "log watch failed", "log chore failed")


class Untrustworthy(Exception):
    """A seed fails without the bug as well, or the bug is not the one that was meant."""


@dataclass(frozen=True)
class Mutant:
    """One bug. what: the rule that is undone. swaps: made when it is planted. http: it shows only
    through the HTTP adapters; sweep: only where the weekly look is waited for.

    expected: about how many seeds it takes to be caught, as measured; PATIENCE times as many are
    allowed. amid: the kind of seeds in which it is hunted (`seeds`). lax: which guard, of the
    providers or of ours, is taken away there, as it would hide the bug; without the guard nothing
    is promised, and a seed that fails without the bug too does not count.
    """

    name: str
    what: str
    expected: int
    swaps: Callable[[], list[Swap]]
    http: bool = False
    sweep: bool = False
    amid: Callable[[], list[Swap]] = list
    lax: Callable[[], list[Swap]] = list

    @property
    def allowed(self) -> int:
        return PATIENCE * self.expected


@dataclass(frozen=True)
class Catch:
    """Which seed noticed it, and by which promise."""

    seed: int
    how: str


@dataclass(frozen=True)
class Rate:
    """How often a bug is caught. first: the first catch. seconds: of the processor, in all.
    trouble: why that cannot be said.
    """

    name: str
    tried: int
    caught: int
    first: Catch | None
    stored: int
    seconds: float
    trouble: str = ""

    @property
    def expected(self) -> int:
        """Seeds for one catch; 0 where there was none."""
        return ceil(self.tried / self.caught) if self.caught else 0

    @property
    def is_as_stored(self) -> bool:
        """Whether what is stored is what was measured, as far as so few catches can tell: within
        a factor of two, where there is chance in it at all."""
        apart = abs(self.expected - self.stored)
        return (
            bool(self.caught)
            and not self.trouble
            and (
                apart <= 2 or max(self.expected, self.stored) <= 2 * min(self.expected, self.stored)
            )
        )


@contextmanager
def planted(swaps: list[Swap]) -> Iterator[None]:
    before = [(where, name, getattr(where, name)) for where, name, _ in swaps]
    try:
        for where, name, other in swaps:
            setattr(where, name, other)
        yield
    finally:
        for where, name, own in reversed(before):
            setattr(where, name, own)


def hunt(mutant: Mutant) -> Catch | None:
    """The first seed that catches it; None where none of those allowed does."""
    return next(_catches(mutant, mutant.allowed), None)


def measure(mutant: Mutant, seeds: int) -> Rate:
    """Over so many seeds, or until it was caught often ENOUGH."""
    began = time.process_time()
    catches: list[Catch] = []
    trouble = ""
    try:
        for catch in _catches(mutant, seeds):
            catches.append(catch)
            if len(catches) == ENOUGH:
                break
    except Untrustworthy as error:
        trouble = str(error)
    tried = catches[-1].seed + 1 if len(catches) == ENOUGH else seeds
    first = catches[0] if catches else None
    spent = time.process_time() - began
    return Rate(mutant.name, tried, len(catches), first, mutant.expected, spent, trouble)


def _catches(mutant: Mutant, seeds: int) -> Iterator[Catch]:
    for seed in range(seeds):
        how = caught_by(mutant, seed)
        if how:
            yield Catch(seed, how)


def caught_by(mutant: Mutant, seed: int) -> str:
    """The promise that the seed sees broken, "" for none. Raises Untrustworthy."""
    how = _with_the_bug(mutant, seed)
    if not how:
        return ""
    with planted([*mutant.amid(), *mutant.lax()]):
        plain = _play(mutant, seed)
    if not plain.violations:
        return how
    if mutant.lax is not list:
        return ""
    raise Untrustworthy(f"seed {seed} fails without {mutant.name!r} too: {plain.violations[0]}")


def _with_the_bug(mutant: Mutant, seed: int) -> str:
    with planted([*mutant.amid(), *mutant.lax(), *mutant.swaps()]):
        try:
            outcome = _play(mutant, seed)
        except Exception as error:
            wiring.install(None)
            if not _is_products(error):
                raise Untrustworthy(f"{mutant.name!r}, seed {seed}: {error!r}") from error
            return f"the product raised {type(error).__name__}: {error}"
    if not outcome.violations:
        return ""
    slips = [line for line in outcome.lines if _SLIPS.search(line) and _says_failed(line)]
    if slips:
        raise Untrustworthy(f"{mutant.name!r} is planted wrongly, seed {seed}: {slips[0]}")
    return str(outcome.violations[0])


def _play(mutant: Mutant, seed: int) -> Outcome:
    return play(seed, over_ports=not mutant.http, sweep=mutant.sweep, keep=True)


def _says_failed(line: str) -> bool:
    return any(text in line for text in _FAILED)


def _is_products(error: Exception) -> bool:
    """Whether the product raised it, or let through what an edge did; not the simulation's own
    code, nor the bug's."""
    if isinstance(error, (AzureError, RequestException, Failure)):
        return True
    frames = [Path(f.filename) for f in traceback.extract_tb(error.__traceback__)]
    ours = [f.relative_to(ROOT).parts[0] for f in frames if f.is_relative_to(ROOT)]
    ours = [part for part in ours if not part.startswith(".")]
    return bool(ours) and ours[-1] in ("shared", "functions")
