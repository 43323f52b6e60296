"""What is read of a tenant: past every cache, and also where Microsoft says less than expected."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Cloud, Fault, Request, Response
from sandbox.microsoft import MicrosoftClouds
from shared.admin.ports import Instance
from shared.config import Settings, read_settings
from shared.core.errors import ConsentMissing, PermissionMissing, Unavailable
from shared.core.ids import NIL, ObjectId, TenantId
from shared.http import Http, new_session
from shared.microsoft.tenant import TenantClient, find_tenant

ORG = "11111111-1111-4111-8111-111111111111"
PERMISSIONS = ("Group.ReadWrite.All", "User.Read.All", "Sites.Read.All")


class World:
    """A tenant, the app, and what the app asks it with; no consent yet."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_790_000_000.0)
        self.clouds = MicrosoftClouds(self.clock)
        self.tenant = self.clouds.add_tenant()
        self.app = self.clouds.add_app()
        self.client = TenantClient(
            Http("graph", "request-id", self.session, self.clock),
            self.settings(),
            TenantId(self.tenant.tenant_id),
            self.session,
        )

    def consent(self, *permissions: str) -> None:
        self.clouds.consent(self.app, self.tenant, permissions or PERMISSIONS)

    def session(self) -> requests.Session:
        session = new_session()
        session.mount("https://graph.microsoft.com", CloudAdapter(self.clouds.graph))
        session.mount("https://login.microsoftonline.com", CloudAdapter(self.clouds.login))
        return session

    def settings(self) -> Settings:
        return read_settings(
            {
                "MASTER_KEYS": f"v1:{base64.b64encode(b'k' * 32).decode()}",
                "WEBEX_ORG_IDS": ORG,
                "MICROSOFT_TENANT_IDS": self.tenant.tenant_id,
                "MICROSOFT_CLIENT_ID": self.app.client_id,
                "MICROSOFT_CLIENT_SECRET": self.app.client_secret,
            }
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("error", [700016, 7000229])
def test_a_refusal_is_not_repeated_from_a_cache(world: World, error: int) -> None:
    """MSAL keeps it for a minute; the same client is asked again at once."""
    world.clouds.switches.no_consent_error = error  # type: ignore[assignment]
    assert not world.client.token_works()

    world.consent()

    assert world.client.token_works()
    assert set(world.client.permissions().values()) == {True}


def test_a_token_that_worked_is_not_taken_for_one_that_works(world: World) -> None:
    world.consent()
    assert world.client.token_works()

    world.clouds.revoke(world.app, world.tenant)

    assert not world.client.token_works()


def test_where_entra_does_not_answer_it_is_not_a_refusal(world: World) -> None:
    world.clouds.login.faults.append(Fault("error"))

    with pytest.raises(Unavailable):
        world.client.token_works()


def test_without_a_token_there_is_nothing_to_prove(world: World) -> None:
    with pytest.raises(ConsentMissing):
        world.client.permissions()


def test_proving_writes_nothing(world: World) -> None:
    world.consent()

    world.client.permissions()

    writes = [c for c in world.clouds.graph.calls() if c.method != "GET"]
    assert [(c.method, c.path, c.status) for c in writes] == [("PATCH", f"/v1.0/groups/{NIL}", 404)]


@pytest.mark.parametrize("missing", PERMISSIONS)
def test_each_permission_is_missed_alone(world: World, missing: str) -> None:
    world.consent(*(p for p in PERMISSIONS if p != missing))

    proven = world.client.permissions()

    assert [name for name, there in proven.items() if not there] == [missing]


def test_users_with_their_basics_alone_do_not_prove_the_permission(world: World) -> None:
    world.tenant.add_user("Somebody")
    world.consent("Group.ReadWrite.All", "User.ReadBasic.All", "Sites.Read.All")

    assert world.client.permissions()["User.Read.All"] is False


def test_who_is_known_is_asked_one_by_one_in_batches(world: World) -> None:
    world.consent()
    there = [ObjectId(world.tenant.add_user(f"User {n}").object_id) for n in range(45)]
    gone = ObjectId("99999999-9999-4999-8999-999999999999")

    assert world.client.known([*there, gone]) == frozenset(there)
    assert world.client.known([]) == frozenset()
    batches = world.clouds.graph.calls(inner=False)
    assert len([c for c in batches if c.path.endswith("$batch")]) == 3


def test_nobody_is_unknown_for_want_of_an_answer(world: World) -> None:
    world.consent()
    user = ObjectId(world.tenant.add_user("Somebody").object_id)
    world.clouds.graph.faults.append(Fault("error", path="/users/"))

    with pytest.raises(Unavailable):
        world.client.known([user])


def test_nobody_is_unknown_for_want_of_a_permission(world: World) -> None:
    world.consent("Group.ReadWrite.All")
    user = ObjectId(world.tenant.add_user("Somebody").object_id)

    with pytest.raises(PermissionMissing):
        world.client.known([user])


def test_the_tenants_name_domains_and_plans(world: World) -> None:
    world.consent()

    facts = world.client.facts()

    assert (facts.name, facts.domains) == ("Contoso", ("contoso.example",))
    assert facts.plans is not None
    assert {"exchange", "sharepoint"} <= facts.plans


# Discovery


class Discovery(Cloud):
    """An Entra that says what a test tells it to."""

    name = "login"

    def __init__(self, clock: VirtualClock, status: int, said: Any) -> None:
        super().__init__(clock)
        self.route(
            "GET",
            "/{name}/v2.0/.well-known/openid-configuration",
            lambda _request: Response(status, said),
        )
        self.asked: list[str] = []

    def handle(self, request: Request) -> Response:
        self.asked.append(request.path)
        return super().handle(request)


def discover(world: World, status: int, said: Any, name: str = "contoso.example") -> Any:
    cloud = Discovery(world.clock, status, said)

    def session() -> requests.Session:
        made = new_session()
        made.mount("https://login.microsoftonline.com", CloudAdapter(cloud))
        return made

    http = Http("login", "x-ms-request-id", session, world.clock)
    return find_tenant(http, world.settings(), name)


def answer(tenant: str, login: str = "login.microsoftonline.com", **more: str) -> Mapping[str, str]:
    return {
        "issuer": f"https://{login}/{tenant}/v2.0",
        "token_endpoint": f"https://{login}/{tenant}/oauth2/v2.0/token",
        **more,
    }


def test_discovery_tells_tenant_and_cloud(world: World) -> None:
    said = answer(ORG.upper(), msgraph_host="Graph.Microsoft.com")

    assert discover(world, 200, said) == Instance(TenantId(ORG), "graph.microsoft.com")


@pytest.mark.parametrize(
    ("login", "host"),
    [
        ("login.microsoftonline.com", "graph.microsoft.com"),
        ("login.microsoftonline.us", "graph.microsoft.us"),
        ("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
        ("login.microsoftonline.de", "graph.microsoft.de"),
    ],
)
def test_without_msgraph_host_the_host_that_gives_tokens_tells_the_cloud(
    world: World, login: str, host: str
) -> None:
    assert discover(world, 200, answer(ORG, login)) == Instance(TenantId(ORG), host)


@pytest.mark.parametrize("status", [400, 404])
def test_no_such_tenant(world: World, status: int) -> None:
    assert discover(world, status, {"error": "invalid_tenant"}) is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, {}),
        (200, []),
        (200, {"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
        (403, {"error": "x"}),
        (500, {}),
        (200, b"<html>"),
    ],
)
def test_an_answer_that_names_no_tenant_is_none_at_all(
    world: World, status: int, said: Any
) -> None:
    with pytest.raises(Unavailable):
        discover(world, status, said)
