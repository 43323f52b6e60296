"""Two administrators at the same moment: nothing comes back, is lost or is given away."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from shared.admin import connection, prerequisites, switching
from shared.admin.connection import Consent
from shared.admin.ports import Actor, Office
from shared.core.errors import ConsentMissing
from shared.core.ids import PersonId, TenantId
from shared.core.model import OrgSettings
from tests.journeys.stage import Stage, meanwhile
from tests.pages.at_work import SWITCH, Bench, Make, bench
from tests.pages.checklist import Checklist
from tests.pages.steps import office, serve, settings

COLLEAGUE = Actor(PersonId("bea"), "Bea Boss", "bea@example.example")


@pytest.fixture
def at_work(make_stage: Make) -> Bench:
    return bench(make_stage(configured=True))


def tenant_of(stage: Stage) -> TenantId:
    return TenantId(stage.tenant.tenant_id)


def press_on_while(at_work: Bench, act: Any) -> None:
    """`act` happens while Webex is asked what time it is."""
    at_work.visitor.get("/settings")
    at_work.stage.webex.faults.append(meanwhile("/people/me", act))
    at_work.visitor.press(SWITCH)


# The switch


def test_on_brings_no_tenant_back_that_was_given_up_meanwhile(at_work: Bench) -> None:
    stage = at_work.stage
    other = stage.webex.add_organization("Beta", org_id=str(uuid.uuid4()))
    serve(stage, organizations=[other])

    def another_organization_takes_it() -> None:
        connection.disconnect(office(stage), COLLEAGUE)
        office(stage, other).bind(tenant_of(stage))

    press_on_while(at_work, another_organization_takes_it)

    assert office(stage).holder(tenant_of(stage)) == other.uuid
    assert (settings(stage).tenant, settings(stage).on) == (None, False)


def test_on_pressed_twice_at_once_counts_from_the_first_press(at_work: Bench) -> None:
    stage = at_work.stage
    first: list[int] = []

    def colleague_is_quicker() -> None:
        switching.turn_on(office(stage), COLLEAGUE)
        first.append(settings(stage).enabled_since)
        stage.clock.advance(5)

    press_on_while(at_work, colleague_is_quicker)

    told = [c.who for c in office(stage).audit.latest(20) if (c.what, c.after) == ("switch", "on")]
    assert settings(stage).on
    assert settings(stage).enabled_since == first[0]
    assert told == [COLLEAGUE.called]


# The tenant


class _InBetween:
    """The organization's rows, with something happening right after the settings are saved."""

    def __init__(self, rows: Any, act: Any) -> None:
        self._rows, self._act = rows, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def save_settings(self, change: Any) -> OrgSettings:
        after: OrgSettings = self._rows.save_settings(change)
        self._act()
        return after


def slowed(stage: Stage, act: Any) -> Office:
    there = office(stage)
    rows = _InBetween(there.services.organizations, act)
    return replace(there, services=replace(there.services, organizations=rows))


def connect(there: Office, stage: Stage, at: int = 1) -> None:
    connection.connect(there, COLLEAGUE, Consent(tenant_of(stage), "Contoso", "Greta", at))


def test_disconnecting_lets_nothing_go_that_is_connected_meanwhile(stage: Stage) -> None:
    connect(office(stage), stage)

    connection.disconnect(slowed(stage, lambda: connect(office(stage), stage, 2)), COLLEAGUE)

    assert settings(stage).tenant == tenant_of(stage)
    assert office(stage).holder(tenant_of(stage)) == stage.org.uuid


def test_a_tenant_that_is_let_go_while_it_is_connected_is_bound_again(stage: Stage) -> None:
    def somebody_lets_it_go() -> None:
        there = office(stage)
        there.unbind(tenant_of(stage), there.mark(tenant_of(stage)))

    connect(slowed(stage, somebody_lets_it_go), stage)

    assert settings(stage).tenant == tenant_of(stage)
    assert office(stage).holder(tenant_of(stage)) == stage.org.uuid


