"""`GET /groups/delta`: which groups changed since a token was given.

Sources: pages "Use delta query to track changes", "Get incremental changes for groups" and
"group: delta". A token says how far its reader has been told, so nothing is ever left out; what
nobody has confirmed is a switch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sandbox.kit import Response
from sandbox.microsoft.api import Context, Route, reading
from sandbox.microsoft.bodies import EDITABLE
from sandbox.microsoft.errors import GraphError, bad_request, gone, malformed, sync_state_not_found
from sandbox.microsoft.groups import GROUP_DEFAULT, GROUP_SHOW, group_json
from sandbox.microsoft.paging import selected
from sandbox.microsoft.state import KINDS, Group, Kind
from sandbox.microsoft.timeline import Change

_ALWAYS = {"created", "deleted", "restored"}
_UNSUPPORTED = ("$expand", "$top", "$orderby", "$filter")


@dataclass(frozen=True)
class Round:
    """What a state token says. In a delta token `end` is None: the round has not begun.

    tracked: the properties that were selected. start, end: positions in the journal; before: where
    the round before this one started. offset: items told on the pages before. whole: every group
    there is, not what changed.
    """

    tenant: str
    epoch: int
    issued: float
    tracked: tuple[str, ...]
    start: int
    before: int
    end: int | None = None
    moment: float = 0.0
    offset: int = 0
    whole: bool = False

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


def supported(ctx: Context, unsupported: Iterable[str]) -> dict[str, str]:
    """The query, names in lower case. Raises a 400 for a parameter that a delta does not take."""
    query = {name.lower(): values[0] for name, values in ctx.request.query.items()}
    for name in unsupported:
        if name in query:
            raise bad_request(f"The query parameter '{name}' is not supported here.")
    return query


def delta(ctx: Context) -> Response:
    query = supported(ctx, _UNSUPPORTED)
    token = query.get("$deltatoken") or query.get("$skiptoken")
    if not token:
        return _page(ctx, _begun(ctx, _first(ctx, whole=True)))
    if token == "latest":
        return _answer(ctx, _first(ctx, whole=False), [])
    if "$select" in query:
        raise bad_request("The parameters of a delta query are given with its first request.")
    return _page(ctx, _begun(ctx, _read(ctx, token)))


def _first(ctx: Context, *, whole: bool) -> Round:
    switches = ctx.world.switches
    relations = {"members": None} | ({"owners": None} if switches.delta_tracks_owners else {})
    default = (*GROUP_DEFAULT, "members")
    tracked = selected(ctx.request, GROUP_SHOW | relations, default, "group")
    if not (whole or switches.delta_latest_tracks_members):
        tracked = [name for name in tracked if name not in KINDS]
    position = ctx.tenant.journal.seen(_moment(ctx))
    tenant = ctx.tenant
    return Round(
        tenant.tenant_id,
        tenant.delta_epoch,
        ctx.now,
        tuple(tracked),
        position,
        position,
        whole=whole,
    )


def _read(ctx: Context, token: str) -> Round:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token))
        told = Round(**{**fields, "tracked": tuple(fields["tracked"])})
    except (ValueError, TypeError, KeyError):
        raise malformed("The state token is malformed.") from None
    tenant, journal = ctx.tenant, ctx.tenant.journal
    if told.tenant != tenant.tenant_id:
        raise malformed("The state token belongs to another directory.")
    if told.epoch != tenant.delta_epoch or told.start > journal.end:
        raise gone(ctx.request.base_url)
    too_old = ctx.now - told.issued > ctx.world.switches.delta_life_seconds
    if too_old or told.start < journal.start:
        raise _expired(ctx)
    return told


def _expired(ctx: Context) -> GraphError:
    if ctx.world.switches.delta_expiry == "410":
        return gone(ctx.request.base_url)
    return sync_state_not_found()


def _moment(ctx: Context) -> float:
    """What is told is as late as any read, and by a switch later."""
    return ctx.moment - ctx.world.switches.delta_delay_seconds


def _begun(ctx: Context, told: Round) -> Round:
    """The round with its end, the same for all of its pages."""
    if told.end is not None:
        return told
    moment = _moment(ctx)
    # A replica that is behind the one that gave the token has nothing to tell yet.
    return replace(told, moment=moment, end=max(told.start, ctx.tenant.journal.seen(moment)))


def _page(ctx: Context, told: Round) -> Response:
    items = _everything(ctx, told) if told.whole else _changed(ctx, told)
    size = ctx.world.switches.delta_page_size
    page = items[told.offset : told.offset + size]
    value = [_item(ctx, told, group, changes) for group, changes in page]
    if told.offset + size < len(items):
        return _answer(ctx, replace(told, offset=told.offset + size, issued=ctx.now), value)
    assert told.end is not None
    following = Round(
        told.tenant, told.epoch, ctx.now, told.tracked, start=told.end, before=told.start
    )
    return _answer(ctx, following, value)


def _answer(ctx: Context, told: Round, value: list[Any]) -> Response:
    """A link to the next page where the round goes on; else one to the next round."""
    base = f"{ctx.request.base_url}/v1.0"
    goes_on = told.end is not None
    link, name = ("nextLink", "$skiptoken") if goes_on else ("deltaLink", "$deltatoken")
    body = {
        "@odata.context": f"{base}/$metadata#groups({','.join(told.tracked)})",
        f"@odata.{link}": f"{base}/groups/delta?{name}={told.token()}",
        "value": value,
    }
    return Response(200, body)


Items = list[tuple[Group, Sequence[Change]]]


def _everything(ctx: Context, told: Round) -> Items:
    return [(g, ()) for g in ctx.tenant.groups.values() if g.exists_at(told.moment)]


def _changed(ctx: Context, told: Round) -> Items:
    """The groups in the order of their first change, or change by change."""
    switches, tenant = ctx.world.switches, ctx.tenant
    wanted = _ALWAYS | {EDITABLE.get(name, name) for name in told.tracked}
    assert told.end is not None
    start = told.before if switches.delta_replays else told.start
    found = [c for c in tenant.journal.between(start, told.end) if c.what in wanted]
    if not switches.delta_unites:
        return [(tenant.groups[change.group], [change]) for change in found]
    by_group: dict[str, list[Change]] = {}
    for change in found:
        by_group.setdefault(change.group, []).append(change)
    return [(tenant.groups[key], changes) for key, changes in by_group.items()]


def _item(ctx: Context, told: Round, group: Group, changes: Sequence[Change]) -> dict[str, Any]:
    if group.deleted is not None and group.deleted <= told.moment:
        return {"id": group.id, "@removed": {"reason": "changed"}}
    names = [name for name in told.tracked if name in GROUP_SHOW and name != "id"]
    item: dict[str, Any] = {"id": group.id}
    item |= group_json(group, group.profile.seen(told.moment), names, ctx)
    anew = told.whole or any(change.what in _ALWAYS for change in changes)
    for kind in KINDS:
        if kind not in told.tracked:
            continue
        people = _all_of(group, kind, told.moment) if anew else _moved(kind, changes)
        if people:
            item[f"{kind}@delta"] = people
    return item


def _all_of(group: Group, kind: Kind, moment: float) -> list[dict[str, Any]]:
    return [_person(object_id, added=True) for object_id in group.rosters[kind].seen(moment)]


def _moved(kind: Kind, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Each person once, by the last that happened to him."""
    last = {change.person: change.added for change in changes if change.what == kind}
    return [_person(object_id, added=added) for object_id, added in last.items()]


def _person(object_id: str, *, added: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"@odata.type": "#microsoft.graph.user", "id": object_id}
    return shown if added else {**shown, "@removed": {"reason": "deleted"}}


ROUTES: list[Route] = [reading("/groups/delta", delta, "group.delta")]
