from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.core import times
from shared.core.settling import next_look

SEEN = 1_700_000_000_000


def _looks(changes: list[int]) -> list[int]:
    """When a team is looked at, if each look is in time; `changes` after first sight."""
    moments: list[int] = []
    now = SEEN
    while True:
        changed = max([SEEN, *(SEEN + c for c in changes if SEEN + c <= now)])
        following = next_look(SEEN, changed, now)
        if following is None:
            return [m - SEEN for m in moments]
        moments.append(following)
        now = following


def test_a_quiet_team_is_looked_at_four_times() -> None:
    assert _looks([]) == [7_000, 30_000, 60_000, 300_000]


def test_a_late_change_starts_the_quiet_again() -> None:
    assert _looks([290_000]) == [7_000, 30_000, 60_000, 300_000, 410_000]


@given(st.lists(st.integers(0, 2_000_000), max_size=20))
def test_it_always_settles_two_minutes_after_the_last_change_seen(changes: list[int]) -> None:
    looks = _looks(changes)
    last_seen = max([0, *(c for c in changes if c <= looks[-1])])

    assert looks == sorted(set(looks))
    assert looks[-1] >= min(last_seen + times.SETTLING_QUIET, looks[-1])
    assert len(looks) <= 4 + len(changes)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_next_look_is_never_in_the_past(changed: int, passed: int) -> None:
    following = next_look(SEEN, SEEN + min(changed, passed), SEEN + passed)

    assert following is None or following > SEEN + passed
