"""The link of a space: read, made, kept current, and never somebody else's.

Who may link is disputed, so the credentials are tried in an order. A space has one link at most.
Source: https://developer.webex.com/docs/api/v1/ecm-folder-linking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from shared.core import times
from shared.core.errors import Permanent
from shared.core.model import Drive, LinkedFolder
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.sync import pacing
from shared.sync.space_rows import PutOff, Rows

Answer = TypeVar("Answer")


@dataclass
class Links:
    """linkers: capabilities in the order to try, whichever could last time first. default: whether
    the folder is to be the space's own."""

    rows: Rows
    drive: Drive
    linkers: list[str]
    default: bool

    def read(self, folder: SpaceFolder) -> LinkedFolder | None:
        """What the space is linked to. Raises PutOff where none of us may see that."""
        webex = self.rows.services.webex
        found = self._as_somebody(
            folder, 1, lambda capability: webex.linked_folders(folder.space_id, capability)
        )
        return found[0] if found else None

    def leads_to(self, link: LinkedFolder, item: str) -> bool:
        return (link.drive_id, link.item_id) == (self.drive.drive_id, item)

    def make(self, folder: SpaceFolder) -> SpaceFolder:
        """Link a space that has no link, and read it back: Webex validates nothing.

        Raises AnswerUnknown, PutOff.
        """
        self._as_somebody(folder, 2, lambda capability: self._link(folder, capability))
        link = self.read(folder)
        if link is None or not self.leads_to(link, folder.item):
            why = SpaceState.FOREIGN if link else SpaceState.LINK_REFUSED
            raise PutOff(why, times.PERMANENT_PAUSE)
        return replace(folder, linked_url=folder.url)

    def keep_current(self, folder: SpaceFolder, link: LinkedFolder) -> SpaceFolder:
        """The same folder by its name and address of today, where those have changed since. Where
        none of us may do that, somebody may have linked it anew by hand."""
        by_hand = folder.state is SpaceState.LINK_OLD and link.url == folder.url
        if folder.linked_url not in ("", folder.url) and not by_hand:
            relink = partial(self._relink, folder, link)
            self._as_somebody(folder, 1, relink, SpaceState.LINK_OLD)
        return replace(folder, linked_url=folder.url)

    def _link(self, folder: SpaceFolder, capability: str) -> None:
        webex, ours = self.rows.services.webex, self._ours(folder)
        self.rows.write(
            lambda: webex.link_folder(
                folder.space_id, ours, folder.name, default=self.default, capability=capability
            )
        )

    def _relink(self, folder: SpaceFolder, link: LinkedFolder, capability: str) -> None:
        webex, ours = self.rows.services.webex, self._ours(folder)
        self.rows.write(
            lambda: webex.relink_folder(
                folder.space_id, link, ours, folder.name, capability=capability
            )
        )

    def _ours(self, folder: SpaceFolder) -> Drive:
        return Drive(self.drive.drive_id, folder.item, folder.url)

    def _as_somebody(
        self,
        folder: SpaceFolder,
        calls: int,
        act: Callable[[str], Answer],
        why: SpaceState = SpaceState.LINK_REFUSED,
    ) -> Answer:
        """Raises PutOff, why, where none of us may."""
        for capability in list(self.linkers):
            low = self.rows.state.held.row.value.low
            pacing.book(self.rows.services, capability, calls, low=low)
            try:
                answer = act(capability)
            except Permanent as failure:
                # This account may not, or does not see the space; the next one may.
                self.rows.failed("linking refused", failure, folder, capability=capability)
                continue
            self.linkers.remove(capability)
            self.linkers.insert(0, capability)
            return answer
        raise PutOff(why, times.PERMANENT_PAUSE)
