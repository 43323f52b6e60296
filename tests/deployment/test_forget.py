"""./dev forget: it says what there is, and removes it when asked, of one organization alone."""

from __future__ import annotations

import base64
import re
from dataclasses import asdict
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from deployment.accounts import open_account
from deployment.cli import Problem
from deployment.forget import forget, main
from deployment.product import product
from sandbox.storage import Azurite
from shared.admin.archiving import CURSOR
from shared.admin.leaving import Leaving
from shared.admin.ports import Change
from shared.core.ids import OrgId
from shared.storage.accounts import open_connection
from shared.storage.audit import AuditRows
from shared.storage.organizations import OrganizationRows
from shared.storage.schema import KEY, PARTITION
from shared.storage.tables import Tables
from tests.deployment.conftest import Azure


@pytest.fixture
def service(azurite: str) -> TableServiceClient:
    return open_connection(azurite)


@pytest.fixture
def org(service: TableServiceClient) -> str:
    """Off, with more rows in every table than a transaction takes."""
    org, tables = str(uuid4()), Tables(lambda: service)
    tables.partition("Organizations", org).insert("settings", {"on": False})
    for table in product().tables:
        for number in range(120 if table == "Teams" else 3):
            tables.partition(table, org).insert(f"row:{number}", {"value": "x"})
    tables.partition("Organizations", f"tenant-{org}").insert("binding", {"organization": org})
    return org


def count(service: TableServiceClient, partition: str) -> int:
    tables = Tables(lambda: service)
    rows = (tables.partition(table, partition).range("", "~") for table in product().tables)
    return sum(1 for each in rows for _ in each)


def test_it_says_how_much_there_is_and_removes_nothing(
    service: TableServiceClient, org: str
) -> None:
    before = count(service, org)

    lines = list(forget(service, org, apply=False))

    assert "Teams: 120 rows" in lines
    assert f"Organizations: the binding of tenant-{org}" in lines
    assert lines[-1].startswith("Nothing was removed")
    assert count(service, org) == before


def test_looking_makes_no_table() -> None:
    """Neither where this app has few tables, nor in an account that is not its own."""
    org = str(uuid4())
    with Azurite.start() as azurite:
        service = open_connection(azurite.connection_string)
        with pytest.raises(Problem, match="holds nothing of this app"):
            list(forget(service, org, apply=True))
        before = tables_of(service)
        Tables(lambda: service).partition("Teams", org).insert("row", {"name": "x"})

        lines = list(forget(service, org, apply=False))
        gone = list(forget(service, org, apply=True))

        assert (before, tables_of(service)) == (set(), {"Teams"})
        assert {"Organizations: 0 rows", "Teams: 1 rows"} <= set(lines)
        assert "Teams: 1 rows removed" in gone


def tables_of(service: TableServiceClient) -> set[str]:
    return {table.name for table in service.list_tables()}


def test_it_removes_everything_of_that_organization_and_nothing_else(
    service: TableServiceClient, org: str
) -> None:
    other = str(uuid4())
    tables = Tables(lambda: service)
    tables.partition("Teams", other).insert("row:0", {"value": "x"})
    tables.partition("Organizations", f"tenant-{other}").insert("binding", {"organization": other})

    list(forget(service, org, apply=True))
    again = list(forget(service, org, apply=True))

    assert count(service, org) == count(service, f"tenant-{org}") == 0
    assert "Teams: 0 rows removed" in again
    assert count(service, other) == count(service, f"tenant-{other}") == 1


def test_an_organization_that_is_on_is_left_alone(service: TableServiceClient, org: str) -> None:
    Tables(lambda: service).partition("Organizations", org).upsert("settings", {"on": True})
    before = count(service, org)

    with pytest.raises(Problem, match="is On"):
        list(forget(service, org, apply=True))

    assert count(service, org) == before


def test_one_that_is_still_leaving_is_left_alone_until_it_has_left(
    service: TableServiceClient, org: str
) -> None:
    """Its rows say what is yet to be done: the webhook, the sign-ins."""
    rows = OrganizationRows(Tables(lambda: service).partition("Organizations", org), OrgId(org))
    rows.keep("leaving", None, asdict(Leaving(release=True, asked=1)))
    before = count(service, org)

    with pytest.raises(Problem, match="still leaving"):
        list(forget(service, org, apply=True))
    shown = list(forget(service, org, apply=False))
    left = count(service, org)
    rows.keep("leaving", rows.kept("leaving"), asdict(Leaving(release=True, asked=1, done=2)))
    list(forget(service, org, apply=True))

    assert left == before
    assert "Teams: 120 rows" in shown
    assert count(service, org) == 0


