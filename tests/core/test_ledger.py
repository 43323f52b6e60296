from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings

from shared.core import times
from shared.core.ids import ObjectId
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
    Pending,
    Sight,
    answered,
    in_group,
    in_team,
    is_confirmed,
    learn,
    read_again,
    refused,
    sending,
)
from shared.core.ledger_codec import pack, unpack
from tests.core.strategies import ledgers, object_id, person

NOW = 1_700_000_000_000
ALICE = Pair(person(1), object_id(1))
BOB = Pair(person(2), object_id(2))
NOBODY: frozenset[ObjectId] = frozenset()
TEAM = (ALICE, BOB)
APART = times.MISSING_APART
BEHIND = times.REPLICAS_APART
AGE = times.CONTRADICTION_AGE


def _written(
    *pairs: Pair, side: str = MEMBERS, op: str = ADD, now: int = NOW, before: Ledger | None = None
) -> Ledger:
    return answered(sending(before or Ledger(), pairs, side, now, op), pairs, side, now, op)


def _sight(now: int, *members: Pair, team: Iterable[Pair] = TEAM, **facts: object) -> Sight:
    fields = {"mapped": {p.person: p.object for p in team}, "members": _objects(*members), **facts}
    return Sight(now, **fields)  # type: ignore[arg-type]


def _read(ledger: Ledger, now: int, *members: Pair, team: Iterable[Pair] = TEAM) -> Ledger:
    return learn(ledger, _sight(now, *members, team=team))


def _objects(*pairs: Pair) -> frozenset[ObjectId]:
    return frozenset(p.object for p in pairs)


def _known(*pairs: Pair) -> Ledger:
    """Both sides have long known them."""
    return Ledger({p.person: p.object for p in pairs})


def _missed(ledger: Ledger, pair: Pair, side: str) -> int | None:
    return ledger.missing.get(Missing(pair.person, pair.object, side))


# Rows


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
    ledger = _read(_written(ALICE), NOW + 1_000)

    assert ledger.awaited(MEMBERS) == {ALICE.object}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert ledger.missing == {}


@pytest.mark.parametrize("op", [ADD, REMOVE])
def test_what_was_seen_overrides_replicas_that_are_further_behind(op: str) -> None:
    """Else two of them, two minutes apart, would count as somebody's change."""
    before = Ledger() if op == ADD else _known(ALICE)
    team = [ALICE] if op == ADD else []
    fresh, stale = ([ALICE], []) if op == ADD else ([], [ALICE])
    ledger = _read(_written(ALICE, op=op, before=before), NOW + 1_000, *fresh, team=team)
    for now in (NOW + 60_000, NOW + 200_000, NOW + BEHIND - 1_000):
        sight = _sight(now, *stale, team=team)
        ledger = learn(ledger, sight)
        assert in_group(ledger, sight) == _objects(*fresh)

    assert ledger.baseline == {p.person: p.object for p in fresh}
    assert ledger.missing == {}


def test_what_was_seen_and_is_old_overrides_nothing() -> None:
    """Then a person who is not there was taken out by somebody: the first of two reads."""
    ledger = _read(_written(ALICE), NOW + 1_000, ALICE)
    ledger = _read(ledger, NOW + BEHIND)

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, MEMBERS) == NOW + BEHIND


def test_what_is_seen_once_it_is_old_is_pending_no_more() -> None:
    ledger = _read(_written(ALICE), NOW + BEHIND, ALICE)

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}


def test_two_reads_apart_and_late_enough_contradict_what_was_never_seen() -> None:
    once = _read(_written(ALICE), NOW + AGE)
    twice = _read(once, NOW + AGE + times.CONTRADICTION_APART)

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
    once = _read(_written(ALICE), NOW + first)

    assert _read(once, NOW + second) == once


def test_running_out_never_counts_as_a_persons_change() -> None:
    """Whoever was never seen is added again, not taken for removed in Microsoft 365."""
    ledger = _written(ALICE)
    for minutes in range(0, 60, 5):
        ledger = _read(ledger, NOW + minutes * times.MINUTE)

    assert ledger.pending == {}
    assert ALICE.person not in ledger.baseline


