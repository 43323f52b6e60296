"""What Microsoft 365 told, and what a look has met of it."""

from __future__ import annotations

from shared.core import times
from shared.core.telling import MOST, NOTHING, Telling, look_for, tell, without_met
from tests.core.strategies import object_id

NOW = 1_700_000_000_000
ANN, BOB = object_id(1), object_id(2)


def test_the_last_that_was_told_of_somebody_counts() -> None:
    told = tell(tell(NOTHING, {ANN: True, BOB: True}, NOW), {ANN: False}, NOW + 1)

    assert told == Telling(NOW + 1, {ANN: False, BOB: True})


def test_whoever_is_as_told_has_been_met() -> None:
    told = tell(NOTHING, {ANN: False, BOB: True}, NOW)

    assert without_met(told, {BOB}, ()) == NOTHING
    assert without_met(told, {ANN, BOB}, ()).people == {ANN: False}
    assert without_met(told, {ANN}, ()) == told


def test_whoever_must_be_read_once_more_has_not_been_met() -> None:
    told = tell(NOTHING, {ANN: False}, NOW)

    assert without_met(told, (), {ANN}) == told


def test_something_else_is_met_by_no_read() -> None:
    told = tell(tell(NOTHING, {}, NOW), {BOB: True}, NOW)

    assert without_met(told, {BOB}, ()) == Telling(NOW, {}, vague=True)


def test_of_very_many_it_is_remembered_that_there_were_more() -> None:
    many = {object_id(n): True for n in range(MOST + 5)}
    told = tell(NOTHING, many, NOW)

    assert len(told.people) == MOST
    assert without_met(told, many, ()).vague


def test_it_is_looked_for_soon_and_a_last_time_when_no_replica_is_behind() -> None:
    told = tell(NOTHING, {BOB: True}, NOW)
    soon, last = NOW + times.MISSING_APART, NOW + times.REPLICAS_APART

    assert [look_for(told, now) for now in (NOW, soon, last)] == [soon, last, None]
    assert look_for(NOTHING, NOW) is None
