"""A team that ends in Webex, and one that only has another address now.

A space that cannot be found was deleted, or moved to another geography under another id, or our
account sees it no more, or for a moment. So it is looked for where its people are, again and again
for an hour, before it is called gone. Nothing is removed anywhere because of it.
Sources: https://developer.webex.com/docs/api/v1/memberships, /rooms; webhooks of `rooms` name the
event "migrated", which changes the id; the uuid in it stays.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core import times
from shared.core.ending import asked, pause_after
from shared.core.errors import Forbidden, NotThere, Permanent, Refused, Unavailable
from shared.core.ids import PersonId
from shared.core.model import OrgSettings
from shared.sync import marking, pacing
from shared.sync.record import Book
from shared.webex.protocol import general_space_id, uuid_of


class TeamGone(Permanent):
    """Webex shows the team no more, neither by its id nor among its people's spaces."""

    code = "team_gone"


def find_again(state: Book, failure: NotThere) -> None:
    """The team's space was not found. Returns where it has another id now, which is kept.

    Raises Later at first, TeamGone when it is still so after a while, core.errors;
    Unavailable where its people are seen in the very space that is not found.
    """
    found = _where_its_people_are(state)
    if found == state.team.space_id:
        seen_again(state)
        why = f"Webex lists the space, and does not find it: {failure}"
        raise Unavailable(why, failure.where) from failure
    if found:
        state.services.log("a space has another id", team=state.team.uuid, space=found)
        state.save_team(replace(state.team, space_id=found))
        seen_again(state)
        return
    if state.trial:
        raise TeamGone(str(failure), failure.where) if state.team.missed_at else failure
    now = state.services.now()
    since = state.team.missed_at or now
    state.save_team(replace(state.team, missed_at=since, missed=state.team.missed + 1))
    if now - since < times.ENDED_APART:
        state.services.log.failed("a team cannot be found", failure, team=state.team.uuid)
        again = min(now + pause_after(now - since), since + times.ENDED_APART)
        raise pacing.Later(again, "the team cannot be found")
    raise TeamGone(str(failure), failure.where) from failure


def seen_again(state: Book) -> None:
    """It was read: whatever was said of its end is over, in the group's description too."""
    if state.team.missed_at:
        now = state.services.now()
        state.save_team(replace(state.team, missed_at=0, missed=0, names_at=now))


def tell(state: Book, settings: OrgSettings) -> None:
    """The group's description says that the team is gone, where the administrator wants that.
    Raises core.errors, Later."""
    group_id, services = state.team.group_id, state.services
    if group_id is None or not settings.mark_ends:
        return
    pacing.check(services, "graph")
    group = services.groups.group(group_id)
    if group is not None:
        marking.write(state, marking.judged(state, settings, group, gone=True))


def see_whether_archived(state: Book) -> None:
    """Of a connected team, in a full look: the General space of an archived one is read-only."""
    team, services = state.team, state.services
    try:
        archived = services.webex.room(team.space_id).read_only
    except (NotThere, Forbidden, Refused) as failure:
        services.log.failed("the team's space cannot be read", failure, team=team.uuid)
        return
    if archived is not team.archived:
        services.log("archived" if archived else "no longer archived", team=team.uuid)
        state.save_team(replace(team, archived=archived))


def _asked(state: Book) -> list[PersonId]:
    """Some of whom we knew in the team, else its creator."""
    creator = state.team.creator
    known = sorted(state.ledger.baseline) or ([creator] if creator else [])
    return [PersonId(p) for p in asked(known, state.team.missed)]


def _where_its_people_are(state: Book) -> str:
    """The space's id as Webex tells it now, "" where it tells none. The one that we know only where
    nobody is asked who sees another."""
    team, services = state.team, state.services
    people = _asked(state)
    pacing.book(services, "spaces", 1 + len(people), low=state.held.row.value.low)
    usual = general_space_id(team.uuid) or ""
    if usual and usual != team.space_id:
        try:
            return services.webex.room(usual).id
        except NotThere:
            pass
    if not people:
        # Whether the account may see anybody's spaces is shown by what only its role may read.
        services.webex.membership_events(services.now(), None)
    seen: set[str] = set()
    for person in people:
        try:
            spaces = services.webex.spaces_of(person)
        except NotThere:
            continue
        seen |= {space for space in spaces if uuid_of(space) == team.uuid}
        if others := seen - {team.space_id}:
            return min(others)
    return team.space_id if seen else ""
