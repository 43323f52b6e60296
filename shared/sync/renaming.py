"""The names: a rename on one side reaches the other, as `core.names` judges it.

Webex tells nobody that a team was renamed, so its name is read at least daily; Microsoft 365 tells
what a group is called now. Only the display name is changed: the nickname and the unique name stay.
Writing to Webex takes a bot that moderates the team, since no compliance scope may.
Sources: https://learn.microsoft.com/graph/api/group-update,
https://developer.webex.com/docs/api/v1/teams/update-a-team.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from shared.core import marks, naming, times
from shared.core import names as rules
from shared.core.errors import (
    CredentialMissing,
    Forbidden,
    NotThere,
    Permanent,
    PermissionMissing,
    Refused,
    Unavailable,
)
from shared.core.model import Group, Names, OrgSettings, Team
from shared.core.names import GROUP, TEAM, Verdict
from shared.microsoft.protocol import Kind
from shared.microsoft.protocol import naming as wanted_names
from shared.sync import marking, pacing
from shared.sync.missing import read_group
from shared.sync.observe import direction_of, read_team_name
from shared.sync.record import Book
from shared.webex.protocol import team_id_of

# Refusals that are not about the name: the group is not on every replica, or not any more.
_NOT_THERE = frozenset({Kind.REFERENCE_UNKNOWN, Kind.NOT_FOUND})


def daily_at(team: Team) -> int | None:
    """When the name of a connected team is read again, whether or not anything seems to have
    changed: within a day, each at a moment of its own. None: it is not connected."""
    if team.group_id is None:
        return None
    spread = int(team.uuid[-8:], 16) * times.NAMES_SPREAD >> 32
    return team.named_at + times.NAMES_EVERY - spread if team.named_at else 0


def next_at(team: Team) -> int | None:
    """When the names are looked at by themselves; None where there is no group to be called so."""
    daily, wanted = daily_at(team), team.names_at
    return daily if daily is None or wanted is None else min(daily, wanted)


def is_due(state: Book, now: int) -> bool:
    """At their time, when both were just read anyway, and when Microsoft 365 told another name."""
    at = next_at(state.team)
    if state.team.group_id is None or at is None:
        return False
    return at <= now or state.group_seen is not None or _is_told(state) or _is_under_way(state.team)


def tend(state: Book, settings: OrgSettings) -> None:
    """Read what is not read yet, and follow what has changed; a full look tries again what was
    refused. May be called again. Raises core.errors, Later."""
    again = state.held.row.value.whole or state.group_seen is not None
    read = _read_team(state) if state.team_called is None else state.team_called
    group = state.group_seen or (_read_group(state) if _needs_group(state, read) else None)
    if group is None:
        _keep(state, read)
        return
    verdict = judged(state, settings, group, again=again)
    mark = marking.judged(state, settings, group)
    _keep(state, read, verdict, group, mark)
    if verdict.to == GROUP:
        _name_group(state, verdict, read, mark)
    elif verdict.to == TEAM:
        _name_team(state, verdict, group)
    if verdict.to != GROUP or state.team.name_code:
        marking.write(state, mark)


def judged(state: Book, settings: OrgSettings, group: Group, *, again: bool = False) -> Verdict:
    """What is to be done about the names that this look has read. again: also what was refused."""
    called = state.team_called or ""
    return rules.judge(
        state.team.names or rules.born(called, group.name),
        called,
        group.name,
        direction_of(state.team, settings),
        state.services.now(),
        again=again,
    )


def _is_told(state: Book) -> bool:
    """Whether Microsoft 365 told of another name than the one that was judged last. Where that is
    not followed, it stands in the team's row alone, and a name from before may be told again."""
    team = state.team
    judged_last = team.names.group.last if team.names else team.group_name
    judged = team.group_name if team.name_code else judged_last
    return state.held.row.value.named not in ("", judged)


def _is_under_way(team: Team) -> bool:
    return bool(team.names and (team.names.team.sent or team.names.group.sent))


def _needs_group(state: Book, read: str) -> bool:
    """An unchanged team whose group nobody told of needs no more than that."""
    team, now = state.team, state.services.now()
    at_last = team.names.team.last if team.names else ""
    due = team.names_at is not None and team.names_at <= now
    return due or _is_told(state) or bool(team.name_code) or read != at_last or _is_under_way(team)


