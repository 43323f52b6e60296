"""Discovery and app-only tokens."""

from __future__ import annotations

import pytest

from tests.sandbox.microsoft.conftest import LOGIN, Desk

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def discover(desk: Desk, tenant: str) -> dict[str, str]:
    answer = desk.session.get(f"{LOGIN}/{tenant}/v2.0/.well-known/openid-configuration")
    found: dict[str, str] = answer.json()
    return found


def test_discovery_names_endpoints_on_the_host_that_was_asked(desk: Desk) -> None:
    found = discover(desk, desk.tenant.tenant_id)

    assert found["token_endpoint"] == f"{LOGIN}/{desk.tenant.tenant_id}/oauth2/v2.0/token"
    assert found["issuer"] == f"{LOGIN}/{desk.tenant.tenant_id}/v2.0"


def test_discovery_says_https_even_when_reached_by_plain_http(desk: Desk) -> None:
    from sandbox.adapter import CloudAdapter

    desk.session.mount("http://127.0.0.1:7002", CloudAdapter(desk.ms.login))
    path = f"/{desk.tenant.tenant_id}/v2.0/.well-known/openid-configuration"
    found = desk.session.get(f"http://127.0.0.1:7002{path}").json()

    assert found["token_endpoint"].startswith("https://127.0.0.1:7002/")
    assert found["jwks_uri"].startswith("https://127.0.0.1:7002/")


def test_discovery_by_domain_carries_the_tenants_guid_and_cloud(desk: Desk) -> None:
    found = discover(desk, "contoso.example")

    assert desk.tenant.tenant_id in found["issuer"]
    assert found["tenant_region_scope"] == "WW"
    assert found["cloud_instance_name"] == "microsoftonline.com"
    assert found["cloud_graph_host_name"] == "graph.windows.net"
    assert found["msgraph_host"] == "graph.microsoft.com"


def test_an_unknown_tenant_is_aadsts90002(desk: Desk) -> None:
    stranger = "11111111-2222-4333-8444-555555555555"
    by_token = desk.ask_token(stranger)

    assert discover(desk, stranger)["error"] == "invalid_tenant"
    assert by_token.status_code == 400
    assert by_token.json()["error_codes"] == [90002]
    assert by_token.json()["error_description"].startswith("AADSTS90002: Tenant '1111")


def test_a_token_is_opaque_and_lives_3599_seconds(desk: Desk) -> None:
    answer = desk.ask_token().json()
    desk.token = answer["access_token"]

    assert answer["expires_in"] == 3599
    assert desk.token.count(".") != 2  # not a JWT: nobody shall read it
    desk.clock.advance(3598)
    assert desk.get("/organization").status_code == 200
    desk.clock.advance(1)
    assert desk.get("/organization").status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000216),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"client_id": "unheard-of"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://vault.azure.net/.default"}, 400, "invalid_resource", 500011),
    ],
)
def test_a_bad_token_request_is_refused_as_entra_does(
    desk: Desk, form: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = desk.ask_token(**form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(f"AADSTS{number}: ")


def test_an_app_without_consent_gets_no_token(desk: Desk) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    answer = desk.ask_token()

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [700016])


def test_an_app_without_consent_may_be_told_so_in_the_other_way(desk: Desk) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    desk.switches.no_consent_error = 7000229
    answer = desk.ask_token()

    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000229])


def test_consent_takes_a_while_where_a_switch_says_so(desk: Desk) -> None:
    desk.ms.revoke(desk.app, desk.tenant)
    desk.switches.consent_delay_seconds = 30
    desk.ms.consent(desk.app, desk.tenant, {"User.Read.All"})

    assert desk.ask_token().status_code == 400
    desk.clock.advance(30)
    assert desk.ask_token().status_code == 200


def test_a_client_assertion_stands_in_for_a_secret(desk: Desk) -> None:
    signed = {"client_secret": "", "client_assertion": "a.b.c"}

    assert desk.ask_token(**signed, client_assertion_type=ASSERTION).status_code == 200
    assert desk.ask_token(**signed, client_assertion_type="x").status_code == 400


def test_the_sandboxs_own_graph_host_is_a_resource_too(desk: Desk) -> None:
    desk.switches.graph_host = "127.0.0.1:7001"

    assert desk.ask_token(scope="http://127.0.0.1:7001/.default").status_code == 200
    assert discover(desk, desk.tenant.tenant_id)["msgraph_host"] == "127.0.0.1:7001"
