"""Folders in a group's drive, by Microsoft Graph.

Sources: https://learn.microsoft.com/graph/api/driveitem-list-children, driveitem-get,
driveitem-post-children, driveitem-update, /graph/api/resources/driveitem.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from shared.core.errors import AnswerUnknown, NotThere, Unavailable
from shared.core.model import Drive
from shared.core.space_folders import Item
from shared.http import Reply
from shared.microsoft.graph import GraphClient
from shared.microsoft.protocol import parse_item

_ITEM = "$select=id,name,webUrl,createdDateTime,folder"
_PAGE = 999
# The page of the resource says that it belongs into the address, the page of the call shows it in
# the body: where one alone is read, the other does no harm.
_CONFLICT = "@microsoft.graph.conflictBehavior"


@dataclass(frozen=True)
class DriveClient(GraphClient):
    """The port `Drives`."""

    def children(self, drive: Drive) -> list[Item]:
        path = f"{_item(drive, drive.item_id)}/children?{_ITEM}&$top={_PAGE}"
        return [
            _parsed(parse_item(raw), reply)
            for reply in self._pages(path)
            for raw in reply.items("value")
        ]

    def item(self, drive: Drive, item: str) -> Item | None:
        return self._item_at(_item(drive, item))

    def named(self, drive: Drive, name: str) -> Item | None:
        return self._item_at(f"{_drive(drive)}/root:/{quote(name, safe='')}")

    def _item_at(self, path: str) -> Item | None:
        try:
            reply = self._get(f"{path}?{_ITEM}")
        except NotThere:
            return None
        return _parsed(parse_item(reply.object()), reply)

    def create_folder(self, drive: Drive, name: str) -> Item:
        path = f"{_item(drive, drive.item_id)}/children?{_CONFLICT}=fail"
        return _made(self._call("POST", path, {"name": name, "folder": {}, _CONFLICT: "fail"}))

    def rename(self, drive: Drive, item: str, name: str) -> Item:
        return _made(self._call("PATCH", _item(drive, item), {"name": name}))


def _drive(drive: Drive) -> str:
    return f"/drives/{quote(drive.drive_id, safe='!')}"


def _item(drive: Drive, item: str) -> str:
    return f"{_drive(drive)}/items/{quote(item, safe='!')}"


def _parsed(item: Item | None, reply: Reply) -> Item:
    """Raises Unavailable: no read is partial."""
    if item is None:
        raise Unavailable("an item could not be read", reply.where)
    return item


def _made(reply: Reply) -> Item:
    item = parse_item(reply.object())
    if item is None:
        raise AnswerUnknown("the answer names no item", reply.where)
    return item
