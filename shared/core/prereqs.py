"""The prerequisites: what is checked, in which order, and where each is mended.

The groups and the order are Cisco's own (https://help.webex.com, "Groups integration"). What a
check can find stands in `core.findings`, how it is judged in `core.judging`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.ids import NIL, parse_uuid

MICROSOFT = "microsoft"
WEBEX = "webex"
GROUPS = {MICROSOFT: "Microsoft 365 requirements", WEBEX: "Webex requirements"}

_ENTRA = "https://entra.microsoft.com/#view"
_CONTROL_HUB = "https://admin.webex.com"
_CONTENT = f"{_CONTROL_HUB}/messaging/settings"


@dataclass(frozen=True)
class Check:
    """One prerequisite.

    blocking: the switch stays off while it is unmet. after: checks without which this one is
    pointless; uses: checks whose answer it takes along where there is one. mend, place: where it
    is put right, and what that place is called.
    """

    id: str
    group: str
    title: str
    mend: str
    place: str
    blocking: bool = False
    after: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


CHECKS = {
    check.id: check
    for check in (
        Check(
            "m365_tenant",
            MICROSOFT,
            "Microsoft tenant in the Microsoft Global instance",
            "/prerequisites#tenant",
            "Name your Microsoft tenant",
            blocking=True,
        ),
        Check(
            "m365_permissions",
            MICROSOFT,
            "Permissions, given with a Global admin account on your Microsoft tenant",
            "/permissions",
            "Read the note about permissions",
            blocking=True,
            after=("m365_tenant",),
        ),
        Check(
            "m365_groups",
            MICROSOFT,
            "Microsoft 365 groups feature",
            "https://admin.microsoft.com/Adminportal/Home#/subscriptions",
            "Your products in the Microsoft 365 admin center",
            blocking=True,
            after=("m365_permissions",),
        ),
        Check(
            "m365_creation",
            MICROSOFT,
            "Who may create groups, and how groups are named",
            f"{_ENTRA}/Microsoft_AAD_IAM/GroupsManagementMenuBlade/~/General",
            "Group settings in Microsoft Entra",
            after=("m365_permissions",),
        ),
        Check(
            "m365_users",
            MICROSOFT,
            "Users in Microsoft Entra ID (formerly Azure AD)",
            f"{_ENTRA}/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers",
            "Users in Microsoft Entra",
            blocking=True,
            after=("m365_permissions",),
        ),
        Check(
            "webex_admin",
            WEBEX,
            "Webex organization and full administrator account",
            f"{_CONTROL_HUB}/account/administrators",
            "Administrators in Control Hub",
            blocking=True,
        ),
        Check(
            "webex_officer",
            WEBEX,
            "Compliance officer, who lets the app see teams",
            "/credentials#spaces",
            "Sign in as compliance officer",
            blocking=True,
        ),
        Check(
            "webex_people",
            WEBEX,
            "Administrator, who lets the app read the directory",
            "/credentials#people",
            "Sign in as administrator",
            blocking=True,
        ),
        Check(
            "webex_messaging",
            WEBEX,
            "Webex messaging entitlement",
            f"{_CONTROL_HUB}/manage-users/users",
            "Users in Control Hub",
            after=("webex_people",),
        ),
        Check(
            "webex_active",
            WEBEX,
            "Webex user accounts are Active (users have signed in to Webex)",
            f"{_CONTROL_HUB}/manage-users/users",
            "Users in Control Hub",
            after=("webex_people",),
        ),
        Check(
            "webex_external_id",
            WEBEX,
            "Users synchronized with Webex: External ID is the object id in Microsoft Entra ID",
            "https://help.webex.com/6ta3gz",
            "How to synchronize users from Microsoft Entra ID",
            blocking=True,
            after=("webex_people",),
            uses=("m365_permissions",),
        ),
        Check(
            "ecm_microsoft",
            WEBEX,
            "Select Microsoft content management.",
            _CONTENT,
            "Messaging settings in Control Hub",
        ),
        Check(
            "ecm_linked_folders",
            WEBEX,
            "Enable linked folders",
            _CONTENT,
            "Messaging settings in Control Hub",
        ),
        Check(
            "ecm_tenant_name",
            WEBEX,
            "Enter your Microsoft Entra ID (formerly Azure AD) Tenant Name.",
            _CONTENT,
            "Messaging settings in Control Hub",
            uses=("m365_permissions",),
        ),
    )
}


def with_predecessors(ids: Iterable[str]) -> frozenset[str]:
    """The checks, and everything that they depend on. Raises KeyError for an unknown one."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        check = CHECKS[waiting.pop()]
        found.add(check.id)
        waiting += [i for i in check.after if i not in found]
    return frozenset(found)


def stages(ids: Iterable[str]) -> list[list[str]]:
    """The checks in rounds: in each, those that wait for none of the later ones."""
    rounds: dict[int, list[str]] = {}
    wanted = set(ids)
    for check_id in CHECKS:
        if check_id in wanted:
            rounds.setdefault(_depth(check_id), []).append(check_id)
    return [rounds[depth] for depth in sorted(rounds)]


def _depth(check_id: str) -> int:
    check = CHECKS[check_id]
    return max((_depth(i) + 1 for i in (*check.after, *check.uses)), default=0)


_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)


def tenant_name(text: str) -> str | None:
    """A tenant's domain or GUID as it may stand in an address, or None for anything else.

    A domain in letters of any script is written as the DNS does (RFC 5891).
    """
    text = text.strip().rstrip(".").lower()
    if uuid := parse_uuid(text):
        return None if uuid == NIL else uuid
    try:
        name = text.encode("idna").decode()
    except UnicodeError:
        return None
    labels = name.split(".")
    fits = len(labels) > 1 and len(name) <= 253 and not labels[-1].isdecimal()
    return name if fits and all(_LABEL.fullmatch(label) for label in labels) else None
