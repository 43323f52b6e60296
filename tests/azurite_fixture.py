"""The fixture `azurite`: one storage emulator for the whole test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.node import SetupError
from sandbox.storage import Azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """Its connection string. All tests share the account: make up names of your own."""
    try:
        storage = Azurite.start()
    except SetupError as failure:
        pytest.fail(f"Azurite could not be started, and no test may do without it.\n{failure}")
    with storage:
        yield storage.connection_string
