"""Storage queues as the host's queue extension uses them: encoded, created when first written to.

Every StorageQueue of one name is the same object, so that a listener hears of what its own host
writes and need not wait for its next poll. Microsoft's host does that, too.
"""

from __future__ import annotations

import binascii
import math
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import LinearRetry, QueueClient, QueueMessage

from sandbox.host.app import Invocation
from sandbox.host.settings import connection_string

# A poison queue's own failures have nowhere to go.
POISON = "-poison"


class UndecodableMessage(Exception):
    """Not in the encoding that host.json tells."""


class StorageQueue:
    """Safe for threads. Errors of the storage SDK pass through."""

    def __init__(self, connection: str, name: str, *, base64: bool) -> None:
        self.name = name
        self._base64 = base64
        self._on_write: list[Callable[[], None]] = []
        # Without it the SDK would wait 15 s before it tries again.
        retry = LinearRetry(backoff=1, retry_total=2, random_jitter_range=0)
        self._client = QueueClient.from_connection_string(connection, name, retry_policy=retry)

    def on_write(self, call: Callable[[], None]) -> None:
        self._on_write.append(call)

    def send(self, content: str | bytes) -> None:
        raw = content.encode() if isinstance(content, str) else content
        self.send_encoded(b64encode(raw).decode() if self._base64 else raw.decode())

    def send_encoded(self, content: str) -> None:
        """The content of another message, as it is. Creates the queue if need be."""
        try:
            self._client.send_message(content)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._client.create_queue()
            self._client.send_message(content)
        for call in self._on_write:
            call()

    def receive(self, count: int, lease: float) -> list[QueueMessage]:
        """None also while there is no such queue."""
        try:
            return list(
                self._client.receive_messages(
                    max_messages=count, messages_per_page=count, visibility_timeout=_whole(lease)
                )
            )
        except ResourceNotFoundError:
            return []

    def hide(self, message: QueueMessage, seconds: float) -> QueueMessage:
        """Nobody sees it for that long from now; 0 shows it. The answer has the new receipt."""
        return self._client.update_message(message, visibility_timeout=_whole(seconds))

    def delete(self, message: QueueMessage) -> None:
        self._client.delete_message(message)

    def text(self, message: QueueMessage) -> str:
        """Raises UndecodableMessage."""
        if not self._base64:
            return str(message.content)
        try:
            return b64decode(message.content, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise UndecodableMessage(f"message {message.id} on {self.name}: {error}") from error


class StorageQueues:
    """The queues of an app by connection and name. Raises HostConfigError for a bad connection."""

    def __init__(self, environ: Mapping[str, str], *, base64: bool) -> None:
        self._environ = environ
        self._base64 = base64
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], StorageQueue] = {}

    def get(self, connection: str, name: str) -> StorageQueue:
        text = connection_string(connection, self._environ)
        with self._lock:
            if (text, name) not in self._queues:
                self._queues[text, name] = StorageQueue(text, name, base64=self._base64)
            return self._queues[text, name]

    def write(self, invocation: Invocation) -> None:
        """All outputs of an invocation. Raises what the storage raised for the first failure."""
        for write in invocation.writes:
            queue = self.get(write.connection, write.queue)
            for message in write.messages:
                queue.send(message)


def _whole(seconds: float) -> int:
    """The service counts in whole seconds."""
    return math.ceil(seconds)
