"""Where the product meets the outside: HTTP calls and table storage, each through the chaos.

Storage speaks the table client's language, with its exceptions; HTTP is what `requests` makes of
it. A write to storage whose answer is lost is mostly repeated by the SDK, which then meets what
its first attempt has done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables import TableTransactionError

from sandbox.adapter import CloudAdapter
from sandbox.kit import Cloud
from sandbox.webex.ids import decode
from simulation.chaos import Chaos, Io
from simulation.reading import LINKS
from simulation.scheduler import Process

if TYPE_CHECKING:
    from simulation.watcher import Watcher

T = TypeVar("T")
# Of the lost answers of a write to storage, so many are followed by the SDK's own repetition.
REPEATED = 0.7


class HttpEdge(CloudAdapter):
    """Mount it on a session of the process."""

    def __init__(self, cloud: Cloud, process: Process, chaos: Chaos, watcher: Watcher) -> None:
        super().__init__(cloud)
        self.process, self.chaos, self.watcher = process, chaos, watcher

    def send(  # type: ignore[override]  # as in CloudAdapter
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        method, url = str(request.method), str(request.url)
        writes = method != "GET" and "/oauth2/" not in url and "access_token" not in url
        what = f"{method} {url.partition('?')[0].partition('.com')[2]}"
        if LINKS in url:
            what += f" as {str(request.headers.get('Authorization', ''))[-6:]}"
        io = Io(
            self.cloud.name,
            what,
            writes,
            lambda: requests.ConnectionError("connection refused"),
            lambda: requests.ConnectionError("connection reset"),
            _Throttled if "/oauth2/" not in url else None,
        )
        self.watcher.called(self.process, self.cloud.name, request)
        try:
            return self.chaos.through(self.process, io, lambda: self._answered(request))
        except _Throttled as throttled:
            return _refusal(request, throttled.seconds)

    def _answered(self, request: requests.PreparedRequest) -> requests.Response:
        with self.watcher.effects_of(self.process):
            answer = super().send(request)
        if request.method == "GET" and answer.status_code == 200:
            self._leave_out(str(request.url), answer)
        return answer

    def _leave_out(self, url: str, answer: requests.Response) -> None:
        """A first page of people may show less than there is."""
        name, where = _roster_in(url)
        if not where:
            return
        body = answer.json()
        there = body[name]
        body[name] = self.chaos.shown(where, there, _who)
        if body[name] == there:
            return
        if not body[name]:
            # Nobody at all, and no further page.
            answer.headers.pop("Link", None)
            body.pop("@odata.nextLink", None)
        answer._content = json.dumps(body).encode()


def _roster_in(url: str) -> tuple[str, str]:
    """What the list of people in an answer is called, and whose people they are; "" for others."""
    parts = urlsplit(url)
    words, query = parts.path.split("/"), parse_qs(parts.query)
    if parts.path == "/v1/memberships" and "cursor" not in query:
        return "items", _uuid(query.get("roomId", [""])[0])
    if words[-1] == "members" and words[-3] == "groups" and "$skiptoken" not in query:
        return "value", words[-2]
    return "", ""


def _who(item: Mapping[str, Any]) -> str:
    """The person of a membership, or the account of a member."""
    return _uuid(str(item["personId"])) if "personId" in item else str(item["id"])


def _uuid(webex_id: str) -> str:
    found = decode(webex_id)
    return found.key if found else ""


class _Throttled(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


def _refusal(request: requests.PreparedRequest, seconds: float) -> requests.Response:
    response = requests.Response()
    response.status_code = 429
    response.headers["Retry-After"] = f"{seconds:g}"
    response.headers["Content-Type"] = "application/json"
    body = {"error": {"code": "TooManyRequests", "message": "Too many requests."}, "message": ""}
    response._content = json.dumps(body).encode()
    response._content_consumed = True  # type: ignore[attr-defined]
    response.url, response.request = str(request.url), request
    return response


class EdgeService:
    """A table service as one process sees it. `inner` is the storage itself."""

    def __init__(self, inner: Any, process: Process, chaos: Chaos, watcher: Watcher) -> None:
        self._inner, self._process = inner, process
        self._chaos, self._watcher = chaos, watcher

    def get_table_client(self, name: str) -> EdgeTable:
        return self._edge(self._inner.get_table_client(name), name)

    def create_table_if_not_exists(self, name: str) -> EdgeTable:
        return self._edge(self._inner.create_table_if_not_exists(name), name)

    def _edge(self, table: Any, name: str) -> EdgeTable:
        return EdgeTable(table, name, self._process, self._chaos, self._watcher)


class EdgeTable:
    """As much of `azure.data.tables.TableClient` as the product uses."""

    def __init__(
        self, inner: Any, name: str, process: Process, chaos: Chaos, watcher: Watcher
    ) -> None:
        self._inner, self._name, self._process = inner, name, process
        self._chaos, self._watcher = chaos, watcher

    def get_entity(self, partition: str, key: str) -> Any:
        entity = self._read(f"get {key}", lambda: self._inner.get_entity(partition, key))
        if key == "settings":
            self._watcher.read_settings(self._process, entity)
        return entity

    def query_entities(self, query: str, **options: Any) -> Iterator[Any]:
        """One call for each page of a thousand."""
        low = options["parameters"]["low"]
        pages = self._read(
            f"query {low}", lambda: list(self._inner.query_entities(query, **options))
        )
        for entity in pages:
            if entity["RowKey"] == "settings":
                self._watcher.read_settings(self._process, entity)
        for start in range(1000, len(pages), 1000):
            self._read(f"query {low} page {start // 1000}", lambda: None)
        return iter(pages)

    def create_entity(self, entity: Any) -> Any:
        return self._write(
            entity, f"insert {entity['RowKey']}", lambda: self._inner.create_entity(entity)
        )

    def upsert_entity(self, entity: Any, **options: Any) -> Any:
        return self._write(
            entity,
            f"upsert {entity['RowKey']}",
            lambda: self._inner.upsert_entity(entity, **options),
        )

    def update_entity(self, entity: Any, **options: Any) -> Any:
        return self._write(
            entity,
            f"update {entity['RowKey']}",
            lambda: self._inner.update_entity(entity, **options),
        )

    def delete_entity(self, entity: Any, **options: Any) -> Any:
        return self._write(
            entity,
            f"delete {entity['RowKey']}",
            lambda: self._inner.delete_entity(entity, **options),
        )

    def submit_transaction(self, operations: Sequence[Any]) -> Any:
        keys = " ".join(f"{op[0]} {op[1]['RowKey']}" for op in operations[:4])
        return self._write(
            operations[0][1],
            f"transaction {keys}",
            lambda: self._inner.submit_transaction(operations),
        )

    def _read(self, what: str, act: Callable[[], T]) -> T:
        io = Io("storage", f"{self._name} {what}", False, _refused, _lost)
        return self._chaos.through(self._process, io, act)

    def _write(self, entity: Any, what: str, act: Callable[[], T]) -> T:
        self._watcher.about_to_keep(self._name, entity["PartitionKey"])
        repeated = self._chaos.draw.random() < REPEATED
        io = Io("storage", f"{self._name} {what}", True, _refused, None if repeated else _lost)
        try:
            return self._chaos.through(self._process, io, act)
        except (ResourceExistsError, ResourceModifiedError, TableTransactionError):
            self._chaos.counts["conflict"] += 1
            raise


def _refused() -> Exception:
    return ServiceRequestError("connection refused")


def _lost() -> Exception:
    return ServiceResponseError("connection reset")
