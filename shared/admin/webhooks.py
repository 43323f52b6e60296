"""The organization's webhook for spaces: there while the switch is On, gone while it is Off.

What is wanted follows from the switch, so that nothing needs to be remembered to make it so: the
row `webhook` says only that an administrator asked for one, how it stands, and when it is seen to
again. Nothing here is ever fatal: without a webhook, teams are found by events.
Sources: https://developer.webex.com/docs/api/v1/webhooks, /docs/webhooks (one of a kind an
organization; Webex turns one off that fails 100 times in five minutes, and tells nobody).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.config import Settings
from shared.core import times
from shared.core.errors import Failure, NotThere, Permanent, Refused
from shared.core.keyring import webhook_secret
from shared.core.model import OrgSettings
from shared.ports import Conflict, Kept, Services
from shared.sync.pacing import hear

ROW = "webhook"
_RESOURCES = ("rooms", "all")
_EVENTS = ("created", "all")


class WebhookForeign(Permanent):
    """Another application has the organization's only webhook for spaces."""

    code = "webhook_foreign"

    def __init__(self, address: str) -> None:
        super().__init__(f"another application's webhook stands there: {address}")
        self.address = address


class WebhookUnverified(Permanent):
    """Webex took the webhook, and does not show it as it should be."""

    code = "webhook_unverified"


class NoAddress(Permanent):
    """PUBLIC_URL is empty: Webex cannot be told where to deliver."""

    code = "no_public_url"


class Standing(StrEnum):
    """How the webhook stands. UNKNOWN: not seen to yet. LEFT: it could not be removed yet."""

    UNKNOWN = "unknown"
    THERE = "there"
    MISSING = "missing"
    LEFT = "left"
    GONE = "gone"


@dataclass(frozen=True)
class Webhook:
    """The row. why: the reason code where it is missing or left. at: when it is seen to again.

    id: Webex's. tries: failures in a row. checked: when it was last seen to, 0 for never.
    """

    standing: Standing = Standing.UNKNOWN
    id: str = ""
    why: str = ""
    detail: str = ""
    tries: int = 0
    at: int = 0
    checked: int = 0


@dataclass(frozen=True)
class Registered:
    """id: Webex's. how: "new", "kept" or "moved"."""

    id: str
    how: str


def known(services: Services) -> Webhook | None:
    """None where nobody ever asked for one."""
    kept = services.organizations.kept(ROW)
    return _webhook(kept) if kept else None


def ask_for(services: Services) -> None:
    """An administrator wants one: `tend` sees to it while the switch is On. Safe to repeat."""
    kept = services.organizations.kept(ROW)
    before = _webhook(kept) if kept else Webhook(Standing.GONE)
    _keep(services, kept, Webhook(before.standing, before.id, at=services.now()))


def tend(services: Services, settings: Settings, *, patient: bool = False) -> Webhook | None:
    """Make it so, if it is time. Raises nothing that a provider did; may be called again."""
    kept = services.organizations.kept(ROW)
    if kept is None:
        return None
    before = _webhook(kept)
    organization = services.organizations.settings()
    if not _is_due(before, organization, services.now()):
        return before
    if organization.on:
        after = _put_up(services, settings, before, patient=patient)
    else:
        after = _take_down(services, settings, before, patient=patient)
    return _keep(services, kept, after)


def register(services: Services, settings: Settings, *, patient: bool = True) -> Registered:
    """Have the webhook there, pointing here, and read it back. May be called twice.

    Raises WebhookForeign, WebhookUnverified, NoAddress, core.errors.
    """
    target, secret = _address(services, settings)
    done = _have(services, target, secret, patient=patient)
    if done.how == "kept":
        return done
    ours = _ours(_listed(services, patient=patient), services)
    if ours is None or not _is_current(ours, target, secret):
        raise WebhookUnverified("the webhook does not read back as it was registered")
    return Registered(str(ours.get("id")), done.how)


def remove(services: Services, settings: Settings, known_id: str, *, patient: bool = True) -> None:
    """Take away what points to this app. Raises core.errors. May be called twice."""
    here = f"{settings.public_url}/"
    for webhook in _listed(services, patient=patient):
        webhook_id = str(webhook.get("id"))
        mine = webhook_id == known_id or str(webhook.get("targetUrl")).startswith(here)
        if mine and _is_ours(webhook, services):
            _delete(services, webhook_id)


def _have(services: Services, target: str, secret: str, *, patient: bool) -> Registered:
    there = _listed(services, patient=patient)
    ours = _ours(there, services)
    if ours is not None and ours.get("event") not in _EVENTS:
        # What a webhook listens to is fixed once it exists.
        _delete(services, str(ours.get("id")))
        there = [w for w in there if w is not ours]
        ours = None
    if ours is None:
        return _register(services, target, secret, there)
    webhook_id = str(ours.get("id"))
    if _is_current(ours, target, secret):
        return Registered(webhook_id, "kept")
    services.webex.move_webhook(webhook_id, target, secret)
    return Registered(webhook_id, "moved")


