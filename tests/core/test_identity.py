from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.identity import (
    BUCKETS,
    bucket,
    from_external_id,
    is_fresh,
    keep_since,
    mark_claims,
    pack,
    picked,
    put_in,
    unpack,
)
from shared.core.ids import NIL, PersonId
from shared.core.model import Identity, IdentityState
from tests.core.strategies import identities, object_id, person

NOW = 1_700_000_000
HOUR, DAY = 3_600, 86_400
ALICE, BOB, EVE = person(1), person(2), person(3)
OBJECT = object_id(1)
MAPPED = IdentityState.MAPPED


def _mapped(who: str, claimed: str = OBJECT) -> Identity:
    return from_external_id(person(int(who[:8], 16)), claimed, NOW)


@settings(max_examples=80, deadline=None)
@given(st.lists(identities, max_size=30, unique_by=lambda i: i.person))
def test_what_is_packed_is_unpacked(rows: list[Identity]) -> None:
    assert unpack(pack(rows)) == {i.person: i for i in rows}


@settings(max_examples=80, deadline=None)
@given(st.lists(identities, max_size=30, unique_by=lambda i: i.person), st.data())
def test_some_are_picked_and_put_back_as_with_all_of_them(
    rows: list[Identity], data: st.DataObject
) -> None:
    wanted = {i.person for i in rows if data.draw(st.booleans())}
    new = data.draw(st.lists(identities, max_size=9, unique_by=lambda i: i.person))

    assert picked(pack(rows), wanted) == {i.person: i for i in rows if i.person in wanted}
    assert picked(pack(rows), [PersonId(NIL)]) == {}
    assert unpack(put_in(pack(rows), new)) == {i.person: i for i in [*rows, *new]}


def test_a_person_is_not_found_between_two_records() -> None:
    """Where the end of one record and the beginning of the next read like them."""
    packed = pack(Identity(who, OBJECT, MAPPED, NOW, NOW) for who in (ALICE, BOB))
    for at in range(1, 41):
        who = PersonId(str(UUID(bytes=packed[at : at + 16])))
        assert picked(packed, [who]) == {}


@given(st.uuids())
def test_every_uuid_has_one_of_32_buckets(uuid: object) -> None:
    assert bucket(str(uuid)) == bucket(str(uuid).upper())
    assert bucket(str(uuid)) in {f"{n:02d}" for n in range(BUCKETS)}


def test_buckets_are_filled_evenly() -> None:
    counts = Counter(bucket(f"{first:02x}000000-{uuid4()}") for first in range(256))

    assert len(counts) == BUCKETS
    assert set(counts.values()) == {8}


@pytest.mark.parametrize(
    ("external_id", "state"),
    [
        (OBJECT, MAPPED),
        (OBJECT.upper(), MAPPED),
        (f"User_{OBJECT}", MAPPED),
        (None, IdentityState.NO_OBJECT_ID),
        ("  ", IdentityState.NO_OBJECT_ID),
        ("alice@example.com", IdentityState.NOT_A_GUID),
        (f"{OBJECT} {object_id(2)}", IdentityState.NOT_A_GUID),
        (NIL, IdentityState.NOT_A_GUID),
    ],
)
def test_an_external_id_is_an_object_id_or_a_reason(
    external_id: str | None, state: IdentityState
) -> None:
    identity = from_external_id(ALICE, external_id, NOW)

    assert identity.state is state
    assert identity.object == (OBJECT if state is MAPPED else None)


@pytest.mark.parametrize(
    ("state", "first_day", "age", "for_add", "fresh"),
    [
        (MAPPED, False, 7 * DAY, True, True),
        (MAPPED, False, 7 * DAY + 1, True, False),
        (MAPPED, False, 900 * DAY, False, True),
        (IdentityState.NO_OBJECT_ID, True, HOUR, True, True),
        (IdentityState.NO_OBJECT_ID, True, HOUR + 1, True, False),
        (IdentityState.NO_OBJECT_ID, True, HOUR + 1, False, False),
        (IdentityState.NO_OBJECT_ID, False, DAY, True, True),
        (IdentityState.NO_OBJECT_ID, False, DAY + 1, True, False),
        (IdentityState.CLAIMED_TWICE, False, DAY, True, True),
        (IdentityState.UNKNOWN_TO_TENANT, True, HOUR + 1, True, False),
    ],
)
def test_how_long_an_answer_is_good_for(
    state: IdentityState, first_day: bool, age: int, for_add: bool, fresh: bool
) -> None:
    since = NOW - (0 if first_day else DAY)
    identity = Identity(ALICE, None, state, checked=NOW, since=since)

    assert is_fresh(identity, NOW + age, for_add=for_add) is fresh


def test_the_same_answer_keeps_its_beginning_and_another_does_not() -> None:
    before = Identity(ALICE, None, IdentityState.NO_OBJECT_ID, NOW - DAY, NOW - 9 * DAY)
    same = Identity(ALICE, None, IdentityState.NO_OBJECT_ID, NOW, NOW)
    other = from_external_id(ALICE, OBJECT, NOW)

    assert keep_since(before, same).since == NOW - 9 * DAY
    assert keep_since(before, same).checked == NOW
    assert keep_since(before, other).since == NOW
    assert keep_since(None, same).since == NOW


def test_two_who_claim_one_object_id_are_both_marked() -> None:
    marked, others = mark_claims([_mapped(ALICE), _mapped(BOB), _mapped(EVE, object_id(3))], {})

    assert [i.state for i in marked] == [IdentityState.CLAIMED_TWICE] * 2 + [MAPPED]
    assert others == set()


def test_a_claim_that_is_kept_already_marks_both_sides() -> None:
    marked, others = mark_claims([_mapped(ALICE)], {OBJECT: frozenset({ALICE, BOB})})

    assert marked[0].state is IdentityState.CLAIMED_TWICE
    assert others == {BOB}


def test_ones_own_claim_is_no_rival() -> None:
    marked, others = mark_claims([_mapped(ALICE)], {OBJECT: frozenset({ALICE})})

    assert marked[0].state is MAPPED
    assert others == set()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), unique_by=lambda t: t[0]))
def test_whoever_stays_mapped_claims_alone(claims: list[tuple[int, int]]) -> None:
    marked, _ = mark_claims(
        [from_external_id(person(who), object_id(what), NOW) for who, what in claims], {}
    )
    counts = Counter(i.object for i in marked)

    assert all((i.state is MAPPED) == (counts[i.object] == 1) for i in marked)
