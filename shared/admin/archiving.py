"""The audit archive: every line of the audit, and each day how every connected team stood.

Written day by day, once the day is over, to a store that somebody else owns and that lets nothing
be changed. A file is made in one piece, or not at all, and never written over; the cursor moves
after it. Dying anywhere makes a file again that is there, which is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.admin.ports import Change, Office
from shared.core import archive as files
from shared.core import times
from shared.core.ledger import Ledger
from shared.core.model import Team
from shared.ports import Kept

CURSOR = "cursor:archive"
# A day counts as over when nobody can still be writing a line of it.
MARGIN = 15 * times.MINUTE
_CHUNK = 100


class Store(Protocol):
    def create(self, name: str, body: bytes) -> bool:
        """The whole file, or nothing. False: there is one of that name, which was not touched.

        Raises core.errors, ArchiveRefused among them; after any of them it may be there.
        """


@dataclass(frozen=True)
class _Cursor:
    """day: the first that is not whole in the archive. part: how many of its files are. teams_from:
    the first day of which the state of teams is archived; what it was before, nobody knows."""

    day: str
    part: int
    teams_from: str

    @property
    def kinds(self) -> tuple[str, ...]:
        teams = files.TEAMS if self.day >= self.teams_from else ()
        return (files.AUDIT, *teams)

    def moved(self) -> _Cursor:
        if self.part + 1 < len(self.kinds):
            return _Cursor(self.day, self.part + 1, self.teams_from)
        return _Cursor(files.day_after(self.day), 0, self.teams_from)


def archive(office: Office, store: Store, deadline: int) -> bool:
    """Every day that is over and not in the archive, as far as the time goes; True: all of them.

    deadline: milliseconds. Works while Off as well. Raises what `Store.create` does, and Conflict
    where somebody else does the same. May be called again.
    """
    today = files.day_of(office.now() - MARGIN)
    while True:
        kept = office.services.organizations.kept(CURSOR)
        if kept is None:
            if not _begin(office, today):
                return True
            continue
        cursor = _cursor(kept)
        if cursor.day >= today:
            return True
        if office.now() >= deadline:
            return False
        kind = cursor.kinds[cursor.part]
        name = files.name_of(office.org, cursor.day, kind)
        objects = list(_lines(office, cursor.day, kind))
        made = store.create(name, files.lines_of(objects))
        _keep(office, kept, cursor.moved())
        event = "archived" if made else "archived before"
        office.services.log(event, file=name, lines=len(objects))


def _begin(office: Office, today: str) -> bool:
    """With the day of the oldest line; the state of teams with today, since nobody knows how they
    stood when an earlier day was over. False where nothing ever happened."""
    oldest = office.audit.oldest()
    if oldest is None:
        return False
    _keep(office, None, _Cursor(min(files.day_of(oldest), today), 0, today))
    return True


def _lines(office: Office, day: str, kind: str) -> Iterator[Mapping[str, object]]:
    if kind == files.AUDIT:
        since, until = files.start_of(day), files.start_of(files.day_after(day))
        return (_audit_line(office, change) for change in office.audit.between(since, until))
    return _teams(office, files.DIGITS[files.TEAMS.index(kind)])


def _audit_line(office: Office, change: Change) -> Mapping[str, object]:
    return files.audit_line(
        office.org,
        change.key,
        change.at,
        who=change.who,
        person=change.person,
        what=change.what,
        before=change.before,
        after=change.after,
    )


def _teams(office: Office, digit: str) -> Iterator[Mapping[str, object]]:
    """Those with a group, whose uuid begins with the digit."""
    rows, after = office.services.teams, digit
    while True:
        labels = rows.labels(after, _CHUNK)
        mine = [label.uuid for label in labels if label.uuid.startswith(digit) and label.has_group]
        found = rows.among(mine)
        for uuid in mine:
            team = found.get(uuid)
            if team is None:
                yield files.unreadable_line(office.org, uuid, office.now())
            else:
                yield _team_line(office, team)
        if len(labels) < _CHUNK or not labels[-1].uuid.startswith(digit):
            return
        after = labels[-1].uuid


def _team_line(office: Office, team: Team) -> Mapping[str, object]:
    ledger = _ledger(office, team)
    people = ledger.baseline if ledger else None
    owners = ledger.owners if ledger else ()
    return files.team_line(office.org, team, people, owners, office.now())


def _ledger(office: Office, team: Team) -> Ledger | None:
    try:
        return office.services.teams.ledger(team.uuid).value
    except (ValueError, LookupError):
        # Another version wrote it, or it is damaged: the team is told without its people.
        return None


def _cursor(kept: Kept) -> _Cursor:
    state = kept.state
    part = state.get("part")
    return _Cursor(
        str(state.get("day")), part if isinstance(part, int) else 0, str(state.get("teams_from"))
    )


def _keep(office: Office, before: Kept | None, cursor: _Cursor) -> None:
    state = {"day": cursor.day, "part": cursor.part, "teams_from": cursor.teams_from}
    office.services.organizations.keep(CURSOR, before, state)
