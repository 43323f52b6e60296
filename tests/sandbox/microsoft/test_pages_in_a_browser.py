"""Microsoft's pages in a real browser: no barriers, a keyboard is enough, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox import chromium
from sandbox.clouds.server import Server
from sandbox.kit import Request, Response
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR
from tests.browser import axe
from tests.sandbox.microsoft.browser import ASKED, REQUIRED
from tests.sandbox.microsoft.conftest import Desk


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = chromium.install()
        yield playwright.chromium.launch(executable_path=path, args=chromium.flags())


@pytest.fixture
def app() -> Iterator[Server]:
    """Where Microsoft sends the browser back to."""

    def welcome(request: Request) -> Response:
        return Response(200, b"Welcome back", {"Content-Type": "text/html"})

    server = Server(welcome)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def login(desk: Desk, app: Server) -> Iterator[str]:
    """The tenant's address at the login service."""
    desk.app.redirect_uris += [f"{app.url}/consent", f"{app.url}/signin"]
    desk.app.required += REQUIRED
    desk.tenant.add_user("Greta Global", roles=[GLOBAL_ADMINISTRATOR])
    desk.tenant.add_user("Ove Ordinary")
    desk.ms.add_tenant("Elsewhere", domain="elsewhere.example").add_user("Elsa")
    server = Server(desk.ms.login.handle)
    server.start()
    yield f"{server.url}/{desk.tenant.tenant_id}"
    server.stop()


@pytest.fixture
def consent(desk: Desk, app: Server, login: str) -> str:
    asked = {
        "client_id": desk.app.client_id,
        "redirect_uri": f"{app.url}/consent",
        "scope": "https://graph.microsoft.com/.default",
        "state": "1",
    }
    return f"{login}/v2.0/adminconsent?{urlencode(asked)}"


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"forced_colors": "active"}, {}])
def test_no_page_has_a_barrier(
    browser: Browser, consent: str, login: str, look: dict[str, str]
) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640}, **look)  # type: ignore[arg-type]
    seen: list[str] = []
    found: list[str] = []

    def look_at() -> None:
        seen.append(page.get_by_role("heading", level=1).inner_text())
        found.extend(axe.violations(page, f"320 px {look}"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, seen[-1]

    page.goto(consent)
    look_at()
    page.get_by_label("Email address").fill("nobody@contoso.example")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("alert").wait_for()
    look_at()
    page.get_by_role("button", name="Elsa").click()
    page.get_by_text("AADSTS50020").wait_for()
    look_at()
    page.get_by_role("button", name="Sign in with another account").click()
    page.get_by_role("button", name="Ove Ordinary").click()
    look_at()
    page.get_by_role("button", name="Have an admin account?").click()
    page.get_by_role("button", name="Greta Global").click()
    look_at()
    page.goto(f"{login}/oauth2/v2.0/logout")
    look_at()

    assert found == []
    assert seen == [
        "Sign in",
        "Sign in",
        "Sign in",
        "Need admin approval",
        "Permissions requested",
        "You signed out of your account",
    ]
    page.close()


def test_a_keyboard_is_enough_and_the_sign_in_after_consent_shows_no_page(
    browser: Browser, desk: Desk, consent: str, login: str, app: Server
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(consent)
    _tab_to(page, "Greta Global")
    page.keyboard.press("Enter")
    page.get_by_text("Permissions requested").first.wait_for()
    _tab_to(page, "Accept")
    page.keyboard.press("Enter")
    page.get_by_text("Welcome back").wait_for()

    assert page.url.startswith(f"{app.url}/consent?admin_consent=True&tenant=")
    asked = {**ASKED, "client_id": desk.app.client_id, "redirect_uri": f"{app.url}/signin"}
    page.goto(f"{login}/oauth2/v2.0/authorize?{urlencode(asked)}")
    assert page.url.startswith(f"{app.url}/signin?code=")
    page.goto(f"{login}/oauth2/v2.0/authorize?{urlencode({**asked, 'prompt': 'select_account'})}")
    assert page.get_by_role("button", name="Greta Global").is_visible()
    context.close()


def _tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(name):
            return
    pytest.fail(f"no way to {name} by Tab")
