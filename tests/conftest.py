"""Fixtures that every test may use; each lives in a module of its own."""

import pytest

pytest_plugins = ["tests.azurite_fixture"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: runs only with ./dev test --slow")
