"""Every team as our own rows know it. No provider is asked anything.

A page costs about as many rows as it shows; a search reads a bounded number of rows and says where
it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.admin.ports import Office
from shared.core import times
from shared.core.ids import TeamId, parse_uuid
from shared.core.look import Look
from shared.core.model import Folder, OrgSettings, Status, Team
from shared.core.pace import rate_of, reserve
from shared.core.reasons import Refusal
from shared.core.space_folders import HANDS_NEEDED
from shared.ports import DeadLetter, Label, Services

PAGE = 50
# Rows that one search reads at most.
SCANNED = 2_000
LETTERS_COUNTED = 100
_CHUNK = 1_000
# Letters that one search reads at most, and rows that are read at once to tell their names.
_LETTERS = 500
_NEAR = 100
TEAM_GONE = "team_gone"
# Behind every key.
_LAST = "~"
_HANDS_NEEDED = (Folder.NO_PERMISSION.value, Folder.REFUSED.value)


class Standing(StrEnum):
    """How a team stands, as the page says it."""

    NEEDS_PERSON = "needs_person"
    ENDED = "ended"
    GIVEN_UP = "given_up"
    SETTLING = "settling"
    WAITING = "waiting"
    FOLDER = "folder"
    THROTTLED = "throttled"
    COMPLETE = "complete"
    FROM_BEFORE = "from_before"
    UNREADABLE = "unreadable"


# What a list can be narrowed to: all but what changes by the second.
FILTERS = tuple(s for s in Standing if s is not Standing.THROTTLED)


@dataclass(frozen=True)
class Entry:
    """One team. team: None where its row cannot be read. Times in milliseconds, 0 for never.

    until: when the providers' quota allows more. next_look: when it is looked at by itself.
    missing: how many people of the team are not in the group, or not as expected, by reason code;
    strangers: the same for accounts in the group and not in the team.
    """

    uuid: TeamId
    name: str
    standing: Standing
    team: Team | None = None
    until: int = 0
    next_look: int = 0
    letter: DeadLetter | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    strangers: Mapping[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> list[str]:
        """Codes of core.reasons: why no group, why another name, why no folder."""
        if self.team is None or self.standing is Standing.FROM_BEFORE:
            return []
        folder = self.team.folder
        told = folder.value if folder not in (Folder.NONE, Folder.LINKED) else ""
        spaces = (code for code in self.team.spaces if code in HANDS_NEEDED)
        archived = "team_archived" if self.team.archived else ""
        codes = (self.team.reason, archived, self.team.name_code, told, *spaces)
        return [code for code in codes if code]

    @property
    def has_page(self) -> bool:
        """Not what a letter names that is no team's uuid."""
        return parse_uuid(self.uuid) is not None

    @property
    def may_retry(self) -> bool:
        return self.standing not in (Standing.FROM_BEFORE, Standing.UNREADABLE)


@dataclass(frozen=True)
class Listing:
    """following: the uuid to go on after, "" at the end. cut: the search stopped before the page
    was full, since it had read enough rows."""

    entries: list[Entry]
    following: str = ""
    cut: bool = False


def teams(office: Office, *, begins: str = "", standing: str = "", after: str = "") -> Listing:
    """Teams behind `after`, in the order of their uuids: those whose name or group's name begins
    so, or whose uuid it is, and that stand so. Unknown standings are no filter."""
    services, settings = office.services, office.services.organizations.settings()
    if standing == Standing.GIVEN_UP:
        return _given_up(services, settings, begins, after)
    uuid = parse_uuid(begins)
    if uuid:
        return Listing(_entries(services, settings, [TeamId(uuid)]))
    if not begins and standing not in FILTERS:
        labels = services.teams.labels(after, PAGE + 1)
        found = _entries(services, settings, [label.uuid for label in labels[:PAGE]])
        return Listing(found, labels[PAGE - 1].uuid if len(labels) > PAGE else "")
    return _search(services, settings, _matcher(begins, standing, settings), after)


