"""A team from before the switch, connected because an administrator says so: to a new group, or to
one that is there and that they name.

What is there already is respected: a group that is another team's, or that something else has
connected to this team, is refused. The first look at a group that was there holds every change,
until somebody has seen the names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from shared.admin.activity import team_uuid
from shared.admin.ports import Actor, Office
from shared.core.connecting import Candidate, why_not
from shared.core.errors import NotThere, Permanent, Transient
from shared.core.ids import GroupId, TeamId, one_uuid_inside
from shared.core.look import Look, unparked
from shared.core.look import want as wanted
from shared.core.model import Room, Status, Team
from shared.core.naming import unique_name
from shared.core.reasons import Refusal
from shared.core.space_folders import SpaceFolder
from shared.ports import Conflict, Services
from shared.sync import pacing
from shared.sync.lease import want
from shared.sync.spaces import Found, first_sight
from shared.webex.protocol import general_space_id, space_id_like, uuid_of

_RACES = 20
_LONGEST = 512
_MARKED = "group_from_before_us"


def connect(office: Office, actor: Actor, team: str, named: str = "") -> None:
    """Follow a team from before. named: id or address of the group that it gets, "" for a new one.

    May be called again. Raises Refusal: team_unknown, team_connected, group_unknown, group_taken,
    group_dynamic, group_not_unified, connected_elsewhere, and what a provider said; Conflict.
    """
    services, named = office.services, named.strip()
    known = _connectable(services, team_uuid(team), named)
    if known is None:
        return
    row = replace(known, new=True, status=Status.SETTLING, reason="", detail="")
    row = replace(row, people_at=services.now())
    if named:
        with _told():
            row = _with_group(services, row, named)
    _unpark(services, known)
    try:
        _write(services, known, row)
    except Conflict:
        if row.group_id:
            _free(services, row.uuid, row.group_id)
        raise
    # Somebody may have parked it again meanwhile.
    _unpark(services, known)
    name = known.space_title or known.name or known.uuid
    group = f"{row.group_name} ({row.group_id})" if row.group_id else ""
    office.record(actor, "team_connected", before=name, after=group or name)


def may_connect(team: Team | None) -> bool:
    """Whether its page offers it: a team from before; and one whose group is there, and was not
    made by this app as far as it remembers."""
    return team is not None and (not team.new or _is_marked(team))


def _is_marked(team: Team) -> bool:
    return team.group_id is None and team.reason == _MARKED


def find(office: Office, text: str) -> TeamId:
    """The team that an id of Webex's names: the team's, or one of its spaces'; in an address, too.
    It is looked at for the first time here, if nobody has; a further space is remembered.

    Raises Refusal: team_not_found, find_while_off, and what a provider said.
    """
    services = office.services
    settings = services.organizations.settings()
    if not settings.on:
        # What is new is told by when the switch went on.
        raise Refusal("find_while_off")
    space_id = _space_id(text.strip()[:_LONGEST])
    with _told():
        pacing.book(services, "spaces", 1)
        try:
            room = services.webex.room(space_id)
        except NotThere as gone:
            raise Refusal("team_not_found") from gone
        if room.team is None or room.owner != settings.org:
            raise Refusal("team_not_found")
        general = room.id if room.uuid == room.team else general_space_id(room.team_id)
        found = Found(room.team, general or space_id_like(room.id, room.team), room)
        first_sight(services, settings, found)
    if room.uuid != room.team:
        _remember_further(services, room, found)
    return room.team


def _remember_further(services: Services, room: Room, found: Found) -> None:
    """A further space that nobody has joined since: this is how its folder comes."""
    now = services.now()
    services.space_folders.add(
        SpaceFolder(found.team, room.uuid, room.id, room.title, checked=now, at=now)
    )
    want(services, found.team, found.general_id)


def _space_id(text: str) -> str:
    """Of a team the General space's: it has the team's uuid."""
    uuid = uuid_of(text) or one_uuid_inside(text)
    if uuid is None:
        raise Refusal("team_not_found")
    return space_id_like(text, uuid)


def _connectable(services: Services, uuid: TeamId, named: str) -> Team | None:
    """None for one that was just connected, and whose look is only to be woken."""
    known = services.teams.among([uuid]).get(uuid)
    if known is None:
        raise Refusal("team_unknown")
    if not known.new or (_is_marked(known) and named):
        return known
    look = services.looks.read(uuid)
    if look is None or not look.value.parked:
        raise Refusal("team_connected")
    _unpark(services, known)
    return None


def _with_group(services: Services, row: Team, named: str) -> Team:
    """The row with the group that is named, which is this team's from now on."""
    candidate = _candidate(services, named)
    if candidate is None:
        raise Refusal("group_unknown")
    if code := why_not(candidate, row.uuid):
        raise Refusal(code)
    group = candidate.group
    if candidate.unique_name != unique_name(row.uuid):
        # Else it is ours, and so is the link.
        _refuse_what_is_connected(services, row, group.id)
    services.teams.remember_group(group.id, row.uuid, row.space_id)
    holder = services.teams.teams_of([group.id]).get(group.id)
    if holder is None or holder.team != row.uuid:
        raise Refusal("group_taken")
    now = services.now()
    return replace(
        row,
        group_id=group.id,
        group_name=group.name,
        nickname=group.nickname,
        group_created=group.created or now,
        folder_at=now,
        held=True,
    )


