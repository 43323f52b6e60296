"""The memory: its rows, our own writes, and what is true of any of it."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest
from hypothesis import given, settings

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    OWNERS,
    REMOVE,
    WEBEX,
    Ledger,
    Pair,
    Pending,
    answered,
    in_group,
    learn,
    refused,
    sending,
)
from shared.core.ledger_codec import pack, unpack
from tests.core.remembering import (
    AGE,
    ALICE,
    APART,
    BEHIND,
    BOB,
    NOBODY,
    NOW,
    TEAM,
    as_read,
    known,
    objects_of,
    read_by,
    since_missed,
    written,
)
from tests.core.strategies import ledgers, object_id, person

# Rows


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_what_is_packed_is_unpacked(ledger: Ledger) -> None:
    assert unpack(pack(ledger)) == ledger


def test_five_thousand_people_take_the_bytes_that_were_promised() -> None:
    pairs = [Pair(person(n), object_id(n)) for n in range(5_000)]
    ledger = written(*pairs)
    blobs = pack(ledger)

    assert unpack(blobs) == ledger
    assert len(blobs["baseline"]) == 32 * 5_000
    assert len(blobs["writes"]) == 50 * 5_000


def test_writes_of_the_version_before_are_still_read() -> None:
    """46 bytes each, without the moment at which a read showed them."""
    alice, bob = (UUID(p.person).bytes + UUID(p.object).bytes for p in TEAM)
    old = alice + struct.pack(">BBIII", 0, 0, 1_700_000_000, 1_700_000_001, 1_700_000_002)
    new = bob + struct.pack(">BBIIII", 1, 1, 1_700_000_000, 0, 0, 1_700_000_003)
    ledger = unpack({"pending": old, "writes": new})

    assert len(old) == 46
    assert list(ledger.pending.values()) == [
        Pending(*ALICE, MEMBERS, ADD, NOW, NOW + 1_000, NOW + 2_000, 0),
        Pending(*BOB, OWNERS, REMOVE, NOW, 0, 0, NOW + 3_000),
    ]
    assert "pending" not in pack(ledger)
    assert unpack(pack(ledger)) == ledger


@pytest.mark.parametrize(
    "blobs",
    [
        {"baseline": b"half"},
        {"owners": b"half"},
        {"writes": b"half"},
        {"refused": b"\x01" * 32 + b"\x09\x09"},
    ],
)
def test_what_cannot_be_read_is_no_surprise(blobs: dict[str, bytes]) -> None:
    with pytest.raises((ValueError, LookupError)):
        unpack(blobs)


def test_times_are_kept_in_whole_seconds() -> None:
    kept = unpack(pack(sending(Ledger(), [ALICE], MEMBERS, NOW + 987)))

    assert [p.at for p in kept.pending.values()] == [NOW]


# An answered write to the group


def test_an_answered_write_overrides_a_read_that_does_not_show_it_yet() -> None:
    ledger = read_by(written(ALICE), NOW + 1_000)

    assert ledger.awaited(MEMBERS) == {ALICE.object}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert ledger.missing == {}


@pytest.mark.parametrize("op", [ADD, REMOVE])
def test_what_was_seen_overrides_replicas_that_are_further_behind(op: str) -> None:
    """Else two of them, two minutes apart, would count as somebody's change."""
    before = Ledger() if op == ADD else known(ALICE)
    team = [ALICE] if op == ADD else []
    fresh, stale = ([ALICE], []) if op == ADD else ([], [ALICE])
    ledger = read_by(written(ALICE, op=op, before=before), NOW + 1_000, *fresh, team=team)
    for now in (NOW + 60_000, NOW + 200_000, NOW + BEHIND - 1_000):
        sight = as_read(now, *stale, team=team)
        ledger = learn(ledger, sight)
        assert in_group(ledger, sight) == objects_of(*fresh)

    assert ledger.baseline == {p.person: p.object for p in fresh}
    assert ledger.missing == {}


def test_what_was_seen_and_is_old_overrides_nothing() -> None:
    """Then a person who is not there was taken out by somebody: the first of two reads."""
    ledger = read_by(written(ALICE), NOW + 1_000, ALICE)
    ledger = read_by(ledger, NOW + BEHIND)

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, MEMBERS) == NOW + BEHIND


def test_what_is_seen_once_it_is_old_is_pending_no_more() -> None:
    ledger = read_by(written(ALICE), NOW + BEHIND, ALICE)

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}


