"""Ledgers for the examples, and reads that they learn from."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core import times
from shared.core.ids import ObjectId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    Ledger,
    Missing,
    Pair,
    Sight,
    answered,
    learn,
    sending,
)
from tests.core.strategies import object_id, person

NOW = 1_700_000_000_000
ALICE = Pair(person(1), object_id(1))
BOB = Pair(person(2), object_id(2))
NOBODY: frozenset[ObjectId] = frozenset()
TEAM = (ALICE, BOB)
APART = times.MISSING_APART
BEHIND = times.REPLICAS_APART
AGE = times.CONTRADICTION_AGE


def written(
    *pairs: Pair, side: str = MEMBERS, op: str = ADD, now: int = NOW, before: Ledger | None = None
) -> Ledger:
    return answered(sending(before or Ledger(), pairs, side, now, op), pairs, side, now, op)


def as_read(now: int, *members: Pair, team: Iterable[Pair] = TEAM, **facts: object) -> Sight:
    fields = {
        "mapped": {p.person: p.object for p in team},
        "members": objects_of(*members),
        **facts,
    }
    return Sight(now, **fields)  # type: ignore[arg-type]


def read_by(ledger: Ledger, now: int, *members: Pair, team: Iterable[Pair] = TEAM) -> Ledger:
    return learn(ledger, as_read(now, *members, team=team))


def objects_of(*pairs: Pair) -> frozenset[ObjectId]:
    return frozenset(p.object for p in pairs)


def known(*pairs: Pair) -> Ledger:
    """Both sides have long known them."""
    return Ledger({p.person: p.object for p in pairs})


def since_missed(ledger: Ledger, pair: Pair, side: str) -> int | None:
    return ledger.missing.get(Missing(pair.person, pair.object, side))
