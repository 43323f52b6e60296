"""On and Off for one organization. Off is effective in our own state first."""

from __future__ import annotations

from collections.abc import Mapping
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


def turn_on(services: Services, tenant: TenantId) -> OrgSettings:
    """From now on new teams get groups. `now` is Webex's own clock, not ours.

    Connected and unfinished teams become due at low priority, so that what changed while the
    switch was off is found; `wake_some` does that bit by bit. Turning on what is on changes
    nothing. Raises core.errors.
    """
    before = services.organizations.settings()
    if before.on and before.tenant == tenant:
        return before
    since = services.webex.server_time()
    start_cursor(services, since)
    # Before the switch, so that dying here loses none.
    _keep(services, {"after": "", "number": 0, "began": services.now()})
    settings = services.organizations.save_settings(
        lambda s: replace(s, on=True, epoch=s.epoch + 1, enabled_since=since, tenant=tenant)
    )
    services.log("switch on", epoch=settings.epoch, since=since)
    return settings


def turn_off(services: Services) -> OrgSettings:
    """No write to either cloud from now on; a step already sent may land. Groups stay."""
    settings = services.organizations.save_settings(lambda s: replace(s, on=False))
    services.log("switch off", epoch=settings.epoch)
    return settings


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
