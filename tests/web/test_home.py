"""The start page, the pages of refusals and the files beside them, through the app's functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.host.wire import HttpAnswer
from shared import wiring
from shared.core import reasons
from tests.journeys.stage import the_app
from tests.web.kit import PUBLIC_URL, wiring_for


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    wiring.install(wiring_for())
    yield
    wiring.install(None)


def get(path: str, language: str = "en") -> HttpAnswer:
    answer = the_app().invoke_http("GET", PUBLIC_URL + path, {"Accept-Language": language}).answer
    assert answer is not None
    return answer


def text(path: str, language: str = "en") -> str:
    from html import unescape

    return unescape(get(path, language).body.decode())


def test_a_stranger_learns_what_it_is_and_may_sign_in() -> None:
    page = text("/")

    assert "<h1>A Microsoft 365 group for every Webex team</h1>" in page
    assert '<form method="post" action="/authorize/signin">' in page
    assert "Sign in with Webex</button>" in page


def test_the_start_page_speaks_swedish() -> None:
    page = text("/", "sv")

    assert "<h1>En Microsoft 365-grupp för varje Webex-team</h1>" in page
    assert "Logga in med Webex</button>" in page


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/settings", "/settings"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/settings/../x", "/"),
        ("/settings,/activity", "/"),
        ('"><script>', "/"),
    ],
)
def test_a_sign_in_leads_to_our_own_pages_alone(asked: str, kept: str) -> None:
    from urllib.parse import quote

    assert f'name="next" value="{kept}"' in text(f"/?next={quote(asked)}")


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("code", sorted(reasons.codes()))
def test_every_refusal_has_a_page_with_a_remedy_and_a_way_on(code: str, language: str) -> None:
    answer = get(f"/refused/{code}", language)

    page = answer.body.decode()
    assert answer.status == 403
    assert page.count("<h1>") == 1
    assert '<a class="button" href="/">' in page


def test_a_refusal_is_told_in_the_readers_language() -> None:
    assert "Inloggningen tog längre tid än tio minuter." in text("/refused/state_expired", "sv")
    assert "Start again; what was done so far is kept." in text("/refused/state_expired")


@pytest.mark.parametrize("code", ["nope", "%3Cscript%3E", "state_used%20"])
def test_an_unknown_refusal_is_not_found(code: str) -> None:
    answer = get(f"/refused/{code}")

    assert answer.status == 404
    assert b"There is no such page." in answer.body
    assert b"<script>" not in answer.body


@pytest.mark.parametrize("path", ["/nowhere", "/settings/switch", "/a/b/c", "/favicon.ico"])
def test_an_address_that_leads_nowhere_has_a_page_with_a_way_on(path: str) -> None:
    answer = get(path)

    assert answer.status == 404
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert b"There is no such page." in answer.body
    assert b'<a class="button" href="/">' in answer.body


@pytest.mark.parametrize("path", ["/%2Felsewhere.example/x", "//elsewhere.example/x"])
def test_the_language_links_of_a_strange_address_stay_here(path: str) -> None:
    assert b'href="//' not in get(path).body


def test_health_tells_that_it_runs_and_nothing_more() -> None:
    answer = get("/health")

    assert json.loads(answer.body) == {"ok": True}


def test_without_settings_health_is_not_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_KEYS", "")
    wiring.install(None)

    answer = get("/health")

    assert answer.status == 500
    assert b"MASTER_KEYS is empty" in answer.body


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/style.css", "text/css; charset=utf-8"),
        ("/script.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ],
)
def test_what_a_page_asks_for_is_there(path: str, media: str) -> None:
    answer = get(path)

    assert (answer.status, answer.header("Content-Type")) == (200, media)
    assert path in text("/")
