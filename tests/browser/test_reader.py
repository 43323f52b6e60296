"""The reader notices what is wrong, or none of the other tests would mean anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from tests.browser.reader import Reader

GOOD = "<!doctype html><html lang=en><title>T</title><body><main><h1>T</h1>{}</main>"
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("<img src=/x>", "image-alt"),
        ("<p style='color:#ccc;background:#fff'>pale</p>", "color-contrast"),
        ("<script>document.title = 'x'</script>", "Content Security Policy"),
        ("<p style='width:400px'>wide</p>", "px too wide"),
        (
            "<style>@media (prefers-color-scheme: dark) {p {color: #111; background: #000}}</style>"
            "<p>dark</p>",
            "dark): color-contrast",
        ),
    ],
)
def test_what_is_wrong_is_told(reader: Callable[..., Reader], what: str, told: str) -> None:
    somebody = reader(thorough=True)

    def answer(route: Route) -> None:
        route.fulfill(body=GOOD.format(what), content_type="text/html", headers=POLICY)

    somebody.page.route("**/bad", answer)
    somebody.open("/bad")
    wrong, somebody.wrong = somebody.wrong, []

    assert any(told in each for each in wrong), wrong
