"""/v1/memberships. Source: https://developer.webex.com/docs/api/v1/memberships

An officer with spark-compliance:memberships_* reads, adds and removes in any room of the
organization, but cannot add anybody to an empty space.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any
from zlib import crc32

from sandbox.kit import Request, Response
from sandbox.webex.actions import Actions
from sandbox.webex.bodies import body_of, flag, person_in, person_named, text
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import decode, encode
from sandbox.webex.paging import Cursor, max_of, paged
from sandbox.webex.rooms import RoomsApi
from sandbox.webex.state import Membership, Room
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

UNREADABLE = {
    "code": "kms_failure",
    "reason": "Key management server failed to respond appropriately. "
    "For more information: https://developer.webex.com/errors",
}


class MembershipsApi:
    def __init__(self, core: Core, actions: Actions, rooms: RoomsApi) -> None:
        self.core = core
        self.actions = actions
        self.rooms = rooms

    def view(self, room: Room, member: Membership) -> dict[str, Any]:
        person = member.person
        return {
            "id": encode("MEMBERSHIP", member.key, room.cluster),
            "roomId": room.id,
            "personId": person.id,
            "personEmail": person.email,
            "personDisplayName": person.name,
            "personOrgId": person.org_id,
            "isModerator": member.is_moderator,
            "isMonitor": member.is_moderator,
            "isRoomHidden": member.is_room_hidden,
            "roomType": room.kind,
            "created": iso(member.created),
        }

    def search(self, caller: Caller, request: Request) -> Response:
        caller.need("memberships", "read")
        room_id = request.arg("roomId")
        if room_id is not None:
            return self._list_room(caller, request, self.rooms.find(room_id))
        return self._list_person(caller, request)

    def _list_room(self, caller: Caller, request: Request, room: Room) -> Response:
        moderators_only = self._view_of(caller, room)
        limit = max_of(request, 100, self.core.switches.membership_page_cap)
        cursor = Cursor.of(request)
        members = self._asked_for(request, room)
        if moderators_only:
            members = [member for member in members if member.is_moderator]
        start = bisect_right(members, cursor.position, key=_seq) if cursor else 0
        page = members[start : start + limit]
        items = [self._maybe_broken(room, member) for member in page]
        after = page[-1].seq if start + limit < len(members) else None
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def _view_of(self, caller: Caller, room: Room) -> bool:
        """Whether only the moderators are shown. Raises Forbidden when nobody is."""
        if caller.officer_of(room, "memberships", "read"):
            return False
        if caller.personal("memberships", "read"):
            if caller.is_in(room):
                return False
            team = self.core.world.teams.get(room.team_uuid or "")
            if team and caller.is_in(team.general):
                return room.is_locked
        raise Forbidden

    def _asked_for(self, request: Request, room: Room) -> list[Membership]:
        person_id, email = request.arg("personId"), request.arg("personEmail")
        if person_id is None and email is None:
            return self.core.world.members(room.uuid)
        person = person_named(self.core, person_id, email)
        member = self.core.world.member(room.uuid, person.uuid) if person else None
        return [member] if member else []

    def _list_person(self, caller: Caller, request: Request) -> Response:
        """Without a room: the own memberships, or anybody's for an officer."""
        person_id, email = request.arg("personId"), request.arg("personEmail")
        person = caller.person
        if person_id is not None or email is not None:
            named = person_named(self.core, person_id, email)
            if not caller.compliance("memberships", "read"):
                raise BadRequest("roomId is required with personId or personEmail.")
            if not named or named.org_uuid != person.org_uuid:
                raise NotFound
            person = named
        limit = max_of(request, 100, self.core.switches.membership_page_cap)
        cursor = Cursor.of(request)
        found = [self._own(room, person.uuid) for room in self.core.world.rooms_with(person.uuid)]
        found.sort(key=_seq)
        start = bisect_right(found, cursor.position, key=_seq) if cursor else 0
        page = found[start : start + limit]
        items = [self.view(self.core.world.rooms[m.room_uuid], m) for m in page]
        after = page[-1].seq if start + limit < len(found) else None
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def _own(self, room: Room, person_uuid: str) -> Membership:
        member = self.core.world.member(room.uuid, person_uuid)
        assert member
        return member

    def _maybe_broken(self, room: Room, member: Membership) -> dict[str, Any]:
        """An item as BASICS warns of it: a field is missing, `errors` says why."""
        item = self.view(room, member)
        share = self.core.switches.item_errors
        if share and crc32(member.key.encode()) % 10_000 < share * 10_000:
            del item["personDisplayName"]
            item["errors"] = {"personDisplayName": UNREADABLE}
        return item

    def _named(self, request: Request) -> tuple[Room, Membership]:
        ref = decode(request.params["id"])
        key = ref.key if ref and ref.kind == "MEMBERSHIP" else ""
        person_uuid, _, room_uuid = key.partition(":")
        member = self.core.world.member(room_uuid, person_uuid)
        if not ref or not member:
            raise NotFound
        room = self.core.world.rooms[room_uuid]
        if self.core.switches.membership_ids_in_one_form and ref.cluster != room.cluster:
            raise NotFound
        return room, member

    def get(self, caller: Caller, request: Request) -> Response:
        caller.need("memberships", "read")
        room, member = self._named(request)
        self.rooms.readable(caller, room.id, "memberships")
        return Response(200, self.view(room, member))

    def create(self, caller: Caller, request: Request) -> Response:
        caller.need("memberships", "write")
        body = body_of(request)
        room = self.rooms.find(text(body, "roomId"))
        is_moderator = flag(body, "isModerator", False)
        self._may_write(caller, room)
        if not self.core.world.members(room.uuid):
            raise Forbidden("Compliance Officers cannot add people to empty (team) spaces.")
        if room.kind == "direct":
            raise BadRequest("Nobody can be added to a direct space.")
        person = person_in(self.core, body)
        member = self.actions.join(room, person, actor=caller.person, is_moderator=is_moderator)
        return Response(200, self.view(room, member))

    def _may_write(self, caller: Caller, room: Room) -> None:
        """An officer, or somebody in the room: a moderator where it is moderated."""
        if caller.officer_of(room, "memberships", "write"):
            return
        if not caller.personal("memberships", "write") or not caller.is_in(room):
            raise Forbidden if caller.personal("memberships", "write") else NotFound
        if room.is_locked and not self._own(room, caller.person.uuid).is_moderator:
            raise Forbidden("Only a moderator can do this in a moderated space.")

    def update(self, caller: Caller, request: Request) -> Response:
        caller.need("memberships", "write")
        room, member = self._named(request)
        body = body_of(request)
        on = flag(body, "isModerator")
        needs_hidden = self.core.switches.membership_put_needs_hidden
        hidden = flag(body, "isRoomHidden", None if needs_hidden else member.is_room_hidden)
        self._may_write(caller, room)
        self.actions.moderate(room, member, on, actor=caller.person)
        member.is_room_hidden = hidden
        return Response(200, self.view(room, member))

    def delete(self, caller: Caller, request: Request) -> Response:
        caller.need("memberships", "write")
        room, member = self._named(request)
        if member.person_uuid != caller.person.uuid or not caller.personal("memberships", "write"):
            self._may_write(caller, room)
        self.actions.leave(room, member, actor=caller.person)
        return Response(204)


def _seq(member: Membership) -> int:
    return member.seq
