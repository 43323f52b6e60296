"""The state as plain JSON values, for `./dev run` to continue where it stopped.

What late readers do not see yet is not kept: after a restart reads are fresh. The journal is kept:
delta tokens outlive a restart.
"""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import Any

from sandbox.microsoft.apps import App, Consent, Grant
from sandbox.microsoft.library import DriveItem, Library
from sandbox.microsoft.state import Group, Profile, SecurityGroup, Tenant, User, World
from sandbox.microsoft.timeline import Change, Journal, Roster, Versions

FORMAT = 1
_PLAIN = (
    "id",
    "created",
    "site_url",
    "drive_id",
    "drive_ready_at",
    "unique_name",
    "resource_behavior_options",
    "deleted",
)


def dump(world: World) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "switches": asdict(world.switches),
        "apps": [asdict(app) for app in world.apps.values()],
        "consents": [
            [*key, sorted(c.permissions), c.since, c.complete, _sorted(c.before)]
            for key, c in world.consents.items()
        ],
        "sessions": world.sessions,
        "tokens": {
            token: [g.client_id, g.tenant_id, sorted(g.permissions), g.expires]
            for token, g in world.tokens.items()
        },
        "tenants": [_dump_tenant(tenant) for tenant in world.tenants.values()],
        # Ids go on from here: repeating the old seed would hand out the same ones again.
        "ids": world.ids.hex(32),
    }


def load(world: World, data: dict[str, Any]) -> None:
    """Replaces the state of `world` in place. Raises ValueError for another format."""
    if data.get("format") != FORMAT:
        raise ValueError(f"a snapshot of format {data.get('format')!r}, not {FORMAT}")
    for name, value in data["switches"].items():
        if hasattr(world.switches, name):
            setattr(world.switches, name, value)
    world.ids.reseed(data["ids"])
    world.apps = {a["client_id"]: App(**a) for a in data["apps"]}
    world.consents = {
        (client, tenant): _load_consent(held, *times)
        for client, tenant, held, *times in data["consents"]
    }
    world.sessions = {key: (t, u) for key, (t, u) in data.get("sessions", {}).items()}
    world.codes = {}
    world.tokens = {
        token: Grant(client, tenant, frozenset(held), expires)
        for token, (client, tenant, held, expires) in data["tokens"].items()
    }
    world.tenants = {t["tenant_id"]: _load_tenant(world, t) for t in data["tenants"]}


def _sorted(held: frozenset[str] | None) -> list[str] | None:
    return None if held is None else sorted(held)


def _load_consent(
    held: list[str], since: float, complete: float = 0.0, before: list[str] | None = None
) -> Consent:
    earlier = None if before is None else frozenset(before)
    return Consent(frozenset(held), since, max(since, complete), earlier)


def _dump_tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "tenant_id": tenant.tenant_id,
        "domain": tenant.domain,
        "group_settings": tenant.group_settings,
        "plans": tenant.plans,
        "cloud": tenant.cloud,
        "write_count": tenant.write_count,
        "mailed": tenant.mailed,
        "delta_epoch": tenant.delta_epoch,
        "journal": _dump_journal(tenant.journal),
        "users": [asdict(user) for user in tenant.users.values()],
        "security_groups": [asdict(group) for group in tenant.security_groups.values()],
        "groups": [_dump_group(group) for group in tenant.groups.values()],
    }


def _load_tenant(world: World, data: dict[str, Any]) -> Tenant:
    tenant = Tenant(
        data["name"], data["tenant_id"], data["domain"], world.clock, world.ids, world.switches
    )
    tenant.group_settings = data["group_settings"]
    # A world saved by an older version has none of these.
    if "plans" in data:
        tenant.plans = [(service, status) for service, status in data["plans"]]
    tenant.cloud = data.get("cloud", "global")
    tenant.mailed = data.get("mailed", [])
    tenant.delta_epoch = data.get("delta_epoch", 0)
    if "journal" in data:
        tenant.journal = Journal(data["journal"][0], (Change(*c) for c in data["journal"][1]))
    tenant.write_count = data["write_count"]
    tenant.users = {u["object_id"]: User(**u) for u in data["users"]}
    tenant.security_groups = {g["id"]: SecurityGroup(**g) for g in data["security_groups"]}
    for group in data["groups"]:
        tenant.enlist(_load_group(world, tenant, group))
    return tenant


def _dump_journal(journal: Journal) -> list[Any]:
    return [journal.start, [astuple(c) for c in journal.between(journal.start, journal.end)]]


def _dump_group(group: Group) -> dict[str, Any]:
    return {
        **{name: getattr(group, name) for name in _PLAIN},
        "profile": asdict(group.profile.value),
        "members": group.members,
        "owners": group.owners,
        "items": [asdict(item) for item in group.library.items.values()],
    }


def _load_group(world: World, tenant: Tenant, data: dict[str, Any]) -> Group:
    return Group(
        clock=world.clock,
        journal=tenant.journal,
        profile=Versions(Profile(**data["profile"])),
        # A world saved by an older version has none.
        library=Library({item["id"]: DriveItem(**item) for item in data.get("items", [])}),
        rosters={"members": Roster(data["members"]), "owners": Roster(data["owners"])},
        **{name: data[name] for name in _PLAIN},
    )
