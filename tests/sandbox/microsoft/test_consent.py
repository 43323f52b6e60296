"""Admin consent in a browser: who may, to what, and how the browser comes back."""

from __future__ import annotations

import pytest

from sandbox.microsoft.national import NationalCloud
from sandbox.microsoft.roles import (
    CLOUD_APPLICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
)
from tests.sandbox.microsoft.browser import CONSENT_URI, REQUIRED, SIGNIN_URI, Browser
from tests.sandbox.microsoft.conftest import LOGIN, Desk


@pytest.fixture
def browser(desk: Desk) -> Browser:
    """The app is registered and the tenant does not know it yet."""
    desk.app.redirect_uris += [CONSENT_URI, SIGNIN_URI]
    desk.app.required += REQUIRED
    desk.ms.revoke(desk.app, desk.tenant)
    return Browser(desk)


def admin(desk: Desk, role: str = GLOBAL_ADMINISTRATOR) -> str:
    return desk.tenant.add_user("Greta Global", roles=[role]).mail


@pytest.mark.parametrize("role", [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR])
def test_an_administrator_accepts_what_the_app_requires(
    desk: Desk, browser: Browser, role: str
) -> None:
    page = browser.consent_page().choose(admin(desk, role))

    assert page.heading == "Permissions requested"
    assert "Read and write all groups" in page.text
    assert "unverified" in page.text
    assert desk.ask_token().status_code == 400
    page.press("Accept")
    assert (page.status, page.sent_to) == (302, CONSENT_URI)
    assert page.told == {
        "admin_consent": "True",
        "tenant": desk.tenant.tenant_id,
        "scope": "https://graph.microsoft.com/.default",
        "state": "state&1",
    }
    assert desk.ms.world.permissions_of(desk.app.client_id, desk.tenant.tenant_id) == frozenset(
        REQUIRED
    )
    assert desk.ask_token().status_code == 200


def test_exactly_the_list_of_required_permissions_is_granted(desk: Desk, browser: Browser) -> None:
    desk.app.required = ["User.Read.All"]
    browser.consent_page().choose(admin(desk)).press("Accept")
    desk.token = desk.ask_token().json()["access_token"]

    assert desk.get("/users").status_code == 200
    assert desk.get("/groups").status_code == 403


@pytest.mark.parametrize("error", ["access_denied", "consent_required"])
def test_cancel_comes_back_as_an_error_beside_admin_consent_true(
    desk: Desk, browser: Browser, error: str
) -> None:
    desk.switches.declined_error = error  # type: ignore[assignment]
    told = browser.consent_page().choose(admin(desk)).press("Cancel").told

    assert (told["admin_consent"], told["error"], told["state"]) == ("True", error, "state&1")
    assert told["error_description"].startswith("AADSTS65004: ")
    assert "tenant" not in told
    assert not desk.ms.world.consents


@pytest.mark.parametrize("roles", [[], [CLOUD_APPLICATION_ADMINISTRATOR]])
@pytest.mark.parametrize(
    ("error", "number"), [("consent_required", 90094), ("access_denied", 65004)]
)
def test_nobody_else_may_consent(
    desk: Desk, browser: Browser, roles: list[str], error: str, number: int
) -> None:
    desk.switches.unapproved_error = error  # type: ignore[assignment]
    page = browser.consent_page().choose(desk.tenant.add_user("Ove Ordinary", roles=roles))

    assert page.heading == "Need admin approval"
    told = page.press("Return to the application without granting consent").told
    assert (told["admin_consent"], told["error"]) == ("True", error)
    assert told["error_description"].startswith(f"AADSTS{number}: ")
    assert not desk.ms.world.consents


def test_a_made_up_accept_of_an_ordinary_user_grants_nothing(desk: Desk, browser: Browser) -> None:
    page = browser.consent_page().choose(desk.tenant.add_user("Ove Ordinary"))
    page._submit({"decision": "accept"})

    assert page.heading == "Need admin approval"
    assert not desk.ms.world.consents


def test_another_account_may_take_over(desk: Desk, browser: Browser) -> None:
    page = browser.consent_page().choose(desk.tenant.add_user("Ove Ordinary"))
    page.press("Have an admin account? Sign in with that account")

    assert page.heading == "Sign in"
    page.choose(admin(desk)).press("Accept")
    assert page.told["tenant"] == desk.tenant.tenant_id


def test_an_administrator_of_another_tenant_is_a_stranger(desk: Desk, browser: Browser) -> None:
    other = desk.ms.add_tenant("Elsewhere", domain="elsewhere.example")
    page = browser.consent_page()
    boss = other.add_user("Elsa", roles=[GLOBAL_ADMINISTRATOR])
    page.choose(boss)

    assert (page.status, page.sent_to) == (400, "")
    assert "AADSTS50020: User account 'elsa@elsewhere.example'" in page.text
    assert page.press("Sign in with another account").heading == "Sign in"


