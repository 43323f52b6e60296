"""What must not become a consent: answers of others, tokens of others, tenants of others."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from sandbox.browser.page import Page
from sandbox.microsoft.id_tokens import SPOILS, STRANGER, Spoil
from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.core.ids import OrgId, TenantId
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages.steps import (
    ADMIN_CONSENT,
    AUTHORIZE,
    CONSENT,
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

_ANOTHER_TENANT: dict[Spoil, str] = {
    "tenant": "wrong_tenant",
    "no_tenant": "wrong_tenant",
}
_HARMLESS: set[Spoil] = {"no_object_id"}


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


def assert_nothing_bound(stage: Stage) -> None:
    assert settings(stage).tenant is None
    assert office(stage).holder(TenantId(stage.tenant.tenant_id)) is None


# The answer of the dialog


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tenant": STRANGER}, "wrong_tenant"),
        ({"tenant": "organizations"}, "wrong_tenant"),
        ({"tenant": ""}, "wrong_tenant"),
        ({"admin_consent": ""}, "consent_failed"),
        ({"state": ""}, "state_missing"),
        ({"state": "x" * 43}, "state_elsewhere"),
        ({"error": "consent_required"}, "not_microsoft_admin"),
        ({"error": "access_denied"}, "consent_declined"),
        ({"error": "access_denied", "error_description": "AADSTS65004: No."}, "consent_declined"),
        ({"error": "x", "error_description": "AADSTS90094: No."}, "not_microsoft_admin"),
        ({"error": "access_denied", "error_description": "AADSTS7000112: No"}, "consent_failed"),
        ({"error": "server_error"}, "consent_failed"),
        ({"error": "<script>alert(1)</script>"}, "consent_failed"),
    ],
)
def test_an_answer_that_says_otherwise_is_refused(
    stage: Stage, admin: Visitor, global_admin: User, changes: dict[str, str], code: str
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=CONSENT)

    page = admin.get(_changed(back.location, changes))

    assert refused_with(page) == code
    assert_nothing_bound(stage)


def test_a_tenant_said_twice_is_no_tenant(stage: Stage, admin: Visitor, global_admin: User) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=CONSENT)

    page = admin.get(f"{back.location}&tenant={stage.tenant.tenant_id}")

    assert refused_with(page) == "wrong_tenant"


def test_an_answer_is_taken_once(stage: Stage, admin: Visitor, global_admin: User) -> None:
    press_authorize(admin)
    first = at_microsoft(admin, global_admin, stop=CONSENT).location
    second = admin.get(first, stop=SIGN_IN).location
    assert admin.get(second).path == "/authorized"
    connected = settings(stage)

    codes = [refused_with(admin.get(address)) for address in (first, second)]

    assert codes == ["state_used", "state_used"]
    assert settings(stage) == connected


def test_an_answer_after_ten_minutes_is_too_late(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=CONSENT)
    stage.clock.advance(601)

    assert refused_with(admin.get(back.location)) == "state_expired"
    assert_nothing_bound(stage)


@pytest.mark.parametrize("path", [CONSENT, SIGN_IN])
def test_an_answer_in_another_browser_is_refused(
    stage: Stage, admin: Visitor, global_admin: User, path: str
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=path)
    other = Visitor(stage)
    sign_in(other, stage.admin)

    assert refused_with(other.get(back.location)) == "state_elsewhere"
    assert_nothing_bound(stage)


@pytest.mark.parametrize("path", [CONSENT, SIGN_IN])
def test_an_answer_for_an_earlier_sign_in_in_the_same_browser_is_refused(
    stage: Stage, admin: Visitor, global_admin: User, path: str
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=path)
    admin.post("/authorize/signout")
    second = stage.org.add_person("Anna Admin", roles=("id_full_admin",))
    sign_in(admin, second)

    assert refused_with(admin.get(back.location)) == "session_changed"
    assert_nothing_bound(stage)


def test_an_answer_to_somebody_who_signed_out_is_refused(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=CONSENT)
    admin.post("/authorize/signout")

    assert refused_with(admin.get(back.location)) == "session_changed"
    assert_nothing_bound(stage)


def test_the_state_of_another_provider_or_step_is_refused(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    webex = admin.post("/authorize/webex", {"capability": "people"}, stop="/v1/authorize")
    foreign = parse_qs(urlsplit(webex.location).query)["state"][0]
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=CONSENT)
    own = parse_qs(urlsplit(back.location).query)["state"][0]

    assert refused_with(admin.get(_changed(back.location, {"state": foreign}))) == "state_elsewhere"
    assert refused_with(admin.get(f"{SIGN_IN}?code=1&state={own}")) == "state_elsewhere"
    assert_nothing_bound(stage)


def test_nobody_sets_out_without_being_signed_in(stage: Stage, visitor: Visitor) -> None:
    page = visitor.post("/authorize/microsoft")

    assert page.path == "/"
    assert not stage.microsoft.login.calls()


# The sign-in


@pytest.mark.parametrize("spoil", [s for s in SPOILS if s not in _HARMLESS])
@pytest.mark.parametrize("told", [True, False], ids=["wids", "no wids"])
def test_a_token_that_is_not_quite_right_binds_nothing(
    stage: Stage, admin: Visitor, global_admin: User, spoil: Spoil, told: bool
) -> None:
    stage.microsoft.switches.wids_in_id_token = told
    stage.microsoft.login.spoil = spoil

    page = consent(admin, global_admin)

    assert refused_with(page) == _ANOTHER_TENANT.get(spoil, "microsoft_not_proven")
    assert_nothing_bound(stage)


def test_an_ordinary_user_cannot_make_himself_an_administrator_in_the_token(
    stage: Stage, admin: Visitor, ordinary_microsoft_user: User
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    stage.microsoft.login.spoil = "altered"

    assert refused_with(_without_consent(admin, ordinary_microsoft_user)) == "microsoft_not_proven"
    assert_nothing_bound(stage)


def test_a_code_of_another_sign_in_is_refused(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    press_authorize(admin)
    used = at_microsoft(admin, global_admin, stop=SIGN_IN).location
    other = parse_qs(urlsplit(used).query)["code"][0]
    press_authorize(admin)
    back = admin.press("Accept", stop=SIGN_IN)

    page = admin.get(_changed(back.location, {"code": other}))

    assert refused_with(page) == "microsoft_signin_failed"
    assert_nothing_bound(stage)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"error": "access_denied"}, "microsoft_declined"),
        ({"error": "server_error"}, "microsoft_signin_failed"),
        ({"code": ""}, "microsoft_signin_failed"),
        ({"code": "0.unknown"}, "microsoft_signin_failed"),
        ({"client_info": "5"}, ""),
        ({"client_info": "%%%", "session_state": "\n"}, ""),
    ],
)
def test_the_sign_ins_answer_is_read_with_care(
    admin: Visitor, global_admin: User, changes: dict[str, str], code: str
) -> None:
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=SIGN_IN)

    page = admin.get(_changed(back.location, changes))

    assert refused_with(page) == code
    assert code or page.path == "/authorized"


def test_an_ordinary_user_of_a_tenant_that_consented_earlier_is_no_administrator(
    stage: Stage, admin: Visitor, ordinary_microsoft_user: User
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)

    page = _without_consent(admin, ordinary_microsoft_user)

    assert refused_with(page) == "not_microsoft_admin"
    assert_nothing_bound(stage)


def test_without_the_claim_the_page_shows_how_to_add_it(
    stage: Stage, admin: Visitor, ordinary_microsoft_user: User
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    stage.microsoft.switches.wids_in_id_token = False

    page = _without_consent(admin, ordinary_microsoft_user)

    assert refused_with(page) == "add_wids_claim"
    assert '"groupMembershipClaims": "DirectoryRole"' in page.text
    assert_nothing_bound(stage)


@pytest.mark.parametrize("told", [True, False], ids=["wids", "no wids"])
def test_a_mere_sign_in_that_makes_the_app_known_is_no_consent(
    stage: Stage, admin: Visitor, ordinary_microsoft_user: User, told: bool
) -> None:
    stage.microsoft.switches.wids_in_id_token = told

    page = _without_consent(admin, ordinary_microsoft_user)

    refused = "not_microsoft_admin" if told else "consent_not_effective_yet"
    assert refused_with(page) == refused
    assert_nothing_bound(stage)


@pytest.mark.parametrize("other", [False, True], ids=["too late", "another sign-in"])
def test_what_a_first_try_found_is_remembered_for_its_own_sign_in_and_not_for_long(
    stage: Stage, admin: Visitor, global_admin: User, other: bool
) -> None:
    stage.microsoft.switches.wids_in_id_token = False
    stage.microsoft.switches.consent_delay_seconds = 50
    assert refused_with(consent(admin, global_admin)) == "consent_not_effective_yet"
    stage.clock.advance(60 if other else 15 * 60)
    if other:
        admin.post("/authorize/signout")
        sign_in(admin, stage.org.add_person("Anna Admin", roles=("id_full_admin",)))

    assert refused_with(consent(admin, global_admin)) == "add_wids_claim"
    assert_nothing_bound(stage)


# Whose tenant


def test_a_tenant_that_the_deployment_does_not_name_is_not_asked(
    stage: Stage, admin: Visitor
) -> None:
    unnamed = stage.microsoft.add_tenant("Fabrikam")
    _set(stage, chosen=unnamed.tenant_id)

    assert refused_with(press_authorize(admin)) == "tenant_not_served"
    assert not stage.microsoft.login.calls()


def test_a_tenant_of_another_organization_is_refused(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    elsewhere = stage.webex.add_organization("Elsewhere")
    serve(stage, organizations=[elsewhere])
    office(stage, elsewhere).bind(TenantId(stage.tenant.tenant_id))

    assert refused_with(press_authorize(admin)) == "tenant_bound"
    assert settings(stage).tenant is None


@pytest.mark.parametrize("path", [CONSENT, SIGN_IN])
def test_a_tenant_that_another_organization_took_meanwhile_is_refused(
    stage: Stage, admin: Visitor, global_admin: User, path: str
) -> None:
    elsewhere = stage.webex.add_organization("Elsewhere")
    serve(stage, organizations=[elsewhere])
    press_authorize(admin)
    back = at_microsoft(admin, global_admin, stop=path)
    office(stage, elsewhere).bind(TenantId(stage.tenant.tenant_id))

    assert refused_with(admin.get(back.location)) == "tenant_bound"
    assert settings(stage).tenant is None


def test_an_organization_with_a_tenant_is_not_asked_about_a_second_one(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    consent(admin, global_admin)
    other = stage.microsoft.add_tenant("Fabrikam")
    serve(stage, tenants=[other])
    _set(stage, chosen=other.tenant_id)

    page = press_authorize(admin)

    assert stage.tenant.tenant_id in page.url
    assert settings(stage).tenant == stage.tenant.tenant_id


def test_a_guest_of_the_tenant_is_no_administrator(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    guest = stage.tenant.add_user("Gustav Guest", user_type="Guest")

    assert refused_with(_without_consent(admin, guest)) == "not_microsoft_admin"
    assert_nothing_bound(stage)


def _without_consent(visitor: Visitor, user: User) -> Page:
    """Writes the dialog's answer himself, and then signs in."""
    page = visitor.post("/authorize/microsoft", stop=ADMIN_CONSENT)
    asked = parse_qs(urlsplit(page.location).query)
    tenant = urlsplit(page.location).path.split("/")[1]
    answer = {"admin_consent": "True", "tenant": tenant, "state": asked["state"][0]}
    page = visitor.get(f"{CONSENT}?{urlencode(answer)}")
    assert AUTHORIZE in page.url
    page = visitor.press("Next", account=user.object_id)
    return visitor.press("Accept") if "Accept" in page.buttons else page


def _changed(address: str, changes: dict[str, str]) -> str:
    """An empty value takes a parameter away."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | changes
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v})))


def _set(stage: Stage, *, chosen: str) -> None:
    rows = stage.wiring.services(OrgId(stage.org.uuid)).organizations
    rows.save_settings(lambda s: replace(s, chosen=TenantId(chosen)))
