"""Signing in with Webex: who gets in, who does not, and what is left behind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.kit import Fault
from sandbox.webex import Person
from tests.journeys.stage import APP_URL, Stage
from tests.pages.rows import rows, rows_of
from tests.pages.steps import WEBEX_SIGN_IN as CALLBACK
from tests.pages.steps import copy_of, refused_with, sign_in, signed_in
from tests.pages.visitor import Visitor

# Who gets in


def test_a_full_administrator_gets_in(visitor: Visitor, full_admin: Person) -> None:
    page = sign_in(visitor, full_admin)

    assert (page.path, page.status) == ("/", 200)
    assert "Signed in as Adam Admin" in page.text
    assert "You are signed in." in page.said
    assert signed_in(visitor)


@pytest.mark.parametrize("needs_scope", [True, False])
@pytest.mark.parametrize("beyond", ["fewer", "refused", "granted"])
def test_the_right_people_get_in_however_webex_tells_roles_and_grants_scopes(
    stage: Stage, full_admin: Person, ordinary: Person, needs_scope: bool, beyond: str
) -> None:
    stage.webex.switches.roles_need_admin_scope = needs_scope
    stage.webex.switches.scopes_beyond_role = beyond  # type: ignore[assignment]
    refused = refused_with(sign_in(Visitor(stage), ordinary))

    assert sign_in(Visitor(stage), full_admin).path == "/"
    assert refused == ("scopes_refused" if beyond == "refused" else "not_full_admin")


@pytest.mark.parametrize("issuer", ["idbroker.webex.com", "idbroker-eu.webex.com"])
@pytest.mark.parametrize("discovery", ["idbroker.webex.com", "idbroker-b-us.webex.com"])
def test_the_issuer_may_be_that_of_any_region(
    stage: Stage, visitor: Visitor, full_admin: Person, issuer: str, discovery: str
) -> None:
    stage.webex.switches.issuer = f"https://{issuer}/idb"
    stage.webex.switches.discovery_issuer = f"https://{discovery}/idb"

    assert sign_in(visitor, full_admin).path == "/"


def test_roles_that_people_me_leaves_out_are_told_by_the_directory(
    stage: Stage, visitor: Visitor, full_admin: Person, ordinary: Person
) -> None:
    """Which scope shows them is unconfirmed; here none does."""
    stage.webex.add_integration(
        "integration",
        "integration-secret",
        [APP_URL + CALLBACK],
        ["spark:people_read", "identity:people_read"],
    )
    stage.webex.switches.unregistered_scopes = "fewer"

    assert sign_in(visitor, full_admin).path == "/"
    assert refused_with(sign_in(Visitor(stage), ordinary)) == "not_full_admin"


def test_the_sign_in_leads_on_to_the_page_that_was_asked_for(
    visitor: Visitor, full_admin: Person
) -> None:
    visitor.get("/credentials")
    visitor.press("Sign in with Webex")

    assert visitor.press("Sign in and allow as Adam Admin").path == "/credentials"


@pytest.mark.parametrize(
    "there",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/nowhere", "javascript:"],
)
def test_the_sign_in_leads_nowhere_else(visitor: Visitor, full_admin: Person, there: str) -> None:
    visitor.post("/authorize/signin", {"next": there})
    page = visitor.press("Sign in and allow as Adam Admin")

    assert (page.url, page.ours) == (f"{APP_URL}/", True)


def test_what_is_asked_of_webex_is_a_code_with_proof_and_the_scopes_of_a_sign_in(
    visitor: Visitor,
) -> None:
    from urllib.parse import parse_qs, urlsplit

    page = visitor.post("/authorize/signin", stop="/v1/authorize")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(page.location).query).items()}

    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == APP_URL + CALLBACK
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43 and len(asked["nonce"]) >= 43
    assert "compliance" not in asked["scope"] and "_write" not in asked["scope"]


# Who does not, and what is left behind


def test_a_stranger_of_a_free_organization_is_told_so_and_leaves_no_row(
    stage: Stage, visitor: Visitor, stranger: Person
) -> None:
    before = datetime.now(UTC)
    page = sign_in(visitor, stranger)

    assert refused_with(page) == "organization_not_served"
    assert page.status == 403
    assert "not set up for your Webex organization" in page.text
    assert not signed_in(visitor)
    assert not rows(stage, rf"{stranger.org_uuid}|{stage.org.uuid}", before)


def test_somebody_without_the_role_is_told_so_and_leaves_no_row(
    stage: Stage, visitor: Visitor, ordinary: Person, officer: Person
) -> None:
    for person in (ordinary, officer):
        page = sign_in(visitor, person)

        assert refused_with(page) == "not_full_admin"
        assert not signed_in(visitor)
    assert not rows_of(stage)


def test_setting_out_leaves_no_row(stage: Stage, visitor: Visitor) -> None:
    visitor.post("/authorize/signin")

    assert not rows_of(stage)


def test_a_sign_in_leaves_a_spent_state_and_a_session_and_no_token_in_clear(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    sign_in(visitor, full_admin)
    left = rows_of(stage)
    text = repr(left)
    tokens = stage.webex.world.tokens, stage.webex.world.refresh_tokens

    assert sorted(key.partition("-")[0] for _, _, key in left) == ["session", "state"]
    assert not [t for kept in tokens for t in kept if t in text]
    assert not [c.value for c in visitor.jar.kept.values() if c.value in text]


def test_declining_is_no_error_and_the_next_attempt_works(
    visitor: Visitor, full_admin: Person
) -> None:
    visitor.get("/")
    visitor.press("Sign in with Webex")
    page = visitor.press("Decline")

    assert refused_with(page) == "webex_declined"
    assert sign_in(visitor, full_admin).path == "/"


def test_a_silent_webex_is_told_and_the_next_attempt_works(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    stage.webex.faults.append(Fault("error", path="/access_token", times=1))

    assert refused_with(sign_in(visitor, full_admin)) == "provider_silent"
    assert sign_in(visitor, full_admin).path == "/"


def test_no_page_that_stays_open_has_a_code_or_state_in_its_address(
    visitor: Visitor, full_admin: Person, ordinary: Person
) -> None:
    for person in (ordinary, full_admin):
        sign_in(visitor, person)
    stayed = [page for page in visitor.history if page.ours and not page.location]

    assert stayed
    assert all("code=" not in page.url and "state=" not in page.url for page in stayed)


def test_signing_in_anew_ends_the_session_before(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    sign_in(visitor, full_admin)
    thief = copy_of(stage, visitor)
    visitor.post("/authorize/signin")
    visitor.press("Sign in and allow as Adam Admin")

    assert signed_in(visitor)
    assert not signed_in(thief)


def test_whoever_was_refused_may_choose_another_account_at_once(
    visitor: Visitor, ordinary: Person, full_admin: Person
) -> None:
    sign_in(visitor, ordinary)
    visitor.press("Sign in with Webex")

    assert visitor.press("Sign in and allow as Adam Admin").path == "/"


def test_three_people_in_three_browsers_do_not_meet(stage: Stage, full_admin: Person) -> None:
    others = [stage.org.add_person(n, roles=("id_full_admin",)) for n in ("Bea Boss", "Cai Chief")]
    browsers = {person.name: Visitor(stage) for person in (full_admin, *others)}
    for person, browser in zip((full_admin, *others), browsers.values(), strict=True):
        sign_in(browser, person)

    for name, browser in browsers.items():
        assert f"Signed in as {name}" in browser.get("/").text
