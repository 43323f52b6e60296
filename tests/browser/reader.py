"""Somebody before a real browser, who notices what is wrong with a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from tests.browser import axe
from tests.browser.words import WORDS

NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
# Width and greatest height of a picture, and which are taken in Swedish as well.
PICTURE = (960, 1200)
IN_SWEDISH = ("prerequisites", "settings")
# How a page may be shown: the light one is how it is read anyway.
SCHEMES: tuple[dict[str, Any], ...] = (
    {"color_scheme": "dark"},
    {"forced_colors": "active"},
    {"contrast": "more"},
    {"color_scheme": "dark", "contrast": "more"},
)
_PLAIN: dict[str, Any] = {
    "color_scheme": "light",
    "forced_colors": "none",
    "contrast": "no-preference",
}
# Of each picture the first one counts: a later journey may pass by in another state.
_taken: set[str] = set()


class Reader:
    """One browser of one person. `words` are the app's in their language.

    `thorough`: looks at every page in all colours and at 320 px as well, once.
    """

    def __init__(
        self,
        browser: Browser,
        home: str,
        *,
        language: Literal["en", "sv"] = "en",
        scripts: bool = True,
        thorough: bool = False,
        screenshots: Path | None = None,
    ) -> None:
        self.home, self.language = home, language
        self.scripts, self.thorough = scripts, thorough
        self.words = WORDS[language]
        self._screenshots = screenshots
        self.context: BrowserContext = browser.new_context(
            locale={"en": "en-GB", "sv": "sv-SE"}[language],
            java_script_enabled=scripts,
            viewport=WIDE,  # type: ignore[arg-type]  # a TypedDict that is not exported
            base_url=home,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.wrong: list[str] = []
        # The status of pages that refuse: the console tells of it.
        self.expected_error = 0
        self._known: set[str] = set()
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))

    def close(self) -> None:
        self.context.close()

        assert not self.wrong, "\n".join(self.wrong)

    # What somebody does

    def open(self, path: str) -> None:
        self.page.goto(path)
        self.look()

    def press(self, name: str, within: str = "") -> None:
        """A button, by what it is called; `within` a part of the page, by its selector."""
        self.click(self._there(within).get_by_role("button", name=name, exact=True))

    def follow(self, name: str, within: str = "main") -> None:
        self.click(self._there(within).get_by_role("link", name=name, exact=True))

    def choose(self, name: str) -> None:
        """Whoever signs in, on a provider's page."""
        self.click(self.page.get_by_role("button", name=name).first)

    def click(self, what: Locator) -> None:
        """And look at what comes of it: another page, or this one with something else on it."""
        self.does(what, what.click)

    def does(self, what: Locator, act: Callable[[], None]) -> None:
        """`act` on a control that leads somewhere."""
        if self.scripts and what.evaluate("e => Boolean(e.form?.matches('[data-in-place]'))"):
            self.page.evaluate("document.querySelector('main > *').dataset.before = ''")
            act()
            self.page.locator("[data-before]").wait_for(state="detached")
            # The script tells what came of it a moment after.
            self.page.locator("#status p").first.wait_for()
        else:
            with self.page.expect_navigation():
                act()
        self.look()

    def _there(self, within: str) -> Locator | Page:
        return self.page.locator(within) if within else self.page

    # What somebody notices

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.home).partition("?")[0].partition("#")[0]

    @property
    def is_here(self) -> bool:
        """On a page of the app, not of a provider."""
        return self.page.url.startswith(self.home)

    def look(self, *, thorough: bool | None = None) -> None:
        """Keep what is wrong with the page for the end, so that a journey tells all of it.

        `thorough`: by default the first time that a page is seen.
        """
        self.page.wait_for_load_state()
        self._ask_axe("light")
        if not (
            self.thorough and self._where() not in self._known if thorough is None else thorough
        ):
            return
        self._known.add(self._where())
        for scheme in SCHEMES:
            self.page.emulate_media(**scheme)
            self._ask_axe(" ".join(scheme.values()))
            self.page.emulate_media(**_PLAIN)
        self._narrow()

    def keep(self, name: str, **shown: Any) -> None:
        """A picture of the page's beginning for the documentation, where pictures were asked for.

        `shown`: as in SCHEMES.
        """
        if not (self._screenshots and self.thorough):
            return
        file = f"{name}-{self.language}.png"
        if file in _taken or (self.language == "sv" and name not in IN_SWEDISH):
            return
        _taken.add(file)
        self.page.emulate_media(**(_PLAIN | shown))
        self.page.set_viewport_size({"width": PICTURE[0], "height": 600})
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.screenshot(
            path=self._screenshots / file,
            full_page=True,
            clip={"x": 0, "y": 0, "width": PICTURE[0], "height": min(height, PICTURE[1])},
        )
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        self.page.emulate_media(**_PLAIN)

    def _narrow(self) -> None:
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        over = self.page.evaluate("document.documentElement.scrollWidth") - NARROW["width"]
        if over > 0:
            widest = self.page.evaluate(_WIDEST, NARROW["width"])
            self.wrong.append(f"{self._where()} at 320 px: {over} px too wide: {widest}")
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def _ask_axe(self, how: str) -> None:
        # Without scripts nothing of axe can run either; the same page is looked at with them.
        if self.scripts:
            found = axe.violations(self.page, how)
            self.wrong += [f"{self._where()} ({self.language}, {how}): {each}" for each in found]

    def _where(self) -> str:
        return re.sub(r"[?#].*", "", self.page.url)

    def _hear(self, message: ConsoleMessage) -> None:
        """A Content-Security-Policy that forbids something of the page is told there."""
        expected = f"status of {self.expected_error} "
        if message.type in ("error", "warning") and expected not in message.text:
            where = message.location.get("url", "")
            self.wrong.append(f"{self._where()}: {message.text} ({where})")


_WIDEST = """limit => [...document.querySelectorAll('main *, header *, footer *')]
  .filter(e => e.getBoundingClientRect().right > limit)
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
