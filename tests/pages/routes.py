"""Every way into the app by HTTP, found from the app itself: a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.journeys.stage import the_app

# Webex's deliveries: not for browsers, and held to their promise in tests/journeys/test_webhook.py.
NOT_FOR_BROWSERS = ("webhooks/",)
# What anybody may see and press. Everything else is for a signed-in administrator.
OPEN = frozenset(
    (
        "GET /",
        "GET /health",
        "GET /style.css",
        "GET /script.js",
        "GET /icon.svg",
        "GET /refused/{code}",
        "GET /{*path}",
        "POST /authorize/signin",
        "POST /authorize/signout",
        "GET /authorize/webex/signin",
        "GET /authorize/webex/credential",
        "GET /authorize/microsoft/consent",
        "GET /authorize/microsoft/signin",
        "GET /handover/{organization}/{token}",
        "POST /handover/{organization}/{token}",
        "GET /handover",
        "POST /handover/start",
        "GET /handover/done",
    )
)


@dataclass(frozen=True)
class Way:
    """One method of one route."""

    method: str
    template: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{\*{0,2}(\w+)[^}]*}", self.template)

    @property
    def is_open(self) -> bool:
        return str(self) in OPEN

    @property
    def is_callback(self) -> bool:
        return self.method == "GET" and self.template.startswith("/authorize/")

    def path(self, values: Mapping[str, str]) -> str:
        """`values` must be percent-encoded already."""
        return re.sub(r"{\*{0,2}(\w+)[^}]*}", lambda m: values[m[1]], self.template)


def ways() -> list[Way]:
    found = []
    for route, function in the_app().routes:
        template = "/" + re.sub(r"^{ignored[^}]*}$", "", route.template)
        methods = the_app().methods(function)
        assert methods, f"{function.name} answers every method: name those that it means"
        if not template.startswith(tuple(f"/{prefix}" for prefix in NOT_FOR_BROWSERS)):
            found += [Way(method, template) for method in methods]
    return sorted(found, key=str)


def gets() -> list[Way]:
    return [way for way in ways() if way.method == "GET"]


def posts() -> list[Way]:
    return [way for way in ways() if way.method == "POST"]
