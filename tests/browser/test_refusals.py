"""Who is refused sees a page that says why and what to do next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.core import reasons
from shared.web.languages import texts
from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party

# A few at once: each is only a page to look at.
CODES = sorted(reasons.codes())
PORTIONS = [CODES[n::4] for n in range(4)]


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("codes", PORTIONS, ids=["1", "2", "3", "4"])
def test_every_refusal_page_is_fit_to_be_read(
    reader: Callable[..., Reader], codes: list[str], language: str
) -> None:
    somebody = reader(language=language)
    told = texts(language).translations.gettext
    for code in codes:
        somebody.expected_error = 403
        somebody.open(f"/refused/{code}")

        assert somebody.heading == told(reasons.reason(code).sentence)
        assert told(reasons.reason(code).remedy) in somebody.page.locator("main").inner_text()


def test_refusals_look_right_in_all_colours(reader: Callable[..., Reader]) -> None:
    for language in ("en", "sv"):
        somebody = reader(language=language, thorough=True)
        somebody.expected_error = 403
        somebody.open("/refused/not_full_admin")
        somebody.open("/refused/add_wids_claim")
        somebody.keep("refused")


def test_an_ordinary_user_is_not_let_in(reader: Callable[..., Reader], party: Party) -> None:
    somebody = reader()
    somebody.expected_error = 403
    somebody.open("/")
    somebody.press(somebody.words.sign_in, within="main")
    somebody.choose(party.ordinary.name)

    assert somebody.path == "/refused/not_full_admin"
    assert "code=" not in somebody.page.url


def test_who_declines_at_webex_is_told_and_may_try_again(
    reader: Callable[..., Reader], party: Party
) -> None:
    somebody = reader()
    somebody.expected_error = 403
    somebody.open("/")
    somebody.press(somebody.words.sign_in, within="main")
    somebody.press("Decline")
    declined = somebody.path
    somebody.press(somebody.words.sign_in, within="main")
    somebody.choose(party.admin.name)

    assert declined == "/refused/webex_declined"
    assert somebody.path == "/"


def test_what_microsoft_refuses_is_told_and_may_be_tried_again(
    reader: Callable[..., Reader], party: Party
) -> None:
    admin = reader()
    admin.expected_error = 403
    steps.sign_in(admin, party)
    admin.open("/prerequisites")
    steps.name_tenant(admin, party)
    admin.open("/permissions")
    admin.press(admin.words.authorize)
    admin.choose(party.global_admin.display_name)
    admin.press("Cancel")
    declined = admin.path
    admin.open("/permissions")
    steps.authorize(admin, party)
    there = admin.page.url
    admin.page.go_back()
    admin.page.goto(there)
    admin.page.reload()

    assert declined == "/refused/consent_declined"
    assert admin.path == "/authorized"


def test_another_browser_cannot_take_the_way_back(
    reader: Callable[..., Reader], party: Party
) -> None:
    admin, thief = reader(), reader()
    thief.expected_error = admin.expected_error = 403
    admin.open("/")
    admin.press(admin.words.sign_in, within="main")
    seen: list[str] = []
    admin.page.on("request", lambda request: seen.append(request.url))
    admin.choose(party.admin.name)
    (back,) = [url for url in seen if "/authorize/webex/signin?" in url]
    thief.open(back)
    admin.open(back)

    assert thief.path == "/refused/state_elsewhere"
    assert admin.path.startswith("/refused/state_")
