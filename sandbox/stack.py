"""The processes that make up a world on this machine: started, watched, stopped in good order."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.host import coretools
from sandbox.process import Child
from sandbox.storage import ROOT, Azurite

STORAGE = "AzureWebJobsStorage"
START_SECONDS = 60.0
# The host lets functions that run come to their end.
STOP_SECONDS = 15.0
_LAST_LINES = 15


class NotStarted(Exception):
    """Something did not come up; the text says what, and the last that it said."""


@dataclass(frozen=True)
class Piece:
    name: str
    child: Child
    log: Path


class Stack:
    """Pieces stop in the reverse order of their start. `logs` keeps one file a piece."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._pieces: list[Piece] = []
        logs.mkdir(parents=True, exist_ok=True)

    def storage(self, location: Path) -> str:
        """Start Azurite; its connection string. Raises sandbox.node.SetupError."""
        location.mkdir(parents=True, exist_ok=True)
        log = self._logs / "azurite.log"
        azurite = Azurite.start(location, log)
        self._pieces.append(Piece("Azurite", azurite.child, log))
        return azurite.connection_string

    def clouds(
        self,
        data: Path,
        ports: Mapping[str, int],
        environment: Mapping[str, str],
        *,
        consented: bool = False,
    ) -> Any:
        """Start the clouds; their addresses (`urls`) and fresh Webex tokens (`tokens`)."""
        ready = data / "clouds.json"
        ready.unlink(missing_ok=True)
        given = [f"--{name}={port}" for name, port in ports.items()]
        given += [f"--world={data / 'world.json'}", f"--ready={ready}", "--with-parent"]
        given += ["--consented"] if consented else []
        piece = self._start("the clouds", [*_python("sandbox.clouds"), *given], environment)
        self._wait(piece, ready.exists)
        told = json.loads(ready.read_text())
        # The tokens are in our hands now, and have no business on the disk.
        ready.unlink()
        return told

    def host(self, port: int, environment: Mapping[str, str], *, core_tools: bool = False) -> str:
        """Start the functions host; its address once the app answers.

        Raises coretools.CoreToolsMissing.
        """
        if core_tools:
            command = [*_python("sandbox.leash"), *coretools.command(port)]
        else:
            options = [str(ROOT), "--port", str(port), "--with-parent"]
            command = [*_python("sandbox.host"), *options]
        piece = self._start("the functions host", command, environment)
        url = f"http://127.0.0.1:{port}"
        self._wait(piece, lambda: _app_answers(url))
        return url

    def fallen(self) -> Piece | None:
        """A piece that has ended by itself."""
        return next((p for p in self._pieces if p.child.exit_code is not None), None)

    def stop(self) -> None:
        """May be called twice."""
        while self._pieces:
            self._pieces.pop().child.stop(STOP_SECONDS)

    def _start(self, name: str, command: list[str], environment: Mapping[str, str]) -> Piece:
        log = self._logs / f"{name.removeprefix('the ').replace(' ', '-')}.log"
        piece = Piece(name, Child(command, env=environment, cwd=ROOT, log_file=log), log)
        self._pieces.append(piece)
        return piece

    def _wait(self, piece: Piece, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and piece.child.exit_code is None:
            if is_ready():
                return
            time.sleep(0.05)
        what = "ended at once" if piece.child.exit_code is not None else "did not answer in time"
        raise NotStarted(f"{piece.name.capitalize()} {what}.\n{last_words(piece)}")


def last_words(piece: Piece) -> str:
    """The end of its log."""
    lines = piece.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([*(f"  | {line}" for line in lines), f"  All of it: {piece.log}"])


def free_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """For each name the port wanted, or any free one where it is taken or 0."""
    held = {name: _bound(port) for name, port in wanted.items()}
    ports = {name: int(listener.getsockname()[1]) for name, listener in held.items()}
    for listener in held.values():
        listener.close()
    return ports


def _bound(port: int) -> socket.socket:
    for candidate in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
            continue
        return listener
    raise NotStarted("There is no free port on this machine.")


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours with these settings. Calls to this machine go past any proxy."""
    beside = {
        "PYTHONUNBUFFERED": "1",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        # Else Microsoft's host shows a page of its own where our start page is.
        "AzureWebJobsDisableHomepage": "true",
    }
    for name in ("no_proxy", "NO_PROXY"):
        others = [os.environ[name]] if os.environ.get(name) else []
        beside[name] = ",".join([*others, "127.0.0.1", "localhost"])
    ours = dict(os.environ)
    if settings.get(STORAGE):
        # Another way to name the same thing.
        ours = {name: value for name, value in ours.items() if not name.startswith(f"{STORAGE}__")}
    return {**ours, **beside, **settings}


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _app_answers(url: str) -> bool:
    """An unsigned delivery is refused by the app itself, not by the host."""
    import requests

    with suppress(requests.RequestException):
        session = requests.Session()
        session.trust_env = False
        answer = session.post(f"{url}/webhooks/nobody/0/rooms", timeout=5)
        return bool(re.search("signed", answer.text)) and answer.status_code == 401
    return False
