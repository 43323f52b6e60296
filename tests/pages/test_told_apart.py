"""Whoever confirms, asks or did something is told by more than a display name."""

from __future__ import annotations

import json
import uuid

import pytest

from sandbox.browser.page import Page
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR
from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.core.accounts import called
from shared.core.ids import TenantId
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages.rows import rows_of
from tests.pages.steps import (
    ADAM,
    ADMIN_CONSENT,
    GRETA,
    at_microsoft,
    confirm,
    consent,
    office,
    refused_with,
    serve,
    settings,
    sign_in,
)
from tests.pages.visitor import Visitor


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


def make_link(admin: Visitor, step: str) -> str:
    page = admin.post("/authorize/handover", {"step": step})
    field = page.document.root.first("input", id="link")
    assert field is not None
    return field["value"]


def set_out(admin: Visitor, step: str) -> Visitor:
    """Somebody uses a new link, as far as the provider."""
    helper = Visitor(admin.stage)
    helper.get(make_link(admin, step))
    helper.press("Continue")
    helper.press("Authorize")
    return helper


def leave_webex(admin: Visitor, step: str, person: Person) -> Page:
    return set_out(admin, step).press("Sign in and allow", email=person.email)


# Names


def test_a_name_alone_is_shown_where_no_address_is_known() -> None:
    assert called("Adam", "") == "Adam"
    assert called("", "adam@example.com") == "adam@example.com"
    assert called("adam@example.com", "adam@example.com") == "adam@example.com"


def test_no_name_hides_or_turns_around_the_address_behind_it() -> None:
    assert called("A" * 5000, "a@example.com").endswith(" (a@example.com)")
    assert called("Adam \u202e(moc.elpmaxe@a)", "m@example.com") == (
        "Adam (moc.elpmaxe@a) (m@example.com)"
    )


def test_two_administrators_of_one_name_are_two_in_the_audit(stage: Stage, admin: Visitor) -> None:
    namesake = stage.org.add_person(
        stage.admin.name, email="other.adam@example.example", roles=("id_full_admin",)
    )
    other = Visitor(stage)
    other.get("/")
    other.press("Sign in with Webex")
    other.press("Sign in and allow", email=namesake.email)
    make_link(admin, "spaces")
    make_link(other, "people")

    changes = [c for c in office(stage).audit.latest(9) if c.what == "handover"]
    assert {(c.who, c.person) for c in changes} == {
        (ADAM, stage.admin.uuid),
        ("Adam Admin (other.adam@example.example)", namesake.uuid),
    }


def test_what_waits_is_told_with_the_address_of_whoever_left_it(
    stage: Stage, admin: Visitor
) -> None:
    somebody = stage.org.add_person("Olga Officer", email="somebody.else@example.example")
    leave_webex(admin, "folders", somebody)

    page = admin.get("/credentials")

    assert "Olga Officer (somebody.else@example.example) signed in by a hand-over link" in page.text


def test_whoever_is_asked_sees_who_asks_and_for_which_organization(
    stage: Stage, admin: Visitor
) -> None:
    shown = Visitor(stage).get(make_link(admin, "microsoft"))

    assert ADAM in shown.text
    assert f"It is for the Webex organization with this id: {stage.org.uuid}" in shown.text


# A consent that waits


@pytest.mark.parametrize("path", ["/credentials", "/authorized", "/prerequisites"])
def test_a_consent_that_waits_is_told_with_its_tenant_and_who_gave_it(
    stage: Stage, admin: Visitor, global_admin: User, path: str
) -> None:
    at_microsoft(set_out(admin, "microsoft"), global_admin)

    shown = admin.get(path).text

    assert f"Microsoft tenant: Contoso {stage.tenant.tenant_id}" in shown
    assert GRETA in shown


def test_only_the_consent_that_was_seen_is_confirmed(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    fabrikam = stage.microsoft.add_tenant("Fabrikam", tenant_id=str(uuid.uuid4()))
    serve(stage, tenants=[fabrikam])
    organizations = office(stage).services.organizations
    boss = fabrikam.add_user("Frans Fabrikam", roles=[GLOBAL_ADMINISTRATOR])
    admin.post("/prerequisites/tenant", {"tenant": stage.tenant.tenant_id})
    at_microsoft(set_out(admin, "microsoft"), global_admin)
    seen = admin.get("/credentials")

    stage.clock.advance(1)
    admin.post("/prerequisites/tenant", {"tenant": fabrikam.tenant_id})
    assert at_microsoft(set_out(admin, "microsoft"), boss).path == "/handover/done"
    page = admin.submit(seen, "Confirm", step="microsoft")

    assert refused_with(page) == "pending_changed"
    assert organizations.settings().tenant is None
    confirm(admin, "microsoft")
    assert organizations.settings().tenant == TenantId(fabrikam.tenant_id)


def test_a_consent_is_confirmed_only_while_a_permission_shows_it(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    at_microsoft(set_out(admin, "microsoft"), global_admin)
    stage.microsoft.revoke(stage.application, stage.tenant)
    # Anybody's sign-in makes the app known to the tenant: it gets tokens, and may do nothing.
    stage.microsoft.consent(stage.application, stage.tenant, set())

    assert refused_with(confirm(admin, "microsoft")) == "consent_not_effective_yet"
    assert settings(stage).tenant is None


def test_what_waits_is_gone_after_seven_days_also_where_nobody_looks(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    leave_webex(admin, "spaces", officer)
    stage.clock.advance(7 * 24 * 3600)

    stage.run(240)

    assert not [key for *_, key in rows_of(stage) if key.startswith("pending:")]


# An app that several organizations share


@pytest.fixture
def mallory(stage: Stage) -> Visitor:
    """An administrator of another organization that the app serves."""
    other = stage.webex.add_organization("Beta", org_id=str(uuid.uuid4()))
    serve(stage, organizations=[other])
    visitor = Visitor(stage)
    sign_in(visitor, other.add_person("Mallory", roles=("id_full_admin",)))
    return visitor


def test_without_roles_in_the_token_no_consent_proves_anything_where_the_app_is_shared(
    stage: Stage,
    mallory: Visitor,
    admin: Visitor,
    global_admin: User,
    ordinary_microsoft_user: User,
) -> None:
    mallory.post("/authorize/microsoft", stop=ADMIN_CONSENT)
    at_microsoft(set_out(admin, "microsoft"), global_admin)
    stage.microsoft.switches.wids_in_id_token = False
    stage.clock.advance(12 * 60)

    page = consent(mallory, global_admin)

    assert refused_with(page) == "add_wids_claim"
    assert office(stage).holder(TenantId(stage.tenant.tenant_id)) is None


def test_an_organization_that_has_the_tenant_already_needs_no_roles_to_consent_again(
    stage: Stage, mallory: Visitor, admin: Visitor, global_admin: User
) -> None:
    assert consent(admin, global_admin).path == "/authorized"
    stage.microsoft.switches.wids_in_id_token = False

    assert consent(admin, global_admin).path == "/authorized"


def test_what_the_app_may_do_in_a_tenant_is_told_only_to_whom_it_belongs(
    stage: Stage, mallory: Visitor, admin: Visitor
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    before = len(stage.microsoft.graph.calls())

    rows = {r["id"]: r for r in json.loads(mallory.get("/prerequisites.json").body)["checks"]}
    mallory.post("/authorize/microsoft", stop=ADMIN_CONSENT)

    assert rows["m365_permissions"]["code"] == "not_asked"
    assert len(stage.microsoft.graph.calls()) == before
