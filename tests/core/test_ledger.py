from __future__ import annotations

import struct
from uuid import UUID

from hypothesis import given, settings

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    MEMBERS,
    OWNERS,
    WEBEX,
    Ledger,
    Pair,
    Pending,
    Sight,
    answered,
    learn,
    pack,
    refused,
    sending,
    unpack,
)
from tests.core.strategies import ledgers, object_id, person

NOW = 1_700_000_000_000
ALICE = Pair(person(1), object_id(1))
BOB = Pair(person(2), object_id(2))
NOBODY: frozenset[ObjectId] = frozenset()
TEAM = {ALICE.person: ALICE.object, BOB.person: BOB.object}


def _written(*pairs: Pair, side: str = MEMBERS, now: int = NOW) -> Ledger:
    return answered(sending(Ledger(), pairs, side, now), pairs, side, now)


def _read(ledger: Ledger, now: int, *members: Pair, mapped: dict[PersonId, ObjectId]) -> Ledger:
    return learn(ledger, Sight(now, mapped, frozenset(m.object for m in members), owners=NOBODY))


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_what_is_packed_is_unpacked(ledger: Ledger) -> None:
    assert unpack(pack(ledger)) == ledger


def test_five_thousand_people_take_the_bytes_that_were_promised() -> None:
    pairs = [Pair(person(n), object_id(n)) for n in range(5_000)]
    ledger = _written(*pairs)
    blobs = pack(ledger)

    assert unpack(blobs) == ledger
    assert len(blobs["baseline"]) == 32 * 5_000
    assert len(blobs["writes"]) == 50 * 5_000


def test_times_are_kept_in_whole_seconds() -> None:
    kept = unpack(pack(sending(Ledger(), [ALICE], MEMBERS, NOW + 987)))

    assert [p.at for p in kept.pending.values()] == [NOW]


def test_a_write_that_was_not_answered_is_remembered_and_not_counted_on() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)

    assert ledger.pending
    assert ledger.baseline == {}
    assert ledger.awaited(MEMBERS) == NOBODY


def test_an_answered_write_overrides_a_read_that_does_not_show_it_yet() -> None:
    ledger = _read(_written(ALICE), NOW + 1_000, mapped=TEAM)

    assert ledger.awaited(MEMBERS) == {ALICE.object}
    assert ledger.baseline == {ALICE.person: ALICE.object}


def test_what_is_seen_is_remembered_until_no_replica_can_deny_it() -> None:
    seen = _read(_written(ALICE), NOW + 1_000, ALICE, mapped=TEAM)
    ledger = _read(seen, NOW + times.CONTRADICTION_AGE, ALICE, mapped=TEAM)

    assert [p.seen for p in seen.pending.values()] == [NOW + 1_000]
    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}


def test_two_reads_apart_and_late_enough_contradict_a_write() -> None:
    once = _read(_written(ALICE), NOW + times.CONTRADICTION_AGE, mapped=TEAM)
    twice = _read(once, NOW + times.CONTRADICTION_AGE + times.CONTRADICTION_APART, mapped=TEAM)

    assert once.pending
    assert once.baseline
    assert twice.pending == {}
    assert twice.baseline == {}


def test_two_reads_too_close_do_not_contradict() -> None:
    once = _read(_written(ALICE), NOW + times.CONTRADICTION_AGE, mapped=TEAM)
    soon = NOW + times.CONTRADICTION_AGE + times.CONTRADICTION_APART - 1

    assert _read(once, soon, mapped=TEAM) == once


def test_two_reads_apart_but_early_do_not_contradict() -> None:
    once = _read(_written(ALICE), NOW + 1_000, mapped=TEAM)
    early = NOW + times.CONTRADICTION_AGE - 1

    assert _read(once, early, mapped=TEAM) == once


def test_running_out_never_counts_as_a_persons_change() -> None:
    """Whoever was never seen is added again, not taken for removed in Microsoft 365."""
    ledger = _written(ALICE)
    for minutes in range(0, 60, 5):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, mapped=TEAM)

    assert ledger.pending == {}
    assert ALICE.person not in ledger.baseline


def test_a_person_seen_on_both_sides_stays_in_the_baseline_when_removed_on_one() -> None:
    both = _read(Ledger(), NOW, ALICE, mapped=TEAM)
    without = _read(both, NOW + times.DAY, mapped=TEAM)

    assert without.baseline == {ALICE.person: ALICE.object}


