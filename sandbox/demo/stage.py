"""What the demo plays on: the clouds in this process, storage and the app in others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.clouds.house import Clouds
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.demo.tally import Tally
from sandbox.installation import ORG, new_master_keys, sandbox_settings
from sandbox.stack import Stack, child_environment, free_ports
from sandbox.supervise import Steps
from shared.config import read_settings
from shared.ports import Services
from shared.wiring import Wiring

NAMES = ("webex", "graph", "login", "console", "app")


@dataclass(frozen=True)
class Stage:
    clouds: Clouds
    tally: Tally
    wiring: Wiring
    stack: Stack
    app_url: str

    @property
    def services(self) -> Services:
        """The app's own records."""
        return self.wiring.services(ORG)

    @property
    def is_on(self) -> bool:
        """The app's switch, as it stands in its records."""
        return self.services.organizations.settings().on


@contextmanager
def stage(folder: Path, say: Steps) -> Iterator[Stage]:
    """A fresh world in `folder`, nothing set up; nothing of it runs any more afterwards."""
    stack = Stack(folder / "logs")
    try:
        say("Starting Azurite, the clouds and the functions host")
        ports = free_ports(dict.fromkeys(NAMES, 0))
        storage = stack.storage(folder / "azurite")
        settings = sandbox_settings(storage, new_master_keys(), ports)
        clouds = Clouds()
        tally = Tally(clouds)
        cloud_ports = Ports(**{name: ports[name] for name in NAMES if name != "app"})
        with ServedClouds(clouds, cloud_ports, settings, tally.hear) as served:
            url = stack.host(ports["app"], child_environment(settings))
            say(f"Everything answers; to watch: {served.urls['console']}")
            yield Stage(clouds, tally, Wiring(read_settings(settings)), stack, url)
            # The app goes first, while the clouds can still answer what it has begun.
            stack.stop()
    finally:
        stack.stop()
