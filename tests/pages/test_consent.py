"""Microsoft's consent from the button to the bound tenant, and what may be said on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.roles import PRIVILEGED_ROLE_ADMINISTRATOR
from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.core.ids import OrgId, TenantId
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages.steps import (
    ADAM,
    ADMIN_CONSENT,
    GRETA,
    SIGN_IN,
    at_microsoft,
    consent,
    office,
    press_authorize,
    refused_with,
    serve,
    settings,
    sign_in,
)
from tests.pages.visitor import Visitor


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    """A full administrator who is signed in."""
    sign_in(visitor, full_admin)
    return visitor


def test_consent_and_the_sign_in_after_it_bind_the_tenant(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    before = round(stage.clock.now() * 1000)

    page = consent(admin, global_admin)

    kept = settings(stage)
    assert page.path == "/authorized"
    assert kept.tenant == kept.chosen == stage.tenant.tenant_id
    assert (kept.tenant_name, kept.consented_by) == ("Contoso", GRETA)
    assert kept.consented_at >= before
    assert office(stage).holder(TenantId(stage.tenant.tenant_id)) == stage.org.uuid
    assert not kept.on


def test_the_success_page_tells_tenant_person_permissions_and_what_comes_next(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    page = consent(admin, global_admin)

    assert page.heading == "Success: Microsoft 365 is connected"
    for text in ("Contoso", stage.tenant.tenant_id, "Greta Global", "3 of 3 verified", "24 hours"):
        assert text in page.text
    assert page.links["Go to settings"] == "/settings"


def test_reload_and_back_on_the_success_page_do_no_harm(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    first = settings(stage)
    stage.clock.advance(60)

    again = [admin.reload(), admin.get("/authorized")]

    assert [page.heading for page in again] == ["Success: Microsoft 365 is connected"] * 2
    assert settings(stage) == first
    assert [c.what for c in office(stage).audit.latest(9)].count("consent") == 1


def test_no_page_that_stays_open_has_a_code_or_state_in_its_address(
    admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    stayed = [page for page in admin.history if page.ours and page.status == 200]

    assert all("code=" not in page.url and "state=" not in page.url for page in stayed)


def test_without_a_consent_the_success_page_says_so_and_shows_the_way(admin: Visitor) -> None:
    page = admin.get("/authorized")

    assert page.heading == "Microsoft 365 is not connected"
    assert page.links["Read the note about permissions"] == "/permissions"


def test_the_audit_tells_who_connected_which_tenant(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)

    change = next(c for c in office(stage).audit.latest(9) if c.what == "consent")
    assert (change.who, change.person) == (ADAM, stage.admin.uuid)
    assert change.after == f"Contoso ({stage.tenant.tenant_id})"


def test_the_dialog_is_asked_for_one_tenant_by_its_guid(stage: Stage, admin: Visitor) -> None:
    page = admin.post("/authorize/microsoft", stop=ADMIN_CONSENT)

    address = urlsplit(page.location)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path == f"/{stage.tenant.tenant_id}/v2.0/adminconsent"
    assert query["scope"] == "https://graph.microsoft.com/.default"
    assert query["redirect_uri"] == "https://app.example/authorize/microsoft/consent"
    assert len(query["state"]) >= 43


def test_the_tenant_that_was_chosen_is_asked_for_where_several_are_named(
    stage: Stage, admin: Visitor
) -> None:
    other = stage.microsoft.add_tenant("Fabrikam")
    serve(stage, tenants=[other])

    assert refused_with(press_authorize(admin)) == "tenant_not_chosen"

    _choose(stage, other.tenant_id)
    page = admin.post("/authorize/microsoft", stop=ADMIN_CONSENT)

    assert f"/{other.tenant_id}/" in page.location


def test_a_privileged_role_administrator_may_consent_too(stage: Stage, admin: Visitor) -> None:
    keeper = stage.tenant.add_user("Petra Privileged", roles=[PRIVILEGED_ROLE_ADMINISTRATOR])

    assert consent(admin, keeper).path == "/authorized"


@pytest.mark.parametrize("error", ["access_denied", "consent_required"])
def test_declining_changes_nothing_and_says_so(
    stage: Stage, admin: Visitor, global_admin: User, error: str
) -> None:
    stage.microsoft.switches.declined_error = error  # type: ignore[assignment]
    press_authorize(admin)

    page = at_microsoft(admin, global_admin, "Cancel")

    assert refused_with(page) == "consent_declined"
    assert settings(stage).tenant is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("consent_required", "not_microsoft_admin"),
        # Microsoft says the same as of somebody who declined.
        ("access_denied", "consent_declined"),
    ],
)
def test_somebody_who_is_no_administrator_is_told_who_must_do_it(
    stage: Stage, admin: Visitor, ordinary_microsoft_user: User, error: str, code: str
) -> None:
    stage.microsoft.switches.unapproved_error = error  # type: ignore[assignment]
    press_authorize(admin)

    page = at_microsoft(
        admin,
        ordinary_microsoft_user,
        "Return to the application without granting consent",
    )

    assert refused_with(page) == code
    assert "hand-over link" in page.text
    assert settings(stage).tenant is None


def test_without_the_claim_the_consent_itself_shows_the_administrator(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.microsoft.switches.wids_in_id_token = False

    assert consent(admin, global_admin).path == "/authorized"


def test_without_the_claim_consenting_anew_is_proven_by_the_permissions(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.microsoft.switches.wids_in_id_token = False
    consent(admin, global_admin)
    first = settings(stage).consented_at
    stage.clock.advance(3600 // 4)

    page = consent(admin, global_admin)

    assert page.path == "/authorized"
    assert settings(stage).consented_at > first


@pytest.mark.parametrize("told", [True, False], ids=["wids", "no wids"])
def test_a_consent_that_takes_a_minute_works_at_once_when_tried_again(
    stage: Stage, admin: Visitor, global_admin: User, told: bool
) -> None:
    stage.microsoft.switches.wids_in_id_token = told
    stage.microsoft.switches.consent_delay_seconds = 50

    first = consent(admin, global_admin)
    assert refused_with(first) == "consent_not_effective_yet"
    assert settings(stage).tenant is None

    stage.clock.advance(55)
    press_authorize(admin)
    page = admin.press("Accept")

    assert page.path == "/authorized"
    assert settings(stage).tenant == stage.tenant.tenant_id


def test_permissions_that_come_later_are_verified_when_the_page_is_loaded_again(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.microsoft.switches.permissions_delay_seconds = 30

    assert "0 of 3 verified" in consent(admin, global_admin).text
    stage.clock.advance(31)
    page = admin.reload()

    assert "3 of 3 verified" in page.text


def test_the_success_page_asks_microsoft_once_while_all_is_there(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    asked = len(stage.graph_calls()), len(stage.microsoft.login.log)

    page = admin.reload()

    assert "3 of 3 verified" in page.text
    assert (len(stage.graph_calls()), len(stage.microsoft.login.log)) == asked


def test_the_success_page_tells_what_was_taken_back_a_quarter_of_an_hour_ago_or_consented_anew(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    stage.microsoft.revoke(stage.application, stage.tenant)
    stage.clock.advance(15 * 60)
    assert "verified" not in admin.reload().text

    assert "3 of 3 verified" in consent(admin, global_admin).text
    stage.application.required = sorted(PERMISSIONS - {"Sites.Read.All"})
    stage.microsoft.revoke(stage.application, stage.tenant)
    stage.clock.advance(1)
    page = consent(admin, global_admin)

    assert "2 of 3 verified" in page.text


def test_a_core_permission_that_is_missing_is_told_in_large_and_keeps_the_consent(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.application.required = sorted(PERMISSIONS - {"User.Read.All"})

    page = consent(admin, global_admin)

    assert settings(stage).tenant == stage.tenant.tenant_id
    assert "A permission that the app cannot do without is missing: User.Read.All" in page.text


def test_a_permission_for_folders_alone_is_no_obstacle(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.application.required = sorted(PERMISSIONS - {"Sites.Read.All"})

    page = consent(admin, global_admin)

    assert "2 of 3 verified" in page.text
    assert "cannot do without" not in page.text
    assert "Groups are made, and their folders wait." in page.text


def test_nobody_is_sent_to_a_dialog_while_microsoft_is_silent(stage: Stage, admin: Visitor) -> None:
    stage.microsoft.login.faults.append(Fault("error", path="token", times=1))

    assert refused_with(press_authorize(admin)) == "provider_silent"


def test_a_silent_microsoft_is_told_and_the_next_try_works(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    press_authorize(admin)
    stage.microsoft.login.faults.append(Fault("error", path="token", times=1))

    assert refused_with(at_microsoft(admin, global_admin)) == "provider_silent"
    assert settings(stage).tenant is None

    press_authorize(admin)
    assert admin.press("Accept").path == "/authorized"


def test_teams_that_waited_for_the_consent_are_looked_at_at_once(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(configured=True)
    stage.turn_on()
    team = stage.team(stage.person(), stage.people(2))
    stage.microsoft.revoke(stage.application, stage.tenant)
    stage.settle()
    assert stage.row(team).reason == "consent_missing"
    visitor = Visitor(stage)
    sign_in(visitor, stage.admin)

    assert consent(visitor, stage.global_admin).path == "/authorized"
    stage.settle()

    assert stage.group_of(team)


def test_only_the_sign_in_that_is_not_followed_leaves_nothing(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    press_authorize(admin)
    at_microsoft(admin, global_admin, stop=SIGN_IN)

    assert settings(stage).tenant is None
    assert office(stage).holder(TenantId(stage.tenant.tenant_id)) is None


def _choose(stage: Stage, tenant: str) -> None:
    rows = stage.wiring.services(OrgId(stage.org.uuid)).organizations
    rows.save_settings(lambda s: replace(s, chosen=TenantId(tenant)))
