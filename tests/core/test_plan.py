from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, Ledger, Pair, answered, sending
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
        ledger=Ledger(),
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


@settings(max_examples=150, deadline=None)
@given(
    people=st.integers(0, 60),
    moderators=st.integers(0, 60),
    creator=st.none() | st.integers(1, 80),
    settled=st.booleans(),
    there=st.none() | st.frozensets(st.integers(1, 80), max_size=30),
    baseline=st.frozensets(st.integers(1, 80), max_size=30),
    owning=st.frozensets(st.integers(1, 80), max_size=10),
)
def test_only_mapped_people_are_added_each_once_and_never_against_microsoft(
    people: int,
    moderators: int,
    creator: int | None,
    settled: bool,
    there: frozenset[int] | None,
    baseline: frozenset[int],
    owning: frozenset[int],
) -> None:
    observed = _team(people, moderators=moderators, creator=creator, settled=settled)
    if there is not None:
        known = {person(n): object_id(n) for n in baseline}
        observed = replace(
            observed,
            members=_objects(*there),
            owners=_objects(*(owning & there)),
            ledger=Ledger(known, _objects(*owning)),
        )
    todo = plan(observed)
    mapped = observed.people.mapped

    assert all(mapped.get(p.person) == p.object for p in _everybody(todo))
    assert len({p.person for p in todo.members}) == len(todo.members)
    assert len({p.person for p in todo.owners}) == len(todo.owners)
    assert plan(observed) == todo
    if there is not None:
        removed = {person(n) for n in baseline - there}
        assert todo.create is None
        assert not removed & {p.person for p in _everybody(todo)}
        assert not _objects(*there) & {p.object for p in todo.members}
        assert not observed.ledger.owners & {p.object for p in todo.owners}


def _grouped(people: int, there: list[int], **facts: object) -> Observed:
    """Everybody in `there` was seen on both sides; the first of them owns the group."""
    observed = replace(
        _team(people),
        members=_objects(*there),
        owners=_objects(*there[:1]),
        ledger=Ledger({person(n): object_id(n) for n in there}, _objects(*there[:1])),
    )
    return replace(observed, **facts)  # type: ignore[arg-type]


def test_a_look_with_nothing_to_do_plans_no_write() -> None:
    todo = plan(_grouped(3, [1, 2, 3]))

    assert todo == Plan()
    assert todo.writes == 0


def test_who_joined_is_added() -> None:
    assert list(plan(_grouped(4, [1, 2])).members) == _pairs(3, 4)


def test_who_was_removed_in_microsoft_is_listed_and_not_added_again() -> None:
    todo = plan(_grouped(3, [1, 2, 3], members=_objects(1, 2)))

    assert todo.members == ()
    assert todo.listed == {person(3): "removed_in_microsoft"}


def test_who_left_webex_is_listed_and_not_removed() -> None:
    todo = plan(_grouped(2, [1, 2, 3]))

    assert todo.listed == {person(3): "left_webex"}
    assert todo.writes == 0


def test_who_is_still_in_the_team_but_not_mapped_any_more_has_not_left() -> None:
    listed = {person(3): "claimed_twice"}
    observed = _grouped(2, [1, 2, 3])
    todo = plan(replace(observed, people=replace(observed.people, listed=listed)))

    assert todo.listed == listed
    assert todo.writes == 0


def test_a_pair_that_maps_elsewhere_now_adds_neither_half() -> None:
    observed = _grouped(3, [1, 2])
    ledger = replace(
        observed.ledger, baseline={**observed.ledger.baseline, person(3): object_id(33)}
    )
    todo = plan(replace(observed, ledger=ledger))

    assert todo.members == ()
    assert todo.listed == {person(3): "identity_changed"}


def test_a_person_whose_identity_changed_becomes_no_owner() -> None:
    observed = _grouped(3, [1, 2])
    ledger = replace(
        observed.ledger, baseline={**observed.ledger.baseline, person(2): object_id(22)}
    )
    people = replace(observed.people, moderators=(person(1), person(2)))

    assert plan(replace(observed, ledger=ledger, people=people)).owners == ()


def test_an_answered_write_is_not_repeated_while_it_is_not_seen() -> None:
    observed = _grouped(3, [1, 2])
    ledger = answered(
        sending(observed.ledger, _pairs(3), MEMBERS, 1), _pairs(3), MEMBERS, 1_000_000
    )

    assert plan(replace(observed, ledger=ledger)).writes == 0


def test_an_unanswered_write_is_sent_again() -> None:
    observed = _grouped(3, [1, 2])
    ledger = sending(observed.ledger, _pairs(3), MEMBERS, 1)

    assert list(plan(replace(observed, ledger=ledger)).members) == _pairs(3)


def test_a_new_moderator_becomes_an_owner_once() -> None:
    observed = _grouped(3, [1, 2, 3])
    people = replace(observed.people, moderators=(person(1), person(2)))
    first = replace(observed, people=people)
    ledger = answered(observed.ledger, _pairs(2), OWNERS, 1_000_000)

    assert list(plan(first).owners) == _pairs(2)
    assert plan(replace(first, ledger=ledger)).owners == ()


def test_an_owner_taken_out_in_microsoft_is_listed_and_not_made_one_again() -> None:
    observed = _grouped(3, [1, 2, 3])
    people = replace(observed.people, moderators=(person(1), person(2)))
    ledger = replace(observed.ledger, owners=_objects(1, 2))
    todo = plan(replace(observed, people=people, ledger=ledger))

    assert todo.owners == ()
    assert todo.listed == {person(2): "owner_removed"}


def test_owners_beyond_the_limit_are_listed_in_a_group_that_exists() -> None:
    everyone = list(range(1, 121))
    observed = _grouped(120, everyone, owners=_objects(*range(1, 96)))
    ledger = replace(observed.ledger, owners=_objects(*range(1, 96)))
    people = replace(observed.people, moderators=tuple(observed.people.mapped))
    todo = plan(replace(observed, people=people, ledger=ledger))

    assert list(todo.owners) == _pairs(96, 97, 98, 99, 100)
    assert todo.listed == {person(n): "owner_limit" for n in range(101, 121)}


def test_a_stand_in_is_followed_by_the_moderator_who_becomes_known() -> None:
    observed = replace(_grouped(3, [1, 2, 3]), creator=None, stand_in=person(1))
    people = replace(observed.people, moderators=(person(2),))
    todo = plan(replace(observed, people=people))

    assert list(todo.owners) == _pairs(2)
    assert todo.stand_in == person(1)