def test_a_removal_that_runs_out_is_wanted_again() -> None:
    ledger = _written(ALICE, op=REMOVE, before=_known(ALICE))
    for minutes in (1, 16):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, ALICE, team=[])

    assert ledger.pending == {}
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, WEBEX)


# A write to the group of which nothing was heard


def test_a_write_that_was_not_answered_is_remembered_and_not_counted_on() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)

    assert ledger.pending
    assert ledger.baseline == {}
    assert ledger.awaited(MEMBERS) == NOBODY
    assert ledger.unheard(MEMBERS) == {ALICE.object}


def test_an_unheard_addition_that_a_read_shows_is_ours() -> None:
    """The person left meanwhile: they are known, so they are not taken for added by somebody."""
    ledger = _read(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW + 60_000, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, WEBEX) == NOW + 60_000


@pytest.mark.parametrize("op", [ADD, REMOVE])
def test_nobody_is_missed_in_the_group_while_a_write_is_unheard(op: str) -> None:
    """Whoever was taken out and came back, and whose addition is unheard: an old replica shows
    them, the next ones do not. Nobody has removed them."""
    ledger = sending(_known(ALICE), [ALICE], MEMBERS, NOW, op)
    for minutes, members in ((1, [ALICE]), (2, []), (5, []), (14, [])):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, *members)

    assert _missed(ledger, ALICE, MEMBERS) is None
    assert ledger.unheard(MEMBERS) == {ALICE.object}


@pytest.mark.parametrize(("op", "known"), [(ADD, True), (REMOVE, False)])
def test_an_unheard_write_that_is_shown_when_it_is_old_has_landed(op: str, known: bool) -> None:
    there = [ALICE] if op == ADD else []
    before = _known() if op == ADD else _known(ALICE)
    ledger = _read(sending(before, [ALICE], MEMBERS, NOW, op), NOW + AGE, *there, team=there)

    assert ledger.pending == {}
    assert (ALICE.person in ledger.baseline) is known


def test_what_landed_ends_the_opposite_write_too() -> None:
    """The addition of long ago must not put the person into the group again, once the removal has
    landed unheard: they would be taken for somebody's addition."""
    added = _read(_written(ALICE), NOW + 1_000, ALICE)
    removed = sending(added, [ALICE], MEMBERS, NOW + times.HOUR, REMOVE)
    sight = _sight(NOW + times.HOUR + AGE, team=[])
    ledger = learn(removed, sight)

    assert ledger.pending == {}
    assert in_group(ledger, sight) == NOBODY


def test_an_unheard_write_that_two_late_reads_deny_was_never_made() -> None:
    ledger = sending(_known(ALICE), [ALICE], MEMBERS, NOW, REMOVE)
    for minutes in (1, 16):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, ALICE)

    assert ledger == _known(ALICE)


def test_an_unanswered_write_of_a_person_who_left_does_not_stay_for_ever() -> None:
    """Nobody sends it again, so two late reads without it end it; else every look made another."""
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 16, 19):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, team=[])

    assert ledger.pending == {}
    assert ledger.baseline == {}


def test_an_unanswered_write_is_not_given_up_early() -> None:
    ledger = sending(Ledger(), [ALICE], MEMBERS, NOW)
    for minutes in (1, 5, 14):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, team=[])

    assert list(ledger.pending) == [(ALICE.object, MEMBERS, "add")]
    assert ledger.awaited(MEMBERS) == NOBODY


def test_until_it_is_answered_the_opposite_write_counts() -> None:
    """A removal that was answered, and an addition that nobody heard of: they are out as before,
    whatever a replica shows, and the addition is sent again."""
    out = _written(ALICE, op=REMOVE, before=_known(ALICE))
    sent = sending(out, [ALICE], MEMBERS, NOW + 60_000)
    heard = answered(sent, [ALICE], MEMBERS, NOW + 61_000)
    sight = _sight(NOW + 90_000, ALICE)

    assert in_group(learn(sent, sight), sight) == NOBODY
    assert in_group(learn(heard, sight), sight) == {ALICE.object}
    assert [p.op for p in heard.pending.values()] == [ADD]


def test_a_refused_write_is_under_way_no_more() -> None:
    ledger = refused(sending(Ledger(), [ALICE, BOB], MEMBERS, NOW), [ALICE], MEMBERS)

    assert [p.object for p in ledger.pending.values()] == [BOB.object]


