"""Refreshing a token at /v1/access_token."""

from __future__ import annotations

import pytest
import requests

from sandbox.clock import VirtualClock
from sandbox.webex import Person, Token, WebexCloud

from .conftest import ROOT, Client

SECRET = "s3cret"


@pytest.fixture
def token(webex: WebexCloud, ada: Person) -> Token:
    webex.add_integration("C1", SECRET)
    return webex.issue_token(ada, {"spark:rooms_read"}, client_id="C1")


def refresh(
    webex: WebexCloud, token: str, client: str = "C1", secret: str = SECRET
) -> requests.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": client,
        "client_secret": secret,
        "refresh_token": token,
    }
    return Client(webex).session.post(f"{ROOT}/v1/access_token", data=form)


def test_a_refresh_gives_a_new_access_token_with_the_same_scopes(
    webex: WebexCloud, clock: VirtualClock, token: Token
) -> None:
    clock.advance(1209599)
    assert Client(webex, token.access_token).get("/v1/rooms").status_code == 401

    fresh = refresh(webex, token.refresh_token).json()

    assert fresh["expires_in"] == 1209599
    assert fresh["refresh_token_expires_in"] == 7775999
    assert fresh["refresh_token"] == token.refresh_token
    assert Client(webex, fresh["access_token"]).get("/v1/rooms").status_code == 200
    assert Client(webex, fresh["access_token"]).get("/v1/teams").status_code == 403


def test_each_refresh_prolongs_the_refresh_token(
    webex: WebexCloud, clock: VirtualClock, token: Token
) -> None:
    for _ in range(3):
        clock.advance(7775998)
        assert refresh(webex, token.refresh_token).status_code == 200

    clock.advance(7775999)

    assert refresh(webex, token.refresh_token).status_code == 400


def test_a_rotated_refresh_token_replaces_the_old_one(webex: WebexCloud, token: Token) -> None:
    webex.switches.refresh_rotates = True

    fresh = refresh(webex, token.refresh_token).json()["refresh_token"]

    assert fresh != token.refresh_token
    assert refresh(webex, token.refresh_token).status_code == 400
    assert refresh(webex, fresh).status_code == 200


def test_client_and_token_must_be_known_and_belong_together(
    webex: WebexCloud, token: Token
) -> None:
    webex.add_integration("C2", "other")

    assert refresh(webex, token.refresh_token, secret="wrong").status_code == 401
    assert refresh(webex, token.refresh_token, client="C9", secret="").status_code == 401
    assert refresh(webex, token.refresh_token, client="C2", secret="other").status_code == 400
    assert refresh(webex, "made-up").status_code == 400


def test_the_client_may_sign_in_by_basic_and_other_grants_are_refused(
    webex: WebexCloud, token: Token
) -> None:
    session, url = Client(webex).session, f"{ROOT}/v1/access_token"
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}

    assert session.post(url, data=form, auth=("C1", SECRET)).status_code == 200
    odd = form | {"grant_type": "password"}
    assert session.post(url, data=odd, auth=("C1", SECRET)).status_code == 400
