"""The note about permissions: what is asked for, why, and how it is taken back."""

from __future__ import annotations

from dataclasses import dataclass

from functions.prereq_check import telling
from shared.admin import prerequisites as checks
from shared.admin.prerequisites import Row
from shared.core.capabilities import CAPABILITIES, Capability
from shared.core.checks import State
from shared.core.permissions import PERMISSIONS, SCOPES, Permission, asked_besides
from shared.web.answers import Page
from shared.web.entry import Desk
from shared.web.visit import Visit

_SHOWN = ("m365_tenant", "m365_permissions")


@dataclass(frozen=True)
class Asked:
    """A permission. state: as proven by the last check, "" where that is not known."""

    permission: Permission
    state: str


def permissions(desk: Desk, _visit: Visit) -> Page:
    """GET /permissions. Authorize waits for the tenant alone: the Microsoft administrator need not
    wait for what others still do in Webex."""
    rows = {row.check.id: row for row in checks.refresh(desk.office, desk.actor, _SHOWN)}
    tenant, granting = rows["m365_tenant"], rows["m365_permissions"]
    settings = desk.office.services.organizations.settings()
    more = [Asked(permission, "") for permission in asked_besides(settings)]
    facts = {
        "asked": [*(Asked(p, _state(granting, p)) for p in PERMISSIONS), *more],
        "granting": telling.tell(granting, desk.lobby.language),
        "tenant": telling.tell(tenant, desk.lobby.language),
        "blocked": tenant.blocks,
        "capabilities": [(c, [(s, SCOPES[s]) for s in c.asked]) for c in _capabilities()],
        "settings": settings,
        "client_id": desk.lobby.settings.microsoft_client_id,
    }
    return Page("permissions.html", facts, leaves=True)


def _state(row: Row, permission: Permission) -> str:
    granted = row.result.facts.get("granted")
    if granted is None:
        return ""
    if permission.name in str(granted).split(", "):
        return State.MET.value
    return State.NOT_MET.value if permission.core else State.ATTENTION.value


def _capabilities() -> list[Capability]:
    return [c for c in CAPABILITIES.values() if c.scopes]
