"""The sign-in page in a real browser: no barriers, in any colours, and one keyboard is enough."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox import chromium
from sandbox.clouds.server import Server
from sandbox.kit import Request, Response
from sandbox.webex import Organization, Person, WebexCloud
from tests.browser import axe

from .browser import APP, SECRET, request_for


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium.install()
        yield playwright.chromium.launch(executable_path=path, args=chromium.flags())


@pytest.fixture
def app() -> Iterator[Server]:
    """Where Webex sends the browser back to."""

    def welcome(request: Request) -> Response:
        return Response(200, b"Welcome back", {"Content-Type": "text/html"})

    server = Server(welcome)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def address(webex: WebexCloud, org: Organization, ada: Person, app: Server) -> Iterator[str]:
    """Of the sign-in page."""
    webex.add_integration(APP, SECRET, [f"{app.url}/back"])
    org.add_person("Frida Full", roles={"id_full_admin"})
    server = Server(webex.handle)
    server.start()
    yield f"{server.url}/v1/authorize?{urlencode(request_for(redirect_uri=f'{app.url}/back'))}"
    server.stop()


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"forced_colors": "active"}, {}])
def test_no_page_has_a_barrier(browser: Browser, address: str, look: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640}, **look)  # type: ignore[arg-type]
    page.goto(address)
    found = axe.violations(page, f"320 px {look}")
    page.get_by_label("E-mail address").fill("nobody@example.example")
    page.get_by_role("button", name="Sign in and allow", exact=True).click()
    page.get_by_role("alert").wait_for()
    found += axe.violations(page, f"320 px {look}")
    page.goto(address.replace("redirect_uri=", "redirect_uri=x"))
    found += axe.violations(page, f"320 px {look}")

    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_a_keyboard_is_enough_and_the_browser_is_remembered(
    browser: Browser, address: str, app: Server
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    _tab_to(page, "Sign in and allow as Frida Full")
    page.keyboard.press("Enter")
    page.get_by_text("Welcome back").wait_for()

    assert page.url.startswith(f"{app.url}/back?code=")
    page.goto(address)
    assert page.url.startswith(f"{app.url}/back?code=")
    page.goto(f"{address}&prompt=select_account")
    assert page.get_by_text("This browser is signed in as Frida Full").is_visible()
    assert page.evaluate("document.cookie") == ""
    context.close()


def _tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == name:
            return
    pytest.fail(f"no way to {name} by Tab")
