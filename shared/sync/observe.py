"""Observe: the team in Webex, the people, the group. Reads only; complete or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.core import ledger as book
from shared.core import naming, times
from shared.core.errors import NotThere, Permanent
from shared.core.ids import ObjectId
from shared.core.model import Member, OrgSettings
from shared.core.people import People, is_undecided, roster_digest, sort_people
from shared.core.plan import Observed
from shared.core.settling import next_look
from shared.sync import pacing
from shared.sync.creation import find_ours
from shared.sync.people import resolve_people
from shared.sync.policy import may_create
from shared.sync.record import Book
from shared.webex.protocol import MEMBERS_A_PAGE


class GroupGone(Permanent):
    """The group that this row names does not exist any more. It is never made again unasked."""

    code = "group_gone"


@dataclass(frozen=True)
class Seen:
    """An observation, and when the people that could not be asked for now are due."""

    observed: Observed
    unresolved_at: int | None


def observe(state: Book, settings: OrgSettings) -> Seen:
    """The world as it is now. Raises core.errors, Later; changes nothing in either cloud."""
    pacing.check(state.services, "graph")
    roster = _read_roster(state)
    resolved = resolve_people(state.held, roster, state.ledger)
    people = sort_people(roster, resolved.identities, settings.org)
    if state.team.group_id is None:
        _take_what_is_ours(state)
    if state.team.group_id is None:
        undecided = is_undecided(roster, resolved.identities, settings.org, state.team.creator)
        observed = _before_group(state, settings, people, undecided)
    else:
        observed = _with_group(state, people)
    return Seen(observed, resolved.later)


def _read_roster(state: Book) -> list[Member]:
    team, services = state.team, state.services
    pages = -(-max(team.roster_size, 1) // MEMBERS_A_PAGE)
    pacing.book(services, "spaces", 1 + pages, low=state.held.row.value.low)
    room = services.webex.room(team.space_id)
    roster = services.webex.members(team.space_id)
    now = services.now()
    digest = roster_digest(roster)
    changed = now if digest != team.roster_digest else team.roster_changed
    state.save_team(
        replace(
            team,
            space_title=room.title,
            roster_digest=digest,
            roster_changed=changed,
            roster_size=len(roster),
            settled=team.settled or next_look(team.first_seen, changed, now) is None,
        )
    )
    return roster


def _take_what_is_ours(state: Book) -> None:
    group = find_ours(state)
    if group is None:
        return
    now = state.services.now()
    state.save_team(
        replace(
            state.team,
            group_id=group.id,
            group_name=group.name or state.team.group_name,
            group_created=group.created or now,
            folder_at=now + 5 * times.SECOND,
        )
    )
    state.services.log("group found after an unheard create", team=state.team.uuid, group=group.id)


def _before_group(state: Book, settings: OrgSettings, people: People, undecided: bool) -> Observed:
    team = state.team
    return Observed(
        people=people,
        creator=team.creator,
        ledger=state.ledger,
        settled=team.settled,
        may_create=may_create(state.services, settings, team.creator, people),
        undecided=undecided,
    )


def _with_group(state: Book, people: People) -> Observed:
    members, owners = _read_group(state)
    state.save_ledger(
        book.seen(
            state.ledger,
            people.mapped,
            members,
            owners,
            state.services.now(),
            unresolved=people.listed.keys(),
        )
    )
    team = state.team
    return Observed(
        people=people,
        creator=team.creator,
        ledger=state.ledger,
        settled=team.settled,
        members=members,
        owners=owners,
        stand_in=team.stand_in,
        refused={} if _in_its_own_time(state) else team.listed,
    )


def _in_its_own_time(state: Book) -> bool:
    """The look was due by itself: then who was refused is tried again, else not each time."""
    at = state.team.people_at
    return at is not None and at <= state.services.now()


def _read_group(state: Book) -> tuple[frozenset[ObjectId], frozenset[ObjectId]]:
    """Members and owners, read whole. Raises GroupGone, Later while the group is young."""
    team, groups, services = state.team, state.services.groups, state.services
    assert team.group_id is not None
    group = groups.group(team.group_id)
    if group is None:
        raise _not_there_yet(state) or GroupGone(f"group {team.group_id} does not exist")
    if group.name and group.name != team.group_name:
        state.save_team(replace(team, group_name=group.name))
        if naming.display_name(team.name) != group.name:
            services.log("group has another name", team=team.uuid, group=group.id)
    try:
        return groups.members(team.group_id), groups.owners(team.group_id)
    except NotThere as failure:
        raise (_not_there_yet(state) or failure) from failure


def _not_there_yet(state: Book) -> pacing.Later | None:
    """A new group may be unknown to some of Entra's replicas for minutes."""
    now = state.services.now()
    if now - state.team.group_created >= times.GROUP_MISSING_PATIENCE:
        return None
    return pacing.Later(now + times.ADDITION_RETRY, "the group is not there yet")
