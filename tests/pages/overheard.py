"""Every secret that passes between the app and the clouds, by what it is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from sandbox.browser.page import Page
from sandbox.kit import Cloud, Request, Response
from tests.journeys.stage import Stage

# What OAuth calls what must not be seen, in queries, forms and answers.
NAMES = frozenset(
    (
        "access_token",
        "refresh_token",
        "id_token",
        "code",
        "state",
        "nonce",
        "code_verifier",
        "client_secret",
        "client_assertion",
        "secret",
        "device_code",
    )
)
# Shorter texts are no secrets, and stand in any page.
SHORTEST = 12


class Overheard:
    """Listens to both clouds from now on; `secrets` are all that were heard, with their names."""

    def __init__(self, stage: Stage) -> None:
        self.secrets: dict[str, str] = {}
        for cloud in (stage.webex, stage.microsoft.login, stage.microsoft.graph):
            self._listen(cloud)

    def _listen(self, cloud: Cloud) -> None:
        handle: Callable[[Request], Response] = cloud.handle

        def heard(request: Request) -> Response:
            self._request(request)
            answer = handle(request)
            self._answer(answer)
            return answer

        cloud.handle = heard  # type: ignore[method-assign]  # at the edge: the app is as it is

    def _request(self, request: Request) -> None:
        self._note((name, values[0]) for name, values in request.query.items())
        self._note([("access_token", request.token)])
        kind, _, given = request.header("authorization").partition(" ")
        if kind.lower() == "basic":
            self._note([("client_secret", base64.b64decode(given).decode().partition(":")[2])])
        if request.body[:1] == b"{":
            self._note(json.loads(request.body).items())
        else:
            self._note(parse_qsl(request.body.decode("utf-8", "replace")))

    def _answer(self, answer: Response) -> None:
        if isinstance(answer.body, dict):
            self._note(answer.body.items())
        location = answer.headers.get("Location", "")
        self._note((n, v[0]) for n, v in parse_qs(urlsplit(location).query).items())

    def _note(self, pairs: Iterable[tuple[str, object]]) -> None:
        for name, value in pairs:
            if name in NAMES and isinstance(value, str) and len(value) >= SHORTEST:
                self.secrets[value] = name


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets that stand in it, as they are or percent-encoded."""
    return sorted({name for s, name in secrets.items() if s in text or quote(s, safe="") in text})


def told(page: Page) -> str:
    """All of an answer that somebody may see or keep."""
    headers = " ".join(f"{n}: {v}" for n, v in page.headers.items() if n != "location")
    return f"{headers}\n{' '.join(page.set_cookies)}\n{page.body}"
