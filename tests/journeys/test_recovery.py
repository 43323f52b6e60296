"""What dies, what is given up on, and what comes back by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.core.errors import Interrupted
from shared.core.ids import TeamId
from shared.core.model import Status
from shared.sync import lease
from tests.journeys.fate import Fate
from tests.journeys.stage import Stage, nudge


def test_a_dead_workers_team_is_taken_over_within_two_minutes(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.run(9)
    stage.clock.advance(5)
    died = lease.take(
        stage.services,
        TeamId(team.uuid),
        stage.services.organizations.settings(),
        change=False,
    )
    assert died is not None

    stage.run(120)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


def test_a_worker_that_slept_past_its_lease_writes_nothing_any_more(stage: Stage) -> None:
    team = stage.team(stage.person(), stage.people(3))
    stage.run(9)
    stage.clock.advance(5)
    settings = stage.services.organizations.settings()
    slow = lease.take(stage.services, TeamId(team.uuid), settings, change=False)
    assert slow is not None
    stage.clock.advance(61)
    other = lease.take(stage.services, TeamId(team.uuid), settings, change=False)
    assert other is not None

    with pytest.raises(lease.LeaseLost):
        slow.before_write()
    with pytest.raises(lease.LeaseLost):
        slow.finish(None)


def test_a_switch_that_moved_stops_a_worker_before_its_next_step(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(9)
    stage.clock.advance(5)
    settings = stage.services.organizations.settings()
    held = lease.take(stage.services, TeamId(team.uuid), settings, change=False)
    assert held is not None
    stage.turn_off()

    with pytest.raises(Interrupted):
        held.before_write()


def test_a_wish_that_meets_a_lease_is_not_lost(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(20)
    stage.clock.advance(3600)
    stage.drain()
    settings = stage.services.organizations.settings()
    held = lease.take(stage.services, TeamId(team.uuid), settings, change=True)
    assert held is not None
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.work(nudge(stage, team.general.id))
    held.finish(None)

    stage.run(60)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_five_unexpected_failures_make_one_dead_letter_that_is_tried_again_a_day_later(
    stage: Stage,
) -> None:
    # A row of a future version that this one cannot read is as unexpected as it gets.
    team = stage.team(stage.person())
    stage.run(9)
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    row = rows.get(f"team:{team.uuid}")
    assert row is not None
    rows.upsert(row.key, {**row.values, "status": "from the future"})

    stage.run(1800)

    letters = stage.wiring.tables.partition("DeadLetters", stage.org.uuid)
    letter = letters.get(team.uuid)
    assert letter is not None
    assert "ValueError" in letter.text("error")
    look = stage.services.looks.read(team.uuid)
    assert look is not None and look.value.at is not None
    assert look.value.at - letter.number("at") >= 23 * 3600 * 1000
    rows.upsert(row.key, row.values)

    stage.clock.advance(86_400)
    stage.settle()

    assert stage.group_of(team) is not None


def test_a_poison_message_that_can_be_read_makes_its_team_due(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.webex.outbox.clear()
    stage.watching = False

    stage.app.invoke_queue("dead_nudges", nudge(stage, team.general.id))

    assert stage.due() == [team.uuid]


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"organization": "x"}', "\x00"])
@pytest.mark.parametrize("function", ["sync_team", "dead_nudges"])
def test_an_unreadable_message_is_dropped_with_a_word_of_it(
    stage: Stage, function: str, text: str
) -> None:
    stage.app.invoke_queue(function, text)

    assert stage.due() == []


def test_a_nudge_for_an_organization_that_is_not_served_leaves_no_row(stage: Stage) -> None:
    stranger = "00000000-1111-4222-8333-444444444444"
    stage.work(json.dumps({"organization": stranger, "space": stranger, "cause": "webhook"}))

    rows = stage.wiring.tables.partition("Teams", stranger)
    assert list(rows.range("a", "z")) == []


def test_a_token_that_ended_is_refreshed(stage: Stage) -> None:
    stage.clock.advance(1209599 - 600)
    team = stage.team(stage.person(), stage.people(2))

    stage.settle()

    assert stage.group_of(team) is not None
    refreshes = [c for c in stage.webex.log if c.path.endswith("/access_token")]
    assert {c.status for c in refreshes} == {200}
    assert 1 <= len(refreshes) <= 2


def test_a_webex_sign_in_that_is_gone_is_told(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(5)
    credentials = stage.wiring.credentials(stage.services.org)
    kept = credentials.read("people")
    assert kept is not None
    credentials.write("people", replace(kept, access_token="gone", refresh_token="", etag=""))

    stage.run(60)

    row = stage.row(team)
    assert (row.status, row.reason) == (Status.NEEDS_PERSON, "credential_missing")


def test_two_organizations_do_not_touch_each_others_teams(make_stage: object) -> None:
    assert callable(make_stage)
    one: Stage = make_stage(1)
    one.turn_on()
    first = one.team(one.person(), one.people(2))
    two: Stage = make_stage(2)
    two.turn_on()
    second = two.team(two.person(), two.people(2))
    for stage in (one, two):
        stage.install()
        stage.settle()

    assert [g.unique_name for g in one.tenant.groups.values()] == [f"webex-team-{first.uuid}"]
    assert [g.unique_name for g in two.tenant.groups.values()] == [f"webex-team-{second.uuid}"]


def test_no_secret_or_token_stands_in_a_row_or_a_log_line(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    stage.team(stage.person(), stage.people(3))
    stage.settle()
    secrets = {t.access_token for t in stage.webex.world.tokens.values()}
    secrets |= {t.refresh_token for t in stage.webex.world.tokens.values()}
    secrets |= {stage.application.client_secret, "integration-secret"}
    secrets |= set(stage.microsoft.world.tokens)
    secrets |= {w.secret for w in stage.webex.webhooks.values() if w.secret}

    written = "\n".join(r.getMessage() for r in caplog.records)
    for table in ("Teams", "Organizations", "Identities", "DeadLetters"):
        rows = stage.wiring.tables.partition(table, stage.org.uuid)
        written += "\n".join(str(r.values) for r in rows.range(" ", "~"))

    assert len(secrets) >= 6
    assert [s for s in secrets if s in written] == []


def test_a_team_from_before_is_left_alone_also_by_who_was_throttled_meanwhile(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    team = stage.team(stage.person())
    stage.clock.advance(60)
    stage.turn_on(webhook=False)
    message = nudge(stage, team.general.id)
    Fate(stage).at_call("throttled", 1, lambda: stage.work(message))

    stage.work(message)
    stage.run(300)

    assert not stage.row(team).new
    assert stage.due() == []


def test_a_parked_row_that_an_older_version_left_in_the_index_is_taken_out_of_it(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    team = stage.team(stage.person())
    stage.clock.advance(60)
    stage.turn_on(webhook=False)
    stage.work(nudge(stage, team.general.id))
    looks = stage.services.looks
    row = looks.read(team.uuid)
    assert row is not None and row.value.parked
    looks.write(team.uuid, row, replace(row.value, at=stage.services.now()))

    stage.run(60)

    assert stage.due() == []
