"""What the directory's audit finds, beside what looks keep: nobody is mapped whom others claim."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from shared.core.identity import Filled, bucket, from_external_id, pack
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Identity, IdentityState
from shared.storage.identities import IdentityRows
from shared.storage.tables import Partition
from tests.storage.conftest import Eye

BEGAN = 1_700_000_000
BEFORE, AFTER = BEGAN - 3_600, BEGAN + 60
MAPPED, TWICE = IdentityState.MAPPED, IdentityState.CLAIMED_TWICE


def _object() -> ObjectId:
    return ObjectId(str(uuid4()))


def _person(first: int) -> PersonId:
    """In the bucket of that number."""
    return PersonId(f"{first * 8:02x}{str(uuid4())[2:]}")


def _says(person: PersonId, object_id: str | None, now: int = BEGAN) -> Identity:
    return from_external_id(person, object_id, now)


def _fill_claims(rows: IdentityRows, *found: Identity) -> None:
    claims: defaultdict[int, list[bytes]] = defaultdict(list)
    for each in found:
        if each.object:
            pair = UUID(each.object).bytes + UUID(each.person).bytes
            claims[int(bucket(each.object))].append(pair)
    rows.fill_claims(claims)


def _fill(rows: IdentityRows, *found: Identity) -> Filled:
    people: defaultdict[int, list[bytes]] = defaultdict(list)
    for each in found:
        people[int(bucket(each.person))].append(pack([each]))
    return rows.fill(people, BEGAN)


def audit(rows: IdentityRows, *found: Identity) -> int:
    """As a run does it: claims, then people, and people once more where somebody was held back.
    Answers how many are others."""
    _fill_claims(rows, *found)
    first = _fill(rows, *found)
    return first.changed + (_fill(rows, *found).changed if first.held else 0)


def states(identities: IdentityRows, *people: PersonId) -> list[IdentityState]:
    known = identities.known(people)
    return [known[p].state for p in people]


def test_who_was_heard_to_be_claimed_twice_while_the_audit_ran_stays_so(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(3), _person(20)
    identities.keep([_says(alice, object_id, BEFORE)])
    identities.keep([_says(eve, object_id, AFTER)])

    audit(identities, _says(alice, object_id))

    assert states(identities, alice, eve) == [TWICE, TWICE]


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
def test_somebody_whom_the_audit_does_not_see_may_claim_the_same(
    rows: Partition, known: bool
) -> None:
    """An invited guest of another organization, a user whom a page skipped."""
    identities, object_id = IdentityRows(rows), _object()
    alice, guest = _person(3), _person(20)
    if known:
        identities.keep([_says(alice, object_id, BEFORE)])
    identities.keep([_says(guest, object_id, BEFORE)])

    audit(identities, _says(alice, object_id))

    assert states(identities, alice, guest) == [TWICE, TWICE]
    assert audit(identities, _says(alice, object_id)) == 0


@pytest.mark.parametrize("first", [3, 30])
def test_an_object_id_that_went_from_one_to_another_is_the_others_alone(
    rows: Partition, first: int
) -> None:
    """Whichever of the two is filled first."""
    identities, moved, own = IdentityRows(rows), _object(), _object()
    alice, bob = _person(first), _person(20)
    identities.keep([_says(alice, moved, BEFORE), _says(bob, moved, BEFORE)])

    _fill_claims(identities, _says(alice, moved), _says(bob, own))
    for _ in range(2):
        for found in sorted([_says(alice, moved), _says(bob, own)], key=lambda i: i.person):
            _fill(identities, found)

    assert states(identities, alice, bob) == [MAPPED, MAPPED]
    assert identities.known([bob])[bob].object == own


@pytest.mark.parametrize("moved", [False, True], ids=["new", "had another one"])
def test_a_claim_that_comes_while_people_are_filled_maps_neither(
    watched: Partition, eye: Eye, moved: bool
) -> None:
    identities, object_id = IdentityRows(watched), _object()
    alice, eve = _person(3), _person(20)
    if moved:
        identities.keep([_says(eve, _object(), BEFORE)])
    _fill_claims(identities, _says(alice, object_id))

    def rival(method: str, url: str) -> bool:
        if method == "GET":
            return False
        identities.keep([_says(eve, object_id, AFTER)])
        return True

    eye.before = rival
    _fill(identities, _says(alice, object_id))

    assert states(identities, alice, eve) == [TWICE, TWICE]


def test_who_was_asked_about_since_is_left_alone_and_makes_nobody_a_rival(rows: Partition) -> None:
    """The audit read alice with bob's object id; she has her own by now."""
    identities, bobs, own = IdentityRows(rows), _object(), _object()
    alice, bob = _person(3), _person(20)
    identities.keep([_says(bob, bobs, BEFORE), _says(alice, own, AFTER)])

    audit(identities, _says(alice, bobs), _says(bob, bobs))

    assert states(identities, alice, bob) == [MAPPED, MAPPED]
    assert identities.known([alice])[alice].object == own


