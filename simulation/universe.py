"""The world of one seed: two organizations with their clouds, the storage, and whoever acts in it.

Nothing has gone wrong yet and nobody has signed in where `Universe` is made; `installed` makes the
product work for an organization as its pages would.
"""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import requests

from sandbox.host.app import FunctionsApp
from sandbox.memory_tables import MemoryTables
from sandbox.microsoft import MicrosoftClouds
from sandbox.microsoft.state import Tenant
from sandbox.webex import WebexCloud
from sandbox.webex.state import Organization, Person
from shared import wiring as product
from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.config import Settings, read_settings
from shared.core.credential import Credential
from shared.core.identity import from_external_id
from shared.core.ids import OrgId, PersonId, TeamId, TenantId
from shared.core.keyring import webhook_secret
from shared.http import new_session
from shared.log import Log
from shared.microsoft.drives import DriveClient
from shared.microsoft.graph import GraphClient
from shared.ports import Due, Organizations, Services
from shared.sync.delta import DELTA
from shared.sync.events import DEEP, EVENTS
from shared.sync.renaming import daily_at
from shared.sync.waking import WAKE
from shared.tally import Tally
from shared.webex.client import WebexClient
from shared.wiring import Wiring
from simulation.chaos import Chaos
from simulation.edges import EdgeService, HttpEdge
from simulation.inline import Inline
from simulation.scheduler import Process, Scheduler
from simulation.watcher import Watcher

