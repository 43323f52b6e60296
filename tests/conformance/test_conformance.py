"""Microsoft's own worker library and our host over the same apps: they must agree.

The library is what runs the app in Azure from Python 3.13 on. `./dev test` installs it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.apps import PRODUCT, ROOT, SAMPLE, App, Call
from tests.sandbox.host.conftest import app_of
from tests.sandbox.host.test_app import REFUSED

INSTALL = (
    "The conformance tests need Microsoft's worker library. Install it with\n"
    f"  {sys.executable} -m pip install --ignore-requires-python --no-deps -c constraints.txt "
    "azure-functions-runtime azurefunctions-extensions-base\n"
    "or run ./dev test, which does."
)
REFUSAL = "cannot load the f function: "

apps = pytest.mark.parametrize(
    "app", [pytest.param(SAMPLE, id="sample"), pytest.param(PRODUCT, id="product")]
)


def theirs(
    folder: Path, report: Path, calls: Sequence[Call] = (), environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What the worker library makes of the app."""
    if not importlib.util.find_spec("azure_functions_runtime"):
        pytest.fail(INSTALL)
    return drive("worker", folder, report, calls, environ)


def ours(
    folder: Path, report: Path, calls: Sequence[Call] = (), environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What our host makes of it."""
    return drive("ours", folder, report, calls, environ)


def drive(
    who: str,
    folder: Path,
    report: Path,
    calls: Sequence[Call],
    environ: Mapping[str, str] | None,
) -> dict[str, Any]:
    """In a process of its own: an app, its settings and its state belong to one process."""
    run = subprocess.run(
        [sys.executable, "-m", f"tests.conformance.{who}", str(folder), str(report)],
        input=json.dumps([call.as_json() for call in calls]),
        env={**os.environ, **(environ or {})},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(report.read_text())
    for outcome in result["outcomes"]:
        if "error" in outcome:
            # The type is the function's doing; the library words some of the texts itself.
            outcome["error"] = outcome["error"].partition(":")[0]
    return result


@apps
def test_the_worker_indexes_and_loads_every_function(app: App, tmp_path: Path) -> None:
    result = theirs(app.folder, tmp_path / "report", environ=app.environ)

    assert result["refused"] == ""
    assert set(result["functions"]) == app.functions


@apps
def test_in_the_worker_every_call_comes_out_as_it_should_and_in_our_host_the_same(
    app: App, tmp_path: Path, azurite: str
) -> None:
    environ = {**app.environ, "AzureWebJobsStorage": azurite}
    library = theirs(app.folder, tmp_path / "theirs", app.calls, environ)["outcomes"]
    host = ours(app.folder, tmp_path / "ours", app.calls, environ)["outcomes"]

    assert [came_to(outcome) for outcome in library] == [
        (call.expected, call.messages) for call in app.calls
    ]
    assert library == host


@pytest.mark.parametrize("code", [code for code, _ in REFUSED])
def test_what_our_host_refuses_the_worker_refuses(tmp_path: Path, code: str) -> None:
    folder = app_of(tmp_path, code)
    host = ours(folder, tmp_path / "ours")["refused"]
    library = theirs(folder, tmp_path / "theirs")["refused"]

    assert host
    assert library
    # The rest of the text differs between the library and the worker of Python 3.12 and older.
    assert (REFUSAL in host) == (REFUSAL in library)


def came_to(outcome: Mapping[str, Any]) -> tuple[int | str | None, int]:
    if "error" in outcome:
        return outcome["error"], 0
    answer = outcome["answer"]
    return (answer["status"] if answer else None), len(outcome["messages"])
