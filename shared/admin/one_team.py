"""One team as our own rows know it: who is not as expected, and what waits for an administrator."""

from __future__ import annotations

from dataclasses import dataclass

from shared.admin import holding
from shared.admin.activity import Entry, entry, team_uuid
from shared.admin.ports import Office
from shared.core.held import Held
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import WEBEX, Change
from shared.core.model import Identity, Team
from shared.core.space_folders import HANDS_NEEDED, SpaceFolder, SpaceState

PEOPLE_SHOWN = 200
_WRITES = "spark-compliance:memberships_write"


@dataclass(frozen=True)
class Unexpected:
    """Somebody who is not as expected, as far as ids are known."""

    code: str
    person: PersonId | None = None
    object: ObjectId | None = None


@dataclass(frozen=True)
class OneTeam:
    """absent: people of the team, or of the memory of it. strangers: accounts in the group and not
    in the team. Of both, the first PEOPLE_SHOWN.

    held: what waits; unreadable: something does, and another version wrote what. powerless: some of
    it is to be done in Webex, where no sign-in of ours may. refused: what an administrator refused.
    spaces: the team's further spaces with their folders, those that need somebody first; the first
    PEOPLE_SHOWN of them.
    """

    entry: Entry
    absent: list[Unexpected]
    strangers: list[Unexpected]
    held: Held | None = None
    unreadable: bool = False
    powerless: bool = False
    refused: frozenset[Change] = frozenset()
    spaces: tuple[SpaceFolder, ...] = ()


def look_up(office: Office, team: str) -> OneTeam:
    """No provider is asked anything. Raises Refusal("team_unknown")."""
    services = office.services
    found = entry(office, team_uuid(team))
    row = found.team
    if row is None:
        return OneTeam(found, [], [])
    waits = holding.waiting(services, row.uuid) if row.held else None
    listed = list(row.listed.items())[:PEOPLE_SHOWN]
    known = services.identities.known(person for person, _ in listed)
    others = list(row.others.items())[:PEOPLE_SHOWN]
    return OneTeam(
        found,
        [Unexpected(code, person, _object(known.get(person))) for person, code in listed],
        [Unexpected(code, None, account) for account, code in others],
        waits.value if waits else None,
        row.held and waits is None,
        waits is not None and _is_powerless(office, waits.value),
        holding.refusals(services, row.uuid),
        _spaces(office, row),
    )


def _spaces(office: Office, team: Team) -> tuple[SpaceFolder, ...]:
    """None where the organization gives further spaces no folders, or the team has no group."""
    services = office.services
    wanted = services.organizations.settings().gives_spaces_folders
    if not wanted or team.group_id is None:
        return ()
    found = [row.value for row in services.space_folders.of_team(team.uuid)]
    return tuple(sorted(found, key=_urgency)[:PEOPLE_SHOWN])


def _urgency(folder: SpaceFolder) -> tuple[bool, bool, str]:
    state = folder.state
    return state.value not in HANDS_NEEDED, state is SpaceState.LINKED, folder.title.casefold()


def _is_powerless(office: Office, held: Held) -> bool:
    """As far as is known beforehand: a bot may not moderate this team, and Webex may refuse."""
    if office.settings.webex_bot_token or all(n.change.side != WEBEX for n in held.changes):
        return False
    kept = office.credentials.read("spaces")
    # Where Webex did not say what it granted, it may be everything.
    return kept is None or bool(kept.scopes and _WRITES not in kept.scopes)


def _object(identity: Identity | None) -> ObjectId | None:
    return identity.object if identity else None
