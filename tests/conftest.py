"""Fixtures that every test may use; each lives in a module of its own."""

pytest_plugins = ["tests.azurite_fixture"]
