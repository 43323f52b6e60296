"""The state machine of the look row, driven in any order by workers, nudges and the clock."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.core import times
from shared.core.look import Look, begin, fail, finish, leased, park, renew, want
from shared.core.telling import NOTHING, Telling, look_for, without_met
from tests.core.strategies import object_id

NOW = 1_700_000_000_000
BOB = object_id(1)


class OneTeam(RuleBasedStateMachine):
    """One row, some workers and somebody who wants looks. `owed` is what nobody answered yet.

    urgent: the look that is to come is no background work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.row = Look("space")
        self.owners = 0
        self.holder = ""
        self.wanted_at_begin = 0
        self.owed = False
        self.whole_owed = False
        self.urgent = False

    def holds(self) -> bool:
        return bool(self.holder) and self.row.lease_owner == self.holder

    @rule(ms=st.sampled_from([1, 999, 5_000, 29_999, 30_000, 59_999, 60_001, 86_400_001]))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @rule(
        later=st.sampled_from([None, 0, 10_000, 3_600_000]), low=st.booleans(), whole=st.booleans()
    )
    def somebody_wants_a_look(self, later: int | None, low: bool, whole: bool) -> None:
        before = self.row
        when = None if later is None else self.now + later
        self.row = want(before, self.now, when, low=low, whole=whole)
        if before.parked:
            assert self.row == before
            return
        assert self.row.wanted == before.wanted + 1
        assert leased(before, self.now) or self.row.ready is not None
        if before.last and before.ready is None and not leased(before, self.now):
            assert self.row.ready is not None
            assert self.row.ready >= before.last + times.GAP
        self.owed = True
        self.whole_owed = self.whole_owed or whole
        self.urgent = self.urgent or not low

    @rule()
    def a_worker_comes(self) -> None:
        self.owners += 1
        taken = begin(self.row, self.now, f"worker-{self.owners}", epoch=1)
        if taken is None:
            return
        assert not leased(self.row, self.now), "a lease was taken twice"
        assert not self.row.parked
        assert taken.tries == self.row.tries + 1
        assert taken.at == taken.ready == taken.lease_until == self.now + times.LEASE
        self.row, self.holder = taken, f"worker-{self.owners}"
        self.wanted_at_begin, self.owed = taken.wanted, False

    @precondition(lambda self: self.holds())
    @rule()
    def the_worker_renews(self) -> None:
        self.row = renew(self.row, self.now)
        assert leased(self.row, self.now)

    @precondition(lambda self: self.holds())
    @rule(
        following=st.sampled_from([None, 0, 10_000, 86_400_000]),
        done=st.booleans(),
        low=st.booleans(),
    )
    def the_worker_finishes(self, following: int | None, done: bool, low: bool) -> None:
        asked = self.row.wanted != self.wanted_at_begin
        moment = None if following is None else self.now + following
        self.row = finish(self.row, self.now, moment, self.wanted_at_begin, done=done, low=low)
        assert self.row.low == (low and not asked)
        self.holder, self.urgent = "", self.row.ready is not None and not self.row.low
        self.whole_owed = self.whole_owed and (asked or not done)
        assert self.row.tries == 0
        if asked:
            assert self.row.at is not None
            assert self.row.at <= self.now + times.GAP
        else:
            assert self.row.at == moment

    @precondition(lambda self: self.holds())
    @rule()
    def the_worker_fails(self) -> None:
        tries = self.row.tries
        self.row, dead = fail(self.row, self.now)
        self.holder, self.owed = "", True
        assert dead == (tries >= times.TRIES)
        assert self.row.at is not None
        assert self.row.at > self.now

    @precondition(lambda self: not self.row.parked and self.row.at is not None)
    @rule()
    def watch_nudges(self) -> None:
        if self.row.at is not None and self.row.at <= self.now:
            self.row = replace(self.row, at=self.now + times.NUDGE_PAUSE)

    @rule()
    def it_is_parked(self) -> None:
        if not self.holds():
            self.row, self.holder, self.owed = park(self.row), "", False
            self.urgent = False

    @precondition(lambda self: self.row.parked)
    @rule()
    def it_is_taken_out_again(self) -> None:
        self.row = replace(self.row, parked=False)

    @invariant()
    def who_is_wanted_or_leased_is_due_by_itself(self) -> None:
        if self.row.parked:
            assert self.row.at is None
            assert self.row.ready is None
        elif self.owed or self.row.lease_owner:
            assert self.row.at is not None
            assert self.row.ready is not None

    @invariant()
    def the_whole_team_is_wanted_until_a_look_has_done_it(self) -> None:
        assert self.row.whole == self.whole_owed

    @invariant()
    def what_somebody_asked_for_is_no_background_work(self) -> None:
        assert not (self.urgent and self.row.low)

    @invariant()
    def due_and_ready_come_together(self) -> None:
        assert (self.row.at is None) == (self.row.ready is None)


