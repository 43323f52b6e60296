"""A stage where nothing is set up yet, and who may come to the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.memory_tables import MemoryTables
from sandbox.microsoft.state import User
from sandbox.webex import Person
from shared import wiring
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.checklist import Checklist
from tests.pages.visitor import Visitor


@pytest.fixture
def make_stage(storage: str | MemoryTables) -> Iterator[Callable[..., Stage]]:
    """`configured=True`: somebody has been through the pages already."""
    yield lambda seed=0, configured=False: Stage(storage, seed, configured)
    wiring.install(None)


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """Nobody has signed in, consented or chosen anything."""
    return make_stage()


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage)


@pytest.fixture
def full_admin(stage: Stage) -> Person:
    return stage.admin


@pytest.fixture
def officer(stage: Stage) -> Person:
    return stage.officer


@pytest.fixture
def ordinary(stage: Stage) -> Person:
    """Of the organization, without any role."""
    return stage.person("Orvar Ordinary")


@pytest.fixture
def stranger(stage: Stage) -> Person:
    """The full administrator of an organization of his own, which the app does not serve."""
    org = stage.webex.add_organization("Elsewhere")
    return org.add_person("Stina Stranger", roles=("id_full_admin",))


@pytest.fixture
def global_admin(stage: Stage) -> User:
    return stage.global_admin


@pytest.fixture
def ordinary_microsoft_user(stage: Stage) -> User:
    return stage.tenant.add_user("Oskar Ordinary")


@pytest.fixture
def checklist(stage: Stage, visitor: Visitor, full_admin: Person) -> Checklist:
    """In front of a full administrator, in a stage where nothing is set up yet."""
    steps.sign_in(visitor, full_admin)
    return Checklist(stage, visitor)


@pytest.fixture
def ready(checklist: Checklist) -> Checklist:
    """Everything that blocks is met."""
    checklist.make_ready()
    return checklist
