"""/v1/room/linkedFolders: a OneDrive or SharePoint folder for a space.

Source: https://developer.webex.com/docs/api/v1/ecm-folder-linking. "No data validation": a drive
that does not exist is taken. Who may link is disputed between sources: a switch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.kit import Request, Response
from sandbox.webex.bodies import Body, body_of, text
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Conflict, Forbidden, NotFound
from sandbox.webex.ids import decode, encode
from sandbox.webex.rooms import RoomsApi
from sandbox.webex.state import LinkedFolder, Room
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

CLUSTER = "urn:TEAM:us-east-2_a"
REQUIRED = ("roomId", "contentUrl", "displayName", "driveId", "itemId", "defaultFolder")
LookUp = Callable[[str, str], str | None]
Listener = Callable[[LinkedFolder | None, Room, str, str], None]


class FoldersApi:
    """`look_up` tells an item's name by drive and item id, None if there is no such item.
    `listeners` hear of a link before it is made, changed or taken away: the link as it was, None
    for a new one, the space, and the drive and item of the link that it becomes, "" for none."""

    def __init__(self, core: Core, rooms: RoomsApi) -> None:
        self.core = core
        self.rooms = rooms
        self.look_up: LookUp | None = None
        self.listeners: list[Listener] = []

    def view(self, folder: LinkedFolder) -> dict[str, Any]:
        room = folder.room
        return {
            "id": folder.id,
            "roomId": room.id,
            "roomType": room.kind,
            "driveId": folder.drive_id,
            "itemId": folder.item_id,
            "defaultFolder": folder.default_folder,
            "displayName": folder.display_name,
            "contentUrl": folder.content_url,
            "creatorId": folder.creator.id,
            "created": iso(folder.created),
        }

    def search(self, caller: Caller, request: Request) -> Response:
        if request.arg("roomId") is None:
            raise BadRequest("roomId is required.")
        room = self.rooms.find(request.arg("roomId"))
        self._may_read(caller, room)
        folder = self.core.world.folder_of_room.get(room.uuid)
        return Response(200, {"items": [self.view(folder)] if folder else []})

    def get(self, caller: Caller, request: Request) -> Response:
        folder = self._find(request)
        self._may_read(caller, folder.room)
        return Response(200, self.view(folder))

    def _find(self, request: Request) -> LinkedFolder:
        ref = decode(request.params["id"])
        folder_id = encode("TABS", ref.key, CLUSTER) if ref else ""
        folder = self.core.world.linked_folders.get(folder_id)
        if not folder:
            raise NotFound
        return folder

    def _may_read(self, caller: Caller, room: Room) -> None:
        if not caller.is_in(room) and not caller.officer_of(room, "rooms", "read"):
            self._may_link(caller, room)

    def _may_link(self, caller: Caller, room: Room) -> None:
        if self.core.switches.link_scope:
            caller.need_any(self.core.switches.link_scope)
        if caller.person.is_bot and not self.core.switches.bots_may_link:
            raise Forbidden
        allowed = {
            "participant": caller.is_in(room),
            "compliance": caller.officer_of(room, "rooms", "read"),
            "admin": caller.is_full_admin and caller.person.org_uuid == room.owner_org,
            "nobody": False,
        }
        if not allowed[self.core.switches.who_may_link]:
            raise Forbidden

    def create(self, caller: Caller, request: Request) -> Response:
        """Answers with what was sent; a name may have been corrected when it is read again."""
        body = _checked(body_of(request))
        room = self.rooms.find(body["roomId"])
        self._may_link(caller, room)
        world = self.core.world
        if room.uuid in world.folder_of_room:
            raise Conflict("The space has a linked folder already.")
        self._tell(None, room, body["driveId"], body["itemId"])
        folder = LinkedFolder(
            id=encode("TABS", world.new_uuid(), CLUSTER),
            room_uuid=room.uuid,
            drive_id="",
            item_id="",
            default_folder="",
            display_name="",
            content_url="",
            creator_uuid=caller.person.uuid,
            created=self.core.now_ms(),
            world=world,
        )
        world.keep_folder(folder)
        return self._write(folder, body)

    def update(self, caller: Caller, request: Request) -> Response:
        folder = self._find(request)
        self._may_link(caller, folder.room)
        body = _checked(body_of(request))
        if self.rooms.find(body["roomId"]).uuid != folder.room_uuid:
            raise BadRequest("roomId cannot be changed.")
        self._tell(folder, folder.room, body["driveId"], body["itemId"])
        return self._write(folder, body)

    def _tell(self, before: LinkedFolder | None, room: Room, drive: str, item: str) -> None:
        for listener in self.listeners:
            listener(before, room, drive, item)

    def _write(self, folder: LinkedFolder, body: Body) -> Response:
        folder.drive_id, folder.item_id = body["driveId"], body["itemId"]
        folder.default_folder, folder.content_url = body["defaultFolder"], body["contentUrl"]
        folder.display_name = body["displayName"]
        answer = self.view(folder)
        self._correct(folder)
        return Response(200, answer)

    def _correct(self, folder: LinkedFolder) -> None:
        """Webex puts the folder's real name in, as far as it can tell."""
        name = unquote(urlsplit(folder.content_url).path.rstrip("/").rpartition("/")[2])
        if self.look_up:
            found = self.look_up(folder.drive_id, folder.item_id)
            folder.broken, name = found is None, found or ""
        if self.core.switches.corrected_display_names and name:
            folder.display_name = name

    def delete(self, caller: Caller, request: Request) -> Response:
        folder = self._find(request)
        self._may_link(caller, folder.room)
        self._tell(folder, folder.room, "", "")
        del self.core.world.linked_folders[folder.id]
        del self.core.world.folder_of_room[folder.room_uuid]
        return Response(204)


def _checked(body: Body) -> Body:
    for name in REQUIRED:
        text(body, name)
    if body["defaultFolder"] not in ("true", "false"):
        raise BadRequest('defaultFolder must be the string "true" or "false".')
    return body