TestOneTeam = OneTeam.TestCase
TestOneTeam.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_wish_makes_a_fresh_row_due_now() -> None:
    row = want(Look("space"), NOW)

    assert (row.at, row.ready, row.wanted) == (NOW, NOW, 1)


def test_a_wish_never_moves_a_look_further_away() -> None:
    row = want(Look("space", at=NOW - 5, ready=NOW - 5), NOW, NOW + times.HOUR)

    assert (row.at, row.ready) == (NOW - 5, NOW - 5)


def test_five_hundred_changes_cost_one_look_a_gap() -> None:
    row, looks = Look("space", last=NOW), 0
    for number in range(500):
        now = NOW + number * 100
        row = want(row, now)
        taken = begin(row, now, "w", 1)
        if taken:
            looks += 1
            row = finish(taken, now, None, taken.wanted)

    assert looks == 1
    assert row.at is not None


def test_nobody_takes_a_lease_that_is_held() -> None:
    row = begin(want(Look("space"), NOW), NOW, "first", 1)
    assert row

    assert begin(row, NOW + times.LEASE - 1, "second", 1) is None
    assert begin(row, NOW + times.LEASE, "second", 1) is not None


def test_a_look_is_not_begun_before_its_time() -> None:
    row = want(Look("space"), NOW, NOW + 5_000)

    assert begin(row, NOW + 4_999, "w", 1) is None
    assert begin(row, NOW + 5_000, "w", 1) is not None


def test_a_nudge_on_its_way_does_not_keep_the_worker_out() -> None:
    row = replace(want(Look("space"), NOW), at=NOW + times.NUDGE_PAUSE)

    assert begin(row, NOW, "w", 1) is not None


def test_tries_grow_to_a_dead_letter_at_the_fifth() -> None:
    row, now = want(Look("space"), NOW), NOW
    pauses, verdicts = [], []
    for _ in range(5):
        taken = begin(row, now, "w", 1)
        assert taken
        row, dead = fail(taken, now)
        assert row.at is not None
        pauses.append(row.at - now)
        verdicts.append(dead)
        now = row.at

    assert verdicts == [False, False, False, False, True]
    assert pauses == [60_000, 120_000, 240_000, 480_000, times.DAY]
    assert row.tries == 0


def test_wishes_right_after_a_failure_do_not_burn_the_tries() -> None:
    taken = begin(want(Look("space"), NOW), NOW, "w", 1)
    assert taken
    row = want(fail(taken, NOW)[0], NOW + 1)

    assert begin(row, NOW + 1, "w", 1) is None
    assert row.at == NOW + times.GAP


def test_a_background_wish_makes_an_idle_team_due_at_low_priority() -> None:
    row = want(Look("space", last=NOW), NOW + times.HOUR, low=True)

    assert row.low


def test_a_persons_wish_lifts_the_priority_and_a_background_one_does_not_lower_it() -> None:
    waiting = want(Look("space", last=NOW), NOW + times.HOUR, low=True)

    assert not want(waiting, NOW + times.HOUR).low
    assert not want(want(Look("space"), NOW), NOW, low=True).low


def test_the_look_after_this_one_is_background_work_if_nobody_asked_meanwhile() -> None:
    taken = begin(want(Look("space"), NOW), NOW, "w", 1)
    assert taken
    week = NOW + 7 * times.DAY
    weekly = finish(taken, NOW, week, taken.wanted, low=True)
    asked = finish(want(taken, NOW, low=True), NOW, week, taken.wanted, low=True)

    assert (weekly.low, weekly.at) == (True, week)
    assert (asked.low, asked.at) == (False, NOW + times.GAP)
    assert not finish(taken, NOW, week, taken.wanted).low
    assert not want(weekly, NOW + times.HOUR).low
    assert want(weekly, NOW + times.HOUR, low=True).low


