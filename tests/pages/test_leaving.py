"""Leaving: Off at once, the webhook and the sign-ins go, and no group is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest

from sandbox.kit import Fault
from sandbox.memory_tables import MemoryTables, Operation
from sandbox.microsoft.state import Group
from sandbox.webex import Team
from shared import wiring
from shared.admin import auditing, leaving, watching
from shared.admin.ports import Actor
from shared.core.audit import Outcome
from shared.core.capabilities import CAPABILITIES
from shared.core.ids import PersonId, TenantId
from shared.core.model import Status
from shared.core.reasons import Refusal
from tests.journeys.stage import SPACES, Stage, meanwhile
from tests.pages import steps
from tests.pages.at_work import SWITCH, Bench, bench, opened
from tests.pages.rows import rows_of
from tests.pages.storage_edge import at_the_edge

Make = Callable[..., Stage]
ADAM = Actor(PersonId("adam"), "Adam Admin")
ABOUT_TEAMS = ("DeadLetters", "Directory", "Identities", "Teams")


@pytest.fixture
def here(make_stage: Make) -> Bench:
    """On, with a webhook."""
    found = bench(make_stage(configured=True))
    found.turn_on()
    return found


def with_a_team(here: Bench) -> Team:
    stage = here.stage
    team = stage.team(stage.person(), stage.people(3))
    stage.settle()
    assert stage.group_of(team) is not None
    return team


def as_it_is(group: Group) -> tuple[object, ...]:
    """All that anybody sees of a group."""
    people = set(group.members), set(group.owners)
    return (*people, group.display_name, group.mail_nickname, group.unique_name, group.deleted)


def leave(here: Bench, groups: str) -> None:
    opened(here, "/settings")
    here.visitor.press("Leave this app")
    here.visitor.press("Leave", groups=groups)


def tables_with_rows(here: Bench) -> set[str]:
    return {table for table, _partition, _key in rows_of(here.stage)}


def sign_ins(here: Bench) -> list[str]:
    """Rows that hold a token, used or waiting, and ways for somebody to leave one."""
    kinds = ("credential:", "pending:", "pending-", "handover-")
    return [key for _, _, key in rows_of(here.stage) if key.startswith(kinds)]


def progress(here: Bench) -> leaving.Leaving:
    found = leaving.known(here.office.services)
    assert found is not None
    return found


def test_it_is_asked_about_first_and_nothing_changes_before(here: Bench) -> None:
    opened(here, "/settings")

    page = here.visitor.press("Leave this app")

    assert "nothing is deleted there" in page.text
    assert page.links["Stay"] == "/settings"
    assert here.settings.on
    assert len(here.webhooks) == 1
    assert leaving.known(here.office.services) is None


def test_the_switch_the_webhook_and_the_sign_ins_go_at_once(here: Bench) -> None:
    with_a_team(here)
    here.office.once.write("handover-x", None, {}, here.office.now() + 10**9)
    assert sign_ins(here)

    leave(here, "keep")

    assert not here.settings.on
    assert here.webhooks == []
    assert sign_ins(here) == []
    page = here.visitor.page
    assert page is not None
    assert "Left on" in page.text and "was kept" in page.text
    told = [(what, after) for _, what, _, after in here.audit()[:4]]
    assert ("leave", "kept") in told and ("switch", "off") in told
    shown = page.document.tables[-1]
    assert any("kept and remembered" in cell for row in shown for cell in row)


def test_kept_groups_stay_and_are_gone_on_with_after_coming_back(here: Bench) -> None:
    stage = here.stage
    team = with_a_team(here)
    group = stage.group_of(team)
    assert group is not None
    before = set(group.members)
    leave(here, "keep")
    stage.run(1200)
    assert set(group.members) == before
    late = stage.person()
    stage.webex.add_member(team, late)

    stage._sign_in()
    stage.clock.advance(61)
    opened(here, "/settings")
    here.visitor.press(SWITCH)
    stage.run(600)

    assert here.settings.on
    assert set(group.members) == before | {late.external_id}
    assert len(stage.groups_of(team)) == 1
    assert "Left on" not in opened(here, "/settings").text


def test_who_has_left_is_asked_about_nothing_more_and_told_of_nothing(here: Bench) -> None:
    """Also where what is known of the groups is kept, and the tenant with it."""
    stage = here.stage
    bot = stage.webex.add_bot("Groups")
    stage.redeploy(webex_bot_token=stage.webex.issue_bot_token(bot).access_token)
    watching.ask_for(here.office, Actor(PersonId(stage.admin.uuid), "Adam"), wanted=True)
    stage.app.invoke_timer("directory_audit")
    leave(here, "keep")
    asked = len(stage.microsoft.graph.calls())

    for _ in range(30):
        stage.clock.advance(3_600)
        stage.app.invoke_timer("directory_audit")

    assert watching.alerts(here.office) == ()
    assert stage.webex.world.messages == []
    assert len(stage.microsoft.graph.calls()) == asked


@pytest.mark.emulator
def test_released_groups_are_forgotten_and_left_as_they_are(here: Bench) -> None:
    stage = here.stage
    team = with_a_team(here)
    group = stage.group_of(team)
    assert group is not None
    before, links = as_it_is(group), list(stage.webex.linked_folders.values())
    assert links

    leave(here, "release")
    writes = len(stage.microsoft.graph.log)
    stage.run(300)

    assert not tables_with_rows(here) & set(ABOUT_TEAMS)
    assert here.settings.tenant is None
    assert here.office.holder(TenantId(stage.tenant.tenant_id)) is None
    assert as_it_is(group) == before
    assert list(stage.webex.linked_folders.values()) == links
    assert [c for c in stage.microsoft.graph.log[writes:] if c.method != "GET"] == []
    assert {"Audit", "Organizations"} <= tables_with_rows(here)
    page = opened(here, "/settings")
    assert "knows of none any more" in page.text


def test_who_comes_back_after_a_release_finds_teams_from_before_and_no_second_group(
    here: Bench,
) -> None:
    stage = here.stage
    team = with_a_team(here)
    leave(here, "release")
    stage.run(300)
    group = stage.group_of(team)
    assert group is not None
    before = set(group.members)

    stage._sign_in()
    steps.consent(here.visitor, stage.global_admin)
    stage.clock.advance(61)
    opened(here, "/settings")
    here.visitor.press(SWITCH)
    assert here.settings.on
    stage.webex.add_member(team, stage.person())
    stage.run(900)

    assert len(stage.groups_of(team)) == 1
    assert set(group.members) == before
    assert stage.row(team).status is Status.FROM_BEFORE


def test_the_sign_ins_wait_for_the_webhook_while_webex_is_silent(here: Bench) -> None:
    fault = Fault("error", path="/webhooks", status=503)
    here.stage.webex.faults.append(fault)

    leave(here, "keep")
    page = here.visitor.page
    assert page is not None

    assert not here.settings.on
    assert "the sign-ins are kept for that" in page.text
    assert sign_ins(here)
    here.stage.webex.faults.remove(fault)
    here.stage.run(600)
    assert here.webhooks == []
    assert sign_ins(here) == []
    assert progress(here).done


def test_the_sign_ins_do_not_wait_for_it_longer_than_a_day(here: Bench) -> None:
    here.stage.webex.faults.append(Fault("error", path="/webhooks", status=503))
    leave(here, "keep")

    here.stage.clock.advance(86_400)
    here.stage.run(60)

    assert sign_ins(here) == []
    assert progress(here).done
    assert "The webhook still stands at Webex" in opened(here, "/settings").text


def test_nor_where_no_sign_in_may_take_it_away(here: Bench) -> None:
    here.office.credentials.forget("spaces")

    leave(here, "keep")

    assert sign_ins(here) == []
    assert progress(here).done


@pytest.mark.parametrize("groups", ["keep", "release"])
def test_the_switch_does_not_go_on_before_it_is_finished(here: Bench, groups: str) -> None:
    here.stage.webex.faults.append(Fault("error", path="/webhooks", status=503))
    leave(here, groups)

    page = here.visitor.post(SWITCH, {"on": "1"})
    again = here.visitor.post("/settings/leave", {"groups": groups, "confirmed": "1"})

    assert not here.settings.on
    assert "is not finished yet" in page.said
    assert "is not finished yet" in again.said


def test_a_switch_that_went_on_at_the_same_moment_goes_off_again(here: Bench) -> None:
    here.stage.webex.faults.append(Fault("error", path="/webhooks", status=503))
    leave(here, "release")
    here.stage.turn_on(webhook=False)

    here.stage.tidy()

    assert not here.settings.on


def test_a_look_that_was_under_way_leaves_no_row_behind(here: Bench) -> None:
    stage = here.stage
    team = with_a_team(here)
    stage.webex.add_member(team, stage.person())
    pressed: list[int] = []

    def press() -> None:
        if not pressed:
            pressed.append(1)
            leaving.leave(here.office, ADAM, release=True)

    stage.microsoft.graph.faults.append(meanwhile("/members", press))
    stage.run(400)

    assert pressed
    assert progress(here).done
    assert not tables_with_rows(here) & set(ABOUT_TEAMS)


class Interrupted(MemoryTables):
    """Before the next write to the table, `then` happens, once."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table
        self.then: Callable[[], None] | None = None

    def write(self, table: str, operations: Sequence[Operation]) -> list[dict[str, str]]:
        then = self.then
        if then is not None and table == self.table:
            self.then = None
            then()
        return super().write(table, operations)


