"""Fixtures that every test may use; each lives in a module of its own."""

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every machine, however slow: a red run means a change, not a busy hour.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

pytest_plugins = ["tests.azurite_fixture"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", action="store_true", help="tests/browser renews docs/screenshots"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: runs only with ./dev test --slow")
