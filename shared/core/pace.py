"""Pace: one timestamp per credential decides when the next calls may go (GCRA).

The generic cell rate algorithm keeps the theoretical arrival time of the next call; a burst is
allowed while that time is not more than `burst` calls ahead of now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Rate:
    """`per_minute` calls, at most `burst` at once; background work may use a third of it."""

    per_minute: float
    burst: int

    @property
    def interval(self) -> float:
        """Milliseconds between calls."""
        return 60_000 / self.per_minute


# Webex counts about 300 requests a minute for the owner of a token:
# https://developer.webex.com/docs/basics. A burst and a minute's calls together stay within that.
WEBEX = Rate(per_minute=255, burst=45)
# Entra takes 3,000 writes in 150 seconds per app and tenant:
# https://learn.microsoft.com/graph/throttling-limits. Here too, burst and flow stay within it.
GRAPH_WRITES = Rate(per_minute=960, burst=600)


def rate_of(capability: str) -> Rate:
    return GRAPH_WRITES if capability == "graph" else WEBEX


@dataclass(frozen=True)
class Pace:
    """The credential's row: arrival time of the next call, in all and of background work alone.

    waiting: when the next of those who were put off may come back.
    """

    arrival: int = 0
    low_arrival: int = 0
    waiting: int = 0


def reserve(pace: Pace, now: int, calls: int, rate: Rate, *, low: bool = False) -> tuple[Pace, int]:
    """Book `calls` calls: (the row after it, milliseconds to wait before the first of them).

    The booking always succeeds; whoever would wait too long gives it back by not writing it.
    Background work is booked twice: with everything, and at a third of the rate by itself.
    """
    arrival, wait = _book(pace.arrival, now, calls, rate.interval, rate.burst)
    if not low:
        return replace(pace, arrival=arrival), wait
    third = rate.interval * 3, max(1, rate.burst // 3)
    _, low_wait = _book(pace.low_arrival, now, calls, *third)
    wait = max(wait, low_wait)
    # Both are booked at the moment of the calls: earlier, the one that did not wait would fill up
    # again meanwhile.
    arrival, _ = _book(pace.arrival, now + wait, calls, rate.interval, rate.burst)
    low_arrival, _ = _book(pace.low_arrival, now + wait, calls, *third)
    return replace(pace, arrival=arrival, low_arrival=low_arrival), wait


def hold(pace: Pace, now: int, until: int, rate: Rate) -> Pace:
    """The provider said when to come back: nobody books a call before `until`."""
    tolerance = round(rate.burst * rate.interval)
    return replace(
        pace,
        arrival=max(pace.arrival, until + tolerance),
        low_arrival=max(pace.low_arrival, until + tolerance),
    )


def put_off(
    pace: Pace, now: int, wait: int, calls: int, rate: Rate, *, low: bool = False
) -> tuple[Pace, int]:
    """When to come back for calls that cannot go soon: (the row after it, the moment).

    Nothing is booked; but each is given a moment of its own, so that ten thousand teams do not
    wake together.
    """
    moment = max(now + wait, pace.waiting)
    share = 3 if low else 1
    return replace(pace, waiting=round(moment + calls * rate.interval * share)), moment


def _book(arrival: int, now: int, calls: int, interval: float, burst: int) -> tuple[int, int]:
    start = max(arrival, now)
    after = start + calls * interval
    wait = max(0.0, after - burst * interval - now)
    # A booking larger than the burst still starts when the bucket is full, or it never would.
    return round(after), round(min(wait, float(start - now)))
