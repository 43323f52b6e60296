"""The kit with nothing behind it: no storage, no provider, a clock that stands still."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.clock import VirtualClock
from shared.config import read_settings
from shared.web.entry import AdminHandler, Handler, serve
from shared.web.plain import Plain
from shared.web.visit import Visit
from shared.wiring import Wiring

PUBLIC_URL = "https://app.example"
ENVIRONMENT = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "MASTER_KEYS": f"v1:{base64.b64encode(b'k' * 32).decode()}",
    "WEBEX_ORG_IDS": "11111111-1111-4111-8111-111111111111",
    "MICROSOFT_TENANT_IDS": "22222222-2222-4222-8222-222222222222",
    "PUBLIC_URL": PUBLIC_URL,
}


def wiring_for(clock: VirtualClock | None = None, **settings: str) -> Wiring:
    return Wiring(read_settings({**ENVIRONMENT, **settings}), clock or VirtualClock(1_790_000_000))


_NOTHING: Mapping[str, str] = {}


def visit(
    path: str = "/",
    method: str = "GET",
    *,
    route: Mapping[str, str] = _NOTHING,
    query: Mapping[str, str] = _NOTHING,
    headers: Mapping[str, str] = _NOTHING,
    form: Mapping[str, str] = _NOTHING,
    cookies: Mapping[str, str] = _NOTHING,
) -> Visit:
    """cookies: by the names that the browser knows."""
    return Visit(method, path, route, query, headers, form, cookies)


@dataclass
class Browser:
    """Keeps cookies between visits, and sends forms as browsers do."""

    wiring: Wiring = field(default_factory=wiring_for)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, handler: Handler, query: Mapping[str, str] = _NOTHING) -> Plain:
        sent = visit(path, query=query, cookies=dict(self.cookies))
        return self._go(sent, public=handler)

    def admin(self, path: str, handler: AdminHandler) -> Plain:
        return self._go(visit(path, cookies=dict(self.cookies)), admin=handler)

    def post(self, path: str, handler: Handler, **form: str) -> Plain:
        headers = {"sec-fetch-site": "same-origin"}
        sent = visit(path, "POST", cookies=dict(self.cookies), headers=headers, form=form)
        return self._go(sent, public=handler)

    def _go(
        self, sent: Visit, public: Handler | None = None, admin: AdminHandler | None = None
    ) -> Plain:
        answer = serve(self.wiring, sent, public=public, admin=admin)
        for text in all_of(answer, "Set-Cookie"):
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answer


def header(answer: Plain, name: str) -> str:
    return next((value for key, value in answer.headers if key == name), "")


def all_of(answer: Plain, name: str) -> list[str]:
    return [value for key, value in answer.headers if key == name]
