"""/v1/webhooks. Source: https://developer.webex.com/admin/docs/api/guides/webhooks

There is no `teams` resource and no `rooms` deleted event. What a webhook listens to is fixed
once it exists; its status can only be set to active.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.kit import Request, Response
from sandbox.webex.bodies import Body, body_of, optional_text, text
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Conflict, Forbidden, NotFound, Refused
from sandbox.webex.ids import decode, encode
from sandbox.webex.paging import max_of, paged, sliced
from sandbox.webex.rooms import RoomsApi
from sandbox.webex.state import Webhook
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

RESOURCES = frozenset(
    {
        "all",
        "attachmentActions",
        "dataSources",
        "memberships",
        "messages",
        "rooms",
        "meetings",
        "recordings",
        "convergedRecordings",
        "meetingParticipants",
        "meetingTranscripts",
        "telephony_calls",
        "telephony_conference",
        "telephony_mwi",
        "uc_counters",
        "serviceApp",
        "adminBatchJobs",
        "videoMeshAlerts",
        "controlHubAlerts",
    }
)
EVENTS = frozenset(
    {
        "all",
        "created",
        "updated",
        "deleted",
        "started",
        "ended",
        "joined",
        "left",
        "migrated",
        "authorized",
        "deauthorized",
        "statusChanged",
    }
)
OF_ORGANIZATIONS = frozenset(
    {
        "meetings",
        "recordings",
        "convergedRecordings",
        "meetingParticipants",
        "meetingTranscripts",
        "videoMeshAlerts",
        "controlHubAlerts",
        "rooms",
        "messaging",
        "adminBatchJobs",
    }
)
NEVER = frozenset({("rooms", "deleted")})
FILTERS = {
    "rooms": frozenset({"type", "isLocked"}),
    "memberships": frozenset({"roomId", "personId", "personEmail", "isModerator"}),
    "messages": frozenset({"roomId", "roomType", "personId", "personEmail", "mentionedPeople"}),
}
READABLE = ("rooms", "memberships", "messages")


class WebhooksApi:
    def __init__(self, core: Core, rooms: RoomsApi) -> None:
        self.core = core
        self.rooms = rooms

    def view(self, webhook: Webhook) -> dict[str, Any]:
        seen = {
            "id": webhook.id,
            "name": webhook.name,
            "targetUrl": webhook.target_url,
            "resource": webhook.resource,
            "event": webhook.event,
            "orgId": encode("ORGANIZATION", webhook.org_uuid),
            "createdBy": encode("PEOPLE", webhook.creator_uuid),
            "appId": webhook.app_id,
            "ownedBy": webhook.owned_by,
            "status": webhook.status,
            "created": iso(webhook.created),
        }
        if webhook.filter:
            seen["filter"] = webhook.filter
        if webhook.secret:
            seen["secret"] = webhook.secret
        return seen

    # Reading

    def search(self, caller: Caller, request: Request) -> Response:
        owned_by = request.arg("ownedBy")
        if owned_by not in (None, "creator", "org"):
            raise BadRequest("ownedBy must be creator or org.")
        if owned_by == "org":
            caller.need_compliance("webhooks", "read")
        found = [
            webhook
            for webhook in self.core.world.webhooks.values()
            if webhook.owned_by == (owned_by or "creator") and _owns(caller, webhook)
        ]
        page, after, cursor = sliced(request, found, max_of(request, 100, 100))
        items = [self.view(webhook) for webhook in page]
        return paged(request, items, after, cursor, empty_pages=self.core.switches.empty_pages)

    def get(self, caller: Caller, request: Request) -> Response:
        return Response(200, self.view(self._find(caller, request, "read")))

    def _find(self, caller: Caller, request: Request, access: str) -> Webhook:
        ref = decode(request.params["id"])
        webhook = self.core.world.webhooks.get(encode("WEBHOOK", ref.key) if ref else "")
        if not webhook or not _owns(caller, webhook):
            raise NotFound
        if webhook.owned_by == "org":
            caller.need_compliance("webhooks", access)
        return webhook

    # Writing

    def create(self, caller: Caller, request: Request) -> Response:
        body = body_of(request)
        webhook = self._new(caller, body)
        if webhook.owned_by == "org":
            self._check_organization(caller, webhook)
        else:
            self._check_personal(caller, webhook)
        self.core.world.webhooks[webhook.id] = webhook
        return Response(200, self.view(webhook))

    def _new(self, caller: Caller, body: Body) -> Webhook:
        resource, event = text(body, "resource"), text(body, "event")
        owned_by = optional_text(body, "ownedBy", "creator")
        if owned_by not in ("creator", "org"):
            raise BadRequest("ownedBy must be creator or org.")
        known = resource in RESOURCES or (owned_by == "org" and resource in OF_ORGANIZATIONS)
        if event == "all" and not self.core.switches.webhook_event_all:
            known = False
        if not known or event not in EVENTS or (resource, event) in NEVER:
            raise BadRequest(f"There is no event {event!r} of resource {resource!r}.")
        person = caller.person
        return Webhook(
            id=encode("WEBHOOK", self.core.world.new_uuid()),
            name=text(body, "name"),
            target_url=_url(body),
            resource=resource,
            event=event,
            filter=optional_text(body, "filter"),
            secret=optional_text(body, "secret"),
            owned_by=owned_by,
            org_uuid=person.org_uuid,
            creator_uuid=person.uuid,
            app_id=encode("APPLICATION", caller.token.client_id or "sandbox"),
            created=self.core.now_ms(),
            world=self.core.world,
        )

    def _check_personal(self, caller: Caller, webhook: Webhook) -> None:
        """The read scope of the resource, and a filter on what the token can see."""
        needed = READABLE if webhook.resource == "all" else (webhook.resource,)
        for resource in needed:
            if resource in READABLE:
                caller.need(resource, "read")
        self._check_filter(caller, webhook)

    def _check_filter(self, caller: Caller, webhook: Webhook) -> None:
        allowed = FILTERS.get(webhook.resource, frozenset())
        for name, value in parse_qsl(webhook.filter, keep_blank_values=True):
            if name not in allowed:
                raise BadRequest(f"invalid filter: {name}")
            if name == "roomId":
                self._check_room(caller, webhook, value)
        if webhook.filter and not parse_qsl(webhook.filter, keep_blank_values=True):
            raise BadRequest("invalid filter")

    def _check_room(self, caller: Caller, webhook: Webhook, room_id: str) -> None:
        try:
            self.rooms.readable(caller, room_id, webhook.resource)
        except Refused as unseen:
            raise BadRequest("invalid value for filter: roomId") from unseen

    def _check_organization(self, caller: Caller, webhook: Webhook) -> None:
        """One per resource and filter; whether per event as well is open."""
        if webhook.resource not in OF_ORGANIZATIONS:
            raise BadRequest(f"ownedBy org is not supported for {webhook.resource}.")
        caller.need_compliance("webhooks", "write")
        if webhook.resource == "rooms":
            caller.need_compliance("rooms", "read")
            if self.core.switches.org_rooms_webhook == "refused":
                raise Forbidden
        self._check_filter(caller, webhook)
        for other in self.core.world.webhooks.values():
            if other.owned_by == "org" and self._collides(webhook, other):
                raise Conflict("An org-wide webhook for this resource and filter exists already.")

    def _collides(self, one: Webhook, other: Webhook) -> bool:
        if self.core.switches.org_webhooks_differ_by_event and one.event != other.event:
            return False
        return (one.org_uuid, one.resource, one.filter) == (
            other.org_uuid,
            other.resource,
            other.filter,
        )

    def update(self, caller: Caller, request: Request) -> Response:
        """Name, target, secret; and back to active. Anything else has to stay as it is."""
        webhook = self._find(caller, request, "write")
        body = body_of(request)
        name, url = text(body, "name"), _url(body)
        seen = self.view(webhook) | {"filter": webhook.filter}
        for fixed in ("resource", "event", "filter", "ownedBy"):
            if body.get(fixed, seen[fixed]) != seen[fixed]:
                raise BadRequest(f"{fixed} cannot be changed.")
        if body.get("status", "active") != "active":
            raise BadRequest("status can only be set to active.")
        webhook.name, webhook.target_url = name, url
        webhook.secret = optional_text(body, "secret", webhook.secret)
        if body.get("status") == "active":
            webhook.status = "active"
        return Response(200, self.view(webhook))

    def delete(self, caller: Caller, request: Request) -> Response:
        webhook = self._find(caller, request, "write")
        del self.core.world.webhooks[webhook.id]
        return Response(204)


def _url(body: Body) -> str:
    url = text(body, "targetUrl")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadRequest("targetUrl must be an absolute URL.")
    return url


def _owns(caller: Caller, webhook: Webhook) -> bool:
    if webhook.owned_by == "org":
        return webhook.org_uuid == caller.person.org_uuid
    return webhook.creator_uuid == caller.person.uuid
