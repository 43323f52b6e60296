from __future__ import annotations

from uuid import uuid4

import pytest

from shared.core.identity import from_external_id, pack
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Identity, IdentityState
from shared.storage.identities import IdentityRows
from shared.storage.tables import Partition, spread
from tests.storage.conftest import Eye

NOW = 1_700_000_000
HOUR, DAY = 3_600, 86_400
MAPPED, TWICE = IdentityState.MAPPED, IdentityState.CLAIMED_TWICE


def _person() -> PersonId:
    return PersonId(str(uuid4()))


def _object() -> ObjectId:
    return ObjectId(str(uuid4()))


def _says(person: PersonId, object_id: str | None, now: int = NOW) -> Identity:
    return from_external_id(person, object_id, now)


def _states(identities: IdentityRows, *people: PersonId) -> list[IdentityState]:
    known = identities.known(people)
    return [known[p].state for p in people]


def _is_one_range(calls: list[tuple[str, str]]) -> bool:
    """An `or` would have the service read through the whole partition."""
    return (
        len(calls) == 1
        and "RowKey%20ge" in calls[0][1].replace("+", "%20")
        and ("%20or%20" not in calls[0][1].replace("+", "%20"))
    )


def test_what_is_kept_is_known(rows: Partition) -> None:
    identities = IdentityRows(rows)
    mapped, without = _says(_person(), _object()), _says(_person(), None)
    kept = identities.keep([mapped, without])

    assert kept == {i.person: i for i in (mapped, without)}
    assert identities.known([mapped.person, without.person, _person()]) == kept


def test_five_hundred_known_people_cost_one_question(watched: Partition, eye: Eye) -> None:
    identities = IdentityRows(watched)
    people = [_says(_person(), _object()) for _ in range(500)]
    identities.keep(people)
    eye.calls.clear()
    known = identities.known(i.person for i in people)

    assert known == {i.person: i for i in people}
    assert _is_one_range(eye.calls)


def test_a_few_known_people_cost_a_point_read_each(watched: Partition, eye: Eye) -> None:
    identities = IdentityRows(watched)
    people = [_says(_person(), _object()) for _ in range(6)]
    identities.keep(people)
    eye.calls.clear()
    known = identities.known(i.person for i in people)

    assert known == {i.person: i for i in people}
    assert len(eye.calls) <= 6
    assert all(method == "GET" and "RowKey=" in url for method, url in eye.calls)


def test_nobody_costs_nothing(watched: Partition, eye: Eye) -> None:
    assert IdentityRows(watched).known([]) == {}
    assert eye.calls == []


def test_who_carries_an_object_id_is_found_by_it(rows: Partition) -> None:
    identities, shared, own = IdentityRows(rows), _object(), _object()
    alice, eve, bob = _person(), _person(), _person()
    identities.keep([_says(alice, shared), _says(eve, shared), _says(bob, own)])

    assert identities.people_of([shared, own, _object()]) == {
        shared: frozenset({alice, eve}),
        own: frozenset({bob}),
    }


def test_five_hundred_object_ids_cost_one_question(watched: Partition, eye: Eye) -> None:
    identities = IdentityRows(watched)
    people = {_object(): _person() for _ in range(500)}
    identities.keep([_says(person, object_id) for object_id, person in people.items()])
    eye.calls.clear()
    found = identities.people_of(people)

    assert found == {object_id: frozenset({person}) for object_id, person in people.items()}
    assert _is_one_range(eye.calls)


