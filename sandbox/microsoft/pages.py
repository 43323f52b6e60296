"""Entra's pages, from templates, and what a browser brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode

from sandbox.kit import Request, Response
from sandbox.microsoft.roles import names_of
from sandbox.microsoft.state import Tenant, User, World

if TYPE_CHECKING:
    from jinja2 import Environment

COOKIE = "ESTSAUTH"
MOST_ORDINARY = 5
# Entra's names, page "Microsoft Graph permissions reference".
PERMISSION_TITLES = {
    "Group.ReadWrite.All": "Read and write all groups",
    "User.Read.All": "Read all users' full profiles",
    "Sites.Read.All": "Read items in all site collections",
    "Sites.ReadWrite.All": "Read and write items in all site collections",
    "Files.Read.All": "Read files in all site collections",
    "Files.ReadWrite.All": "Read and write files in all site collections",
    "openid": "Sign you in",
    "profile": "View your basic profile",
    "email": "View your email address",
    "offline_access": "Maintain access to data you have given it access to",
}


@dataclass(frozen=True)
class Choice:
    """One account on the sign-in page."""

    object_id: str
    name: str
    mail: str
    roles: str


def choices(world: World, tenant: Tenant) -> list[tuple[Tenant, list[Choice]]]:
    """Accounts to try, the tenant's own first: everybody with a role, and some without."""
    others = [t for t in world.tenants.values() if t is not tenant]
    shown = [(each, _choices_of(each)) for each in (tenant, *others)]
    return [(each, people) for each, people in shown if people]


def _choices_of(tenant: Tenant) -> list[Choice]:
    users = tenant.users.values()
    ordinary = [u for u in users if not u.roles][:MOST_ORDINARY]
    return [_choice(u) for u in (*(u for u in users if u.roles), *ordinary)]


def _choice(user: User) -> Choice:
    return Choice(user.object_id, user.display_name, user.mail, names_of(user.roles))


def titled(names: list[str]) -> list[tuple[str, str]]:
    """Permissions with the words that people see."""
    return [(name, PERMISSION_TITLES.get(name, name)) for name in names]


def show(template: str, status: int, facts: Mapping[str, Any]) -> Response:
    text = _templates().get_template(template).render(facts)
    # No `form-action`: Chromium would hold the way back to the app to it.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status, text.encode(), headers)


def here(request: Request) -> str:
    """The address of this page, without the host."""
    return f"{quote(request.path)}?{urlencode(request.query, doseq=True)}"


def form_of(request: Request) -> dict[str, str]:
    """What was sent from a page; nothing for a GET."""
    sent = parse_qs(request.body.decode("utf-8", "replace"))
    return {name: values[0].strip() for name, values in sent.items()}


def session_of(request: Request) -> str:
    for part in request.header("cookie").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


@cache
def _templates() -> Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
