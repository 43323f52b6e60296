from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Ledger,
    Pair,
    Sight,
    answered,
    sending,
)
from shared.core.merge import Sides
from shared.core.model import Direction
from shared.core.people import People
from shared.core.plan import Observed, Plan, plan
from tests.core.strategies import object_id, person

NOBODY: frozenset[ObjectId] = frozenset()


def _team(
    people: int,
    *,
    moderators: int = 0,
    creator: int | None = 1,
    settled: bool = True,
    listed: dict[PersonId, str] | None = None,
) -> Observed:
    """People 1..n are mapped; the first of them moderate. No group yet."""
    mapped = {person(n): object_id(n) for n in range(1, people + 1)}
    return Observed(
        people=People(mapped, tuple(mapped)[:moderators], listed or {}),
        creator=None if creator is None else person(creator),
        settled=settled,
    )


def _pairs(*numbers: int) -> list[Pair]:
    return [Pair(person(n), object_id(n)) for n in numbers]


def _objects(*numbers: int) -> frozenset[ObjectId]:
    return frozenset(object_id(n) for n in numbers)


def _everybody(todo: Plan) -> list[Pair]:
    created = [*todo.create.owners, *todo.create.members] if todo.create else []
    return [*created, *todo.owners, *todo.members]


@pytest.mark.parametrize(
    ("creator", "moderators", "settled", "first", "more", "stand_in"),
    [
        (1, 0, False, [1], [], None),
        (3, 2, False, [3, 1, 2], [], None),
        (99, 2, False, [1, 2], [], None),
        (None, 2, False, [1, 2], [], None),
        (1, 5, True, [1, 2, 3, 4, 5], [], None),
        (1, 8, True, [1, 2, 3, 4, 5], [6, 7, 8], None),
        (9, 8, True, [9, 1, 2, 3, 4], [5, 6, 7, 8], None),
        (99, 0, True, [1], [], 1),
        (None, 0, True, [1], [], 1),
        (1, 0, True, [1], [], None),
    ],
    ids=str,
)
def test_who_owns_a_new_group(
    creator: int | None,
    moderators: int,
    settled: bool,
    first: list[int],
    more: list[int],
    stand_in: int | None,
) -> None:
    todo = plan(_team(12, creator=creator, moderators=moderators, settled=settled))

    assert todo.create
    assert list(todo.create.owners) == _pairs(*first)
    assert list(todo.owners) == _pairs(*more)
    assert todo.stand_in == (None if stand_in is None else person(stand_in))


def test_a_stand_in_waits_for_the_end_of_settling() -> None:
    todo = plan(_team(12, creator=99, settled=False))

    assert todo == Plan(waiting=True)


@pytest.mark.parametrize(("settled", "blocked"), [(False, ""), (True, "nobody_mapped")])
def test_without_anybody_there_is_no_group(settled: bool, blocked: str) -> None:
    todo = plan(_team(0, settled=settled, listed={person(1): "no_object_id"}))

    assert todo.create is None
    assert todo.blocked == blocked
    assert todo.waiting is not settled
    assert todo.listed == {person(1): "no_object_id"}
    assert todo.writes == 0


def test_a_creator_who_may_not_create_groups_gets_none() -> None:
    todo = plan(replace(_team(5), may_create="creator_may_not_create"))

    assert (todo.create, todo.blocked, todo.writes) == (None, "creator_may_not_create", 0)


def test_at_most_a_hundred_own_a_group_and_the_rest_are_listed() -> None:
    todo = plan(_team(130, moderators=120))
    assert todo.create

    assert len(todo.create.owners) + len(todo.owners) == 100
    assert todo.listed == {person(n): "owner_limit" for n in range(101, 121)}
    assert {p.person for p in _everybody(todo)} == {person(n) for n in range(1, 131)}


@given(st.integers(1, 700), st.integers(1, 5))
def test_directory_writes_are_as_few_as_promised(people: int, owners: int) -> None:
    owners = min(owners, people)
    todo = plan(_team(people, moderators=owners))
    assert todo.create
    references = [*todo.create.owners, *todo.create.members]

    assert todo.writes <= 1 + math.ceil(max(0, people - (20 - owners)) / 20)
    assert len(references) <= 20
    assert set(todo.create.owners) <= set(todo.create.members)
    assert len(todo.create.owners) == owners


NOW = 1_700_000_000_000


@settings(max_examples=150, deadline=None)
@given(
    people=st.integers(0, 60),
    moderators=st.integers(0, 60),
    creator=st.none() | st.integers(1, 80),
    settled=st.booleans(),
    there=st.frozensets(st.integers(1, 80), max_size=30),
    baseline=st.frozensets(st.integers(1, 80), max_size=30),
    owning=st.frozensets(st.integers(1, 80), max_size=10),
    direction=st.sampled_from(list(Direction)),
)
def test_only_mapped_people_are_added_and_one_read_removes_nobody(
    people: int,
    moderators: int,
    creator: int | None,
    settled: bool,
    there: frozenset[int],
    baseline: frozenset[int],
    owning: frozenset[int],
    direction: Direction,
) -> None:
    observed = _grouped(
        people,
        sorted(there),
        moderators=moderators,
        known=sorted(baseline),
        owning=sorted(owning & there),
        direction=direction,
        settled=settled,
        creator=creator,
    )
    todo = plan(observed)
    mapped = observed.people.mapped

    added = todo.of(MEMBERS, ADD)
    assert all(mapped.get(p.person) == p.object for p in added)
    assert not {p.object for p in added} & _objects(*there)
    assert not {p.person for p in added} & {person(n) for n in baseline}
    assert len({*todo.changes}) == len(todo.changes)
    assert not [c for c in todo.changes if c.op == REMOVE]
    assert plan(observed) == todo


