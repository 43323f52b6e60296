"""A form counts only if our own page sent it."""

from __future__ import annotations

import pytest

from shared.web.answers import Data
from shared.web.entry import Lobby, serve
from shared.web.origin import origin_of
from shared.web.visit import Visit
from tests.web.kit import header, visit, wiring_for


def _done(_lobby: Lobby, _visit: Visit) -> Data:
    return Data("done")


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://app.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": ""}, False),
        ({"sec-fetch-site": "same-origin,cross-site"}, False),
        ({"origin": "https://app.example"}, True),
        ({"origin": "https://app.example:443"}, False),
        ({"origin": "http://app.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://app.example.evil.example"}, False),
        ({"origin": "null"}, False),
        ({"referer": "https://app.example/settings"}, False),
        ({}, False),
    ],
)
def test_a_form_is_taken_from_our_own_pages_alone(headers: dict[str, str], fine: bool) -> None:
    sent = visit("/settings/switch", "POST", headers=headers)

    answer = serve(wiring_for(), sent, public=_done)

    assert (answer.status == 200) is fine
    assert fine or header(answer, "Location") == "/refused/cross_site"


def test_a_link_from_anywhere_is_followed() -> None:
    answer = serve(wiring_for(), visit(headers={"sec-fetch-site": "cross-site"}), public=_done)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example", "https://app.example"),
        ("https://app.example:443/base", "https://app.example"),
        ("http://127.0.0.1:7071", "http://127.0.0.1:7071"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
