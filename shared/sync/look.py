"""One look at one team: load, observe, plan, apply, record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from shared.core import times
from shared.core.ids import PersonId
from shared.core.model import Folder, IdentityState, OrgSettings, Status, Team
from shared.core.plan import Plan, plan
from shared.core.settling import next_look
from shared.sync import folder, pacing
from shared.sync.additions import Outcome, add
from shared.sync.creation import create
from shared.sync.observe import observe
from shared.sync.people import mark_unknown
from shared.sync.record import Book

# Reasons that go away when the directory or the tenant is put right.
_MENDABLE = frozenset(
    state.value for state in IdentityState if state not in (IdentityState.MAPPED, IdentityState.BOT)
) | {"owner_refused", "member_refused"}


def look_at(state: Book, settings: OrgSettings) -> int | None:
    """Do what is due for the team; answers when it is due next, None for not by itself."""
    now = state.services.now()
    if people_due(state, now):
        tend_people(state, settings)
    if settings.link_folders and _folder_due(state, state.services.now()):
        folder.tend(state, settings)
    return _record(state, settings)


def people_due(state: Book, now: int) -> bool:
    """Whether the people are due; else only the folder is, and Webex need not be read again."""
    team = state.team
    asked = state.held.row.value.wanted != team.wanted_done
    return asked or (team.people_at is not None and team.people_at <= now)


def tend_people(state: Book, settings: OrgSettings) -> None:
    """Observe, plan, apply: the group and who is in it."""
    wanted = state.held.row.value.wanted
    began = state.services.now()
    seen = observe(state, settings)
    todo = plan(seen.observed)
    outcome = _apply(state, settings, todo)
    listed = dict(todo.listed)
    _name_unknown(state, outcome, listed)
    listed |= outcome.named
    people_at = _people_at(state, outcome, seen.unresolved_at)
    state.save_team(
        replace(
            state.team,
            status=_status(state.team, todo, people_at),
            reason=todo.blocked,
            detail="",
            stand_in=todo.stand_in or state.team.stand_in,
            listed=listed,
            in_group=len(state.ledger.baseline),
            people_at=_earliest([people_at, _blocked_at(state, todo), _mended_at(state, listed)]),
            wanted_done=wanted,
            failures=0,
        )
    )
    state.held.people_seen = began


def _apply(state: Book, settings: OrgSettings, todo: Plan) -> Outcome:
    if todo.blocked or todo.waiting:
        return Outcome()
    if todo.writes:
        pacing.book(state.services, "graph", todo.writes, low=state.held.row.value.low)
    if todo.create is None:
        return add(state, todo.members, todo.owners)
    inside = set(create(state, settings, todo.create))
    left = [p for p in (*todo.create.members, *todo.members) if p not in inside]
    owning = {p.object for p in todo.create.owners} & state.ledger.owners
    owners = [p for p in (*todo.create.owners, *todo.owners) if p.object not in owning]
    return add(state, left, owners)


def _name_unknown(state: Book, outcome: Outcome, listed: dict[PersonId, str]) -> None:
    """People whom Entra refused one by one: tried again while the group is young, then listed."""
    members = {p.person for p in outcome.unknown}
    if not members:
        return
    old = state.services.now() - state.team.group_created >= times.UNKNOWN_LISTED_AFTER
    if old:
        mark_unknown(state.services, sorted(members))
    listed |= dict.fromkeys(members, "unknown_to_tenant")


def _people_at(state: Book, outcome: Outcome, unresolved_at: int | None) -> int | None:
    """The earliest of what is left to do: settling, the rest of the people, our own writes."""
    now = state.services.now()
    moments = [unresolved_at, outcome.later, _pending_at(state, now)]
    if not state.team.settled:
        # None: settling ended while we looked; the next look finds that out.
        soon = now + times.SECOND
        moments.append(next_look(state.team.first_seen, state.team.roster_changed, now) or soon)
    if outcome.unknown:
        listed_at = state.team.group_created + times.UNKNOWN_LISTED_AFTER
        if listed_at > now:
            moments.append(listed_at)
    return _earliest(moments)


def _pending_at(state: Book, now: int) -> int | None:
    """When our own writes that were not seen yet are read for again."""
    moments = [
        max(now + times.CONTRADICTION_APART, p.answered + times.CONTRADICTION_AGE)
        if p.answered
        else now + times.GAP
        for p in state.ledger.pending.values()
    ]
    return min(moments, default=None)


def _blocked_at(state: Book, todo: Plan) -> int | None:
    return state.services.now() + times.PERMANENT_PAUSE if todo.blocked else None


def _mended_at(state: Book, listed: Mapping[PersonId, str]) -> int | None:
    """Somebody may mend an identity meanwhile: people listed for one are looked at daily."""
    if _MENDABLE.isdisjoint(listed.values()):
        return None
    return state.services.now() + times.NEGATIVE_FRESH + times.MINUTE


def _status(team: Team, todo: Plan, people_at: int | None) -> Status:
    if todo.blocked:
        return Status.NEEDS_PERSON
    if not team.settled:
        return Status.SETTLING
    return Status.WAITING if people_at is not None else Status.COMPLETE


def _folder_due(state: Book, now: int) -> bool:
    team = state.team
    if team.group_id is None or team.folder is Folder.LINKED:
        return False
    # Whoever asked for the whole team asked for the folder too, whatever it was put off to.
    return state.held.row.value.whole or (team.folder_at is not None and team.folder_at <= now)


def _record(state: Book, settings: OrgSettings) -> int | None:
    team = state.team
    state.services.log(
        "looked", team=team.uuid, status=team.status.value, group=team.group_id or ""
    )
    follows_folder = settings.link_folders and team.group_id and team.folder is not Folder.LINKED
    return _earliest([team.people_at, team.folder_at if follows_folder else None])


def _earliest(moments: Iterable[int | None]) -> int | None:
    return min((m for m in moments if m is not None), default=None)
