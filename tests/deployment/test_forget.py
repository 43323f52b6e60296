"""./dev forget: it says what there is, and removes it when asked, of one organization alone."""

from __future__ import annotations

from dataclasses import asdict
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from deployment.cli import Problem
from deployment.forget import forget, main
from deployment.product import product
from shared.admin.leaving import Leaving
from shared.core.ids import OrgId
from shared.storage.organizations import OrganizationRows
from shared.storage.tables import Tables, open_connection


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


def test_what_is_no_organization_is_refused(service: TableServiceClient) -> None:
    with pytest.raises(Problem, match="neither"):
        list(forget(service, "everything", apply=True))


def test_it_asks_which_storage_where_nobody_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)

    assert main([str(uuid4())]) == 1
    assert "--account" in capsys.readouterr().err
