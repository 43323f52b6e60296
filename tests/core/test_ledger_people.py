"""What reads teach about people: baseline and missing, Webex, owners, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core import times
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
    answered,
    come_back,
    in_team,
    is_confirmed,
    learn,
    read_again,
    sending,
)
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
from tests.core.strategies import object_id, person

# Baseline and missing


def test_a_person_seen_on_both_sides_stays_in_the_baseline_when_removed_on_one() -> None:
    without = read_by(known(ALICE), NOW + times.DAY)

    assert without.baseline == {ALICE.person: ALICE.object}


def test_a_person_gone_from_both_sides_is_forgotten_after_two_reads_apart() -> None:
    once = read_by(known(ALICE), NOW, team=[])
    soon = read_by(once, NOW + APART - 1, team=[])
    twice = read_by(soon, NOW + APART, team=[])

    assert once.baseline == soon.baseline == {ALICE.person: ALICE.object}
    assert twice.baseline == {}
    assert twice.missing == {}


def test_a_person_who_is_back_in_between_is_not_forgotten() -> None:
    ledger = known(ALICE)
    for now, members in ((NOW, []), (NOW + 60_000, [ALICE]), (NOW + APART, [])):
        ledger = read_by(ledger, now, *members, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, MEMBERS) == NOW + APART
    assert since_missed(ledger, ALICE, WEBEX) == NOW


@pytest.mark.parametrize("side", [MEMBERS, WEBEX])
def test_an_absence_is_confirmed_by_a_read_apart_and_ended_by_a_presence(side: str) -> None:
    there, missed = ([], TEAM) if side == MEMBERS else ([ALICE], ())
    missing = Missing(*ALICE, side)
    ledger = read_by(known(ALICE), NOW, *there, team=missed)

    assert not is_confirmed(ledger, missing, NOW + APART - 1)
    assert is_confirmed(ledger, missing, NOW + APART)
    assert read_by(ledger, NOW + 60_000, ALICE).missing == {}


def test_a_person_who_left_webex_stays_known_while_in_the_group() -> None:
    both = known(ALICE)

    assert read_by(both, NOW + times.DAY, ALICE, team=[]).baseline == both.baseline


def test_a_person_whose_object_id_changed_keeps_the_pair_that_was_seen() -> None:
    changed = read_by(known(ALICE), NOW, ALICE, BOB, team=[Pair(ALICE.person, BOB.object)])

    assert changed.baseline == {ALICE.person: ALICE.object}


def test_who_was_exchanged_for_their_new_account_in_the_group_is_known_by_it() -> None:
    new = Pair(ALICE.person, object_id(7))
    once = read_by(known(ALICE), NOW, new, BOB, team=[new, BOB])
    twice = read_by(once, NOW + APART, new, BOB, team=[new, BOB])

    assert once.baseline[ALICE.person] == ALICE.object
    assert twice.baseline[ALICE.person] == new.object
    assert since_missed(twice, ALICE, MEMBERS) is None


def test_who_has_a_new_account_beside_the_old_one_in_the_group_is_known_by_the_old() -> None:
    new = Pair(ALICE.person, object_id(7))
    once = read_by(known(ALICE), NOW, ALICE, new, team=[new])

    assert read_by(once, NOW + AGE, ALICE, new, team=[new]).baseline == {ALICE.person: ALICE.object}


def test_two_reads_are_apart_from_the_end_of_the_one_to_the_beginning_of_the_other() -> None:
    slow = as_read(NOW, until=NOW + 90_000)
    ledger = learn(known(ALICE), slow)

    assert since_missed(ledger, ALICE, MEMBERS) == NOW + 90_000
    assert not is_confirmed(ledger, Missing(*ALICE, MEMBERS), NOW + APART)
    assert is_confirmed(ledger, Missing(*ALICE, MEMBERS), NOW + 90_000 + APART)


def test_another_account_of_the_same_principal_takes_its_place() -> None:
    """The person left the team, and came back with another Webex account."""
    other = Pair(person(9), ALICE.object)

    assert read_by(known(ALICE), NOW, ALICE, team=[other]).baseline == {other.person: other.object}


def test_an_unresolved_person_removed_in_microsoft_is_not_taken_for_new_later() -> None:
    both = known(ALICE)
    sight = as_read(NOW + times.DAY, team=[], unresolved={ALICE.person})

    assert learn(both, sight).baseline == both.baseline


# Webex, which shows what is


def test_whom_webex_shows_is_pending_no_more() -> None:
    ledger = read_by(written(ALICE, side=WEBEX), NOW + 30_000, ALICE, team=[ALICE])

    assert [p.side for p in ledger.pending.values()] == [MEMBERS]


def test_an_unheard_addition_to_the_team_that_webex_shows_is_as_good_as_answered() -> None:
    sent = sending(Ledger(), [ALICE], WEBEX, NOW)

    assert read_by(sent, NOW + 30_000, ALICE, team=[ALICE]) == read_by(
        answered(sent, [ALICE], WEBEX, NOW), NOW + 30_000, ALICE, team=[ALICE]
    )


def test_what_the_group_showed_before_an_unheard_addition_is_as_old_as_that() -> None:
    """Much later nobody is kept in the group by it, whom people have taken out meanwhile."""
    ledger = read_by(sending(Ledger(), [ALICE], WEBEX, NOW), NOW + times.HOUR, team=[ALICE])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, MEMBERS) == NOW + times.HOUR


def test_of_a_group_that_came_back_a_denied_write_of_long_ago_is_undone_by_somebody() -> None:
    """It would count as never made otherwise, and be made again."""
    away = come_back(written(ALICE), NOW + times.HOUR)
    ledger = read_by(away, NOW + times.HOUR, team=[ALICE])

    assert since_missed(ledger, ALICE, MEMBERS) == NOW + times.HOUR
    assert come_back(away, NOW + times.HOUR) == away
    assert come_back(written(ALICE), NOW + 60_000) == written(ALICE)


def test_an_unheard_removal_from_the_team_that_webex_shows_is_as_good_as_answered() -> None:
    """Else whoever is added again in Microsoft 365 would be taken for a person who left."""
    ledger = read_by(sending(known(ALICE), [ALICE], WEBEX, NOW, REMOVE), NOW + 30_000, team=[])

    assert ledger.baseline == {}
    assert ledger.awaited(MEMBERS, REMOVE) == {ALICE.object}


def test_an_unheard_removal_that_webex_has_denied_is_not_what_removes_them_later() -> None:
    """They left by themselves: known as before, so that nobody puts them back."""
    ledger = read_by(sending(known(ALICE), [ALICE], WEBEX, NOW, REMOVE), NOW + 30_000, ALICE)
    ledger = read_by(ledger, NOW + times.HOUR, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert ledger.pending == {}


def test_who_left_right_after_we_had_put_them_into_the_team_has_left() -> None:
    """An answered write to Webex is done: only a person can have undone it."""
    ledger = written(ALICE, side=WEBEX)
    for minutes in (5, 16):
        ledger = read_by(ledger, NOW + minutes * times.MINUTE, ALICE, team=[])

    assert ledger.baseline == {ALICE.person: ALICE.object}
    assert since_missed(ledger, ALICE, WEBEX) == NOW + 16 * times.MINUTE


def test_who_came_back_right_after_we_had_taken_them_out_is_in_the_team() -> None:
    ledger = written(ALICE, side=WEBEX, op=REMOVE, before=known(ALICE))
    for minutes in (5, 16):
        sight = as_read(NOW + minutes * times.MINUTE, team=[ALICE])
        ledger = learn(ledger, sight)

    assert in_team(ledger, sight) == {ALICE.person}
    assert ledger.baseline == {}


def test_who_comes_back_after_webex_has_shown_them_gone_is_believed_after_two_reads() -> None:
    ledger = written(ALICE, side=WEBEX, op=REMOVE, before=known(ALICE))
    ledger = read_by(ledger, NOW + 30_000, team=[])
    teams = []
    for seconds in (60, 180):
        sight = as_read(NOW + seconds * 1_000, team=[ALICE])
        ledger = learn(ledger, sight)
        teams.append(in_team(ledger, sight))

    assert teams == [frozenset(), {ALICE.person}]


# Owners


def test_owners_are_remembered_apart_from_members() -> None:
    ledger = written(ALICE, side=OWNERS)

    assert ledger.owners == {ALICE.object}
    assert ledger.awaited(OWNERS) == {ALICE.object}
    assert ledger.awaited(MEMBERS) == NOBODY
    assert ledger.baseline == {}


def test_an_owner_seen_in_the_group_is_remembered_if_we_know_the_person() -> None:
    stranger = Pair(person(99), object_id(99))
    ledger = learn(Ledger(), as_read(NOW, owners=objects_of(ALICE, stranger)))

    assert ledger.owners == {ALICE.object}


def test_a_disproved_owner_is_forgotten_so_that_the_write_is_repeated() -> None:
    ledger = written(ALICE, side=OWNERS)
    for minutes in (15, 18):
        ledger = learn(ledger, as_read(NOW + minutes * times.MINUTE, owners=NOBODY))

    assert ledger.owners == NOBODY
    assert ledger.pending == {}


def test_an_owner_who_left_is_forgotten_with_the_person() -> None:
    """Whoever comes back and moderates is made an owner again."""
    ledger = replace(known(ALICE), owners=objects_of(ALICE), led=objects_of(ALICE))
    ledger = written(ALICE, op=REMOVE, before=ledger)
    ledger = read_by(ledger, NOW + 1_000, team=[BOB])

    assert (ledger.owners, ledger.led) == (NOBODY, NOBODY)


def test_owners_that_were_not_read_judge_nothing() -> None:
    ledger = written(ALICE, side=OWNERS)

    assert read_by(ledger, NOW + times.DAY).pending == ledger.pending


def test_who_moderates_no_more_is_missed_while_an_owner() -> None:
    ledger = replace(known(ALICE), owners=objects_of(ALICE), led=objects_of(ALICE))
    missed = learn(ledger, as_read(NOW, ALICE))
    back = learn(missed, as_read(NOW + 60_000, ALICE, moderators=objects_of(ALICE)))
    removed = written(ALICE, side=OWNERS, op=REMOVE, before=missed)
    let_go = learn(removed, as_read(NOW + 60_000, ALICE, owners=NOBODY))

    assert since_missed(missed, ALICE, OWNERS) == NOW
    assert back.missing == {}
    assert let_go.missing == {}
    assert let_go.led == {ALICE.object}, "the creator is not made an owner again"


@pytest.mark.parametrize("ours", [True, False], ids=["by us", "by somebody else"])
def test_who_was_made_an_owner_by_somebody_else_is_not_missed_for_not_moderating(
    ours: bool,
) -> None:
    moderated = learn(known(ALICE), as_read(NOW, ALICE, moderators=objects_of(ALICE)))
    if ours:
        moderated = sending(moderated, [ALICE], OWNERS, NOW + 1_000)
    ledger = learn(moderated, as_read(NOW + 60_000, ALICE, owners=objects_of(ALICE)))

    assert ledger.owners == {ALICE.object}
    assert (since_missed(ledger, ALICE, OWNERS) is not None) is ours


def test_who_stops_owning_may_have_stopped_being_a_member_with_it() -> None:
    """Where the group has a team in Microsoft Teams. Nobody removed them: they are added again."""
    ledger = replace(known(ALICE), owners=objects_of(ALICE))
    for sent in (
        sending(ledger, [ALICE], OWNERS, NOW, REMOVE),
        written(ALICE, side=OWNERS, op=REMOVE, before=ledger),
    ):
        after = sent
        for minutes in (1, 5, 14):
            after = read_by(after, NOW + minutes * times.MINUTE)

        assert after.unheard(MEMBERS, ADD) == {ALICE.object}
        assert since_missed(after, ALICE, MEMBERS) is None


def test_who_moderated_when_perhaps_made_an_owner_is_remembered_while_away() -> None:
    """Whoever comes back without moderating is no owner because of us."""
    ledger = learn(Ledger(), as_read(NOW, BOB, ALICE, owners=NOBODY, moderators={ALICE.object}))
    ledger = replace(sending(ledger, [ALICE], OWNERS, NOW), baseline={BOB.person: BOB.object})
    ledger = learn(ledger, as_read(NOW + 60_000, BOB, team=[BOB], owners=NOBODY))
    back = as_read(NOW + times.DAY, BOB, ALICE, owners={ALICE.object})

    assert since_missed(learn(ledger, back), ALICE, OWNERS) == NOW + times.DAY


# Refused by an administrator


def _refused(side: str, op: str) -> Ledger:
    return replace(known(ALICE), refused=frozenset({Change(*ALICE, side, op)}))


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
        (WEBEX, ADD, [], [BOB], True),
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
    """One read may be a replica's that is behind."""
    before = _refused(side, op)
    once, soon, later = (
        learn(before, as_read(now, *members, team=team, owners=NOBODY))
        for now in (NOW, NOW + APART - 1, NOW + APART)
    )
    again = as_read(NOW + APART, *members, team=team, owners=NOBODY)

    assert once.refused == soon.refused == later.refused == before.refused
    assert learn(once, again).refused == (frozenset() if over else before.refused)


