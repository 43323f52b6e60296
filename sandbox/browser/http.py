"""How a browser's requests travel over real HTTP: one at a time, redirects left to the browser."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy

from sandbox.browser.visitor import Send, Sent

_SECONDS = 30.0


def over_http(app_url: str) -> Send:
    import requests

    session = requests.Session()
    session.trust_env = False
    # The browser keeps its own cookies.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        answer = session.request(
            method, url, headers=dict(headers), data=body, timeout=_SECONDS, allow_redirects=False
        )
        # Set-Cookie may stand there more than once.
        pairs = tuple(answer.raw.headers.items())
        return Sent(answer.status_code, pairs, answer.content, ours=url.startswith(app_url))

    return send