def test_a_person_gone_from_both_sides_is_forgotten() -> None:
    both = _read(Ledger(), NOW, ALICE, mapped=TEAM)
    once = _read(both, NOW + times.DAY, mapped={})
    soon = _read(once, NOW + times.DAY + times.MISSING_APART - 1_000, mapped={})
    for minutes in range(0, 30, 5):
        once = _read(once, NOW + times.DAY + minutes * times.MINUTE, mapped={})

    assert soon.baseline == both.baseline
    assert once.baseline == {}


def test_a_person_who_left_webex_stays_known_while_in_the_group() -> None:
    both = _read(Ledger(), NOW, ALICE, mapped=TEAM)

    assert _read(both, NOW + times.DAY, ALICE, mapped={}).baseline == both.baseline


def test_a_person_whose_object_id_changed_keeps_the_pair_that_was_seen() -> None:
    both = _read(Ledger(), NOW, ALICE, mapped=TEAM)
    changed = _read(both, NOW + 1, ALICE, mapped={ALICE.person: BOB.object})

    assert changed.baseline == {ALICE.person: ALICE.object}


def test_an_unresolved_person_removed_in_microsoft_is_not_taken_for_new_later() -> None:
    both = _read(Ledger(), NOW, ALICE, mapped=TEAM)
    unresolved = learn(both, Sight(NOW + times.DAY, {}, NOBODY, {ALICE.person}, owners=NOBODY))

    assert unresolved.baseline == both.baseline


def test_a_refused_write_is_under_way_no_more() -> None:
    ledger = refused(sending(Ledger(), [ALICE, BOB], MEMBERS, NOW), [ALICE], MEMBERS)

    assert [p.object for p in ledger.pending.values()] == [BOB.object]


def test_an_unanswered_write_of_a_person_who_left_does_not_stay_for_ever() -> None:
    """Nobody sends it again, so two late reads without it end it; else every look made another."""
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 16, 19):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, mapped={})

    assert ledger.pending == {}
    assert ledger.baseline == {}


def test_an_unanswered_write_is_not_given_up_early() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 5, 14):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, mapped={})

    assert list(ledger.pending) == [(ALICE.object, MEMBERS, "add")]
    assert ledger.awaited(MEMBERS) == NOBODY


def test_owners_are_remembered_apart_from_members() -> None:
    ledger = _written(ALICE, side=OWNERS)

    assert ledger.owners == {ALICE.object}
    assert ledger.awaited(OWNERS) == {ALICE.object}
    assert ledger.awaited(MEMBERS) == NOBODY
    assert ledger.baseline == {}


def test_an_owner_seen_in_the_group_is_remembered_if_we_know_the_person() -> None:
    stranger = object_id(99)
    owners = frozenset({ALICE.object, stranger})
    ledger = learn(Ledger(), Sight(NOW, TEAM, NOBODY, owners=owners))

    assert ledger.owners == {ALICE.object}


def test_a_disproved_owner_is_forgotten_so_that_the_write_is_repeated() -> None:
    ledger = _written(ALICE, side=OWNERS)
    for minutes in (15, 18):
        ledger = learn(ledger, Sight(NOW + minutes * times.MINUTE, TEAM, NOBODY, owners=NOBODY))

    assert ledger.owners == NOBODY
    assert ledger.pending == {}


def test_a_side_that_was_not_read_judges_nothing() -> None:
    ledger = _written(ALICE, side=OWNERS)
    unread = learn(ledger, Sight(NOW + times.DAY, TEAM, NOBODY))

    assert unread.pending == ledger.pending


def test_a_row_of_the_version_before_is_read_with_its_pending_writes() -> None:
    old = b"".join(
        struct.pack(
            ">16s16sBBIII", UUID(ALICE.person).bytes, UUID(ALICE.object).bytes, 0, 0, *moments
        )
        for moments in [(NOW // 1000, NOW // 1000 + 1, 0)]
    )

    assert list(unpack({"pending": old}).pending.values()) == [
        Pending(ALICE.person, ALICE.object, MEMBERS, "add", NOW, NOW + 1_000)
    ]


def test_a_write_to_webex_that_is_seen_is_as_good_as_answered() -> None:
    ledger = _read(sending(Ledger(), [ALICE], WEBEX, NOW), NOW + 1_000, mapped=TEAM)

    assert ledger.baseline == {ALICE.person: ALICE.object}


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_a_read_never_invents_a_pair(ledger: Ledger) -> None:
    after = learn(ledger, Sight(NOW, TEAM, frozenset({ALICE.object}), owners=NOBODY))
    known = set(ledger.baseline.items()) | {(ALICE.person, ALICE.object)}

    assert set(after.baseline.items()) <= known
    assert {key[0] for key in after.pending} <= {key[0] for key in ledger.pending} | {ALICE.object}
