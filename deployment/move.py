"""All rows into another storage account: python -m deployment.move --from ACCOUNT --to ACCOUNT

For moving the app to another region. Every organization must be Off and both apps be stopped: one
that is Off still archives, audits and refreshes sign-ins; what it writes meanwhile would be lost,
and half a day be archived for good. Says what there is, and with --apply makes the new account what
the old one is: copies every row, removes there what the old one has lost since an earlier run, and
compares both sides. Nothing is written into the old account. May run as often as one likes, until
an organization has been On in the new one. All the steps are in docs/operations.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from deployment.accounts import ACCOUNT, in_words, open_account
from deployment.cli import Problem
from deployment.product import product
from shared.storage import schema
from shared.storage.tables import Partition, Row, Step, Tables

if TYPE_CHECKING:
    from azure.data.tables import TableClient, TableServiceClient

# Of one request: rows, and bytes of a request's four million.
_ROWS, _BYTES = 100, 2_000_000
_ALL = ("", "~")
ORGANIZATIONS = "Organizations"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev move", description=__doc__)
    add = parser.add_argument
    add("--from", dest="source", required=True, help=f"the storage account: {ACCOUNT}")
    add("--to", dest="target", required=True, help="the new one, likewise")
    add("--apply", action="store_true", help="copy, and remove there what is not here")
    asked = parser.parse_args(arguments)
    try:
        with in_words():
            source, target = open_account(asked.source), open_account(asked.target)
            for line in move(source, target, apply=asked.apply):
                print(line, flush=True)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def move(source: TableServiceClient, target: TableServiceClient, *, apply: bool) -> Iterator[str]:
    """What there is, or what was done, a line each. Nothing is written into the source, not even
    the number of a schema. Raises Problem, NewerSchema, Conflict."""
    before, after = _Side(source), _Side(target)
    _refuse(before, after)
    # The organizations come last: until then nobody can turn one On there.
    names = sorted(product().tables, key=lambda name: (name == ORGANIZATIONS, name))
    if not apply:
        for name in names:
            yield _told(name, before, after)
        yield "Nothing was copied: --apply does."
        return
    tables = Tables(lambda: target)
    for name in names:
        count, gone = _copy(before, tables, name), _remove(before, after, tables, name)
        yield f"{name}: {count} rows copied, {gone} removed that are not there any more"
    for name in names:
        _compare(before, after, name)
        yield f"{name}: alike on both sides"
    # Whoever turned it On meanwhile has made some of what was copied wrong.
    _refuse_on(before, "there by now: turn it Off, and copy again")
    _refuse_on(after, "in the new account by now: turn it Off there, and copy again")


class _Side:
    """One account, read as it is: no table is made, and no number of a schema written."""

    def __init__(self, service: TableServiceClient) -> None:
        self._service = service

    def table(self, name: str) -> TableClient | None:
        there = {table.name for table in self._service.list_tables()}
        return self._service.get_table_client(name) if name in there else None

    def partitions(self, name: str) -> dict[str, Partition]:
        """All but that of the schema, in order."""
        if (client := self.table(name)) is None:
            return {}
        rows = client.list_entities(select=["PartitionKey"])
        keys = {str(row["PartitionKey"]) for row in rows} - {schema.PARTITION}
        return {key: Partition(lambda: client, key) for key in sorted(keys)}

    def organizations(self) -> dict[str, tuple[bool, int]]:
        """Whether each is On, and how often it has been turned On."""
        if (client := self.table(ORGANIZATIONS)) is None:
            return {}
        rows = client.query_entities("RowKey eq 'settings'")
        return {str(row["PartitionKey"]): (bool(row.get("on")), _number(row)) for row in rows}

    @property
    def url(self) -> str:
        return str(self._service.url)


def _number(row: Mapping[str, Any]) -> int:
    """The SDK gives a whole number bare, or with its type."""
    epoch = row.get("epoch", 0)
    return int(epoch[0] if isinstance(epoch, tuple) else epoch)


def _refuse(before: _Side, after: _Side) -> None:
    _refuse_on(before, "there")
    if before.url == after.url:
        raise Problem("--from and --to are the same account.")
    _refuse_on(after, "in the new account already: what it has written would be lost")
    ours = before.organizations()
    for org, (_, times_on) in after.organizations().items():
        if org in ours and times_on > ours[org][1]:
            raise Problem(
                f"{org} has been On in the new account: what it did since stands there alone, and"
                " would be lost. The old account is not to be copied over it any more."
            )
    # Rows are removed there: an account that is empty, or another one, must not be copied over it.
    for org in sorted(set(after.organizations()) - set(before.organizations())):
        raise Problem(
            f"{org} is in the new account and not in the old one. Are --from and --to the right way"
            f" round? If so: ./dev forget {org} on the new account."
        )
    for side in (before, after):
        for name in sorted(product().tables):
            if (client := side.table(name)) is not None:
                schema.refuse_newer(client, name, schema.SCHEMAS.get(name, 1))


def _refuse_on(side: _Side, where: str) -> None:
    for org, (on, _) in side.organizations().items():
        if on:
            raise Problem(f"{org} is On {where}.")


def _told(name: str, before: _Side, after: _Side) -> str:
    count = sum(len(_keys(rows)) for rows in before.partitions(name).values())
    gone = sum(len(keys) for keys in _beyond(before, after, name).values())
    return f"{name}: {count} rows" + (f", and {gone} to be removed there" if gone else "")


def _keys(rows: Partition | None) -> list[str]:
    return [row.key for row in rows.range(*_ALL, only=["RowKey"])] if rows else []


def _beyond(before: _Side, after: _Side, name: str) -> dict[str, list[str]]:
    """Rows that only the target has, by partition: swept in the source since they were copied."""
    ours, beyond = before.partitions(name), {}
    for key, rows in after.partitions(name).items():
        here = set(_keys(ours.get(key)))
        beyond[key] = [each for each in _keys(rows) if each not in here]
    return beyond


def _copy(before: _Side, tables: Tables, name: str) -> int:
    return sum(
        _copied(rows, tables.partition(name, key)) for key, rows in before.partitions(name).items()
    )


def _copied(source: Partition, target: Partition) -> int:
    steps: list[Step] = []
    size = count = 0
    for row in source.range(*_ALL):
        length = _size(row)
        if steps and (len(steps) == _ROWS or size + length > _BYTES):
            target.write(steps)
            steps, size = [], 0
        steps.append(Step("upsert", row.key, row.values))
        size += length
        count += 1
    if steps:
        target.write(steps)
    return count


def _remove(before: _Side, after: _Side, tables: Tables, name: str) -> int:
    gone = _beyond(before, after, name)
    for key, keys in gone.items():
        for first in range(0, len(keys), _ROWS):
            steps = [Step("delete", each, {}) for each in keys[first : first + _ROWS]]
            tables.partition(name, key).write(steps)
    return sum(len(keys) for keys in gone.values())


def _compare(before: _Side, after: _Side, name: str) -> None:
    ours, theirs = before.partitions(name), after.partitions(name)
    for key in sorted(ours | theirs):
        pairs = zip_longest(_rows(ours.get(key)), _rows(theirs.get(key)))
        for row, copy in pairs:
            if row is None or copy is None or (copy.key, copy.values) != (row.key, row.values):
                raise Problem(
                    f"{name} differs: {row.key if row else 'nothing'} here,"
                    f" {copy.key if copy else 'nothing'} there. Is one of the apps not stopped?"
                    " Stop both, and copy again."
                )


def _rows(rows: Partition | None) -> Iterator[Row]:
    return rows.range(*_ALL) if rows else iter(())


def _size(row: Row) -> int:
    """About the bytes on the wire."""
    values = row.values.values()
    return 1024 + sum(2 * len(v) if isinstance(v, bytes | str) else 64 for v in values)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
