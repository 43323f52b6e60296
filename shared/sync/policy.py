"""Who may create groups: the tenant's own rule, honoured for the team's creator.

An app could pass it by (https://learn.microsoft.com/entra/identity/users/groups-settings-cmdlets);
we do not, unless the setting says so.
"""

from __future__ import annotations

from shared.core import times
from shared.core.ids import PersonId
from shared.core.model import CreationPolicy, OrgSettings
from shared.core.people import People
from shared.ports import Conflict, Services

_KEPT = "policy:groups:"


def may_create(
    services: Services, settings: OrgSettings, creator: PersonId | None, people: People
) -> str:
    """The reason code why no group may be made for this team, "" if one may."""
    if not settings.honour_creation:
        return ""
    policy = group_policy(services, settings)
    if policy.everybody:
        return ""
    object_id = people.mapped.get(creator) if creator else None
    if object_id is None:
        return "creator_unknown"
    if policy.allowed_group and services.groups.is_member_of(object_id, policy.allowed_group):
        return ""
    return "creator_may_not_create"


def group_policy(services: Services, settings: OrgSettings) -> CreationPolicy:
    """The tenant's group settings, kept for half an hour: changes take that long anyway."""
    name = f"{_KEPT}{settings.tenant}"
    kept = services.organizations.kept(name)
    now = services.now()
    if kept and now - _number(kept.state.get("at")) < times.GROUP_SETTINGS_FRESH:
        return CreationPolicy(
            bool(kept.state.get("everybody")),
            str(kept.state.get("allowed_group") or ""),
            bool(kept.state.get("guests", True)),
        )
    policy = services.groups.creation_policy()
    state = {
        "at": now,
        "everybody": policy.everybody,
        "allowed_group": policy.allowed_group,
        "guests": policy.guests,
    }
    try:
        services.organizations.keep(name, kept, state)
    except Conflict:
        services.log("group settings were kept by another worker")
    return policy


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