def test_two_reads_apart_and_late_enough_contradict_what_was_never_seen() -> None:
    once = read_by(written(ALICE), NOW + AGE)
    twice = read_by(once, NOW + AGE + times.CONTRADICTION_APART)

    assert once.pending
    assert once.baseline
    assert twice.pending == {}
    assert twice.baseline == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [(AGE, AGE + times.CONTRADICTION_APART - 1), (1_000, AGE - 1)],
    ids=["too close", "too early"],
)
def test_what_was_never_seen_is_not_given_up_sooner(first: int, second: int) -> None:
    once = read_by(written(ALICE), NOW + first)

    assert read_by(once, NOW + second) == once


def test_running_out_never_counts_as_a_persons_change() -> None:
    """Whoever was never seen is added again, not taken for removed in Microsoft 365."""
    ledger = written(ALICE)
    for minutes in range(0, 60, 5):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE)

    assert ledger.pending == {}
    assert ALICE.person not in ledger.baseline


def test_a_removal_that_runs_out_is_wanted_again() -> None:
    ledger = written(ALICE, op=REMOVE, before=known(ALICE))
    for minutes in (1, 16):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, ALICE, team=[])

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, WEBEX)


# A write to the group of which nothing was heard


def test_a_write_that_was_not_answered_is_remembered_and_not_counted_on() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)

    assert ledger.pending
    assert ledger.baseline == {}
    assert ledger.awaited(MEMBERS) == NOBODY
    assert ledger.unheard(MEMBERS) == {ALICE.object}


def test_an_unheard_addition_that_a_read_shows_is_ours() -> None:
    """The person left meanwhile: they are known, so they are not taken for added by somebody."""
    ledger = read_by(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW + 60_000, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, WEBEX) == NOW + 60_000


@pytest.mark.parametrize("op", [ADD, REMOVE])
def test_nobody_is_missed_in_the_group_while_a_write_is_unheard(op: str) -> None:
    """Whoever was taken out and came back, and whose addition is unheard: an old replica shows
    them, the next ones do not. Nobody has removed them."""
    ledger = sending(known(ALICE), [ALICE], MEMBERS, NOW, op)
    for minutes, members in ((1, [ALICE]), (2, []), (5, []), (14, [])):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, *members)

    assert since_missed(ledger, ALICE, MEMBERS) is None
    assert ledger.unheard(MEMBERS) == {ALICE.object}


@pytest.mark.parametrize(("op", "inside"), [(ADD, True), (REMOVE, False)])
def test_an_unheard_write_that_is_shown_when_it_is_old_has_landed(op: str, inside: bool) -> None:
    there = [ALICE] if op == ADD else []
    before = known() if op == ADD else known(ALICE)
    ledger = read_by(sending(before, [ALICE], MEMBERS, NOW, op), NOW + AGE, *there, team=there)

    assert ledger.pending == {}
    assert (ALICE.person in ledger.baseline) is inside


def test_what_landed_ends_the_opposite_write_too() -> None:
    """The addition of long ago must not put the person into the group again, once the removal has
    landed unheard: they would be taken for somebody's addition."""
    added = read_by(written(ALICE), NOW + 1_000, ALICE)
    removed = sending(added, [ALICE], MEMBERS, NOW + times.HOUR, REMOVE)
    sight = as_read(NOW + times.HOUR + AGE, team=[])
    ledger = learn(removed, sight)

    assert ledger.pending == {}
    assert in_group(ledger, sight) == NOBODY


def test_an_unheard_write_that_two_late_reads_deny_was_never_made() -> None:
    ledger = sending(known(ALICE), [ALICE], MEMBERS, NOW, REMOVE)
    for minutes in (1, 16):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, ALICE)

    assert ledger == known(ALICE)


def test_an_unanswered_write_of_a_person_who_left_does_not_stay_for_ever() -> None:
    """Nobody sends it again, so two late reads without it end it; else every look made another."""
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 16, 19):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, team=[])

    assert ledger.pending == {}
    assert ledger.baseline == {}


def test_an_unanswered_write_is_not_given_up_early() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 5, 14):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, team=[])

    assert list(ledger.pending) == [(ALICE.object, MEMBERS, "add")]
    assert ledger.awaited(MEMBERS) == NOBODY


def test_until_it_is_answered_the_opposite_write_counts() -> None:
    """A removal that was answered, and an addition that nobody heard of: they are out as before,
    whatever a replica shows, and the addition is sent again."""
    out = written(ALICE, op=REMOVE, before=known(ALICE))
    sent = sending(out, [ALICE], MEMBERS, NOW + 60_000)
    heard = answered(sent, [ALICE], MEMBERS, NOW + 61_000)
    sight = as_read(NOW + 90_000, ALICE)

    assert in_group(learn(sent, sight), sight) == NOBODY
    assert in_group(learn(heard, sight), sight) == {ALICE.object}
    assert [p.op for p in heard.pending.values()] == [ADD]