def _grouped(
    people: int,
    there: list[int],
    *,
    moderators: int = 0,
    known: list[int] | None = None,
    owning: list[int] | None = None,
    direction: Direction = Direction.BOTH,
    settled: bool = True,
    creator: int | None = 1,
    ledger: Ledger | None = None,
) -> Observed:
    """A group with `there` in it; all of them were seen on both sides, if `known` does not say
    otherwise, and the first of them owns it."""
    observed = _team(people, moderators=moderators, settled=settled, creator=creator)
    mapped = observed.people.mapped
    owners = _objects(*(there[:1] if owning is None else owning))
    memory = {person(n): object_id(n) for n in (there if known is None else known)}
    sight = Sight(
        at=NOW,
        mapped=mapped,
        members=_objects(*there),
        moderators={mapped[p] for p in observed.people.moderators},
        owners=owners,
    )
    sides = Sides(
        ledger=ledger or Ledger(memory, owners),
        sight=sight,
        direction=direction,
        settled_at=NOW - 1_000_000 if settled else 0,
        moderating=frozenset(observed.people.moderators),
        creator=observed.creator,
    )
    return replace(observed, sides=sides)


def test_a_look_with_nothing_to_do_plans_no_write() -> None:
    todo = plan(_grouped(3, [1, 2, 3]))

    assert todo == Plan()
    assert todo.writes == 0


def test_who_joined_is_added() -> None:
    assert plan(_grouped(4, [1, 2])).of(MEMBERS, ADD) == _pairs(3, 4)


def test_who_is_still_in_the_team_but_not_mapped_any_more_has_a_reason_of_their_own() -> None:
    listed = {person(3): "claimed_twice"}
    observed = _grouped(2, [1, 2], known=[1, 2])
    todo = plan(replace(observed, people=replace(observed.people, listed=listed)))

    assert todo.listed == listed
    assert todo.writes == 0


def test_an_answered_write_is_not_repeated_while_it_is_not_seen() -> None:
    memory = Ledger({person(n): object_id(n) for n in (1, 2)}, _objects(1))
    ledger = answered(sending(memory, _pairs(3), MEMBERS, NOW), _pairs(3), MEMBERS, NOW)

    assert plan(_grouped(3, [1, 2], ledger=ledger)).writes == 0


def test_an_unanswered_write_is_sent_again() -> None:
    memory = Ledger({person(n): object_id(n) for n in (1, 2)}, _objects(1))
    ledger = sending(memory, _pairs(3), MEMBERS, NOW)

    assert plan(_grouped(3, [1, 2], ledger=ledger)).of(MEMBERS, ADD) == _pairs(3)


def test_a_new_moderator_becomes_an_owner_once() -> None:
    first = _grouped(3, [1, 2, 3], moderators=2)
    memory = Ledger({person(n): object_id(n) for n in (1, 2, 3)}, _objects(1))
    written = answered(memory, _pairs(2), OWNERS, NOW)

    assert plan(first).of(OWNERS, ADD) == _pairs(2)
    assert plan(_grouped(3, [1, 2, 3], moderators=2, ledger=written)).of(OWNERS, ADD) == []


def test_owners_beyond_the_limit_are_listed_in_a_group_that_exists() -> None:
    everyone = list(range(1, 121))
    todo = plan(_grouped(120, everyone, moderators=120, owning=everyone[:95]))

    assert todo.of(OWNERS, ADD) == _pairs(96, 97, 98, 99, 100)
    assert todo.listed == {person(n): "owner_limit" for n in range(101, 121)}


def test_what_the_brake_holds_is_not_done_and_says_so() -> None:
    todo = plan(_grouped(2, list(range(1, 151)), known=[1, 2]))
    more = _grouped(150, [1, 2])
    held = plan(more)

    assert todo.writes == 0
    assert held.changes == ()
    assert {c.person for c in held.held} == {person(n) for n in range(3, 151)}
    assert held.why == ("add_many",)
    assert set(held.listed.values()) == {"waits_for_brake"}
    allowed = plan(replace(more, allowed=frozenset(held.held)))
    assert set(allowed.changes) == set(held.held)


def test_who_was_added_in_microsoft_goes_to_the_team() -> None:
    observed = _grouped(2, [1, 2, 3], known=[1, 2])
    assert observed.sides
    sides = replace(observed.sides, strangers={object_id(3): person(3)})

    assert plan(replace(observed, sides=sides)).of(WEBEX, ADD) == _pairs(3)
