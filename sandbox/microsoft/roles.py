"""Directory roles by their template ids, and who may consent for an organization.

Sources: pages "Microsoft Entra built-in roles" and "Grant tenant-wide admin consent".
"""

from __future__ import annotations

from collections.abc import Collection

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
ORDINARY_USER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
"""Stands in `wids` for everybody who is no guest."""

ROLE_NAMES = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
}
_CONSENT_FOR_GRAPH = {GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR}


def may_consent(roles: Collection[str]) -> bool:
    """To application permissions of Microsoft Graph; the application administrators may not."""
    return not _CONSENT_FOR_GRAPH.isdisjoint(roles)


def names_of(roles: Collection[str]) -> str:
    return ", ".join(ROLE_NAMES.get(role, role) for role in roles)
