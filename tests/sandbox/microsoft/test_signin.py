"""Sign-in by authorization code: the pages, the code, the id_token, and MSAL in between."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest

from sandbox.adapter import CloudAdapter
from sandbox.microsoft import User
from sandbox.microsoft.id_tokens import SPOILS, STRANGER, Spoil
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR, ORDINARY_USER
from shared.microsoft.tokens import PlainLoopback
from tests.sandbox.microsoft.browser import (
    CONSENT_URI,
    REQUIRED,
    SIGNIN_URI,
    Browser,
    redeem,
    verified,
)
from tests.sandbox.microsoft.conftest import LOGIN, Desk
from tests.sandbox.microsoft.test_snapshot import restarted


@pytest.fixture
def browser(desk: Desk) -> Browser:
    desk.app.redirect_uris += [CONSENT_URI, SIGNIN_URI]
    desk.app.required += REQUIRED
    return Browser(desk)


@pytest.fixture
def greta(desk: Desk) -> User:
    return desk.tenant.add_user("Greta Global", roles=[GLOBAL_ADMINISTRATOR])


def code_of(browser: Browser, person: User, **query: str) -> str:
    return browser.authorize(**query).choose(person).told["code"]


def id_token(desk: Desk, browser: Browser, person: User, **query: str) -> str:
    answer = redeem(desk, code_of(browser, person, **query))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id_token"])


def test_an_id_token_says_who_signed_in_and_is_signed(
    desk: Desk, browser: Browser, greta: User
) -> None:
    claims = verified(desk, id_token(desk, browser, greta))
    now = int(desk.clock.now())

    assert claims["iss"] == f"{LOGIN}/{desk.tenant.tenant_id}/v2.0"
    assert (claims["tid"], claims["oid"]) == (desk.tenant.tenant_id, greta.object_id)
    assert (claims["name"], claims["preferred_username"]) == ("Greta Global", greta.mail)
    assert claims["nonce"] == "nonce-1"
    assert claims["iat"] == claims["nbf"] <= now < claims["exp"] <= now + 3600
    assert claims["wids"] == [GLOBAL_ADMINISTRATOR, ORDINARY_USER]
    assert claims["sub"] not in (greta.object_id, "")


def test_roles_may_be_absent_from_an_id_token(desk: Desk, browser: Browser, greta: User) -> None:
    desk.switches.wids_in_id_token = False

    assert "wids" not in verified(desk, id_token(desk, browser, greta))


def test_an_ordinary_user_has_the_role_of_one(desk: Desk, browser: Browser) -> None:
    person, guest = desk.tenant.add_user("Ove"), desk.tenant.add_user("Gus", user_type="Guest")

    assert verified(desk, id_token(desk, browser, person))["wids"] == [ORDINARY_USER]
    assert verified(desk, id_token(desk, Browser(desk), guest))["wids"] == []


def test_without_the_scope_profile_nobody_is_named(
    desk: Desk, browser: Browser, greta: User
) -> None:
    claims = verified(desk, id_token(desk, browser, greta, scope="openid", nonce=""))

    assert not {"oid", "name", "preferred_username", "nonce"} & claims.keys()


def test_state_comes_back_as_it_was_and_something_unasked_with_it(
    browser: Browser, greta: User
) -> None:
    page = browser.authorize().choose(greta)

    assert page.sent_to == SIGNIN_URI
    assert page.told.keys() == {"code", "state", "session_state"}
    assert page.told["state"] == "state&1"


def test_who_signed_in_to_consent_signs_in_again_without_a_page(
    desk: Desk, browser: Browser, greta: User
) -> None:
    browser.consent_page().choose(greta).press("Accept")

    assert browser.authorize().told["code"]
    assert browser.authorize(prompt="none").told["code"]
    assert Browser(desk).authorize().heading == "Sign in"


@pytest.mark.parametrize("prompt", ["select_account", "login"])
def test_a_prompt_asks_who_it_is_all_the_same(
    desk: Desk, browser: Browser, greta: User, prompt: str
) -> None:
    browser.authorize().choose(greta)
    other = desk.tenant.add_user("Ove Ordinary")
    page = browser.authorize(prompt=prompt)

    assert page.heading == "Sign in"
    code = page.choose(other).told["code"]
    token = redeem(desk, code).json()["id_token"]
    assert verified(desk, token)["oid"] == other.object_id


def test_signing_out_is_remembered_too(desk: Desk, browser: Browser, greta: User) -> None:
    browser.authorize().choose(greta)
    page = browser.open(f"{LOGIN}/{desk.tenant.tenant_id}/oauth2/v2.0/logout")

    assert page.heading == "You signed out of your account"
    assert browser.authorize().heading == "Sign in"
    assert browser.authorize(prompt="none").told["error"] == "login_required"


def test_a_user_of_another_tenant_is_refused(desk: Desk, browser: Browser) -> None:
    other = desk.ms.add_tenant("Elsewhere", domain="elsewhere.example")
    page = browser.authorize().choose(other.add_user("Elsa", roles=[GLOBAL_ADMINISTRATOR]))

    assert (page.status, page.sent_to) == (400, "")
    assert "AADSTS50020" in page.text


def test_the_first_sign_in_before_consent_asks_and_makes_the_app_known_without_permissions(
    desk: Desk, browser: Browser, greta: User
) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    page = browser.authorize().choose(greta)

    assert page.heading == "Permissions requested"
    assert "View your basic profile" in page.text
    assert page.press("Accept").told["code"]
    desk.token = desk.ask_token().json()["access_token"]
    assert desk.get("/users").status_code == 403


def test_a_sign_in_may_ask_for_consent_of_its_own(
    desk: Desk, browser: Browser, greta: User
) -> None:
    desk.switches.sign_in_asks_consent = True
    page = browser.authorize().choose(greta)

    assert page.heading == "Permissions requested"
    told = page.press("Cancel").told
    assert (told["error"], told["state"]) == ("access_denied", "state&1")
    assert "admin_consent" not in told
    assert page.authorize().press("Accept").told["code"]
    assert desk.get("/users").status_code == 200


@pytest.mark.parametrize(
    ("query", "error", "number"),
    [
        ({"response_type": "token"}, "invalid_request", 900144),
        ({"response_mode": "form_post"}, "unsupported_response_mode", 70007),
        ({"scope": "profile"}, "invalid_scope", 70011),
        ({"scope": "openid User.Read"}, "invalid_scope", 70011),
        ({"prompt": "please"}, "invalid_request", 90023),
        ({"code_challenge_method": "plain"}, "invalid_request", 90023),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"prompt": "none"}, "login_required", 50058),
    ],
)
def test_a_bad_request_of_the_app_comes_back_to_it(
    browser: Browser, query: dict[str, str], error: str, number: int
) -> None:
    page = browser.authorize(**query)

    assert page.sent_to == SIGNIN_URI
    assert (page.told["error"], page.told["state"]) == (error, "state&1")
    assert page.told["error_description"].startswith(f"AADSTS{number}: ")


def test_a_foreign_redirect_is_a_page(browser: Browser) -> None:
    page = browser.authorize(redirect_uri=SIGNIN_URI + "?next=1")

    assert (page.status, page.sent_to) == (400, "")
    assert "AADSTS50011" in page.text


def test_a_code_is_good_once(desk: Desk, browser: Browser, greta: User) -> None:
    code = code_of(browser, greta)

    assert redeem(desk, code).status_code == 200
    assert redeem(desk, code).json()["error_codes"] == [54005]


def test_a_code_is_good_for_ten_minutes(desk: Desk, browser: Browser, greta: User) -> None:
    code = code_of(browser, greta)
    desk.clock.advance(600)

    assert redeem(desk, code).json()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ({"code": "made-up"}, 70000),
        ({"code_verifier": "w" * 43}, 501481),
        ({"code_verifier": ""}, 501481),
        ({"redirect_uri": CONSENT_URI}, 500112),
        ({"redirect_uri": ""}, 900144),
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
    ],
)
def test_a_code_needs_what_it_was_asked_with(
    desk: Desk, browser: Browser, greta: User, form: dict[str, str], number: int
) -> None:
    code = code_of(browser, greta)

    assert redeem(desk, **{"code": code, **form}).json()["error_codes"] == [number]
    assert redeem(desk, code).status_code == 200  # none of that used it up


def test_a_code_is_for_one_app_and_one_tenant(desk: Desk, browser: Browser, greta: User) -> None:
    code = code_of(browser, greta)
    other = desk.ms.add_tenant("Elsewhere", domain="elsewhere.example")
    thief = desk.ms.add_app()
    stolen = {"client_id": thief.client_id, "client_secret": thief.client_secret}

    assert redeem(desk, code, other.tenant_id).json()["error_codes"] == [700005]
    assert redeem(desk, code, **stolen).json()["error_codes"] == [70000]


def test_an_assertion_redeems_a_code_too(desk: Desk, browser: Browser, greta: User) -> None:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"client_secret": "", "client_assertion": "a.b.c", "client_assertion_type": kind}

    assert redeem(desk, code_of(browser, greta), **form).status_code == 200


def test_a_refresh_token_comes_for_offline_access_only(
    desk: Desk, browser: Browser, greta: User
) -> None:
    without = redeem(desk, code_of(browser, greta)).json()
    browser.authorize(scope="openid profile offline_access")

    assert "refresh_token" not in without
    assert redeem(desk, browser.told["code"]).json()["refresh_token"]


def test_the_access_token_of_a_sign_in_opens_nothing(
    desk: Desk, browser: Browser, greta: User
) -> None:
    desk.token = redeem(desk, code_of(browser, greta)).json()["access_token"]

    assert desk.get("/users").status_code == 401


# Wrong id_tokens

REFUSED: list[tuple[Spoil, type[Exception]]] = [
    ("public_key_as_secret", jwt.InvalidAlgorithmError),
    ("other_key", jwt.InvalidSignatureError),
    ("altered", jwt.InvalidSignatureError),
    ("audience", jwt.InvalidAudienceError),
    ("issuer", jwt.InvalidIssuerError),
    ("issuer_v1", jwt.InvalidIssuerError),
    ("other_tenant", jwt.InvalidIssuerError),
    ("unknown_key", StopIteration),
    ("alg_none", KeyError),
    ("no_token", jwt.DecodeError),
]
WRONG_CLAIMS: list[tuple[Spoil, str, str | None]] = [
    ("tenant", "tid", STRANGER),
    ("no_tenant", "tid", None),
    ("nonce", "nonce", "of-another-sign-in"),
    ("no_nonce", "nonce", None),
    ("no_object_id", "oid", None),
    ("no_expiry", "exp", None),
]
OTHER_TIMES: list[tuple[Spoil, int]] = [("expired", -1), ("not_yet", 1)]


@pytest.mark.parametrize(("spoil", "refusal"), REFUSED)
def test_a_spoilt_id_token_is_wrong_as_named(
    desk: Desk, browser: Browser, greta: User, spoil: Spoil, refusal: type[Exception]
) -> None:
    desk.ms.login.spoil = spoil
    token = id_token(desk, browser, greta)

    with pytest.raises(refusal):
        verified(desk, token)
    browser.authorize()
    assert verified(desk, redeem(desk, browser.told["code"]).json()["id_token"])


@pytest.mark.parametrize(("spoil", "claim", "value"), WRONG_CLAIMS)
def test_one_that_is_signed_well_is_wrong_in_a_claim(
    desk: Desk, browser: Browser, greta: User, spoil: Spoil, claim: str, value: str | None
) -> None:
    desk.ms.login.spoil = spoil

    assert verified(desk, id_token(desk, browser, greta)).get(claim) == value


@pytest.mark.parametrize(("spoil", "late"), OTHER_TIMES)
def test_one_is_of_another_time(
    desk: Desk, browser: Browser, greta: User, spoil: Spoil, late: int
) -> None:
    desk.ms.login.spoil = spoil
    claims = verified(desk, id_token(desk, browser, greta))
    now = desk.clock.now()

    assert claims["exp"] < now - 300 if late < 0 else claims["nbf"] > now + 300


def test_every_way_to_spoil_one_is_tried_here() -> None:
    tried = [case[0] for cases in (REFUSED, WRONG_CLAIMS, OTHER_TIMES) for case in cases]

    assert sorted(tried) == sorted(SPOILS)


def test_keys_change_and_the_next_is_published_ahead(
    desk: Desk, browser: Browser, greta: User
) -> None:
    address = f"{LOGIN}/{desk.tenant.tenant_id}/discovery/v2.0/keys"
    before = [key["kid"] for key in desk.session.get(address).json()["keys"]]
    old = id_token(desk, browser, greta)
    desk.ms.login.rotate_keys()
    browser.authorize()
    new = redeem(desk, browser.told["code"]).json()["id_token"]

    assert jwt.get_unverified_header(old)["kid"] == before[0]
    assert jwt.get_unverified_header(new)["kid"] == before[1]
    assert verified(desk, new)["oid"] == greta.object_id
    with pytest.raises(StopIteration):
        verified(desk, old)


# MSAL


def application(desk: Desk, login: str) -> msal.ConfidentialClientApplication:
    """As the product makes it."""
    host = urlsplit(login).netloc
    return msal.ConfidentialClientApplication(
        desk.app.client_id,
        client_credential=desk.app.client_secret,
        authority=f"https://{host}/{desk.tenant.tenant_id}",
        http_client=PlainLoopback(lambda: desk.session, login),
        instance_discovery=False,
    )


@pytest.mark.parametrize("login", [LOGIN, "http://127.0.0.1:7002"])
def test_msal_signs_in_by_code(desk: Desk, browser: Browser, greta: User, login: str) -> None:
    desk.session.mount("http://127.0.0.1:7002", CloudAdapter(desk.ms.login))
    app = application(desk, login)
    flow = app.initiate_auth_code_flow(scopes=[], redirect_uri=SIGNIN_URI, prompt="select_account")
    told = browser.open(flow["auth_uri"]).choose(greta).told
    result = app.acquire_token_by_auth_code_flow(flow, told)

    assert "error" not in result, result
    claims = result["id_token_claims"]
    assert claims["oid"] == greta.object_id
    assert claims["iss"] == f"https://{urlsplit(login).netloc}/{desk.tenant.tenant_id}/v2.0"
    account = app.get_accounts()[0]
    assert account["home_account_id"] == f"{greta.object_id}.{desk.tenant.tenant_id}"
    assert account["username"] == greta.mail


def test_msal_notices_a_wrong_nonce_and_little_else(
    desk: Desk, browser: Browser, greta: User
) -> None:
    def signed_in(spoil: Spoil) -> dict[str, Any]:
        app = application(desk, LOGIN)
        flow = app.initiate_auth_code_flow(scopes=[], redirect_uri=SIGNIN_URI)
        browser.open(flow["auth_uri"])
        if browser.heading == "Sign in":
            browser.choose(greta)
        desk.ms.login.spoil = spoil
        result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, browser.told)
        return result

    assert signed_in("audience")["id_token_claims"]["aud"] == STRANGER
    with pytest.raises(RuntimeError, match="nonce"):
        signed_in("nonce")


def test_client_info_is_given_to_whoever_asks(desk: Desk, browser: Browser, greta: User) -> None:
    raw = redeem(desk, code_of(browser, greta), client_info="1").json()["client_info"]

    assert json.loads(base64.urlsafe_b64decode(raw + "==")) == {
        "uid": greta.object_id,
        "utid": desk.tenant.tenant_id,
    }


# What is kept


def test_app_roles_sessions_and_clouds_outlive_a_restart(
    desk: Desk, browser: Browser, greta: User
) -> None:
    desk.tenant.plans = [("SharePoint", "Suspended")]
    desk.ms.add_tenant("Agency", domain="agency.example", cloud="us_dod")
    unused = code_of(browser, greta)
    after = restarted(desk)
    browser.desk = after
    page = browser.authorize()

    assert page.told["code"]
    assert after.tenant.users[greta.object_id].roles == [GLOBAL_ADMINISTRATOR]
    assert after.tenant.plans == [("SharePoint", "Suspended")]
    assert after.ms.world.apps[desk.app.client_id] == desk.app
    assert {tenant.cloud for tenant in after.ms.tenants.values()} == {"global", "us_dod"}
    assert redeem(after, unused).json()["error_codes"] == [70000]


def test_a_consent_on_its_way_outlives_a_restart(desk: Desk) -> None:
    desk.switches.consent_delay_seconds = 30
    desk.ms.consent(desk.app, desk.tenant, ())
    after = restarted(desk)
    held = after.ms.world.permissions_of(desk.app.client_id, desk.tenant.tenant_id)

    assert held == frozenset(REQUIRED)
    after.clock.advance(30)
    assert after.ms.world.permissions_of(desk.app.client_id, desk.tenant.tenant_id) == frozenset()


def test_pages_keep_addresses_in_their_forms(browser: Browser) -> None:
    action = browser.authorize(state='"><script>').answer.content().decode()

    assert "<script>" not in action
    assert parse_qs(urlsplit(browser.text.split('action="')[1].split('"')[0]).query)["state"]
