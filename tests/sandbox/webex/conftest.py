"""People with roles, and their way in: requests over the in-process adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.webex import Organization, Person, Team, WebexCloud

ROOT = "https://webexapis.com"
OFFICER_SCOPES = [
    "spark-compliance:events_read",
    "spark-compliance:memberships_read",
    "spark-compliance:memberships_write",
    "spark-compliance:rooms_read",
    "spark-compliance:rooms_write",
    "spark-compliance:team_memberships_read",
    "spark-compliance:team_memberships_write",
    "spark-compliance:teams_read",
    "spark-compliance:webhooks_read",
    "spark-compliance:webhooks_write",
]


class Client:
    """One token's session. Paths start at the root of the API: SCIM is outside /v1."""

    def __init__(self, webex: WebexCloud, access_token: str = "") -> None:
        self.session = requests.Session()
        self.session.mount(ROOT, CloudAdapter(webex))
        if access_token:
            self.session.headers["Authorization"] = f"Bearer {access_token}"

    def get(self, path: str, **query: object) -> requests.Response:
        return self._call("GET", path, params={k.rstrip("_"): str(v) for k, v in query.items()})

    def post(self, path: str, **body: object) -> requests.Response:
        return self._call("POST", path, json=body)

    def put(self, path: str, **body: object) -> requests.Response:
        return self._call("PUT", path, json=body)

    def delete(self, path: str) -> requests.Response:
        return self._call("DELETE", path)

    def pages(self, path: str, **query: object) -> Iterator[requests.Response]:
        response = self.get(path, **query)
        yield response
        while following := response.links.get("next"):
            response = self._call("GET", following["url"].removeprefix(ROOT))
            yield response

    def items(self, path: str, **query: object) -> list[dict[str, Any]]:
        return [item for page in self.pages(path, **query) for item in page.json()["items"]]

    def _call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        return self.session.request(method, f"{ROOT}{path}", **kwargs)


SignIn = Callable[..., Client]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def webex(clock: VirtualClock) -> WebexCloud:
    return WebexCloud(clock, seed=7)


@pytest.fixture
def sign_in(webex: WebexCloud) -> SignIn:
    def enter(person: Person, *scopes: str) -> Client:
        return Client(webex, webex.issue_token(person, scopes or {"spark:all"}).access_token)

    return enter


@pytest.fixture
def org(webex: WebexCloud) -> Organization:
    return webex.add_organization("Example")


@pytest.fixture
def ada(org: Organization) -> Person:
    return org.add_person("Ada Lovelace", external_id="11111111-1111-4111-8111-111111111111")


@pytest.fixture
def grace(org: Organization) -> Person:
    return org.add_person("Grace Hopper")


@pytest.fixture
def stranger(webex: WebexCloud) -> Person:
    return webex.add_organization("Elsewhere").add_person("Stranger")


@pytest.fixture
def bot(webex: WebexCloud) -> Person:
    return webex.add_bot("Helper")


@pytest.fixture
def officer_person(org: Organization) -> Person:
    return org.add_person("Olle Officer", roles={"compliance_officer"})


@pytest.fixture
def officer(officer_person: Person, sign_in: SignIn) -> Client:
    return sign_in(officer_person, *OFFICER_SCOPES)


@pytest.fixture
def full_admin(org: Organization, sign_in: SignIn) -> Client:
    person = org.add_person("Frida Full", roles={"id_full_admin"})
    scopes = ("identity:people_read", "spark-admin:people_read", "spark-admin:roles_read")
    return sign_in(person, *scopes, "spark:rooms_read", "spark:memberships_read")


@pytest.fixture
def team(webex: WebexCloud, ada: Person) -> Team:
    return webex.create_team(ada, "Project X", description="Secret")
