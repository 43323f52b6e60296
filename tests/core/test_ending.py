from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core import times
from shared.core.ending import ASKED, asked, looks_within, pause_after


def looks(late: list[int]) -> list[int]:
    """When the team is looked for, each look so much later than it was due."""
    at, moments = 0, [0]
    for each in late:
        at += pause_after(at) + each
        moments.append(at)
    return moments


def test_it_is_looked_for_soon_and_then_every_ten_minutes() -> None:
    minutes = [moment // times.MINUTE for moment in looks([0] * 9)]

    assert minutes == [0, 1, 2, 4, 8, 16, 26, 36, 46, 56]


@given(st.lists(st.integers(0, 3 * times.HOUR), max_size=30))
def test_every_look_counts(late: list[int]) -> None:
    counted = [looks_within(moment) for moment in looks(late)]

    assert counted == sorted(set(counted))


def test_looks_in_time_are_counted_one_by_one() -> None:
    assert [looks_within(moment) for moment in looks([0] * 12)] == list(range(13))


@pytest.mark.parametrize("people", [1, 2, 3, 4, 7, 12, 30])
def test_nobody_is_asked_again_before_everybody_was(people: int) -> None:
    known = list(range(people))

    heard = [who for moment in looks([0] * 9) for who in asked(known, moment)]

    assert set(heard[:people]) == set(known)
    assert len(heard) == 10 * min(people, ASKED)


def test_of_a_large_team_others_are_asked_each_time() -> None:
    heard = [who for moment in looks([0] * 10) for who in asked(range(60), moment)]

    assert len(heard) == len(set(heard)) == 33


def test_of_nobody_nobody_is_asked() -> None:
    assert asked([], times.HOUR) == []