def test_a_refusal_that_one_read_does_not_find_is_remembered_anew() -> None:
    ledger = _refused(MEMBERS, ADD)
    for now, team in ((NOW, [BOB]), (NOW + 60_000, TEAM), (NOW + APART, [BOB])):
        ledger = learn(ledger, as_read(now, team=team, owners=NOBODY))

    assert ledger.refused == _refused(MEMBERS, ADD).refused
    assert [*ledger.over.values()] == [NOW + APART]


def test_a_refusal_about_owners_waits_until_they_are_read() -> None:
    assert read_by(_refused(OWNERS, REMOVE), NOW, ALICE).refused


# When to read again


@pytest.mark.parametrize(
    ("ledger", "at"),
    [
        (Ledger(), None),
        (sending(Ledger(), [ALICE], MEMBERS, NOW), times.GAP),
        (written(ALICE), AGE),
        (read_by(written(ALICE), NOW, ALICE), None),
        (read_by(read_by(written(ALICE), NOW, ALICE), NOW), BEHIND),
        (read_by(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW), AGE),
        (read_by(sending(Ledger(), [ALICE], MEMBERS, NOW), NOW, ALICE), AGE),
        (
            read_by(
                read_by(written(ALICE, side=WEBEX, op=REMOVE), NOW, team=[]), NOW, team=[ALICE]
            ),
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
