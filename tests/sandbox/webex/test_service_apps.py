"""Service Apps: a machine account with tokens of its own."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.clock import VirtualClock
from sandbox.webex import Organization, Person, Team, Token, WebexCloud

from .browser import Browser, answer_of
from .conftest import ROOT, Client

SCOPES = (
    "spark:people_read",
    "identity:people_read",
    "spark-admin:licenses_read",
    "spark-compliance:rooms_read",
    "spark-compliance:memberships_read",
)


@pytest.fixture
def token(webex: WebexCloud, org: Organization) -> Token:
    return webex.add_service_app("S1", "app-secret", org, SCOPES)


@pytest.fixture
def app(webex: WebexCloud, token: Token) -> Client:
    return Client(webex, token.access_token)


def refresh(webex: WebexCloud, token: str, client: str, secret: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    session = Client(webex).session
    return session.post(f"{ROOT}/v1/access_token", data=form, auth=(client, secret))


def test_it_refreshes_with_its_own_id_and_secret_alone(
    webex: WebexCloud, clock: VirtualClock, token: Token, app: Client
) -> None:
    webex.add_integration("C1", "s3cret")
    clock.advance(1209599)
    assert app.get("/v1/people/me").status_code == 401

    fresh = refresh(webex, token.refresh_token, "S1", "app-secret").json()

    assert Client(webex, fresh["access_token"]).get("/v1/people/me").status_code == 200
    assert refresh(webex, token.refresh_token, "S1", "wrong").status_code == 401
    assert refresh(webex, token.refresh_token, "C1", "s3cret").status_code == 400


@pytest.mark.parametrize("kind", ["bot", "person", "appuser"])
def test_it_tells_its_organization_and_a_type_that_nobody_has_confirmed(
    webex: WebexCloud, org: Organization, app: Client, kind: Any
) -> None:
    webex.switches.machine_type = kind

    me = app.get("/v1/people/me").json()

    assert (me["orgId"], me["type"]) == (org.id, kind)


def test_it_is_in_no_directory_and_cannot_sign_in(
    webex: WebexCloud, org: Organization, ada: Person, app: Client, token: Token
) -> None:
    users = f"/identity/scim/{org.uuid}/v2/Users"
    webex.add_integration("C1", "s3cret")

    assert [user["id"] for user in app.get(users).json()["Resources"]] == [ada.uuid]
    assert app.get(f"{users}/{token.person_uuid}").status_code == 404
    assert "S1" not in Browser(webex).open().text
    assert Browser(webex).submit({"email": token.person.email}).status_code == 200


def test_no_browser_is_sent_to_sign_in_for_it(webex: WebexCloud, ada: Person, token: Token) -> None:
    assert Browser(webex).open(client_id="S1").status_code == 400
    assert Browser(webex).sign_in(ada, client_id="S1").status_code == 400


def test_it_is_an_administrator_of_its_own_organization_within_its_scopes(
    webex: WebexCloud, stranger: Person, app: Client
) -> None:
    assert app.get("/v1/licenses").status_code == 200
    assert app.get(f"/identity/scim/{stranger.org_uuid}/v2/Users").status_code == 403
    assert app.get("/v1/roles").status_code == 403


def test_compliance_scopes_work_on_it_by_the_switch(
    webex: WebexCloud, app: Client, team: Team
) -> None:
    paths = (f"/v1/rooms/{team.general.id}", f"/v1/memberships?roomId={team.general.id}")
    assert [app.get(path).status_code for path in paths] == [200, 200]

    webex.switches.service_apps_read_compliance = False

    assert not {200} & {app.get(path).status_code for path in paths}


def test_it_outlives_a_snapshot(webex: WebexCloud, clock: VirtualClock, token: Token) -> None:
    fresh = WebexCloud(clock, seed=99)

    fresh.restore(webex.snapshot())

    assert refresh(fresh, token.refresh_token, "S1", "app-secret").status_code == 200
    assert fresh.snapshot() != webex.snapshot()
    assert Client(fresh, token.access_token).get("/v1/people/me").json()["type"] == "bot"


def test_an_integration_keeps_its_registration_in_a_snapshot(
    webex: WebexCloud, clock: VirtualClock, ada: Person
) -> None:
    redirect = "https://app.example/authorize/webex/signin"
    webex.add_integration("C1", "s3cret", [redirect], ["spark:people_read"])
    fresh = WebexCloud(clock, seed=99)

    fresh.restore(webex.snapshot())

    assert Browser(fresh).open(redirect_uri="https://evil.example/").status_code == 400
    assert answer_of(Browser(fresh).open(scope="spark:all"))["error"] == "invalid_scope"
    assert Browser(fresh).open(scope="spark:people_read").status_code == 200
