"""Bugs in who belongs where: the merge, the memory it rests on, the brake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.webex.actions import Actions
from shared.core import brake as core_brake
from shared.core import ledger as core_ledger
from shared.core import merge as core_merge
from shared.core import plan as core_plan
from shared.core import times
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, Change, Ledger
from shared.core.model import Direction
from shared.microsoft.protocol import Answer, Kind
from shared.sync import look, observe, removals
from simulation.graph_at_port import GroupsAtPort
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import ARRIVING, BEHIND, CROWD, LONG, Swap, always


def _constant(name: str, value: int) -> Callable[[], list[Swap]]:
    return lambda: [(times, name, value)]


def _has_no_brake() -> list[Swap]:
    def brake(changes: Any, *_: Any, **__: Any) -> Any:
        return core_brake.Braked(tuple(changes))

    return [(core_plan, "brake", brake)]


def _forgets_refusals() -> list[Swap]:
    """What an administrator refused is asked again."""
    return [(core_merge, "_leave_what_was_refused", lambda *_: None)]


def _leads_both_ways() -> list[Swap]:
    return [(observe, "direction_of", lambda *_: Direction.BOTH)]


def _sends_first() -> list[Swap]:
    """Nothing is pending before an answer is there."""

    def sending(ledger: Any, *_: Any, **__: Any) -> Any:
        return ledger

    return [(core_ledger, "sending", sending)]


def _believes_reads() -> list[Swap]:
    """A read that is behind overrides our own writes."""
    own = core_ledger.answered

    def answered(ledger: Any, pairs: Any, side: str, now: int, op: str = ADD) -> Any:
        pairs = list(pairs)
        after = own(ledger, pairs, side, now, op)
        ours = {(p.object, side, op) for p in pairs}
        return replace(after, pending={k: p for k, p in after.pending.items() if k not in ours})

    return [(core_ledger, "answered", answered)]


def _doubts_nothing() -> list[Swap]:
    """What came of a write of which nothing was heard is taken for somebody's wish."""
    return [(Ledger, "unheard", lambda *_: frozenset())]


def _lets_members_go_along() -> list[Swap]:
    """Who stops owning a group with a team in Microsoft Teams is not put back."""
    own = core_ledger.sending

    def sending(ledger: Any, pairs: Any, side: str, now: int, op: str = ADD) -> Any:
        pairs = list(pairs)
        after = own(ledger, pairs, side, now, op)
        if (side, op) != (OWNERS, REMOVE):
            return after
        along = {(p.object, MEMBERS, ADD) for p in pairs} - ledger.pending.keys()
        return replace(after, pending={k: p for k, p in after.pending.items() if k not in along})

    return [(core_ledger, "sending", sending)]


def _removes_at_first_sight() -> list[Swap]:
    return [(m, "is_confirmed", lambda *_: True) for m in (core_merge, core_ledger)]


def _never_settles() -> list[Swap]:
    return [(core_merge.Sides, "settled", property(lambda _: True))]


def _keeps_no_owner() -> list[Swap]:
    """As the merge does it, but the last owner goes too."""

    def tend_owners(sides: Any, result: Any, owners: Any) -> None:
        leaving = [c.pair for c in result.changes if c.side == MEMBERS and c.op == REMOVE]
        once = owners | sides.ledger.owners | sides.ledger.unheard(OWNERS)
        out = {p.object: p.person for p in leaving if p.object in once}
        add: list[Change] = []
        if core_merge.owners_follow(sides):
            add = core_merge._more_owners(sides, result, owners)
            out |= core_merge._fewer_owners(sides, result, owners)
        gone = [Change(p, o, OWNERS, REMOVE) for o, p in sorted(out.items())]
        others = [c for c in result.changes if c.op == ADD]
        result.changes = [*gone, *add, *others, *(c for c in result.changes if c.op == REMOVE)]

    return [(core_merge, "_tend_owners", tend_owners)]


def _keeps_no_moderator() -> list[Swap]:
    return [(core_merge, "_keep_a_moderator", lambda *_: None)]


