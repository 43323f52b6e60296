"""The real thing: storage, host and clouds over HTTP, and parties who have set up nothing yet."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.installation import new_master_keys, sandbox_settings
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR
from sandbox.microsoft.state import Tenant, User
from sandbox.stack import Stack, child_environment, free_ports
from sandbox.webex import Organization, Person

NAMES = ("webex", "graph", "login", "console", "app")
# How many parties one host serves; a test takes one and leaves it as it is.
PARTIES = 40


@dataclass(frozen=True)
class Party:
    """An organization with its tenant, and who may be needed to set it up."""

    org: Organization
    tenant: Tenant
    admin: Person
    officer: Person
    ordinary: Person
    global_admin: User
    microsoft_user: User

    @property
    def domain(self) -> str:
        return self.tenant.domain


class Real:
    """Everything runs once `start` has come back; `stop` may be called twice.

    `storage` may be used by others: the parties are of this run alone.
    """

    def __init__(self, folder: Path, storage: str) -> None:
        run = uuid.uuid4()
        self._orgs = [str(uuid.uuid5(run, f"organization {n}")) for n in range(PARTIES)]
        self._tenants = [str(uuid.uuid5(run, f"tenant {n}")) for n in range(PARTIES)]
        self._stack = Stack(folder)
        self._ports = free_ports(dict.fromkeys(NAMES, 0))
        self.settings = sandbox_settings(storage, new_master_keys(), self._ports) | {
            "WEBEX_ORG_IDS": ",".join(self._orgs),
            "MICROSOFT_TENANT_IDS": ",".join(self._tenants),
        }
        self._taken = 0
        self.clouds = Clouds()
        self.clouds.webex.switches.who_may_link = "compliance"
        ports = Ports(**{name: self._ports[name] for name in NAMES if name != "app"})
        self._served = ServedClouds(self.clouds, ports, self.settings)
        self.urls = self._served.urls
        self.url = ""

    def start(self) -> None:
        self.url = self._stack.host(self._ports["app"], child_environment(self.settings))

    def stop(self) -> None:
        self._stack.stop()
        self._served.stop()

    def party(self) -> Party:
        """One that nobody has touched."""
        number, self._taken = self._taken, self._taken + 1
        domain = f"party{number}.example"
        tenant = self.clouds.microsoft.add_tenant(f"Party {number}", self._tenants[number], domain)
        org = self.clouds.webex.add_organization(f"Party {number}", self._orgs[number])

        def somebody(name: str, *roles: str) -> Person:
            user = tenant.add_user(name)
            return org.add_person(name, external_id=user.object_id, roles=roles)

        return Party(
            org,
            tenant,
            somebody(f"Frida Full {number}", "id_full_admin"),
            somebody(f"Olle Officer {number}", "compliance_officer"),
            somebody(f"Orvar Ordinary {number}"),
            tenant.add_user(f"Greta Global {number}", roles=[GLOBAL_ADMINISTRATOR]),
            tenant.add_user(f"Maj Microsoft {number}"),
        )

    def consent(self, party: Party) -> None:
        """As its Microsoft administrator would, past the pages."""
        microsoft = self.clouds.microsoft
        microsoft.consent(microsoft.world.apps[world.APP_ID], party.tenant)
