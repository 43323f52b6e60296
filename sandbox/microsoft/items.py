"""Folders in a drive: listed, read, made, renamed.

Sources: pages "List children of a driveItem", "Get driveItem", "Create a folder", "Update
DriveItem", and "driveItem resource type" for what happens to a name that is taken.
"""

from __future__ import annotations

from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, iso
from sandbox.microsoft.drives import of_drive, root_id
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.library import DriveItem, is_refused
from sandbox.microsoft.paging import page
from sandbox.microsoft.state import Group

_CONFLICT = "@microsoft.graph.conflictBehavior"


def children(ctx: Context) -> Response:
    """A listing may be behind by a switch; single items never are."""
    group = of_drive(ctx)
    parent = _parent(ctx, group)
    seen = ctx.now - ctx.world.switches.listing_lag_seconds
    items = [item for item in group.library.within(parent) if item.created <= seen]
    return page(ctx, items, lambda item: _shown(ctx, group, item), "driveItems")


def item(ctx: Context) -> Response:
    group = of_drive(ctx)
    return Response(200, _shown(ctx, group, _found(ctx, group)))


def at_path(ctx: Context) -> Response:
    """Of the root alone."""
    group = of_drive(ctx)
    found = group.library.named(ctx.request.params["path"])
    if found is None:
        raise _not_found()
    return Response(200, _shown(ctx, group, found))


def create(ctx: Context) -> Response:
    group, body = of_drive(ctx), ctx.body()
    parent = _parent(ctx, group)
    if not isinstance(body.get("folder"), dict):
        raise GraphError(400, "invalidRequest", "Only folders are made here.")
    name = _name(ctx, body, parent)
    if group.library.named(name, parent):
        name = _instead(ctx, group, body, name, parent)
    made = DriveItem(f"01{ctx.tenant.ids.hex(32).upper()}", name, ctx.now, parent)
    group.library.put(made)
    return Response(201, _shown(ctx, group, made))


def update(ctx: Context) -> Response:
    """A new name; everything else about the item stays."""
    group = of_drive(ctx)
    found = _found(ctx, group)
    name = _name(ctx, ctx.body(), found.parent)
    there = group.library.named(name, found.parent)
    if there not in (None, found):
        raise _taken()
    group.library.rename(found, name)
    return Response(200, _shown(ctx, group, found))


def _instead(ctx: Context, group: Group, body: dict[str, Any], name: str, parent: str) -> str:
    """What to do about a name that is taken, where the request says it as the switch has it."""
    in_url = ctx.world.switches.conflict_behavior_in == "url"
    said = ctx.request.arg(_CONFLICT) if in_url else body.get(_CONFLICT)
    if said == "rename" or (said is None and in_url):
        return group.library.beside(name, parent)
    raise _taken()


def _taken() -> GraphError:
    message = "An item with the same name already exists under the parent."
    return GraphError(409, "nameAlreadyExists", message)


def _name(ctx: Context, body: dict[str, Any], parent: str) -> str:
    name, strict = body.get("name"), ctx.world.switches.hash_and_percent_refused
    if not isinstance(name, str) or is_refused(name, in_root=not parent, strict=strict):
        message = "The provided name cannot be used for a file or folder."
        raise GraphError(400, "invalidRequest", message)
    return name


def _parent(ctx: Context, group: Group) -> str:
    asked = ctx.request.params["item"]
    if asked in ("root", root_id(group)):
        return ""
    return _found(ctx, group).id


def _found(ctx: Context, group: Group) -> DriveItem:
    found = group.library.items.get(ctx.request.params["item"])
    if found is None:
        raise _not_found()
    return found


def _not_found() -> GraphError:
    return GraphError(404, "itemNotFound", "The resource could not be found.")


def _shown(ctx: Context, group: Group, found: DriveItem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": found.id,
        "name": found.name,
        "webUrl": group.address_of(found),
        "createdDateTime": iso(found.created),
        "parentReference": {"driveId": group.drive_id, "id": found.parent or root_id(group)},
        "folder" if found.is_folder else "file": {},
    }
    asked = ctx.request.arg("$select")
    names = {name.strip() for name in asked.split(",")} if asked else shown.keys()
    return {name: value for name, value in shown.items() if name in names}


def _route(method: str, pattern: str, handler: Any, need: str, units: float) -> Route:
    return Route(method, f"/v1.0/drives/{{drive}}{pattern}", handler, need, units, 0, "sharepoint")


ROUTES: list[Route] = [
    _route("GET", "/items/{item}/children", children, "drive.items", 2),
    _route("POST", "/items/{item}/children", create, "drive.write", 2),
    _route("GET", "/root:/{path}", at_path, "drive.items", 1),
    _route("GET", "/items/{item}", item, "drive.items", 1),
    _route("PATCH", "/items/{item}", update, "drive.write", 2),
]
