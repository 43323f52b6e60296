"""The sample app, in-process and served; every test has queues of its own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import BinaryBase64DecodePolicy, BinaryBase64EncodePolicy, QueueClient

from sandbox.host.app import FunctionsApp
from sandbox.host.host import Host
from sandbox.host.queues import QueueTimes

SAMPLE = Path(__file__).parent / "apps" / "sample"
DEADLINE = 30.0


@dataclass
class Queues:
    """The queues of one test, read and written as somebody else would."""

    connection: str
    names: dict[str, str]
    seen: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {"AzureWebJobsStorage": self.connection, **self.names}

    def client(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.connection,
            name,
            message_encode_policy=BinaryBase64EncodePolicy(),
            message_decode_policy=BinaryBase64DecodePolicy(),
        )

    def create(self, name: str) -> QueueClient:
        client = self.client(name)
        client.create_queue()
        return client

    def send(self, name: str, text: str) -> None:
        try:
            self.client(name).send_message(text.encode())
        except ResourceNotFoundError:
            self.create(name).send_message(text.encode())

    def done(self, count: int) -> list[str]:
        """Wait for that many messages on the queue that the sample app reports on."""
        client = self.client(self.names["DONE"])
        deadline = time.monotonic() + DEADLINE
        while len(self.seen) < count and time.monotonic() < deadline:
            try:
                for message in client.receive_messages(messages_per_page=32):
                    client.delete_message(message)
                    self.seen.append(message.content.decode())
            except ResourceNotFoundError:
                pass
            time.sleep(0.01)
        assert len(self.seen) >= count, f"only {self.seen} came"
        return self.seen

    def count(self, name: str) -> int:
        """Messages there are, hidden or not."""
        try:
            return self.client(name).get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0

    def wait_until_empty(self, name: str) -> bool:
        deadline = time.monotonic() + DEADLINE
        while self.count(name) and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.count(name) == 0


def queue_names() -> dict[str, str]:
    mark = uuid.uuid4().hex[:12]
    return {name.upper(): f"{name}-{mark}" for name in ("work", "done", "hold")}


@pytest.fixture
def queues(azurite: str) -> Queues:
    return Queues(azurite, queue_names())


@pytest.fixture
def sample() -> FunctionsApp:
    """In-process, without storage."""
    return FunctionsApp.load(SAMPLE, queue_names())


@pytest.fixture
def host(queues: Queues) -> Iterator[Host]:
    """The sample app served with real queues; leases of one second."""
    app = FunctionsApp.load(SAMPLE, queues.environ)
    with Host(app, queues.environ, times=QueueTimes(lease=1.0, first_poll=0.05)) as running:
        yield running


def app_of(folder: Path, code: str, **host_json: object) -> Path:
    """A folder with an app of this code."""
    (folder / "function_app.py").write_text("import azure.functions as func\n" + code)
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **host_json}))
    return folder