def test_a_refused_repetition_leaves_the_first_one_unheard() -> None:
    """The first removal may have landed: then it was not somebody else who took them out."""
    ledger = _read(sending(_known(ALICE), [ALICE], MEMBERS, NOW, REMOVE), NOW + 30_000)
    again = sending(ledger, [ALICE], MEMBERS, NOW + 31_000, REMOVE)
    ledger = refused(again, [ALICE], MEMBERS, REMOVE)
    for minutes in (1, 5):
        ledger = _read(ledger, NOW + minutes * times.MINUTE)

    assert ledger.unheard(MEMBERS, REMOVE) == {ALICE.object}
    assert _missed(ledger, ALICE, MEMBERS) is None


# What replicas have shown of people's own changes


def test_a_pair_that_is_new_on_both_sides_is_not_missed_by_replicas_that_are_behind() -> None:
    ledger = _read(Ledger(), NOW, ALICE)
    for minutes in (1, 4, 9):
        ledger = _read(ledger, NOW + minutes * times.MINUTE)
    assert ledger.missing == {}

    ledger = _read(ledger, NOW + BEHIND)
    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, MEMBERS) == NOW + BEHIND


def test_whom_we_put_into_the_team_is_not_missed_in_the_group_by_replicas_that_are_behind() -> None:
    """They came from the group, where somebody has just added them."""
    ledger = _written(ALICE, side=WEBEX)
    for minutes in (1, 4, 9):
        ledger = _read(ledger, NOW + minutes * times.MINUTE)

    assert ledger.missing == {}


def test_whom_we_took_out_of_the_team_is_not_seen_in_the_group_by_replicas_that_are_behind() -> (
    None
):
    """Else they would be taken for added by somebody, and put back into the team."""
    ledger = _written(ALICE, side=WEBEX, op=REMOVE, before=_known(ALICE))
    sights = [_sight(NOW + m * times.MINUTE, ALICE, team=[]) for m in (1, 4, 9, 10)]
    shown = []
    for sight in sights:
        ledger = learn(ledger, sight)
        shown.append(in_group(ledger, sight))

    assert shown == [NOBODY, NOBODY, NOBODY, {ALICE.object}]
    assert ledger.baseline == {}


def test_who_is_gone_from_both_sides_is_not_seen_in_the_group_by_replicas_that_are_behind() -> None:
    ledger = _read(_read(_known(ALICE), NOW, team=[]), NOW + APART, team=[])
    sight = _sight(NOW + 2 * APART, ALICE, team=[])
    ledger = learn(ledger, sight)

    assert ledger.baseline == {}
    assert in_group(ledger, sight) == NOBODY


# Baseline and missing


def test_a_person_seen_on_both_sides_stays_in_the_baseline_when_removed_on_one() -> None:
    without = _read(_known(ALICE), NOW + times.DAY)

    assert without.baseline == {ALICE.person: ALICE.object}


def test_a_person_gone_from_both_sides_is_forgotten_after_two_reads_apart() -> None:
    once = _read(_known(ALICE), NOW, team=[])
    soon = _read(once, NOW + APART - 1, team=[])
    twice = _read(soon, NOW + APART, team=[])

    assert once.baseline == soon.baseline == {ALICE.person: ALICE.object}
    assert twice.baseline == {}
    assert twice.missing == {}


def test_a_person_who_is_back_in_between_is_not_forgotten() -> None:
    ledger = _known(ALICE)
    for now, members in ((NOW, []), (NOW + 60_000, [ALICE]), (NOW + APART, [])):
        ledger = _read(ledger, now, *members, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, MEMBERS) == NOW + APART
    assert _missed(ledger, ALICE, WEBEX) == NOW


@pytest.mark.parametrize("side", [MEMBERS, WEBEX])
def test_an_absence_is_confirmed_by_a_read_apart_and_ended_by_a_presence(side: str) -> None:
    there, missed = ([], TEAM) if side == MEMBERS else ([ALICE], ())
    missing = Missing(*ALICE, side)
    ledger = _read(_known(ALICE), NOW, *there, team=missed)

    assert not is_confirmed(ledger, missing, NOW + APART - 1)
    assert is_confirmed(ledger, missing, NOW + APART)
    assert _read(ledger, NOW + 60_000, ALICE).missing == {}


