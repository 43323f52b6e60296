"""Bugs in hearing of what happened: deliveries, events, changes in Microsoft 365, waking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.team_created import blueprint
from functions.team_created import handler as webhook_handler
from functions.watch import handler as watch_handler
from shared.core import look as core_look
from shared.core import times
from shared.sync import delta, events, switch
from shared.sync import look as sync_look
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import BEHIND, QUIET, Swap, always


def _acknowledges_first() -> list[Swap]:
    own = webhook_handler.receive

    def receive(*args: Any) -> Any:
        return replace(own(*args), nudge=None)

    return [(webhook_handler, "receive", receive), (blueprint, "receive", receive)]


def _takes_any_signature() -> list[Swap]:
    return [
        (webhook_handler, "is_signed", lambda _headers: True),
        (webhook_handler, "verified_by", lambda *_: "nothing"),
    ]


def _takes_others_deliveries() -> list[Swap]:
    """One secret for all organizations."""
    from shared.core.keyring import webhook_secret as own

    def secret(keyring: Any, version: str, _org: str) -> str:
        return own(keyring, version, "0" * 8)

    return [(webhook_handler, "webhook_secret", secret)]


def _forgets_wishes(module: Any) -> list[Swap]:
    """What was read counts as read although no row could be written for it."""
    from shared.sync.lease import want as own

    def want(*args: Any, **rest: Any) -> None:
        try:
            own(*args, **rest)
        except Exception:
            return

    return [(module, "want", want)]


def _hears_nothing_of_groups() -> list[Swap]:
    return [(watch_handler, "read_changes", lambda *_: False)]


def _wakes_nobody() -> list[Swap]:
    return [(switch, "wake", lambda *_: None), (delta, "wake", lambda *_: None)]


def _looks_once_at_what_was_told() -> list[Swap]:
    """Replicas may be behind what was told."""
    return [(m, "look_for", lambda *_: None) for m in (core_look, sync_look)]


MUTANTS = (
    Mutant("early ack", "202 without a nudge", 3, _acknowledges_first),
    Mutant("any signature", "an unsigned delivery is taken", 4, _takes_any_signature),
    Mutant("one secret", "another organization's secret signs", 2, _takes_others_deliveries),
    Mutant(
        "cursor first",
        "events are read past rows not written",
        20,
        lambda: _forgets_wishes(events),
        amid=always(mix={"refused": 0.15}),
    ),
    Mutant(
        "delta first",
        "changes are read past rows not written",
        16,
        lambda: _forgets_wishes(delta),
        amid=always(QUIET, {"refused": 0.2}),
    ),
    Mutant("deaf to groups", "no delta is read", 1, _hears_nothing_of_groups),
    Mutant("no overlap", "late events are missed", 5, lambda: [(times, "EVENTS_OVERLAP", 0)]),
    Mutant(
        "asleep",
        "the switch wakes nobody",
        12,
        _wakes_nobody,
        amid=always({"switches_press": True}),
    ),
    Mutant(
        "told once",
        "one look at what Microsoft told",
        10,
        _looks_once_at_what_was_told,
        amid=always({**QUIET, "acts": 1}, graph={**BEHIND, "delta_delay_seconds": 0.0}),
    ),
)
