"""The audit's own stage: both directories, everybody in a class that is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.memory_tables import MemoryTables
from shared import wiring
from tests.audit.crowd import Crowd
from tests.journeys.stage import Stage


@pytest.fixture
def make_crowd(storage: str | MemoryTables) -> Iterator[Callable[..., Crowd]]:
    """Of so many people, in all classes; the tenant is connected, the switch is Off."""

    def make(count: int = 60, seed: int = 0) -> Crowd:
        stage = Stage(storage, seed)
        stage._connect()
        return Crowd(stage, count)

    yield make
    wiring.install(None)


@pytest.fixture
def crowd(make_crowd: Callable[..., Crowd]) -> Crowd:
    return make_crowd()
