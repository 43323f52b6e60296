"""On and Off for one organization. Off is effective in our own state first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.core import times
from shared.core.ids import TenantId
from shared.core.model import OrgSettings
from shared.ports import Conflict, Kept, Label, Services
from shared.sync.events import start_cursor
from shared.sync.lease import want

WAKE = "cursor:wake"
# Teams woken by the switch come at this distance, so that they do not come all at once.
_SPREAD = times.SECOND
# Rows read at once: about a second's work.
_CHUNK = 100
_RACES = 20


def turn_on(services: Services, tenant: TenantId) -> bool:
    """From now on new teams get groups. `now` is Webex's own clock, not ours.

    Connected and unfinished teams become due at low priority, so that what changed while the
    switch was off is found; `wake_some` does that bit by bit. False: it is on already, and nothing
    was changed. Raises core.errors, and Conflict where `tenant` is not the organization's (any
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
    _keep(services, {"after": "", "number": 0, "began": services.now()})
    before, after = _change(services, lambda s: _on(s, tenant, since))
    services.log("switch on", epoch=after.epoch, since=after.enabled_since)
    return not before.on


def turn_off(services: Services) -> bool:
    """No write to either cloud from now on; a step already sent may land. Groups stay. False: it
    was off already."""
    before, after = _change(services, lambda s: replace(s, on=False))
    services.log("switch off", epoch=after.epoch)
    return before.on


def wake_some(services: Services, deadline: int) -> bool:
    """Some more of the teams that the switch wakes; True: all are awake.

    To be called while On. The cursor moves after the wishes were kept; a wish that comes twice
    does no harm. Raises Conflict if the switch went on anew meanwhile.
    """
    kept = services.organizations.kept(WAKE)
    while kept is not None:
        if kept.state.get("done"):
            return True
        services.organizations.keep(WAKE, kept, _wake_chunk(services, kept.state))
        if services.now() >= deadline:
            return False
        kept = services.organizations.kept(WAKE)
    return True


def _wake_chunk(services: Services, state: Mapping[str, object]) -> dict[str, object]:
    teams = services.teams.labels(str(state.get("after") or ""), _CHUNK)
    number, began = _number(state.get("number")), _number(state.get("began"))
    for team in teams:
        if team.new:
            _wake(services, team, max(services.now(), began + number * _SPREAD))
            number += 1
    if len(teams) < _CHUNK:
        return {"done": True, "number": number, "began": began}
    return {"after": teams[-1].uuid, "number": number, "began": began}


def _wake(services: Services, team: Label, when: int) -> None:
    want(services, team.uuid, team.space_id, when=when, low=True)


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


def _keep(services: Services, state: Mapping[str, object]) -> None:
    """Whatever `wake_some` wrote meanwhile: it begins again."""
    for _ in range(_RACES):
        kept: Kept | None = services.organizations.kept(WAKE)
        try:
            services.organizations.keep(WAKE, kept, state)
        except Conflict:
            continue
        return
    raise Conflict("the cursor of waking is contended")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
