"""Queue triggers, by the rules of the real queue listener.

A message is leased for ten minutes when it is received, whatever host.json says, and the lease is
renewed at half time. Success deletes it. Failure shows it again after `visibilityTimeout`; at the
last try it goes to `<queue>-poison`. What was leased by a host that died comes back when the lease
ends.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueMessage

from sandbox.host.app import FunctionsApp, Running
from sandbox.host.binding import BoundFunction
from sandbox.host.storage_queues import POISON, StorageQueue, StorageQueues, UndecodableMessage
from sandbox.host.wire import QueueItem

log = logging.getLogger("host.queues")


@dataclass(frozen=True)
class QueueTimes:
    """In seconds; the service rounds a lease up to whole ones."""

    lease: float = 600.0
    first_poll: float = 0.1


class QueueListener:
    """Polls one function's queue from a thread; each message is handled in a thread of its own."""

    def __init__(
        self, app: FunctionsApp, function: BoundFunction, queues: StorageQueues, times: QueueTimes
    ) -> None:
        raw = function.trigger.raw
        self.name = function.name
        self._app, self._queues, self._times = app, queues, times
        self._settings = app.settings.queues
        self._queue = queues.get(raw.get("connection") or "", raw["queueName"])
        self._poison = _poison_queue(self._queue, raw.get("connection") or "", queues)
        self._stopping = False
        self._lock = threading.Lock()
        self._in_flight = 0
        # Something happened that is worth a look: a write, an end, a stop.
        self._wake = threading.Event()
        self._queue.on_write(self._wake.set)
        self._thread = threading.Thread(target=self._listen, name=function.name, daemon=True)

    @property
    def in_flight(self) -> int:
        with self._lock:
            return self._in_flight

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Receive no more. What is in flight goes on."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _listen(self) -> None:
        idle = self._times.first_poll
        while True:
            # In this order: a stop between the two would be slept through.
            self._wake.clear()
            if self._stopping:
                return
            if self.in_flight > self._settings.new_batch_threshold:
                self._wake.wait()
            elif self._take_batch() or self._wake.wait(idle):
                idle = self._times.first_poll
            else:
                idle = min(idle * 2, self._settings.max_polling_interval)

    def _take_batch(self) -> bool:
        """Whether there was anything."""
        try:
            messages = self._queue.receive(self._settings.batch_size, self._times.lease)
        except AzureError as error:
            log.warning("%s: the queue cannot be read: %s", self._queue.name, error)
            return False
        with self._lock:
            self._in_flight += len(messages)
        for message in messages:
            threading.Thread(target=self._handle, args=(message,), daemon=True).start()
        return bool(messages)

    def _handle(self, message: QueueMessage) -> None:
        try:
            self._process(message)
        except AzureError as error:
            # As in Azure: the message comes back when its lease ends.
            log.warning("%s: message %s is left as it is: %s", self._queue.name, message.id, error)
        finally:
            with self._lock:
                self._in_flight -= 1
            self._wake.set()

    def _process(self, message: QueueMessage) -> None:
        if (message.dequeue_count or 0) > self._settings.max_dequeue_count:
            self._give_up(message, "it was tried too often already")
            return
        try:
            item = _item(message, self._queue.text(message))
        except UndecodableMessage as error:
            self._give_up(message, str(error))
            return
        self._run(message, item)

    def _run(self, message: QueueMessage, item: QueueItem) -> None:
        name, started = self.name, time.monotonic()
        log.info("Executing %s (message %s, try %s)", name, item.id, item.dequeue_count)
        running = self._app.start_queue(name, item)
        message = self._keep_lease(running, message)
        try:
            self._queues.write(running.result())
        except Exception:
            log.exception("Executed %s (Failed, message %s)", name, item.id)
            self._failed(message)
        else:
            self._queue.delete(message)
            log.info("Executed %s (Succeeded, %.0f ms)", name, (time.monotonic() - started) * 1000)

    def _keep_lease(self, running: Running, message: QueueMessage) -> QueueMessage:
        """Renew at half time until the run ends; the message with its newest receipt."""
        while not running.wait(self._times.lease / 2):
            try:
                message = self._queue.hide(message, self._times.lease)
            except AzureError as error:
                log.warning("%s: lease not renewed: %s", self._queue.name, error)
            else:
                log.debug("%s: lease of message %s renewed", self._queue.name, message.id)
        return message

    def _failed(self, message: QueueMessage) -> None:
        if not self._poison:
            # A poison queue's own message stays hidden until its lease ends, so as not to spin.
            return
        if (message.dequeue_count or 0) >= self._settings.max_dequeue_count:
            self._give_up(message, "this was its last try")
        else:
            self._queue.hide(message, self._settings.visibility_timeout)
            # Due at once only where host.json says so.
            if not self._settings.visibility_timeout:
                self._wake.set()

    def _give_up(self, message: QueueMessage, reason: str) -> None:
        if self._poison:
            log.error("Moving message %s to %s: %s.", message.id, self._poison.name, reason)
            self._poison.send_encoded(message.content)
            self._queue.delete(message)


def _poison_queue(
    queue: StorageQueue, connection: str, queues: StorageQueues
) -> StorageQueue | None:
    return None if queue.name.endswith(POISON) else queues.get(connection, queue.name + POISON)


def _item(message: QueueMessage, text: str) -> QueueItem:
    default = QueueItem(text)
    return QueueItem(
        text=text,
        id=message.id,
        pop_receipt=message.pop_receipt or "",
        dequeue_count=message.dequeue_count or 1,
        inserted_on=message.inserted_on or default.inserted_on,
        expires_on=message.expires_on or default.expires_on,
        next_visible_on=message.next_visible_on or default.next_visible_on,
    )
