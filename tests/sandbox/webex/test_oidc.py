"""Discovery, keys, userinfo, and id_tokens that are right or wrong in one way."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Person, WebexCloud

from .browser import APP, REDIRECT, SECRET, Browser, answer_of, exchange, tokens
from .conftest import ROOT, Client

ISSUER = "https://idbroker-b-us.webex.com/idb"
DISCOVERY = "/v1/.well-known/openid-configuration"


@pytest.fixture(autouse=True)
def _integration(webex: WebexCloud) -> None:
    webex.add_integration(APP, SECRET, [REDIRECT])


def verified(webex: WebexCloud, id_token: str) -> dict[str, Any]:
    """Claims, by the published keys; times are looked at by the tests' own clock."""
    keys = Client(webex).get("/v1/verification").json()
    kid = jwt.get_unverified_header(id_token)["kid"]
    key = jwt.PyJWKSet.from_dict(keys)[kid]
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key,
        ["RS256"],
        audience=APP,
        issuer=ISSUER,
        options={
            "verify_exp": False,
            "verify_iat": False,
            "require": ["exp", "iat", "sub", "nonce"],
        },
    )
    return claims


def id_token(webex: WebexCloud, person: Person) -> str:
    return str(tokens(webex, person)["id_token"])


def test_the_id_token_names_person_client_and_nonce(
    webex: WebexCloud, clock: VirtualClock, ada: Person
) -> None:
    claims = verified(webex, id_token(webex, ada))

    assert (claims["sub"], claims["aud"], claims["nonce"]) == (ada.uuid, APP, "n-1")
    assert claims["iat"] == claims["auth_time"] == int(clock.now())
    assert claims["exp"] == claims["iat"] + 3600
    assert not {"email", "name"} & set(claims)


def test_a_browser_that_was_signed_in_already_tells_since_when(
    webex: WebexCloud, clock: VirtualClock, ada: Person
) -> None:
    browser = Browser(webex)
    browser.sign_in(ada)
    clock.advance(100)
    answer = exchange(webex, answer_of(browser.open())["code"]).json()

    claims = verified(webex, answer["id_token"])
    assert claims["iat"] - claims["auth_time"] == 100


def test_discovery_leads_to_every_other_page(webex: WebexCloud) -> None:
    found = Client(webex).get(DISCOVERY).json()

    assert found["authorization_endpoint"] == f"{ROOT}/v1/authorize"
    assert found["token_endpoint"] == f"{ROOT}/v1/access_token"
    assert found["jwks_uri"] == f"{ROOT}/v1/verification"
    assert found["userinfo_endpoint"] == f"{ROOT}/v1/userinfo"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]


def test_the_issuer_is_a_brokers_address_and_may_differ_from_discoverys(
    webex: WebexCloud, ada: Person
) -> None:
    def issuers() -> tuple[str, str]:
        claims = jwt.decode(id_token(webex, ada), options={"verify_signature": False})
        return claims["iss"], Client(webex).get(DISCOVERY).json()["issuer"]

    assert issuers() == (ISSUER, "https://idbroker.webex.com/idb")
    webex.switches.issuer = webex.switches.discovery_issuer = "https://idbroker-eu.webex.com/idb"
    assert len(set(issuers())) == 1


def test_there_is_more_than_one_key_and_none_is_private(webex: WebexCloud) -> None:
    keys = Client(webex).get("/v1/verification").json()["keys"]

    assert len({key["kid"] for key in keys}) == 2
    assert {key["kty"] for key in keys} == {"RSA"}
    assert not any("d" in key for key in keys)


def test_userinfo_tells_what_the_scopes_allow(webex: WebexCloud, ada: Person) -> None:
    def info(scope: str) -> Any:
        token = tokens(webex, ada, scope=scope)["access_token"]
        return Client(webex, token).get("/v1/userinfo")

    full = info("openid profile email").json()
    assert full["sub"] == ada.uuid
    assert (full["name"], full["email"], full["email_verified"]) == (ada.name, ada.email, True)
    assert set(info("openid").json()) == {"sub"}
    assert info("spark:people_read").status_code == 403
    assert Client(webex).get("/v1/userinfo").status_code == 401


SIGNATURES = ["alg_none", "alg_hs256", "other_key", "unknown_key", "garbage"]


@pytest.mark.parametrize("how", [*SIGNATURES, "wrong_iss", "wrong_aud", "no_nonce"])
def test_a_spoilt_id_token_does_not_verify_and_the_next_one_does(
    webex: WebexCloud, ada: Person, how: Any
) -> None:
    webex.spoil = how

    with pytest.raises((jwt.PyJWTError, KeyError)):
        verified(webex, id_token(webex, ada))

    assert webex.spoil == ""
    assert verified(webex, id_token(webex, ada))["sub"] == ada.uuid


@pytest.mark.parametrize(
    ("how", "claim"),
    [
        ("other_sub", "sub"),
        ("wrong_nonce", "nonce"),
        ("expired", "exp"),
        ("from_the_future", "iat"),
    ],
)
def test_some_are_signed_well_and_wrong_in_what_they_say(
    webex: WebexCloud, clock: VirtualClock, ada: Person, how: Any, claim: str
) -> None:
    right = verified(webex, id_token(webex, ada))
    webex.spoil = how

    wrong = verified(webex, id_token(webex, ada))

    assert wrong[claim] != right[claim]
    if how == "expired":
        assert wrong["exp"] < clock.now() - 600
    if how == "from_the_future":
        assert wrong["iat"] > clock.now() + 600


def test_an_id_token_may_be_missing(webex: WebexCloud, ada: Person) -> None:
    webex.spoil = "missing"

    assert "id_token" not in tokens(webex, ada)
    assert "id_token" in tokens(webex, ada)


def test_it_cannot_be_wrong_in_a_way_that_does_not_exist(webex: WebexCloud) -> None:
    with pytest.raises(ValueError, match="by 'alg_nome'"):
        webex.spoil = "alg_nome"  # type: ignore[assignment]
