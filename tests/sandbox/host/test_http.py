from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.http import HttpServer
from tests.sandbox.host.conftest import app_of

SLOW = """
import threading
app = func.FunctionApp()
here = threading.Barrier(4, timeout=30)

@app.route(route="together")
def together(req: func.HttpRequest) -> str:
    return str(here.wait())

@app.route(route="injected")
def injected(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("", headers={"X-Evil": "a\\r\\nSet-Cookie: b"})
"""


class Writer:
    """Where outputs go; refuses them once `broken`."""

    def __init__(self) -> None:
        self.written: list[Invocation] = []
        self.broken = False

    def __call__(self, invocation: Invocation) -> None:
        if self.broken:
            raise OSError("no storage")
        self.written.append(invocation)


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def by_hand() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def url(sample: FunctionsApp, writer: Writer, by_hand: list[tuple[str, str]]) -> Iterator[str]:
    server = HttpServer(
        ("127.0.0.1", 0), sample, writer, lambda name, text: by_hand.append((name, text))
    )
    server.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stop()


def test_a_request_is_answered_and_its_outputs_are_written(url: str, writer: Writer) -> None:
    answer = requests.post(f"{url}/jobs", data="hello", timeout=10)

    assert answer.status_code == 202
    assert [write.messages for write in writer.written[0].writes] == [("hello",)]


def test_an_output_that_cannot_be_written_fails_the_request(url: str, writer: Writer) -> None:
    writer.broken = True

    answer = requests.post(f"{url}/jobs", data="hello", timeout=10)

    assert (answer.status_code, answer.content) == (500, b"")


def test_a_function_that_raises_answers_500_without_a_body_and_writes_nothing(
    url: str, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    answer = requests.post(f"{url}/jobs?fail=1", data="hello", timeout=10)

    assert (answer.status_code, answer.content) == (500, b"")
    assert writer.written == []
    assert "after the output was set" in caplog.text


def test_a_connection_serves_many_requests_chunked_ones_included(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    bodies = []
    for body in (b"counted", iter([b"chu", b"nked"]), b"counted again"):
        connection.request("POST", "/echo/x", body=body)
        bodies.append(json.loads(connection.getresponse().read())["body"])
    connection.close()

    assert bodies == ["counted", "", "counted again"]


def test_wrong_methods_and_head_are_not_found(url: str) -> None:
    assert requests.delete(f"{url}/echo/x", timeout=10).status_code == 404
    assert requests.head(f"{url}/echo/x", timeout=10).status_code == 404


def test_the_function_sees_the_url_as_it_was_asked_for(url: str) -> None:
    answer = requests.get(f"{url}/echo/a%20b?x=%2F", timeout=10)

    assert answer.json()["url"] == f"{url}/echo/a%20b?x=%2F"


def test_a_length_that_is_no_number_is_a_bad_request(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("POST", "/echo/x", headers={"Content-Length": "five"})

    assert connection.getresponse().status == 400
    connection.close()


def test_any_function_can_be_run_by_hand(url: str, by_hand: list[tuple[str, str]]) -> None:
    known = requests.post(f"{url}/admin/functions/nightly", json={"input": "x"}, timeout=10)
    unknown = requests.post(f"{url}/admin/functions/nobody", json={}, timeout=10)

    assert (known.status_code, unknown.status_code) == (202, 404)
    assert by_hand == [("nightly", "x")]


def test_nobody_runs_a_function_by_hand_through_a_tunnel(
    url: str, by_hand: list[tuple[str, str]]
) -> None:
    path = f"{url}/admin/functions/nightly"
    named = requests.post(path, json={}, headers={"Host": "public.example"}, timeout=10)
    forwarded = requests.post(path, json={}, headers={"X-Forwarded-For": "1.2.3.4"}, timeout=10)

    assert (named.status_code, forwarded.status_code) == (404, 404)
    assert by_hand == []


def test_a_request_that_breaks_off_is_not_handed_to_the_function(url: str, writer: Writer) -> None:
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as client:
        client.sendall(b"POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhal")
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert writer.written == []


@pytest.fixture
def other_url(tmp_path: Path, writer: Writer) -> Iterator[str]:
    app = FunctionsApp.load(app_of(tmp_path, SLOW), {"PYTHON_THREADPOOL_THREAD_COUNT": "4"})
    server = HttpServer(("127.0.0.1", 0), app, writer, lambda _name, _text: None)
    server.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stop()
    app.workers.stop()


def test_as_many_plain_functions_run_at_once_as_there_are_threads(other_url: str) -> None:
    def ask(_: int) -> str:
        return requests.get(f"{other_url}/api/together", timeout=40).text

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == ["0", "1", "2", "3"]


def test_a_header_cannot_smuggle_in_another(other_url: str) -> None:
    answer = requests.get(f"{other_url}/api/injected", timeout=10)

    assert answer.status_code == 500
    assert "Set-Cookie" not in answer.headers
