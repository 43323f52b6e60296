"""The host as a process of its own."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.host import coretools
from sandbox.process import Child
from tests.sandbox.host.conftest import SAMPLE, Queues, app_of


@pytest.fixture
def served(queues: Queues) -> Iterator[tuple[Child, str]]:
    command = [sys.executable, "-m", "sandbox.host", str(SAMPLE), "--port", "0", "--with-parent"]
    child = Child(command, env={**os.environ, **queues.environ})
    yield child, started(child)
    child.stop()


def started(child: Child) -> str:
    """Its address."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.exit_code is None:
        if match := re.search(r"Host started: (\S+)", child.log()):
            return match[1]
        time.sleep(0.02)
    raise AssertionError(f"The host did not start:\n{child.log()}")


def test_it_serves_and_leaves_when_asked(served: tuple[Child, str], queues: Queues) -> None:
    child, url = served
    answer = requests.post(f"{url}/jobs", data="hello", timeout=10)
    by_hand = requests.post(f"{url}/admin/functions/nightly", json={}, timeout=10)
    done = queues.done(3)

    assert (answer.status_code, by_hand.status_code) == (202, 202)
    assert "past due: False" in done
    assert child.stop(grace=15) == 0


def test_it_leaves_when_its_parent_is_gone(served: tuple[Child, str]) -> None:
    child, _ = served
    child.close_stdin()

    assert child.wait(15) == 0


def test_what_cannot_be_started_is_told_in_one_line(tmp_path: Path) -> None:
    child = Child([sys.executable, "-m", "sandbox.host", str(app_of(tmp_path, ""))])
    code = child.wait(30)
    log = child.log()
    child.stop()

    assert code == 1
    assert log.strip() == (
        "The app cannot be started: Could not find top level function app instances in "
        "function_app.py."
    )


def test_core_tools_are_used_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(coretools.CoreToolsMissing, match="--host func"):
        coretools.command(7071)
    (tmp_path / "func").touch(mode=0o755)

    assert coretools.command(7071) == [str(tmp_path / "func"), "start", "--port", "7071"]
