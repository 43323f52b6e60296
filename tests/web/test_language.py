"""Which language a reader gets, and how it writes numbers and dates."""

from __future__ import annotations

from gettext import c2py

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web import languages
from shared.web.answers import Page
from shared.web.entry import Lobby, serve
from shared.web.render import environment
from shared.web.visit import Visit
from tests.web.catalogue import swedish
from tests.web.kit import all_of, header, visit, wiring_for

AT = 1_795_446_660_000


def _page(_lobby: Lobby, _visit: Visit) -> Page:
    return Page("home.html", {"next": "/"})


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("sv", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-US,en;q=0.9,sv;q=0.8", "en"),
        ("de,fr;q=0.9", "en"),
        ("de, sv;q=0.5, en;q=0.4", "sv"),
        ("en;q=0.1, SV-fi ; q=0.2", "sv"),
        ("sv;q=0, en;q=0.1", "en"),
        ("sv;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        ("sv;q=nonsense, en;q=.5", "en"),
    ],
)
def test_the_browsers_preference_counts(accept: str, language: str) -> None:
    answer = serve(wiring_for(), visit(headers={"accept-language": accept}), public=_page)

    assert header(answer, "Content-Language") == language
    assert f'<html lang="{language}">'.encode() in answer.body


def test_what_the_reader_chose_counts_more() -> None:
    sent = visit(headers={"accept-language": "en"}, cookies={"__Host-language": "sv"})

    assert header(serve(wiring_for(), sent, public=_page), "Content-Language") == "sv"


@given(st.text())
def test_any_preference_can_be_read(accept: str) -> None:
    assert languages.preferred(accept) in ("", "en", "sv")


@pytest.mark.parametrize(
    ("path", "query", "to"),
    [
        ("/settings", {"language": "sv"}, "/settings"),
        ("/activity", {"q": "å & b", "language": "sv"}, "/activity?q=%C3%A5+%26+b"),
        ("//evil.example", {"language": "sv"}, "/evil.example"),
        ("/\\evil.example", {"language": "sv"}, "/evil.example"),
    ],
)
def test_choosing_a_language_stays_on_the_page(path: str, query: dict[str, str], to: str) -> None:
    answer = serve(wiring_for(), visit(path, query=query), public=_page)

    assert (answer.status, header(answer, "Location")) == (303, to)
    assert all_of(answer, "Set-Cookie")[0].startswith("__Host-language=sv; Max-Age=31536000;")


def test_a_language_that_we_do_not_speak_changes_nothing() -> None:
    assert serve(wiring_for(), visit(query={"language": "xx"}), public=_page).status == 200


def test_every_page_can_be_read_in_the_other_language() -> None:
    sent = visit("/activity", query={"q": "x"})

    page = serve(wiring_for(), sent, public=_page).body.decode()

    assert '<a href="/activity?q=x&amp;language=sv" lang="sv"' in page


@pytest.mark.parametrize(
    ("language", "source", "shown"),
    [
        ("en", "{{ 12345.5|number }}", "12,345.5"),
        ("sv", "{{ 12345.5|number }}", "12\xa0345,5"),
        ("en", "{{ at|date }}", "23 November 2026"),
        ("sv", "{{ at|date }}", "23 november 2026"),
        ("en", "{{ at|moment }}", "23 November 2026, 15:11 UTC"),
        ("sv", "{{ at|moment }}", "23 november 2026 kl. 15:11 UTC"),
        ("sv", "{{ at|iso }}", "2026-11-23T15:11:00+00:00"),
        (
            "en",
            "{{ tell('%(n)s of %(who)s on %(d_at)s', facts) }}",
            "1,000 of &lt;b&gt; on 23 November 2026",
        ),
    ],
)
def test_numbers_and_times_have_the_languages_form(language: str, source: str, shown: str) -> None:
    facts = {"n": 1000, "who": "<b>", "d_at": AT}

    text = environment(language).from_string(source).render(at=AT, facts=facts)

    assert text == shown


@pytest.mark.parametrize(("count", "form"), [(0, "other"), (1, "one"), (2, "other"), (21, "other")])
def test_swedish_has_one_and_other(count: int, form: str) -> None:
    plural = c2py(swedish().plural_expr)

    assert ("one", "other")[plural(count)] == form
