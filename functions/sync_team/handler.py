"""Take a nudge to its team; turn what the queue gave up on into a wish to look."""

from __future__ import annotations

from collections.abc import Callable

from shared.core.ids import OrgId
from shared.core.nudge import Nudge, Unreadable, read
from shared.ports import Services
from shared.sync.lease import want
from shared.sync.worker import attend
from shared.webex.protocol import uuid_of

ServicesOf = Callable[[OrgId], Services]


class NotServed(ValueError):
    """The nudge names an organization that this deployment does not serve."""


def sync(services_of: ServicesOf, message: str) -> None:
    """Raises Unreadable or NotServed for a message that no repetition makes better."""
    nudge = read(message)
    attend(_services(services_of, nudge), nudge)


def revive(services_of: ServicesOf, message: str) -> str:
    """What became of a message that failed five times; an unreadable one is only named."""
    try:
        nudge = read(message)
        services = _services(services_of, nudge)
    except (Unreadable, NotServed) as error:
        return f"dropped: {error}"
    uuid = uuid_of(nudge.space)
    if uuid is None:
        return "dropped: the space id cannot be read"
    want(services, uuid, nudge.space)
    services.log("nudge revived", space=uuid)
    return "due again"


def _services(services_of: ServicesOf, nudge: Nudge) -> Services:
    try:
        return services_of(nudge.organization)
    except KeyError as error:
        raise NotServed(nudge.organization) from error
