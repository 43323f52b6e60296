"""The rules of the prerequisites: from what was read to what was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from shared.core.capabilities import missing
from shared.core.ids import ObjectId, OrgId, TenantId, one_uuid_inside
from shared.core.permissions import PERMISSIONS

GLOBAL = "graph.microsoft.com"
CLOUDS = {
    "graph.microsoft.us": "Microsoft 365 US Government (GCC High)",
    "dod-graph.microsoft.us": "Microsoft 365 US Government (DoD)",
    "microsoftgraph.chinacloudapi.cn": "Microsoft 365 China (21Vianet)",
    "graph.microsoft.de": "Microsoft Germany",
}
# What groups live on, as Microsoft names services: lower case, and as people know them.
_NEEDED_PLANS = {"exchange": "Exchange Online", "sharepoint": "SharePoint Online"}
# So many people without a match among them: then there is hardly any.
_LARGE = 300
# What the app does without, more slowly or seeing less.
_SPARED = {
    "spaces": ("spark-compliance:webhooks_read", "spark-compliance:webhooks_write"),
    "people": ("spark:people_read", "spark-admin:licenses_read"),
}


@dataclass(frozen=True)
class Found:
    """A code of `core.findings`, and what its sentence is filled with."""

    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def judge_tenant(
    name: str,
    found: tuple[TenantId, str] | None,
    served: Collection[TenantId],
    holder: OrgId | None,
    org: OrgId,
) -> Found:
    """name: as it was given. found: GUID and Graph's host, None for no such tenant."""
    if found is None:
        return Found("unknown", {"tenant": name})
    tenant, host = found
    if host != GLOBAL:
        return Found("other_cloud", {"tenant": name, "cloud": CLOUDS.get(host, host)})
    if tenant not in served:
        return Found("not_served", {"tenant": name})
    if holder not in (None, org):
        return Found("taken", {"tenant": name})
    return Found("connected" if holder else "found", {"tenant": name, "id": tenant})


def judge_permissions(
    proven: Mapping[str, bool] | None, *, connected: bool, just_now: bool, link_folders: bool
) -> Found:
    """proven: None where Microsoft gives no token. just_now: whether the consent is that young that
    tokens may lack what it added. Folders that nobody wants need no permission."""
    if proven is None:
        return Found("taken_back" if connected else "not_asked")
    wanted = [p for p in PERMISSIONS if p.core or link_folders]
    lacking = [p for p in wanted if not proven.get(p.name)]
    facts: dict[str, str | int] = {
        "proven": len(wanted) - len(lacking),
        "count": len(wanted),
        "missing": ", ".join(p.name for p in lacking),
        "granted": ", ".join(p.name for p in PERMISSIONS if proven.get(p.name)),
    }
    if not connected:
        return Found("not_connected", facts)
    if any(p.core for p in lacking):
        return Found("not_yet" if just_now else "missing", facts)
    return Found("more_wanted" if lacking else "all", facts)


def judge_groups(plans: Collection[str] | None) -> Found:
    if plans is None:
        return Found("unsaid")
    lacking = [name for plan, name in _NEEDED_PLANS.items() if plan not in plans]
    return Found("lacking", {"lacking": ", ".join(lacking)}) if lacking else Found("enabled")


def judge_creation(
    *, everybody: bool, some: bool, honoured: bool, naming: str, blocked: int
) -> Found:
    """some: the members of one group may. naming: the policy's pattern. blocked: how many words."""
    if everybody:
        finding = "everybody"
    elif not honoured:
        finding = "ignored"
    else:
        finding = "some" if some else "nobody"
    facts: dict[str, str | int] = {}
    if naming:
        finding, facts["naming"] = f"{finding}+naming", naming
    if blocked:
        finding, facts["blocked"] = f"{finding}+words", blocked
    return Found(finding, facts)


def judge_users(count: int) -> Found:
    return Found("some", {"count": count}) if count else Found("none")


def judge_scopes(capability: str, owner: str, since: int, granted: Iterable[str]) -> Found:
    """A sign-in that works. since: milliseconds, 0 where it was made without the pages."""
    lacking = missing(capability, granted)
    facts: dict[str, str | int] = {
        "owner": owner,
        "since_at": since,
        "missing": ", ".join(lacking),
    }
    if any(scope not in _SPARED[capability] for scope in lacking):
        return Found("scopes", facts)
    if lacking:
        return Found("slow" if capability == "spaces" else "part", facts)
    return Found("ready" if since else "works", facts)


def judge_licences(licences: Iterable[tuple[str, int, int]]) -> Found:
    """Name, how many there are, how many are used. The name is not documented; "messaging" is in
    it as far as is known. One that comes free need not be listed at all."""
    found = [(total, used) for name, total, used in licences if "messaging" in name.lower()]
    if not found:
        return Found("unsaid")
    facts = {"count": sum(total for total, _ in found), "used": sum(used for _, used in found)}
    return Found("licensed" if facts["used"] else "unused", facts)


def judge_accounts(statuses: Collection[str], *, whole: bool) -> Found:
    """accountStatus of each person of a sample. whole: there is nobody else."""
    active = sum(1 for status in statuses if status == "active")
    facts = {"active": active, "count": len(statuses)}
    if not statuses:
        return Found("nobody" if whole else "unseen")
    if not active:
        return Found("none", facts)
    return Found("all" if active == len(statuses) else "some", facts)


def object_ids(external_ids: Iterable[str | None]) -> list[ObjectId]:
    """Those that hold exactly one object id."""
    found = (one_uuid_inside(text) for text in external_ids)
    return [ObjectId(uuid) for uuid in found if uuid]


@dataclass(frozen=True)
class Matches:
    """A sample of Webex's people, and how many of them Entra knows by their External ID.

    total: users in Webex's directory, machines too. whole: all of them were read. asked: Entra
    was; else those count whose External ID holds an object id. audited_at: of everybody, when the
    directory's audit ended (milliseconds), 0 for a sample.
    """

    count: int
    people: int
    total: int
    whole: bool
    asked: bool
    audited_at: int = 0


def judge_identities(matches: Matches) -> Found:
    """Where nobody matches, it is sure for all that were read, and likely for a large sample. A
    small one shows nothing: in an old directory many accounts may be of no use any more."""
    if not matches.people:
        return Found("nobody" if matches.whole else "unseen")
    facts = {"matching": matches.count, "count": matches.people, "total": matches.total}
    if not matches.count:
        large = matches.people >= _LARGE
        finding = "none" if matches.whole else "none_of_many" if large else "none_of_few"
    elif not matches.asked:
        finding = "shaped"
    else:
        finding = "all" if matches.count == matches.people else "some"
    if matches.audited_at:
        return Found(f"{finding}+audit", {**facts, "audited_at": matches.audited_at})
    return Found(f"{finding}+sample", facts)
