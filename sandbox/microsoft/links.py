"""References to people, and the rules for binding them to a group.

Sources: pages "Create group", "Add members", "Add group owner", "Microsoft Entra service limits".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sandbox.microsoft.api import Context
from sandbox.microsoft.errors import (
    EMPTY_BIND,
    GUESTS_REFUSED,
    TOO_MANY_LINKS,
    GraphError,
    already_there,
    bad_request,
    denied,
    malformed,
    missing,
)
from sandbox.microsoft.state import KINDS, Group, Kind

MAX_LINKS = 20
MAX_OWNERS = 100

_REFERENCE = re.compile(
    r"https?://[^/?#]+/v1\.0/(?:directoryObjects|users)/"
    r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
)

Links = dict[Kind, list[str]]


def bound_in(body: dict[str, Any]) -> Links:
    """The object ids bound in a body, at most 20 of both kinds together."""
    links: Links = {}
    for kind in KINDS:
        if f"{kind}@odata.bind" in body:
            links[kind] = _parse_all(body[f"{kind}@odata.bind"])
    if sum(map(len, links.values())) > MAX_LINKS:
        raise bad_request(TOO_MANY_LINKS)
    return links


def parse_reference(value: Any) -> str:
    """The object id of an absolute reference; which host it names does not matter."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise malformed("Invalid URL format specified in payload.")
    return match[1].lower()


def check_people(ctx: Context, kind: Kind, object_ids: Sequence[str]) -> None:
    """Every id must be a user of this tenant whom the policy lets in."""
    for object_id in object_ids:
        user = ctx.tenant.users.get(object_id)
        if user is None or ctx.now < user.known_from:
            raise _not_a_user(ctx, kind, object_id)
        if user.user_type == "Guest":
            _check_guest(ctx, kind)
    if len(set(object_ids)) < len(object_ids):
        raise already_there(kind)


def check_addition(ctx: Context, group: Group, kind: Kind, object_ids: Sequence[str]) -> None:
    """All or nothing: one refused reference refuses them all."""
    check_people(ctx, kind, object_ids)
    if any(object_id in group.rosters[kind] for object_id in object_ids):
        raise already_there(kind)
    check_room(len(group.rosters["owners"]), kind, len(object_ids))


def check_room(present: int, kind: Kind, more: int) -> None:
    if kind == "owners" and present + more > MAX_OWNERS:
        raise bad_request(f"The group cannot have more than {MAX_OWNERS} owners.")


def _parse_all(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise malformed("The value of 'odata.bind' property annotation must be an array.")
    if not value:
        raise malformed(EMPTY_BIND)
    return [parse_reference(item) for item in value]


def _not_a_user(ctx: Context, kind: Kind, object_id: str) -> GraphError:
    if object_id in ctx.tenant.groups or object_id in ctx.tenant.security_groups:
        return bad_request(f"Only users can be {kind} of a Unified group.")
    named = ctx.world.switches.names_missing_object
    return missing(object_id if named else "00000000-0000-0000-0000-000000000000")


def _check_guest(ctx: Context, kind: Kind) -> None:
    if not ctx.world.switches.guest_policy_binds_apps:
        return
    setting, default = {
        "members": ("AllowToAddGuests", "True"),
        "owners": ("AllowGuestsToBeGroupOwner", "False"),
    }[kind]
    if ctx.tenant.group_settings.get(setting, default).lower() == "false":
        raise denied(GUESTS_REFUSED.format(property=kind.capitalize()))
