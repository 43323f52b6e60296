"""Looking at a team again because an administrator says so: Retry and Replay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from shared.admin.activity import team_uuid
from shared.admin.ports import Actor, Office
from shared.core.ids import TeamId
from shared.core.look import leased
from shared.core.model import IdentityState, Team
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync.lease import want

# So many people of a team are asked about anew by a Retry: two minutes of the directory's quota.
_ASKED_AGAIN = 500
# Letters that are seen to in an hour.
_ADOPTED_AT_ONCE = 200
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
    want(services, uuid, known.space_id, whole=True)
    office.record(actor, "retry", after=known.name or uuid)


def replay(office: Office, actor: Actor, team: str) -> None:
    """Look again at a team that was given up on. Raises Refusal: team_unknown, letter_gone.

    The wish comes first: dying in between leaves a letter too many, never a team forgotten.
    """
    services, uuid = office.services, team_uuid(team)
    letter = services.dead_letters.read(uuid)
    if letter is None:
        raise Refusal("letter_gone")
    want(services, uuid, letter.space_id, whole=True)
    services.dead_letters.remove(uuid)
    office.record(actor, "replay", after=_name(services, uuid))


def adopt_letters(services: Services) -> None:
    """Letters whose looks do not know of them, as the version before wrote them: such a team is
    looked at once more, and the letter goes when that succeeds. May be called again."""
    letters = services.dead_letters.after("", _ADOPTED_AT_ONCE)
    looks = services.looks.among([letter.team for letter in letters])
    for letter in letters:
        look = looks.get(letter.team)
        if look is None or look.dead or look.parked or leased(look, services.now()):
            continue
        before = services.looks.read(letter.team)
        if before is None:
            continue
        with suppress(Conflict):
            services.looks.write(letter.team, before, replace(before.value, dead=True))
            want(services, letter.team, letter.space_id, low=True)


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