@pytest.mark.parametrize("table", ["Directory", "Identities"])
def test_a_directory_audit_that_was_under_way_leaves_no_row_behind(table: str) -> None:
    tables = Interrupted(table)
    stage = Stage(tables)
    here = bench(stage)
    here.turn_on()
    with_a_team(here)
    seconds = []

    def slow() -> None:
        """The part takes nearly as long as a part may."""
        leaving.leave(here.office, ADAM, release=True)
        stage.clock.advance(170)
        stage.tidy()
        seconds.append(170)

    tables.then = slow
    stage.app.invoke_timer("directory_audit")
    stage.run(400)

    assert seconds
    assert progress(here).done
    assert not tables_with_rows(here) & set(ABOUT_TEAMS)
    wiring.install(None)


def test_a_directory_audit_stops_and_does_not_go_on(here: Bench) -> None:
    stage = here.stage
    stage.microsoft.graph.faults.append(Fault("error", path="/users", status=503))
    stage.app.invoke_timer("directory_audit")
    under_way = auditing.status(here.office).progress
    assert under_way and under_way.outcome is Outcome.RUNNING

    leave(here, "keep")
    stopped = auditing.status(here.office).progress
    with pytest.raises(Refusal) as refusal:
        auditing.resume(here.office, ADAM)

    assert stopped and stopped.outcome is Outcome.STOPPED
    assert refusal.value.code == "credential_missing"


