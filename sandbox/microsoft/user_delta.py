"""`GET /users/delta`: which users changed since a token was given.

Sources: pages "Use delta query to track changes" and "user: delta". A token stands for the users as
they were; what is told is what they differ by. "Updated instances are represented by their id with
at least the properties that have been updated": whether with more is a switch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, reading
from sandbox.microsoft.delta import supported
from sandbox.microsoft.directory import USER_DEFAULT, USER_SHOW, user_json
from sandbox.microsoft.errors import bad_request, gone, malformed, sync_state_not_found
from sandbox.microsoft.paging import selected
from sandbox.microsoft.state import Tenant

_UNSUPPORTED = ("$top", "$orderby", "$expand", "$search", "$skip")
# Users as they were are remembered for so many tokens.
_REMEMBERED = 8
Shown = tuple[Any, ...]
Seen = dict[str, Shown]


@dataclass(frozen=True)
class Told:
    """What a token says. before: the users as its reader knows them, "" for not at all; now: those
    that this round leads to, "" before it has begun. offset: items told on the pages before."""

    tenant: str
    epoch: int
    issued: float
    names: tuple[str, ...]
    before: str
    now: str = ""
    offset: int = 0

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


def delta(ctx: Context) -> Response:
    query = supported(ctx, _UNSUPPORTED)
    token = query.get("$deltatoken") or query.get("$skiptoken")
    if not token or token == "latest":
        names = tuple(selected(ctx.request, USER_SHOW, USER_DEFAULT, "user"))
        told = Told(ctx.tenant.tenant_id, ctx.tenant.delta_epoch, ctx.now, names, "")
        if token:
            return _answer(ctx, replace(told, before=_remember(ctx, names)), [], goes_on=False)
        return _page(ctx, replace(told, now=_remember(ctx, names)))
    if "$select" in query:
        raise bad_request("The parameters of a delta query are given with its first request.")
    told = _read(ctx, token)
    return _page(ctx, told if told.now else replace(told, now=_remember(ctx, told.names)))


def _read(ctx: Context, token: str) -> Told:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token))
        told = Told(**{**fields, "names": tuple(fields["names"])})
    except (ValueError, TypeError, KeyError):
        raise malformed("The state token is malformed.") from None
    if told.tenant != ctx.tenant.tenant_id:
        raise malformed("The state token belongs to another directory.")
    known = ctx.tenant.seen_users
    if told.epoch != ctx.tenant.delta_epoch or not {told.before, told.now} <= {"", *known}:
        raise gone(ctx.request.base_url)
    if ctx.now - told.issued > ctx.world.switches.delta_life_seconds:
        if ctx.world.switches.delta_expiry == "410":
            raise gone(ctx.request.base_url)
        raise sync_state_not_found()
    return told


def _remember(ctx: Context, names: Sequence[str]) -> str:
    tenant = ctx.tenant
    seen: Seen = {
        user.object_id: tuple(USER_SHOW[name](user) for name in names)
        for user in tenant.users.values()
        if user.known_from <= ctx.now
    }
    key = tenant.ids.hex(16)
    tenant.seen_users[key] = seen
    for old in list(tenant.seen_users)[:-_REMEMBERED]:
        del tenant.seen_users[old]
    return key


def _page(ctx: Context, told: Told) -> Response:
    items = _items(ctx, told)
    size = ctx.world.switches.delta_page_size
    page = items[told.offset : told.offset + size]
    if told.offset + size < len(items):
        following = replace(told, offset=told.offset + size, issued=ctx.now)
        return _answer(ctx, following, page, goes_on=True)
    following = replace(told, before=told.now, now="", offset=0, issued=ctx.now)
    return _answer(ctx, following, page, goes_on=False)


def _items(ctx: Context, told: Told) -> list[dict[str, Any]]:
    tenant: Tenant = ctx.tenant
    before: Seen = tenant.seen_users[told.before] if told.before else {}
    now: Seen = tenant.seen_users[told.now]
    partial = ctx.world.switches.delta_tells_changes_only
    items = []
    for object_id, shown in now.items():
        known = before.get(object_id)
        user = tenant.users.get(object_id)
        if known == shown or user is None:
            continue
        names = [n for n in told.names if n != "id"]
        if known is not None and partial:
            was = dict(zip(told.names, known, strict=True))
            names = [n for n in names if was[n] != USER_SHOW[n](user)]
        items.append({"id": object_id, **user_json(user, names, ctx)})
    removed = {"@removed": {"reason": "changed"}}
    return items + [{"id": each, **removed} for each in before if each not in now]


def _answer(ctx: Context, told: Told, value: list[dict[str, Any]], *, goes_on: bool) -> Response:
    base = f"{ctx.request.base_url}/v1.0"
    link, name = ("nextLink", "$skiptoken") if goes_on else ("deltaLink", "$deltatoken")
    body = {
        "@odata.context": f"{base}/$metadata#users({','.join(told.names)})",
        f"@odata.{link}": f"{base}/users/delta?{name}={told.token()}",
        "value": value,
    }
    return Response(200, body)


ROUTES: list[Route] = [reading("/users/delta", delta, "user.delta")]
