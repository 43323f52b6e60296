"""An organization that a version without the pages set up: its tenant, and its webhook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.ports import Actor, Office
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.model import Status
from shared.core.reasons import Refusal
from shared.ports import DeadLetter
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, bench

Make = Callable[..., Stage]


@pytest.fixture
def upgraded(make_stage: Make) -> Bench:
    """That version wrote the tenant into the settings, registered the webhook, and no more."""
    here = bench(make_stage(configured=True), bound=False)
    tenant = TenantId(here.stage.tenant.tenant_id)
    here.office.services.organizations.save_settings(lambda s: replace(s, tenant=tenant))
    here.stage.turn_on()
    return here


def another(here: Bench) -> Office:
    """A second organization, which the deployment serves from now on."""
    other = here.stage.webex.add_organization("Second", org_id=str(uuid4()))
    steps.serve(here.stage, organizations=[other])
    return steps.office(here.stage, other)


def test_its_tenant_is_free_for_nobody_else_from_the_first_moment(upgraded: Bench) -> None:
    tenant = TenantId(upgraded.stage.tenant.tenant_id)

    with pytest.raises(Refusal, match="tenant_bound"):
        connection.check_free(another(upgraded), tenant)


def test_its_tenant_gets_the_row_that_keeps_it(upgraded: Bench) -> None:
    tenant = TenantId(upgraded.stage.tenant.tenant_id)
    second = another(upgraded)
    assert upgraded.office.mark(tenant) == ""
    upgraded.stage.run(60)

    with pytest.raises(Refusal, match="tenant_bound"):
        actor = Actor(PersonId("x"), "Ada Other")
        connection.connect(second, actor, Consent(tenant, "Contoso", "Greta", second.now()))

    assert upgraded.office.mark(tenant)


def test_a_tenant_that_is_anothers_is_not_claimed(upgraded: Bench) -> None:
    tenant = TenantId(upgraded.stage.tenant.tenant_id)
    second = another(upgraded)
    actor = Actor(PersonId("x"), "Ada Other")
    connection.connect(second, actor, Consent(tenant, "Contoso", "Greta", second.now()))

    upgraded.stage.run(60)

    assert second.mark(tenant)


def test_its_webhook_is_known_and_goes_when_the_switch_goes_off(upgraded: Bench) -> None:
    assert len(upgraded.webhooks) == 1
    upgraded.stage.run(30)

    page = upgraded.visitor.get("/settings")
    upgraded.turn_off()
    upgraded.stage.run(60)

    assert "By webhook" in page.text
    assert upgraded.webhooks == []


def test_off_right_after_the_upgrade_removes_it_too(upgraded: Bench) -> None:
    upgraded.turn_off()
    upgraded.stage.run(60)

    assert upgraded.webhooks == []


def test_a_letter_from_before_goes_when_the_team_is_well(upgraded: Bench) -> None:
    stage = upgraded.stage
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    letters = stage.services.dead_letters
    letters.put(DeadLetter(team.uuid, team.general.id, stage.services.now(), "boom", ""))

    stage.clock.advance(3600)
    stage.run(400)

    assert stage.row(team).status is Status.COMPLETE
    assert letters.read(TeamId(team.uuid)) is None
