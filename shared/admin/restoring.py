"""A deleted group, brought back because an administrator says so.

The next look holds what has changed meanwhile until somebody has seen the names (`sync.observe`).
"""

from __future__ import annotations

from dataclasses import replace

from shared.admin.activity import team_uuid
from shared.admin.ports import Actor, Office
from shared.core.errors import NotThere, Permanent, Refused, Transient
from shared.core.ids import GroupId
from shared.core.model import Team
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync import pacing
from shared.sync.lease import want

_RACES = 5


def may_restore(team: Team | None) -> bool:
    return team is not None and team.group_id is not None and bool(team.group_missed_at)


def restore(office: Office, actor: Actor, team: str) -> None:
    """Out of Microsoft's deleted items, and look at the team. May be called again.

    Raises Refusal: team_unknown, group_not_deleted, group_not_restorable, restore_refused,
    restore_while_off, and what a provider said; Conflict.
    """
    services, uuid = office.services, team_uuid(team)
    known = services.teams.among([uuid]).get(uuid)
    if known is None:
        raise Refusal("team_unknown")
    if known.group_id is None or not may_restore(known):
        raise Refusal("group_not_deleted")
    if not services.organizations.settings().on:
        raise Refusal("restore_while_off")
    try:
        _bring_back(services, known.group_id)
    except pacing.Later as later:
        raise Refusal("trial_later") from later
    except Transient as failure:
        raise Refusal("trial_silent", str(failure)) from failure
    except Permanent as failure:
        raise Refusal(failure.code, str(failure)) from failure
    _note(services, known)
    want(services, uuid, known.space_id, whole=True)
    office.record(actor, "group_restored", after=f"{known.group_name} ({known.group_id})")


def _note(services: Services, known: Team) -> None:
    """The next look may come to a replica that does not show it yet. The worker may write the row
    at the same time."""
    for _ in range(_RACES):
        row = services.teams.read(known.uuid)
        if row is None:
            raise Refusal("team_unknown")
        try:
            services.teams.write(row, replace(row.value, group_restored_at=services.now()))
        except Conflict:
            continue
        return
    raise Conflict("the team's row is contended")


def _bring_back(services: Services, group: GroupId) -> None:
    pacing.book(services, "graph", 1)
    try:
        services.groups.restore(group)
    except NotThere as failure:
        # Somebody else may have been quicker.
        if services.groups.group(group) is None:
            raise Refusal("group_not_restorable", str(failure)) from failure
    except Refused as failure:
        raise Refusal("restore_refused", str(failure)) from failure
