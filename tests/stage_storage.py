"""Where a stage keeps its rows: in this process, or in the emulator where a test asks for it."""

from __future__ import annotations

import pytest

from sandbox.memory_tables import MemoryTables


def on_the_emulator(request: pytest.FixtureRequest) -> bool:
    """What is marked `emulator`, and everything with --azurite."""
    marked = request.node.get_closest_marker("emulator")
    return bool(request.config.getoption("--azurite") or marked)


def storage_for(request: pytest.FixtureRequest) -> str | MemoryTables:
    """For a stage of whatever scope `request` is of: tables of its own, or the emulator's
    connection string where the test runs on it."""
    if on_the_emulator(request):
        connection: str = request.getfixturevalue("azurite")
        return connection
    return MemoryTables()


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> str | MemoryTables:
    """One for all stages of a test."""
    return storage_for(request)