def test_a_person_who_left_webex_stays_known_while_in_the_group() -> None:
    both = _known(ALICE)

    assert _read(both, NOW + times.DAY, ALICE, team=[]).baseline == both.baseline


def test_a_person_whose_object_id_changed_keeps_the_pair_that_was_seen() -> None:
    changed = _read(_known(ALICE), NOW, ALICE, BOB, team=[Pair(ALICE.person, BOB.object)])

    assert changed.baseline == {ALICE.person: ALICE.object}


def test_who_was_exchanged_for_their_new_account_in_the_group_is_known_by_it() -> None:
    new = Pair(ALICE.person, object_id(7))
    once = _read(_known(ALICE), NOW, new, BOB, team=[new, BOB])
    twice = _read(once, NOW + APART, new, BOB, team=[new, BOB])

    assert once.baseline[ALICE.person] == ALICE.object
    assert twice.baseline[ALICE.person] == new.object
    assert _missed(twice, ALICE, MEMBERS) is None


def test_who_has_a_new_account_beside_the_old_one_in_the_group_is_known_by_the_old() -> None:
    new = Pair(ALICE.person, object_id(7))
    once = _read(_known(ALICE), NOW, ALICE, new, team=[new])

    assert _read(once, NOW + AGE, ALICE, new, team=[new]).baseline == {ALICE.person: ALICE.object}


def test_two_reads_are_apart_from_the_end_of_the_one_to_the_beginning_of_the_other() -> None:
    slow = _sight(NOW, until=NOW + 90_000)
    ledger = learn(_known(ALICE), slow)

    assert _missed(ledger, ALICE, MEMBERS) == NOW + 90_000
    assert not is_confirmed(ledger, Missing(*ALICE, MEMBERS), NOW + APART)
    assert is_confirmed(ledger, Missing(*ALICE, MEMBERS), NOW + 90_000 + APART)


def test_another_account_of_the_same_principal_takes_its_place() -> None:
    """The person left the team, and came back with another Webex account."""
    other = Pair(person(9), ALICE.object)

    assert _read(_known(ALICE), NOW, ALICE, team=[other]).baseline == {other.person: other.object}


def test_an_unresolved_person_removed_in_microsoft_is_not_taken_for_new_later() -> None:
    both = _known(ALICE)
    sight = _sight(NOW + times.DAY, team=[], unresolved={ALICE.person})

    assert learn(both, sight).baseline == both.baseline


# Webex, which shows what is


def test_whom_webex_shows_is_pending_no_more() -> None:
    ledger = _read(_written(ALICE, side=WEBEX), NOW + 30_000, ALICE, team=[ALICE])

    assert [p.side for p in ledger.pending.values()] == [MEMBERS]


def test_an_unheard_addition_to_the_team_that_webex_shows_is_as_good_as_answered() -> None:
    sent = sending(Ledger(), [ALICE], WEBEX, NOW)

    assert _read(sent, NOW + 30_000, ALICE, team=[ALICE]) == _read(
        answered(sent, [ALICE], WEBEX, NOW + 30_000), NOW + 30_000, ALICE, team=[ALICE]
    )


def test_an_unheard_removal_from_the_team_that_webex_shows_is_as_good_as_answered() -> None:
    """Else whoever is added again in Microsoft 365 would be taken for a person who left."""
    ledger = _read(sending(_known(ALICE), [ALICE], WEBEX, NOW, REMOVE), NOW + 30_000, team=[])

    assert ledger.baseline == {}
    assert ledger.awaited(MEMBERS, REMOVE) == {ALICE.object}


