"""Against the real Azurite. Leases last a second here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from azure.storage.queue import QueueClient

from sandbox.host.app import FunctionsApp
from sandbox.host.host import Host
from sandbox.host.settings import HostConfigError
from tests.sandbox.host.conftest import SAMPLE, Queues


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it came about in time."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return met


def holding(host: Host) -> int:
    """Messages in the hands of `hold`, which waits for its gate."""
    return next(one for one in host.listeners if one.name == "hold").in_flight


def open_gate(host: Host) -> None:
    host.app.functions["hold"].call.__globals__["gate"].set()


def test_a_request_goes_through_a_queue_to_the_function_behind_it(
    host: Host, queues: Queues
) -> None:
    answer = requests.post(f"{host.url}/jobs", data="hello", timeout=10)
    (done,) = queues.done(1)

    assert answer.status_code == 202
    assert json.loads(done)["text"] == "hello"
    assert json.loads(done)["dequeue_count"] == 1
    assert queues.wait_until_empty(queues.names["WORK"])


def test_messages_that_others_send_are_found_by_polling(host: Host, queues: Queues) -> None:
    for number in range(20):
        queues.send(queues.names["WORK"], f"æ {number}")
    done = queues.done(20)

    assert sorted(json.loads(d)["text"] for d in done) == sorted(f"æ {n}" for n in range(20))
    assert queues.wait_until_empty(queues.names["WORK"])


def test_a_message_that_keeps_failing_goes_to_the_poison_queue(host: Host, queues: Queues) -> None:
    queues.send(queues.names["WORK"], "fail")

    assert queues.done(1) == ["poison: fail"]
    assert queues.wait_until_empty(queues.names["WORK"])


def test_it_is_tried_as_often_as_host_json_says(
    host: Host, queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "host.queues")
    queues.send(queues.names["WORK"], "fail")
    queues.done(1)

    tries = [r.args for r in caplog.records if r.msg.startswith("Executing") and r.args]
    assert [args[2] for args in tries if args[0] == "do_work"] == [1, 2, 3]  # type: ignore[index]


def test_a_message_in_another_encoding_goes_to_the_poison_queue_unrun(
    host: Host, queues: Queues
) -> None:
    queues.create(queues.names["WORK"])
    raw = QueueClient.from_connection_string(queues.connection, queues.names["WORK"])
    raw.send_message("no base64, ever")

    assert queues.wait_until_empty(queues.names["WORK"])
    assert queues.seen == []


def test_a_function_that_outlasts_its_lease_keeps_the_message(
    host: Host, queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "host.queues")
    queues.send(queues.names["HOLD"], "long")
    # Three halves of a lease: the first one is over.
    renewed = wait_for(lambda: caplog.text.count("renewed") >= 3)
    others_see = list(queues.client(queues.names["HOLD"]).receive_messages(visibility_timeout=1))
    open_gate(host)

    assert renewed
    assert others_see == []
    assert queues.done(1) == ["held long"]
    assert queues.wait_until_empty(queues.names["HOLD"])


def test_what_a_dead_host_had_leased_comes_back(queues: Queues) -> None:
    client = queues.create(queues.names["WORK"])
    client.send_message(b"orphan")
    next(client.receive_messages(visibility_timeout=1))
    with Host(FunctionsApp.load(SAMPLE, queues.environ), queues.environ):
        (done,) = queues.done(1)

    assert json.loads(done)["dequeue_count"] == 2


def test_a_message_met_too_often_is_not_run_again(queues: Queues) -> None:
    client = queues.create(queues.names["WORK"])
    client.send_message(b"tired")
    for _ in range(3):
        client.update_message(next(client.receive_messages()), visibility_timeout=0)
    with Host(FunctionsApp.load(SAMPLE, queues.environ), queues.environ):
        assert queues.done(1) == ["poison: tired"]


def test_no_more_messages_are_taken_than_threshold_and_batch_allow(
    host: Host, queues: Queues
) -> None:
    for number in range(12):
        queues.send(queues.names["HOLD"], str(number))
    taken = wait_for(lambda: holding(host) > 2)
    # batchSize 4 and newBatchThreshold 2 in the sample's host.json: never more than 6.
    too_many = wait_for(lambda: holding(host) > 6, seconds=0.5)
    open_gate(host)

    assert taken
    assert not too_many
    assert len(queues.done(12)) == 12


def test_stopping_lets_what_runs_come_to_its_end(queues: Queues) -> None:
    queues.send(queues.names["HOLD"], "last")
    host = Host(FunctionsApp.load(SAMPLE, queues.environ), queues.environ)
    host.start()
    assert wait_for(lambda: holding(host) == 1)
    open_gate(host)

    assert host.stop()
    assert queues.done(1) == ["held last"]
    assert queues.count(queues.names["HOLD"]) == 0


def test_stopping_does_not_wait_for_ever(queues: Queues) -> None:
    queues.send(queues.names["HOLD"], "stuck")
    host = Host(FunctionsApp.load(SAMPLE, queues.environ), queues.environ)
    host.start()
    assert wait_for(lambda: holding(host) == 1)

    assert not host.stop(grace=0.1)
    open_gate(host)


def test_a_connection_that_is_not_set_is_named(queues: Queues) -> None:
    app = FunctionsApp.load(SAMPLE, queues.names)

    with pytest.raises(HostConfigError, match="'AzureWebJobsStorage' does not exist"):
        Host(app, {})


def test_an_identity_based_connection_is_refused_with_the_reason(queues: Queues) -> None:
    app = FunctionsApp.load(SAMPLE, queues.names)

    with pytest.raises(HostConfigError, match="identity-based"):
        Host(app, {"AzureWebJobsStorage__accountName": "real"})


def test_a_lost_output_leaves_the_message_to_another_try(queues: Queues, tmp_path: Path) -> None:
    names = {**queues.names, "DONE": "not a valid name"}
    queues.send(queues.names["WORK"], "hello")
    with Host(FunctionsApp.load(SAMPLE, names), {**queues.environ, **names}):
        assert queues.wait_until_empty(queues.names["WORK"])

    # Its last try over, it lies in the poison queue, whose function cannot report either.
    assert queues.count(queues.names["WORK"] + "-poison") == 1
