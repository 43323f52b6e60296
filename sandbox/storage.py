"""Azurite, Microsoft's storage emulator, as a child process: queues, tables and blobs.

https://learn.microsoft.com/azure/storage/common/storage-use-azurite
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from sandbox.node import Node, SetupError, find_node, npm_packages
from sandbox.process import Child

ROOT = Path(__file__).resolve().parents[1]
STATE_DIR = ROOT / ".dev"
PACKAGE = Path(__file__).with_name("azurite")

# Published by Microsoft for the emulator; it opens nothing else.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
SERVICES = ("Blob", "Queue", "Table")
START_SECONDS = 60.0
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at https?://[^:]+:(\d+)")


@dataclass(frozen=True)
class Certificate:
    """Files in PEM."""

    public: Path
    private: Path


class Azurite:
    """A running Azurite on ports of its own. Use it as a context manager, or call `stop`."""

    def __init__(self, child: Child, ports: dict[str, int], scheme: str = "http") -> None:
        self._child = child
        self._scheme = scheme
        self.ports = ports

    @classmethod
    def start(
        cls,
        location: Path | None = None,
        log_file: Path | None = None,
        certificate: Certificate | None = None,
    ) -> Azurite:
        """Install it if need be and start it; in memory, or with its data in `location`.

        certificate: with one it speaks https, and takes tokens of Entra beside the account's key.
        Answers once all three ports do. Raises SetupError.
        """
        node = find_node(STATE_DIR)
        command = _command(node, install(), location, certificate)
        child = Child(command, cwd=STATE_DIR, log_file=log_file)
        with _stopped_on_error(child):
            ports = _wait_until_listening(child)
            return cls(child, ports, "https" if certificate else "http")

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def child(self) -> Child:
        return self._child

    def endpoint(self, service: str) -> str:
        """service: one of SERVICES."""
        return f"{self._scheme}://127.0.0.1:{self.ports[service]}/{ACCOUNT}"

    @property
    def connection_string(self) -> str:
        endpoints = "".join(f"{name}Endpoint={self.endpoint(name)};" for name in SERVICES)
        return (
            f"DefaultEndpointsProtocol={self._scheme};AccountName={ACCOUNT};"
            f"AccountKey={ACCOUNT_KEY};{endpoints}"
        )

    def stop(self) -> None:
        """May be called twice."""
        self._child.stop(grace=5.0)

    def __enter__(self) -> Azurite:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def install() -> Path:
    """The folder that holds this lock file's Azurite, installed there the first time.

    Raises SetupError.
    """
    return npm_packages(PACKAGE, STATE_DIR, "azurite", "Azurite, about 190 MB")


def _command(
    node: Node, installed: Path, location: Path | None, certificate: Certificate | None
) -> list[str]:
    main = installed / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    watcher = PACKAGE / "until_stdin_closes.js"
    ports = [part for name in SERVICES for part in (f"--{name.lower()}Port", "0")]
    where = ["--location", str(location.resolve())] if location else ["--inMemoryPersistence"]
    # The SDK for queues speaks a newer version of the API than any Azurite knows.
    flags = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    if certificate:
        pem = ["--cert", str(certificate.public), "--key", str(certificate.private)]
        flags += [*pem, "--oauth", "basic"]
    return [*node.node, "--require", str(watcher), str(main), *flags, *ports, *where]


def _wait_until_listening(child: Child) -> dict[str, int]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.exit_code is None:
        ports = {name: int(port) for name, port in _LISTENING.findall(child.log())}
        if set(ports) >= set(SERVICES) and all(map(_answers, ports.values())):
            return ports
        time.sleep(0.02)
    code = child.exit_code
    reason = f"did not start in {START_SECONDS:g} s" if code is None else f"ended with {code}"
    raise SetupError(f"Azurite {reason}:\n{child.log()}")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def _stopped_on_error(child: Child) -> Iterator[None]:
    try:
        yield
    except BaseException:
        child.stop()
        raise