def test_a_refused_write_is_under_way_no_more() -> None:
    ledger = refused(sending(Ledger(), [ALICE, BOB], MEMBERS, NOW), [ALICE], MEMBERS)

    assert [p.object for p in ledger.pending.values()] == [BOB.object]


def test_a_refused_repetition_leaves_the_first_one_unheard() -> None:
    """The first removal may have landed: then it was not somebody else who took them out."""
    ledger = read_by(sending(known(ALICE), [ALICE], MEMBERS, NOW, REMOVE), NOW + 30_000)
    again = sending(ledger, [ALICE], MEMBERS, NOW + 31_000, REMOVE)
    ledger = refused(again, [ALICE], MEMBERS, REMOVE)
    for minutes in (1, 5):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE)

    assert ledger.unheard(MEMBERS, REMOVE) == {ALICE.object}
    assert since_missed(ledger, ALICE, MEMBERS) is None


# A write to Webex of which nothing was heard


@pytest.mark.parametrize(("again", "baseline"), [(True, {ALICE.person: ALICE.object}), (False, {})])
def test_whoever_is_there_after_an_unheard_addition_was_sent_again_is_there_by_us(
    again: bool, baseline: dict[PersonId, ObjectId]
) -> None:
    """Out of the team again after the first one, and out of the group after the second: whoever
    we have added is known, so that who took them out of the group is followed. Not sent again,
    somebody else has put them into the team."""
    ledger = read_by(sending(Ledger(), [ALICE], WEBEX, NOW), NOW + 30_000, ALICE, team=[])
    if again:
        ledger = sending(ledger, [ALICE], WEBEX, NOW + 31_000)

    assert read_by(ledger, NOW + 60_000).baseline == baseline


def test_what_a_read_has_denied_since_it_was_sent_again_is_not_ours() -> None:
    ledger = read_by(sending(Ledger(), [ALICE], WEBEX, NOW), NOW + 30_000, ALICE, team=[])
    ledger = sending(ledger, [ALICE], WEBEX, NOW + 31_000)
    ledger = read_by(ledger, NOW + 60_000, ALICE, team=[])

    assert read_by(ledger, NOW + 90_000).baseline == {}


# What replicas have shown of people's own changes


def test_a_pair_that_is_new_on_both_sides_is_not_missed_by_replicas_that_are_behind() -> None:
    ledger = read_by(Ledger(), NOW, ALICE)
    for minutes in (1, 4, 9):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE)
    assert ledger.missing == {}

    ledger = read_by(ledger, NOW + BEHIND)
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, MEMBERS) == NOW + BEHIND


def test_whom_we_put_into_the_team_is_not_missed_in_the_group_by_replicas_that_are_behind() -> None:
    """They came from the group, where somebody has just added them."""
    ledger = written(ALICE, side=WEBEX)
    for minutes in (1, 4, 9):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE)

    assert ledger.missing == {}


def test_whom_we_took_out_of_the_team_is_not_seen_in_the_group_by_replicas_that_are_behind() -> (
    None
):
    """Else they would be taken for added by somebody, and put back into the team."""
    ledger = written(ALICE, side=WEBEX, op=REMOVE, before=known(ALICE))
    sights = [as_read(NOW + m * times.MINUTE, ALICE, team=[]) for m in (1, 4, 9, 10)]
    shown = []
    for sight in sights:
        ledger = learn(ledger, sight)
        shown.append(in_group(ledger, sight))

    assert shown == [NOBODY, NOBODY, NOBODY, {ALICE.object}]
    assert ledger.baseline == {}


def test_who_is_gone_from_both_sides_is_not_seen_in_the_group_by_replicas_that_are_behind() -> None:
    ledger = read_by(read_by(known(ALICE), NOW, team=[]), NOW + APART, team=[])
    sight = as_read(NOW + 2 * APART, ALICE, team=[])
    ledger = learn(ledger, sight)

    assert ledger.baseline == {}
    assert in_group(ledger, sight) == NOBODY


# In general


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_a_read_never_invents_a_pair(ledger: Ledger) -> None:
    after = learn(ledger, as_read(NOW, ALICE, owners=NOBODY))
    known = set(ledger.baseline.items()) | {(ALICE.person, ALICE.object)}
    known |= {(p.person, p.object) for p in ledger.pending.values()}
    shown = {(o, MEMBERS, op) for _, o in known for op in (ADD, REMOVE)}

    assert set(after.baseline.items()) <= known
    assert set(after.pending) <= set(ledger.pending) | shown


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_the_same_read_teaches_nothing_new(ledger: Ledger) -> None:
    sight = as_read(NOW, ALICE, owners=objects_of(ALICE), moderators=objects_of(ALICE))
    once = learn(ledger, sight)

    assert learn(once, sight) == once
