"""/v1/rooms. Source: https://developer.webex.com/docs/api/v1/rooms

People see the rooms that they are in; a compliance officer reads any room of the organization,
but lists only the own ones and changes only a few fields of the others.
"""

from __future__ import annotations

from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.actions import Actions
from sandbox.webex.bodies import Body, body_of, flag, optional_text, text
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import encode, key_of
from sandbox.webex.paging import max_of, paged, sliced
from sandbox.webex.state import Room, Team
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

ORDERS = {"id": "uuid", "lastactivity": "last_activity", "created": "created"}
FLAGS = {"isAnnouncementOnly": "is_announcement_only", "isPublic": "is_public"}


class RoomsApi:
    def __init__(self, core: Core, actions: Actions) -> None:
        self.core = core
        self.actions = actions

    def view(self, room: Room) -> dict[str, Any]:
        seen = {
            "id": room.id,
            "title": self._title(room),
            "type": room.kind,
            "isLocked": room.is_locked,
            "lastActivity": iso(room.last_activity),
            "creatorId": encode("PEOPLE", room.creator_uuid),
            "created": iso(room.created),
            "ownerId": encode("ORGANIZATION", room.owner_org),
            "isPublic": room.is_public,
            "isAnnouncementOnly": room.is_announcement_only,
            "isReadOnly": room.is_read_only and self.core.switches.archived_is_read_only,
        }
        if room.team_uuid:
            seen["teamId"] = self.core.world.teams[room.team_uuid].id
        if room.description:
            seen["description"] = room.description
        if room.classification_id:
            seen["classificationId"] = room.classification_id
        return seen

    def _title(self, room: Room) -> str:
        if room.kind != "direct":
            return room.title
        names = (m.person.name for m in self.core.world.members(room.uuid))
        return room.title or " and ".join(names)

    def readable(self, caller: Caller, room_id: object, resource: str = "rooms") -> Room:
        """A room that the caller may read. Raises NotFound where it is not for the caller."""
        caller.need(resource, "read")
        room = self.find(room_id)
        if caller.personal(resource, "read") and caller.is_in(room):
            return room
        if caller.officer_of(room, resource, "read"):
            return room
        raise NotFound

    def find(self, room_id: object) -> Room:
        room = self.core.world.rooms.get(key_of(room_id, "ROOM"))
        if not room or (room.migrated and room_id != room.id):
            raise NotFound("Could not find a room with provided ID.")
        return room

    def search(self, caller: Caller, request: Request) -> Response:
        caller.need("rooms", "read")
        limit = max_of(request, 100, 1000, refuse_above=1000)
        rooms = self._chosen(caller, request)
        order = ORDERS.get(request.arg("sortBy") or "id")
        if not order:
            raise BadRequest("sortBy must be one of id, lastactivity, created.")
        rooms.sort(key=lambda room: getattr(room, order), reverse=order != "uuid")
        page, after, cursor = sliced(request, rooms, limit)
        items = [self.view(room) for room in page]
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def _chosen(self, caller: Caller, request: Request) -> list[Room]:
        rooms = self.core.world.rooms_with(caller.person.uuid)
        team_id, kind = request.arg("teamId"), request.arg("type")
        if team_id:
            team = key_of(team_id, "TEAM", "ROOM")
            rooms = [room for room in rooms if room.team_uuid == team]
        if kind:
            if kind not in ("direct", "group"):
                raise BadRequest("type must be direct or group.")
            rooms = [room for room in rooms if room.kind == kind]
        return rooms

    def get(self, caller: Caller, request: Request) -> Response:
        return Response(200, self.view(self.readable(caller, request.params["id"])))

    def create(self, caller: Caller, request: Request) -> Response:
        caller.need_personal("rooms", "write")
        body = body_of(request)
        title = text(body, "title")
        flags = {field: flag(body, name, False) for name, field in FLAGS.items()}
        description = optional_text(body, "description")
        locked = flag(body, "isLocked", False)
        team = self._team(caller, body)
        room = self.actions.create_space(caller.person, title, team, is_locked=locked)
        room.description = description
        for field, value in flags.items():
            setattr(room, field, value)
        return Response(200, self.view(room))

    def _team(self, caller: Caller, body: Body) -> Team | None:
        if body.get("teamId") is None:
            return None
        team = self.core.world.teams.get(key_of(body["teamId"], "TEAM"))
        if not team or not caller.is_in(team.general):
            raise NotFound("Could not find a team with provided ID.")
        return team

    def update(self, caller: Caller, request: Request) -> Response:
        """`title` is required, also of an officer who is not in the room and may not change it."""
        caller.need("rooms", "write")
        room = self.find(request.params["id"])
        body = body_of(request)
        title = text(body, "title")
        if caller.personal("rooms", "write") and caller.is_in(room):
            self._may_change(caller, room)
        elif not caller.officer_of(room, "rooms", "write"):
            raise NotFound
        elif title != room.title or flag(body, "isLocked", room.is_locked) != room.is_locked:
            raise Forbidden("A compliance officer cannot change this of a room they are not in.")
        self._apply(caller, room, body, title)
        return Response(200, self.view(room))

    def _may_change(self, caller: Caller, room: Room) -> None:
        member = self.core.world.member(room.uuid, caller.person.uuid)
        assert member
        if room.kind == "direct":
            raise BadRequest("A direct space cannot be changed.")
        if room.is_locked and not member.is_moderator:
            raise Forbidden("Only a moderator can change a moderated space.")

    def _apply(self, caller: Caller, room: Room, body: Body, title: str) -> None:
        before = room.classification_id
        changes: dict[str, Any] = {
            field: flag(body, name, getattr(room, field)) for name, field in FLAGS.items()
        }
        changes |= {
            "is_locked": flag(body, "isLocked", room.is_locked),
            "description": optional_text(body, "description", room.description),
            "classification_id": optional_text(body, "classificationId", before or "") or None,
            "title": title,
        }
        for field, value in changes.items():
            setattr(room, field, value)
        self.actions.room_changed(room, caller.person, classified=before != room.classification_id)

    def delete(self, caller: Caller, request: Request) -> Response:
        """Not for officers. The General space goes with its team only."""
        caller.need("rooms", "write")
        room = self.find(request.params["id"])
        if not caller.is_in(room):
            raise Forbidden if caller.officer_of(room, "rooms", "read") else NotFound
        caller.need_personal("rooms", "write")
        self._may_change(caller, room)
        if room.is_general:
            raise BadRequest("The General space of a team cannot be deleted.")
        self.actions.delete_room(room, caller.person)
        return Response(204)
