"""A whole world in one process: both clouds, the app by its public ways in, time as an argument.

Storage is tables in this process or the real emulator, as the test asks; the app is loaded as the
worker loads it, HTTP ends at the clouds.
Only the queue is a list, so that a test decides what is delivered, doubled or lost.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.host.app import FunctionsApp
from sandbox.kit import Call, Fault, Request
from sandbox.microsoft import MicrosoftClouds
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR
from sandbox.microsoft.state import Group, Tenant
from sandbox.webex import WebexCloud
from sandbox.webex.state import Person, Team
from shared import wiring
from shared.admin import connection, webhooks
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.admin.webhooks import Standing
from shared.config import read_settings
from shared.core.credential import Credential
from shared.core.ids import OrgId, PersonId, TeamId, TenantId
from shared.core.keyring import webhook_secret
from shared.core.ledger import Ledger
from shared.core.model import Team as TeamRow
from shared.http import new_session
from shared.ports import Services
from shared.sync import switch
from shared.wiring import Wiring

if TYPE_CHECKING:
    from sandbox.memory_tables import MemoryTables

ROOT = Path(__file__).resolve().parents[2]
APP_URL = "https://app.example"
MASTER_KEY = base64.b64encode(b"k" * 32).decode()
SPACES = {
    "spark-compliance:rooms_read",
    "spark-compliance:memberships_read",
    "spark-compliance:memberships_write",
    "spark-compliance:teams_read",
    "spark-compliance:events_read",
    "spark-compliance:webhooks_read",
    "spark-compliance:webhooks_write",
    "spark:people_read",
}
PERMISSIONS = {"Group.ReadWrite.All", "User.Read.All", "Sites.Read.All"}
WEBEX_CALLBACKS = ("/authorize/webex/signin", "/authorize/webex/credential")
MICROSOFT_CALLBACKS = ("/authorize/microsoft/consent", "/authorize/microsoft/signin")
_loaded: list[FunctionsApp] = []


def the_app() -> FunctionsApp:
    if not _loaded:
        _loaded.append(FunctionsApp.load(ROOT, {}))
    return _loaded[0]


@dataclass
class Stage:
    """`run` lets time pass. Not `configured`: nobody has signed in or consented to anything yet.

    storage: the emulator's connection string, or tables in this process.
    """

    storage: str | MemoryTables
    seed: int = 0
    configured: bool = True
    queue: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(1_790_000_000.0)
        self.webex = WebexCloud(self.clock, seed=self.seed)
        self.webex.switches.who_may_link = "compliance"
        self.microsoft = MicrosoftClouds(self.clock, seed=self.seed)
        self.org = self.webex.add_organization("Example", org_id=str(uuid.uuid4()))
        self.tenant: Tenant = self.microsoft.add_tenant("Contoso", tenant_id=str(uuid.uuid4()))
        self.application = self.microsoft.add_app(
            redirect_uris=[APP_URL + path for path in MICROSOFT_CALLBACKS], required=PERMISSIONS
        )
        self.wiring = Wiring(
            read_settings(self._environment()),
            self.clock,
            self._session,
            open_tables=None if isinstance(self.storage, str) else self.storage.open,
        )
        self.app = the_app()
        self.watching = True
        self._next_watch = self._next_chores = self.clock.now()
        self._people = 0
        self._invite()
        if self.configured:
            self.microsoft.consent(self.application, self.tenant, PERMISSIONS)
            self._sign_in()
        self.install()

    def install(self) -> None:
        """The app's process is this stage's from now on."""
        wiring.install(self.wiring)

    def redeploy(
        self, sessions: Callable[[], requests.Session] | None = None, /, **settings: object
    ) -> None:
        """The app's process begins anew with these settings changed; what is stored stays.

        sessions: makes its HTTP sessions, if not as before.
        """
        self.wiring = Wiring(
            replace(self.wiring.settings, **settings),  # type: ignore[arg-type]
            self.clock,
            sessions or self.wiring.session,
            open_tables=self.wiring.open_tables,
        )
        self.install()

    # The world

    def person(self, name: str = "", *, mapped: bool = True, org: object = None) -> Person:
        """Somebody of the organization; `mapped` gives a Microsoft account and its object id."""
        self._people += 1
        name = name or f"Person {self._people:04d}"
        user = self.tenant.add_user(name) if mapped else None
        return self.org.add_person(name, external_id=user.object_id if user else None)

    def people(self, count: int) -> list[Person]:
        return [self.person() for _ in range(count)]

    def team(self, creator: Person, people: Sequence[Person] = (), name: str = "Project X") -> Team:
        team = self.webex.create_team(creator, name)
        for person in people:
            self.webex.add_member(team, person)
        return team

    def know(self, people: Sequence[Person]) -> None:
        """The directory audit has been there: identities are kept already."""
        from shared.core.identity import from_external_id

        now = round(self.clock.now())
        self.services.identities.keep(
            from_external_id(PersonId(p.uuid), p.external_id, now) for p in people
        )

    # The app

    @property
    def services(self) -> Services:
        return self.wiring.services(OrgId(self.org.uuid))

    def turn_on(self, *, webhook: bool = True) -> None:
        """webhook: otherwise the timer asks Webex for none either."""
        if webhook:
            secret = webhook_secret(self.wiring.settings.keyring, "v1", self.org.uuid)
            client = self.wiring.webex(OrgId(self.org.uuid))
            client.register_rooms_webhook(f"{APP_URL}/webhooks/{self.org.uuid}/v1/rooms", secret)
        else:
            self._see_to_webhook(Standing.MISSING)
        self._connect()
        switch.turn_on(self.services, TenantId(self.tenant.tenant_id))

    def turn_off(self) -> None:
        known = webhooks.known(self.services)
        if known and known.standing is Standing.MISSING:
            self._see_to_webhook(Standing.GONE)
        switch.turn_off(self.services)

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """What Webex's delivery does: through the app's own HTTP function."""
        answer = self.app.invoke_http("POST", url, headers, body)
        assert answer.answer is not None
        if answer.answer.status < 300:
            self.queue += [str(m) for m in answer.messages("nudges")]
        return answer.answer.status

    def work(self, message: str) -> None:
        self.app.invoke_queue("sync_team", message)

    def drain(self) -> None:
        """Every message on the queue, one after the other."""
        while self.queue:
            self.work(self.queue.pop(0))

    def drain_in_parallel(self, workers: int = 8) -> None:
        messages, self.queue = self.queue, []
        failures: list[BaseException] = []

        def take(mine: list[str]) -> None:
            for message in mine:
                try:
                    self.work(message)
                except BaseException as error:
                    failures.append(error)

        threads = [
            threading.Thread(target=take, args=(messages[n::workers],)) for n in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not failures, failures

    def watch(self) -> None:
        outcome = self.app.invoke_timer("watch")
        self.queue += [str(m) for m in outcome.messages("nudges")]

    def tidy(self) -> None:
        """The timer's chores."""
        self.app.invoke_timer("chores")

    def run(self, seconds: float) -> None:
        """Let time pass: deliveries, both timers, the worker."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.webex.deliver(self.post)
            if self.watching and self.clock.now() >= self._next_watch:
                self.watch()
                self._next_watch = self.clock.now() + 10
            if self.watching and self.clock.now() >= self._next_chores:
                self.tidy()
                self._next_chores = self.clock.now() + 30
            self.drain()
            self.clock.advance(1)

    def settle(self) -> None:
        """Long enough for a team to settle, its folder and all."""
        self.run(440)

    # What came of it

    def group_of(self, team: Team) -> Group | None:
        return self.tenant.group_by_unique_name(f"webex-team-{team.uuid}")

    def groups_of(self, team: Team) -> list[Group]:
        """All groups that carry the team's digits, whatever they are called."""
        digits = team.uuid.replace("-", "")[:8]
        return [g for g in self.tenant.groups.values() if digits in g.mail_nickname]

    def row(self, team: Team) -> TeamRow:
        found = self.services.teams.read(TeamId(team.uuid))
        assert found is not None
        return found.value

    def due(self) -> list[str]:
        """Every team or space that stands in the index, now or later."""
        return [entry.uuid for entry in self.services.looks.due(10**13 - 2, 1000)]

    def due_soon(self) -> list[str]:
        """Those of them that are due within a day for more than a name: all but background work."""
        services = self.services
        due = [entry.uuid for entry in services.looks.due(services.now() + 86_400_000, 1000)]
        looks = services.looks.among(due)
        return [uuid for uuid in due if not looks[uuid].low]

    def ledger(self, team: Team) -> Ledger:
        return self.services.teams.ledger(TeamId(team.uuid)).value

    def expected(self, team: Team) -> set[str]:
        """The object ids of everybody in the team who has one."""
        found = (p.external_id for p in self.webex.people_of(team))
        return {e for e in found if e}

    def graph_calls(self, since: int = 0) -> list[Call]:
        return self.microsoft.graph.calls(inner=False, since=since)

    def _connect(self) -> None:
        """The tenant is the organization's, unless it went through the pages."""
        if self.services.organizations.settings().tenant is None:
            office = self.wiring.office(OrgId(self.org.uuid))
            consent = Consent(TenantId(self.tenant.tenant_id), "", "", 0)
            connection.connect(office, Actor(PersonId(""), "the stage"), consent)

    def _see_to_webhook(self, standing: Standing) -> None:
        """Its row is as it would be if the timer had just been there, and for good."""
        rows = self.services.organizations
        state = {"standing": standing.value, "at": 10**13}
        rows.keep(webhooks.ROW, rows.kept(webhooks.ROW), state)

    def _environment(self) -> dict[str, str]:
        return {
            "AzureWebJobsStorage": (
                self.storage if isinstance(self.storage, str) else "UseDevelopmentStorage=true"
            ),
            "MASTER_KEYS": f"v1:{MASTER_KEY}",
            "WEBEX_ORG_IDS": self.org.uuid,
            "MICROSOFT_TENANT_IDS": self.tenant.tenant_id,
            "PUBLIC_URL": APP_URL,
            "MICROSOFT_CLIENT_ID": self.application.client_id,
            "MICROSOFT_CLIENT_SECRET": self.application.client_secret,
            "WEBEX_CLIENT_ID": "integration",
            "WEBEX_CLIENT_SECRET": "integration-secret",
        }

    def _session(self) -> requests.Session:
        session = new_session()
        # No proxy stands between: to look for one in the environment is a quarter of a call.
        session.trust_env = False
        session.mount("https://webexapis.com", CloudAdapter(self.webex))
        session.mount("https://graph.microsoft.com", CloudAdapter(self.microsoft.graph))
        session.mount("https://login.microsoftonline.com", CloudAdapter(self.microsoft.login))
        return session

    def _invite(self) -> None:
        """Who can set things up, and what the providers know of the app."""
        self.officer = self.org.add_person("Olga Officer", roles=("compliance_officer",))
        self.admin = self.org.add_person("Adam Admin", roles=("id_full_admin",))
        self.global_admin = self.tenant.add_user("Greta Global", roles=[GLOBAL_ADMINISTRATOR])
        self.webex.add_integration(
            "integration",
            "integration-secret",
            redirect_uris=[APP_URL + path for path in WEBEX_CALLBACKS],
        )

    def _sign_in(self) -> None:
        tokens = {
            "spaces": self.webex.issue_token(self.officer, SPACES, client_id="integration"),
            "people": self.webex.issue_token(
                self.admin, {"identity:people_read"}, client_id="integration"
            ),
        }
        rows = self.wiring.credentials(OrgId(self.org.uuid))
        for capability, token in tokens.items():
            expires = round(token.expires_at * 1000)
            rows.write(capability, Credential(token.access_token, token.refresh_token, expires))


def nudge(stage: Stage, space: str, cause: str = "webhook") -> str:
    """The queue message that asks for a look at a space."""
    return json.dumps({"organization": stage.org.uuid, "space": space, "cause": cause})


def meanwhile(path: str, action: Callable[[], object], *, at: int = 1) -> Fault:
    """No fault: `action` happens while the `at`-th matching call is on its way."""
    seen: list[int] = []

    def hook(_request: Request) -> bool:
        seen.append(1)
        if len(seen) == at:
            action()
        return False

    return Fault("slow", path=path, seconds=0, when=hook)
