"""Sides for the examples of the merge. People are numbers: person 1 is principal 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
    Missing,
    Pair,
    Sight,
    answered,
    learn,
    sending,
)
from shared.core.merge import Merge, Sides
from shared.core.model import Direction
from tests.core.strategies import object_id, person

NOW = 1_700_000_000_000
LONG_AGO = NOW - times.DAY
BEFORE = NOW - times.MISSING_APART
BOTH, GROUP, TEAM = Direction.BOTH, Direction.GROUP, Direction.TEAM
EVERY = (BOTH, GROUP, TEAM)
JOINED = (MEMBERS, ADD)
LEFT = (MEMBERS, REMOVE)
ENLISTED = (WEBEX, ADD)
DISMISSED = (WEBEX, REMOVE)


def people(*numbers: int) -> dict[PersonId, ObjectId]:
    return {person(n): object_id(n) for n in numbers}


def objects(*numbers: int) -> frozenset[ObjectId]:
    return frozenset(object_id(n) for n in numbers)


def change(n: int, side: str, op: str) -> Change:
    return Change(person(n), object_id(n), side, op)


def known(*numbers: int, owners: Iterable[int] = (), led: Iterable[int] = ()) -> Ledger:
    """Both sides have long known them."""
    return Ledger(people(*numbers), objects(*owners), led=objects(*led))


def missed(ledger: Ledger, side: str, *numbers: int, since: int = BEFORE) -> Ledger:
    entries = {Missing(person(n), object_id(n), side): since for n in numbers}
    return replace(ledger, missing={**ledger.missing, **entries})


def sides(
    ledger: Ledger,
    team: Iterable[int],
    group: Iterable[int],
    direction: Direction = BOTH,
    *,
    owners: Iterable[int] | None = (9,),
    moderators: Iterable[int] = (),
    joined: int = LONG_AGO,
    settled_at: int = LONG_AGO,
    now: int = NOW,
    **facts: Any,
) -> Sides:
    """A settled team; somebody who is not in question owns the group and moderates the team."""
    team, moderators = list(team), list(moderators)
    seen = {k: facts.pop(k) for k in ("unresolved", "claimed") if k in facts}
    sight = Sight(
        now,
        people(*team),
        objects(*group),
        moderators=objects(*moderators),
        owners=None if owners is None else objects(*owners),
        **seen,
    )
    return Sides(
        learn(ledger, sight),
        sight,
        direction,
        settled_at=settled_at,
        joined=dict.fromkeys(people(*team), joined),
        moderating=frozenset(person(n) for n in (*moderators, 9)),
        strangers={o: p for p, o in people(*range(1, 10)).items()},
        **facts,
    )


def said(result: Merge) -> dict[int, str]:
    """What is listed, by the number; people of the group alone too."""
    numbers = {str(each(n)): n for n in range(1, 120) for each in (person, object_id)}
    codes = [*result.listed.items(), *result.others.items()]
    return {numbers[k]: code for k, code in codes}


def landed(before: Sides, *changes: Change) -> Sides:
    """After the writes, with both sides as they are then."""
    ledger, sight = before.ledger, before.sight
    mapped, members = dict(sight.mapped), set(sight.members)
    owners = set(sight.owners or ())
    for each in changes:
        ledger = sending(ledger, [each.pair], each.side, NOW, each.op)
        ledger = answered(ledger, [each.pair], each.side, NOW, each.op)
        there = owners if each.side == OWNERS else members
        if each.side == WEBEX and each.op == ADD:
            mapped[each.person] = each.object
        elif each.side == WEBEX:
            del mapped[each.person]
        elif each.op == ADD:
            there.add(each.object)
        else:
            there.discard(each.object)
    later = replace(sight, at=NOW + times.HOUR, mapped=mapped, members=members, owners=owners)
    return replace(before, ledger=learn(ledger, later), sight=later)


def wrote(ledger: Ledger, n: int, side: str, op: str, *, heard: bool = True) -> Ledger:
    pair = Pair(person(n), object_id(n))
    sent = sending(ledger, [pair], side, NOW - 60_000, op)
    return answered(sent, [pair], side, NOW - 60_000, op) if heard else sent
