"""The mark in a group's description, as `core.marks` judges it.

It is looked at where the group was read anyway: for its name, or in a full look.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from shared.core import marks as rules
from shared.core.errors import Permanent, PermissionMissing, Refused
from shared.core.marks import Mark, Verdict
from shared.core.model import Group, Marks, OrgSettings, Team
from shared.sync import pacing
from shared.sync.record import Book


def judged(state: Book, settings: OrgSettings, group: Group, *, gone: bool = False) -> Verdict:
    """What is to be done about the description that was just read. gone: the team is."""
    team, now = state.team, state.services.now()
    known = team.mark or _unknown(team, group, now)
    text = wanted(state, state.team, settings, since=known.since, gone=gone)
    return rules.judge(known, group.description, text, now)


def wanted(
    state: Book, team: Team, settings: OrgSettings, *, since: int, gone: bool = False
) -> str:
    """What the mark is to say, "" where the group is not to have one."""
    url = state.services.public_url
    stands = _stands(team, gone=gone) if settings.mark_ends else "goes"
    if stands == "goes" and not _is_marked(team, settings):
        return ""
    address = f"{url.rstrip('/')}/activity?team={team.uuid}" if url else ""
    return rules.text(since, address, settings.language, stands)


def _stands(team: Team, *, gone: bool) -> str:
    return "gone" if gone else "archived" if team.archived else "goes"


def _is_marked(team: Team, settings: OrgSettings) -> bool:
    if settings.mark == Marks.ALL:
        return True
    # A group that was there has no intent of ours.
    return settings.mark != Marks.NONE and bool(team.intent_at)


def properties(verdict: Verdict) -> dict[str, str]:
    """What of the group is to be changed for it, by Graph's names."""
    return {} if verdict.description is None else {"description": verdict.description}


def keep(state: Book, verdict: Verdict) -> None:
    """It was answered, or there was nothing to write."""
    state.save_team(replace(state.team, mark=verdict.mark))


def sending(state: Book, verdict: Verdict) -> None:
    """To be kept before it is sent: whatever happens on the way, it is not forgotten; and what we
    may have taken out has been taken out by nobody else."""
    if verdict.description is not None:
        mark = state.team.mark if verdict.mark.text else replace(verdict.mark, at=0)
        state.save_team(replace(state.team, mark=mark, names_at=state.services.now()))


def write(state: Book, verdict: Verdict) -> None:
    """Write it, where there is anything to write. A refusal is logged; it is tried again when the
    group is read again. Raises core.errors, Later: then the group is read again soon."""
    if verdict.description is None or _is_written(state, verdict):
        keep(state, verdict)


def _is_written(state: Book, verdict: Verdict) -> bool:
    group_id, due, services = state.team.group_id, answered(state), state.services
    assert group_id is not None
    sending(state, verdict)
    pacing.book(services, "graph", 1, low=state.held.row.value.low)
    failure: Permanent | None = None
    try:
        state.held.write(partial(services.groups.edit, group_id, **properties(verdict)))
    except (PermissionMissing, Refused) as refusal:
        failure = refusal
        services.log.failed("marking refused", failure, team=state.team.uuid)
    else:
        services.log("marked", team=state.team.uuid, group=group_id)
    state.save_team(replace(state.team, names_at=due))
    return failure is None


def answered(state: Book) -> int | None:
    """When the group is to be read again, now that it is known what became of what was sent."""
    at = state.team.names_at
    return at if at is not None and at > state.services.now() else None


def _unknown(team: Team, group: Group, now: int) -> Mark:
    if team.intent_at:
        return rules.of_earlier(group.description, team.group_created)
    return Mark(since=now)
