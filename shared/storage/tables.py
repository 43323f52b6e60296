"""Azure Table Storage, one partition at a time, with the real service's limits enforced here.

The emulator does not refuse what the service refuses, so we do.
Sources: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model,
/performing-entity-group-transactions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.ports import Conflict
from shared.storage.schema import SCHEMAS, see_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.data.tables import TableClient, TableEntity, TableServiceClient

Value = str | int | bool | bytes
Properties = Mapping[str, Value]
# What the SDK takes: the verb, the entity, its conditions.
Operation = tuple[str, dict[str, Any], dict[str, Any]]

OPERATIONS_MAX = 100
TRANSACTION_MAX = 4 * 1024 * 1024
ENTITY_MAX = 1024 * 1024
STRING_MAX = 32 * 1024
BINARY_MAX = 64 * 1024
BLOB_PIECE = 60 * 1024
_FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")


class OverLimit(ValueError):
    """The real service would refuse this row or transaction."""


@dataclass(frozen=True)
class Row:
    """A row as it was read."""

    key: str
    values: dict[str, Value]
    etag: str

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        value = self.values.get(name, 0)
        return value if isinstance(value, int) else 0

    def moment(self, name: str) -> int | None:
        """A time in milliseconds; absent means never."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name, default)
        return value if isinstance(value, bool) else default

    def blob(self, name: str) -> bytes:
        """A binary value that may lie in several properties: name0, name1, …"""
        pieces: list[bytes] = []
        while isinstance(piece := self.values.get(f"{name}{len(pieces)}"), bytes):
            pieces.append(piece)
        return b"".join(pieces)


def spread(name: str, blob: bytes) -> dict[str, Value]:
    """A blob as properties of at most 60 KiB each."""
    pieces = [blob[i : i + BLOB_PIECE] for i in range(0, len(blob), BLOB_PIECE)]
    return {f"{name}{number}": piece for number, piece in enumerate(pieces)}


@dataclass(frozen=True)
class Step:
    """One operation of a transaction: insert, replace, merge, upsert or delete.

    etag: what the row must still be; "" for insert, upsert and an unconditional merge.
    """

    op: str
    key: str
    values: Properties
    etag: str = ""


class _Ahead:
    """Rows that were read before anybody asked for them. taken: of which that holds no more."""

    END = "~"

    def __init__(self, rows: dict[str, TableEntity]) -> None:
        self._rows = rows
        self.taken: set[str] = set()

    def knows(self, key: str) -> bool:
        return key < self.END and key not in self.taken

    def take(self, key: str) -> TableEntity | None:
        self.taken.add(key)
        return self._rows.get(key)


