"""The dry run of all teams: by the timer, a little at a time, and nothing is written for it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from sandbox.kit import Fault
from sandbox.webex.state import Team
from shared.core import times
from shared.core.ids import TeamId
from shared.core.model import Status
from shared.core.model import Team as TeamRow
from shared.ports import Conflict
from shared.storage.tables import Properties, Step
from shared.sync import dry_run
from shared.sync.dry_run import DRY_RUN, DryRun
from tests.journeys.stage import Stage
from tests.pages.storage_edge import StorageDown, at_the_edge


@pytest.fixture
def by_events(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, and no webhook at all."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    return stage


def run_of(stage: Stage) -> DryRun:
    run = dry_run.state(stage.services)
    assert run
    return run


def tidied(stage: Stage, times_: int = 5) -> DryRun:
    """The chores alone, so often; nobody looks at a team meanwhile."""
    for _ in range(times_):
        stage.tidy()
        stage.clock.advance(30)
    return run_of(stage)


def connected(stage: Stage, names: list[str]) -> list[Team]:
    teams = [stage.team(stage.person(), stage.people(2), name) for name in names]
    stage.settle()
    stage.run(60)
    return teams


def lay_out(stage: Stage, count: int) -> list[str]:
    """Rows of teams of which Webex knows nothing."""
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    uuids = sorted(str(uuid4()) for _ in range(count))
    values: Properties = {"space": "nothing", "new": True, "status": "complete"}
    for start in range(0, count, 100):
        chunk = uuids[start : start + 100]
        rows.write([Step("insert", f"team:{uuid}", values) for uuid in chunk])
    return uuids


def everything(stage: Stage) -> dict[str, object]:
    """Both clouds and the teams' rows, but for what a dry run keeps."""
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid).range("", "~")
    kept = {row.key: row.values for row in rows if not row.key.startswith("preview:")}
    groups = {g.id: (sorted(g.members), sorted(g.owners)) for g in stage.tenant.groups.values()}
    return {"rows": kept, "groups": groups, "people": stage.webex.snapshot()}


def test_every_team_is_previewed_and_nothing_is_written(by_events: Stage) -> None:
    one, two = connected(by_events, ["One", "Two"])
    by_events.webex.add_member(one, by_events.person("Nora New"))
    before = everything(by_events)
    calls = len(by_events.microsoft.graph.log), len(by_events.webex.log)

    dry_run.begin(by_events.services, "Adam Admin")
    run = tidied(by_events)

    assert (run.by, run.number, run.failed) == ("Adam Admin", 2, 0)
    assert run.ended >= run.began > 0
    assert run.counts["add members"] == 1
    previews = {p.team: p for p in by_events.services.teams.previews("", 10)}
    assert set(previews) == {one.uuid, two.uuid}
    added = previews[TeamId(one.uuid)]
    assert added.counts == {"add members": 1}
    assert previews[TeamId(two.uuid)].counts == {}
    assert (added.changes, added.people) == ((), ()), "nobody is named in what is kept"
    assert everything(by_events) == before
    methods = {c.method for c in by_events.microsoft.graph.log[calls[0] :]}
    assert methods | {c.method for c in by_events.webex.log[calls[1] :]} == {"GET"}


def test_it_goes_on_while_the_switch_is_off(by_events: Stage) -> None:
    connected(by_events, ["One"])
    by_events.turn_off()

    dry_run.begin(by_events.services, "Adam Admin")

    assert tidied(by_events).number == 1


def test_without_anybody_asking_nothing_is_read(by_events: Stage) -> None:
    connected(by_events, ["One"])
    graph = len(by_events.microsoft.graph.log)

    by_events.tidy()

    assert dry_run.state(by_events.services) is None
    assert len(by_events.microsoft.graph.log) == graph


def test_one_that_has_ended_is_not_read_again(by_events: Stage) -> None:
    connected(by_events, ["One"])
    dry_run.begin(by_events.services, "Adam Admin")
    ended = tidied(by_events)
    graph = len(by_events.microsoft.graph.log)

    assert tidied(by_events) == ended
    assert len(by_events.microsoft.graph.log) == graph


def test_teams_from_before_are_left_out(by_events: Stage) -> None:
    team = TeamRow(TeamId(str(uuid4())), "nothing", False, 1, 1, status=Status.FROM_BEFORE)
    by_events.services.teams.write(None, team)
    dry_run.begin(by_events.services, "Adam Admin")
    run = tidied(by_events)

    assert (run.number, run.failed) == (0, 0)
    assert run.ended
    assert by_events.services.teams.previews("", 10) == []


def test_a_run_of_the_timer_takes_about_five_seconds_and_the_next_goes_on(
    by_events: Stage,
) -> None:
    connected(by_events, [f"Team {n}" for n in range(6)])
    by_events.microsoft.graph.faults.append(Fault("slow", path="/members$", seconds=2))
    dry_run.begin(by_events.services, "Adam Admin")
    began = by_events.clock.now()

    by_events.tidy()

    assert by_events.clock.now() - began < 9
    assert 0 < run_of(by_events).number < 6
    assert run_of(by_events).ended == 0
    assert tidied(by_events).number == 6


