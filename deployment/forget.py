"""What is kept of one organization, and removing it: python -m deployment.forget ORGANIZATION

For whoever runs the app, after an organization has left it (the settings page, *Leave this app*).
Says how many rows there are, and with --apply removes them all, the audit too: nothing of it can be
had back. Nothing in Webex or Microsoft 365 is touched. May run as often as one likes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployment.accounts import ACCOUNT, in_words, open_account
from deployment.cli import Problem
from deployment.product import product
from shared.core.ids import OrgId, parse_uuid
from shared.storage.organizations import OrganizationRows
from shared.storage.tables import Partition, Tables

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

STORAGE = "AzureWebJobsStorage"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev forget", description=__doc__)
    parser.add_argument("organization", help="the Webex organization: its uuid or Webex id")
    parser.add_argument("--account", help=f"the storage account, {ACCOUNT}; else {STORAGE}")
    parser.add_argument("--apply", action="store_true", help="remove them")
    parser.add_argument(
        "--unarchived",
        action="store_true",
        help="even lines of the audit that the archive does not have: nothing is archived any more",
    )
    asked = parser.parse_args(arguments)
    try:
        with in_words():
            service = _open(asked.account)
            lines = forget(
                service, asked.organization, apply=asked.apply, unarchived=asked.unarchived
            )
            for line in lines:
                print(line, flush=True)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def forget(
    service: TableServiceClient, organization: str, *, apply: bool, unarchived: bool = False
) -> Iterator[str]:
    """What there is, or what was removed, a line each. Raises Problem.

    unarchived: lines of the audit go even where the archive does not have them yet.
    """
    uuid = parse_uuid(organization)
    if uuid is None:
        raise Problem(f"{organization} is neither a uuid nor a Webex id.")
    org = OrgId(uuid)
    tables = Tables(lambda: service)
    # Reading by way of `tables` makes a table that is missing.
    there = {table.name for table in service.list_tables()}
    if not there & set(product().tables):
        raise Problem(f"{service.url} holds nothing of this app. Is it the right account?")
    known = "Organizations" in there
    settings = tables.partition("Organizations", org).get("settings") if known else None
    if settings is not None and settings.flag("on"):
        raise Problem(f"{org} is On. Leave the app first: the settings page, Leave this app.")
    if apply and known and _is_leaving(tables, org):
        raise Problem(f"{org} is still leaving. Its settings page says when it has left.")
    can_tell = known and "Audit" in there
    waits = _not_archived(tables, org) if can_tell and not unarchived else ""
    if apply and waits:
        raise Problem(waits)
    found = 0
    # The settings last: as long as they are there, the organization is known to be Off.
    for name in sorted(product().tables, key=lambda table: (table == "Organizations", table)):
        count = _count(tables.partition(name, org), apply=apply) if name in there else 0
        found += count
        yield f"{name}: {count} rows{' removed' if apply else ''}"
    for tenant in _bound(service, org) if known else ():
        found += _count(tables.partition("Organizations", tenant), apply=apply)
        yield f"Organizations: the binding of {tenant}{' removed' if apply else ''}"
    if waits:
        yield waits
    if found and not apply:
        yield "Nothing was removed: --apply removes them all, for good."


def _is_leaving(tables: Tables, org: OrgId) -> bool:
    """Its rows are what the app goes by until the webhook and the sign-ins are gone."""
    from shared.admin.leaving import ROW

    kept = OrganizationRows(tables.partition("Organizations", org), org).kept(ROW)
    return kept is not None and not kept.state.get("done")


def _not_archived(tables: Tables, org: OrgId) -> str:
    """Which lines of the audit the archive would lose, and when it has them; "" where none. An
    archive is what wrote a cursor."""
    from shared.admin.archiving import CURSOR, MARGIN
    from shared.core import archive, times
    from shared.storage.audit import AuditRows

    kept = OrganizationRows(tables.partition("Organizations", org), org).kept(CURSOR)
    newest = AuditRows(tables.partition("Audit", org), str).latest(1)
    if kept is None or not newest:
        return ""
    day = archive.day_of(newest[0].at)
    if str(kept.state.get("day")) > day:
        return ""
    over = archive.day_after(day)
    return (
        f"The archive lacks the audit of {day} (it has what was before {kept.state.get('day')})."
        f" Wait until it has it: the app writes it from {over}, {MARGIN // times.MINUTE} minutes"
        " past midnight UTC, within the hour. Where nothing is archived any more: --unarchived."
    )


def _count(rows: Partition, *, apply: bool) -> int:
    if not apply:
        return sum(1 for _ in rows.range("", "~", only=("RowKey",)))
    return sum(iter(rows.clear, 0))


def _bound(service: TableServiceClient, org: str) -> list[str]:
    """Partitions of tenants that are this organization's."""
    client = service.get_table_client("Organizations")
    rows = client.query_entities("RowKey eq 'binding'")
    return [str(row["PartitionKey"]) for row in rows if row.get("organization") == org]


def _open(account: str | None) -> TableServiceClient:
    where = account or os.environ.get(STORAGE, "")
    if not where:
        raise Problem(f"Which storage? --account NAME, or {STORAGE} in the environment.")
    return open_account(where)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
