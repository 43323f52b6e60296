"""What Microsoft tells of before reads show it, or while they show it now and then, is found."""

from __future__ import annotations

import pytest

from tests.journeys.deafness import connected, deafen
from tests.journeys.stage import Stage


def test_a_change_that_is_told_before_reads_show_it_is_not_lost(deaf: Stage) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    gone = group.members[-1]
    group.drop("members", gone)
    deaf.clock.advance(60)
    deaf.watch()
    assert deaf.queue
    deaf.microsoft.switches.read_lag_seconds = 300
    deaf.drain()
    deaf.microsoft.switches.read_lag_seconds = 0

    deaf.run(600)

    assert gone not in {p.external_id for p in deaf.webex.people_of(team)}


@pytest.mark.parametrize("lag", [60, 300, 570])
def test_a_change_that_reads_show_minutes_later_than_it_is_told_is_found(
    deaf: Stage, lag: int
) -> None:
    """Also where a look in between has something else to put in order."""
    team, group = connected(deaf)
    deafen(deaf)
    deaf.clock.advance(3600)
    gone, dropped = group.members[-1], deaf.clock.now()
    group.drop("members", gone)
    deaf.clock.advance(40)
    deaf.watch()
    assert deaf.queue
    told = deaf.clock.now()
    while deaf.clock.now() < told + lag:
        deaf.microsoft.switches.read_lag_seconds = deaf.clock.now() - dropped + 5
        deaf.drain()
        deaf.clock.advance(4)
        deaf.watch()
    deaf.microsoft.switches.read_lag_seconds = 0
    deaf.run(900)

    assert gone not in {p.external_id for p in deaf.webex.people_of(team)}


@pytest.mark.parametrize("what", ["joins", "moderates", "leaves"])
def test_a_change_that_is_told_before_reads_show_it_is_found_where_webex_changes_too(
    deaf: Stage, what: str
) -> None:
    """What a look meets in Webex is not what Microsoft 365 has told."""
    team, group = connected(deaf, people=6)
    [joining] = deaf.people(1)
    somebody = deaf.webex.people_of(team)[1]
    deaf.clock.advance(3600)
    gone, dropped = group.members[-1], deaf.clock.now()
    group.drop("members", gone)
    if what == "joins":
        deaf.webex.add_member(team, joining)
    elif what == "moderates":
        deaf.webex.set_moderator(team, somebody, True)
    else:
        deaf.webex.remove_member(team, somebody)
    deaf.clock.advance(40)
    deaf.watch()
    assert deaf.queue
    deaf.microsoft.switches.read_lag_seconds = deaf.clock.now() - dropped + 5
    deaf.drain()
    deaf.microsoft.switches.read_lag_seconds = 0
    deaf.run(900)

    assert gone not in {p.external_id for p in deaf.webex.people_of(team)}


def test_of_two_changes_told_at_once_the_one_that_is_shown_later_is_found(deaf: Stage) -> None:
    team, group = connected(deaf, people=6)
    deafen(deaf)
    deaf.clock.advance(3600)
    early, late = deaf.people(2)
    deaf.know([early, late])
    group.add("members", str(early.external_id))
    added = deaf.clock.now()
    deaf.clock.advance(20)
    group.add("members", str(late.external_id))
    deaf.clock.advance(20)
    deaf.watch()
    assert deaf.queue
    deaf.microsoft.switches.read_lag_seconds = deaf.clock.now() - added - 5
    deaf.drain()
    deaf.microsoft.switches.read_lag_seconds = 0
    assert early in deaf.webex.people_of(team) and late not in deaf.webex.people_of(team)
    deaf.run(900)

    assert late in deaf.webex.people_of(team)


def test_a_change_that_one_read_shows_and_the_next_does_not_is_found(deaf: Stage) -> None:
    """The read that would have confirmed it came from a replica that is further behind."""
    team, group = connected(deaf, people=6)
    deafen(deaf)
    deaf.clock.advance(3600)
    gone, dropped = group.members[-1], deaf.clock.now()
    group.drop("members", gone)
    deaf.run(60)
    while deaf.clock.now() < dropped + 300:
        deaf.microsoft.switches.read_lag_seconds = deaf.clock.now() - dropped + 5
        deaf.run(20)
    deaf.microsoft.switches.read_lag_seconds = 0
    assert gone in {p.external_id for p in deaf.webex.people_of(team)}
    deaf.run(900)

    assert gone not in {p.external_id for p in deaf.webex.people_of(team)}
