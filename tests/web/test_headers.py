"""The headers of every answer, whatever it is."""

from __future__ import annotations

import pytest

from shared.core.reasons import Refusal
from shared.web.answers import Answer, Data, File, Page, Redirect
from shared.web.entry import Lobby, serve
from shared.web.plain import Plain
from shared.web.render import asset, asset_version
from shared.web.visit import Visit
from tests.web.kit import PUBLIC_URL, header, visit, wiring_for

ANSWERS: dict[str, Answer | Exception] = {
    "page": Page("home.html", {"next": "/"}),
    "page that leaves": Page("home.html", {"next": "/"}, leaves=True),
    "page with a mistake": Page("home.html"),
    "not found": Page("home.html", {"next": "/"}, status=404),
    "redirect": Redirect("/"),
    "data": Data({"ok": True}),
    "file": File(b"x", "text/css"),
    "refusal": Refusal("state_used"),
    "fault": ValueError("x"),
}


def _answer(kind: str, url: str = PUBLIC_URL) -> Plain:
    def handler(_lobby: Lobby, _visit: Visit) -> Answer:
        found = ANSWERS[kind]
        if isinstance(found, Exception):
            raise found
        return found

    return serve(wiring_for(PUBLIC_URL=url), visit(), public=handler)


def _policy(answer: Plain) -> dict[str, str]:
    parts = header(answer, "Content-Security-Policy").split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_is_hardened(kind: str) -> None:
    answer = _answer(kind)

    policy = _policy(answer)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert header(answer, "X-Content-Type-Options") == "nosniff"
    assert header(answer, "Referrer-Policy") == "same-origin"
    assert header(answer, "Cross-Origin-Opener-Policy") == "same-origin"
    assert header(answer, "Cross-Origin-Resource-Policy") == "same-origin"
    assert header(answer, "Strict-Transport-Security") == "max-age=31536000"
    assert header(answer, "Permissions-Policy")


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "file"])
def test_nothing_that_is_somebodys_own_is_kept_by_a_cache(kind: str) -> None:
    assert header(_answer(kind), "Cache-Control") == "no-store"


def test_forms_lead_to_ourselves_alone() -> None:
    assert _policy(_answer("page"))["form-action"] == "'self'"


def test_a_page_whose_form_leads_to_a_provider_allows_the_way_there() -> None:
    allowed = _policy(_answer("page that leaves"))["form-action"].split()

    assert allowed == [
        "'self'",
        "https:",
        "https://login.microsoftonline.com",
        "https://webexapis.com",
    ]


def test_on_a_loopback_address_nobody_is_told_to_insist_on_https() -> None:
    assert not header(_answer("page", "http://localhost:7071"), "Strict-Transport-Security")


@pytest.mark.parametrize("name", ["style.css", "script.js"])
def test_a_file_is_kept_for_a_year_under_the_address_of_its_version_alone(name: str) -> None:
    def handler(_lobby: Lobby, _visit: Visit) -> File:
        return File(asset(name), "text/css")

    def kept(version: str) -> str:
        sent = visit(f"/{name}", query={"v": version})
        return header(serve(wiring_for(), sent, public=handler), "Cache-Control")

    assert kept(asset_version(name)) == "public, max-age=31536000, immutable"
    assert kept("older") == "no-cache"