ROOT = Path(__file__).resolve().parents[1]
START = 1_790_000_000.0
PUBLIC_URL = "https://app.example"
MASTER_KEY = base64.b64encode(b"k" * 32).decode()
SECRETS = {"integration": "integration-secret-of-webex", "app": "secret~of-the-app"}
SCOPES = {
    *(f"spark-compliance:{what}_read" for what in ("rooms", "teams", "events", "webhooks")),
    *(f"spark-compliance:memberships_{what}" for what in ("read", "write")),
    "spark-compliance:webhooks_write",
    "spark:people_read",
}
PERMISSIONS = {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"}
# The share of seeds with a bot.
BOTS = 0.4
# Seconds: as long as the judge waits after the weekly look has begun, and more.
LATELY = 1200.0
SOMEBODY = Actor(PersonId(""), "somebody")


@dataclass(eq=False)
class Firm:
    """One organization with its tenant. people: everybody who may be in its teams. on_since,
    on_again: when the switch went on first and last. outdated: its rows are the version before's.
    """

    org: Organization
    tenant: Tenant
    officer: Person
    people: list[Person] = field(default_factory=list)
    on_since: float | None = None
    on_again: float = 0.0
    outdated: bool = False

    @property
    def id(self) -> OrgId:
        return OrgId(self.org.uuid)


@cache
def the_app() -> FunctionsApp:
    """The product as the worker loads it; its functions run where they are called."""
    app = FunctionsApp.load(ROOT, {})
    app.workers = Inline()
    return app


class Universe:
    """seed decides everything. over_ports: the product meets the clouds at its ports. signs_in: its
    tokens are looked at there as well. spent: those that were taken back. bot: ours, where there is
    one; it moderates every team. out_of_sight: Webex finds no space for a moment; unseen: these
    spaces not yet, by their uuid. permissions: what the tenants have consented to."""

    def __init__(self, seed: int, *, over_ports: bool = False, firms: int = 1) -> None:
        self.seed = seed
        self.draw = Random(f"world {seed}")
        self.scheduler = Scheduler(Random(f"order {seed}"), START, self._goes_on)
        self.chaos = Chaos(self.scheduler, Random(f"chaos {seed}"))
        self.webex = WebexCloud(self.scheduler, seed)
        self.microsoft = MicrosoftClouds(self.scheduler, seed)
        self.tables = MemoryTables()
        self.watcher = Watcher(self.scheduler, self.webex, self.microsoft)
        self.watcher.ios = lambda: self.chaos.ios
        self.watcher.thawed = self.chaos.thawed
        self.over_ports = over_ports
        self.app = the_app()
        self.application = self.microsoft.add_app(
            client_secret=SECRETS["app"], required=PERMISSIONS
        )
        self.webex.add_integration("integration", SECRETS["integration"])
        self.permissions = {*PERMISSIONS}
        self.firms = [self._firm(n) for n in range(firms)]
        self.bot: Person | None = None
        self._bot_token = ""
        if Random(f"bot {seed}").random() < BOTS:
            self.bot = self.webex.add_bot("Robo")
            self._bot_token = self.webex.issue_bot_token(self.bot).access_token
        self.settings = self._settings()
        self._ids = Random(f"ids {seed}")
        self._installed: Process | None = None
        self._administrator = Process("administrator")
        self._wirings: dict[Process, SimulatedWiring] = {}
        self.messages: list[str] = []
        self.signs_in = False
        self.out_of_sight = False
        self.unseen: set[str] = set()
        self.spent: set[str] = set()
        self._truth: dict[OrgId, Services] = {}

    @property
    def process_of_ours(self) -> Process:
        """Where the pages are answered; another one, where the last has died."""
        if not self._administrator.alive:
            self.forget(self._administrator)
            self._administrator = Process("administrator")
        return self._administrator

    # Building

    def _firm(self, n: int) -> Firm:
        org = self.webex.add_organization(
            f"Firm {n}", str(uuid.UUID(int=self.draw.getrandbits(128), version=4))
        )
        tenant = self.microsoft.add_tenant(f"Firm {n}", domain=f"firm{n}.example")
        self.microsoft.consent(self.application, tenant, self.permissions)
        officer = org.add_person(f"Officer {n}", roles=("compliance_officer", "id_full_admin"))
        firm = Firm(org, tenant, officer)
        self.watcher.watch(firm)
        return firm

    def person(self, firm: Firm, name: str = "") -> Person:
        """Somebody whom both sides know under one address."""
        user = firm.tenant.add_user(name or f"Person {len(firm.people):03d}")
        person = firm.org.add_person(user.display_name, user.mail, external_id=user.object_id)
        firm.people.append(person)
        return person

    def _settings(self) -> Settings:
        return read_settings(
            {
                "AzureWebJobsStorage": "UseDevelopmentStorage=true",
                "MASTER_KEYS": f"v1:{MASTER_KEY}",
                "WEBEX_ORG_IDS": ",".join(firm.id for firm in self.firms),
                "MICROSOFT_TENANT_IDS": ",".join(firm.tenant.tenant_id for firm in self.firms),
                "PUBLIC_URL": PUBLIC_URL,
                "MICROSOFT_CLIENT_ID": self.application.client_id,
                "MICROSOFT_CLIENT_SECRET": self.application.client_secret,
                "WEBEX_CLIENT_ID": "integration",
                "WEBEX_CLIENT_SECRET": SECRETS["integration"],
                "WEBEX_BOT_TOKEN": self._bot_token,
            }
        )

    def wiring_of(self, process: Process) -> SimulatedWiring:
        """Everything that a process of the product keeps in its memory."""
        found = self._wirings.get(process)
        if found is None:
            found = self._wirings[process] = self._wiring(process)
        return found

    def forget(self, process: Process) -> None:
        self._wirings.pop(process, None)

    def _wiring(self, process: Process) -> SimulatedWiring:
        def session() -> requests.Session:
            made = new_session()
            made.trust_env = False
            for url, cloud in (
                ("https://webexapis.com", self.webex),
                ("https://graph.microsoft.com", self.microsoft.graph),
                ("https://login.microsoftonline.com", self.microsoft.login),
            ):
                made.mount(url, HttpEdge(cloud, process, self.chaos, self.watcher))
            return made

        def tables() -> Any:
            return EdgeService(self.tables, process, self.chaos, self.watcher)

        return SimulatedWiring(
            self.settings,
            self.scheduler,
            session,
            self._new_id,
            open_tables=tables,
            universe=self,
            process=process,
        )

    def _new_id(self) -> str:
        return f"{self._ids.getrandbits(128):032x}"

    def _goes_on(self, process: Process) -> None:
        """The process whose task runs now is the one that the app's code finds itself in."""
        if process is not self._installed and process in self._wirings:
            product.install(self._wirings[process])
            self._installed = process

    def become(self, process: Process) -> SimulatedWiring:
        wiring = self.wiring_of(process)
        self._goes_on(process)
        return wiring

    # As the pages would

    def install(self, firm: Firm, **changes: object) -> None:
        """Signed in, consented, and set up in storage. The switch is Off."""
        wiring = self.become(self.process_of_ours)
        token = self.webex.issue_token(
            firm.officer, SCOPES | {"identity:people_read"}, client_id="integration"
        )
        kept = Credential(token.access_token, token.refresh_token, round(token.expires_at * 1000))
        for capability in ("spaces", "people"):
            wiring.credentials(firm.id).write(capability, kept)
        office = wiring.office(firm.id)
        connection.connect(office, SOMEBODY, Consent(TenantId(firm.tenant.tenant_id), "", "", 0))
        rows = wiring.services(firm.id).organizations
        rows.save_settings(lambda s: replace(s, **changes))  # type: ignore[arg-type]

    def know(self, firm: Firm) -> None:
        """The directory audit has been there: all identities are kept."""
        services = self.services(firm)
        now = round(self.scheduler.now())
        services.identities.keep(
            from_external_id(PersonId(p.uuid), p.external_id, now) for p in firm.people
        )

    def register_webhook(self, firm: Firm) -> None:
        wiring = self.become(self.process_of_ours)
        secret = webhook_secret(wiring.settings.keyring, "v1", firm.id)
        target = f"{PUBLIC_URL}/webhooks/{firm.id}/v1/rooms"
        wiring.webex_by_http(firm.id).register_rooms_webhook(target, secret)

    def truth(self, firm: Firm) -> Services:
        """The rows as they are, read past every edge."""
        found = self._truth.get(firm.id)
        if found is None:
            wiring = Wiring(self.settings, self.scheduler, open_tables=self.tables.open)
            found = self._truth[firm.id] = wiring.services(firm.id)
        return found

    def secrets(self) -> set[str]:
        """Whatever must stand nowhere: tokens, keys, and what signs deliveries."""
        webex = self.webex.world
        keyring = self.settings.keyring
        return {
            MASTER_KEY,
            *SECRETS.values(),
            *webex.tokens,
            *webex.refresh_tokens,
            *self.microsoft.world.tokens,
            *self.spent,
            *(webhook_secret(keyring, "v1", firm.id) for firm in self.firms),
        }

    def written(self) -> str:
        """All that the product has left somewhere, as text: rows, log lines, messages."""
        return "\n".join([repr(self.tables.snapshot()), *self.watcher.lines, *self.messages])

    @property
    def hearing(self) -> float:
        """Seconds within which both clouds tell whatever happens."""
        graph, webex = self.microsoft.switches, self.webex.switches
        return 10.0 + max(
            graph.read_lag_seconds + graph.delta_delay_seconds,
            webex.event_lag_seconds + webex.event_lag_jitter_seconds,
        )

    def heard_until(self, firm: Firm) -> float:
        """Until when both sources were read, seconds since the epoch."""
        organizations = self.truth(firm).organizations
        if not organizations.settings().on:
            return float("inf")
        kept = organizations.kept(EVENTS), organizations.kept(DELTA)
        events, delta = (k.state if k else {} for k in kept)
        until = min(_number(events.get("since")), _number(delta.get("read")))
        return until / 1000 if not (events.get("page") or delta.get("begun")) else 0.0

    @property
    def reads_again(self) -> bool:
        """Whether the last day of events is to be read once more, as somebody signed in again."""
        rows = (self.truth(firm).organizations for firm in self.firms)
        return any(
            deep is not None and not deep.state.get("read")
            for row in rows
            if row.settings().on
            for deep in (row.kept(DEEP),)
        )

    def was_shown_empty(self, team: str) -> bool:
        """Whether two reads or more have shown nobody in a team that has people."""
        return self.chaos.blind.was_empty_twice(team)

    def was_left_out(self, group: str, account: str) -> bool:
        """Whether a read of a group has left somebody out in these last minutes: at the end, the
        one of the weekly look."""
        now = self.scheduler.at
        return self.chaos.blind.left_out(group, account, now - LATELY, now)

    @property
    def is_waking(self) -> bool:
        """Whether teams are still to be woken for somebody's change."""
        kept = (self.truth(firm).organizations.kept(WAKE) for firm in self.firms)
        return any(k and not k.state.get("done") for k in kept)

    def next_due(self) -> float | None:
        """When the first team or space is due, seconds since the epoch."""
        dues = [d.at for f in self.firms for d in self.truth(f).looks.due(10**13 - 2, 1)]
        return min(dues) / 1000 if dues else None

    def next_work(self) -> float | None:
        """The same of what is due for more than a team's name: that is read daily, of each team at
        a moment of its own."""
        dues = [d.at for f in self.firms for d in self._work(f)]
        return min(dues) / 1000 if dues else None

    def _work(self, firm: Firm) -> Iterator[Due]:
        truth = self.truth(firm)
        for due in truth.looks.due(10**13 - 2, 100):
            row = truth.teams.read(TeamId(due.uuid))
            if row is None or due.at != daily_at(row.value):
                yield due

    def close(self) -> None:
        self.scheduler.close()
        product.install(None)

    def services(self, firm: Firm, process: Process | None = None) -> Services:
        """The product's own, as an administrator's pages use them."""
        return self.become(process or self.process_of_ours).services(firm.id)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


@dataclass
class SimulatedWiring(Wiring):
    """The composition root of a simulated process. Its log goes into the run's trace."""

    universe: Universe = field(kw_only=True)
    process: Process = field(kw_only=True)

    def services(self, org: OrgId) -> Services:
        return replace(super().services(org), log=self._log())

    def webex_by_http(self, org: OrgId, calls: Tally | None = None) -> WebexClient:
        """The real client, whatever the mode."""
        return super().webex(org, calls)

    def webex(self, org: OrgId, calls: Tally | None = None) -> WebexClient:
        from simulation.webex_at_port import WebexAtPort

        http = self.webex_by_http(org, calls)
        if not self.universe.over_ports:
            return http
        return WebexAtPort(http.http, http.base_url, http.tokens, org, self)

    def _graph(
        self, org: OrgId, organizations: Organizations, calls: Tally | None = None
    ) -> GraphClient:
        from simulation.graph_at_port import GroupsAtPort

        http = super()._graph(org, organizations, calls)
        if not self.universe.over_ports:
            return http
        firm = next(f for f in self.universe.firms if f.id == org)
        return GroupsAtPort(http.http, http.base_url, http.tokens, self, firm)

    def drives(self, graph: GraphClient) -> DriveClient:
        from simulation.graph_at_port import DrivesAtPort, GroupsAtPort

        if not isinstance(graph, GroupsAtPort):
            return super().drives(graph)
        return DrivesAtPort(graph.http, graph.base_url, graph.tokens, self, graph.firm)

    def _log(self) -> Log:
        watcher = self.universe.watcher

        def write(event: str, facts: Mapping[str, object]) -> None:
            watcher.logged(event, facts)

        return Log(write)


logging.getLogger("webex_teams_to_groups").addHandler(logging.NullHandler())
