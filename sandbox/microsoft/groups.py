"""Groups: create, upsert, read, change, delete.

Sources: pages "Create group", "Upsert group", "Get group", "List groups", "Update group".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft import permissions
from sandbox.microsoft.api import Context, Route, guid, iso, no_content, reading, writing
from sandbox.microsoft.bodies import EDITABLE, check_change, check_creation, edits_of
from sandbox.microsoft.errors import GraphError, bad_request, conflict, denied, missing
from sandbox.microsoft.links import Links, bound_in, check_addition, check_people, check_room
from sandbox.microsoft.naming import check_names
from sandbox.microsoft.paging import page, page_moment, selected
from sandbox.microsoft.state import Group, Profile

# Seconds that a deleted group can be restored.
_RESTORABLE = 30 * 86_400.0
_BY_NAME = "/groups(uniqueName='{name}')"
_EQUALS = re.compile(r"(mailNickname|uniqueName|displayName) eq '((?:[^']|'')*)'")
_STARTS = re.compile(r"startswith\((mailNickname|displayName), ?'((?:[^']|'')*)'\)", re.IGNORECASE)


def create(ctx: Context) -> Response:
    body = ctx.body()
    if "uniqueName" in body and not ctx.world.switches.post_accepts_unique_name:
        raise bad_request("Property 'uniqueName' is read-only and cannot be set.")
    return _create(ctx, body, body.get("uniqueName"))


def upsert(ctx: Context) -> Response:
    """201 with the group, or 204 after changing the one that exists, or 404 without Prefer."""
    name, body = _key(ctx), ctx.body()
    if body.get("uniqueName", name) != name:
        raise bad_request("The uniqueName in the body differs from the one in the address.")
    group = ctx.tenant.group_by_unique_name(name)
    if group and ctx.now - group.created >= ctx.world.switches.upsert_blind_seconds:
        ctx.must_be_replicated(group)
        _change(ctx, group, body, is_upsert=True)
        return no_content()
    if "create-if-missing" not in ctx.request.header("prefer"):
        raise missing(name)
    return _create(ctx, body, name, blind=group is not None)


def get(ctx: Context) -> Response:
    return _shown(ctx, ctx.group_seen())


def get_by_name(ctx: Context) -> Response:
    if not ctx.world.switches.alternate_key_get:
        raise bad_request("The specified key is not an alternate key that can be read.")
    name = _key(ctx)
    for group in ctx.tenant.groups_named(name):
        if group.exists_at(ctx.moment):
            return _shown(ctx, group)
    raise missing(name)


def list_groups(ctx: Context) -> Response:
    moment = page_moment(ctx)
    found = (g for g in _candidates(ctx, moment) if g.exists_at(moment))
    names = selected(ctx.request, GROUP_SHOW, GROUP_DEFAULT, "group")
    return page(ctx, found, lambda g: group_json(g, g.profile.seen(moment), names, ctx), "groups")


def update(ctx: Context) -> Response:
    """Adds members, or changes properties, which takes more permission."""
    body = ctx.body()
    if body.keys() != {"members@odata.bind"}:
        ctx.require("group.update")
    group = ctx.group_to_write()
    _change(ctx, group, body, is_upsert=False)
    return no_content()


def delete(ctx: Context) -> Response:
    ctx.tenant.delete_group(ctx.group_to_write())
    return no_content()


def restore(ctx: Context) -> Response:
    """Source: page "Restore deleted item"."""
    key = guid(ctx.request.params["id"])
    group = ctx.tenant.groups.get(key)
    if group is None or group.deleted is None or ctx.now - group.deleted > _RESTORABLE:
        raise missing(key)
    if ctx.tenant.group_by_nickname(group.mail_nickname):
        raise conflict("mailNickname")
    ctx.tenant.restore_group(group)
    whole = group_json(group, group.profile.value, GROUP_DEFAULT, ctx)
    return Response(200, {"@odata.type": "#microsoft.graph.group", **whole})


def group_json(group: Group, profile: Profile, names: Iterable[str], ctx: Context) -> Any:
    return {name: GROUP_SHOW[name](group, profile, ctx) for name in names}


def _create(
    ctx: Context, body: dict[str, Any], unique_name: str | None, *, blind: bool = False
) -> Response:
    links = bound_in(body)
    check_creation(body, ctx.world.switches)
    _check_may_create(ctx, links)
    names = {name: body[name] for name in ("displayName", "mailNickname")}
    check_names(ctx.tenant.group_settings, names, ctx.world.switches)
    _check_free(ctx, body["mailNickname"], unique_name, blind=blind)
    for kind, people in links.items():
        check_people(ctx, kind, people)
        check_room(0, kind, len(people))
    group = ctx.tenant.add_group(
        body["displayName"],
        body["mailNickname"],
        owners=links.get("owners", ()),
        members=links.get("members", ()),
        unique_name=unique_name,
        description=body.get("description"),
        visibility=body.get("visibility") or "Public",
        resource_behavior_options=body.get("resourceBehaviorOptions", ()),
    )
    whole = group_json(group, group.profile.value, GROUP_DEFAULT, ctx)
    return Response(201, {"@odata.context": _context(ctx), **whole})


def _check_may_create(ctx: Context, links: Links) -> None:
    held, switches = ctx.grant.permissions, ctx.world.switches
    if links and permissions.BINDS_USERS.isdisjoint(held):
        raise denied()
    settings = ctx.tenant.group_settings
    if switches.creation_policy_binds_apps and settings.get("EnableGroupCreation") == "False":
        raise denied()
    if switches.user_owner_required and not links.get("owners"):
        raise bad_request("A Unified group must have at least one owner that is a user.")


def _check_free(ctx: Context, nickname: str, unique_name: str | None, *, blind: bool) -> None:
    if ctx.tenant.group_by_nickname(nickname):
        raise conflict("mailNickname")
    if unique_name is None or blind:
        return
    keeps = ctx.world.switches.deleted_keeps_unique_name
    if any(keeps or g.deleted is None for g in ctx.tenant.groups_named(unique_name)):
        raise conflict("uniqueName")


def _change(ctx: Context, group: Group, body: dict[str, Any], *, is_upsert: bool) -> None:
    """Checks everything first, then changes everything."""
    switches = ctx.world.switches
    links = bound_in(body)
    check_change(body, switches, upsert=is_upsert)
    if "owners" in links and not is_upsert and not switches.owners_bind_in_patch:
        raise bad_request("Owners cannot be added in an update of the group.")
    new = {k: v for k, v in edits_of(body).items() if getattr(group, k) != v}
    _check_edits(ctx, new)
    _check_unique_name(ctx, group, body)
    if is_upsert and switches.upsert_binds == "add":
        links = {k: [p for p in people if p not in group.rosters[k]] for k, people in links.items()}
    for kind, people in links.items():
        check_addition(ctx, group, kind, people)
    if new:
        ctx.tenant.change_group(group, **new)
    if "uniqueName" in body and group.unique_name is None:
        ctx.tenant.name_uniquely(group, body["uniqueName"])
    for kind, people in links.items():
        group.add(kind, *people)


def _check_edits(ctx: Context, new: dict[str, Any]) -> None:
    names = {
        name: new[EDITABLE[name]]
        for name in ("displayName", "mailNickname")
        if EDITABLE[name] in new
    }
    check_names(ctx.tenant.group_settings, names, ctx.world.switches)
    if "mail_nickname" in new and ctx.tenant.group_by_nickname(new["mail_nickname"]):
        raise conflict("mailNickname")


def _check_unique_name(ctx: Context, group: Group, body: dict[str, Any]) -> None:
    """ "Can be updated only if null and is immutable once set" (page "Update group")."""
    name = body.get("uniqueName")
    if name is None or name == group.unique_name:
        return
    if group.unique_name is not None:
        raise bad_request("Property 'uniqueName' is immutable once set.")
    if ctx.tenant.group_by_unique_name(name):
        raise conflict("uniqueName")


def _candidates(ctx: Context, moment: float) -> Iterable[Group]:
    text = ctx.request.arg("$filter")
    if text is None:
        return ctx.tenant.groups.values()
    if match := _EQUALS.fullmatch(text.strip()):
        return _equal(ctx, moment, match[1], match[2].replace("''", "'"))
    if match := _STARTS.fullmatch(text.strip()):
        field, start = EDITABLE[match[1]], match[2].replace("''", "'").lower()
        return [
            g
            for g in ctx.tenant.groups.values()
            if getattr(g.profile.seen(moment), field).lower().startswith(start)
        ]
    raise GraphError(400, "Request_UnsupportedQuery", "Unsupported Query.")


def _equal(ctx: Context, moment: float, name: str, value: str) -> Iterable[Group]:
    if name == "uniqueName":
        return ctx.tenant.groups_named(value)
    field, wanted = EDITABLE[name], value.lower()
    if name == "mailNickname" and ctx.moment >= ctx.now:
        found = ctx.tenant.group_by_nickname(value)
        return [found] if found else []
    return [
        g
        for g in ctx.tenant.groups.values()
        if getattr(g.profile.seen(moment), field).lower() == wanted
    ]


def _shown(ctx: Context, group: Group) -> Response:
    names = selected(ctx.request, GROUP_SHOW, GROUP_DEFAULT, "group")
    shown = group_json(group, group.profile.seen(ctx.moment), names, ctx)
    return Response(200, {"@odata.context": _context(ctx), **shown})


def _context(ctx: Context) -> str:
    return f"{ctx.request.base_url}/v1.0/$metadata#groups/$entity"


def _key(ctx: Context) -> str:
    return ctx.request.params["name"].replace("''", "'")


GROUP_SHOW: dict[str, Any] = {
    "id": lambda g, p, c: g.id,
    "deletedDateTime": lambda g, p, c: None,
    "classification": lambda g, p, c: None,
    "createdDateTime": lambda g, p, c: iso(g.created),
    "description": lambda g, p, c: p.description,
    "displayName": lambda g, p, c: p.display_name,
    "groupTypes": lambda g, p, c: ["Unified"],
    "mail": lambda g, p, c: f"{p.mail_nickname}@{c.tenant.domain}",
    "mailEnabled": lambda g, p, c: True,
    "mailNickname": lambda g, p, c: p.mail_nickname,
    "renewedDateTime": lambda g, p, c: iso(g.created),
    "resourceBehaviorOptions": lambda g, p, c: g.resource_behavior_options,
    "resourceProvisioningOptions": lambda g, p, c: [],
    "securityEnabled": lambda g, p, c: False,
    "uniqueName": lambda g, p, c: g.unique_name,
    "visibility": lambda g, p, c: p.visibility,
}
GROUP_DEFAULT = tuple(GROUP_SHOW)

ROUTES: list[Route] = [
    reading("/groups", list_groups, "group.read"),
    reading(_BY_NAME, get_by_name, "group.read"),
    reading("/groups/{id}", get, "group.read"),
    writing("POST", "/groups", create, "group.create"),
    writing("PATCH", _BY_NAME, upsert, "group.upsert"),
    writing("PATCH", "/groups/{id}", update, "members.write"),
    writing("DELETE", "/groups/{id}", delete, "group.delete"),
    writing("POST", "/directory/deletedItems/{id}/restore", restore, "group.restore"),
]
