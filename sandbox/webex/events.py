"""GET /events: what happened, for compliance officers.

Source: https://developer.webex.com/docs/api/v1/events and /docs/compliance. Memberships come as
created, updated and deleted; of rooms only a changed classification. There is no room creation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.core import Change, Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import encode, key_of
from sandbox.webex.paging import Cursor, max_of, paged
from sandbox.webex.state import Event
from sandbox.webex.times import iso, parse
from sandbox.webex.tokens import Caller

RESOURCES = frozenset(
    {
        "attachmentActions",
        "business_texts",
        "calls",
        "convergedRecordings",
        "file_transcodings",
        "meetingMessages",
        "meetingTranscripts",
        "meetings",
        "memberships",
        "messages",
        "recordings",
        "rooms",
        "tabs",
        "telephony_calls",
        "whiteboards",
    }
)
TYPES = frozenset(
    {
        "created",
        "updated",
        "deleted",
        "ended",
        "migrated",
        "joined",
        "left",
    }
)
NINETY_DAYS_MS = 90 * 86400 * 1000


class EventsApi:
    def __init__(self, core: Core) -> None:
        self.core = core

    def record(self, change: Change) -> None:
        """Keep a change as an event, for the organizations that it concerns."""
        if change.resource == "rooms" and not change.classified:
            return
        orgs = [change.room.owner_org, change.actor.org_uuid]
        if change.member:
            orgs.append(change.member.person.org_uuid)
        world = self.core.world
        world.keep_event(
            Event(
                world.new_uuid(),
                change.resource,
                change.event,
                change.actor.uuid,
                list(dict.fromkeys(orgs)),
                change.at,
                self._data(change),
                world=world,
            )
        )

    def _data(self, change: Change) -> dict[str, object]:
        room, member = change.room, change.member
        room_id = self.core.name("ROOM", room.uuid, "events")
        if member is None:
            return {"id": room_id, "type": room.kind, "classificationId": room.classification_id}
        person = member.person
        data: dict[str, object] = {
            "id": self.core.name("MEMBERSHIP", member.key, "events"),
            "roomId": room_id,
            "personId": person.id,
            "personEmail": person.email,
            "personDisplayName": person.name,
            "personOrgId": person.org_id,
            "isModerator": member.is_moderator,
            "isMonitor": member.is_moderator,
            "created": iso(member.created),
        }
        if not change.by_team_api:  # a known limitation of /team/memberships
            data |= {"roomType": room.kind, "isRoomHidden": member.is_room_hidden}
        return data

    def view(self, event: Event) -> dict[str, Any]:
        return {
            "id": encode("EVENT", event.uuid),
            "resource": event.resource,
            "type": event.type,
            "actorId": encode("PEOPLE", event.actor_uuid),
            "orgId": encode("ORGANIZATION", event.orgs[0]),
            "created": iso(event.created),
            "data": event.data,
        }

    def search(self, caller: Caller, request: Request) -> Response:
        caller.need_compliance("events", "read")
        cap = self.core.switches.events_page_cap
        limit = max_of(request, 100, cap, refuse_above=1000)
        wanted = _predicate(request)
        cursor = Cursor.of(request)
        known = self.core.world.events_of_org.get(caller.person.org_uuid, [])
        found: list[Event] = []
        after: int | None = None
        for at in self._order(request, known, cursor):
            if len(found) == limit:
                after = at
                break
            if wanted(known[at]) and self._is_out(known[at]):
                found.append(known[at])
        items = [self.view(event) for event in found]
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def _order(self, request: Request, known: list[Event], cursor: Cursor | None) -> range:
        """Positions to look at. They never shift: events are only ever added at the end."""
        since, until = self._window(request)
        low = bisect_left(known, since, key=_created)
        high = bisect_right(known, until, key=_created)
        if self.core.switches.events_newest_first:
            return range(cursor.position if cursor else high - 1, low - 1, -1)
        return range(cursor.position if cursor else low, high)

    def _window(self, request: Request) -> tuple[int, int]:
        now = self.core.now_ms()
        visible = now - round(self.core.switches.event_lag_seconds * 1000)
        since = parse(request.arg("from") or "1970-01-01T00:00:00Z", "from")
        until = parse(request.arg("to") or iso(now), "to")
        if request.arg("from") and since > until:
            raise BadRequest("'from' must be before 'to'.")
        if request.arg("from") and not self.core.switches.pro_pack and since < now - NINETY_DAYS_MS:
            raise Forbidden("Events from more than 90 days ago need Pro Pack.")
        return since, min(until, visible)

    def _is_out(self, event: Event) -> bool:
        """Events come out after a while; with jitter, not in the order of their times."""
        jitter = self.core.switches.event_lag_jitter_seconds * int(event.uuid[:4], 16) / 0xFFFF
        lag = self.core.switches.event_lag_seconds + jitter
        return event.created + round(lag * 1000) <= self.core.now_ms()

    def get(self, caller: Caller, request: Request) -> Response:
        caller.need_compliance("events", "read")
        event = self.core.world.events.get(key_of(request.params["id"], "EVENT"))
        if not event or caller.person.org_uuid not in event.orgs or not self._is_out(event):
            raise NotFound
        return Response(200, self.view(event))


def _created(event: Event) -> int:
    return event.created


def _predicate(request: Request) -> Callable[[Event], bool]:
    """Whether an event matches resource, type and actorId of a request."""
    resource = _one_of(request, "resource", RESOURCES)
    kind = _one_of(request, "type", TYPES)
    actor = key_of(request.arg("actorId"), "PEOPLE")
    if request.arg("actorId") and not actor:
        raise BadRequest("actorId is not a person's id.")

    def wanted(event: Event) -> bool:
        return (
            (not resource or event.resource == resource)
            and (not kind or event.type == kind)
            and (not actor or event.actor_uuid == actor)
        )

    return wanted


def _one_of(request: Request, name: str, allowed: frozenset[str]) -> str | None:
    value = request.arg(name)
    if value and value not in allowed:
        raise BadRequest(f"{name} must be one of {', '.join(sorted(allowed))}.")
    return value
