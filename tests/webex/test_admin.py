"""Harmless reads of a Webex organization: each proves the capability that it stands for."""

from __future__ import annotations

import pytest
import requests

from sandbox.adapter import CloudAdapter
from sandbox.clock import VirtualClock
from sandbox.kit import Fault
from sandbox.webex import Person, WebexCloud
from shared.core.capabilities import CAPABILITIES
from shared.core.errors import CredentialMissing, Forbidden, Unavailable
from shared.core.ids import OrgId
from shared.http import Http, new_session
from shared.webex.admin import WebexAdminClient


class Tokens:
    """Whatever a test keeps for a capability."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def token(self, capability: str) -> str:
        if capability not in self.kept:
            raise CredentialMissing(capability)
        return self.kept[capability]

    def renewed(self, capability: str, refused: str) -> str:
        raise CredentialMissing(capability)


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock(1_790_000_000.0)
        self.webex = WebexCloud(self.clock)
        self.org = self.webex.add_organization("Example")
        self.admin = self.org.add_person("Adam", roles=("id_full_admin",))
        self.officer = self.org.add_person("Olga", roles=("compliance_officer",))
        self.ordinary = self.org.add_person("Orvar")
        self.tokens = Tokens()
        self.client = WebexAdminClient(
            Http("webex", "trackingid", self.session, self.clock),
            "https://webexapis.com",
            self.tokens,
            OrgId(self.org.uuid),
        )

    def session(self) -> requests.Session:
        session = new_session()
        session.mount("https://webexapis.com", CloudAdapter(self.webex))
        return session

    def sign_in(self, capability: str, person: Person, *scopes: str) -> None:
        granted = scopes or CAPABILITIES[capability].scopes
        self.tokens.kept[capability] = self.webex.issue_token(person, granted).access_token


@pytest.fixture
def world() -> World:
    return World()


def test_the_right_role_proves_each_capability(world: World) -> None:
    world.sign_in("spaces", world.officer)
    world.sign_in("people", world.admin)
    world.sign_in("folders", world.ordinary)
    world.sign_in("cards", world.webex.add_bot("Bot"), "spark:all")

    for capability in CAPABILITIES:
        world.client.prove(capability)


@pytest.mark.parametrize("capability", ["spaces", "people"])
def test_scopes_without_the_role_prove_nothing(world: World, capability: str) -> None:
    world.sign_in(capability, world.ordinary)

    with pytest.raises(Forbidden):
        world.client.prove(capability)


@pytest.mark.parametrize(
    ("capability", "scope"), [("spaces", "spark:people_read"), ("people", "spark:people_read")]
)
def test_the_role_without_the_scopes_proves_nothing(
    world: World, capability: str, scope: str
) -> None:
    person = world.officer if capability == "spaces" else world.admin
    world.sign_in(capability, person, scope)

    with pytest.raises(Forbidden):
        world.client.prove(capability)


@pytest.mark.parametrize("capability", list(CAPABILITIES))
def test_without_a_sign_in_nothing_is_asked(world: World, capability: str) -> None:
    with pytest.raises(CredentialMissing):
        world.client.prove(capability)
    assert not world.webex.log


def test_a_sample_is_of_people_and_tells_how_many_users_there_are(world: World) -> None:
    world.sign_in("people", world.admin)
    for n in range(20):
        world.org.add_person(f"Room {n}", user_type="room")
    world.org.add_person("Nils", external_id="x", account_status="pending")

    sample = world.client.sample(1, 100)

    assert (sample.read, sample.total, sample.whole) == (24, 24, True)
    assert {p.name for p in sample.people} == {"Adam", "Olga", "Orvar", "Nils"}
    nils = next(p for p in sample.people if p.name == "Nils")
    assert (nils.external_id, nils.status) == ("x", "pending")


def test_a_sample_is_of_all_parts_of_the_directory(world: World) -> None:
    world.sign_in("people", world.admin)
    for n in range(50):
        world.org.add_person(f"Person {n}")

    sample = world.client.sample(3, 2)

    assert (sample.read, sample.total, sample.whole) == (6, 53, False)
    everybody = world.org.people
    chosen = [*everybody[:2], *everybody[25:27], *everybody[-2:]]
    assert [p.person for p in sample.people] == [person.uuid for person in chosen]


def test_a_small_directory_is_read_whole_however_small_the_pages_are(world: World) -> None:
    world.sign_in("people", world.admin)
    world.webex.switches.scim_count_cap = 2

    sample = world.client.sample(2, 4)

    assert [p.name for p in sample.people] == [p.name for p in world.org.people]
    assert sample.whole


def test_licences_with_how_many_there_are_and_are_used(world: World) -> None:
    world.sign_in("people", world.admin)

    found = {x.name: (x.consumed, x.total) for x in world.client.licences()}

    assert found["Messaging"] == (3, 53)


def test_a_provider_that_fails_is_no_answer(world: World) -> None:
    world.sign_in("people", world.admin)
    world.webex.faults.append(Fault("error"))

    for ask in (lambda: world.client.sample(5, 20), world.client.licences):
        with pytest.raises(Unavailable):
            ask()