def _takes_members_who_own() -> list[Swap]:
    """Whoever leaves the group goes on owning it."""
    own = removals.remove

    def remove(state: Any, members: Any, owners: Any, accounts: Any, outcome: Any) -> None:
        leaving = {p.person for p in members}
        own(state, members, [p for p in owners if p.person not in leaving], accounts, outcome)

    return [(look, "remove", remove)]


def _takes_who_was_kept() -> list[Swap]:
    """Whose ownership was not taken is taken out of the members all the same."""
    own = removals._remove_wave

    def remove_wave(*args: Any) -> Any:
        own(*args)
        return set()

    return [(removals, "_remove_wave", remove_wave)]


def _owners_let_go() -> list[Swap]:
    """Microsoft lets the last owner go."""

    def take_out(self: Any, group: Any, side: str, who: str) -> Answer:
        if who not in group.rosters[side]:
            return Answer(Kind.ABSENT, 404)
        group.drop(side, who)
        return Answer(Kind.OK, 204)

    return [(GroupsAtPort, "_take_out", take_out)]


def _moderators_let_go() -> list[Swap]:
    """Webex lets the last moderator go."""
    return [(Actions, "_is_last_moderator", lambda *_: False)]


_UNHEARD = always(LONG, {"unheard": 0.4})
_BEHIND = always(LONG, graph=BEHIND)
# Two reads as far apart as an absence takes may both be from before a write.
_FAR_BEHIND = always(LONG, graph={**BEHIND, "read_lag_seconds": 280.0})

MUTANTS = (
    Mutant("no brake", "whatever is planned is done", 7, _has_no_brake, amid=always(CROWD)),
    Mutant(
        "refusals forgotten", "what was refused is done", 20, _forgets_refusals, amid=always(CROWD)
    ),
    Mutant("both lead", "the direction is not heeded", 30, _leads_both_ways),
    Mutant("nothing pending", "writes are not noted before", 5, _sends_first, amid=_UNHEARD),
    Mutant("reads believed", "a stale read overrides a write", 20, _believes_reads, amid=_BEHIND),
    Mutant("no doubt", "an unheard write is a person's", 30, _doubts_nothing, amid=_UNHEARD),
    Mutant(
        "gone along",
        "the membership goes with the ownership",
        7,
        _lets_members_go_along,
        amid=always(LONG, {"unheard": 0.2}, {"owner_removal_takes_member": True}),
    ),
    Mutant(
        "replicas alike",
        "no replica is behind another",
        20,
        _constant("REPLICAS_APART", 0),
        amid=_FAR_BEHIND,
    ),
    Mutant(
        "young is old",
        "a contradiction counts at once",
        8,
        _constant("CONTRADICTION_AGE", 0),
        amid=always(LONG, {"unheard": 0.3}, BEHIND),
    ),
    Mutant("one read", "an absence takes one read", 3, _removes_at_first_sight),
    Mutant(
        "nobody there",
        "a read that shows nobody is believed",
        3,
        _constant("EMPTY_AFTER", 0),
        amid=always(LONG, upsets={"blind": 0.4}),
    ),
    Mutant("reads at once", "two reads may be one", 4, _constant("MISSING_APART", 0)),
    Mutant(
        "never settling",
        "people go while the team arrives",
        7,
        _never_settles,
        amid=always(ARRIVING),
    ),
    Mutant(
        "no owner kept",
        "the last owner goes",
        7,
        _keeps_no_owner,
        amid=always(CROWD),
        lax=_owners_let_go,
    ),
    Mutant(
        "no moderator kept",
        "the last moderator goes",
        34,
        _keeps_no_moderator,
        amid=always(LONG),
        lax=_moderators_let_go,
    ),
    Mutant(
        "owners stay",
        "who leaves the group goes on owning it",
        4,
        _takes_members_who_own,
        amid=always({"grown": True}),
    ),
    Mutant(
        "half gone",
        "who was kept as an owner goes as a member",
        60,
        _takes_who_was_kept,
        amid=always(LONG, {"throttled": 0.15}),
    ),
)