def _candidate(services: Services, named: str) -> Candidate | None:
    """By the object id, also inside an address of Entra's pages; or by the group's mail address."""
    uuid = one_uuid_inside(named)
    if uuid:
        return services.groups.candidate(GroupId(uuid))
    nickname, at, _ = named.partition("@")
    found = services.groups.candidate_named(nickname) if nickname else None
    # Two domains may have the same name before the @, each for another group.
    is_other = found is not None and bool(at) and found.mail.lower() != named.lower()
    return None if is_other else found


def _refuse_what_is_connected(services: Services, row: Team, group: GroupId) -> None:
    """A folder of the group that is linked to the team's space is not our doing: Cisco's own
    integration connects them so. Where nobody may see the link, it is left alone later."""
    drive = services.groups.drive(group)
    for capability in services.organizations.settings().folder_linkers if drive else ():
        with suppress(Permanent):
            links = services.webex.linked_folders(row.space_id, capability)
            if any(drive and link.drive_id == drive.drive_id for link in links):
                raise Refusal("connected_elsewhere")
            return


def _unpark(services: Services, known: Team) -> None:
    """The team is due, as a whole. Before its row says so as well: who finds it too early parks it,
    and dying in between leaves everything as it was. Raises Conflict."""
    for _ in range(_RACES):
        before = services.looks.read(known.uuid)
        look, now = before.value if before else Look(known.space_id), services.now()
        due = unparked(look, now) if look.parked else wanted(look, now, whole=True)
        try:
            services.looks.write(known.uuid, before, due)
        except Conflict:
            # Perhaps by a worker that has just parked it.
            continue
        return
    raise Conflict("the look row is contended")


def _write(services: Services, known: Team, after: Team) -> None:
    """Raises Conflict where somebody else connected the team at the same moment."""
    before = services.teams.read(known.uuid)
    if before is None or before.value != known:
        raise Conflict("the team's row has changed")
    services.teams.write(before, after)


def _free(services: Services, uuid: TeamId, group: GroupId) -> None:
    """Somebody connected the team otherwise: the group is there for another one, unless it is the
    same that they named."""
    row = services.teams.read(uuid)
    if row is None or row.value.group_id != group:
        services.teams.free_group(group, uuid)


@contextmanager
def _told() -> Iterator[None]:
    """What a provider did, as the page says it."""
    try:
        yield
    except pacing.Later as later:
        raise Refusal("trial_later") from later
    except Transient as failure:
        raise Refusal("trial_silent", str(failure)) from failure
    except Permanent as failure:
        raise Refusal(failure.code, str(failure)) from failure
