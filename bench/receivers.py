"""A webhook's answer over HTTP: ours, a receiver that does nothing but the same durable write, and
the emulator itself. Both receivers run on the sandbox's functions host, with the queue's binding.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.measure import sample
from bench.table import Goal, Wide, figure, ratio
from bench.webhook import Posted, genuine
from bench.world import environment
from sandbox.storage import ACCOUNT, ACCOUNT_KEY, ROOT
from tests.journeys.stage import Stage

ROUNDS, ONE, MANY, PARALLEL = 5, 150, 320, 16
LIMIT = 1.5
OURS, MINIMAL, EMULATOR, FORGED = "ours", "minimal receiver", "Azurite alone", "ours, forged"
_START_SECONDS = 60.0
_APPS = {
    OURS: """
import azure.functions as func
from functions.team_created.blueprint import blueprint
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(blueprint)
""",
    MINIMAL: """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.function_name("minimal")
@app.route("minimal", methods=["POST"])
@app.queue_output("nudge", "minimal", "AzureWebJobsStorage")
def minimal(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    nudge.set(req.get_body().decode()[:200])
    return func.HttpResponse("taken", status_code=202)
""",
}
NOTES = (
    f"{ROUNDS} rounds in turns; {ONE} deliveries one after the other, and {MANY} by {PARALLEL}"
    " clients at once. The host is",
    "the sandbox's, in Python, and one process as HTTP functions are on an instance of their own;"
    " in Azure it is another.",
    "Forged deliveries are answered 401 and write nothing.",
)


@dataclass(frozen=True)
class Target:
    port: int
    path: str
    posted: Posted
    status: int


def measure(azurite: str) -> Wide:
    stage = Stage(azurite)
    posted = genuine(stage)
    forged = Posted(posted.headers, posted.body.replace(b'"rooms"', b'"roomz"'))
    settings = stage._environment() | {"AzureWebJobsStorage": azurite}
    path = f"/webhooks/{stage.org.uuid}/v1/rooms"
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_host(name, settings)) for name in _APPS}
        targets = {
            OURS: Target(ports[OURS], path, posted, 202),
            MINIMAL: Target(ports[MINIMAL], "/minimal", posted, 202),
            EMULATOR: _emulator(azurite),
            FORGED: Target(ports[OURS], path, forged, 401),
        }
        alone, many = _rounds(targets)
    return _table(alone, many)


def _rounds(
    targets: Mapping[str, Target],
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Milliseconds one at a time, and answers a second of many at once."""
    alone: dict[str, list[float]] = {name: [] for name in targets}
    many: dict[str, list[float]] = {name: [] for name in targets}
    for number in range(ROUNDS + 1):
        for name, target in targets.items():
            waited, rate = _one_by_one(target, ONE), _at_once(target)
            if number:
                alone[name].append(waited)
                many[name].append(rate)
    return alone, many


def _one_by_one(target: Target, count: int) -> float:
    return median(_posts(target, count)) * 1000


def _at_once(target: Target) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda _: _posts(target, MANY // PARALLEL), range(PARALLEL)))
    return MANY / (time.perf_counter() - began)


def _posts(target: Target, count: int) -> list[float]:
    """Seconds of each, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("POST", target.path, target.posted.body, target.posted.headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        assert answer.status == target.status, answer.status
    connection.close()
    return took


def _table(alone: Mapping[str, Sequence[float]], many: Mapping[str, Sequence[float]]) -> Wide:
    rows = [
        (
            name,
            figure(sample(alone[name]), "ms"),
            figure(sample(many[name]), "/s"),
            f"{ratio(sample(many[name]), sample(many[EMULATOR])) or 0:.2f}",
        )
        for name in alone
    ]
    found = ratio(sample(alone[OURS]), sample(alone[MINIMAL])) or 0.0
    return Wide(
        "The webhook's answer over HTTP",
        ("", "one at a time", f"{PARALLEL} at once", "of Azurite's own"),
        rows,
        NOTES,
        [
            Goal(
                "webhook's answer, one at a time, ours / minimal receiver with the same write",
                f"<= {LIMIT}",
                f"{found:.2f}",
                found <= LIMIT,
            )
        ],
    )


def _emulator(azurite: str) -> Target:
    """A message put by plain HTTP, as its API is."""
    from datetime import UTC, datetime, timedelta

    from azure.storage.queue import QueueServiceClient, generate_account_sas

    client = QueueServiceClient.from_connection_string(azurite)
    client.create_queue("ceiling")
    token = generate_account_sas(
        ACCOUNT,
        ACCOUNT_KEY,
        resource_types="sco",
        permission="rwdlacup",
        expiry=datetime.now(UTC) + timedelta(hours=2),
    )
    port = int(client.url.rstrip("/").split(":")[2].split("/")[0])
    body = b"<QueueMessage><MessageText>bnVkZ2U=</MessageText></QueueMessage>"
    headers = {"x-ms-version": "2021-12-02", "Content-Type": "application/xml"}
    path = f"/{ACCOUNT}/ceiling/messages?{token}"
    return Target(port, path, Posted(headers, body), 201)


@contextmanager
def _host(name: str, settings: Mapping[str, str]) -> Iterator[int]:
    """The port of a functions host with this app and nothing else."""
    from sandbox.stack import free_ports

    port = free_ports({name: 0})[name]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "function_app.py").write_text(_APPS[name])
        host = json.loads((ROOT / "host.json").read_text())
        Path(folder, "host.json").write_text(json.dumps(host))
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.host", folder, "--port", str(port), "--with-parent"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment({**settings, "PYTHONPATH": str(ROOT)}),
        )
        try:
            _until(lambda: _listens(port) or process.poll() is not None)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _START_SECONDS
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def _listens(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