def _read_team(state: Book) -> str:
    pacing.book(state.services, "spaces", 1, low=state.held.row.value.low)
    return read_team_name(state)


def _read_group(state: Book) -> Group:
    pacing.check(state.services, "graph")
    return read_group(state)


def _keep(
    state: Book,
    read: str,
    verdict: Verdict | None = None,
    group: Group | None = None,
    mark: marks.Verdict | None = None,
) -> None:
    """What was read, and what follows from it."""
    team, now = state.team, state.services.now()
    told = state.held.row.value.named
    behind = now + times.REPLICAS_APART if group and told not in ("", group.name) else None
    later = (verdict and verdict.later) or (mark and mark.later)
    writes = (verdict and verdict.to) or (mark and mark.description is not None)
    # Until it is known what became of what is sent now: whoever dies on the way reads both again.
    under_way = now if writes else None
    keeps = verdict is None or verdict.code is None
    state.save_team(
        replace(
            team,
            space_title=read or team.space_title,
            names=verdict.names if verdict and read else team.names,
            name_code=team.name_code if keeps or verdict is None else verdict.code or "",
            named_at=now,
            names_at=later or behind or under_way,
        )
    )


def _name_group(state: Book, verdict: Verdict, team_name: str, mark: marks.Verdict) -> None:
    """As it is wanted, or as the naming policy then asks for; the mark in the same write."""
    group_id, name, edit = state.team.group_id, verdict.name, state.services.groups.edit
    before, also = _known(state), marking.properties(mark)
    assert group_id is not None
    marking.sending(state, mark)
    for policy in (True, False):
        try:
            _send(state, GROUP, name, partial(edit, group_id, displayName=name, **also))
        except PermissionMissing as failure:
            _refuse(state, rules.refused(before, GROUP, verdict.name), GROUP, failure)
        except Refused as refused:
            if refused.kind in _NOT_THERE:
                raise Unavailable("the group is not there", refused.where) from refused
            other = _by_policy(refused, name) if policy else ""
            if other:
                name = other
                continue
            _refuse(state, rules.refused(before, GROUP, verdict.name), GROUP, refused)
        else:
            marking.keep(state, mark)
            _agree(state, team_name, name)
        return


def _by_policy(refused: Refused, name: str) -> str:
    """What the naming policy wants instead, "" where it does not say."""
    if refused.kind != Kind.NAMING:
        return ""
    wanted = wanted_names(refused.body, name, "").display_name
    return naming.fit_policy(wanted, name) if wanted else ""


def _name_team(state: Book, verdict: Verdict, group: Group) -> None:
    team_id, before = team_id_of(state.team.space_id), _known(state)
    assert team_id is not None
    rename = partial(state.services.webex.rename_team, team_id, verdict.name)
    try:
        _send(state, TEAM, verdict.name, rename)
    except (CredentialMissing, Forbidden, NotThere, Refused) as failure:
        _refuse(state, rules.refused(before, TEAM, verdict.name), TEAM, failure)
    else:
        _agree(state, verdict.name, group.name)


def _send(state: Book, side: str, name: str, send: Callable[[], None]) -> None:
    """Kept before, so that our own name is nobody's change when its answer is lost."""
    services = state.services
    capability = "graph" if side == GROUP else "cards"
    pacing.book(services, capability, 1, low=state.held.row.value.low)
    state.save_team(
        replace(state.team, names=rules.sending(_known(state), side, name, services.now()))
    )
    state.held.write(send)


def _agree(state: Book, team_name: str, group_name: str) -> None:
    names = rules.agreed(_known(state), team_name, group_name, state.services.now())
    state.save_team(
        replace(
            state.team,
            names=names,
            name=team_name,
            space_title=team_name,
            group_name=group_name,
            name_code="",
            names_at=marking.answered(state),
        )
    )
    state.services.log("renamed", team=state.team.uuid, group=state.team.group_id or "")


def _refuse(state: Book, names: Names, side: str, failure: Permanent) -> None:
    code, at = rules.REFUSED[side], marking.answered(state)
    state.save_team(replace(state.team, names=names, name_code=code, names_at=at))
    state.services.log.failed("renaming refused", failure, team=state.team.uuid, side=side)


def _known(state: Book) -> Names:
    return state.team.names or Names()
