"""What stands in the tables, past the app: as somebody sees it who reads the storage account."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import TableServiceClient

from sandbox.memory_tables import MemoryTables
from tests.journeys.stage import Stage

Rows = dict[tuple[str, str, str], dict[str, Any]]


def rows_of(stage: Stage) -> Rows:
    """Every row of the stage's organization and tenant, by table, partition and key."""
    return rows(stage, rf"{stage.org.uuid}|{stage.tenant.tenant_id}")


def rows(stage: Stage, partitions: str = "", since: datetime | None = None) -> Rows:
    """`partitions`: what their keys must hold. `since`: only what was written after, so that other
    tests' rows are left out; tables in this process hold none of theirs."""
    if isinstance(stage.storage, MemoryTables):
        return _in_process(stage.storage, partitions)
    found: Rows = {}
    with TableServiceClient.from_connection_string(stage.storage) as service:
        for table in service.list_tables():
            client = service.get_table_client(table.name)
            moment = (since or datetime(2000, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
            for row in client.query_entities(f"Timestamp ge datetime'{moment}'"):
                if re.search(partitions, row["PartitionKey"]):
                    found[table.name, row["PartitionKey"], row["RowKey"]] = dict(row)
    return found


def _in_process(tables: MemoryTables, partitions: str) -> Rows:
    return {
        (table, partition, str(row.properties["RowKey"])): dict(row.properties)
        for table, found in tables.snapshot().contents.items()
        for partition, rows in found.items()
        if re.search(partitions, partition)
        for row in rows.rows.values()
    }
