"""Exchanging a code at /v1/access_token."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Person, WebexCloud

from .browser import APP, REDIRECT, SCOPES, SECRET, VERIFIER, Browser, exchange
from .conftest import ROOT, Client


@pytest.fixture(autouse=True)
def _integration(webex: WebexCloud) -> None:
    webex.add_integration(APP, SECRET, [REDIRECT])
    webex.add_integration("C2", "other", [REDIRECT])


@pytest.fixture
def code(webex: WebexCloud, ada: Person) -> str:
    return Browser(webex).code(ada)


def test_a_code_gives_tokens_of_whoever_signed_in(
    webex: WebexCloud, ada: Person, code: str
) -> None:
    answer = exchange(webex, code)

    body = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert body["expires_in"] == 1209599
    assert body["refresh_token_expires_in"] == 7775999
    assert body["token_type"] == "Bearer"
    assert set(body["scope"].split()) == set(SCOPES)
    assert body["id_token"].count(".") == 2
    assert Client(webex, body["access_token"]).get("/v1/people/me").json()["id"] == ada.id


def test_the_refresh_token_belongs_to_the_client(webex: WebexCloud, code: str) -> None:
    refresh_token = exchange(webex, code).json()["refresh_token"]

    def refreshed(client: str, secret: str) -> int:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        url = f"{ROOT}/v1/access_token"
        return Client(webex).session.post(url, data=form, auth=(client, secret)).status_code

    assert refreshed(APP, SECRET) == 200
    assert refreshed("C2", "other") == 400


def test_without_openid_there_is_no_id_token(webex: WebexCloud, ada: Person) -> None:
    code = Browser(webex).code(ada, scope="spark:people_read", nonce=None)

    assert "id_token" not in exchange(webex, code).json()


def test_a_second_exchange_is_refused_and_takes_nothing_back(webex: WebexCloud, code: str) -> None:
    token = exchange(webex, code).json()["access_token"]

    assert exchange(webex, code).status_code == 400
    assert Client(webex, token).get("/v1/people/me").status_code == 200


def test_a_code_is_worth_nothing_after_five_minutes(
    webex: WebexCloud, clock: VirtualClock, ada: Person, code: str
) -> None:
    other = Browser(webex).code(ada)
    clock.advance(299)
    assert exchange(webex, other).status_code == 200

    clock.advance(1)

    assert exchange(webex, code).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": None},
        {"redirect_uri": "https://app.example/authorize/webex/credential"},
        {"code_verifier": None},
        {"code_verifier": VERIFIER.upper()},
        {"code": None},
        {"code": "made-up"},
    ],
)
def test_a_code_is_bound_to_redirect_uri_and_verifier(
    webex: WebexCloud, code: str, changed: dict[str, str | None]
) -> None:
    assert exchange(webex, **{"code": code, **changed}).status_code == 400  # type: ignore[arg-type]


def test_a_wrong_try_by_the_right_client_uses_the_code_up(webex: WebexCloud, code: str) -> None:
    exchange(webex, code, code_verifier="wrong")

    assert exchange(webex, code).status_code == 400


def test_another_client_can_neither_use_a_code_nor_spoil_it(webex: WebexCloud, code: str) -> None:
    assert exchange(webex, code, client_id="C2", client_secret="other").status_code == 400
    assert exchange(webex, code, client_secret="wrong").status_code == 401
    assert exchange(webex, code, client_id=None, client_secret=None).status_code == 401

    assert exchange(webex, code).status_code == 200


def test_the_plain_method_compares_the_verifier_itself(webex: WebexCloud, ada: Person) -> None:
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    first = Browser(webex).code(ada, **plain)
    second = Browser(webex).code(ada, code_challenge=VERIFIER, code_challenge_method=None)

    assert exchange(webex, first).status_code == 200
    assert exchange(webex, second).status_code == 200


def test_a_verifier_comes_only_where_there_was_a_challenge(webex: WebexCloud, ada: Person) -> None:
    none: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}

    assert exchange(webex, Browser(webex).code(ada, **none)).status_code == 400
    without = exchange(webex, Browser(webex).code(ada, **none), code_verifier=None)
    assert without.status_code == 200


def test_a_form_field_that_comes_twice_is_refused(webex: WebexCloud, code: str) -> None:
    form = [("grant_type", "authorization_code"), ("code", code), ("code", code)]
    session = Client(webex).session

    answer = session.post(f"{ROOT}/v1/access_token", data=form, auth=(APP, SECRET))

    assert answer.status_code == 400
