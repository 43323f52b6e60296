"""What is done beside the watching: a little at a time, each chore with a cursor of its own.

Chores come after the nudges and stop at a deadline, so that no team waits for them; what one does
not get done it does in a later run. None of them writes to a team or a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.admin import webhooks
from shared.admin.credentials import sweep_pending
from shared.admin.ports import Credentials, Once
from shared.admin.registering import Endpoint
from shared.core import times
from shared.core.capabilities import CAPABILITIES
from shared.core.errors import Failure
from shared.core.ids import OrgId
from shared.ports import Conflict, Services
from shared.sync.pacing import hear
from shared.sync.switch import wake_some

HOURLY = "cursor:hourly"
# All chores of one organization together; a chore that has begun ends a little later.
CHORE_TIME = 1 * times.SECOND
SWEPT_AT_ONCE = 200


@dataclass(frozen=True)
class Backroom:
    """What the chores of one organization touch. keep_alive: refresh a capability's sign-in if it
    ends soon; raises core.errors."""

    services: Services
    endpoint: Endpoint
    once: Once
    credentials: Credentials
    keep_alive: Callable[[str], None]


def tidy(backroom_of: Callable[[OrgId], Backroom], organizations: Iterable[OrgId]) -> None:
    """Every chore that is due, for every organization, On or Off. Raises nothing."""
    for org in sorted(organizations):
        backroom = backroom_of(org)
        deadline = backroom.services.now() + CHORE_TIME
        for chore in (_wake, _webhook, _hourly):
            if backroom.services.now() < deadline:
                _try(backroom, chore, deadline)


def _try(backroom: Backroom, chore: Callable[[Backroom, int], None], deadline: int) -> None:
    """One chore's trouble is not the next one's, nor any team's."""
    services, name = backroom.services, chore.__name__.removeprefix("_")
    try:
        chore(backroom, deadline)
    except Conflict as lost:
        services.log("chore later", chore=name, why=str(lost))
    except Failure as failure:
        hear(services, failure)
        services.log.failed("chore failed", failure, chore=name)
    except Exception as error:
        services.log("chore failed", chore=name, error=f"{type(error).__name__}: {error}")


def _wake(backroom: Backroom, deadline: int) -> None:
    """Teams that the switch wakes, in pieces."""
    if backroom.services.organizations.settings().on:
        wake_some(backroom.services, deadline)


def _webhook(backroom: Backroom, _deadline: int) -> None:
    webhooks.tend(backroom.services, backroom.endpoint)


def _hourly(backroom: Backroom, _deadline: int) -> None:
    """One part a run, so that a run stays short: each sign-in in turn, then what is over is swept.

    The cursor moves first: what fails is tried in the next hour, not in ten seconds.
    """
    organizations, now = backroom.services.organizations, backroom.services.now()
    kept = organizations.kept(HOURLY)
    state = kept.state if kept else {}
    part, began = _number(state.get("part")), _number(state.get("began"))
    parts = [*CAPABILITIES, ""]
    if part >= len(parts):
        if now - began < times.HOUR:
            return
        part = 0
    started = now if part == 0 else began
    organizations.keep(HOURLY, kept, {"part": part + 1, "began": started})
    capability = parts[part]
    if not capability:
        backroom.once.sweep(now, SWEPT_AT_ONCE)
        return
    sweep_pending(backroom.credentials, capability, now)
    if backroom.credentials.read(capability):
        backroom.keep_alive(capability)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
