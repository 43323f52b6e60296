"""Fixtures that every test may use; each lives in a module of its own."""

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, however slow: a red run means a change, not a busy hour.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

pytest_plugins = ["tests.azurite_fixture", "tests.stage_storage"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", action="store_true", help="tests/browser renews docs/screenshots"
    )
    parser.addoption(
        "--azurite", action="store_true", help="every stage keeps its rows in the storage emulator"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: runs only with ./dev test --slow")
    config.addinivalue_line("markers", "emulator: its stage keeps its rows in the storage emulator")
