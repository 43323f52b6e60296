"""Table Storage in this process, for runs that make millions of calls.

It stands in for `azure.data.tables.TableServiceClient` as far as `shared.storage.tables` calls it,
and raises what the SDK raises. tests/storage holds it to the same tests as the emulator. Limits of
sizes and keys are not here: the product enforces them itself.
"""

from __future__ import annotations

import operator
import re
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableEntity,
    TableErrorCode,
    TableTransactionError,
)

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

Properties = dict[str, Any]
# The verb, the entity, its options: as the SDK takes it in a transaction.
Operation = tuple[str, Mapping[str, Any], Mapping[str, Any]]

_RANGE = "PartitionKey eq @p and RowKey ge @low and RowKey lt @high"
_FILTER = re.compile(
    re.escape(_RANGE) + r"(?: and \(([A-Za-z_]\w*) (eq|ne|lt|le|gt|ge) (-?\d+)L\))?", re.ASCII
)
_INT64 = 2**63
_PLAIN = (str, bool, bytes)
_ERRORS: dict[str, tuple[int, type[HttpResponseError]]] = {
    "EntityAlreadyExists": (409, ResourceExistsError),
    "InvalidDuplicateRow": (400, HttpResponseError),
    "ResourceNotFound": (404, ResourceNotFoundError),
    "TableNotFound": (404, ResourceNotFoundError),
    "UpdateConditionNotSatisfied": (412, ResourceModifiedError),
}


class Entity(TableEntity):
    """A row as the SDK gives it: its ETag is known, its time is not."""

    def __init__(self, properties: Properties, etag: str) -> None:
        super().__init__(properties)
        self._metadata = {"etag": etag, "timestamp": None}


class _Stored(NamedTuple):
    """A row as it lies here. Nothing in it is changed after it was written."""

    properties: Properties
    etag: str


@dataclass
class _Rows:
    """One partition: its rows, and their keys in order."""

    rows: dict[str, _Stored] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def put(self, key: str, row: _Stored) -> None:
        if key not in self.rows:
            insort(self.keys, key)
        self.rows[key] = row

    def remove(self, key: str) -> None:
        del self.rows[key]
        del self.keys[bisect_left(self.keys, key)]

    def copy(self) -> _Rows:
        return _Rows(self.rows.copy(), self.keys.copy())


_Contents = dict[str, dict[str, _Rows]]


class _Where(NamedTuple):
    """A condition on one whole number of a row."""

    name: str
    compare: Callable[[int, int], bool]
    number: int

    def holds(self, properties: Properties) -> bool:
        """Raises ValueError for a property that is no number: the emulator answers 500 to it."""
        value = properties.get(self.name)
        if value is None:
            return False
        if not isinstance(value, EntityProperty):
            raise ValueError(f"{self.name} is no Edm.Int64")
        return self.compare(value.value, self.number)


