"""./dev run as a developer has it: one process to start, one to stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.browser.errands import Errands
from sandbox.browser.http import over_http
from sandbox.browser.visitor import Browser
from sandbox.process import Child
from sandbox.storage import ROOT

ORG = "5a4dbc05-1000-4000-8000-0000e8a3b1e5"
TENANT = "5a4dbc05-3000-4000-8000-0000e8a3b1e5"
ALONE = {
    "MASTER_KEYS": "1:" + "A" * 43 + "=",
    "WEBEX_ORG_IDS": ORG,
    "MICROSOFT_TENANT_IDS": TENANT,
    "MICROSOFT_CLIENT_ID": "an-app",
    "MICROSOFT_CLIENT_SECRET": "its-secret",
    "WEBEX_API_URL": "http://127.0.0.1:9",
    "GRAPH_URL": "http://127.0.0.1:9",
    "MICROSOFT_LOGIN_URL": "http://127.0.0.1:9",
}


def test_a_team_made_on_the_console_gets_its_group_which_the_next_run_still_knows(
    tmp_path: Path,
) -> None:
    with running(tmp_path, "--ready") as first:
        console = address(first, "Console")
        create_team(console, "Ängby & <b>friends</b>")
        group = eventually(lambda: state(console)["groups"], 45)[0]
        page = requests.get(console, timeout=10).text
        children = children_of(first.pid)
        code = interrupt(first)
    with running(tmp_path, "--ready") as second:
        again = state(address(second, "Console"))

    assert (group["name"], len(group["members"])) == ("Ängby & <b>friends</b>", 4)
    assert "<b>friends" not in page
    assert (code, len(children), still_there(children)) == (0, 3, set())
    assert [g["id"] for g in again["groups"]] == [group["id"]]
    assert again["app_switch"] == "on"
    assert "as it was left" in second_log(tmp_path)


def test_nothing_is_left_when_it_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        address(run, "Console")
        children = children_of(run.pid)
        os.kill(run.pid, signal.SIGKILL)
        run.wait(10)

        assert len(children) == 3
        assert eventually(lambda: not still_there(children), 20)


def test_a_piece_that_falls_ends_the_run_and_is_named(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        address(run, "Console")
        host = next(pid for pid in children_of(run.pid) if "sandbox.host" in command_of(pid))
        os.kill(host, signal.SIGKILL)
        code = run.wait(30)
        told = run.log()

    assert code == 1
    assert "The functions host ended by itself" in told


def test_two_runs_do_not_share_their_data(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        address(run, "Console")
        second = subprocess.run(
            command(tmp_path), capture_output=True, text=True, check=False, timeout=30, cwd=ROOT
        )

    assert second.returncode == 2
    assert "Another ./dev run uses" in second.stderr


def test_only_app_names_every_setting_that_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.run", "--only-app"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=ROOT,
        env=without_settings(MICROSOFT_CLIENT_ID="an-app"),
    )

    assert done.returncode == 2
    named = re.findall(r"^  ([A-Z_]+):", done.stderr, re.MULTILINE)
    assert named == ["MASTER_KEYS", "WEBEX_ORG_IDS", "MICROSOFT_TENANT_IDS"]
    assert "one of MICROSOFT_CLIENT_SECRET" in done.stderr


def test_it_begins_with_nothing_set_up_and_says_who_can_do_it(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        app, console = address(run, "App"), address(run, "Console")
        admin = Errands(Browser(over_http(app), time.time, app))
        before = state(console)["app_switch"]
        by_hand = requests.post(f"{console}/switch", data={"on": "1"}, timeout=10)
        page = admin.sign_in("frida.fulladmin@example.example")
        told = eventually(lambda: re.findall(r"^    (.+?), ", run.log(), re.MULTILINE), 10)

    assert told == ["Frida Fulladmin", "Olle Officer", "Gunnar Globaladmin"]
    assert before == "off"
    assert "go through the app" in by_hand.text
    assert "Frida Fulladmin" in page.text


def test_only_app_serves_what_the_environment_says(tmp_path: Path) -> None:
    environment = without_settings(**ALONE)
    with running(tmp_path, "--only-app", env=environment) as run:
        app = address(run, "App")
        refused = requests.post(f"{app}/webhooks/{ORG}/1/rooms", timeout=10).status_code
        start = requests.get(app, timeout=10).text
        children = children_of(run.pid)
        code = interrupt(run)
        told = run.log()

    assert refused == 401
    assert "PUBLIC_URL is empty" in start
    assert "PUBLIC_URL is not set" in told
    assert (code, len(children), still_there(children)) == (0, 2, set())


# How it is done


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "sandbox.run", f"--data={folder}", *options]


@contextmanager
def running(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Child]:
    log = folder / "run.log"
    child = Child(command(folder, *options), cwd=ROOT, env=env or os.environ, log_file=log)
    try:
        yield child
    finally:
        child.stop(grace=30)


def second_log(folder: Path) -> str:
    return (folder / "run.log").read_text()


def address(run: Child, name: str) -> str:
    """Where a page is served, once everything is ready."""

    def told() -> str | None:
        if run.exit_code is not None:
            pytest.fail(f"It ended with {run.exit_code}:\n{run.log()}")
        match = re.search(rf"{name}  +(http\S+)", run.log())
        return match and match[1]

    found: str = eventually(told, 90)
    return found


def create_team(console: str, name: str) -> None:
    page = requests.get(console, timeout=10).text
    who = re.search(r'<option value="([0-9a-f-]{36})"', page)
    assert who
    form = {"name": name, "who": who[1], "count": "3", "pause": "0.1"}
    answer = requests.post(f"{console}/teams", data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 303


def state(console: str) -> Any:
    return requests.get(f"{console}/state", timeout=10).json()


def interrupt(run: Child) -> int:
    os.kill(run.pid, signal.SIGINT)
    return run.wait(40)


def eventually(what: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s")


def without_settings(**settings: str) -> dict[str, str]:
    ours = ("MASTER_KEYS", "WEBEX_", "MICROSOFT_", "GRAPH_", "PUBLIC_URL", "AzureWebJobsStorage")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return plain | settings


def children_of(parent: int) -> set[int]:
    return {pid for pid, its_parent in _processes() if its_parent == parent}


def still_there(pids: set[int]) -> set[int]:
    return pids & {pid for pid, _ in _processes()}


def command_of(pid: int) -> str:
    return subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=True
    ).stdout


def _processes() -> list[tuple[int, int]]:
    """Process and parent of everything that runs; zombies do not."""
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in table.splitlines())
    return [(int(pid), int(parent)) for pid, parent, stat in rows if not stat.startswith("Z")]
