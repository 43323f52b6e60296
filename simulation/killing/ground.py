"""What the rounds are played on: storage, clouds, the relays between, and the host that dies."""

from __future__ import annotations

import base64
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.clouds.house import Clouds, Postman
from sandbox.clouds.server import Server
from sandbox.installation import ORG, new_master_keys, sandbox_settings
from sandbox.kit import Cloud
from sandbox.process import Child
from sandbox.stack import child_environment, free_ports
from sandbox.storage import ROOT, Azurite
from shared.admin import again, holding
from shared.admin.ports import Actor
from shared.config import read_settings
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.reasons import Refusal
from shared.ports import Services
from shared.sync.delta import DELTA
from shared.sync.events import EVENTS
from shared.sync.waking import WAKE
from shared.wiring import Wiring
from simulation.killing.hurry import HurriedClock
from simulation.killing.wire import Wires
from simulation.killing.witness import Witness
from simulation.run import RESTS
from simulation.universe import Firm

PEOPLE = 32
QUEUES = ("nudges", "nudges-poison")
ADMIN = Actor(PersonId(""), "an administrator")
# Real seconds.
START_SECONDS = 60.0
REST_SECONDS = 180.0
# Seconds of the hurried clock within which both clouds tell whatever happens.
HEARING = 30.0
# A team that is due sooner is waited for.
SOON = 15.0
# Background work that is due later than this is not waited for.
BACKGROUND = 600.0
TEAMS = 1000


class Broken(Exception):
    """The ground itself does not stand; the text says what."""