def _register(
    services: Services, target: str, secret: str, there: list[Mapping[str, Any]]
) -> Registered:
    if there:
        raise WebhookForeign(str(there[0].get("targetUrl"))[:200])
    try:
        services.webex.register_rooms_webhook(target, secret)
    except Refused:
        # Somebody was quicker: another run of ours, or another application.
        if not any(_is_ours(w, services) for w in _listed(services, patient=False)):
            raise
    return Registered("", "new")


def _delete(services: Services, webhook_id: str) -> None:
    try:
        services.webex.delete_webhook(webhook_id)
    except NotThere:
        services.log("the webhook was gone already")


def _listed(services: Services, *, patient: bool) -> list[Mapping[str, Any]]:
    webhooks = services.webex.org_webhooks(patient=patient)
    return [w for w in webhooks if w.get("resource") in _RESOURCES]


def _ours(webhooks: list[Mapping[str, Any]], services: Services) -> Mapping[str, Any] | None:
    return next((w for w in webhooks if _is_ours(w, services)), None)


def _is_ours(webhook: Mapping[str, Any], services: Services) -> bool:
    """Wherever it points: an app that moved takes its webhook along."""
    path = rf"/webhooks/{services.org}/\w+/rooms$"
    return bool(re.search(path, str(webhook.get("targetUrl"))))


def _is_current(webhook: Mapping[str, Any], target: str, secret: str) -> bool:
    """Webex need not show a secret; where it does, it must be the one."""
    return (
        webhook.get("targetUrl") == target
        and webhook.get("status") == "active"
        and webhook.get("secret", secret) == secret
    )


def _address(services: Services, settings: Settings) -> tuple[str, str]:
    """Where Webex delivers to, and the secret that it signs with: of the newest key."""
    if not settings.public_url:
        raise NoAddress("PUBLIC_URL is empty")
    version = settings.keyring.newest
    target = f"{settings.public_url}/webhooks/{services.org}/{version}/rooms"
    return target, webhook_secret(settings.keyring, version, services.org)


def _is_due(webhook: Webhook, organization: OrgSettings, now: int) -> bool:
    """The switch moved since it was last seen to, or it is time again."""
    if organization.on:
        moved = webhook.standing in (Standing.LEFT, Standing.GONE)
    elif webhook.standing is Standing.GONE:
        return False
    else:
        moved = webhook.standing is not Standing.LEFT
    return moved or webhook.at <= now


def _put_up(services: Services, settings: Settings, before: Webhook, *, patient: bool) -> Webhook:
    now = services.now()
    try:
        done = register(services, settings, patient=patient)
    except Failure as failure:
        return _failed(services, before, Standing.MISSING, failure)
    services.log("webhook stands", how=done.how)
    return Webhook(Standing.THERE, done.id, at=now + times.HOUR, checked=now)


def _take_down(
    services: Services, settings: Settings, before: Webhook, *, patient: bool
) -> Webhook:
    try:
        remove(services, settings, before.id, patient=patient)
    except Failure as failure:
        return _failed(services, before, Standing.LEFT, failure)
    services.log("webhook removed")
    return Webhook(Standing.GONE, checked=services.now())


def _failed(services: Services, before: Webhook, standing: Standing, failure: Failure) -> Webhook:
    """Tried again after a minute, then after ever longer, at last every hour."""
    hear(services, failure)
    tries = before.tries + 1 if before.standing is standing else 1
    code = failure.code if isinstance(failure, Permanent) else "provider_silent"
    services.log.failed("webhook later", failure, standing=standing.value, tries=tries)
    now = services.now()
    at = now + min(times.HOUR, times.MINUTE * 2 ** min(tries - 1, 10))
    return Webhook(standing, before.id, code, str(failure)[:500], tries, at, now)


def _keep(services: Services, before: Kept | None, after: Webhook) -> Webhook:
    """Where somebody else saw to it meanwhile, nobody knows how it stands: it is seen to again."""
    try:
        services.organizations.keep(ROW, before, _state(after))
    except Conflict:
        current = services.organizations.kept(ROW)
        after = Webhook(Standing.UNKNOWN, after.id, at=services.now())
        services.organizations.keep(ROW, current, _state(after))
    return after


def _state(webhook: Webhook) -> dict[str, object]:
    return {
        "standing": webhook.standing.value,
        "id": webhook.id,
        "why": webhook.why,
        "detail": webhook.detail,
        "tries": webhook.tries,
        "at": webhook.at,
        "checked": webhook.checked,
    }


def _webhook(kept: Kept) -> Webhook:
    state = kept.state
    return Webhook(
        Standing(str(state.get("standing") or Standing.UNKNOWN)),
        str(state.get("id") or ""),
        str(state.get("why") or ""),
        str(state.get("detail") or ""),
        _number(state.get("tries")),
        _number(state.get("at")),
        _number(state.get("checked")),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
