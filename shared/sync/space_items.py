"""The folder of a space in the root of the group's drive: found, made once, renamed.

An intent stands in the row before a folder is made, and what lies in the root was looked at before
the intent: so a folder of that name that is there afterwards, and young enough, is the one whose
answer was lost.
Sources: https://learn.microsoft.com/graph/api/driveitem-post-children, driveitem-update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from shared.core import times
from shared.core.errors import Interrupted, Permanent, Refused, Throttled
from shared.core.folder_names import free, same
from shared.core.model import Drive
from shared.core.space_folders import Item, SpaceFolder, SpaceState
from shared.microsoft.protocol import Kind
from shared.sync.folder import step
from shared.sync.lease import LeaseLost
from shared.sync.space_rows import PutOff, Rows

# A name that is taken, or that SharePoint does not like: another one may do.
_ABOUT_THE_NAME = frozenset({Kind.NAME_TAKEN, Kind.REFUSED})
# Nothing was sent, or it was answered that nothing was done.
_NOTHING_MADE = (Interrupted, Throttled, Permanent, PutOff)


@dataclass
class Root:
    """What lies in the root, by id, as it was listed in this look and changed by us since."""

    rows: Rows
    drive: Drive
    items: dict[str, Item] = field(default_factory=dict)

    def read(self) -> None:
        """Raises core.errors."""
        children = self.rows.services.drives.children(self.drive)
        self.items = {item.id: item for item in children}

    def find(self, folder: SpaceFolder) -> Item | None:
        """The space's folder: by its id wherever it lies now, or what an unheard create made."""
        if folder.item:
            return self.by_id(folder.item)
        items = self.items.values() if folder.intent_at else ()
        return next((item for item in items if self._is_made(folder, item)), None)

    def _is_made(self, folder: SpaceFolder, item: Item) -> bool:
        """Whether a create of ours may have made it: nothing was called so before the intent."""
        young = item.created >= folder.intent_at - times.CLOCKS_APART
        called = same(item.name) == same(folder.name)
        return item.folder and young and called and not self.is_another(item.id, folder)

    def by_id(self, item: str) -> Item | None:
        return self.items.get(item) or self.rows.services.drives.item(self.drive, item)

    def is_another(self, item: str, folder: SpaceFolder) -> bool:
        """Whether it is the folder of another space, or of the whole group."""
        others = {f.item for f in self.rows.all if f.space != folder.space}
        return item in others or item == self.drive.item_id

    def make(self, folder: SpaceFolder, title: str) -> SpaceFolder:
        """The row with a folder by the nicest name that is free. Safe to repeat.

        Raises PermissionMissing, AnswerUnknown, PutOff.
        """
        if folder.intent_at:
            return self._make_again(folder)
        taken = self._taken(folder)
        while name := free(title, folder.space, taken):
            intent = replace(folder, title=title, name=name, intent_at=self._now())
            try:
                made = self._made(self.rows.save(intent))
            except LeaseLost:
                raise
            except _NOTHING_MADE:
                # What people call so after this is theirs.
                self._forget(intent)
                raise
            if made:
                return self.keep(intent, made)
            taken.add(same(name))
            folder = self._forget(intent)
        raise PutOff(SpaceState.NAME_REFUSED, times.PERMANENT_PAUSE)

    def _make_again(self, folder: SpaceFolder) -> SpaceFolder:
        """The listing does not show what an unheard create may have made; asked for by its name, it
        may. What is called so and does not show at all is somebody else's after a while."""
        drives = self.rows.services.drives
        there = drives.named(self.drive, folder.name)
        ours = there if there and self._is_made(folder, there) else None
        made = ours or (self._made(folder) if there is None else None)
        if made:
            return self.keep(folder, made)
        if there is None and self._now() - folder.intent_at < times.CONTRADICTION_AGE:
            raise PutOff(SpaceState.WAITING, step(folder.tries))
        return self.make(self._forget(folder), folder.title)

    def _made(self, folder: SpaceFolder) -> Item | None:
        """None where the name is the trouble."""
        drives = self.rows.services.drives
        return self._written(folder, lambda: drives.create_folder(self.drive, folder.name))

    def _forget(self, intent: SpaceFolder) -> SpaceFolder:
        return self.rows.save(replace(intent, name="", intent_at=0))

    def follow(self, folder: SpaceFolder, there: Item, title: str) -> SpaceFolder:
        """The space was renamed: the same folder by the new name. Raises as `make`."""
        taken = self._taken(folder)
        while name := free(title, folder.space, taken):
            renamed = there if name == there.name else self._renamed(folder, there, name)
            if renamed:
                return self.keep(replace(folder, title=title), renamed)
            taken.add(same(name))
        raise PutOff(SpaceState.NAME_REFUSED, times.PERMANENT_PAUSE)

    def _renamed(self, folder: SpaceFolder, there: Item, name: str) -> Item | None:
        drives = self.rows.services.drives
        return self._written(folder, lambda: drives.rename(self.drive, there.id, name))

    def _written(self, folder: SpaceFolder, send: Callable[[], Item]) -> Item | None:
        """None where the name is refused."""
        try:
            written = self.rows.write(send)
        except Refused as refused:
            self.rows.failed("a folder's name is refused", refused, folder)
            if refused.kind not in _ABOUT_THE_NAME:
                raise PutOff(SpaceState.WAITING, times.FOLDER_SLOW) from refused
            return None
        team = self.rows.state.team.uuid
        self.rows.services.log("folder of a space written", team=team, space=folder.space)
        return written

    def keep(self, folder: SpaceFolder, item: Item) -> SpaceFolder:
        """The row with what is known of its folder. A name that people gave it stays until the
        space is renamed."""
        self.items[item.id] = item
        url = item.url or folder.url
        return self.rows.save(replace(folder, item=item.id, url=url, name=item.name, intent_at=0))

    def _taken(self, folder: SpaceFolder) -> set[str]:
        """Names of everything else, also of what the listing does not show yet."""
        names = [item.name for item in self.items.values() if item.id != folder.item]
        names += [f.name for f in self.rows.all if f.space != folder.space]
        return {same(name) for name in names if name}

    def _now(self) -> int:
        return self.rows.services.now()