class Ground:
    """Use it as a context manager. `truth` and the clouds are read past every relay.

    firm: the organization, and those of its people who may move.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts = 0
        self.letters: list[str] = []
        self.allowed = 0
        self._host: Child | None = None
        self._tidy = ExitStack()
        try:
            self._build()
        except BaseException:
            self._tidy.close()
            raise

    def _build(self) -> None:
        clock_file = self.folder / "clock"
        self.clock = HurriedClock.begin(clock_file)
        azurite = self._tidy.enter_context(Azurite.start(log_file=self.folder / "azurite.log"))
        self.clouds = Clouds(clock=self.clock)
        world.consent(self.clouds.microsoft)
        self._port = free_ports({"app": 0})["app"]
        world.register(self.clouds.webex, self.clouds.microsoft, f"http://127.0.0.1:{self._port}")
        microsoft = self.clouds.microsoft
        direct = {c.name: self._serve(c) for c in (self.clouds.webex, microsoft.graph)}
        direct["login"] = self._serve(microsoft.login)
        postman = Postman(self.clouds)
        postman.start()
        self._tidy.callback(postman.stop)
        straight = {n: direct[n] for n in ("webex", "graph")}
        stores = {n.lower(): azurite.ports[n] for n in ("Table", "Queue")}
        self.wires = self._tidy.enter_context(Wires(straight | stores))
        keys, app = new_master_keys(), {"app": self._port}
        self._storage = storage = azurite.connection_string
        relayed = _with_ports(storage, azurite.ports, self.wires.ports)
        self._environment = child_environment(
            sandbox_settings(relayed, keys, direct | app | self.wires.ports)
        )
        settings = sandbox_settings(storage, keys, direct | app)
        self._secrets = {keys.partition(":")[2], world.APP_SECRET, world.INTEGRATION_SECRET}
        self.wiring = Wiring(read_settings(settings), self.clock)
        self._queue = self.queue()
        self._set_up()
        self._tidy.callback(self._end_host)

    def _set_up(self) -> None:
        webex = self.clouds.webex
        org = webex.world.organizations[world.ORGANIZATION]
        self.firm = Firm(
            org,
            self.clouds.tenant,
            world.person(webex, world.OFFICER),
            world.ordinary_people(webex)[:PEOPLE],
        )
        self.witness = Witness(self.clock, webex, org, self.clouds.tenant)
        self.old = webex.create_team(self.firm.people[0], "From before")
        # The switch looks at whole seconds of Webex's clock.
        self.clock.skip(60.0)
        tokens = world.issue_tokens(webex)
        for _ in setup.set_up(self.wiring, ORG, TenantId(world.TENANT), tokens):
            pass
        setup.turn(self.wiring, ORG, on=True)
        setup.register_webhook(self.wiring, ORG)
        self.clock.skip(5.0)

    def _serve(self, cloud: Cloud) -> int:
        """Over HTTP; its port."""
        server = Server(cloud.handle)
        server.start()
        self._tidy.callback(server.stop)
        return server.server_port

    @property
    def truth(self) -> Services:
        return self.wiring.services(ORG)

    # The host

    def start_host(self) -> None:
        """Start a new one; `wait_for_host` waits."""
        self.hosts += 1
        self._host = Child(
            [
                sys.executable,
                "-m",
                "simulation.killing.host",
                f"--port={self._port}",
                f"--clock={self.folder / 'clock'}",
            ],
            env=self._environment,
            cwd=ROOT,
            log_file=self.folder / f"host-{self.hosts}.log",
        )

    def wait_for_host(self) -> float:
        """Until it answers; how long that took, real seconds. Raises Broken."""
        begun = time.monotonic()
        while time.monotonic() - begun < START_SECONDS:
            if self._host is None or self._host.exit_code is not None:
                raise Broken(
                    f"the host ended by itself:\n{self._host and self._host.log()[-3000:]}"
                )
            if self._answers():
                return time.monotonic() - begun
            time.sleep(0.03)
        raise Broken("the host does not answer")

    def killing(self) -> Callable[[], None]:
        """To kill the host that runs now with SIGKILL, from any thread; a later one is spared."""
        host = self._host

        def kill() -> None:
            if host is not None and host.exit_code is None:
                os.kill(host.pid, signal.SIGKILL)

        return kill

    def bury(self) -> None:
        """After `killing`. Raises Broken where it had ended by itself."""
        assert self._host is not None
        code = self._host.wait(10)
        told = self._host.log()[-3000:]
        self._host.stop()
        self._host = None
        if code != -signal.SIGKILL:
            raise Broken(f"the host ended by itself, with {code}:\n{told}")

    def _end_host(self) -> None:
        if self._host is not None:
            self._host.stop(grace=0.0)

    def _answers(self) -> bool:
        """An unsigned delivery is refused by the app itself, not by the host."""
        url = f"http://127.0.0.1:{self._port}/webhooks/nobody/0/rooms"
        with suppress(requests.RequestException), requests.Session() as session:
            session.trust_env = False
            return session.post(url, timeout=5).status_code == 401
        return False

    # Rest

    def rest(self) -> float:
        """Until nothing is due for a long time. Real seconds; raises Broken where it never does.

        Administrators see to what waits for them meanwhile.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < REST_SECONDS:
            if self.pass_time(RESTS):
                return time.monotonic() - begun
            time.sleep(0.05)
        raise Broken(f"it does not rest within {REST_SECONDS:g} s: {self._why_busy()}")

    def pass_time(self, horizon: float) -> bool:
        """Skip to when the next team is due, if nobody is at work. Whether none is, that soon.

        horizon: seconds of the hurried clock.
        """
        following = self._following()
        if following is None:
            return False
        away = following - self.clock.now()
        if SOON < away <= horizon:
            self.clock.skip(away)
        return away > horizon

    def _following(self) -> float | None:
        """When the next look is due, seconds since the epoch; None: somebody is at work."""
        if self._why_busy() or self._see_to_it():
            return None
        dues = self.truth.looks.due(10**13 - 2, TEAMS)
        looks = self.truth.looks.among([d.uuid for d in dues])
        # The daily name and the weekly look are nobody's wish, and of many teams some is always
        # due within hours.
        soon = (self.clock.now() + BACKGROUND) * 1000
        wished = [
            d.at for d in dues if d.at <= soon or d.uuid not in looks or not looks[d.uuid].low
        ]
        return min(wished) / 1000 if wished else float("inf")

    def _why_busy(self) -> str:
        if self._is_anything_queued():
            return "there are messages"
        heard = self.witness.last_change + HEARING
        if self._heard_until() < heard:
            return "the clouds have news"
        waking = self.truth.organizations.kept(WAKE)
        return "teams are woken" if waking and not waking.state.get("done") else ""

    def _is_anything_queued(self) -> bool:
        """Also what a host has taken: it is there until that host is done with it."""
        try:
            return bool(self._queue.get_queue_properties().approximate_message_count)
        except ResourceNotFoundError:
            # Nothing was ever sent.
            return False

    def _heard_until(self) -> float:
        kept = [self.truth.organizations.kept(source) for source in (EVENTS, DELTA)]
        events, delta = (k.state if k else {} for k in kept)
        if events.get("page") or delta.get("begun"):
            return 0.0
        until = (events.get("since"), delta.get("read"))
        return min(float(u) if isinstance(u, int) else 0.0 for u in until) / 1000

    def _see_to_it(self) -> bool:
        """Whether an administrator had something to decide."""
        truth, office = self.truth, self.wiring.office(ORG)
        letters = truth.dead_letters.after("", 100)
        for letter in letters:
            again.replay(office, ADMIN, letter.team)
            self.letters.append(f"{letter.team}: {letter.error}")
        allowed = self.allowed
        for team in self.clouds.webex.world.teams:
            held = truth.teams.held(TeamId(team))
            if held is None or held.value.decided:
                continue
            with suppress(Refusal):
                holding.decide(office, ADMIN, team, holding.ALLOW, holding.mark(held.value))
                self.allowed += 1
        return bool(letters) or self.allowed > allowed

    # What must not be found in what

    def secrets(self) -> set[str]:
        """Every token that was issued, what the settings keep, and what signs deliveries."""
        webex, microsoft = self.clouds.webex.world, self.clouds.microsoft.world
        signing = {webhook.secret for webhook in webex.webhooks.values()}
        return {*self._secrets, *webex.tokens, *webex.refresh_tokens, *microsoft.tokens, *signing}

    def written(self) -> str:
        """All that the app has left somewhere, as text: rows, messages, and every host's log."""
        tables = TableServiceClient.from_connection_string(self._storage)
        names = [table.name for table in tables.list_tables()]
        rows = [
            repr(row) for name in names for row in tables.get_table_client(name).list_entities()
        ]
        logs = [log.read_text("utf-8") for log in sorted(self.folder.glob("host-*.log"))]
        waiting = [text for name in QUEUES for text in _messages(self.queue(name))]
        return "\n".join([*rows, *waiting, *logs])

    def queue(self, name: str = QUEUES[0]) -> QueueClient:
        """Past every relay."""
        return QueueClient.from_connection_string(self._storage, name)

    def close(self) -> None:
        self._tidy.close()

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _messages(queue: QueueClient) -> list[str]:
    """What waits on it, as it stands there and as the app wrote it; at most 32."""
    try:
        waiting = [str(message.content) for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []
    return [*waiting, *(_decoded(text) for text in waiting)]


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def _with_ports(connection: str, before: dict[str, int], relays: dict[str, int]) -> str:
    for name in ("Table", "Queue"):
        connection = connection.replace(f":{before[name]}/", f":{relays[name.lower()]}/")
    return connection
