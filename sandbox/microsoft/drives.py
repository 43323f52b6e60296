"""A group's drive and site, which come a while after the group.

Sources: pages "Get drive", "Get driveItem", "Get a site resource"; pending answers as recorded
in microsoft-graph-docs#631.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route
from sandbox.microsoft.errors import PROVISIONING, GraphError
from sandbox.microsoft.state import Group


def drive(ctx: Context) -> Response:
    group = _provisioned(ctx, ctx.group_seen())
    shown = {
        "id": group.drive_id,
        "driveType": "documentLibrary",
        "name": "Documents",
        "webUrl": group.web_url,
    }
    return _answer(ctx, "drives/$entity", shown)


def group_root(ctx: Context) -> Response:
    return _root(ctx, _provisioned(ctx, ctx.group_seen()))


def drive_root(ctx: Context) -> Response:
    return _root(ctx, of_drive(ctx))


def of_drive(ctx: Context) -> Group:
    """The group whose drive the path names. Raises 404 while it is provisioned, too."""
    group = ctx.tenant.group_by_drive(ctx.request.params["drive"])
    if group is None or group.deleted is not None:
        raise GraphError(404, "itemNotFound", "The resource could not be found.")
    return _provisioned(ctx, group)


def root_id(group: Group) -> str:
    return f"01{group.drive_id[2:34].upper()}"


def site(ctx: Context) -> Response:
    group = _provisioned(ctx, ctx.group_seen())
    host = group.site_url.split("/")[2]
    shown = {
        "id": f"{host},{group.id},{group.id}",
        "displayName": group.display_name,
        "name": group.mail_nickname,
        "webUrl": group.site_url,
    }
    return _answer(ctx, "sites/$entity", shown)


def root_site(ctx: Context) -> Response:
    """The tenant's own site."""
    host = f"{ctx.tenant.domain.partition('.')[0]}.sharepoint.com"
    tenant = ctx.tenant.tenant_id
    shown = {
        "id": f"{host},{tenant},{tenant}",
        "displayName": "Communication site",
        "name": "",
        "webUrl": f"https://{host}",
        "root": {},
    }
    return _answer(ctx, "sites/$entity", shown)


def _root(ctx: Context, group: Group) -> Response:
    shown = {
        "id": root_id(group),
        "name": "root",
        "webUrl": group.web_url,
        "folder": {"childCount": len(list(group.library.within()))},
        "root": {},
        "parentReference": {"driveId": group.drive_id, "driveType": "documentLibrary"},
    }
    return _answer(ctx, "drives/root/$entity", shown)


def _provisioned(ctx: Context, group: Group) -> Group:
    switches, held = ctx.world.switches, ctx.grant.permissions
    if switches.create_permission_breaks_sites and "Group.Create" in held:
        raise GraphError(503, "serviceNotAvailable", "The service is not available.")
    _begin_late(ctx, group)
    if group.drive_ready_at is None or ctx.now < group.drive_ready_at:
        raise GraphError(404, switches.drive_pending_code, PROVISIONING)
    return group


def _begin_late(ctx: Context, group: Group) -> None:
    """Starts what did not start by itself at creation, where a switch says so."""
    switches = ctx.world.switches
    if group.drive_ready_at is not None:
        return
    if switches.drive_starts_on_first_read and (
        group.rosters["owners"] or switches.ownerless_site_provisioned
    ):
        group.drive_ready_at = ctx.now + switches.drive_delay_seconds
    elif switches.ownerless_site_provisioned:
        group.drive_ready_at = group.created + switches.drive_delay_seconds


def _answer(ctx: Context, kind: str, shown: dict[str, Any]) -> Response:
    asked = ctx.request.arg("$select")
    if asked:
        # SharePoint passes over names it does not know.
        names = {name.strip() for name in asked.split(",")}
        shown = {k: v for k, v in shown.items() if k in names}
    return Response(
        200, {"@odata.context": f"{ctx.request.base_url}/v1.0/$metadata#{kind}"} | shown
    )


def _reading(pattern: str, handler: Callable[[Context], Response], need: str) -> Route:
    return Route("GET", "/v1.0" + pattern, handler, need, quota="sharepoint")


ROUTES: list[Route] = [
    _reading("/groups/{id}/drive", drive, "drive.read"),
    _reading("/groups/{id}/drive/root", group_root, "drive.root"),
    _reading("/drives/{drive}/root", drive_root, "drive.root"),
    _reading("/groups/{id}/sites/root", site, "site.read"),
    _reading("/sites/root", root_site, "site.read"),
]