def test_the_sign_in_page_offers_accounts_of_every_kind(desk: Desk, browser: Browser) -> None:
    desk.people(20)
    admin(desk)
    other = desk.ms.add_tenant("Elsewhere", domain="elsewhere.example")
    other.add_user("Elsa", roles=[GLOBAL_ADMINISTRATOR])
    page = browser.consent_page()

    assert "Accounts of Contoso" in page.text
    assert "greta.global@contoso.example · Global Administrator" in page.text
    assert "Person 0" in page.text
    assert "Person 9" not in page.text
    assert page.text.index("Accounts of Contoso") < page.text.index("Accounts of Elsewhere")


def test_an_unknown_or_disabled_account_does_not_sign_in(desk: Desk, browser: Browser) -> None:
    gone = desk.tenant.add_user("Gone", enabled=False)
    page = browser.consent_page().choose("<b>nobody@contoso.example")

    assert page.heading == "Sign in"
    assert "AADSTS50034" in page.text
    assert b"<b>nobody" not in page.answer.content()
    assert "AADSTS50057" in page.choose(gone).text


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"client_id": "unheard-of"}, 700016),
        ({"client_id": ""}, 900144),
        ({"redirect_uri": ""}, 900144),
        ({"redirect_uri": CONSENT_URI + "/"}, 50011),
        ({"redirect_uri": "https://evil.example/authorize/microsoft/consent"}, 50011),
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps(
    browser: Browser, query: dict[str, str], number: int
) -> None:
    page = browser.consent_page(**query)

    assert (page.status, page.sent_to) == (400, "")
    assert f"AADSTS{number}: " in page.text
    assert page.answer.headers["Content-Type"].startswith("text/html")


def test_an_unknown_tenant_and_a_doubled_parameter_are_pages_too(browser: Browser) -> None:
    assert "AADSTS90002" in browser.consent_page("nowhere.example").text

    doubled = browser.open(f"{LOGIN}/contoso.example/v2.0/adminconsent?state=a&state=b")
    assert "AADSTS9000411" in doubled.text


@pytest.mark.parametrize("scope", ["", "openid", "https://graph.microsoft.com/User.Read"])
def test_only_all_app_permissions_at_once_can_be_asked_for(
    desk: Desk, browser: Browser, scope: str
) -> None:
    told = browser.consent_page(scope=scope).choose(admin(desk)).told

    assert (told["admin_consent"], told["error"]) == ("True", "invalid_scope")


def test_without_a_state_none_comes_back(desk: Desk, browser: Browser) -> None:
    told = browser.consent_page(state="").choose(admin(desk)).press("Accept").told

    assert "state" not in told


@pytest.mark.parametrize(
    ("cloud", "graph", "login"),
    [
        ("us_gov_high", "graph.microsoft.us", "login.microsoftonline.us"),
        ("us_dod", "dod-graph.microsoft.us", "login.microsoftonline.us"),
        ("china", "microsoftgraph.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
    ],
)
def test_a_tenant_of_a_national_cloud_is_found_and_no_more(
    desk: Desk, browser: Browser, cloud: NationalCloud, graph: str, login: str
) -> None:
    there = desk.ms.add_tenant("Agency", domain="agency.example", cloud=cloud)
    path = "/agency.example/v2.0/.well-known/openid-configuration"
    found = desk.session.get(f"https://login.microsoftonline.com{path}").json()

    assert found["msgraph_host"] == graph
    assert found["token_endpoint"].startswith(f"https://{login}/{there.tenant_id}/")
    assert desk.ask_token(there.tenant_id).json()["error_codes"] == [900382]
    assert "AADSTS900382" in browser.consent_page(there).text


def test_consent_takes_its_time_and_what_was_granted_before_holds_until_then(desk: Desk) -> None:
    desk.ms.consent(desk.app, desk.tenant, {"User.Read.All"})
    desk.switches.consent_delay_seconds = 30
    desk.ms.consent(desk.app, desk.tenant, {"User.Read.All", "Group.ReadWrite.All"})
    before = desk.ask_token().json()["access_token"]
    desk.clock.advance(30)
    desk.token = before

    assert desk.get("/groups").status_code == 403
    desk.token = desk.ask_token().json()["access_token"]
    assert desk.get("/groups").status_code == 200


def test_tokens_may_come_before_their_permissions(desk: Desk) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    desk.switches.permissions_delay_seconds = 20
    desk.sign_in()

    assert desk.get("/users").status_code == 403
    desk.clock.advance(20)
    assert desk.get("/users").status_code == 403  # baked in
    desk.token = desk.ask_token().json()["access_token"]
    assert desk.get("/users").status_code == 200


def test_delays_hold_for_calls_where_permissions_are_looked_up(desk: Desk) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    desk.switches.revoked_tokens_live_on = False
    desk.switches.permissions_delay_seconds = 20
    desk.sign_in()

    assert desk.get("/users").status_code == 403
    desk.clock.advance(20)
    assert desk.get("/users").status_code == 200