def given_up(office: Office) -> int:
    """How many teams were given up on; counts no further than LETTERS_COUNTED."""
    return len(office.services.dead_letters.after("", LETTERS_COUNTED))


def entry(office: Office, team: TeamId) -> Entry:
    """Raises Refusal("team_unknown")."""
    services = office.services
    found = _entries(services, services.organizations.settings(), [team])
    if not found:
        raise Refusal("team_unknown")
    return found[0]


def team_uuid(text: str) -> TeamId:
    """Raises Refusal("team_unknown") for what is none."""
    uuid = parse_uuid(text)
    if uuid is None:
        raise Refusal("team_unknown")
    return TeamId(uuid)


def _given_up(services: Services, settings: OrgSettings, begins: str, after: str) -> Listing:
    if uuid := parse_uuid(begins):
        asked = _entries(services, settings, [TeamId(uuid)])
        return Listing([entry for entry in asked if entry.letter])
    if begins.strip():
        return _search_given_up(services, settings, begins, after)
    letters = services.dead_letters.after(after, PAGE + 1)
    teams = [TeamId(letter.team) for letter in letters[:PAGE]]
    return Listing(_entries(services, settings, teams), teams[-1] if len(letters) > PAGE else "")


def _search_given_up(services: Services, settings: OrgSettings, begins: str, after: str) -> Listing:
    """Until the page is full, the letters are at their end, or enough were read."""
    letters = services.dead_letters.after(after, _LETTERS)
    found: list[TeamId] = []
    for team, names in _named(services, [TeamId(letter.team) for letter in letters]):
        after = team
        if _begins(names, begins):
            found.append(team)
        if len(found) == PAGE:
            break
    ended = len(letters) < _LETTERS and (not letters or after == letters[-1].team)
    entries = _entries(services, settings, found)
    return Listing(entries, "" if ended else after, cut=not ended and len(found) < PAGE)


def _named(services: Services, teams: Iterable[TeamId]) -> Iterator[tuple[TeamId, tuple[str, ...]]]:
    """Each with its names, none where it has no row; as far as SCANNED rows tell.

    teams: in order, so that one request tells those that stand near each other.
    """
    near: dict[TeamId, tuple[str, ...]] = {}
    read, reached = 0, ""
    for team in teams:
        if team > reached:
            if read >= SCANNED:
                return
            # Behind what comes right before the team.
            labels = services.teams.labels(team[:-1], _NEAR)
            near = {label.uuid: label.names for label in labels}
            read, reached = read + _NEAR, labels[-1].uuid if len(labels) == _NEAR else _LAST
        yield team, near.get(team, ())


def _begins(names: Iterable[str], begins: str) -> bool:
    wanted = begins.strip().casefold()
    return not wanted or any(name.strip().casefold().startswith(wanted) for name in names)


def _matcher(begins: str, standing: str, settings: OrgSettings) -> Callable[[Label], bool]:
    wanted = standing if standing in FILTERS else ""

    def matches(label: Label) -> bool:
        if wanted and _standing(label, settings) != wanted:
            return False
        return _begins(label.names, begins)

    return matches


def _search(
    services: Services, settings: OrgSettings, matches: Callable[[Label], bool], after: str
) -> Listing:
    """Until the page is full, the rows are at their end, or enough were read."""
    found: list[TeamId] = []
    read, ended = 0, False
    while read < SCANNED and not ended and len(found) < PAGE:
        labels = services.teams.labels(after, _CHUNK)
        ended = len(labels) < _CHUNK
        for label in labels:
            read, after = read + 1, label.uuid
            if matches(label):
                found.append(label.uuid)
            if len(found) == PAGE:
                ended = ended and label is labels[-1]
                break
    entries = _entries(services, settings, found)
    return Listing(entries, "" if ended else after, cut=not ended and len(found) < PAGE)