def test_many_teams_are_read_a_page_at_a_time(by_events: Stage) -> None:
    uuids = lay_out(by_events, 120)
    services = by_events.services
    dry_run.begin(services, "Adam Admin")

    while not dry_run.some(services, services.now() + times.HOUR):
        by_events.clock.advance(60)

    assert (run_of(by_events).number, run_of(by_events).failed) == (120, 120)
    assert [p.team for p in services.teams.previews("", 200)] == uuids


def test_a_team_whose_space_is_gone_is_told_with_the_reason(by_events: Stage) -> None:
    one, two = connected(by_events, ["One", "Two"])
    by_events.webex.delete_team(one)
    dry_run.begin(by_events.services, "Adam Admin")
    run = tidied(by_events)

    assert (run.number, run.failed) == (2, 1)
    said = {p.team: p for p in by_events.services.teams.previews("", 9)}
    gone = said[TeamId(one.uuid)]
    assert (gone.failure, gone.name) == ("not_there", "One")
    assert said[TeamId(two.uuid)].failure == ""


def test_a_row_that_nobody_can_read_keeps_no_other_team_waiting(by_events: Stage) -> None:
    uuids = lay_out(by_events, 1)
    rows = by_events.wiring.tables.partition("Teams", by_events.org.uuid)
    row = rows.get(f"team:{uuids[0]}")
    assert row
    rows.upsert(row.key, {**row.values, "status": "from the future"})
    connected(by_events, ["One"])
    dry_run.begin(by_events.services, "Adam Admin")
    run = tidied(by_events)

    assert (run.number, run.failed) == (2, 1)


def test_a_silent_provider_is_asked_three_times_and_then_the_team_is_passed_over(
    by_events: Stage,
) -> None:
    one, _ = connected(by_events, ["One", "Two"])
    group = by_events.group_of(one)
    assert group
    by_events.microsoft.graph.faults.append(Fault("error", path=f"{group.id}/members", status=503))
    dry_run.begin(by_events.services, "Adam Admin")
    run = tidied(by_events)

    assert (run.number, run.failed) == (2, 1)
    said = {p.team: p.failure for p in by_events.services.teams.previews("", 9)}
    assert said[TeamId(one.uuid)] == "provider_silent"


def test_a_throttled_dry_run_waits_and_loses_no_team(by_events: Stage) -> None:
    connected(by_events, ["One", "Two"])
    by_events.microsoft.graph.faults.append(
        Fault("throttle", path="/members$", seconds=100, times=1)
    )
    dry_run.begin(by_events.services, "Adam Admin")
    graph = len(by_events.microsoft.graph.log)

    run = tidied(by_events, 3)
    waiting = by_events.microsoft.graph.log[graph:]
    assert run.number == 0
    assert [c.status for c in waiting if c.path.endswith("/members")] == [429]

    run = tidied(by_events)
    assert (run.number, run.failed) == (2, 0)


@pytest.mark.emulator
def test_whoever_dies_before_the_cursor_moves_counts_no_team_twice(by_events: Stage) -> None:
    connected(by_events, ["One", "Two"])
    dry_run.begin(by_events.services, "Adam Admin")
    edge = at_the_edge(by_events)
    edge.fails = lambda method, url: method != "GET" and DRY_RUN in url.replace("%3A", ":")
    services = by_events.services

    with pytest.raises(StorageDown):
        dry_run.some(services, services.now() + times.HOUR)
    edge.fails = lambda _method, _url: False

    assert run_of(by_events).number == 0
    assert dry_run.some(services, services.now() + times.HOUR)
    assert run_of(by_events).number == 2
    assert len(services.teams.previews("", 10)) == 2


def test_one_that_is_begun_anew_begins_with_the_first_team(by_events: Stage) -> None:
    connected(by_events, ["One", "Two", "Three"])
    services = by_events.services
    dry_run.begin(services, "Adam Admin")
    dry_run.some(services, services.now())
    assert run_of(by_events).number == 1

    by_events.clock.advance(60)
    dry_run.begin(services, "Eve Admin")

    assert run_of(by_events) == DryRun(services.now(), "Eve Admin")
    assert tidied(by_events).number == 3


@pytest.mark.emulator
def test_what_was_counted_for_an_older_one_is_not_kept_over_the_new_one(by_events: Stage) -> None:
    connected(by_events, ["One", "Two"])
    services = by_events.services
    dry_run.begin(services, "Adam Admin")
    begun_anew: list[int] = []

    def begin_anew(method: str, url: str) -> bool:
        if "preview%3A" in url and method != "GET" and not begun_anew:
            begun_anew.append(1)
            dry_run.begin(services, "Eve Admin")
        return False

    at_the_edge(by_events).fails = begin_anew

    with pytest.raises(Conflict):
        dry_run.some(by_events.services, services.now() + times.HOUR)
    assert (run_of(by_events).by, run_of(by_events).number) == ("Eve Admin", 0)
