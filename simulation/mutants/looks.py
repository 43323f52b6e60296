"""Bugs in who looks when: the look row, its index, leases, retries, the switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.core import ledger as core_ledger
from shared.core import look as core_look
from shared.core import times
from shared.storage.tables import Partition
from shared.sync import worker
from shared.sync.lease import Held
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import LONG, Swap, always

_FREEZING = always(LONG, {"frozen": 0.01, "delay": 0.4})


def _constant(name: str, value: int) -> Callable[[], list[Swap]]:
    return lambda: [(times, name, value)]


def _swallows_errors() -> list[Swap]:
    def unexpected(held: Any, _error: Exception) -> None:
        held.finish(None)

    return [(worker, "_unexpected", unexpected)]


def _writes_while_off() -> list[Swap]:
    return [(Held, "before_write", lambda self, *_: Held.keep(self))]


def _ignores_etags() -> list[Swap]:
    own = Partition._operation

    def operation(self: Any, step: Any) -> Any:
        whole = "upsert" if step.op == "replace" else step.op
        return own(self, replace(step, op=whole, etag=""))

    return [(Partition, "_operation", operation)]


def _looks_once() -> list[Swap]:
    """What came of our own writes is not read again."""
    return [(core_ledger, "read_again", lambda *_: None)]


def _leaves_the_index() -> list[Swap]:
    """Whoever is looked at is due no more until the look is over."""
    begin, renew = core_look.begin, core_look.renew

    def begun(*args: Any) -> Any:
        row = begin(*args)
        return row and replace(row, at=None)

    def renewed(*args: Any) -> Any:
        return replace(renew(*args), at=None)

    return [(core_look, "begin", begun), (core_look, "renew", renewed)]


def _ends_with_a_failure() -> list[Swap]:
    """A failed look leaves the index, as one that has nothing left to do."""
    own = core_look.fail

    def fail(*args: Any) -> Any:
        row, dead = own(*args)
        return replace(row, at=None, ready=None), dead

    return [(core_look, "fail", fail)]


def _hears_no_wish() -> list[Swap]:
    """Who wishes for a look while somebody looks is not heard."""
    own = core_look.want

    def want(look: Any, now: int, when: int | None = None, **rest: Any) -> Any:
        return look if core_look.leased(look, now) else own(look, now, when, **rest)

    return [(core_look, "want", want)]


def _keeps_no_lease() -> list[Swap]:
    return [(Held, "keep", lambda _: None)]


def _shares_the_lease() -> list[Swap]:
    """Somebody else's lease does not keep anybody away."""
    return [(core_look, "leased", lambda *_: False)]


MUTANTS = (
    Mutant("swallowed", "an unexpected failure ends the matter", 16, _swallows_errors),
    Mutant("failure forgotten", "a failed look is due no more", 15, _ends_with_a_failure),
    Mutant("no retry", "failures come back next week", 15, _constant("RETRY_BASE", 7 * times.DAY)),
    Mutant("out of the index", "a team is not due while looked at", 100, _leaves_the_index),
    Mutant("endless lease", "a dead worker keeps its team", 6, _constant("LEASE", 10 * times.DAY)),
    Mutant("nudged once", "a lost nudge is lost", 23, _constant("NUDGE_PAUSE", 10 * times.DAY)),
    Mutant(
        "wish unheard",
        "a wish under a lease is dropped",
        90,
        _hears_no_wish,
        amid=always(mix={"delay": 1.0}),
    ),
    Mutant(
        "no second look",
        "what came of a write is not read",
        6,
        _looks_once,
        amid=always(LONG, {"unheard": 0.4}),
    ),
    Mutant(
        "no renewal",
        "a lease ends under its worker",
        5,
        _keeps_no_lease,
        amid=_FREEZING,
    ),
    Mutant(
        "shared lease",
        "two look at one team at once",
        80,
        _shares_the_lease,
        amid=_FREEZING,
    ),
    Mutant(
        "no etags",
        "whoever writes last is right",
        80,
        _ignores_etags,
        amid=_FREEZING,
    ),
    Mutant("off ignored", "writes are not preceded by a look at the switch", 3, _writes_while_off),
)