def _entries(services: Services, settings: OrgSettings, uuids: list[TeamId]) -> list[Entry]:
    rows = services.teams.among(uuids)
    looks = services.looks.among(uuids)
    letters = services.dead_letters.among(uuids)
    busy = _busy_until(services, settings)
    found = (
        _entry(team, settings, looks.get(uuid), letters.get(uuid), busy)
        if (team := rows.get(uuid))
        else _unreadable(services, uuid, letters.get(uuid))
        for uuid in uuids
    )
    return [entry for entry in found if entry]


def _entry(
    team: Team, settings: OrgSettings, look: Look | None, letter: DeadLetter | None, busy: int
) -> Entry:
    if not settings.gives_spaces_folders:
        # What was said while they were to have folders.
        team = replace(team, spaces={})
    standing = Standing.GIVEN_UP if letter else _standing(_label(team), settings)
    ready = look.ready if look and look.ready is not None else 0
    until = max(busy, ready) if busy and ready <= busy else 0
    if until and standing in (Standing.SETTLING, Standing.WAITING, Standing.FOLDER):
        standing = Standing.THROTTLED
    missing, strangers = (
        dict(Counter(codes.values()).most_common()) for codes in (team.listed, team.others)
    )
    name = team.space_title or team.name
    return Entry(team.uuid, name, standing, team, until, ready, letter, missing, strangers)


def _unreadable(services: Services, uuid: TeamId, letter: DeadLetter | None) -> Entry | None:
    """A team whose row is another version's, or gone; None where nothing is known of it at all."""
    labels = [each for each in services.teams.labels(uuid[:-1], 1) if each.uuid == uuid]
    if not labels and letter is None:
        return None
    name = labels[0].names[0] if labels and labels[0].names else ""
    return Entry(uuid, name, Standing.GIVEN_UP if letter else Standing.UNREADABLE, letter=letter)


def _label(team: Team) -> Label:
    return Label(
        uuid=team.uuid,
        space_id=team.space_id,
        new=team.new,
        names=(team.name,),
        status=team.status.value,
        reason=team.reason,
        folder=team.folder.value,
        has_group=team.group_id is not None,
        spaces=frozenset(team.spaces),
    )


def _standing(label: Label, settings: OrgSettings) -> Standing:
    """What the rows say, without what changes by the second."""
    if label.reason == TEAM_GONE:
        return Standing.ENDED
    follows_folder = label.has_group and settings.link_folders
    stands = {
        Status.FROM_BEFORE.value: Standing.FROM_BEFORE,
        Status.NEEDS_PERSON.value: Standing.NEEDS_PERSON,
        Status.SETTLING.value: Standing.SETTLING,
        Status.WAITING.value: Standing.WAITING,
        Status.COMPLETE.value: Standing.COMPLETE,
    }.get(label.status, Standing.UNREADABLE)
    if stands not in (Standing.WAITING, Standing.COMPLETE) or not follows_folder:
        return stands
    if label.folder in _HANDS_NEEDED or _spaces_need_hands(label, settings):
        return Standing.NEEDS_PERSON
    unfinished = label.folder in (Folder.NONE.value, Folder.WAITING.value)
    return Standing.FOLDER if unfinished and stands is Standing.COMPLETE else stands


def _spaces_need_hands(label: Label, settings: OrgSettings) -> bool:
    return settings.space_folders and not HANDS_NEEDED.isdisjoint(label.spaces)


def _busy_until(services: Services, settings: OrgSettings) -> int:
    """When the last of the used-up quotas is free again, 0 where none is used up."""
    now, latest = services.now(), 0
    for capability in {"spaces", "people", "graph", *settings.folder_linkers}:
        row = services.organizations.pace(capability)
        if row is None:
            continue
        _, wait = reserve(row.value, now, 0, rate_of(capability))
        if wait > times.WAIT_IN_CALL * times.SECOND:
            latest = max(latest, now + wait, row.value.waiting)
    return latest
