"""The stage, fresh for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.memory_tables import MemoryTables
from shared import wiring
from tests.journeys.stage import Stage


@pytest.fixture
def make_stage(storage: str | MemoryTables) -> Iterator[Callable[..., Stage]]:
    """A stage that is not switched on yet; `seed` replays it."""
    yield lambda seed=0: Stage(storage, seed)
    wiring.install(None)


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, with a webhook for every new space."""
    built = make_stage()
    built.turn_on()
    return built


@pytest.fixture(params=[True, False], ids=["webhook", "events alone"])
def heard(request: pytest.FixtureRequest, make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, once with a webhook for every new space and once with events alone."""
    built = make_stage()
    built.turn_on(webhook=request.param)
    return built


@pytest.fixture
def deaf(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, no webhook; and once `deafen` was called Webex tells of nothing any more."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    return stage