def test_an_unheard_removal_that_webex_has_denied_is_not_what_removes_them_later() -> None:
    """They left by themselves: known as before, so that nobody puts them back."""
    ledger = _read(sending(_known(ALICE), [ALICE], WEBEX, NOW, REMOVE), NOW + 30_000, ALICE)
    ledger = _read(ledger, NOW + times.HOUR, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert ledger.pending == {}


def test_who_left_right_after_we_had_put_them_into_the_team_has_left() -> None:
    """An answered write to Webex is done: only a person can have undone it."""
    ledger = _written(ALICE, side=WEBEX)
    for minutes in (5, 16):
        ledger = _read(ledger, NOW + minutes * times.MINUTE, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert _missed(ledger, ALICE, WEBEX) == NOW + 16 * times.MINUTE


def test_who_came_back_right_after_we_had_taken_them_out_is_in_the_team() -> None:
    ledger = _written(ALICE, side=WEBEX, op=REMOVE, before=_known(ALICE))
    for minutes in (5, 16):
        sight = _sight(NOW + minutes * times.MINUTE, team=[ALICE])
        ledger = learn(ledger, sight)

    assert in_team(ledger, sight) == {ALICE.person}
    assert ledger.baseline == {}


def test_who_comes_back_after_webex_has_shown_them_gone_is_believed_after_two_reads() -> None:
    ledger = _written(ALICE, side=WEBEX, op=REMOVE, before=_known(ALICE))
    ledger = _read(ledger, NOW + 30_000, team=[])
    teams = []
    for seconds in (60, 180):
        sight = _sight(NOW + seconds * 1_000, team=[ALICE])
        ledger = learn(ledger, sight)
        teams.append(in_team(ledger, sight))

    assert teams == [frozenset(), {ALICE.person}]


# Owners


def test_owners_are_remembered_apart_from_members() -> None:
    ledger = _written(ALICE, side=OWNERS)

    assert ledger.owners == {ALICE.object}
    assert ledger.awaited(OWNERS) == {ALICE.object}
    assert ledger.awaited(MEMBERS) == NOBODY
    assert ledger.baseline == {}


def test_an_owner_seen_in_the_group_is_remembered_if_we_know_the_person() -> None:
    stranger = Pair(person(99), object_id(99))
    ledger = learn(Ledger(), _sight(NOW, owners=_objects(ALICE, stranger)))

    assert ledger.owners == {ALICE.object}


def test_a_disproved_owner_is_forgotten_so_that_the_write_is_repeated() -> None:
    ledger = _written(ALICE, side=OWNERS)
    for minutes in (15, 18):
        ledger = learn(ledger, _sight(NOW + minutes * times.MINUTE, owners=NOBODY))

    assert ledger.owners == NOBODY
    assert ledger.pending == {}


def test_an_owner_who_left_is_forgotten_with_the_person() -> None:
    """Whoever comes back and moderates is made an owner again."""
    ledger = replace(_known(ALICE), owners=_objects(ALICE), led=_objects(ALICE))
    ledger = _written(ALICE, op=REMOVE, before=ledger)
    ledger = _read(ledger, NOW + 1_000, team=[BOB])

    assert (ledger.owners, ledger.led) == (NOBODY, NOBODY)


def test_owners_that_were_not_read_judge_nothing() -> None:
    ledger = _written(ALICE, side=OWNERS)

    assert _read(ledger, NOW + times.DAY).pending == ledger.pending


def test_who_moderates_no_more_is_missed_while_an_owner() -> None:
    ledger = replace(_known(ALICE), owners=_objects(ALICE), led=_objects(ALICE))
    missed = learn(ledger, _sight(NOW, ALICE))
    back = learn(missed, _sight(NOW + 60_000, ALICE, moderators=_objects(ALICE)))
    removed = _written(ALICE, side=OWNERS, op=REMOVE, before=missed)
    let_go = learn(removed, _sight(NOW + 60_000, ALICE, owners=NOBODY))

    assert _missed(missed, ALICE, OWNERS) == NOW
    assert back.missing == {}
    assert let_go.missing == {}
    assert let_go.led == {ALICE.object}, "the creator is not made an owner again"


@pytest.mark.parametrize("ours", [True, False], ids=["by us", "by somebody else"])
def test_who_was_made_an_owner_by_somebody_else_is_not_missed_for_not_moderating(
    ours: bool,
) -> None:
    moderated = learn(_known(ALICE), _sight(NOW, ALICE, moderators=_objects(ALICE)))
    if ours:
        moderated = sending(moderated, [ALICE], OWNERS, NOW + 1_000)
    ledger = learn(moderated, _sight(NOW + 60_000, ALICE, owners=_objects(ALICE)))

    assert ledger.owners == {ALICE.object}
    assert (_missed(ledger, ALICE, OWNERS) is not None) is ours


def test_who_stops_owning_may_have_stopped_being_a_member_with_it() -> None:
    """Where the group has a team in Microsoft Teams. Nobody removed them: they are added again."""
    ledger = replace(_known(ALICE), owners=_objects(ALICE))
    for sent in (
        sending(ledger, [ALICE], OWNERS, NOW, REMOVE),
        _written(ALICE, side=OWNERS, op=REMOVE, before=ledger),
    ):
        after = sent
        for minutes in (1, 5, 14):
            after = _read(after, NOW + minutes * times.MINUTE)

        assert after.unheard(MEMBERS, ADD) == {ALICE.object}
        assert _missed(after, ALICE, MEMBERS) is None


# Refused by an administrator


def _refused(side: str, op: str) -> Ledger:
    return replace(_known(ALICE), refused=frozenset({Change(*ALICE, side, op)}))


@pytest.mark.parametrize(
    ("side", "op", "members", "team", "over"),
    [
        (MEMBERS, ADD, [], TEAM, False),
        (MEMBERS, ADD, [ALICE], TEAM, True),
        (MEMBERS, ADD, [], [BOB], True),
        (MEMBERS, REMOVE, [ALICE], [BOB], False),
        (MEMBERS, REMOVE, [ALICE], TEAM, True),
        (WEBEX, ADD, [ALICE], [BOB], False),
        (WEBEX, ADD, [ALICE], TEAM, True),
        (WEBEX, REMOVE, [], TEAM, False),
        (WEBEX, REMOVE, [ALICE], TEAM, True),
        (OWNERS, ADD, [ALICE], TEAM, False),
        (OWNERS, ADD, [ALICE], [BOB], True),
        (OWNERS, REMOVE, [ALICE], TEAM, True),
    ],
)
def test_a_refusal_is_remembered_while_the_sides_disagree(
    side: str, op: str, members: list[Pair], team: list[Pair], over: bool
) -> None:
    ledger = learn(_refused(side, op), _sight(NOW, *members, team=team, owners=NOBODY))

    assert ledger.refused == (frozenset() if over else _refused(side, op).refused)


def test_a_refusal_about_owners_waits_until_they_are_read() -> None:
    assert _read(_refused(OWNERS, REMOVE), NOW, ALICE).refused


# When to read again


@pytest.mark.parametrize(
    ("ledger", "at"),
    [
        (Ledger(), None),
        (sending(Ledger(), [ALICE], MEMBERS, NOW), times.GAP),
        (_written(ALICE), AGE),
        (_read(_written(ALICE), NOW, ALICE), None),
        (_read(_read(_written(ALICE), NOW, ALICE), NOW), BEHIND),
        (_read(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW), AGE),
        (_read(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW, ALICE), AGE),
        (
            _read(_read(_written(ALICE, side=WEBEX, op=REMOVE), NOW, team=[]), NOW, team=[ALICE]),
            times.CONTRADICTION_APART,
        ),
    ],
    ids=[
        "nothing is pending",
        "unheard: it is sent again",
        "answered, and not seen",
        "seen",
        "seen, and denied since",
        "unheard, and denied",
        "unheard, and seen",
        "Webex has shown it, and denies it",
    ],
)
def test_when_our_writes_are_read_for_again(ledger: Ledger, at: int | None) -> None:
    assert read_again(ledger, NOW) == (None if at is None else NOW + at)


# In general


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_a_read_never_invents_a_pair(ledger: Ledger) -> None:
    after = learn(ledger, _sight(NOW, ALICE, owners=NOBODY))
    known = set(ledger.baseline.items()) | {(ALICE.person, ALICE.object)}
    known |= {(p.person, p.object) for p in ledger.pending.values()}
    shown = {(o, MEMBERS, op) for _, o in known for op in (ADD, REMOVE)}

    assert set(after.baseline.items()) <= known
    assert set(after.pending) <= set(ledger.pending) | shown


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_the_same_read_teaches_nothing_new(ledger: Ledger) -> None:
    sight = _sight(NOW, ALICE, owners=_objects(ALICE), moderators=_objects(ALICE))
    once = learn(ledger, sight)

    assert learn(once, sight) == once
