"""The default world: the organization Example, its people, its Microsoft tenant and our app.

Its ids and the app's secret are the same on every machine: they open nothing but the sandbox.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.clouds.names import names
from sandbox.microsoft import MicrosoftClouds, Tenant
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR
from sandbox.webex import Organization, Person, WebexCloud

ORGANIZATION = "5a4dbc05-1000-4000-8000-0000e8a3b1e5"
OTHER_ORGANIZATION = "5a4dbc05-2000-4000-8000-0000e8a3b1e5"
TENANT = "5a4dbc05-3000-4000-8000-0000e8a3b1e5"
# Nobody has named it in the settings.
OTHER_TENANT = "5a4dbc05-3001-4000-8000-0000e8a3b1e5"
APP_ID = "5a4dbc05-4000-4000-8000-0000e8a3b1e5"
APP_SECRET = "sandbox-app-secret"
INTEGRATION_ID = "sandbox-integration"
INTEGRATION_SECRET = "sandbox-integration-secret"
DOMAIN = "example.example"
OTHER_DOMAIN = "elsewhere.example"
PEOPLE = 600

OFFICER_SCOPES = (
    "spark:people_read",
    "spark-compliance:events_read",
    "spark-compliance:memberships_read",
    "spark-compliance:memberships_write",
    "spark-compliance:rooms_read",
    "spark-compliance:rooms_write",
    "spark-compliance:team_memberships_read",
    "spark-compliance:team_memberships_write",
    "spark-compliance:teams_read",
    "spark-compliance:webhooks_read",
    "spark-compliance:webhooks_write",
)
ADMIN_SCOPES = (
    "identity:people_read",
    "spark-admin:licenses_read",
    "spark-admin:people_read",
    "spark:people_read",
)
# What the integration is registered with: all that anybody may sign in for.
INTEGRATION_SCOPES = frozenset(
    (
        *OFFICER_SCOPES,
        *ADMIN_SCOPES,
        "spark-admin:roles_read",
        "spark:rooms_read",
        "spark:rooms_write",
        "openid",
        "profile",
        "email",
    )
)
REDIRECTS = ("/authorize/webex/signin", "/authorize/webex/credential")
MICROSOFT_CALLBACKS = ("/authorize/microsoft/consent", "/authorize/microsoft/signin")
# Group.ReadWrite.All covers the groups' settings and checkMemberGroups as well.
PERMISSIONS = ("Group.ReadWrite.All", "User.Read.All", "Sites.Read.All")

OFFICER = "Olle Officer"
ADMIN = "Frida Fulladmin"
GLOBAL_ADMIN = "Gunnar Globaladmin"
# Full administrator of an organization of their own, which nobody has named in the settings.
STRANGER_ADMIN = "Fia Freeadmin (other organization)"
# Accounts of Microsoft alone; the last one in a tenant of its own.
MICROSOFT_ADMIN = "Greta Global"
MICROSOFT_ROLE_ADMIN = "Prisca Privileged"
MICROSOFT_USER = "Ove Ordinary"
OTHER_TENANTS_ADMIN = "Elsa Elsewhere"
# One of the six hundred, with no role at all.
ORDINARY = "Björn Öberg"


@dataclass(frozen=True)
class Problem:
    """Somebody whom the product must not add, and the reason that it gives (core.reasons)."""

    name: str
    reason: str


NO_ID = Problem("Nils Noid (no External ID)", "no_object_id")
TWIN_ONE = Problem("Tora Twin (same External ID)", "claimed_twice")
TWIN_TWO = Problem("Tage Twin (same External ID)", "claimed_twice")
UNKNOWN = Problem("Ulla Unknown (not in the tenant)", "unknown_to_tenant")
STRANGER = Problem("Stefan Stranger (other organization)", "other_organization")
BOT = Problem("Robo Bot", "bot")
PROBLEMS = (NO_ID, TWIN_ONE, TWIN_TWO, UNKNOWN, STRANGER, BOT)
# Not a problem: exactly one GUID stands in it.
PREFIXED = "Petra Prefixed (text before the id)"


def build(webex: WebexCloud, microsoft: MicrosoftClouds) -> None:
    """Fill two empty clouds."""
    org = webex.add_organization("Example", ORGANIZATION)
    tenant = microsoft.add_tenant("Example", TENANT, DOMAIN)
    microsoft.add_app(APP_ID, APP_SECRET)
    register(webex, microsoft, "")
    # What nobody could confirm: here it is the compliance officer who may link folders.
    webex.switches.who_may_link = "compliance"
    microsoft.switches.drive_delay_seconds = 15.0
    _synchronized(org, tenant, ADMIN, roles=["id_full_admin"])
    _synchronized(org, tenant, OFFICER, roles=["compliance_officer"])
    _synchronized(org, tenant, GLOBAL_ADMIN)
    tenant.users[object_id_of(GLOBAL_ADMIN)].roles.append(GLOBAL_ADMINISTRATOR)
    add_accounts(microsoft)
    for name in names(PEOPLE):
        _synchronized(org, tenant, name)
    _add_problems(webex, org, tenant)


def add_accounts(microsoft: MicrosoftClouds) -> None:
    """Who signs in to Microsoft and has no part in Webex. May be repeated."""
    elsewhere = microsoft.tenants.get(OTHER_TENANT)
    elsewhere = elsewhere or microsoft.add_tenant("Elsewhere", OTHER_TENANT, OTHER_DOMAIN)
    tenant = microsoft.tenants[TENANT]
    for where, name, roles in (
        (tenant, MICROSOFT_ADMIN, [GLOBAL_ADMINISTRATOR]),
        (tenant, MICROSOFT_ROLE_ADMIN, [PRIVILEGED_ROLE_ADMINISTRATOR]),
        (tenant, MICROSOFT_USER, []),
        (elsewhere, OTHER_TENANTS_ADMIN, [GLOBAL_ADMINISTRATOR]),
    ):
        if object_id_of(name) not in where.users:
            where.add_user(name, object_id_of(name), roles=roles)


def register(webex: WebexCloud, microsoft: MicrosoftClouds, app_url: str) -> None:
    """What the app's owner enters with the providers: where its pages are, what it asks for."""
    register_integration(webex, app_url)
    app = microsoft.world.apps[APP_ID]
    app.redirect_uris = [app_url + path for path in MICROSOFT_CALLBACKS] if app_url else []
    app.required = list(PERMISSIONS)


