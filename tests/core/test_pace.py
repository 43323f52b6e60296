from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.pace import GRAPH_WRITES, WEBEX, Pace, Rate, hold, rate_of, reserve

NOW = 1_700_000_000_000
MINUTE = 60_000
PLAIN = Rate(per_minute=300, burst=100)
bookings = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(1, 60), st.booleans()), max_size=60
)
rates = st.sampled_from([WEBEX, GRAPH_WRITES, PLAIN, Rate(60, 5), Rate(7, 3)])


def _sent(
    rate: Rate, asked: list[tuple[int, int, bool]], *, low_only: bool = False
) -> list[tuple[int, int]]:
    """(when, how many) for bookings made in order; whoever would wait over 5 s gives back."""
    pace, now = Pace(), NOW
    sent: list[tuple[int, int]] = []
    for pause, calls, low in asked:
        now += pause
        after, wait = reserve(pace, now, min(calls, rate.burst), rate, low=low)
        if wait > 5_000:
            continue
        pace = after
        if low or not low_only:
            sent.append((now + wait, min(calls, rate.burst)))
    return sorted(sent)


def _most_over(sent: list[tuple[int, int]], per_ms: float) -> float:
    """By how many calls any window exceeds the rate alone."""
    worst = 0.0
    for first, (start, _) in enumerate(sent):
        calls = 0
        for when, count in sent[first:]:
            calls += count
            worst = max(worst, calls - (when - start) * per_ms)
    return worst


@settings(max_examples=150, deadline=None)
@given(rates, bookings)
def test_no_window_has_more_calls_than_rate_and_burst(
    rate: Rate, asked: list[tuple[int, int, bool]]
) -> None:
    assert _most_over(_sent(rate, asked), rate.per_minute / MINUTE) <= rate.burst + 1


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([WEBEX, GRAPH_WRITES, PLAIN]), bookings)
def test_background_work_gets_at_most_a_third(
    rate: Rate, asked: list[tuple[int, int, bool]]
) -> None:
    small = [(pause, min(calls, rate.burst // 3), low) for pause, calls, low in asked]
    sent = _sent(rate, small, low_only=True)

    assert _most_over(sent, rate.per_minute / 3 / MINUTE) <= rate.burst / 3 + 1


def test_background_work_leaves_the_rest_to_people() -> None:
    pace, first = reserve(Pace(), NOW, 33, PLAIN, low=True)
    _, second = reserve(pace, NOW, 33, PLAIN, low=True)
    _, person = reserve(pace, NOW, 67, PLAIN)

    assert first == 0
    assert second > 5_000
    assert person == 0


def test_an_idle_credential_saves_up_one_burst_and_no_more() -> None:
    pace, _ = reserve(Pace(), NOW, 100, PLAIN)
    later = NOW + 24 * 60 * MINUTE
    pace, first = reserve(pace, later, 100, PLAIN)
    _, second = reserve(pace, later, 1, PLAIN)

    assert (first, second) == (0, 200)


@given(rates, st.integers(0, 10**7), st.integers(0, 60), st.booleans())
def test_nobody_calls_before_the_provider_said(
    rate: Rate, ahead: int, calls: int, low: bool
) -> None:
    held = hold(Pace(), NOW, NOW + ahead, rate)
    _, wait = reserve(held, NOW, calls, rate, low=low)

    assert NOW + wait >= NOW + ahead


def test_a_shorter_hold_does_not_lift_a_longer_one() -> None:
    long = hold(Pace(), NOW, NOW + 60_000, PLAIN)

    assert hold(long, NOW, NOW + 1_000, PLAIN) == long


def test_a_booking_larger_than_the_burst_goes_when_the_bucket_is_full() -> None:
    _, alone = reserve(Pace(), NOW, 1_000, PLAIN)
    busy, _ = reserve(Pace(), NOW, 100, PLAIN)
    _, after = reserve(busy, NOW, 1_000, PLAIN)

    assert alone == 0
    assert after == 20_000


def test_looking_at_the_pace_books_nothing() -> None:
    pace, _ = reserve(Pace(), NOW, 10, PLAIN)

    assert reserve(pace, NOW, 0, PLAIN) == (pace, 0)


def test_graphs_quota_is_of_writes_and_every_other_is_webexs() -> None:
    assert rate_of("graph") == GRAPH_WRITES
    assert rate_of("spaces") == rate_of("people") == WEBEX


def test_burst_and_flow_together_stay_within_what_the_providers_allow() -> None:
    assert WEBEX.burst + WEBEX.per_minute <= 300
    assert GRAPH_WRITES.burst + GRAPH_WRITES.per_minute * 2.5 <= 3_000
