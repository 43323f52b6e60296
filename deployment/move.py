"""All rows into another storage account: python -m deployment.move --from ACCOUNT --to ACCOUNT

For moving the app to another region. Both apps must be Off: rows are read one after the other, and
what is written meanwhile would be lost. Says what there is, and with --apply copies it and compares
both sides. Removes nothing. May run as often as one likes, until an organization is On there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployment.accounts import open_account
from deployment.cli import Problem
from deployment.product import product
from shared.core.errors import NewerSchema
from shared.storage import schema
from shared.storage.tables import Partition, Row, Step, Tables

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

# Of one request: rows, and bytes of a request's four million.
_ROWS, _BYTES = 100, 2_000_000
_ALL = ("", "~")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev move", description=__doc__)
    parser.add_argument(
        "--from", dest="source", required=True, help="the storage account, its name"
    )
    parser.add_argument("--to", dest="target", required=True, help="the new one")
    parser.add_argument("--apply", action="store_true", help="copy")
    asked = parser.parse_args(arguments)
    try:
        source, target = open_account(asked.source), open_account(asked.target)
        for line in move(source, target, apply=asked.apply):
            print(line, flush=True)
    except (Problem, NewerSchema) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def move(source: TableServiceClient, target: TableServiceClient, *, apply: bool) -> Iterator[str]:
    """What there is, or what was copied, a line each. Raises Problem, NewerSchema."""
    _refuse_on(source, "there")
    _refuse_on(target, "in the new account already: what it has written would be lost")
    before, after = Tables(lambda: source), Tables(lambda: target)
    for name in sorted(product().tables):
        count = 0
        for key in _partitions(source, name):
            rows = before.partition(name, key)
            count += _copied(rows, after.partition(name, key), name) if apply else _count(rows)
        yield f"{name}: {count} rows{' copied, and alike on both sides' if apply else ''}"
    # Whoever turned it On meanwhile has made some of what was copied wrong.
    _refuse_on(source, "there by now: turn it Off, and copy again")
    if not apply:
        yield "Nothing was copied: --apply does."


def _refuse_on(service: TableServiceClient, where: str) -> None:
    if "Organizations" not in _tables(service):
        return
    for row in service.get_table_client("Organizations").query_entities("RowKey eq 'settings'"):
        if row.get("on"):
            raise Problem(f"{row['PartitionKey']} is On {where}.")


def _tables(service: TableServiceClient) -> set[str]:
    return {table.name for table in service.list_tables()}


def _partitions(service: TableServiceClient, name: str) -> list[str]:
    if name not in _tables(service):
        return []
    rows = service.get_table_client(name).list_entities(select=["PartitionKey"])
    # The number of the schema is written by whoever opens the table.
    return sorted({str(row["PartitionKey"]) for row in rows} - {schema.PARTITION})


def _count(rows: Partition) -> int:
    return sum(1 for _ in rows.range(*_ALL, only=["RowKey"]))


def _copied(source: Partition, target: Partition, name: str) -> int:
    steps: list[Step] = []
    size = 0
    for row in source.range(*_ALL):
        length = _size(row)
        if steps and (len(steps) == _ROWS or size + length > _BYTES):
            target.write(steps)
            steps, size = [], 0
        steps.append(Step("upsert", row.key, row.values))
        size += length
    if steps:
        target.write(steps)
    return _alike(source, target, name)


def _alike(source: Partition, target: Partition, name: str) -> int:
    """How many rows there are on both sides. Raises Problem where they differ."""
    count, there = 0, target.range(*_ALL)
    for row in source.range(*_ALL):
        copy = next(there, None)
        if copy is None or (copy.key, copy.values) != (row.key, row.values):
            found = copy.key if copy else "nothing"
            raise Problem(
                f"{name} differs: {row.key} here, {found} there. Is somebody writing to one of"
                " them? Empty the new account's tables, and copy again."
            )
        count += 1
    if (more := next(there, None)) is not None:
        raise Problem(f"{name} has rows in the new account that are not here: {more.key}.")
    return count


def _size(row: Row) -> int:
    """About the bytes on the wire."""
    values = row.values.values()
    return 1024 + sum(2 * len(v) if isinstance(v, bytes | str) else 64 for v in values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
