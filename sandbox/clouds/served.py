"""The clouds on four ports of this machine: Webex, Graph, login, and the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from sandbox.clouds import world
from sandbox.clouds.house import Clouds, Postman
from sandbox.clouds.server import Handle, Server
from sandbox.console.app import Console
from sandbox.kit import Cloud, Request, Response

Listen = Callable[[str, Request, Response], None]


@dataclass(frozen=True)
class Ports:
    """0 stands for any free one."""

    webex: int = 0
    graph: int = 0
    login: int = 0
    console: int = 0


class ServedClouds:
    """Use it as a context manager, or call `stop`. Raises OSError for a taken port.

    `environment` is the app's: the console works the app's switch through it. `listen` is told of
    every request that was answered.
    """

    def __init__(
        self,
        clouds: Clouds,
        ports: Ports,
        environment: Mapping[str, str],
        listen: Listen | None = None,
    ) -> None:
        self.clouds = clouds
        world.register(clouds.webex, clouds.microsoft, environment.get("PUBLIC_URL", ""))
        console = Console(clouds, environment)
        self._servers = {
            "webex": Server(_heard(clouds.webex, listen), ports.webex),
            "graph": Server(_heard(clouds.microsoft.graph, listen), ports.graph),
            "login": Server(_heard(clouds.microsoft.login, listen), ports.login),
            "console": Server(console.handle, ports.console),
        }
        self._console = console
        self._postman = Postman(clouds)
        for server in self._servers.values():
            server.start()
        self._postman.start()

    @property
    def urls(self) -> dict[str, str]:
        return {name: server.url for name, server in self._servers.items()}

    def stop(self) -> None:
        """The world is saved."""
        self._console.stop()
        for server in self._servers.values():
            server.stop()
        self._postman.stop()

    def __enter__(self) -> ServedClouds:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _heard(cloud: Cloud, listen: Listen | None) -> Handle:
    if listen is None:
        return cloud.handle

    def handle(request: Request) -> Response:
        answer = cloud.handle(request)
        listen(cloud.name, request, answer)
        return answer

    return handle
