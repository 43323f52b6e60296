"""Looking at a team again because an administrator says so: Retry and Replay."""

from __future__ import annotations

from dataclasses import replace

from shared.admin.activity import team_uuid
from shared.admin.ports import Actor, Office
from shared.core.ids import TeamId
from shared.core.look import leased
from shared.core.model import Folder, IdentityState, Team
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync.lease import want

_RACES = 20
# So many people of a team are asked about anew by a Retry: two minutes of the directory's quota.
_ASKED_AGAIN = 500
_NEGATIVE = frozenset(IdentityState) - {IdentityState.MAPPED, IdentityState.BOT}


def retry(office: Office, actor: Actor, team: str) -> None:
    """Look at a team again as soon as may be, with everything that was put off for a day.

    Raises Refusal: team_unknown, team_from_before. May be called again.
    """
    services, uuid = office.services, team_uuid(team)
    known = services.teams.among([uuid]).get(uuid)
    if known is None:
        raise Refusal("team_unknown")
    if not known.new:
        raise Refusal("team_from_before")
    _ask_again(services, known)
    _make_due(services, uuid)
    want(services, uuid, known.space_id)
    office.record(actor, "retry", after=known.name or uuid)


def replay(office: Office, actor: Actor, team: str) -> None:
    """Look again at a team that was given up on. Raises Refusal: team_unknown, letter_gone.

    The wish comes first: dying in between leaves a letter too many, never a team forgotten.
    """
    services, uuid = office.services, team_uuid(team)
    letter = services.dead_letters.read(uuid)
    if letter is None:
        raise Refusal("letter_gone")
    _make_due(services, uuid)
    want(services, uuid, letter.space_id)
    services.dead_letters.remove(uuid)
    office.record(actor, "replay", after=_name(services, uuid))


def _name(services: Services, uuid: TeamId) -> str:
    known = services.teams.among([uuid]).get(uuid)
    return known.name if known and known.name else uuid


def _ask_again(services: Services, team: Team) -> None:
    """What the directory denied may have been mended: those answers count as old."""
    people = [person for person, code in team.listed.items() if code in _NEGATIVE]
    known = services.identities.known(people[:_ASKED_AGAIN])
    stale = [replace(i, checked=0) for i in known.values() if i.state in _NEGATIVE]
    if stale:
        services.identities.keep(stale)


def _make_due(services: Services, uuid: TeamId) -> None:
    """People and folder count as due now, whatever they were put off to.

    A team that is being looked at right now is left as it is: writing its row would end that look.
    """
    for _ in range(_RACES):
        look = services.looks.read(uuid)
        try:
            row = services.teams.read(uuid)
        except (ValueError, LookupError):
            # Not written by this version, which therefore leaves it as it is.
            return
        if row is None or (look and leased(look.value, services.now())):
            return
        try:
            services.teams.write(row, _all_due(row.value, services.now()))
        except Conflict:
            continue
        return


def _all_due(team: Team, now: int) -> Team:
    waits_for_folder = team.group_id and team.folder is not Folder.LINKED
    return replace(team, people_at=now, folder_at=now if waits_for_folder else team.folder_at)
