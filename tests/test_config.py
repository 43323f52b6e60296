from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config import BadSetting, Settings, read_settings
from shared.webex.protocol import WebexId

ORG = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
TENANT = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
KEY = base64.b64encode(b"a-master-key-that-nobody-may-see").decode()
SECRETS = {
    "MASTER_KEYS": f"v1:{KEY}",
    "WEBEX_CLIENT_SECRET": "webex-secret-xyz",
    "MICROSOFT_CLIENT_SECRET": "microsoft-secret-xyz",
    "AzureWebJobsStorage": "AccountName=a;AccountKey=storage-secret-xyz",
}
GOOD = {**SECRETS, "WEBEX_ORG_IDS": ORG, "MICROSOFT_TENANT_IDS": TENANT}
URLS = ["WEBEX_API_URL", "GRAPH_URL", "MICROSOFT_LOGIN_URL", "PUBLIC_URL"]


def _read(**changes: str) -> Settings:
    return read_settings({**GOOD, **changes})


def _refusal(**changes: str) -> str:
    with pytest.raises(BadSetting) as refusal:
        _read(**changes)
    return str(refusal.value)


def test_the_few_that_must_be_given_are_enough() -> None:
    settings = _read()

    assert settings.organizations == {ORG}
    assert settings.tenants == {TENANT}
    assert settings.webex_url == "https://webexapis.com"
    assert settings.graph_url == "https://graph.microsoft.com"
    assert settings.login_url == "https://login.microsoftonline.com"
    assert settings.public_url == ""
    assert settings.keyring.newest == "v1"


def test_an_organization_may_be_given_as_webex_shows_it() -> None:
    shown = WebexId("us", "ORGANIZATION", ORG).encode()

    assert _read(WEBEX_ORG_IDS=f" {shown} ,, {TENANT.upper()}").organizations == {ORG, TENANT}


def test_only_named_organizations_are_served() -> None:
    assert _read().serves(ORG)
    assert not _read().serves(TENANT)
    assert not _read().serves(None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MASTER_KEYS", ""),
        ("MASTER_KEYS", "short"),
        ("MASTER_KEYS", "v1:c2hvcnQ="),
        ("WEBEX_ORG_IDS", ""),
        ("WEBEX_ORG_IDS", " , "),
        ("WEBEX_ORG_IDS", f"{ORG},acme"),
        ("MICROSOFT_TENANT_IDS", ""),
        ("MICROSOFT_TENANT_IDS", "contoso.onmicrosoft.com"),
        *((name, "http://example.com") for name in URLS),
        *((name, "example.com") for name in URLS),
        *((name, "https://") for name in URLS),
        *((name, "https://[::1") for name in URLS),
        *((name, "https://example.com:port") for name in URLS),
        *((name, "https://exa mple.com") for name in URLS),
        *((name, "https://user:pass@example.com") for name in URLS),
        *((name, "https://example.com?x=1") for name in URLS),
        *((name, "https://example.com#x") for name in URLS),
        *((name, "ftp://127.0.0.1") for name in URLS),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence_without_a_secret(name: str, value: str) -> None:
    text = _refusal(**{name: value})

    assert text.startswith(name)
    assert text.endswith(".")
    for secret in (KEY, "secret-xyz", "user:pass", "c2hvcnQ"):
        assert secret not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10:7071", "localhost:8080", "[::1]:80"])
def test_plain_http_is_taken_for_a_loopback_address(host: str) -> None:
    assert _read(GRAPH_URL=f"http://{host}/").graph_url == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.example.com",
        "localhost.example.com",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104 - refused here
        "169.254.169.254",
        "[2001:db8::1]",
        "2130706433",
        "127.0.0.1@example.com",
    ],
)
def test_plain_http_is_refused_for_any_other(host: str) -> None:
    assert "GRAPH_URL" in _refusal(GRAPH_URL=f"http://{host}")


@given(st.text(max_size=60), st.sampled_from(URLS))
def test_any_address_is_taken_or_refused_with_a_sentence(text: str, name: str) -> None:
    for value in (text, f"https://{text}", f"http://{text}"):
        try:
            _read(**{name: value})
        except BadSetting as refusal:
            assert name in str(refusal)


@given(st.text(max_size=60), st.sampled_from(["WEBEX_ORG_IDS", "MICROSOFT_TENANT_IDS"]))
def test_any_list_of_ids_is_taken_or_refused_with_a_sentence(text: str, name: str) -> None:
    try:
        _read(**{name: text})
    except BadSetting as refusal:
        assert name in str(refusal)


def test_addresses_carry_no_slash_at_the_end_and_keep_their_path() -> None:
    assert _read(WEBEX_API_URL="https://proxy.example/webex//").webex_url == (
        "https://proxy.example/webex"
    )


def test_an_empty_setting_is_its_default() -> None:
    assert _read(WEBEX_API_URL="").webex_url == "https://webexapis.com"


def test_secrets_are_kept_out_of_repr() -> None:
    text = repr(_read())

    for secret in (KEY, "a-master-key", "secret-xyz"):
        assert secret not in text


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, ""),
        ({"AzureWebJobsStorage__accountName": "acme"}, "https://acme.table.core.windows.net"),
        ({"AzureWebJobsStorage__tableServiceUri": "https://t.example"}, "https://t.example"),
        (
            {
                "AzureWebJobsStorage__tableServiceUri": "https://t.example",
                "AzureWebJobsStorage__accountName": "acme",
            },
            "https://t.example",
        ),
    ],
)
def test_tables_may_be_reached_by_identity(environment: dict[str, str], endpoint: str) -> None:
    assert _read(**environment).table_endpoint == endpoint