def test_a_parked_team_is_left_alone() -> None:
    row = park(want(Look("space"), NOW))

    assert want(row, NOW) == row
    assert begin(row, NOW, "w", 1) is None


def test_a_team_that_was_given_up_on_is_dead_until_a_look_succeeds() -> None:
    taken = begin(replace(want(Look("space"), NOW), tries=times.TRIES - 1), NOW, "w", 1)
    assert taken
    row, _ = fail(taken, NOW)
    assert row.dead
    later = NOW + times.DAY
    again = begin(row, later, "w", 1)
    assert again

    assert finish(again, later, None, again.wanted).dead
    assert not finish(again, later, None, again.wanted, done=True).dead


def test_no_wish_and_no_further_failure_brings_a_team_back_to_life() -> None:
    row = want(Look("space", dead=True), NOW)
    taken = begin(row, NOW, "w", 1)
    assert taken
    again, given_up = fail(taken, NOW)

    assert row.dead
    assert taken.dead
    assert again.dead
    assert not given_up


def test_a_failure_that_is_not_the_last_gives_nobody_up() -> None:
    taken = begin(want(Look("space"), NOW), NOW, "w", 1)
    assert taken

    assert not fail(taken, NOW)[0].dead


def test_a_wish_for_the_whole_team_outlasts_lesser_ones() -> None:
    row = want(want(Look("space"), NOW, whole=True), NOW)

    assert row.whole
    assert not want(Look("space"), NOW).whole


def test_the_whole_team_is_wanted_until_a_look_succeeds() -> None:
    taken = begin(want(Look("space"), NOW, whole=True), NOW, "w", 1)
    assert taken

    assert fail(taken, NOW)[0].whole
    assert finish(taken, NOW, None, taken.wanted).whole
    assert not finish(taken, NOW, None, taken.wanted, done=True).whole


def test_the_whole_team_is_wanted_once_more_by_whoever_asks_during_a_look() -> None:
    taken = begin(want(Look("space"), NOW), NOW, "w", 1)
    assert taken
    asked = want(taken, NOW + 1, whole=True)

    done = finish(asked, NOW + 2, None, taken.wanted, done=True)

    assert done.whole
    assert done.at == NOW + 2 + times.GAP


def test_what_was_told_and_not_met_is_looked_for_until_no_replica_is_behind() -> None:
    told = _told(Look("space", sighted=True), NOW)
    first = _looked(told, NOW)
    second = _looked(first, NOW + times.MISSING_APART)
    third = _looked(second, NOW + times.REPLICAS_APART)

    assert [look.told.at for look in (told, first, second, third)] == [NOW, NOW, NOW, 0]


def test_looks_for_other_reasons_do_not_end_it() -> None:
    look = _told(Look("space", sighted=True), NOW)
    for minute in range(9):
        look = _looked(want(look, NOW + minute * times.MINUTE), NOW + minute * times.MINUTE)

    assert look_for(look.told, NOW + 9 * times.MINUTE) == NOW + times.REPLICAS_APART


def test_what_was_told_and_met_is_looked_for_no_more() -> None:
    assert _looked(_told(Look("space"), NOW), NOW, left=NOTHING).told == NOTHING


def test_of_two_things_told_the_one_that_was_not_met_is_looked_for() -> None:
    other = object_id(2)
    both = want(_told(Look("space"), NOW), NOW + 1, told={other: False})

    look = _looked(both, NOW + 2, left=without_met(both.told, {BOB, other}, ()))

    assert look.told == Telling(NOW + 1, {other: False})


def test_a_new_name_alone_is_nothing_to_look_for_among_people() -> None:
    look = want(Look("space"), NOW, told={}, named="New name")

    assert (look.told, look.named) == (NOTHING, "New name")


def test_a_look_that_failed_has_met_nothing() -> None:
    held = begin(_told(Look("space"), NOW - times.HOUR), NOW, "worker", 1)
    assert held is not None

    after = finish(held, NOW + 1, None, held.wanted, done=False, left=held.told)
    assert after.told.at == NOW - times.HOUR


def _told(look: Look, now: int) -> Look:
    return want(look, now, told={BOB: True})


def _looked(look: Look, now: int, *, left: Telling | None = None) -> Look:
    held = begin(want(look, now), max(now, look.last + times.GAP), "worker", 1)
    assert held is not None
    left = held.told if left is None else left
    return finish(held, now + 1, None, held.wanted, done=True, left=left)
