"""Teams that wait for something are looked at when an administrator has put it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.webex.state import Team
from shared.admin import connection, credentials
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.model import Folder, OrgSettings, Status
from shared.ports import Label
from shared.sync import lease, waking
from tests.journeys.stage import Stage, meanwhile
from tests.pages import steps
from tests.pages.at_work import Bench, a_row, bench, opened
from tests.pages.storage_edge import at_the_edge
from tests.pages.test_activity import activity, keep

Make = Callable[..., Stage]
ACTOR = Actor(PersonId("x"), "Adam Admin")


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


def chosen(here: Bench, change: Callable[[OrgSettings], OrgSettings]) -> None:
    """As it was chosen long ago."""
    here.office.services.organizations.save_settings(change)


def choose(here: Bench, name: str, value: str) -> None:
    """On the page, as an administrator does."""
    if here.visitor.get("/settings").path != "/settings":
        steps.sign_in(here.visitor, here.stage.admin)
    here.visitor.post("/settings", {name: value})


def refused(here: Bench) -> Team:
    """A team whose folder nobody may link; it would be tried again a day later."""
    stage = here.stage
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person())
    stage.settle()
    assert stage.row(team).folder is Folder.REFUSED
    stage.webex.switches.who_may_link = "compliance"
    return team


def test_turning_folders_on_links_those_of_the_teams_that_are_there(ready: Bench) -> None:
    stage = ready.stage
    chosen(ready, lambda s: replace(s, link_folders=False))
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    stage.run(3600)
    assert stage.row(team).status is Status.COMPLETE

    choose(ready, "link_folders", "yes")
    stage.run(120)

    assert stage.row(team).folder is Folder.LINKED


def test_other_accounts_to_link_folders_are_tried_at_once(ready: Bench) -> None:
    chosen(ready, lambda s: replace(s, folder_linkers=("people",)))
    stage = ready.stage
    team = stage.team(stage.person())
    stage.settle()
    assert stage.row(team).folder is Folder.REFUSED

    choose(ready, "folder_linkers", "spaces,people,folders")
    stage.run(120)

    assert stage.row(team).folder is Folder.LINKED


@pytest.mark.parametrize(
    ("mapped", "reason"), [(True, "creator_may_not_create"), (False, "creator_unknown")]
)
def test_a_team_that_was_kept_out_gets_its_group_when_honouring_is_turned_off(
    ready: Bench, mapped: bool, reason: str
) -> None:
    stage = ready.stage
    stage.tenant.group_settings.update({"EnableGroupCreation": "false"})
    stage.clock.advance(3600)
    team = stage.team(stage.person(mapped=mapped), stage.people(2))
    stage.settle()
    assert stage.row(team).reason == reason

    choose(ready, "honour_creation", "no")
    stage.run(120)

    assert stage.group_of(team) is not None


def test_other_choices_wake_nobody(ready: Bench) -> None:
    team = refused(ready)
    before = ready.stage.services.looks.read(team.uuid)

    choose(ready, "language", "sv")
    choose(ready, "honour_creation", "no")
    ready.stage.run(120)

    assert ready.stage.services.looks.read(team.uuid) == before


def test_a_new_sign_in_tries_folders_that_were_put_off_for_a_day(ready: Bench) -> None:
    team = refused(ready)
    kept = ready.office.credentials.read("spaces")
    assert kept is not None

    credentials.keep(ready.office, ACTOR, "spaces", kept)
    ready.stage.run(120)

    assert ready.stage.row(team).folder is Folder.LINKED


def test_what_changes_during_a_look_is_seen_by_the_next_one(ready: Bench) -> None:
    """That look began with what was before, and its row does not say yet what it will wait for."""
    stage = ready.stage
    stage.tenant.group_settings.update({"EnableGroupCreation": "false"})
    stage.clock.advance(3600)
    # What the page asks of Microsoft is asked before: in the middle of a call nobody would answer.
    opened(ready, "/settings")

    def change_and_wake() -> None:
        ready.visitor.post("/settings", {"honour_creation": "no"}, stop="/settings")
        stage.tidy()

    stage.microsoft.graph.faults.append(meanwhile("/groupSettings", change_and_wake))
    team = stage.team(stage.person())
    stage.run(60)

    assert stage.group_of(team) is not None


@pytest.mark.emulator
def test_a_consent_asks_storage_a_few_times_however_many_teams_waited_for_it(
    ready: Bench,
) -> None:
    row = a_row("Waits", status=Status.NEEDS_PERSON)
    for number in range(60):
        uuid = TeamId(f"00000000-0000-4000-8000-{number:012d}")
        keep(ready, replace(row, uuid=uuid, reason="consent_missing"))
    tenant = TenantId(ready.stage.tenant.tenant_id)
    consent = Consent(tenant, "Contoso", "Greta", ready.office.now())
    edge = at_the_edge(ready.stage)

    connection.connect(ready.office, ACTOR, consent)

    assert len(edge.calls) < 40
    ready.stage.tidy()
    assert len(ready.stage.due()) == 60


def test_retry_during_a_look_tries_a_refused_folder_after_it(ready: Bench) -> None:
    stage, team = ready.stage, refused(ready)
    activity(ready)
    retry = meanwhile(
        "/memberships", lambda: ready.visitor.press("/activity/retry", team=team.uuid)
    )
    stage.webex.faults.append(retry)
    stage.webex.add_member(team, stage.person())

    stage.run(90)

    assert stage.row(team).folder is Folder.LINKED


class _AfterLabels:
    """The teams' rows, with something happening right after their labels are read."""

    def __init__(self, rows: Any, act: Callable[[], None]) -> None:
        self._rows, self._act = rows, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def labels(self, after: str, limit: int) -> list[Label]:
        found: list[Label] = self._rows.labels(after, limit)
        self._act()
        return found


def test_a_look_that_ends_while_the_teams_are_read_is_followed_by_another(ready: Bench) -> None:
    services = ready.stage.services
    row = a_row("Waits", status=Status.SETTLING)
    keep(ready, row)
    waking.wake_some(services, services.now() + 1000)
    lease.want(services, row.uuid, row.space_id)
    held = lease.take(services, row.uuid, services.organizations.settings(), change=False)
    assert held
    waking.wake(services, "consent")

    def the_look_ends() -> None:
        team = services.teams.read(row.uuid)
        assert team
        found = replace(team.value, status=Status.NEEDS_PERSON, reason="consent_missing")
        services.teams.write(team, found)
        held.finish(services.now() + 24 * 3600 * 1000)

    slow: Any = _AfterLabels(services.teams, the_look_ends)
    waking.wake_some(replace(services, teams=slow), services.now() + 10)
    look = services.looks.read(row.uuid)

    assert look
    assert look.value.whole
    assert look.value.at is not None
    assert look.value.at < services.now() + 3600 * 1000
