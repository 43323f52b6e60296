"""What people change in Microsoft 365 is heard of by delta query, and makes the team due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.state import Tenant
from sandbox.webex.ids import encode
from sandbox.webex.state import Organization, Team
from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.core.credential import Credential
from shared.core.ids import GroupId, OrgId, PersonId, TeamId, TenantId
from shared.ports import Services
from shared.sync import switch
from shared.sync.delta import DELTA, read_changes
from tests.journeys.deafness import connected, deafen, watched
from tests.journeys.stage import PERMISSIONS, SPACES, Stage
from tests.pages import steps
from tests.pages.storage_edge import StorageDown, at_the_edge

LOST = "delta lost, beginning again at latest; all groups are read"


def cursor(stage: Stage, services: Services | None = None) -> dict[str, object]:
    kept = (services or stage.services).organizations.kept(DELTA)
    assert kept
    return dict(kept.state)


def looked(stage: Stage, team: Team) -> int:
    look = stage.services.looks.read(team.uuid)
    assert look
    return look.value.last


def asked(stage: Stage, since: int = 0) -> int:
    return len([c for c in stage.microsoft.graph.log[since:] if c.path == "/v1.0/groups/delta"])


def said(caplog: pytest.LogCaptureFixture, event: str) -> int:
    return sum(f'"event": "{event}"' in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "deleted"])
def test_a_change_in_the_group_makes_the_team_due_though_webex_is_silent(
    deaf: Stage, change: str
) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    assert watched(deaf) == set()

    if change == "added":
        group.add("members", deaf.tenant.add_user("Late Comer").object_id)
    elif change == "removed":
        group.drop("members", group.members[-1])
    elif change == "renamed":
        deaf.tenant.change_group(group, display_name="Another name")
    else:
        deaf.tenant.delete_group(group)

    assert watched(deaf) == {team.uuid}


def test_five_hundred_changes_of_one_group_are_one_wish(deaf: Stage) -> None:
    deaf.microsoft.switches.delta_unites = False
    deaf.microsoft.switches.delta_page_size = 500
    team, group = connected(deaf)
    deafen(deaf)
    before = deaf.services.looks.read(team.uuid)
    assert before
    for number in range(500):
        group.add("members", deaf.tenant.add_user(f"Late {number}").object_id)

    assert watched(deaf) == {team.uuid}
    after = deaf.services.looks.read(team.uuid)
    assert after
    assert after.value.wanted == before.value.wanted + 1


def test_a_change_in_a_group_that_is_no_teams_concerns_nobody(deaf: Stage) -> None:
    connected(deaf)
    deafen(deaf)
    other = deaf.tenant.add_group("Sales", "sales", owners=[deaf.global_admin.object_id])
    watched(deaf)
    webex, graph, due = len(deaf.webex.log), len(deaf.microsoft.graph.log), deaf.due()

    other.add("members", deaf.tenant.add_user("Sam Sales").object_id)

    assert watched(deaf) == set()
    assert deaf.due() == due
    assert {c.path for c in deaf.webex.log[webex:]} == {"/v1/events"}
    assert {c.path for c in deaf.microsoft.graph.log[graph:]} == {"/v1.0/groups/delta"}


def lose_by_maintenance(stage: Stage) -> None:
    stage.tenant.reset_delta()


def lose_by_age(stage: Stage) -> None:
    stage.microsoft.switches.delta_life_seconds = 0


@pytest.mark.parametrize(
    ("lose", "expiry"),
    [(lose_by_maintenance, "410"), (lose_by_age, "410"), (lose_by_age, "syncStateNotFound")],
)
def test_a_lost_delta_begins_again_and_every_connected_team_is_looked_at(
    deaf: Stage, caplog: pytest.LogCaptureFixture, lose: Callable[[Stage], None], expiry: str
) -> None:
    caplog.set_level(logging.INFO)
    deaf.microsoft.switches.delta_expiry = expiry  # type: ignore[assignment]  # one of the two
    teams = [connected(deaf, name=name)[0] for name in ("One", "Two")]
    deafen(deaf)
    deaf.run(30)
    before = [looked(deaf, team) for team in teams]
    lose(deaf)
    watched(deaf, 40)
    deaf.microsoft.switches.delta_life_seconds = 7 * 86_400

    deaf.run(120)

    assert said(caplog, LOST) >= 1
    assert all(looked(deaf, t) > last for t, last in zip(teams, before, strict=True))


def test_what_changes_after_a_new_beginning_is_heard_again(deaf: Stage) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    deaf.tenant.reset_delta()
    deaf.run(300)
    assert watched(deaf) == set()

    group.drop("members", group.members[-1])

    assert watched(deaf) == {team.uuid}


def test_a_delta_that_is_lost_every_time_wakes_the_teams_ever_more_seldom(
    deaf: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    deaf.microsoft.switches.delta_life_seconds = -1

    watched(deaf, 1200)

    assert 3 <= said(caplog, "delta begins at latest") <= 7


def test_pages_are_read_over_several_runs_without_a_gap(deaf: Stage) -> None:
    pairs = [connected(deaf, 2, f"Team {n}") for n in range(4)]
    deafen(deaf)
    watched(deaf)
    deaf.microsoft.switches.delta_page_size = 1
    deaf.microsoft.graph.faults.append(Fault("slow", path="/groups/delta", seconds=3))
    for _, group in pairs:
        group.drop("members", group.members[-1])
    graph = len(deaf.microsoft.graph.log)

    first = watched(deaf, 20)
    in_between = cursor(deaf)

    assert 1 <= len(first) < 4, "a run ends when its time is up"
    assert in_between["due"] == 0
    assert first | watched(deaf, 60) == {team.uuid for team, _ in pairs}
    assert asked(deaf, graph) <= 8


@pytest.mark.emulator
def test_whoever_dies_before_the_cursor_moves_hears_the_same_again(deaf: Stage) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    watched(deaf)
    before = cursor(deaf)
    group.drop("members", group.members[-1])
    deaf.clock.advance(40)
    edge = at_the_edge(deaf)
    edge.fails = lambda method, url: method != "GET" and DELTA in url.replace("%3A", ":")
    settings = deaf.services.organizations.settings()

    with pytest.raises(StorageDown):
        read_changes(deaf.services, settings, deaf.services.now())
    edge.fails = lambda _method, _url: False

    assert cursor(deaf) == before
    look = deaf.services.looks.read(team.uuid)
    assert look
    assert look.value.ready is not None
    assert look.value.ready <= deaf.services.now()
    assert read_changes(deaf.services, settings, deaf.services.now())
    assert cursor(deaf) != before


@pytest.mark.emulator
def test_whoever_dies_before_the_team_is_due_has_not_moved_the_cursor(deaf: Stage) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    watched(deaf)
    before = cursor(deaf)
    group.drop("members", group.members[-1])
    deaf.clock.advance(40)
    edge = at_the_edge(deaf)
    edge.fails = lambda method, url: "$batch" in url or (method != "GET" and team.uuid in url)
    settings = deaf.services.organizations.settings()

    with pytest.raises(StorageDown):
        read_changes(deaf.services, settings, deaf.services.now())
    edge.fails = lambda _method, _url: False

    assert cursor(deaf) == before
    assert watched(deaf) == {team.uuid}


def test_a_delta_that_fails_keeps_neither_events_nor_nudges_waiting(deaf: Stage) -> None:
    team, group = connected(deaf)
    fault = Fault("error", path="/groups/delta", status=503)
    deaf.microsoft.graph.faults.append(fault)
    graph = len(deaf.microsoft.graph.log)
    fresh = deaf.team(deaf.person())

    assert watched(deaf) == {fresh.uuid}
    assert asked(deaf, graph) <= 3, "a provider that fails is asked every half minute"
    group.drop("members", group.members[-1])
    deaf.microsoft.graph.faults.remove(fault)
    assert team.uuid in watched(deaf), "nothing was lost meanwhile"


def test_events_that_fail_do_not_keep_changes_waiting(deaf: Stage) -> None:
    team, group = connected(deaf)
    deaf.webex.faults.append(Fault("error", path="/events", status=502))

    group.drop("members", group.members[-1])

    assert watched(deaf) == {team.uuid}


def test_a_throttled_delta_comes_back_when_it_was_told_to(deaf: Stage) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    watched(deaf)
    deaf.microsoft.graph.faults.append(
        Fault("throttle", path="/groups/delta", seconds=300, times=1)
    )
    group.drop("members", group.members[-1])
    graph = len(deaf.microsoft.graph.log)

    assert watched(deaf, 290) == set()
    assert asked(deaf, graph) == 1
    assert watched(deaf, 90) == {team.uuid}


def test_off_reads_nothing_and_on_goes_on_where_it_stood_and_looks_at_the_teams(
    deaf: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    team, group = connected(deaf)
    deafen(deaf)
    deaf.turn_off()
    graph, before = len(deaf.microsoft.graph.log), looked(deaf, team)
    group.drop("members", group.members[-1])

    deaf.run(120)
    assert asked(deaf, graph) == 0
    caplog.clear()
    deaf.turn_on(webhook=False)
    deaf.run(120)

    assert said(caplog, "delta begins at latest") == 0
    assert looked(deaf, team) > before


def test_what_changed_while_it_was_off_is_found_though_the_first_read_is_behind(
    deaf: Stage,
) -> None:
    """The look that On asks for may meet a replica that has not heard of it: the delta tells."""
    team, group = connected(deaf)
    deafen(deaf)
    deaf.run(1200)
    deaf.turn_off()
    deaf.run(60)
    leaver = next(m for m in group.members if m not in group.owners)
    group.drop("members", leaver)
    deaf.turn_on(webhook=False)
    deaf.run(10)
    deaf.microsoft.switches.read_lag_seconds = 100.0
    deaf.run(60)
    assert leaver in {p.external_id for p in deaf.webex.people_of(team)}

    deaf.run(900)

    assert leaver not in {p.external_id for p in deaf.webex.people_of(team)}


def test_teams_of_the_version_before_are_woken_and_heard_of_from_then_on(deaf: Stage) -> None:
    """That version kept no row for a group and no cursor, and put no look off to a week later."""
    team, group = connected(deaf)
    deafen(deaf)
    teams = deaf.wiring.tables.partition("Teams", deaf.org.uuid)
    organization = deaf.wiring.tables.partition("Organizations", deaf.org.uuid)
    for rows, key in ((teams, f"group:{group.id}"), (organization, DELTA)):
        row = rows.get(key)
        assert row, key
        rows.delete(key, row.etag)
    look = deaf.services.looks.read(team.uuid)
    assert look
    deaf.services.looks.write(team.uuid, look, replace(look.value, at=None, ready=None))

    deaf.run(180)
    group.drop("members", group.members[-1])

    assert watched(deaf) == {team.uuid}


def test_an_organization_without_a_tenant_asks_nobody(deaf: Stage) -> None:
    settings = replace(deaf.services.organizations.settings(), tenant=None)

    assert not read_changes(deaf.services, settings, deaf.services.now())
    assert asked(deaf) == 0


def test_another_tenant_begins_at_latest(deaf: Stage) -> None:
    connected(deaf)
    services = deaf.services
    assert cursor(deaf)["tenant"] == deaf.tenant.tenant_id
    tenant = deaf.microsoft.add_tenant("Fabrikam", tenant_id=str(uuid4()))
    deaf.microsoft.consent(deaf.application, tenant, PERMISSIONS)
    steps.serve(deaf, tenants=[tenant])
    services.organizations.save_settings(
        lambda s: replace(s, tenant=TenantId(tenant.tenant_id), consented_at=1)
    )

    watched(deaf)

    assert cursor(deaf)["tenant"] == tenant.tenant_id
    assert {c.status for c in deaf.microsoft.graph.log if c.path == "/v1.0/groups/delta"} == {200}


def second(stage: Stage) -> tuple[Organization, Tenant, Services]:
    """Another organization of the deployment, with a tenant of its own, switched on as well."""
    org = stage.webex.add_organization("Beta", org_id=str(uuid4()))
    tenant = stage.microsoft.add_tenant(
        "Fabrikam", tenant_id=str(uuid4()), domain="fabrikam.example"
    )
    stage.microsoft.consent(stage.application, tenant, PERMISSIONS)
    steps.serve(stage, tenants=[tenant], organizations=[org])
    officer = org.add_person("Otto Officer", roles=("compliance_officer",))
    token = stage.webex.issue_token(officer, SPACES, client_id="integration")
    credential = Credential(token.access_token, token.refresh_token, round(token.expires_at * 1000))
    stage.wiring.credentials(OrgId(org.uuid)).write("spaces", credential)
    consent = Consent(TenantId(tenant.tenant_id), "", "", 0)
    actor = Actor(PersonId(""), "the test")
    connection.connect(stage.wiring.office(OrgId(org.uuid)), actor, consent)
    services = stage.wiring.services(OrgId(org.uuid))
    switch.turn_on(services, TenantId(tenant.tenant_id))
    return org, tenant, services


@pytest.mark.parametrize("hurt", [False, True], ids=["both well", "the first one's delta is lost"])
def test_each_organization_hears_of_its_own_tenant_alone(deaf: Stage, hurt: bool) -> None:
    team, group = connected(deaf)
    _, tenant, services = second(deaf)
    theirs = tenant.add_group("Theirs", "theirs")
    uuid = str(uuid4())
    services.teams.remember_group(GroupId(theirs.id), TeamId(uuid), encode("ROOM", uuid))
    deafen(deaf)
    watched(deaf)
    theirs.add("members", tenant.add_user("Fay").object_id)
    if hurt:
        deaf.tenant.reset_delta()

    watched(deaf)

    assert services.looks.read(uuid) is not None
    assert deaf.services.looks.read(uuid) is None
    assert services.looks.read(team.uuid) is None
    assert cursor(deaf)["address"] != cursor(deaf, services)["address"]
    group.drop("members", group.members[-1])
    assert team.uuid in watched(deaf)


def test_an_address_that_is_refused_for_good_is_given_up(
    deaf: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    team, group = connected(deaf)
    deafen(deaf)
    deaf.microsoft.graph.faults.append(Fault("error", path="/groups/delta", status=400, times=1))
    caplog.set_level(logging.INFO)

    deaf.run(60)
    gone = group.members[-1]
    group.drop("members", gone)
    deaf.run(400)

    assert LOST in caplog.text
    assert gone not in {p.external_id for p in deaf.webex.people_of(team)}
