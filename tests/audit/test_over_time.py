"""Runs one after the other: only what changed, quota that runs out, people who stop them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.kit import Fault
from shared.audit.ports import RUN
from shared.audit.reading import WHOLE_EVERY
from shared.core import times
from shared.core.audit import Outcome, Run, Verdict
from shared.core.identity import is_fresh
from shared.core.ids import PersonId
from shared.core.model import IdentityState
from tests.audit.crowd import MINUTE, Crowd


def graph_paths(crowd: Crowd, since: int) -> list[str]:
    return [c.path.removeprefix("/v1.0") for c in crowd.graph_pages()[since:]]


@pytest.mark.parametrize("partial", [False, True], ids=["whole users", "changes alone"])
def test_after_the_first_run_microsoft_tells_only_what_changed(crowd: Crowd, partial: bool) -> None:
    crowd.stage.microsoft.switches.delta_tells_changes_only = partial
    crowd.stage.microsoft.switches.delta_page_size = 2
    crowd.run()
    tenant = crowd.stage.tenant
    by_class: dict[Verdict, list[str]] = {}
    for person, verdict in crowd.expected.items():
        by_class.setdefault(verdict, []).append(person)
    people = crowd.stage.webex.world.people
    gone, disabled, renamed = (people[p] for p in by_class[Verdict.MATCHED][:3])
    enabled = people[by_class[Verdict.DISABLED][0]]
    invited = people[by_class[Verdict.GUEST][0]]
    tenant.remove_user(str(gone.external_id))
    tenant.disable_user(str(disabled.external_id))
    tenant.enable_user(str(enabled.external_id))
    tenant.users[str(invited.external_id)].user_type = "Member"
    # Somebody else is called so by now: the id is another's than the name.
    tenant.users[str(renamed.external_id)].mail = "other@example.com"
    tenant.add_user("Newcomer", mail=renamed.email)
    crowd.expected |= {
        gone.uuid: Verdict.NOT_IN_TENANT,
        disabled.uuid: Verdict.DISABLED,
        enabled.uuid: Verdict.MATCHED,
        invited.uuid: Verdict.MATCHED,
        renamed.uuid: Verdict.WRONG_OBJECT_ID,
    }
    crowd.a_day_later()
    crowd.watch()
    calls = len(crowd.graph_pages())

    run = crowd.run()

    assert not run.whole
    assert crowd.found() == crowd.expected
    assert set(graph_paths(crowd, calls)) == {"/users/delta"}
    crowd.a_day_later()
    again = crowd.run()
    assert (again.counts, again.changed) == (run.counts, 0)
    assert crowd.found() == crowd.expected


@pytest.mark.parametrize("why", ["maintenance", "age", "tenant tells none"])
def test_where_changes_can_no_longer_be_told_everybody_is_read(crowd: Crowd, why: str) -> None:
    if why == "tenant tells none":
        crowd.stage.microsoft.graph.faults.append(Fault("error", path="/users/delta", status=400))
    crowd.run()
    if why == "maintenance":
        crowd.stage.tenant.reset_delta()
    if why == "age":
        crowd.stage.clock.advance(WHOLE_EVERY / times.SECOND)
    crowd.a_day_later()

    run = crowd.run()

    assert run.whole
    assert crowd.found() == crowd.expected


def test_a_run_begins_by_itself_once_a_day(crowd: Crowd) -> None:
    crowd.tick()
    crowd.stage.clock.advance(MINUTE)
    crowd.tick()
    assert len(crowd.desk.results.runs(10)) == 1

    for _ in range(2 * 24):
        crowd.stage.clock.advance(3600)
        crowd.tick()

    assert 2 <= len(crowd.desk.results.runs(10)) <= 3


def test_how_often_is_a_setting(crowd: Crowd) -> None:
    from dataclasses import replace

    crowd.run()
    rows = crowd.stage.services.organizations
    rows.save_settings(lambda s: replace(s, audit_days=0))

    for _ in range(3):
        crowd.a_day_later()
        crowd.tick()

    assert len(crowd.desk.results.runs(10)) == 1


@pytest.mark.parametrize("what", ["tenant", "sign-in"])
def test_what_cannot_be_done_is_not_begun(make_crowd: Callable[..., Crowd], what: str) -> None:
    from dataclasses import replace

    crowd = make_crowd(12)
    if what == "tenant":
        rows = crowd.stage.services.organizations
        rows.save_settings(lambda s: replace(s, tenant=None))
    else:
        from shared.core.ids import OrgId

        crowd.stage.wiring.credentials(OrgId(crowd.stage.org.uuid)).forget("people")

    crowd.tick()

    assert crowd.desk.results.runs(10) == []
    assert crowd.desk.staging.cursor(RUN) is None


@pytest.mark.parametrize("kind", ["throttle", "error"])
@pytest.mark.parametrize("side", ["webex", "graph"])
def test_a_provider_that_is_busy_or_down_only_makes_it_later(
    crowd: Crowd, side: str, kind: str
) -> None:
    cloud = crowd.stage.webex if side == "webex" else crowd.stage.microsoft.graph
    path = "/v2/Users" if side == "webex" else "/users"
    fault = Fault(kind, path=path, seconds=600, status=503)
    cloud.faults.append(fault)

    for _ in range(30):
        crowd.tick()
        crowd.stage.clock.advance(MINUTE)

    assert crowd.desk.results.runs(10) == []
    cloud.faults.remove(fault)
    assert crowd.run().outcome is Outcome.COMPLETE
    assert crowd.found() == crowd.expected


def test_a_large_directory_keeps_to_a_third_of_webexs_quota(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(200)
    crowd.stage.webex.switches.scim_count_cap = 1
    began = crowd.stage.clock.now()

    run = crowd.run(30)

    minutes = (crowd.stage.clock.now() - began) / 60
    assert run.outcome is Outcome.COMPLETE
    assert 200 / 85 - 1 <= minutes <= 6
    assert crowd.found() == crowd.expected


def test_a_consent_that_was_taken_back_ends_it_with_the_reason(crowd: Crowd) -> None:
    crowd.stage.microsoft.switches.revoked_tokens_live_on = False
    crowd.stage.microsoft.revoke(crowd.stage.application, crowd.stage.tenant)

    run = crowd.run()

    assert (run.outcome, run.counts) == (Outcome.FAILED, {})
    assert run.reason in ("consent_missing", "permission_missing")


def test_who_has_been_audited_needs_no_look_up(make_crowd: Callable[..., Crowd]) -> None:
    """A team of 500 people, and not one question to either directory."""
    crowd = make_crowd(0)
    stage = crowd.stage
    people = stage.people(500)
    crowd.run()
    stage.turn_on(webhook=False)
    stage.webex.log.clear()
    calls = len(stage.graph_calls())

    team = stage.team(people[0], people[1:])
    stage.settle()

    group = stage.group_of(team)
    assert group is not None and set(group.members) == stage.expected(team)
    assert [c for c in stage.webex.log if "/scim/" in c.path] == []
    looked_up = [c for c in stage.graph_calls(calls) if c.path.startswith("/v1.0/users")]
    # Whether the creator may create groups is asked of nobody here.
    assert looked_up == []


def test_what_is_known_of_people_is_what_the_classes_say(crowd: Crowd) -> None:
    crowd.run()

    by_person = crowd.stage.services.identities.known(map(PersonId, crowd.expected))
    now = round(crowd.stage.clock.now())
    people = crowd.stage.webex.world.people
    for uuid, verdict in crowd.expected.items():
        known = by_person.get(PersonId(uuid))
        if verdict in (Verdict.MATCHED, Verdict.DISABLED, Verdict.GUEST, Verdict.NO_MESSAGING):
            assert known and known.state is IdentityState.MAPPED, verdict
            assert known.object == people[uuid].external_id
            assert is_fresh(known, now, for_add=True)
        elif verdict is Verdict.DUPLICATE:
            assert known and known.state is IdentityState.CLAIMED_TWICE
        elif verdict is Verdict.MISSING:
            assert known and known.state is IdentityState.NO_OBJECT_ID
        elif verdict is Verdict.NOT_IN_TENANT:
            assert known and known.state is IdentityState.UNKNOWN_TO_TENANT
        elif verdict is Verdict.WRONG_OBJECT_ID:
            there = people[uuid].external_id in crowd.stage.tenant.users
            differs = IdentityState.NAME_DIFFERS
            assert known
            assert known.state is (differs if there else IdentityState.UNKNOWN_TO_TENANT)


def test_rows_that_nobody_reads_any_more_go(crowd: Crowd) -> None:
    sizes = []
    for _ in range(3):
        crowd.run()
        rows = crowd.stage.wiring.tables.partition("Directory", crowd.stage.org.uuid)
        sizes.append(len([r for r in rows.range("a", "z") if not r.key.startswith(("d:", "run:"))]))
        crowd.a_day_later()

    assert sizes[0] == sizes[1] == sizes[2]


def test_what_the_last_thirty_runs_came_to_is_kept(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(0)
    for number in range(40):
        crowd.desk.results.keep(Run(f"old{number}", 1_000 + number, 2_000, Outcome.COMPLETE))

    run = crowd.finish()

    kept = [each.id for each in crowd.desk.results.runs(100)]
    assert kept == [run.id, *(f"old{number}" for number in range(39, 10, -1))]
