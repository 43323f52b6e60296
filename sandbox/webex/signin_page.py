"""The page on which somebody signs in to Webex and allows an app, and the page that refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.kit import Response
from sandbox.webex.people import ROLE_NAMES
from sandbox.webex.state import Organization, Person
from sandbox.webex.world import World

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
# How many people without a role are offered of each organization; others sign in by e-mail.
ORDINARY = 3
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Offered:
    """Somebody on the page. roles: in words."""

    uuid: str
    name: str
    email: str
    roles: str


def may_sign_in(person: Person) -> bool:
    """Neither bots nor machines nor devices, nor an account that was deleted or disabled."""
    someone = not person.is_bot and person.user_type == "user"
    return someone and person.account_status in ("active", "pending")


def offered(world: World) -> list[tuple[str, list[Offered]]]:
    """By organization: everybody with a role, then an ordinary few."""
    return [(org.name, _of(org)) for org in world.organizations.values()]


def _of(org: Organization) -> list[Offered]:
    people = [person for person in org.people if may_sign_in(person)]
    special = [person for person in people if person.roles]
    ordinary = [person for person in people if not person.roles]
    return [_offered(person) for person in special + ordinary[:ORDINARY]]


def _offered(person: Person) -> Offered:
    roles = ", ".join(ROLE_NAMES.get(role, role) for role in sorted(person.roles))
    return Offered(person.uuid, person.name, person.email, roles)


def choice(
    *,
    people: Sequence[tuple[str, Sequence[Offered]]],
    scopes: Sequence[str],
    app: str,
    action: str,
    email: str,
    account: Person | None,
    problem: str,
) -> Response:
    """`account`: who is signed in already. `email`: what the field starts with."""
    facts = {
        "people": people,
        "scopes": scopes,
        "app": app,
        "action": action,
        "email": email,
        "account": _offered(account) if account else None,
        "problem": problem,
    }
    return _page("signin.html", facts)


def refusal(why: str, status: int = 400) -> Response:
    return _page("refusal.html", {"why": why}, status)


def _page(template: str, facts: dict[str, Any], status: int = 200) -> Response:
    text = _templates().get_template(template).render(facts)
    return Response(status, text.encode(), dict(_HEADERS))


@cache
def _templates() -> Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(_TEMPLATES)
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
