from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from sandbox.storage import Azurite

START_AND_WAIT = """
import time
from sandbox.storage import Azurite
print(Azurite.start().pid, flush=True)
time.sleep(600)
"""


def test_queues_and_tables_work_with_the_sdks(azurite: str) -> None:
    queue = QueueClient.from_connection_string(azurite, "storage-test")
    queue.create_queue()
    queue.send_message("hello")
    table = TableServiceClient.from_connection_string(azurite).create_table("StorageTest")
    table.create_entity({"PartitionKey": "a", "RowKey": "b"})

    assert [message.content for message in queue.receive_messages()] == ["hello"]
    assert [row["RowKey"] for row in table.list_entities()] == ["b"]


def test_data_in_a_folder_outlives_the_process(tmp_path: Path) -> None:
    with Azurite.start(tmp_path) as first:
        QueueClient.from_connection_string(first.connection_string, "kept").create_queue()
    with Azurite.start(tmp_path) as second:
        queue = QueueClient.from_connection_string(second.connection_string, "kept")

        assert queue.get_queue_properties().name == "kept"


def test_it_leaves_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)

    assert _ends_within(pid, seconds=10)


def _ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _runs(pid):
            return True
        time.sleep(0.02)
    return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    # An orphan in a container without an init may stay on as a zombie; it runs no more.
    return not stat.exists() or ") Z " not in stat.read_text()