class _Refused(Exception):
    """The service's answer to the operation at `index` of a request."""

    def __init__(self, code: str, index: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.index = index


@dataclass(frozen=True)
class Snapshot:
    """Everything that was stored at one moment; the tables never change it."""

    contents: _Contents
    writes: int


class MemoryTables:
    """The service. Safe for threads. The same calls give the same ETags."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contents: _Contents = {}
        self._writes = 0

    def open(self) -> TableServiceClient:
        """Itself, for whoever asks for the SDK's."""
        return cast("TableServiceClient", self)

    def get_table_client(self, table_name: str) -> MemoryTable:
        """Whether or not there is such a table, as in the SDK."""
        return MemoryTable(self, table_name)

    def create_table_if_not_exists(self, table_name: str) -> MemoryTable:
        with self._lock:
            self._contents.setdefault(table_name, {})
        return MemoryTable(self, table_name)

    def delete_table(self, table_name: str) -> None:
        """Nothing if there is none, as in the SDK."""
        with self._lock:
            self._contents.pop(table_name, None)

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot(_copied(self._contents), self._writes)

    def restore(self, snapshot: Snapshot) -> None:
        """As it was then, ETags to come included; clients stay good. May be done again."""
        with self._lock:
            self._contents = _copied(snapshot.contents)
            self._writes = snapshot.writes

    def read(self, table: str, partition: str, key: str) -> Entity:
        with self._lock:
            rows = self._table(table).get(partition)
            stored = rows.rows.get(_ordinal(key)) if rows else None
        if stored is None:
            raise _Refused("ResourceNotFound")
        return Entity(*stored)

    def write(self, table: str, operations: Sequence[Operation]) -> list[dict[str, str]]:
        """All or none. What the service answers to each: an ETag, or nothing to a delete."""
        keys = [_ordinal(entity["RowKey"]) for _, entity, _ in operations]
        partition = operations[0][1]["PartitionKey"]
        with self._lock:
            contents = self._table(table)
            rows = contents.get(partition) or _Rows()
            after: dict[str, Properties | None] = {}
            for index, (key, operation) in enumerate(zip(keys, operations, strict=True)):
                if key in after:
                    raise _Refused("InvalidDuplicateRow", index)
                after[key] = _after(operation, rows.rows.get(key), index)
            contents[partition] = rows
            return [self._put(rows, key, properties) for key, properties in after.items()]

    def page(
        self, table: str, partition: str, bounds: tuple[str, str], where: _Where | None, size: int
    ) -> tuple[list[_Stored], str | None]:
        """Rows from the first bound to before the second, and where the next page begins."""
        with self._lock:
            rows = self._table(table).get(partition) or _Rows()
            found: list[_Stored] = []
            end = bisect_left(rows.keys, bounds[1])
            for at in range(bisect_left(rows.keys, bounds[0]), end):
                if len(found) == size:
                    return found, rows.keys[at]
                stored = rows.rows[rows.keys[at]]
                if where is None or where.holds(stored.properties):
                    found.append(stored)
            return found, None

    def _table(self, name: str) -> dict[str, _Rows]:
        found = self._contents.get(name)
        if found is None:
            raise _Refused("TableNotFound")
        return found

    def _put(self, rows: _Rows, key: str, properties: Properties | None) -> dict[str, str]:
        if properties is None:
            rows.remove(key)
            return {}
        self._writes += 1
        etag = f"W/\"datetime'{self._writes}'\""
        rows.put(key, _Stored(properties, etag))
        return {"etag": etag}


class MemoryTable:
    """One table, as the SDK's TableClient. What it gives away and takes is copied."""

    def __init__(self, service: MemoryTables, name: str) -> None:
        self._service = service
        self._name = name

    def get_entity(self, partition_key: str, row_key: str) -> Entity:
        try:
            return self._service.read(self._name, partition_key, row_key)
        except _Refused as refused:
            _raise(refused)

    def create_entity(self, entity: Mapping[str, Any]) -> dict[str, str]:
        try:
            return self._service.write(self._name, [("create", entity, {})])[0]
        except _Refused as refused:
            # The SDK leaves out the code for this verb alone.
            _raise(refused, coded=False)

    def upsert_entity(self, entity: Mapping[str, Any], mode: str = "merge") -> dict[str, str]:
        return self._one("upsert", entity, {"mode": mode})

    def update_entity(
        self, entity: Mapping[str, Any], mode: str = "merge", **condition: Any
    ) -> dict[str, str]:
        return self._one("update", entity, {"mode": mode, **condition})

    def delete_entity(self, entity: Mapping[str, Any], **condition: Any) -> None:
        """Nothing if the row or the table is missing: the SDK takes any 404 for done."""
        try:
            self._service.write(self._name, [("delete", entity, condition)])
        except _Refused as refused:
            if _ERRORS[refused.code][0] != 404:
                _raise(refused)

    def submit_transaction(self, operations: Sequence[Operation]) -> list[dict[str, str]]:
        """Raises TableTransactionError; ValueError unless all are of one partition."""
        if len({entity["PartitionKey"] for _, entity, _ in operations}) != 1:
            raise ValueError("a transaction is about one partition")
        try:
            return self._service.write(self._name, operations)
        except _Refused as refused:
            error = TableTransactionError(message=f"{refused.index}:{refused.code}")
            error.status_code = _ERRORS[refused.code][0]
            error.error_code = TableErrorCode(refused.code)  # type: ignore[attr-defined]  # as the SDK
            raise error from None

    def query_entities(
        self,
        query_filter: str,
        *,
        parameters: Mapping[str, str],
        results_per_page: int = 1000,
        select: Sequence[str] | None = None,
    ) -> Iterator[Entity]:
        """A page is read when its first row is asked for. Raises ValueError for a filter that is
        not a range with at most one condition on a whole number."""
        where = _parsed(query_filter)
        bounds = (_ordinal(parameters["low"]), _ordinal(parameters["high"]))
        names = None if select is None else frozenset(select)
        return self._rows(parameters["p"], bounds, where, results_per_page, names)

    def _rows(
        self,
        partition: str,
        bounds: tuple[str, str],
        where: _Where | None,
        size: int,
        names: frozenset[str] | None,
    ) -> Iterator[Entity]:
        low: str | None = bounds[0]
        while low is not None:
            try:
                page, low = self._service.page(self._name, partition, (low, bounds[1]), where, size)
            except _Refused as refused:
                _raise(refused)
            for properties, etag in page:
                if names is None:
                    yield Entity(properties, etag)
                else:
                    yield Entity({n: v for n, v in properties.items() if n in names}, etag)

    def _one(
        self, verb: str, entity: Mapping[str, Any], options: Mapping[str, Any]
    ) -> dict[str, str]:
        try:
            return self._service.write(self._name, [(verb, entity, options)])[0]
        except _Refused as refused:
            _raise(refused)


def _copied(contents: _Contents) -> _Contents:
    return {
        table: {partition: rows.copy() for partition, rows in partitions.items()}
        for table, partitions in contents.items()
    }


def _ordinal(key: str) -> str:
    """The key as UTF-16 units, whose order is the service's; Python's own is by code point.

    Raises UnicodeEncodeError for a lone surrogate: the SDK can address no such row.
    """
    if key.isascii():
        return key
    key.encode()
    if max(key) < "\U00010000":
        return key
    return "".join(map(chr, array("H", key.encode("utf-16"))[1:]))


def _after(operation: Operation, found: _Stored | None, index: int) -> Properties | None:
    """What the row becomes; None for none. Raises _Refused, changes nothing."""
    verb, entity, options = operation
    if verb == "create":
        if found is not None:
            raise _Refused("EntityAlreadyExists", index)
        return _taken(entity)
    if verb == "upsert":
        return _mixed(found, entity, options)
    expected = _expected(options)
    if found is None:
        raise _Refused("ResourceNotFound", index)
    if expected not in (None, found.etag):
        raise _Refused("UpdateConditionNotSatisfied", index)
    if verb == "delete":
        return None
    if verb == "update":
        return _mixed(found, entity, options)
    raise ValueError(f"no such verb: {verb}")


def _mixed(
    found: _Stored | None, entity: Mapping[str, Any], options: Mapping[str, Any]
) -> Properties:
    mode = options.get("mode", "merge")
    if mode == "replace" or (mode == "merge" and found is None):
        return _taken(entity)
    if mode == "merge" and found is not None:
        return found.properties | _taken(entity)
    raise ValueError(f"no such mode: {mode}")


def _expected(options: Mapping[str, Any]) -> str | None:
    """The ETag that the row must still have, None for any. Raises ValueError as the SDK does."""
    etag: str | None = options.get("etag")
    condition = options.get("match_condition") or MatchConditions.Unconditionally
    if condition == MatchConditions.IfNotModified and etag:
        return etag
    if condition == MatchConditions.Unconditionally and not etag:
        return None
    raise ValueError(f"an ETag {etag!r} with {condition}")


def _taken(entity: Mapping[str, Any]) -> Properties:
    return {name: _value(value) for name, value in entity.items()}


def _value(value: Any) -> Any:
    """As the SDK gives it back. Raises TypeError for what it does not take, or the product never
    sends."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple) and value[1] == "Edm.Int64" and -_INT64 <= value[0] < _INT64:
        return EntityProperty(value[0], EdmType.INT64)
    raise TypeError(f"{value!r:.60} cannot be stored")


@lru_cache(maxsize=64)
def _parsed(query_filter: str) -> _Where | None:
    found = _FILTER.fullmatch(query_filter)
    if not found:
        raise ValueError(f"not a filter that is understood here: {query_filter}")
    name, comparison, number = found.groups()
    return _Where(name, getattr(operator, comparison), int(number)) if name else None


def _raise(refused: _Refused, *, coded: bool = True) -> NoReturn:
    status, kind = _ERRORS[refused.code]
    error = kind(message=refused.code)
    error.status_code = status
    if coded:
        error.error_code = TableErrorCode(refused.code)  # type: ignore[attr-defined]  # as the SDK
    raise error from None
