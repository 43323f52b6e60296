"""Hearing of teams by events alone, and the chores of the timer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from sandbox.kit import Fault
from shared.core import times
from shared.core.pace import WEBEX, Pace
from shared.storage.tables import Properties, Step
from shared.sync.events import DEEP, EVENTS
from shared.sync.waking import wake_some
from tests.journeys.stage import Stage


@pytest.fixture
def by_events(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, and no webhook at all."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    return stage


def cursor(stage: Stage) -> dict[str, object]:
    kept = stage.services.organizations.kept(EVENTS)
    assert kept is not None
    return dict(kept.state)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("jitter", [0.0, 60.0])
def test_every_team_is_found_whatever_order_events_come_in(
    by_events: Stage, newest_first: bool, jitter: float
) -> None:
    by_events.webex.switches.events_newest_first = newest_first
    by_events.webex.switches.event_lag_jitter_seconds = jitter
    teams = []
    for number in range(6):
        teams.append(by_events.team(by_events.person(), by_events.people(2), f"Team {number}"))
        by_events.run(7)

    by_events.settle()

    for team in teams:
        group = by_events.group_of(team)
        assert group is not None
        assert set(group.members) == by_events.expected(team)
        assert len(by_events.groups_of(team)) == 1


def test_events_of_many_pages_are_read_over_several_runs_without_a_gap(by_events: Stage) -> None:
    stage = by_events
    stage.webex.switches.quota = False
    stage.webex.switches.events_page_cap = 20
    teams = [stage.team(stage.person(), name=f"Team {n}") for n in range(3)]
    crowd = stage.people(40)
    for number in range(60):
        room = stage.webex.create_space(crowd[0], f"Space {number}")
        assert room.uuid
    for team in teams:
        for person in crowd:
            stage.webex.add_member(team, person)
    stage.webex.faults.append(Fault("slow", path="/events", seconds=1.5))

    stage.settle()

    for team in teams:
        group = stage.group_of(team)
        assert group is not None
        assert set(group.members) == stage.expected(team)
    assert cursor(stage)["page"] is None


def test_the_cursor_stays_when_a_page_cannot_be_read(by_events: Stage) -> None:
    by_events.run(20)
    before = cursor(by_events)
    by_events.webex.faults.append(Fault("error", path="/events", status=502))
    by_events.team(by_events.person())

    by_events.run(30)

    assert cursor(by_events) == before


def test_after_an_outage_of_an_hour_nothing_is_missing(by_events: Stage) -> None:
    fault = Fault("error", path="/events", status=503)
    by_events.webex.faults.append(fault)
    team = by_events.team(by_events.person(), by_events.people(3))
    by_events.run(3600)
    assert by_events.group_of(team) is None
    by_events.webex.faults.remove(fault)

    by_events.run(900)

    group = by_events.group_of(team)
    assert group is not None
    assert set(group.members) == by_events.expected(team)


def test_an_event_that_becomes_visible_much_too_late_is_found_by_the_hourly_second_reading(
    by_events: Stage,
) -> None:
    by_events.webex.switches.event_lag_seconds = 1200
    team = by_events.team(by_events.person(), by_events.people(2))
    by_events.run(1300)
    by_events.webex.switches.event_lag_seconds = 3

    by_events.run(times.HOUR // 1000 + 120)

    group = by_events.group_of(team)
    assert group is not None
    assert set(group.members) == by_events.expected(team)


def test_the_second_reading_waits_for_teams_that_wait_for_the_quota(by_events: Stage) -> None:
    """It takes calls that they need; it comes all the same, every four hours."""
    by_events.webex.switches.event_lag_seconds = 1200
    team = by_events.team(by_events.person(), by_events.people(2))
    by_events.run(1300)
    by_events.webex.switches.event_lag_seconds = 3

    for _ in range(3):
        make_wait(by_events)
        by_events.run(times.HOUR // 1000)
    missed = by_events.group_of(team)
    make_wait(by_events)
    by_events.run(times.HOUR // 1000)

    assert missed is None
    assert by_events.group_of(team) is not None


def test_after_an_outage_the_last_day_is_read_again(by_events: Stage) -> None:
    """What became visible in it may lie before what was read last; no hour goes by."""
    by_events.webex.switches.event_lag_seconds = 250
    team = by_events.team(by_events.person(), by_events.people(2))
    by_events.run(200)
    fault = Fault("error", path="/events", status=503)
    by_events.webex.faults.append(fault)
    by_events.run(1200)
    by_events.webex.faults.remove(fault)

    by_events.run(300)

    assert by_events.group_of(team) is not None


def test_a_second_reading_that_is_under_way_is_not_begun_anew(by_events: Stage) -> None:
    """However often Webex is away, and though it lets a page be read now and then only."""
    stage = by_events
    stage.webex.switches.quota = False
    stage.webex.switches.events_page_cap = 5
    crowd = stage.people(30)
    stage.team(crowd[0], crowd[1:])
    stage.settle()
    read = []
    for _ in range(12):
        away = Fault("error", path="/events", status=503)
        stage.webex.faults.append(away)
        stage.run(700)
        stage.webex.faults[:] = [Fault("slow", path="/events", seconds=3)]
        stage.run(20)
        stage.webex.faults.clear()
        deep = stage.services.organizations.kept(DEEP)
        assert deep is not None
        read.append(deep.state.get("read"))

    assert any(read)


def make_wait(stage: Stage) -> None:
    """Whoever is put off for the quota of Webex comes back in two hours."""
    organizations = stage.services.organizations
    before = organizations.pace("spaces")
    pace = before.value if before else Pace()
    waiting = stage.services.now() + 2 * times.HOUR
    organizations.set_pace("spaces", before, replace(pace, waiting=waiting))


def use_up(stage: Stage) -> None:
    """Workers have booked what Webex gives in the next second, and nobody was put off."""
    organizations = stage.services.organizations
    before = organizations.pace("spaces")
    full = stage.services.now() + round(WEBEX.burst * WEBEX.interval)
    organizations.set_pace("spaces", before, Pace(arrival=full + times.SECOND))


def test_a_space_that_is_no_teams_is_asked_about_once(by_events: Stage) -> None:
    ada = by_events.person()
    by_events.webex.create_space(ada, "Lunch")

    by_events.run(600)

    asked = [c for c in by_events.webex.log if c.path.startswith("/v1/rooms/")]
    assert len(asked) == 1
    assert by_events.due() == []


def test_a_team_of_another_organization_gets_nothing(by_events: Stage) -> None:
    elsewhere = by_events.webex.add_organization("Elsewhere")
    otto = elsewhere.add_person("Otto")
    team = by_events.webex.create_team(otto, "Theirs")
    by_events.webex.add_member(team, by_events.person())

    by_events.settle()

    assert by_events.tenant.groups == {}
    assert list(by_events.services.teams.everyone()) == []


def test_nothing_new_costs_one_call_a_run_and_no_look(by_events: Stage) -> None:
    by_events.team(by_events.person(), by_events.people(3))
    by_events.settle()
    webex, graph = len(by_events.webex.log), len(by_events.microsoft.graph.log)

    by_events.run(300)

    assert {c.path for c in by_events.microsoft.graph.log[graph:]} == {"/v1.0/groups/delta"}
    assert len(by_events.microsoft.graph.log) - graph <= 11
    assert {c.path for c in by_events.webex.log[webex:]} == {"/v1/events"}
    assert len(by_events.webex.log) - webex <= 31


def test_while_teams_wait_for_the_quota_news_take_a_third_of_the_calls(by_events: Stage) -> None:
    by_events.run(60)
    make_wait(by_events)
    by_events.run(20)
    webex = len(by_events.webex.log)

    by_events.run(300)
    asked = len(by_events.webex.log) - webex
    team = by_events.team(by_events.person(), by_events.people(3))
    by_events.run(50)

    assert asked <= 11
    assert by_events.services.looks.read(team.uuid) is not None


def test_news_that_have_to_wait_for_a_slot_are_read_every_half_minute(by_events: Stage) -> None:
    by_events.run(60)
    webex = len(by_events.webex.log)

    for _ in range(30):
        use_up(by_events)
        by_events.run(10)

    assert 10 <= len(by_events.webex.log) - webex <= 11


def test_off_asks_nobody_anything(by_events: Stage) -> None:
    by_events.turn_off()
    webex = len(by_events.webex.log)
    by_events.team(by_events.person())

    by_events.run(120)

    assert len(by_events.webex.log) == webex
    assert by_events.due() == []


def test_a_sign_in_is_kept_alive_while_the_switch_is_off(by_events: Stage) -> None:
    by_events.turn_off()
    before = by_events.wiring.credentials(by_events.services.org).read("people")
    by_events.clock.advance(12 * times.DAY // 1000)

    by_events.run(120)

    after = by_events.wiring.credentials(by_events.services.org).read("people")
    assert before is not None
    assert after is not None
    assert after.expires > before.expires


def test_a_sign_in_that_cannot_be_refreshed_does_not_keep_the_others_waiting(
    by_events: Stage,
) -> None:
    rows = by_events.wiring.credentials(by_events.services.org)
    broken = rows.read("spaces")
    assert broken is not None
    rows.write("spaces", replace(broken, refresh_token="nonsense", etag=""))
    by_events.turn_off()
    before = rows.read("people")
    by_events.clock.advance(12 * times.DAY // 1000)

    by_events.run(120)

    after = rows.read("people")
    assert before is not None
    assert after is not None
    assert after.expires > before.expires


def test_what_is_over_is_swept_every_hour(by_events: Stage) -> None:
    once = by_events.wiring.once(by_events.services.org)
    now = by_events.services.now()
    once.spend("over", now + times.MINUTE)
    once.spend("lasting", now + times.DAY)

    by_events.run(times.HOUR // 1000 + 120)

    rows = by_events.wiring.tables.partition("Once", by_events.org.uuid).range("", "~")
    assert [row.key for row in rows] == ["lasting"]


def test_waking_many_teams_takes_many_runs_of_little_time(by_events: Stage) -> None:
    rows = by_events.wiring.tables.partition("Teams", by_events.org.uuid)
    uuids = sorted(str(uuid4()) for _ in range(250))
    for start in (0, 100, 200):
        values: Properties = {"space": "nothing", "new": True, "status": "complete"}
        rows.write([Step("insert", f"team:{u}", values) for u in uuids[start : start + 100]])
    by_events.turn_off()
    by_events.turn_on(webhook=False)
    services = by_events.services

    done = [wake_some(services, services.now()) for _ in range(3)]

    assert done == [False, False, False]
    assert wake_some(services, services.now())
    looks = services.looks.among(uuids)
    assert len(looks) == 250
    moments = sorted(look.ready or 0 for look in looks.values())
    assert len(set(moments)) == 250
    assert moments[-1] - moments[0] == 249 * times.SECOND
