"""A fresh partition per test, in the emulator and in memory, and an eye on the emulator's edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient

from sandbox.memory_tables import MemoryTables
from shared.storage.accounts import open_connection
from shared.storage.tables import Partition, Tables


class Eye(RequestsTransport):  # type: ignore[misc]  # azure-core exports it lazily
    """Counts what goes over the wire, and may act just before a call goes."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []
        # Called before each call goes, until it answers True: then it has acted.
        self.before: Callable[[str, str], bool] = _done

    def send(self, request: Any, **options: Any) -> Any:
        act, self.before = self.before, _done
        if not act(request.method, request.url):
            self.before = act
        self.calls.append((request.method, request.url))
        return super().send(request, **options)


def _done(_method: str, _url: str) -> bool:
    return True


@pytest.fixture(scope="session", params=["azurite", "memory"])
def opener(request: pytest.FixtureRequest) -> Callable[[], TableServiceClient]:
    """What the product takes for its account: both must look the same to it."""
    if request.param == "memory":
        return MemoryTables().open
    connection: str = request.getfixturevalue("azurite")
    return lambda: open_connection(connection)


@pytest.fixture(scope="session")
def tables(opener: Callable[[], TableServiceClient]) -> Tables:
    return Tables(opener)


@pytest.fixture
def rows(tables: Tables) -> Partition:
    return tables.partition("Testing", str(uuid4()))


@pytest.fixture
def eye() -> Iterator[Eye]:
    with Eye() as transport:
        yield transport


@pytest.fixture
def watched(azurite: str, eye: Eye) -> Partition:
    """A partition whose every call the eye sees; its table exists."""
    service = TableServiceClient.from_connection_string(azurite, transport=eye)
    partition = Tables(lambda: service).partition("Testing", str(uuid4()))
    partition.get("nothing")
    eye.calls.clear()
    return partition
