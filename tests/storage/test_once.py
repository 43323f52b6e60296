"""One-time things are one-time, end when they should, and are swept after."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from shared.ports import Conflict
from shared.storage.once import OnceRows
from shared.storage.tables import Partition
from tests.storage.conftest import Eye

NOW = 1_790_000_000_000
HOUR = 3_600_000


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW / 1000)


@pytest.fixture
def once(rows: Partition, clock: VirtualClock) -> OnceRows:
    return OnceRows(rows, clock)


def test_it_can_be_spent_once(once: OnceRows) -> None:
    once.spend("state-a", NOW + HOUR)
    once.spend("state-b", NOW + HOUR)

    with pytest.raises(Conflict):
        once.spend("state-a", NOW + HOUR)


def test_what_is_spent_stays_so_until_it_is_swept(once: OnceRows, clock: VirtualClock) -> None:
    """A state that ran out cannot be opened any more, so its row may outlive it."""
    once.spend("state-a", NOW + HOUR)
    clock.advance(3601)

    with pytest.raises(Conflict):
        once.spend("state-a", NOW + 2 * HOUR)


def test_what_was_written_comes_back_until_its_end(once: OnceRows, clock: VirtualClock) -> None:
    once.write("session-a", None, {"name": "Åsa", "checked": 5}, NOW + HOUR)
    there = once.read("session-a")
    clock.advance(3600)

    assert there
    assert (there.state, there.expires) == ({"name": "Åsa", "checked": 5}, NOW + HOUR)
    assert once.read("session-a") is None
    assert once.read("session-b") is None


def test_of_two_who_write_from_the_same_reading_one_wins(once: OnceRows) -> None:
    once.write("link", None, {"used": 0}, NOW + HOUR)
    before = once.read("link")
    once.write("link", before, {"used": 1}, NOW + HOUR)

    with pytest.raises(Conflict):
        once.write("link", before, {"used": 2}, NOW + HOUR)
    with pytest.raises(Conflict):
        once.write("link", None, {"used": 3}, NOW + HOUR)
    after = once.read("link")
    assert after
    assert after.state == {"used": 1}


def test_a_write_does_not_bring_back_what_was_removed(once: OnceRows) -> None:
    """Somebody signs out while another request notes that the role was confirmed."""
    once.write("session-a", None, {"checked": 1}, NOW + HOUR)
    before = once.read("session-a")
    once.remove("session-a")

    with pytest.raises(Conflict):
        once.write("session-a", before, {"checked": 2}, NOW + HOUR)
    assert once.read("session-a") is None


def test_removing_wins_over_a_change_at_the_same_moment(
    watched: Partition, eye: Eye, clock: VirtualClock
) -> None:
    once = OnceRows(watched, clock)
    once.write("session-a", None, {"checked": 1}, NOW + HOUR)

    def change(method: str, _url: str) -> bool:
        if method != "DELETE":
            return False
        before = once.read("session-a")
        once.write("session-a", before, {"checked": 2}, NOW + HOUR)
        return True

    eye.before = change
    once.remove("session-a")

    assert once.read("session-a") is None


def test_removing_what_is_not_there_does_nothing(once: OnceRows) -> None:
    once.remove("session-a")


def test_sweeping_removes_what_has_ended_a_few_at_a_time(once: OnceRows) -> None:
    for number in range(5):
        once.spend(f"state-{number}", NOW - 1 - number)
    once.spend("state-alive", NOW + HOUR)
    swept = [once.sweep(NOW, 3), once.sweep(NOW, 3), once.sweep(NOW, 3)]

    assert swept == [3, 2, 0]
    with pytest.raises(Conflict):
        once.spend("state-alive", NOW + HOUR)


def test_reading_costs_one_call(watched: Partition, eye: Eye, clock: VirtualClock) -> None:
    once = OnceRows(watched, clock)
    once.write("session-a", None, {}, NOW + HOUR)
    eye.calls.clear()
    once.read("session-a")

    assert [method for method, _ in eye.calls] == ["GET"]