def test_a_double_claim_in_one_answer_marks_both(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(), _person()
    identities.keep([_says(alice, object_id), _says(eve, object_id.upper())])

    assert _states(identities, alice, eve) == [TWICE, TWICE]


def test_a_later_claim_marks_the_earlier_one_too(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(), _person()
    identities.keep([_says(alice, object_id)])
    kept = identities.keep([_says(eve, object_id)])

    assert kept[eve].state is TWICE
    assert _states(identities, alice, eve) == [TWICE, TWICE]


def test_a_claim_that_is_released_lets_the_other_be_mapped_again(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(), _person()
    identities.keep([_says(alice, object_id), _says(eve, object_id)])
    identities.keep([_says(eve, _object())])
    identities.keep([_says(alice, object_id)])

    assert _states(identities, alice, eve) == [MAPPED, MAPPED]


def test_a_person_who_lost_the_object_id_claims_nothing(rows: Partition) -> None:
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(), _person()
    identities.keep([_says(eve, object_id)])
    identities.keep([_says(eve, None)])
    identities.keep([_says(alice, object_id)])

    assert _states(identities, alice, eve) == [MAPPED, IdentityState.NO_OBJECT_ID]


def test_asking_again_about_a_double_claim_keeps_its_beginning(rows: Partition) -> None:
    """Else its first day would never end, and it would be looked up every hour for ever."""
    identities, object_id = IdentityRows(rows), _object()
    alice, eve = _person(), _person()
    identities.keep([_says(alice, object_id), _says(eve, object_id)])
    for hours in (1, 25):
        identities.keep([_says(alice, object_id, NOW + hours * HOUR)])
    known = identities.known([alice])[alice]

    assert (known.state, known.since, known.checked) == (TWICE, NOW, NOW + 25 * HOUR)


def test_two_workers_who_keep_rival_claims_at_once_map_neither(
    watched: Partition, eye: Eye
) -> None:
    """The other's claim comes after ours was written and before our person's row is."""
    identities, object_id = IdentityRows(watched), _object()
    alice, eve = _person(), _person()

    def rival(_method: str, _url: str) -> bool:
        ours_is_written = any(method != "GET" for method, _ in eye.calls)
        if ours_is_written:
            identities.keep([_says(eve, object_id)])
        return ours_is_written

    eye.before = rival
    identities.keep([_says(alice, object_id)])

    assert _states(identities, alice, eve) == [TWICE, TWICE]


def test_hundreds_of_new_people_are_kept_with_a_few_questions(watched: Partition, eye: Eye) -> None:
    identities = IdentityRows(watched)
    identities.keep([_says(_person(), _object()) for _ in range(500)])
    eye.calls.clear()
    people = [_says(_person(), _object()) for _ in range(500)]
    identities.keep(people)

    # Who is known, claims and people; claims once more. Two of these are written.
    assert len(eye.calls) == 6
    assert identities.known(i.person for i in people) == {i.person: i for i in people}


@pytest.mark.parametrize("times", [1, 6])
def test_two_workers_who_keep_many_at_once_lose_nobody(
    watched: Partition, eye: Eye, times: int
) -> None:
    """The other one writes the same buckets just before we do, again and again."""
    identities = IdentityRows(watched)
    ours, theirs = ([_says(_person(), _object()) for _ in range(60 * times)] for _ in range(2))
    rivals = [theirs[n::times] for n in range(times)]

    def rival(method: str, _url: str) -> bool:
        if method != "GET":
            identities.keep(rivals.pop())
        return not rivals

    eye.before = rival
    identities.keep(ours)

    assert rivals == []
    everybody = [*ours, *theirs]
    assert identities.known(i.person for i in everybody) == {i.person: i for i in everybody}
    claims = identities.people_of(i.object for i in everybody if i.object)
    assert claims == {i.object: frozenset({i.person}) for i in everybody}


def test_more_than_a_transaction_holds_is_kept(rows: Partition) -> None:
    """As after an audit of a directory so large that its buckets do not fit into one."""
    identities = IdentityRows(rows)
    blob = b"".join(sorted(uuid4().bytes + uuid4().bytes for _ in range(14_000)))
    for number in range(32):
        rows.insert(f"o:{number:02d}", spread("b", blob))
    people = [_says(_person(), _object()) for _ in range(200)]
    identities.keep(people)

    claims = identities.people_of(i.object for i in people if i.object)
    assert claims == {i.object: frozenset({i.person}) for i in people}
    row = rows.get("o:07")
    assert row is not None
    assert len(row.blob("b")) > len(blob)
    assert blob[:32] in row.blob("b")


@pytest.mark.parametrize("copies", [2, 8])
def test_keeping_the_same_answer_again_changes_nothing(rows: Partition, copies: int) -> None:
    identities = IdentityRows(rows)
    people = [_says(_person(), _object()) for _ in range(20)]
    for _ in range(copies):
        identities.keep(people)

    assert identities.known(i.person for i in people) == {i.person: i for i in people}


def test_nobody_is_unpacked_beside_those_asked_for(rows: Partition) -> None:
    """After an audit a bucket holds thousands. Here they are in a state that only another version
    knows: whoever unpacks them fails, and whoever writes beside them leaves them as they are."""
    identities = IdentityRows(rows)
    alice, eve = PersonId(f"00{str(uuid4())[2:]}"), PersonId(f"01{str(uuid4())[2:]}")
    others = pack(_says(PersonId(f"02{str(uuid4())[2:]}"), _object()) for _ in range(1_000))
    strange = b"".join(others[at : at + 40] + b"\xff" for at in range(0, len(others), 41))
    rows.insert("p:00", spread("b", strange))

    shared = _object()
    identities.keep([_says(alice, shared)])
    identities.keep([_says(alice, shared), _says(eve, shared)])

    assert _states(identities, alice, eve) == [TWICE, TWICE]
    row = rows.get("p:00")
    assert row is not None
    assert row.blob("b").startswith(strange)
    assert len(row.blob("b")) == 41 * 1_002


def test_who_is_in_a_state_of_another_version_is_not_known(rows: Partition) -> None:
    identities = IdentityRows(rows)
    alice = PersonId(f"00{str(uuid4())[2:]}")
    rows.insert("p:00", spread("b", pack([_says(alice, _object())])[:40] + b"\xff"))

    assert identities.known([alice]) == {}


def test_ten_thousand_people_fit(rows: Partition) -> None:
    identities = IdentityRows(rows)
    people = [_says(_person(), _object()) for _ in range(10_000)]
    identities.keep(people)

    assert len(identities.known(i.person for i in people)) == 10_000