def test_one_that_goes_on_while_the_sign_ins_are_kept_is_stopped_again(here: Bench) -> None:
    stage = here.stage
    stage.microsoft.graph.faults.append(Fault("error", path="/users", status=503))
    stage.app.invoke_timer("directory_audit")
    silent = Fault("error", path="/webhooks", status=503)
    stage.webex.faults.append(silent)
    leave(here, "release")
    auditing.resume(here.office, ADAM)
    stage.clock.advance(1_000)
    stage.webex.faults.remove(silent)

    stage.tidy()
    stopped, at_once = auditing.status(here.office).progress, tables_with_rows(here)
    stage.run(400)

    assert stopped and stopped.outcome is Outcome.STOPPED
    assert "Directory" in at_once
    assert progress(here).done
    assert not tables_with_rows(here) & set(ABOUT_TEAMS)


@pytest.mark.emulator
@pytest.mark.parametrize("table", ["Organizations", "Teams", "Identities", "Audit"])
def test_what_died_half_way_is_finished_by_the_timer(here: Bench, table: str) -> None:
    stage = here.stage
    with_a_team(here)
    edge = at_the_edge(stage)
    opened(here, "/settings")
    here.visitor.press("Leave this app")
    seen: list[str] = []

    def fails(method: str, url: str) -> bool:
        if (method != "GET" and f"/{table}" in url) or ("$batch" in url and table in ABOUT_TEAMS):
            seen.append(url)
        # The second write to the table, and all until somebody mends it.
        return len(seen) >= 2

    edge.fails = fails
    here.visitor.strict = False
    here.visitor.press("Leave", groups="release")
    stage.clock.advance(180)
    stage.tidy()
    assert len(seen) >= 2
    edge.fails = lambda _method, _url: False

    stage.run(300)

    assert progress(here).done
    assert not tables_with_rows(here) & set(ABOUT_TEAMS)
    assert sign_ins(here) == []
    assert here.webhooks == []


def test_another_organization_loses_nothing(here: Bench) -> None:
    with_a_team(here)
    other = here.stage.webex.add_organization("Second", org_id=str(uuid4()))
    steps.serve(here.stage, organizations=[other])
    theirs = {
        table: here.stage.wiring.tables.partition(table, other.uuid)
        for table in (*ABOUT_TEAMS, "Organizations")
    }
    for rows in theirs.values():
        rows.insert("credential:spaces", {"secret": "x", "key": "v0"})

    leave(here, "release")
    here.stage.run(300)

    assert progress(here).done
    assert all(rows.get("credential:spaces") for rows in theirs.values())


def test_anything_but_keep_and_release_is_refused(here: Bench) -> None:
    page = here.visitor.post("/settings/leave", {"groups": "delete", "confirmed": "1"})

    assert steps.refused_with(page) == "bad_form"
    assert here.settings.on


def test_no_capability_is_forgotten_to_be_forgotten(here: Bench) -> None:
    credentials, officer = here.office.credentials, here.stage.officer
    token = here.stage.webex.issue_token(officer, SPACES, client_id="integration")
    for capability in CAPABILITIES:
        kept = credentials.read("spaces")
        assert kept is not None
        credentials.keep_pending(capability, kept)
    assert token.access_token

    leave(here, "keep")

    assert sign_ins(here) == []
