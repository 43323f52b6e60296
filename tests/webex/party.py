"""A Webex with a team in it, and our client with whatever tokens it has been given."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Call, Cloud, Response
from sandbox.webex import Person, WebexCloud
from shared.core.errors import CredentialMissing
from shared.core.ids import OrgId, PersonId
from shared.http import Http, new_session
from shared.webex.client import WebexClient

URL = "https://webexapis.com"
READS = ("spark-compliance:memberships_read", "spark-compliance:events_read")
WRITES = "spark-compliance:memberships_write"


@dataclass
class Tokens:
    """The port `TokenSource`. fresh: what a refresh gives, by capability."""

    kept: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)

    def token(self, capability: str) -> str:
        if capability not in self.kept:
            raise CredentialMissing(capability)
        return self.kept[capability]

    def renewed(self, capability: str, refused: str) -> str:
        if capability not in self.fresh:
            raise CredentialMissing(capability)
        return self.fresh[capability]


def client_of(cloud: Cloud, clock: VirtualClock, tokens: Tokens, org: str) -> WebexClient:
    def session() -> requests.Session:
        made = new_session()
        made.mount(URL, CloudAdapter(cloud))
        return made

    return WebexClient(Http("webex", "trackingid", session, clock), URL, tokens, OrgId(org))


class Party:
    """Ada's team. An officer who may write and an administrator have signed in."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_790_000_000.0)
        self.webex = WebexCloud(self.clock, seed=3)
        self.org = self.webex.add_organization("Example")
        self.ada = self.org.add_person("Ada")
        self.grace = self.org.add_person("Grace")
        self.officer = self.org.add_person("Olga", roles=("compliance_officer",))
        self.admin = self.org.add_person("Adam", roles=("id_full_admin",))
        self.bot = self.webex.add_bot("Robo")
        self.team = self.webex.create_team(self.ada, "Project X")
        self.tokens = Tokens()
        self.sign_in(*READS, WRITES)
        token = self.webex.issue_token(self.admin, ["identity:people_read"])
        self.tokens.kept["people"] = token.access_token
        self.client = client_of(self.webex, self.clock, self.tokens, self.org.uuid)

    @property
    def space(self) -> str:
        return self.team.general.id

    @property
    def people(self) -> list[Person]:
        return self.webex.people_of(self.team)

    def sign_in(self, *scopes: str) -> None:
        """As the compliance officer."""
        self.tokens.kept["spaces"] = self.webex.issue_token(self.officer, scopes).access_token

    def bring_bot(self, *, moderator: bool = True) -> None:
        self.give_bot()
        self.webex.add_member(self.team, self.bot, moderator=moderator)

    def give_bot(self) -> None:
        self.tokens.kept["cards"] = self.webex.issue_bot_token(self.bot).access_token

    def add(self, person: Person, capability: str = "spaces") -> None:
        self.client.add_member(self.space, PersonId(person.uuid), capability)

    def remove(self, person: Person, capability: str = "spaces") -> None:
        self.client.remove_member(self.space, PersonId(person.uuid), capability)

    def sent(self, method: str) -> list[Call]:
        return [call for call in self.webex.log if call.method == method]


def canned(path: str, body: object) -> WebexClient:
    """A client of a Webex that says nothing but this."""
    clock = VirtualClock()
    cloud = Cloud(clock)
    cloud.route("GET", path, lambda _request: Response(200, body))
    tokens = Tokens({"spaces": "officer", "people": "administrator", "cards": "bot"})
    return client_of(cloud, clock, tokens, ORG)


ORG = "7f1c6c1e-26ab-4c53-8f0c-5b9a1f3f0001"