def consent(microsoft: MicrosoftClouds) -> None:
    """As the tenant's administrator would; nothing happens if somebody did."""
    if (APP_ID, TENANT) not in microsoft.world.consents:
        microsoft.consent(microsoft.world.apps[APP_ID], microsoft.tenants[TENANT])


def _synchronized(
    org: Organization,
    tenant: Tenant,
    name: str,
    *,
    external_id: str = "{}",
    roles: list[str] | None = None,
) -> Person:
    """Somebody in both directories, as a synchronization from Entra leaves them."""
    from anyascii import anyascii

    object_id = object_id_of(name)
    email = org.world.free_email(anyascii(name.partition(" (")[0]), DOMAIN)
    tenant.add_user(name, object_id, email)
    return org.add_person(name, email, external_id.format(object_id), roles=roles or [])


def object_id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(TENANT), name))


def _add_problems(webex: WebexCloud, org: Organization, tenant: Tenant) -> None:
    _synchronized(org, tenant, PREFIXED, external_id="AzureAD:{}")
    tenant.add_user(NO_ID.name, object_id_of(NO_ID.name))
    org.add_person(NO_ID.name)
    _synchronized(org, tenant, TWIN_ONE.name)
    org.add_person(TWIN_TWO.name, external_id=object_id_of(TWIN_ONE.name))
    org.add_person(UNKNOWN.name, external_id=object_id_of(UNKNOWN.name))
    elsewhere = webex.add_organization("Elsewhere", OTHER_ORGANIZATION)
    elsewhere.add_person(STRANGER.name, external_id=object_id_of(STRANGER.name))
    elsewhere.add_person(STRANGER_ADMIN, roles=["id_full_admin"])
    webex.add_bot(BOT.name)


def register_integration(webex: WebexCloud, public_url: str) -> None:
    """Webex sends nobody back but to this address of the app; without one, anywhere."""
    address = public_url.rstrip("/")
    redirects = [f"{address}{path}" for path in REDIRECTS] if address else []
    webex.add_integration(INTEGRATION_ID, INTEGRATION_SECRET, redirects, INTEGRATION_SCOPES)


def person(webex: WebexCloud, name: str) -> Person:
    """Raises KeyError."""
    with webex.lock:
        for someone in webex.world.people.values():
            if someone.name == name:
                return someone
    raise KeyError(name)


def ordinary_people(webex: WebexCloud) -> list[Person]:
    """Everybody in the organization but those who are there for a reason."""
    special = {ADMIN, OFFICER, GLOBAL_ADMIN, PREFIXED, *(problem.name for problem in PROBLEMS)}
    with webex.lock:
        people = webex.world.people_of_org[ORGANIZATION]
        return [each for each in people if each.name not in special]


def issue_tokens(webex: WebexCloud) -> dict[str, dict[str, str]]:
    """New tokens of officer and administrator, by capability, for `./dev run --ready`.

    Those issued before are worth nothing any more.
    """
    issued: dict[str, dict[str, str]] = {}
    for name, scopes, capability in (
        (OFFICER, OFFICER_SCOPES, "spaces"),
        (ADMIN, ADMIN_SCOPES, "people"),
    ):
        owner = person(webex, name)
        _revoke_all(webex, owner)
        issued[capability] = issue_token(webex, owner, scopes)
    return issued


def issue_token(webex: WebexCloud, owner: Person, scopes: Iterable[str]) -> dict[str, str]:
    """A sign-in with the app's integration, as it would be told to the app."""
    token = webex.issue_token(owner, scopes, client_id=INTEGRATION_ID)
    return {
        "access_token": token.access_token,
        "refresh_token": token.refresh_token,
        "owner": owner.uuid,
        "owner_name": owner.name,
        "scopes": " ".join(scopes),
    }


def _revoke_all(webex: WebexCloud, owner: Person) -> None:
    with webex.lock:
        known = [*webex.world.tokens.values(), *webex.world.refresh_tokens.values()]
    for token in known:
        if token.person_uuid == owner.uuid:
            webex.revoke_token(token)
