"""The sandbox's clouds on ports of this process, as slow as real ones: contestants are processes.

A call takes LATENCY, of which PER_REQUEST is for the request and the rest for the operation in it.
The parts of a `$batch` are done side by side, but one after the other where `dependsOn` says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import installation
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.server import Server
from sandbox.kit import Call, Cloud, Request, Response
from sandbox.microsoft.state import Group
from sandbox.webex.state import Person, Team
from shared.config import read_settings
from shared.core.ids import PersonId, TenantId
from shared.wiring import Wiring

if TYPE_CHECKING:
    from bench.identity import Account

LATENCY, PER_REQUEST = 0.035, 0.010
MASTER_KEYS = f"1:{'a' * 43}="


class RunningClock:
    """The machine's time, and what was skipped of it. Seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def latency_of(request: Request) -> float:
    """Seconds."""
    batch = request.path.endswith("/$batch")
    longest = _longest_chain(request.json()["requests"]) if batch else 1
    return PER_REQUEST + (LATENCY - PER_REQUEST) * longest


def _longest_chain(parts: Sequence[Mapping[str, Any]]) -> int:
    """A part names only parts before it."""
    depth: dict[str, int] = {}
    for part in parts:
        depth[part["id"]] = 1 + max((depth[each] for each in part.get("dependsOn", ())), default=0)
    return max(depth.values(), default=1)


@dataclass(frozen=True)
class Counts:
    """HTTP requests; not those for tokens, nor what all teams share. writes: to the directory."""

    graph: int
    webex: int
    writes: int

    def since(self, before: Counts) -> Counts:
        return Counts(
            self.graph - before.graph, self.webex - before.webex, self.writes - before.writes
        )


@dataclass
class World:
    """An organization with its sign-ins kept, its tenant connected, its switch On."""

    clouds: Clouds
    clock: RunningClock
    urls: dict[str, str]
    settings: dict[str, str]
    tokens: dict[str, dict[str, str]]
    wiring: Wiring
    _people: int = 0
    known: dict[str, str] = field(default_factory=dict)

    def people(self, count: int) -> list[Person]:
        """New ones, in both directories."""
        org = self.clouds.webex.world.organizations[world.ORGANIZATION]
        found = []
        for _ in range(count):
            self._people += 1
            user = self.clouds.tenant.add_user(f"Bench Person {self._people:05d}")
            found.append(org.add_person(user.display_name, external_id=user.object_id))
        return found

    def team(self, people: Sequence[Person], name: str) -> Team:
        team = self.clouds.webex.create_team(people[0], name)
        for person in people[1:]:
            self.clouds.webex.add_member(team, person)
        return team

    def know(self, people: Sequence[Person]) -> None:
        """The directory's audit has been there."""
        from shared.core.identity import from_external_id

        now = round(self.clock.now())
        self.wiring.services(installation.ORG).identities.keep(
            from_external_id(PersonId(p.uuid), p.external_id, now) for p in people
        )

    def groups_of(self, team: Team) -> list[Group]:
        digits = team.uuid.replace("-", "")[:8]
        groups = list(self.clouds.tenant.groups.values())
        return [group for group in groups if digits in group.mail_nickname]

    def wrong(self, team: Team) -> str:
        """What is not as it should be, "" if all is."""
        groups = self.groups_of(team)
        if len(groups) != 1:
            return f"{len(groups)} groups" if groups else "no group"
        wanted = {p.external_id for p in self.clouds.webex.people_of(team) if p.external_id}
        if set(groups[0].members) != wanted:
            return f"{len(groups[0].members)} of {len(wanted)} people"
        moderators = {p.external_id for p in self.clouds.webex.moderators_of(team)}
        return "" if set(groups[0].owners) == moderators else "other owners"

    def counts(self) -> Counts:
        microsoft, webex = self.clouds.microsoft, self.clouds.webex
        return Counts(
            len([c for c in microsoft.graph.calls(inner=False) if counts(c)]),
            len([c for c in webex.calls() if counts(c)]),
            self.clouds.tenant.write_count,
        )

    def account(self, object_ids: dict[str, str]) -> dict[str, object]:
        """What a peer is configured with."""
        return {
            "organization": world.ORGANIZATION,
            "tenant": world.TENANT,
            "client_id": world.APP_ID,
            "client_secret": world.APP_SECRET,
            "spaces_token": self.tokens["spaces"]["access_token"],
            "people_token": self.tokens["people"]["access_token"],
            "webex": self.urls["webex"],
            "graph": f"{self.urls['graph']}/v1.0",
            "login": self.urls["login"],
            "object_ids": object_ids,
        }


def counts(call: Call) -> bool:
    """Not counted: the tenant's settings, its delta, and the events, which all teams share."""
    shared = ("groupSettings", "/groups/delta", "/drive")
    return not any(part in call.path for part in shared) and not call.path.startswith("/v1/events")


@contextmanager
def serving(storage: str = "", account: Account | None = None) -> Iterator[World]:
    """storage, or an account to be opened by an identity: an emulator that has no rows of this
    organization yet."""
    clock = RunningClock()
    clouds = Clouds(clock=clock)
    world.consent(clouds.microsoft)
    # Nobody is made to wait for the sandbox's quota: that is measured elsewhere.
    clouds.webex.switches.quota = False
    clouds.webex.switches.who_may_link = "compliance"
    graph, webex, login = clouds.microsoft.graph, clouds.webex, clouds.microsoft.login
    servers = {
        name: Server(_slowed(cloud))
        for name, cloud in (("graph", graph), ("webex", webex), ("login", login))
    }
    for server in servers.values():
        server.start()
    try:
        urls = {name: server.url for name, server in servers.items()}
        ports = {name: server.server_port for name, server in servers.items()}
        settings = installation.sandbox_settings(storage, MASTER_KEYS, {**ports, "app": 1})
        if account:
            settings |= account.settings
        world.register(webex, clouds.microsoft, settings["PUBLIC_URL"])
        tokens = world.issue_tokens(webex)
        open_tables = account.open_tables if account else None
        wiring = Wiring(read_settings(settings), clock, open_tables=open_tables)
        list(_set_up(wiring, tokens))
        clock.ahead += 5.0
        yield World(clouds, clock, urls, settings, tokens, wiring)
    finally:
        for server in servers.values():
            server.stop()


def _set_up(wiring: Wiring, tokens: dict[str, dict[str, str]]) -> Iterator[str]:
    from sandbox import setup_organization as setup

    yield from setup.set_up(wiring, installation.ORG, TenantId(world.TENANT), tokens)
    yield setup.turn(wiring, installation.ORG, on=True)


def _slowed(cloud: Cloud) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        time.sleep(latency_of(request))
        return cloud.handle(request)

    return handle


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Of a process of the app's, or of a peer's, as plain as in Azure: .pyc files are there the
    second time, and nothing is said of certificates."""
    from sandbox.stack import child_environment

    given = child_environment(settings)
    dropped = ("PYTHONDONTWRITEBYTECODE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {name: value for name, value in given.items() if name not in dropped}
