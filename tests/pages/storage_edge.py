"""Table Storage that fails where a test says so, at its HTTP edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient

from shared.storage.tables import Tables
from tests.journeys.stage import Stage


class StorageDown(Exception):
    """What no retry of the SDK mends."""


class Edge(RequestsTransport):  # type: ignore[misc]  # azure-core exports it lazily
    """Notes every call; those for which `fails` says so never arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []
        self.fails: Callable[[str, str], bool] = lambda _method, _url: False

    def send(self, request: Any, **options: Any) -> Any:
        self.calls.append((request.method, request.url))
        if self.fails(request.method, request.url):
            raise StorageDown(request.url)
        return super().send(request, **options)


def at_the_edge(stage: Stage) -> Edge:
    """From now on the stage's app reaches its storage through this; for tests marked `emulator`."""
    assert isinstance(stage.storage, str), "mark the test: only the emulator is reached by HTTP"
    edge = Edge()
    service = TableServiceClient.from_connection_string(stage.storage, transport=edge)
    stage.wiring.tables = Tables(lambda: service)
    return edge
