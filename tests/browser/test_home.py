"""The start page in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.reader import Reader


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_start_page_speaks_the_browsers_language(
    reader: Callable[..., Reader], language: str
) -> None:
    somebody = reader(language=language, thorough=True)
    somebody.open("/")

    assert somebody.page.locator("html").get_attribute("lang") == language
    assert somebody.page.get_by_role("button", name=somebody.words.sign_in).is_visible()


def test_the_language_switch_is_remembered(reader: Callable[..., Reader]) -> None:
    somebody = reader()
    somebody.open("/")
    somebody.follow("Svenska", within="header")
    somebody.open("/")

    assert somebody.page.locator("html").get_attribute("lang") == "sv"