class Partition:
    """One partition of one table. All keys are checked; a lost race raises Conflict."""

    def __init__(self, client: Callable[[], TableClient], key: str) -> None:
        self._client = client
        self._key = _checked_key(key)
        self._ahead: _Ahead | None = None

    def read_ahead(self) -> None:
        """Read all rows in one request, for a partition of few. The next `get` of each answers from
        it, once, unless it was written through here meanwhile."""
        rows = self._entities("", _Ahead.END)
        self._ahead = _Ahead({entity["RowKey"]: entity for entity in rows})

    def get(self, key: str) -> Row | None:
        from azure.core.exceptions import ResourceNotFoundError

        if self._ahead and self._ahead.knows(key):
            entity = self._ahead.take(key)
            return _row(entity) if entity else None
        try:
            entity = self._client().get_entity(self._key, _checked_key(key))
        except ResourceNotFoundError as error:
            if _is_table_missing(error):
                raise
            return None
        return _row(entity)

    def insert(self, key: str, values: Properties) -> str:
        """The new row's ETag. Raises Conflict if the row exists."""
        return self.write([Step("insert", key, values)])[0]

    def replace(self, key: str, values: Properties, etag: str) -> str:
        return self.write([Step("replace", key, values, etag)])[0]

    def upsert(self, key: str, values: Properties) -> str:
        return self.write([Step("upsert", key, values)])[0]

    def put(self, key: str, values: Properties, etag: str | None) -> str:
        """Insert without an ETag, replace with one."""
        return self.replace(key, values, etag) if etag else self.insert(key, values)

    def delete(self, key: str, etag: str) -> None:
        self.write([Step("delete", key, {}, etag)])

    def clear(self, limit: int = OPERATIONS_MAX) -> int:
        """Remove rows, whatever is in them, at most as many as a transaction takes; answers how
        many. Raises Conflict where somebody else removed one of them meanwhile."""
        rows = list(self.range("", "~", limit=limit, only=("RowKey",)))
        if rows:
            self.write([Step("delete", row.key, {}) for row in rows])
        return len(rows)

    def write(self, steps: Sequence[Step]) -> list[str]:
        """One transaction: all steps or none. ETags in order, "" for a delete."""
        from azure.core.exceptions import (
            ResourceExistsError,
            ResourceModifiedError,
            ResourceNotFoundError,
        )
        from azure.data.tables import TableTransactionError

        operations = [self._operation(step) for step in steps]
        if self._ahead:
            self._ahead.taken.update(step.key for step in steps)
        if not 0 < len(operations) <= OPERATIONS_MAX:
            raise OverLimit(f"{len(operations)} operations in a transaction")
        # One row alone is within: it may not have more than a megabyte.
        if len(steps) > 1 and sum(map(_payload, steps)) > TRANSACTION_MAX:
            raise OverLimit(f"a transaction of more than {TRANSACTION_MAX} bytes")
        try:
            return self._submit(operations)
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            # For an insert nothing but the table can be missing; its error carries no code.
            gone = isinstance(error, ResourceNotFoundError) and steps[0].op == "insert"
            if gone or _is_table_missing(error):
                raise
            raise Conflict(str(steps[0].key)) from error
        except TableTransactionError as error:
            if error.status_code in (404, 409, 412) and not _is_table_missing(error):
                raise Conflict(str(steps[0].key)) from error
            raise

    def _submit(
        self, operations: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]
    ) -> list[str]:
        client = self._client()
        if len(operations) == 1:
            return [_single(client, *operations[0])]
        answers = client.submit_transaction(operations)
        return [str(a.get("etag", "")) for a in answers]

    def _operation(self, step: Step) -> Operation:
        from azure.core import MatchConditions

        entity = _entity(self._key, _checked_key(step.key), step.values)
        condition: dict[str, Any] = {}
        if step.etag:
            condition = {"etag": step.etag, "match_condition": MatchConditions.IfNotModified}
        if step.op == "insert":
            return ("create", entity, {})
        if step.op == "delete":
            return ("delete", entity, condition)
        if step.op == "upsert":
            return ("upsert", entity, {"mode": "replace"})
        return ("update", entity, {"mode": step.op, **condition})

    def range(
        self,
        low: str,
        high: str,
        *,
        limit: int | None = None,
        where: str = "",
        only: Sequence[str] = (),
    ) -> Iterator[Row]:
        """Rows with low <= key < high, in order, a page at a time.

        where: a further condition in OData, made of our own names and numbers only. The service
        reads every row of the range for it. only: the properties to bring, all if empty.
        """
        pages = self._entities(low, high, min(limit or 1000, 1000), where, only)
        # islice stops at the limit without asking for the page after it.
        yield from (_row(entity) for entity in islice(pages, limit))

    def _entities(
        self, low: str, high: str, size: int = 1000, where: str = "", only: Sequence[str] = ()
    ) -> Iterator[TableEntity]:
        query = "PartitionKey eq @p and RowKey ge @low and RowKey lt @high"
        return self._client().query_entities(
            f"{query} and ({where})" if where else query,
            parameters={"p": self._key, "low": _checked_key(low), "high": _checked_key(high)},
            results_per_page=size,
            select=list(dict.fromkeys(("PartitionKey", "RowKey", *only))) if only else None,
        )

    def among(self, prefix: str, names: Collection[str]) -> dict[str, Row]:
        """The rows prefix+name that are there, by name.

        Neighbours come in one query; whoever lies further apart is read one by one.
        """
        if not names:
            return {}
        low, high = f"{prefix}{min(names)}", f"{prefix}{max(names)} "
        limit = 2 * len(names)
        near = {row.key.removeprefix(prefix): row for row in self.range(low, high, limit=limit)}
        far = [n for n in names if n not in near] if len(near) == limit else []
        rows = {n: near.get(n) for n in names} | {n: self.get(f"{prefix}{n}") for n in far}
        return {name: row for name, row in rows.items() if row}


