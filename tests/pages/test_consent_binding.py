"""Binding and giving up: whatever happens in between, a next attempt completes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.core.ids import OrgId, PersonId, TenantId
from shared.core.model import OrgSettings
from shared.core.reasons import Refusal
from tests.journeys.stage import Stage
from tests.pages.steps import consent, office, refused_with, serve, settings, sign_in
from tests.pages.visitor import Visitor

ACTOR = Actor(PersonId("adam"), "Adam Admin")


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


def test_dying_after_the_tenants_row_is_mended_by_the_next_attempt(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    office(stage).bind(_tenant(stage))

    assert consent(admin, global_admin).path == "/authorized"
    assert settings(stage).tenant == stage.tenant.tenant_id


def test_dying_before_the_audit_leaves_a_tenant_that_may_be_connected_again(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    office(stage).bind(_tenant(stage))
    _save(stage, lambda s: replace(s, tenant=_tenant(stage), consented_at=1))

    assert consent(admin, global_admin).path == "/authorized"
    assert "consent" in [c.what for c in office(stage).audit.latest(9)]


def test_what_a_dead_attempt_bound_is_let_go_when_another_tenant_is_connected(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    abandoned = stage.microsoft.add_tenant("Fabrikam")
    serve(stage, tenants=[abandoned])
    left = TenantId(abandoned.tenant_id)
    office(stage).bind(left)
    _save(stage, lambda s: replace(s, chosen=_tenant(stage)))

    consent(admin, global_admin)

    assert settings(stage).tenant == stage.tenant.tenant_id
    assert office(stage).holder(left) is None


def test_of_two_tenants_at_the_same_time_one_is_bound_and_the_other_is_free(stage: Stage) -> None:
    other = stage.microsoft.add_tenant("Fabrikam")
    serve(stage, tenants=[other])
    late = TenantId(other.tenant_id)
    connection.connect(office(stage), ACTOR, Consent(_tenant(stage), "Contoso", "Greta", 1))

    with pytest.raises(Refusal, match="organization_bound"):
        connection.connect(office(stage), ACTOR, Consent(late, "Fabrikam", "Frida", 2))

    assert settings(stage).tenant == stage.tenant.tenant_id
    assert office(stage).holder(late) is None


def test_a_tenant_bound_before_there_were_rows_for_it_is_ours(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(configured=True)
    stage.turn_on()
    visitor = Visitor(stage)
    sign_in(visitor, stage.admin)

    assert consent(visitor, stage.global_admin).path == "/authorized"
    assert office(stage).holder(_tenant(stage)) == stage.org.uuid
    assert settings(stage).on


def test_tokens_from_before_the_consent_are_not_used_again(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    org = OrgId(stage.org.uuid)
    stage.wiring.services(org).groups.creation_policy()
    stage.clock.advance(1)
    consent(admin, global_admin)
    tokens = _token_calls(stage)

    stage.wiring.services(org).groups.creation_policy()

    assert _token_calls(stage) == tokens + 1


def test_disconnecting_gives_the_tenant_up(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)

    connection.disconnect(office(stage), ACTOR)
    connection.disconnect(office(stage), ACTOR)

    kept = settings(stage)
    assert (kept.tenant, kept.tenant_name, kept.consented_at) == (None, "", 0)
    assert office(stage).holder(_tenant(stage)) is None
    assert [c.what for c in office(stage).audit.latest(9)].count("disconnect") == 1
    assert admin.get("/authorized").heading == "Microsoft 365 is not connected"


def test_nothing_is_disconnected_while_on(stage: Stage, admin: Visitor, global_admin: User) -> None:
    consent(admin, global_admin)
    _save(stage, lambda s: replace(s, on=True))

    with pytest.raises(Refusal, match="disconnect_while_on"):
        connection.disconnect(office(stage), ACTOR)

    assert office(stage).holder(_tenant(stage)) == stage.org.uuid


def test_nothing_is_disconnected_while_a_team_has_a_group(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(configured=True)
    stage.turn_on()
    stage.team(stage.person())
    stage.settle()
    stage.turn_off()

    with pytest.raises(Refusal, match="disconnect_with_groups"):
        connection.disconnect(office(stage), ACTOR)

    assert settings(stage).tenant == stage.tenant.tenant_id


def test_a_disconnected_tenant_may_go_to_another_organization(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    elsewhere = stage.webex.add_organization("Elsewhere")
    serve(stage, organizations=[elsewhere])
    consent(admin, global_admin)
    connection.disconnect(office(stage), ACTOR)
    other = Visitor(stage)
    sign_in(other, elsewhere.add_person("Elsa Elsewhere", roles=("id_full_admin",)))

    assert consent(other, global_admin).path == "/authorized"
    assert settings(stage, elsewhere).tenant == stage.tenant.tenant_id
    assert refused_with(admin.post("/authorize/microsoft")) == "tenant_bound"


def _tenant(stage: Stage) -> TenantId:
    return TenantId(stage.tenant.tenant_id)


def _save(stage: Stage, change: Callable[[OrgSettings], OrgSettings]) -> None:
    office(stage).services.organizations.save_settings(change)


def _token_calls(stage: Stage) -> int:
    return sum(1 for c in stage.microsoft.login.calls() if c.path.endswith("/token"))