def written(service: TableServiceClient, org: str, *, archived: str) -> OrganizationRows:
    """A line of the audit of 30 November 2026, and how far the archive is."""
    tables = Tables(lambda: service)
    noon = 1_796_040_000_000
    AuditRows(tables.partition("Audit", org), lambda: "1").add(Change(noon, "Adam", "switch"))
    rows = OrganizationRows(tables.partition("Organizations", org), OrgId(org))
    state = {"day": archived, "part": 0, "teams_from": "2026-11-01"}
    rows.keep(CURSOR, rows.kept(CURSOR), state)
    return rows


@pytest.mark.parametrize("archived", ["2026-11-28", "2026-11-30"])
def test_what_the_archive_does_not_have_yet_stays(
    service: TableServiceClient, org: str, archived: str
) -> None:
    rows = written(service, org, archived=archived)
    before = count(service, org)

    with pytest.raises(Problem, match=r"lacks the audit of 2026-11-30 .* from 2026-12-01, 15 min"):
        list(forget(service, org, apply=True))
    shown = list(forget(service, org, apply=False))
    left = count(service, org)
    whole = {"day": "2026-12-01", "part": 0, "teams_from": "2026-11-01"}
    rows.keep(CURSOR, rows.kept(CURSOR), whole)
    list(forget(service, org, apply=True))

    assert left == before
    assert any("lacks the audit of 2026-11-30" in line for line in shown)
    assert count(service, org) == 0


def test_an_archive_that_is_no_more_is_not_waited_for(
    service: TableServiceClient, org: str
) -> None:
    written(service, org, archived="2026-11-28")

    list(forget(service, org, apply=True, unarchived=True))

    assert count(service, org) == 0


def test_nobody_signed_in_is_told_how(
    subscription: Azure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the stand-in for az alone: nothing else is asked for a token."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    subscription.put(signed_in=False)

    assert main([str(uuid4()), "--account", "https://127.0.0.1:9"]) == 1
    said = capsys.readouterr().err
    assert "az login" in said and "Storage Table Data Contributor" in said
    assert len(said.strip().splitlines()) == 1


def test_who_may_not_is_told_the_role(azurite: str, capsys: pytest.CaptureFixture[str]) -> None:
    key = re.search("AccountKey=([^;]+)", azurite)
    assert key is not None
    wrong = azurite.replace(key[1], base64.b64encode(b"another key").decode())

    assert main([str(uuid4()), "--account", wrong]) == 1
    said = capsys.readouterr().err
    assert "az login" in said and "Storage Table Data Contributor" in said


def test_an_account_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = (
        "DefaultEndpointsProtocol=http;AccountName=nobody;AccountKey=a2V5;"
        "TableEndpoint=http://127.0.0.1:9/nobody"
    )

    assert main([str(uuid4()), "--account", nowhere]) == 1
    assert "Is the account's name right?" in capsys.readouterr().err


def test_a_newer_version_is_a_sentence(
    org: str, azurite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Azurite.start() as alone:
        client = open_connection(alone.connection_string)
        client.create_table("Organizations").upsert_entity(
            {"PartitionKey": PARTITION, "RowKey": KEY, "version": (99, "Edm.Int64")}
        )

        assert main([org, "--account", alone.connection_string]) == 1
    assert "newer version of this app" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("account", "url"),
    [
        ("stacc", "https://stacc.table.core.windows.net"),
        (
            "https://stacc.table.core.usgovcloudapi.net",
            "https://stacc.table.core.usgovcloudapi.net",
        ),
    ],
)
def test_a_national_clouds_account_is_given_by_its_url(account: str, url: str) -> None:
    assert open_account(account).url == url


def test_what_is_no_organization_is_refused(service: TableServiceClient) -> None:
    with pytest.raises(Problem, match="neither"):
        list(forget(service, "everything", apply=True))


def test_it_asks_which_storage_where_nobody_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)

    assert main([str(uuid4())]) == 1
    assert "--account" in capsys.readouterr().err
