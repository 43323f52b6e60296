"""How an organization's synchronization stands, in figures: for an administrator's own monitoring.

From our own rows alone: no provider is asked, so that asking often costs nothing.
"""

from __future__ import annotations

from shared.admin import webhooks
from shared.admin.ports import Office
from shared.core.capabilities import CAPABILITIES
from shared.core.credential import Credential
from shared.core.moments import iso
from shared.ports import Kept
from shared.sync.delta import DELTA
from shared.sync.events import EVENTS

# Counted up to here: more is told as this many.
MOST = 1000


def state(office: Office) -> dict[str, object]:
    """Moments are ISO 8601 in UTC, null for never; durations in seconds. Raises core.errors."""
    services, now = office.services, office.now()
    settings = services.organizations.settings()
    due = services.looks.due(now, MOST)
    webhook = webhooks.known(services)
    return {
        "organization": office.org,
        "now": iso(now),
        "on": settings.on,
        "tenant": settings.tenant,
        "consented": iso(settings.consented_at),
        "due": {
            "teams": len(due),
            "oldest_seconds": (now - min((entry.at for entry in due), default=now)) // 1000,
        },
        "events_read_to": iso(_moment(services.organizations.kept(EVENTS), "since")),
        "changes_read": iso(_moment(services.organizations.kept(DELTA), "read")),
        "webhook": webhook.standing.value if webhook else None,
        "sign_ins": {
            capability.id: _sign_in(office.credentials.read(capability.id))
            for capability in CAPABILITIES.values()
            if capability.scopes
        },
        "given_up": len(services.dead_letters.after("", MOST)),
    }


def _moment(kept: Kept | None, name: str) -> int:
    value = kept.state.get(name) if kept else None
    return value if isinstance(value, int) else 0


def _sign_in(kept: Credential | None) -> dict[str, object] | None:
    if kept is None:
        return None
    return {
        "works": not kept.failed,
        "since": iso(kept.since),
        "refreshed": iso(kept.refreshed),
        "ends": iso(kept.refresh_expires),
    }
