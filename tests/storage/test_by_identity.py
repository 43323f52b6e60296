"""The account is opened by a managed identity's token, over https, as it is in Azure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core.exceptions import ClientAuthenticationError

from bench.identity import IDENTITY, Account, account
from shared.config import read_settings
from shared.storage.accounts import open_identity
from shared.storage.tables import Tables
from shared.wiring import Wiring
from tests.test_config import GOOD

TABLE = "AzureWebJobsStorage__tableServiceUri"


@pytest.fixture(scope="module")
def opened() -> Iterator[Account]:
    with account() as made:
        yield made


@pytest.fixture
def platform(opened: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The environment that the platform gives a function app with an identity."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(opened.authorities))
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, opened.settings[name])
    return opened


def test_rows_are_kept_and_found_with_a_token(platform: Account) -> None:
    wiring = Wiring(read_settings(GOOD | platform.settings))
    rows = wiring.tables.partition("Teams", "p")
    rows.insert("a", {"n": 1})
    found = Tables(platform.open_tables).partition("Teams", "p").get("a")

    assert rows.get("a") == found
    assert wiring.settings.storage_identity == IDENTITY


def test_another_identity_gets_no_token(platform: Account) -> None:
    other = "5a4dbc05-9000-4000-8000-00000000000f"
    tables = Tables(lambda: open_identity(platform.settings[TABLE], other))

    with pytest.raises(ClientAuthenticationError):
        tables.partition("Teams", "p").get("a")
