"""Members and owners of a group.

Sources: pages "List group members", "List group owners", "Add members", "Add group owner",
"Remove member", "Remove group owner".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, guid, no_content, reading, writing
from sandbox.microsoft.directory import USER_DEFAULT, USER_SHOW, user_json
from sandbox.microsoft.errors import LAST_OWNER, GraphError, absent, bad_request, missing
from sandbox.microsoft.links import check_addition, parse_reference
from sandbox.microsoft.paging import page, page_moment, selected
from sandbox.microsoft.state import Kind


def list_people(kind: Kind, ctx: Context) -> Response:
    _check_advanced(kind, ctx)
    group, moment = ctx.group_seen(), page_moment(ctx)
    names = selected(ctx.request, USER_SHOW, USER_DEFAULT, "directoryObject")
    users = ctx.tenant.users
    found = (users[p] for p in group.rosters[kind].seen(moment) if p in users)
    return page(ctx, found, partial(_person_json, ctx, names), "directoryObjects")


def add(kind: Kind, ctx: Context) -> Response:
    group = ctx.group_to_write()
    object_id = parse_reference(ctx.body().get("@odata.id"))
    check_addition(ctx, group, kind, [object_id])
    group.add(kind, object_id)
    return no_content()


def remove(kind: Kind, ctx: Context) -> Response:
    group, object_id = ctx.group_to_write(), guid(ctx.request.params["person"])
    roster = group.rosters[kind]
    switches = ctx.world.switches
    if object_id not in roster:
        named = group.id if switches.absent_names_group else object_id
        raise absent(kind, named, switches.removing_absent)
    if kind == "owners" and len(roster) == 1:
        raise bad_request(LAST_OWNER)
    group.drop(kind, object_id)
    if kind == "owners" and switches.owner_removal_takes_member and object_id in group.members:
        group.drop("members", object_id)
    return no_content()


def delete_person(kind: Kind, ctx: Context) -> Response:
    """A DELETE without `/$ref` means the object itself: the person leaves the directory."""
    group, object_id = ctx.group_to_write(), guid(ctx.request.params["person"])
    if object_id not in group.rosters[kind]:
        raise missing(object_id)
    ctx.tenant.remove_user(object_id)
    return no_content()


def _person_json(ctx: Context, names: Any, user: Any) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.user", **user_json(user, names, ctx)}


def _check_advanced(kind: Kind, ctx: Context) -> None:
    if kind == "owners" or not ctx.world.switches.members_query_is_advanced:
        return
    asked = {"$select", "$top"} & ctx.request.query.keys()
    if asked and ctx.request.header("consistencylevel").lower() != "eventual":
        raise GraphError(400, "Request_UnsupportedQuery", "Unsupported Query.")


def _of(kind: Kind, act: Callable[[Kind, Context], Response]) -> Callable[[Context], Response]:
    return partial(act, kind)


def _writes(kind: Kind) -> list[Route]:
    people, person = f"/groups/{{id}}/{kind}", f"/groups/{{id}}/{kind}/{{person}}"
    return [
        writing("POST", f"{people}/$ref", _of(kind, add), f"{kind}.write"),
        writing("DELETE", f"{person}/$ref", _of(kind, remove), f"{kind}.write"),
        writing("DELETE", person, _of(kind, delete_person), "user.delete"),
    ]


ROUTES: list[Route] = [
    reading("/groups/{id}/members", _of("members", list_people), "members.read", units=3),
    reading("/groups/{id}/owners", _of("owners", list_people), "owners.read"),
    *_writes("members"),
    *_writes("owners"),
]
