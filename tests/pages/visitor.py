"""Somebody with a browser in the stage's world: the app and both clouds in one process."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from sandbox.browser.origins import Blocked
from sandbox.browser.page import Page
from sandbox.browser.visitor import ELSEWHERE, FORM, Browser, Sent
from sandbox.kit import Cloud, parse_request
from tests.journeys.stage import APP_URL, Stage

__all__ = ["ELSEWHERE", "FORM", "Blocked", "Page", "Visitor"]


class Visitor(Browser):
    """`strict` asks every answer of ours for the headers that protect a page."""

    strict = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(self._travel, stage.clock.now, APP_URL)
        self.stage = stage

    def look_at(self, page: Page) -> None:
        if page.ours and self.strict:
            assert_protected(page)

    def _travel(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        if url.startswith(APP_URL):
            return self._ours(method, url, headers, body)
        answer = self._cloud(url).handle(parse_request(method, url, headers, body))
        return Sent(answer.status, tuple(answer.headers.items()), answer.content())

    def _ours(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        invocation = self.stage.app.invoke_http(method, url, headers, body)
        answer = invocation.answer
        assert answer is not None
        # What no function answers is the host's own 404.
        return Sent(answer.status, answer.headers, answer.body, ours=bool(invocation.function))

    def _cloud(self, url: str) -> Cloud:
        host = urlsplit(url).hostname
        clouds = {
            "webexapis.com": self.stage.webex,
            "login.microsoftonline.com": self.stage.microsoft.login,
        }
        assert host in clouds, f"nobody answers at {url}"
        return clouds[host]


def assert_protected(page: Page) -> None:
    """What every answer of ours carries, whatever it is."""
    told, headers = f"{page.method} {page.url}: {page.status}", page.headers
    policy = headers.get("content-security-policy", "")

    assert page.status < 500, told
    assert "frame-ancestors 'none'" in policy, told
    assert "unsafe" not in policy and "script-src *" not in policy, told
    assert headers.get("x-content-type-options") == "nosniff", told
    assert headers.get("referrer-policy") == "same-origin", told
    assert headers.get("strict-transport-security"), told
    assert headers.get("cache-control"), told
    assert not page.document.root.all("style"), told
    assert all(s["src"] for s in page.document.root.all("script")), told
    for cookie in page.set_cookies:
        kept = cookie.lower()
        assert "httponly" in kept and "; secure" in kept and "samesite=lax" in kept, told
        assert cookie.startswith("__Host-"), told
