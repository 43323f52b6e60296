"""Hearing of changes in Microsoft 365: the tenant's groups by delta query, from a kept cursor.

A changed group makes its team due; what changed is read by the look, since replays and duplicates
are to be expected. The cursor moves only when a page has become due rows, and stays where it is
while the switch is off. Where nothing is known of what was before, it begins at latest, and every
connected team is woken after that.
Source: https://learn.microsoft.com/graph/delta-query-overview, /graph/api/group-delta.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.core import times
from shared.core.errors import DeltaLost, Failure, NotThere, Refused
from shared.core.ids import GroupId, ObjectId, TenantId
from shared.core.model import Delta, OrgSettings
from shared.ports import Conflict, Kept, Services
from shared.sync import pacing
from shared.sync.lease import want
from shared.sync.waking import wake

DELTA = "cursor:delta"


@dataclass(frozen=True)
class Cursor:
    """How far the changes of a tenant were read. Times in milliseconds.

    address: what to ask for next, "" for a beginning at latest. begun: a beginning is under way,
    and the teams are to be woken at its end. read: when a reading last came to its end.
    due: when to ask again; 0 for at once, within a reading. losses: addresses in a row that were
    lost before anything was read from one.
    """

    tenant: TenantId
    address: str = ""
    begun: bool = False
    read: int = 0
    due: int = 0
    losses: int = 0


def read_changes(services: Services, settings: OrgSettings, deadline: int) -> bool:
    """Turn what changed since the cursor into due rows. True: a team's group had changed.

    To be called while On, as often as one likes: Microsoft is asked every DELTA_EVERY. Raises
    core.errors, Later, and Conflict where the cursor was moved meanwhile; it may be called again.
    """
    found = False
    while settings.tenant is not None:
        kept = services.organizations.kept(DELTA)
        cursor = _cursor(kept, settings.tenant)
        if cursor.due > services.now():
            break
        pacing.check(services, "graph")
        after, heard = _read(services, kept, cursor)
        found |= heard
        services.organizations.keep(DELTA, kept, _state(after))
        if services.now() >= deadline:
            break
    return found


def _read(services: Services, kept: Kept | None, cursor: Cursor) -> tuple[Cursor, bool]:
    """One page. Its teams are due before this returns; the cursor after it is to be kept."""
    try:
        page = services.groups.changes(cursor.address)
    except (DeltaLost, Refused, NotThere) as failure:
        if not cursor.address and not isinstance(failure, DeltaLost):
            _put_off(services, kept, cursor)
            raise
        services.log.failed("delta lost, beginning again at latest; all groups are read", failure)
        return _lost(services, cursor), False
    except Failure:
        _put_off(services, kept, cursor)
        raise
    if _is_beginning(cursor):
        return _begin(services, cursor, page), False
    heard = _make_due(services, page)
    return replace(_advance(services, cursor, page), losses=0), heard


def _put_off(services: Services, kept: Kept | None, cursor: Cursor) -> None:
    later = replace(cursor, due=services.now() + times.DELTA_EVERY)
    with suppress(Conflict):
        services.organizations.keep(DELTA, kept, _state(later))


def _lost(services: Services, cursor: Cursor) -> Cursor:
    """At once, or, where the last beginning was good for nothing, after growing pauses: each one
    wakes all teams."""
    pause = times.DELTA_EVERY * 2 ** min(cursor.losses, 10) if cursor.losses else 0
    due = services.now() + min(pause, times.HOUR)
    return Cursor(cursor.tenant, read=cursor.read, due=due, losses=cursor.losses + 1)


def _begin(services: Services, cursor: Cursor, page: Delta) -> Cursor:
    """Whatever it tells is from before. Changes since the last reading may never be heard of."""
    after = replace(_advance(services, cursor, page), begun=bool(page.following))
    if page.latest and not page.following:
        wake(services, "delta")
        services.log("delta begins at latest")
    return after


def _advance(services: Services, cursor: Cursor, page: Delta) -> Cursor:
    if page.following:
        return replace(cursor, address=page.following, due=0)
    now = services.now()
    return replace(
        cursor,
        address=page.latest or cursor.address,
        read=now,
        due=now + times.DELTA_EVERY,
    )


def _make_due(services: Services, page: Delta) -> bool:
    """A team whose group was deleted is due as well: its administrator is to hear of it."""
    told: dict[GroupId, dict[ObjectId, bool]] = {}
    names: dict[GroupId, str] = {}
    for change in page.changes:
        told.setdefault(change.group, {}).update(change.people)
        names[change.group] = change.name or names.get(change.group, "")
    teams = services.teams.teams_of(told.keys())
    for group, connected in teams.items():
        want(
            services,
            connected.team,
            connected.space_id,
            told=told[group],
            named=names[group],
        )
    return bool(teams)


def _is_beginning(cursor: Cursor) -> bool:
    return cursor.begun or not cursor.address


def _cursor(kept: Kept | None, tenant: TenantId) -> Cursor:
    """A beginning, where nothing is kept or it was kept of another tenant."""
    state: Mapping[str, object] = kept.state if kept else {}
    if state.get("tenant") != tenant:
        return Cursor(tenant)
    return Cursor(
        tenant,
        address=str(state.get("address") or ""),
        begun=state.get("begun") is True,
        read=_number(state.get("read")),
        due=_number(state.get("due")),
        losses=_number(state.get("losses")),
    )


def _state(cursor: Cursor) -> dict[str, object]:
    return {
        "tenant": cursor.tenant,
        "address": cursor.address,
        "begun": cursor.begun,
        "read": cursor.read,
        "due": cursor.due,
        "losses": cursor.losses,
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
