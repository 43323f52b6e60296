"""On and Off for one organization. Off is effective in our own state first."""

from __future__ import annotations

from dataclasses import replace

from shared.core import times
from shared.core.ids import TenantId
from shared.core.model import OrgSettings
from shared.ports import Services
from shared.sync.events import start_cursor
from shared.sync.lease import want

# Teams woken by the switch come at this distance, so that they do not come all at once.
_SPREAD = times.SECOND


def turn_on(services: Services, tenant: TenantId) -> OrgSettings:
    """From now on new teams get groups. `now` is Webex's own clock, not ours.

    Connected and unfinished teams become due at low priority, so that what changed while the
    switch was off is found. Turning on what is on changes nothing. Raises core.errors.
    """
    before = services.organizations.settings()
    if before.on and before.tenant == tenant:
        return before
    since = services.webex.server_time()
    start_cursor(services, since)
    _wake(services)
    settings = services.organizations.save_settings(
        lambda s: replace(s, on=True, epoch=s.epoch + 1, enabled_since=since, tenant=tenant)
    )
    services.log("switch on", epoch=settings.epoch, since=since)
    return settings


def _wake(services: Services) -> None:
    """Every connected or unfinished team. Before the switch, so that dying here loses none."""
    for number, team in enumerate(t for t in services.teams.everyone() if t.new):
        when = services.now() + number * _SPREAD
        want(services, team.uuid, team.space_id, when=when, low=True)


def turn_off(services: Services) -> OrgSettings:
    """No write to either cloud from now on; a step already sent may land. Groups stay."""
    settings = services.organizations.save_settings(lambda s: replace(s, on=False))
    services.log("switch off", epoch=settings.epoch)
    return settings
