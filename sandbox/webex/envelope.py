"""What a delivery looks like: the envelope, its data, and the signatures over the raw bytes.

Source: https://developer.webex.com/admin/docs/api/guides/webhooks. `id` and `created` at the top
are the webhook's; there is no delivery id.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from sandbox.webex.core import Change, Core
from sandbox.webex.ids import bare, encode
from sandbox.webex.state import Webhook
from sandbox.webex.times import iso


def data_of(core: Core, change: Change) -> dict[str, Any]:
    """The resource in short. Sensitive content, such as a title, is left out."""
    room, member = change.room, change.member
    room_id = core.name("ROOM", room.uuid, "webhook")
    if member is None:
        data = {
            "id": room_id,
            "created": iso(room.created),
            "creatorId": encode("PEOPLE", room.creator_uuid),
            "lastActivity": iso(room.last_activity),
            "type": room.kind,
            "isLocked": room.is_locked,
        }
        if room.team_uuid and core.switches.data_team_id:
            data["teamId"] = core.name("TEAM", room.team_uuid, "webhook")
        return data
    person = member.person
    return {
        "id": core.name("MEMBERSHIP", member.key, "webhook"),
        "roomId": room_id,
        "roomType": room.kind,
        "personId": person.id,
        "personEmail": person.email,
        "personDisplayName": person.name,
        "personOrgId": person.org_id,
        "isModerator": member.is_moderator,
        "isMonitor": member.is_moderator,
        "isRoomHidden": member.is_room_hidden,
        "created": iso(member.created),
    }


def body_of(core: Core, webhook: Webhook, change: Change) -> bytes:
    org_id = encode("ORGANIZATION", webhook.org_uuid)
    envelope: dict[str, Any] = {
        "id": webhook.id,
        "name": webhook.name,
        "targetUrl": webhook.target_url,
        "resource": change.resource,
        "event": change.event,
        "orgId": bare(webhook.org_uuid) if core.switches.bare_org_id else org_id,
        "createdBy": encode("PEOPLE", webhook.creator_uuid),
        "appId": webhook.app_id,
        "ownedBy": webhook.owned_by,
        "status": webhook.status,
        "created": iso(webhook.created),
        "actorId": change.actor.id,
        "data": data_of(core, change),
    }
    if webhook.filter:
        envelope["filter"] = webhook.filter
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(core: Core, webhook: Webhook, body: bytes, tracking_id: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "SparkWebhook/1.0",
        "TrackingID": tracking_id,
    }
    if webhook.secret:
        headers["X-Spark-Signature"] = _digest(webhook.secret, body, "sha1")
    if webhook.secret and core.switches.webex_signature:
        sha256, sha512 = (_digest(webhook.secret, body, kind) for kind in ("sha256", "sha512"))
        headers["X-Webex-Signature"] = f"SHA-256={sha256}, SHA-512={sha512}"
    return headers


def _digest(secret: str, body: bytes, kind: str) -> str:
    return hmac.new(secret.encode(), body, kind).hexdigest()
