"""From a space to its team, and the first sight of a team. Ordinary spaces leave no team row; a
team's further ones leave a row for their folder."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.core import times
from shared.core.errors import NotThere, Unavailable
from shared.core.ids import TeamId
from shared.core.look import Look, park
from shared.core.model import OrgSettings, Room, Status, Team, Versioned
from shared.core.space_folders import SpaceFolder
from shared.ports import Conflict, Services, Space
from shared.sync import pacing
from shared.sync.lease import want
from shared.webex.protocol import general_space_id, space_id_like, uuid_of

_RACES = 20


@dataclass(frozen=True)
class Found:
    """The team a space belongs to; room is the space, where Webex was asked just now.

    wished: a wish for one of the team's other spaces was found and taken away; it is the team's.
    """

    team: TeamId
    general_id: str
    room: Room | None = None
    wished: bool = False


def resolve(services: Services, settings: OrgSettings, space_id: str) -> Found | None:
    """The team of a space, from memory or one GET /rooms; None where there is none.

    Raises Later or Transient if it cannot be said now.
    """
    uuid = uuid_of(space_id)
    if uuid is None:
        services.log("unreadable space id", space=space_id[:80])
        return None
    known = services.teams.space(uuid)
    if known and known.team:
        found = Found(TeamId(known.team), space_id_like(space_id, known.team))
        if known.team == uuid:
            return found
        services.space_folders.add(SpaceFolder(found.team, uuid, space_id))
        return replace(found, wished=_hand_over(services, uuid, found))
    if known and known.checked and services.now() - known.checked < times.DAY:
        _forget_look(services, uuid)
        return None
    return _ask(services, settings, uuid, space_id, known)


def _ask(
    services: Services, settings: OrgSettings, uuid: str, space_id: str, known: Space | None
) -> Found | None:
    pacing.book(services, "spaces", 1)
    try:
        room = services.webex.room(space_id)
    except NotThere:
        _missing(services, uuid, space_id, known)
        return None
    ours = room.owner == settings.org
    if room.team is None or room.type == "direct" or not ours:
        services.teams.remember_space(Space(uuid, "", services.now()))
        _forget_look(services, uuid)
        return None
    general = room.id if room.uuid == room.team else general_space_id(room.team_id)
    assert general is not None
    found, now = Found(room.team, general, room), services.now()
    wished = room.uuid != room.team
    if wished:
        # Whether or not it is to have a folder: no API lists the spaces of a team that we are not
        # in. This and the wish before the space itself: dying in between, it is asked about again.
        folder = SpaceFolder(room.team, room.uuid, room.id, room.title, checked=now, at=now)
        services.space_folders.add(folder)
        wished = _hand_over(services, uuid, found, new=True)
    services.teams.remember_space(Space(uuid, room.team, now))
    return replace(found, wished=wished)


def _hand_over(services: Services, uuid: str, found: Found, *, new: bool = False) -> bool:
    """A wish for a further space becomes the team's; there before it is taken away here. False if
    there was none.

    new: nobody knew the space, which is a wish by itself. Whoever has noted that Webex did not find
    it may have died before there was another.
    """
    if services.looks.read(uuid) is None and not new:
        return False
    want(services, found.team, found.general_id)
    return _forget_look(services, uuid) or new


def _missing(services: Services, uuid: str, space_id: str, known: Space | None) -> None:
    """Not visible yet, or gone: a day of tries, then it is remembered as nobody's."""
    current = services.teams.space(uuid)
    if current and current.team:
        # Another worker has seen it meanwhile: replicas need not agree.
        return
    now = services.now()
    missed = known.missed if known and known.missed else now
    if now - missed > times.SPACE_MISSING_PATIENCE:
        services.teams.remember_space(Space(uuid, "", now))
        _forget_look(services, uuid)
        return
    services.teams.remember_space(Space(uuid, "", 0, missed))
    _forget_look(services, uuid)
    # As long again as it was missed so far, however many people join it meanwhile.
    pause = min(max(now - missed, times.RETRY_BASE), times.SPACE_MISSING_PAUSE)
    want(services, uuid, space_id, when=now + pause)


def is_given_up(services: Services, space_id: str) -> bool:
    """The General space of this space's team is not there, and the team had no row. True after a
    day of that: then the space is remembered as nobody's."""
    uuid, now = uuid_of(space_id), services.now()
    known = services.teams.space(uuid) if uuid else None
    if uuid is None or known is None:
        return False
    if known.team and services.teams.read(TeamId(known.team)):
        # Another worker has seen it meanwhile: replicas need not agree.
        return False
    missed = known.missed or now
    if now - missed <= times.SPACE_MISSING_PATIENCE:
        services.teams.remember_space(replace(known, missed=missed))
        return False
    services.teams.remember_space(Space(uuid, "", now))
    _forget_look(services, uuid)
    return True


def _forget_look(services: Services, uuid: str) -> bool:
    """Take away the wish to find out about a space; False if there was none.

    A team's own look row is never taken away.
    """
    for _ in range(_RACES):
        before = services.looks.read(uuid)
        if before is None or before.value.sighted:
            return False
        try:
            services.looks.remove(uuid, before)
        except Conflict:
            continue
        return True
    raise Conflict(f"look row of {uuid} is contended")


def first_sight(services: Services, settings: OrgSettings, found: Found) -> Versioned[Look]:
    """Make the team's rows, if there are none. Newness is decided here, once, and kept.

    The look row, as it was read or written just now.
    """
    look = services.looks.read(found.team)
    if look and look.value.sighted:
        return look
    known = services.teams.read(found.team)
    team = known.value if known else _introduce(services, settings, found)
    return _sight(services, team, look)


def _introduce(services: Services, settings: OrgSettings, found: Found) -> Team:
    room = found.room
    if room is None or room.uuid != found.team:
        pacing.book(services, "spaces", 1)
        room = services.webex.room(found.general_id)
    if not room.created:
        raise Unavailable("Webex does not say when the space was made")
    now = services.now()
    new = room.owner == settings.org and room.created >= settings.enabled_since
    team = Team(
        uuid=found.team,
        space_id=room.id,
        new=new,
        created=room.created,
        first_seen=now,
        creator=room.creator,
        name=room.title,
        status=Status.SETTLING if new else Status.FROM_BEFORE,
        roster_changed=now,
        people_at=now + times.SETTLING_LOOKS[0] if new else None,
    )
    services.teams.remember_space(Space(room.uuid, found.team, now))
    try:
        services.teams.write(None, team)
    except Conflict:
        again = services.teams.read(found.team)
        return again.value if again else team
    services.log("team seen for the first time", team=team.uuid, new=new)
    return team


def _sight(services: Services, team: Team, before: Versioned[Look] | None) -> Versioned[Look]:
    """A look row that fits the team: parked for one from before, else due as it settles."""
    for _ in range(_RACES):
        if before and before.value.sighted:
            return before
        try:
            return services.looks.write(team.uuid, before, _first_look(team, before))
        except Conflict:
            # Somebody wanted a look meanwhile; the wish is kept, the team's state decides.
            before = services.looks.read(team.uuid)
    raise Conflict(f"look row of {team.uuid} is contended")


def _first_look(team: Team, before: Versioned[Look] | None) -> Look:
    due = team.first_seen + times.SETTLING_LOOKS[0]
    wanted = before.value.wanted if before else 0
    # The first sight counts as a look: what is told meanwhile waits for settling's first.
    look = Look(team.space_id, at=due, ready=due, wanted=wanted, last=team.first_seen, sighted=True)
    return look if team.new else park(look)