class Tables:
    """The account's tables, made when first needed. Safe for threads.

    schemas: see storage.schema. A table of a newer one raises NewerSchema at every call.
    """

    def __init__(
        self,
        open_service: Callable[[], TableServiceClient],
        schemas: Mapping[str, int] = SCHEMAS,
    ) -> None:
        self._open = open_service
        self._schemas = schemas
        self._service: TableServiceClient | None = None
        self._clients: dict[str, TableClient] = {}

    def partition(self, table: str, key: str) -> Partition:
        return Partition(lambda: self._table(table), key)

    def _table(self, name: str) -> TableClient:
        client = self._clients.get(name)
        if client is None:
            if self._service is None:
                self._service = self._open()
            client = self._service.get_table_client(name)
            # Asked for its rows first: but for one time it is there, and refusing to make it again
            # is a request of its own.
            make = partial(self._service.create_table_if_not_exists, name)
            see_to(client, name, self._schemas.get(name, 1), make)
            self._clients[name] = client
        return client


def _single(client: TableClient, op: str, entity: dict[str, Any], options: dict[str, Any]) -> str:
    """One operation without the envelope of a transaction: half the work on both sides."""
    if op == "create":
        return str(client.create_entity(entity).get("etag", ""))
    if op == "upsert":
        return str(client.upsert_entity(entity, **options).get("etag", ""))
    if op == "delete":
        client.delete_entity(entity, **options)
        return ""
    return str(client.update_entity(entity, **options).get("etag", ""))


def _is_table_missing(error: Exception) -> bool:
    code = getattr(error, "error_code", "")
    # An enum of strings: its text is not its value.
    return str(getattr(code, "value", code)) == "TableNotFound"


def _checked_key(key: str) -> str:
    if _FORBIDDEN.search(key) or len(key) > 512:
        raise OverLimit(f"key {key[:60]!r} is not one that Table Storage takes")
    return key


def _entity(partition: str, key: str, values: Properties) -> dict[str, Any]:
    entity: dict[str, Any] = {"PartitionKey": partition, "RowKey": key}
    size = 4 + 2 * (len(partition) + len(key))
    for name, value in values.items():
        entity[name], length = _as_sent(name, value)
        size += 8 + 2 * len(name) + length
    if size > ENTITY_MAX or len(values) > 252:
        raise OverLimit(f"row {key}: {size} bytes, {len(values)} properties")
    return entity


def _as_sent(name: str, value: Value) -> tuple[Value | tuple[int, str], int]:
    """As the SDK takes it, and how many bytes the service counts for it."""
    if isinstance(value, str):
        units, sent = len(value), value
        if not value.isascii():
            encoded = value.encode("utf-16-le", "surrogatepass")
            # A lone surrogate, which JSON may carry, is no text that can be stored.
            units, sent = len(encoded) // 2, encoded.decode("utf-16-le", "replace")
        if units > STRING_MAX:
            raise OverLimit(f"{name}: {units} characters")
        return sent, 4 + 2 * units
    if isinstance(value, bytes):
        if len(value) > BINARY_MAX:
            raise OverLimit(f"{name}: {len(value)} bytes")
        return value, 4 + len(value)
    if isinstance(value, bool):
        return value, 8
    return (value, "Edm.Int64"), 8


def _payload(step: Step) -> int:
    """About the bytes on the wire: binary values travel in base64, each step in an envelope."""
    size = 1024
    for name, value in step.values.items():
        length = len(value) if isinstance(value, bytes | str) else 24
        size += 64 + len(name) + (length * 4 // 3 if isinstance(value, bytes) else length)
    return size


def _row(entity: Any) -> Row:
    values = {
        name: value[0] if isinstance(value, tuple) else value
        for name, value in entity.items()
        if name not in ("PartitionKey", "RowKey")
    }
    return Row(entity["RowKey"], values, entity.metadata["etag"])
