"""On and Off for one organization. Off is effective in our own state first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shared.core.ids import TenantId
from shared.core.model import OrgSettings
from shared.ports import Conflict, Services
from shared.sync.events import start_cursor
from shared.sync.waking import wake


def turn_on(services: Services, tenant: TenantId) -> bool:
    """From now on new teams get groups. `now` is Webex's own clock, not ours.

    Connected and unfinished teams become due at low priority, so that what changed while the
    switch was off is found; `wake_some` does that bit by bit. A replica may be behind when they are
    read, so the groups' delta goes on from where it stood. False: it is on already, and nothing was
    changed. Raises core.errors, and Conflict where `tenant` is not the organization's (any
    more).
    """
    if _is_on(services.organizations.settings(), tenant):
        return False
    since = services.webex.server_time()
    # Webex takes its time: somebody else may have been quicker, and the cursors are theirs then.
    if _is_on(services.organizations.settings(), tenant):
        return False
    start_cursor(services, since)
    # Before the switch, so that dying here loses none.
    wake(services, "switch")
    before, after = _change(services, lambda s: _on(s, tenant, since))
    services.log("switch on", epoch=after.epoch, since=after.enabled_since)
    return not before.on


def turn_off(services: Services) -> bool:
    """No write to either cloud from now on; a step already sent may land. Groups stay. False: it
    was off already."""
    before, after = _change(services, lambda s: replace(s, on=False))
    services.log("switch off", epoch=after.epoch)
    return before.on


def _is_on(settings: OrgSettings, tenant: TenantId) -> bool:
    if settings.tenant != tenant:
        raise Conflict("the tenant is not the organization's")
    return settings.on


def _on(settings: OrgSettings, tenant: TenantId, since: int) -> OrgSettings:
    """What is on stays as it is: teams from after the first press would become teams from before
    the second."""
    if _is_on(settings, tenant):
        return settings
    return replace(settings, on=True, epoch=settings.epoch + 1, enabled_since=since)


def _change(
    services: Services, change: Callable[[OrgSettings], OrgSettings]
) -> tuple[OrgSettings, OrgSettings]:
    """The settings before and after."""
    seen: list[OrgSettings] = []

    def watched(settings: OrgSettings) -> OrgSettings:
        seen.append(settings)
        return change(settings)

    after = services.organizations.save_settings(watched)
    return seen[-1], after
