"""Microsoft's own worker library and our host over the same apps: they must agree.

The library is what runs the app in Azure from Python 3.13 on. `./dev test` installs it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.binding import LoadError
from tests.sandbox.host.conftest import SAMPLE, app_of
from tests.sandbox.host.test_app import REFUSED

ROOT = Path(__file__).resolve().parents[2]
INSTALL = (
    "The conformance tests need Microsoft's worker library. Install it with\n"
    f"  {sys.executable} -m pip install --ignore-requires-python --no-deps -c constraints.txt "
    "azure-functions-runtime azurefunctions-extensions-base\n"
    "or run ./dev test, which does."
)


@dataclass(frozen=True)
class App:
    """An app, the settings it needs, and what to invoke of it.

    A call is `function` and, by its trigger, `method` and `path` (with `headers` and `body`),
    `text` (with `dequeue_count`), or `past_due`.
    """

    folder: Path
    functions: frozenset[str]
    environ: Mapping[str, str]
    calls: tuple[Mapping[str, Any], ...]


def length(body: str) -> list[list[str]]:
    return [["Content-Length", str(len(body.encode()))]]


HEADERS = [["X-Spark-Signature", "a"], ["x-spark-signature", "b"], *length("æ body")]

SAMPLE_APP = App(
    folder=SAMPLE,
    functions=frozenset(
        [
            *("echo", "take_work", "cookies", "home", "nothing", "with_context"),
            *("do_work", "do_poison", "hold", "returns", "nightly"),
        ]
    ),
    environ={"WORK": "work", "DONE": "done", "HOLD": "hold"},
    calls=(
        {"function": "echo", "method": "GET", "path": "/echo/a%20b?x=1&empty=&x=2"},
        {
            "function": "echo",
            "method": "POST",
            "path": "/echo/x/7",
            "headers": HEADERS,
            "body": "æ body",
        },
        {
            "function": "echo",
            "method": "POST",
            "path": "/echo/x",
            "headers": [["Transfer-Encoding", "chunked"]],
            "body": "lost",
        },
        {
            "function": "take_work",
            "method": "POST",
            "path": "/work",
            "headers": length("hi"),
            "body": "hi",
        },
        {"function": "take_work", "method": "POST", "path": "/work?fail=1"},
        {"function": "cookies", "method": "GET", "path": "/cookies"},
        {"function": "home", "method": "GET", "path": "/"},
        {"function": "nothing", "method": "GET", "path": "/nothing"},
        {"function": "with_context", "method": "GET", "path": "/context"},
        {"function": "do_work", "text": '{"json": "stays text"}', "dequeue_count": 3},
        {"function": "do_work", "text": "fail"},
        {"function": "do_poison", "text": "x"},
        {"function": "returns", "text": "x"},
        {"function": "nightly"},
        {"function": "nightly", "past_due": True},
    ),
)

# One more app is one more entry.
APPS = [pytest.param(SAMPLE_APP, id="sample")]


def drive(
    folder: Path, calls: tuple[Mapping[str, Any], ...], environ: Mapping[str, str], report: Path
) -> dict[str, Any]:
    """What the worker library makes of the app, in a process of its own."""
    if not importlib.util.find_spec("azure_functions_runtime"):
        pytest.fail(INSTALL)
    run = subprocess.run(
        [sys.executable, "-m", "tests.conformance.worker", str(folder), str(report)],
        input=json.dumps(calls),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(report.read_text())
    for each in result["outcomes"]:
        if "error" in each:
            # Its type is the function's; the text is the library's own in places.
            each["error"] = each["error"].partition(":")[0]
    return result


@pytest.mark.parametrize("app", APPS)
def test_the_worker_indexes_and_loads_every_function(app: App, tmp_path: Path) -> None:
    result = drive(app.folder, (), app.environ, tmp_path / "report")

    assert result["refused"] == ""
    assert set(result["functions"]) == app.functions


@pytest.mark.parametrize("app", APPS)
def test_the_worker_and_our_host_come_to_the_same(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in app.environ.items():
        monkeypatch.setenv(name, value)
    ours = FunctionsApp.load(app.folder, app.environ)
    result = drive(app.folder, app.calls, app.environ, tmp_path / "report")

    assert result["outcomes"] == [outcome(ours, call) for call in app.calls]


@pytest.mark.parametrize("code", [code for code, _ in REFUSED])
def test_what_our_host_refuses_the_worker_refuses(tmp_path: Path, code: str) -> None:
    with pytest.raises(LoadError) as ours:
        FunctionsApp.load(app_of(tmp_path, code), {})
    theirs = drive(app_of(tmp_path, code), (), {}, tmp_path / "report")["refused"]

    assert theirs
    # The rest of the text differs between the library and the worker of Python 3.12 and older.
    assert str(ours.value).startswith("cannot load the f function: ") == (
        "cannot load the f function: " in theirs
    )


def outcome(app: FunctionsApp, call: Mapping[str, Any]) -> dict[str, Any]:
    """The same call in our host, told as `drive` tells it."""
    try:
        invocation = invoke(app, call)
    except Exception as error:  # whatever the function raised
        return {"error": type(error).__name__}
    messages = [str(text) for write in invocation.writes for text in write.messages]
    return {"messages": messages, "answer": answer(invocation)}


def invoke(app: FunctionsApp, call: Mapping[str, Any]) -> Invocation:
    if "path" in call:
        headers = [(name, text) for name, text in call.get("headers", [])]
        body = call.get("body", "").encode()
        url = f"http://localhost{call['path']}"
        return app.invoke_http(call["method"], url, headers, body)
    if "text" in call:
        return app.invoke_queue(call["function"], call["text"], call.get("dequeue_count", 1))
    return app.invoke_timer(call["function"], past_due=call.get("past_due", False))


def answer(invocation: Invocation) -> dict[str, Any] | None:
    if not invocation.answer:
        return None
    given = invocation.answer
    headers = {name.lower(): text for name, text in given.headers if name != "Set-Cookie"}
    cookies = [
        [name, unquote(morsel.value)]
        for key, text in given.headers
        if key == "Set-Cookie"
        for name, morsel in SimpleCookie(text).items()
    ]
    body = given.body.decode("latin-1")
    return {"status": given.status, "body": body, "headers": headers, "cookies": cookies}