def test_a_tenant_that_is_given_up_right_after_it_was_connected_stays_free(stage: Stage) -> None:
    connect(slowed(stage, lambda: connection.disconnect(office(stage), COLLEAGUE)), stage)

    assert settings(stage).tenant is None
    assert office(stage).holder(tenant_of(stage)) is None


class _Died(BaseException):
    """The process ended here."""


def test_a_tenant_that_was_half_given_up_is_let_go_within_the_hour(stage: Stage) -> None:
    connect(office(stage), stage)

    def die() -> None:
        raise _Died

    with pytest.raises(_Died):
        connection.disconnect(slowed(stage, die), COLLEAGUE)
    stage.clock.advance(3600)
    stage.run(60)

    assert settings(stage).tenant is None
    assert office(stage).holder(tenant_of(stage)) is None


def test_no_token_is_asked_for_a_tenant_that_another_organization_holds(at_work: Bench) -> None:
    stage = at_work.stage
    other = stage.webex.add_organization("Beta", org_id=str(uuid.uuid4()))
    serve(stage, organizations=[other])
    there = office(stage)
    there.unbind(tenant_of(stage), there.mark(tenant_of(stage)))
    office(stage, other).bind(tenant_of(stage))
    before = len(stage.microsoft.login.calls())

    with pytest.raises(ConsentMissing):
        there.services.groups.creation_policy()
    assert len(stage.microsoft.login.calls()) == before


# What is confirmed by hand


@pytest.mark.parametrize("confirmed", [True, False], ids=["confirmed", "withdrawn"])
def test_what_is_confirmed_or_withdrawn_during_a_re_check_lasts(
    ready: Checklist, confirmed: bool
) -> None:
    stage = ready.stage
    ready.rows()
    prerequisites.confirm(office(stage), COLLEAGUE, "ecm_microsoft", confirmed=not confirmed)

    def colleague() -> None:
        prerequisites.confirm(office(stage), COLLEAGUE, "ecm_microsoft", confirmed=confirmed)

    stage.microsoft.graph.faults.append(meanwhile("", colleague))
    ready.again()

    assert bool(ready.row("ecm_microsoft")["confirmed_by"]) is confirmed


def test_what_was_confirmed_of_one_tenants_plans_is_not_of_another(checklist: Checklist) -> None:
    stage = checklist.stage
    stage.microsoft.switches.organization_detail = "null"
    other = checklist.tenant("Fabrikam")
    for tenant in (stage.tenant, other):
        stage.microsoft.consent(stage.application, tenant, stage.application.required)
    checklist.visitor.post("/prerequisites/tenant", {"tenant": stage.tenant.domain})
    connect(office(stage), stage)
    assert checklist.found("m365_groups") == ("manual", "unsaid")
    checklist.visitor.post("/prerequisites/confirm", {"check": "m365_groups", "confirmed": "1"})
    assert checklist.row("m365_groups")["confirmed_by"]

    connection.disconnect(office(stage), COLLEAGUE)
    theirs = Consent(TenantId(other.tenant_id), "Fabrikam", "Frans", 2)
    connection.connect(office(stage), COLLEAGUE, theirs)
    checklist.again()

    assert checklist.found("m365_groups") == ("manual", "unsaid")
    assert checklist.row("m365_groups")["confirmed_by"] is None


@pytest.mark.parametrize("only", ["m365_permissions", "m365_groups"])
def test_what_was_found_out_about_one_tenant_is_not_true_of_another(
    ready: Checklist, only: str
) -> None:
    stage = ready.stage
    ready.rows()
    other = ready.tenant("Fabrikam")
    stage.microsoft.consent(stage.application, other, stage.application.required)
    connection.disconnect(office(stage), COLLEAGUE)
    consent = Consent(TenantId(other.tenant_id), "Fabrikam", "Fia", office(stage).now())
    connection.connect(office(stage), COLLEAGUE, consent)

    prerequisites.recheck(office(stage), COLLEAGUE, only)
    told = {row.check.id for row in prerequisites.blocking(office(stage), COLLEAGUE)}
    prerequisites.recheck(office(stage), COLLEAGUE)
    true = {row.check.id for row in prerequisites.blocking(office(stage), COLLEAGUE)}

    assert told == true
    assert "m365_users" in true