def test_the_audits_own_reasons_stay(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, guest = _person(3), _person(20)
    identities.keep([_says(guest, object_id, BEFORE)])
    unknown = replace(_says(alice, object_id), state=IdentityState.UNKNOWN_TO_TENANT)

    audit(identities, unknown)

    assert states(identities, alice) == [IdentityState.UNKNOWN_TO_TENANT]


def test_a_claim_that_was_left_behind_is_nobodys(rows: Partition) -> None:
    """As where the process died between people and the claims that they gave up."""
    identities, left = IdentityRows(rows), _object()
    alice, bob, carol = _person(3), _person(20), _person(30)
    identities.keep([_says(bob, _object()), _says(carol, None)])
    _fill_claims(identities, _says(bob, left), _says(carol, left))

    kept = identities.keep([_says(alice, left)])

    assert kept[alice].state is MAPPED
    assert states(identities, alice, bob) == [MAPPED, MAPPED]


def test_two_who_come_to_one_object_id_at_once_are_both_marked(
    watched: Partition, eye: Eye
) -> None:
    """Both had another one, so neither counts by what is kept of them when claims are read."""
    identities, object_id = IdentityRows(watched), _object()
    alice, eve = _person(3), _person(20)
    identities.keep([_says(alice, _object(), BEFORE), _says(eve, _object(), BEFORE)])
    _fill_claims(identities, _says(eve, object_id))

    def rival(method: str, url: str) -> bool:
        if method == "GET" or "p%3A" not in url:
            return False
        identities.keep([_says(eve, object_id, AFTER)])
        return True

    eye.before = rival
    identities.keep([_says(alice, object_id, AFTER)])

    assert states(identities, alice, eve) == [TWICE, TWICE]


@pytest.mark.parametrize("at", range(5))
def test_a_claim_is_not_dropped_that_somebody_took_up_again(
    watched: Partition, eye: Eye, at: int
) -> None:
    """The audit read another object id; a look hears of the old one again, before this call."""
    identities, old = IdentityRows(watched), _object()
    alice, eve = _person(3), _person(20)
    identities.keep([_says(alice, old, BEFORE)])
    moved = _says(alice, _object())
    _fill_claims(identities, moved)
    seen: list[str] = []

    def look(method: str, url: str) -> bool:
        if seen or ("p%3A03" in url and method != "GET"):
            seen.append(url)
        if len(seen) != at + 2:
            return False
        identities.keep([_says(alice, old, AFTER)])
        return True

    eye.before = look
    _fill(identities, moved)
    assert len(seen) == at + 2, "the look came"
    assert identities.people_of([old]) == {old: frozenset({alice})}

    identities.keep([_says(eve, old, AFTER)])
    assert states(identities, alice, eve) == [TWICE, TWICE]


def test_between_two_parts_of_a_run_a_claim_comes_and_goes(rows: Partition) -> None:
    """One object fills all parts of a run, and others write claims meanwhile."""
    filling, elsewhere = IdentityRows(rows), IdentityRows(rows)
    first, second = _object(), _object()
    alice, bob, eve = _person(3), _person(9), _person(20)
    _fill_claims(filling, _says(alice, first), _says(bob, second))
    _fill(filling, _says(alice, first))
    elsewhere.keep([_says(eve, second, AFTER)])

    _fill(filling, _says(bob, second))

    assert states(elsewhere, alice, bob, eve) == [MAPPED, TWICE, TWICE]

    elsewhere.keep([_says(eve, _object(), AFTER)])
    _fill(filling, _says(alice, first), _says(bob, second))

    assert states(elsewhere, alice, bob, eve) == [MAPPED, MAPPED, MAPPED]
