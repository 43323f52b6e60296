from __future__ import annotations

import pytest

from shared.core import times
from shared.core.ending import ASKED, asked, pause_after


def test_it_is_looked_for_soon_and_then_every_ten_minutes() -> None:
    at, minutes = 0, [0]
    for _ in range(9):
        at += pause_after(at)
        minutes.append(at // times.MINUTE)

    assert minutes == [0, 1, 2, 4, 8, 16, 26, 36, 46, 56]


@pytest.mark.parametrize("people", [1, 2, 3, 4, 7, 9, 12, 30, 60])
def test_nobody_is_asked_again_before_everybody_was(people: int) -> None:
    known = list(range(people))

    heard = [who for looks in range(60) for who in asked(known, looks)]

    assert set(heard[:people]) == set(known)
    assert len(heard) == 60 * min(people, ASKED)


def test_of_nobody_nobody_is_asked() -> None:
    assert asked([], 5) == []
