"""What is done beside the watching: a little at a time, each chore with a cursor of its own.

A timer of their own, so that no nudge waits for them; what one does not get done it does in a later
run. None of them writes to a team or a group.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from shared.admin import keys, webhooks
from shared.admin.again import adopt_letters
from shared.admin.credentials import sweep_pending
from shared.admin.ports import Credentials, Once
from shared.admin.registering import Endpoint
from shared.core import times
from shared.core.capabilities import CAPABILITIES
from shared.core.errors import Failure
from shared.core.ids import OrgId
from shared.ports import Conflict, Services
from shared.sync import dry_run
from shared.sync.pacing import Later, hear
from shared.sync.space_adoption import adopt_some
from shared.sync.waking import wake_some

HOURLY = "cursor:hourly"
EVERY = 30 * times.SECOND
# The shares of the chores that may be long, whatever those before them took.
WAKE_TIME = 1 * times.SECOND
ADOPT_TIME = 1 * times.SECOND
DRY_RUN_TIME = 5 * times.SECOND
LEAVE_TIME = 2 * times.SECOND
# After this no further organization is begun with: the next run is near.
RUN_TIME = 20 * times.SECOND
SWEPT_AT_ONCE = 200


@dataclass(frozen=True)
class Backroom:
    """What the chores of one organization touch.

    keep_alive: refresh a capability's sign-in if it ends soon. claim: see `admin.claiming`. leave:
    see `admin.leaving`, until a time in milliseconds. All raise core.errors and Conflict.
    """

    services: Services
    endpoint: Endpoint
    once: Once
    credentials: Credentials
    keep_alive: Callable[[str], None]
    claim: Callable[[], None]
    leave: Callable[[int], None]


def tidy(
    backroom_of: Callable[[OrgId], Backroom], organizations: Collection[OrgId], began: int
) -> None:
    """Every chore that is due, for every organization, On or Off. Raises nothing.

    began: milliseconds. Where a provider hangs for one organization, others may come in a later
    run only: so the first one is another in each run.
    """
    for org in _in_turn(sorted(organizations), began // EVERY):
        backroom = backroom_of(org)
        if backroom.services.now() - began >= RUN_TIME:
            return
        _try(backroom, _read_ahead)
        for chore in (_webhook, _keys, _leave, _hourly, _wake, _spaces, _dry_run):
            _try(backroom, chore)


def _in_turn(organizations: list[OrgId], run: int) -> list[OrgId]:
    first = run % max(1, len(organizations))
    return organizations[first:] + organizations[:first]


def _try(backroom: Backroom, chore: Callable[[Backroom], None]) -> None:
    """One chore's trouble is not the next one's, nor any team's."""
    services, name = backroom.services, chore.__name__.removeprefix("_")
    try:
        chore(backroom)
    except (Conflict, Later) as later:
        services.log("chore later", chore=name, why=str(later))
    except Failure as failure:
        hear(services, failure)
        services.log.failed("chore failed", failure, chore=name)
    except Exception as error:
        services.log("chore failed", chore=name, error=f"{type(error).__name__}: {error}")


def _read_ahead(backroom: Backroom) -> None:
    backroom.services.organizations.read_ahead()


def _webhook(backroom: Backroom) -> None:
    webhooks.tend(backroom.services, backroom.endpoint)


def _keys(backroom: Backroom) -> None:
    keys.tend(backroom.services, backroom.credentials, backroom.endpoint)


def _leave(backroom: Backroom) -> None:
    """For an organization that ends with the app."""
    backroom.leave(backroom.services.now() + LEAVE_TIME)


def _hourly(backroom: Backroom) -> None:
    """One part a run, so that a run stays short.

    The cursor moves first: what fails is tried in the next hour, not in the next run.
    """
    organizations, now = backroom.services.organizations, backroom.services.now()
    kept = organizations.kept(HOURLY)
    state = kept.state if kept else {}
    part, began = _number(state.get("part")), _number(state.get("began"))
    parts = _parts(backroom)
    if part >= len(parts):
        if now - began < times.HOUR:
            return
        part = 0
    started = now if part == 0 else began
    organizations.keep(HOURLY, kept, {"part": part + 1, "began": started})
    parts[part]()


def _parts(backroom: Backroom) -> list[Callable[[], None]]:
    return [
        backroom.claim,
        *(partial(_see_to_sign_in, backroom, capability) for capability in CAPABILITIES),
        partial(_sweep, backroom),
        partial(adopt_letters, backroom.services),
    ]


def _see_to_sign_in(backroom: Backroom, capability: str) -> None:
    sweep_pending(backroom.credentials, capability, backroom.services.now())
    if backroom.credentials.read(capability):
        backroom.keep_alive(capability)


def _sweep(backroom: Backroom) -> None:
    backroom.once.sweep(backroom.services.now(), SWEPT_AT_ONCE)


def _wake(backroom: Backroom) -> None:
    """Teams that somebody's change wakes, in pieces."""
    services = backroom.services
    if services.organizations.settings().on:
        wake_some(services, services.now() + WAKE_TIME)


def _spaces(backroom: Backroom) -> None:
    """Spaces that an older version remembered, for their folders."""
    services = backroom.services
    adopt_some(services, services.now() + ADOPT_TIME)


def _dry_run(backroom: Backroom) -> None:
    """Teams of which somebody asked what would happen to them, On or Off."""
    services = backroom.services
    dry_run.some(services, services.now() + DRY_RUN_TIME)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
