"""One host and one Chromium for all tests of a process; a party and browsers for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox import chromium
from sandbox.storage import ROOT
from tests.browser.reader import Reader
from tests.browser.real import Party, Real

PICTURES = ROOT / "docs" / "screenshots"


@pytest.fixture(scope="session")
def real(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    made = Real(tmp_path_factory.mktemp("real"), azurite)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    found = chromium.find()
    if not found:
        pytest.fail(f"There is no Chromium. {chromium.REMEDY}")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=chromium.flags())


@pytest.fixture
def party(real: Real) -> Party:
    return real.party()


@pytest.fixture
def reader(
    real: Real, browser: Browser, pytestconfig: pytest.Config
) -> Iterator[Callable[..., Reader]]:
    """Makes browsers. At the end all must have found everything right."""
    pictures = PICTURES if pytestconfig.getoption("screenshots") else None
    made: list[Reader] = []

    def make(kind: type[Reader] = Reader, **how: Any) -> Reader:
        made.append(kind(browser, real.url, screenshots=pictures, **how))
        return made[-1]

    yield make
    for each in made:
        each.close()
