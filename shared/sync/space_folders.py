"""A folder for each further space of a team, in the group's drive, and linked to the space.

Done under the team's lease, with one row for each space. What is linked is looked at again once a
week. A link that is not ours is left alone, and so is one to a folder that somebody deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.core import times
from shared.core.errors import (
    AnswerUnknown,
    CredentialMissing,
    NotThere,
    Permanent,
    PermissionMissing,
    Refused,
    Throttled,
    Unavailable,
)
from shared.core.look import weekly
from shared.core.model import LinkedFolder, OrgSettings, Room
from shared.core.space_folders import SpaceFolder, SpaceState, counts
from shared.sync import pacing
from shared.sync.folder import step
from shared.sync.record import Book
from shared.sync.space_items import Root
from shared.sync.space_links import Links
from shared.sync.space_rows import PutOff, Rows
from shared.webex.protocol import space_id_like

# So many spaces in a row without an answer: it is the provider that is down.
_DOWN_AFTER = 3
# Nothing is left to be done, as far as is known.
_RESTS = frozenset({SpaceState.LINKED, SpaceState.SPACE_GONE})


@dataclass(frozen=True)
class Following:
    """When spaces are due next: soon, for what is unfinished; weekly, for what is done."""

    soon: int | None = None
    weekly: int | None = None


def tend(state: Book, settings: OrgSettings) -> Following:
    """See to some of the team's spaces that are due. May be called again.

    Raises Interrupted, Conflict, and what is the trouble of all teams: ConsentMissing,
    CredentialMissing. What else goes wrong with a space is kept in its row.
    """
    drive = state.team.drive
    if drive is None:
        # Whoever finds the drive comes here again.
        return Following()
    found = state.services.space_folders.of_team(state.team.uuid)
    rows = Rows(state, {row.value.space: row for row in found})
    due = _due(rows.all, state.services.now(), whole=state.held.row.value.whole)
    links = Links(rows, drive, list(settings.folder_linkers), settings.default_folder)
    held_off = _Round(rows, Root(rows, drive), links).go(due) if due else None
    state.save_team(replace(state.team, spaces=dict(counts(rows.all))))
    return _following(rows.all, held_off)


def _due(folders: list[SpaceFolder], now: int, *, whole: bool) -> list[SpaceFolder]:
    """The oldest first. whole: also what was put off for a day. What rests is read together, so
    that the spaces of a team cost few looks."""
    due = [f for f in folders if f.at <= now or (whole and f.state not in _RESTS)]
    if due:
        near = range(now + 1, now + times.SPACES_TOGETHER + 1)
        due += [f for f in folders if f.state in _RESTS and f.at in near]
    return sorted(due, key=lambda folder: folder.at)


def _following(folders: list[SpaceFolder], held_off: int | None) -> Following:
    soon = min((f.at for f in folders if f.state not in _RESTS), default=None)
    resting = min((f.at for f in folders if f.state in _RESTS), default=None)
    return Following(soon if held_off is None else held_off, resting)


@dataclass
class _Round:
    """One look's work."""

    rows: Rows
    root: Root
    links: Links

    def go(self, due: list[SpaceFolder]) -> int | None:
        """Answers until when a provider wants to be left alone, None if none does."""
        services = self.rows.services
        try:
            pacing.check(services, "graph")
            if self._is_listed(due):
                self._each(due[: times.SPACES_AT_ONCE])
                self._keep_due(due[times.SPACES_AT_ONCE :])
        except pacing.Later as later:
            return later.at
        except Throttled as failure:
            pacing.hear(services, failure)
            seconds = times.WAIT_IN_ALL if failure.retry_after is None else failure.retry_after
            return services.now() + round(seconds * times.SECOND)
        return None

    def _is_listed(self, due: list[SpaceFolder]) -> bool:
        try:
            self.root.read()
        except (Unavailable, AnswerUnknown, NotThere, Refused) as failure:
            self.rows.failed("the group's drive cannot be read", failure, due[0])
            self._put_all_off(due, SpaceState.WAITING)
        except PermissionMissing as failure:
            self.rows.failed("the group's drive may not be read", failure, due[0])
            self._put_all_off(due, SpaceState.NO_PERMISSION)
        else:
            return True
        return False

    def _put_all_off(self, due: list[SpaceFolder], why: SpaceState) -> None:
        for folder in due:
            pause = step(folder.tries) if why is SpaceState.WAITING else times.PERMANENT_PAUSE
            self._put_off(folder.space, folder.state if folder.state in _RESTS else why, pause)

    def _keep_due(self, left: list[SpaceFolder]) -> None:
        """More than one look sees to: they stay due, also those that were put off."""
        now = self.rows.services.now()
        for folder in left:
            if folder.at > now and folder.state not in _RESTS:
                self.rows.state.held.keep()
                self.rows.save(replace(folder, at=now))

    def _each(self, due: list[SpaceFolder]) -> None:
        silent = 0
        for folder in due:
            silent = silent + 1 if self._is_silent_about(folder.space) else 0
            if silent >= _DOWN_AFTER:
                return

    def _is_silent_about(self, space: str) -> bool:
        """See to one space; True if a provider did not answer. Its trouble is not the others'."""
        folder = self.rows.by_space[space].value
        try:
            self.rows.state.held.keep()
            title = self._title(folder)
            self._finish(self._linked_where_it_is(space, title))
        except PutOff as no:
            self._put_off(space, no.state, no.pause)
        except PermissionMissing as failure:
            self.rows.failed("no folder may be written", failure, folder)
            self._put_off(space, SpaceState.NO_PERMISSION, times.PERMANENT_PAUSE)
        except Refused as failure:
            # An id or a name that the provider does not take: this space's alone.
            self.rows.failed("a space's folder is refused", failure, folder)
            self._put_off(space, self._stays(folder), times.PERMANENT_PAUSE)
        except (Unavailable, AnswerUnknown) as failure:
            self.rows.failed("nothing is heard of a space's folder", failure, folder)
            self._put_off(space, self._stays(folder), step(folder.tries))
            return True
        return False

    def _stays(self, folder: SpaceFolder) -> SpaceState:
        """What is linked stays so: no more is known than that nothing was told."""
        return folder.state if folder.state in _RESTS else SpaceState.WAITING

    def _finish(self, folder: SpaceFolder) -> None:
        now = self.rows.services.now()
        if folder.state is not SpaceState.LINKED:
            self.rows.services.log("space linked", team=folder.team, space=folder.space)
        at = weekly(folder.team, now)
        done = replace(folder, state=SpaceState.LINKED, checked=now, at=at, tries=0)
        self.rows.save(done)

    def _put_off(self, space: str, why: SpaceState, pause: int) -> None:
        folder, now = self.rows.by_space[space].value, self.rows.services.now()
        log = self.rows.services.log
        log("space put off", team=folder.team, space=space, why=why.value)
        # Hours later it is counted from the beginning.
        tries = folder.tries + 1 if pause < times.PERMANENT_PAUSE else 0
        self.rows.save(replace(folder, state=why, tries=tries, at=now + pause))

    def _title(self, folder: SpaceFolder) -> str:
        """What the space is called; as it was told lately, or asked now. Its row has the id that it
        has now."""
        services, low = self.rows.services, self.rows.state.held.row.value.low
        if folder.title and services.now() - folder.checked < times.TITLE_FRESH:
            return folder.title
        pacing.book(services, "spaces", 1, low=low)
        try:
            room = self._room(folder)
        except NotThere as failure:
            self.rows.failed("a space is gone", failure, folder)
            raise _gone() from failure
        except CredentialMissing:
            raise
        except Permanent as failure:
            self.rows.failed("a space may not be read", failure, folder)
            if not folder.title:
                # Nothing to name a folder after.
                raise PutOff(SpaceState.LINK_REFUSED, times.PERMANENT_PAUSE) from failure
            return folder.title
        if room.team != folder.team:
            raise _gone()
        return room.title

    def _linked_where_it_is(self, space: str, title: str) -> SpaceFolder:
        """As `_linked`. Whoever was told the title lately has not asked whether it is there."""
        try:
            return self._linked(self.rows.by_space[space].value, title)
        except PutOff as no:
            if no.state is not SpaceState.LINK_REFUSED or not self._has_moved(space):
                raise
        return self._linked(self.rows.by_space[space].value, title)

    def _has_moved(self, space: str) -> bool:
        """Its row has the new id then."""
        folder = self.rows.by_space[space].value
        if self._moved(folder) == folder.space_id:
            return False
        low = self.rows.state.held.row.value.low
        pacing.book(self.rows.services, "spaces", 1, low=low)
        try:
            return self._room(folder).id != folder.space_id
        except Permanent as failure:
            self.rows.failed("a space may not be read", failure, folder)
            return False

    def _room(self, folder: SpaceFolder) -> Room:
        """Where the team has moved to another geography, its spaces have as well."""
        webex = self.rows.services.webex
        try:
            return webex.room(folder.space_id)
        except NotThere:
            moved = self._moved(folder)
            if moved == folder.space_id:
                raise
            room = webex.room(moved)
        self.rows.save(replace(folder, space_id=room.id))
        return room

    def _moved(self, folder: SpaceFolder) -> str:
        """The space's id where it is in the geography of its team."""
        return space_id_like(self.rows.state.team.space_id, folder.space)

    def _linked(self, folder: SpaceFolder, title: str) -> SpaceFolder:
        """The row of a space that is linked to its folder. Raises PutOff where it cannot be."""
        link, unseen = self._read_link(folder)
        if link and not folder.item and self._is_in_the_drive(folder, link):
            # Linked by hand, or by us before our rows were lost. It is called what somebody called
            # it until the space is renamed after this.
            folder = replace(folder, item=link.item_id, title="", name="", intent_at=0)
        if link and not self.links.leads_to(link, folder.item):
            raise PutOff(SpaceState.FOREIGN, times.PERMANENT_PAUSE)
        folder = self._with_folder(folder, title, link, unseen)
        if unseen:
            if folder.state is SpaceState.LINKED:
                return folder
            raise unseen
        return self.links.keep_current(folder, link) if link else self.links.make(folder)

    def _read_link(self, folder: SpaceFolder) -> tuple[LinkedFolder | None, PutOff | None]:
        """The link; or why nobody may see it: a folder is made all the same, to link by hand."""
        try:
            return self.links.read(folder), None
        except PutOff as no:
            return None, no

    def _is_in_the_drive(self, folder: SpaceFolder, link: LinkedFolder) -> bool:
        item = link.item_id
        ours = self.links.leads_to(link, item) and not self.root.is_another(item, folder)
        there = self.root.by_id(item) if ours else None
        return there is not None and there.folder

    def _with_folder(
        self, folder: SpaceFolder, title: str, link: LinkedFolder | None, unseen: PutOff | None
    ) -> SpaceFolder:
        there = self.root.find(folder)
        if there is None and (link or (unseen and folder.item)):
            # Deleted. Out of the recycle bin it comes with the same id, and the link leads there
            # again: there is another one only for a space that is seen to have no link.
            raise PutOff(SpaceState.DELETED, times.PERMANENT_PAUSE)
        if there is None:
            return self.root.make(_without_item(folder) if folder.item else folder, title)
        kept = self.root.keep(folder, there)
        if title and kept.title and title != kept.title:
            return self.root.follow(kept, there, title)
        return self.rows.save(replace(kept, title=title or kept.title))


def _without_item(folder: SpaceFolder) -> SpaceFolder:
    return replace(folder, item="", url="", linked_url="", name="", intent_at=0)


def _gone() -> PutOff:
    """Its folder stays, and so does the row: a space that is only out of sight comes back."""
    return PutOff(SpaceState.SPACE_GONE, times.FULL_EVERY)
