"""Webhooks at Webex, the organization's for spaces and a bot's for memberships: having them point
here, and taking them away.

Sources: https://developer.webex.com/docs/api/v1/webhooks, /docs/webhooks (one of a kind an
organization, any number for a bot; Webex turns one off that fails 100 times in five minutes, and
tells nobody; what is turned on again within those, the next failure ends).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.errors import NotThere, Permanent, Refused
from shared.core.keyring import Keyring, webhook_secret
from shared.ports import Services

_RESOURCES = ("rooms", "all")
_EVENTS = ("created", "all")
# What a bot is asked to tell: all in one, or one by one where Webex does not take that.
_ALL = "all"
_EACH = ("created", "updated", "deleted")
_BOT = "cards"
# How it was found: turned off by Webex, and left so.
OFF = "off"


@dataclass(frozen=True)
class Endpoint:
    """Where this app takes webhooks. url: its public address, "" for none; keyring: for their
    secrets; bot: there is one, whose webhook tells of people in the spaces that it is in."""

    url: str
    keyring: Keyring
    bot: bool = False


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


@dataclass(frozen=True)
class Registered:
    """id: Webex's, several with spaces between. how: "new", "kept", "moved" or OFF."""

    id: str
    how: str


def target_of(services: Services, endpoint: Endpoint) -> str:
    """Where Webex delivers to. Names the newest key, so that another one is another target."""
    return f"{endpoint.url}/webhooks/{services.org}/{endpoint.keyring.newest}/rooms"


def register(
    services: Services,
    endpoint: Endpoint,
    *,
    known: str = "",
    revive: bool = True,
    patient: bool = True,
) -> Registered:
    """Have the webhook there, pointing here, and read it back. May be called twice.

    known: the id that ours had, wherever it points now. revive: turn on what Webex turned off.
    Raises WebhookForeign, WebhookUnverified, NoAddress, core.errors.
    """
    target, secret = _address(services, endpoint)
    ours, others = _parted(services, known, patient=patient)
    if ours is not None and _is_off(ours) and not revive:
        return Registered(str(ours.get("id")), OFF)
    done = _have(services, target, secret, ours, others)
    if done.how == "kept":
        return done
    ours, _ = _parted(services, done.id, patient=patient)
    if ours is None or not _is_current(ours, target, secret):
        raise WebhookUnverified("the webhook does not read back as it was registered")
    return Registered(str(ours.get("id")), done.how)


def remove(services: Services, endpoint: Endpoint, known_id: str, *, patient: bool = True) -> None:
    """Take away what points to this app. Raises core.errors. May be called twice."""
    here = f"{endpoint.url}/"
    for webhook in _listed(services, patient=patient):
        webhook_id = str(webhook.get("id"))
        mine = webhook_id == known_id or str(webhook.get("targetUrl")).startswith(here)
        if mine and _is_ours(webhook, services):
            _delete(services, webhook_id)


def register_bot(
    services: Services,
    endpoint: Endpoint,
    *,
    known: str = "",
    revive: bool = True,
    patient: bool = True,
) -> Registered:
    """Have the bot's there, pointing here, and read them back. May be called twice.

    known, revive: as for `register`; those that are not off are seen to all the same.
    Raises WebhookUnverified, NoAddress, core.errors.
    """
    target, secret = _address(services, endpoint)
    ours, surplus = _chosen(_of_bot(services, known, patient=patient))
    for webhook in surplus:
        _delete(services, str(webhook.get("id")), _BOT)
    left = [] if revive else [w for w in ours.values() if _is_off(w)]
    stale = [w for w in ours.values() if w not in left and not _is_current(w, target, secret)]
    for webhook in stale:
        services.webex.move_webhook(str(webhook.get("id")), target, secret, capability=_BOT)
    made = _register_missing(services, target, secret, ours)
    if left:
        # What was made or moved beside them is read back when they are turned on.
        return Registered(_ids(ours), OFF)
    if not (stale or made):
        return Registered(_ids(ours), "kept")
    ours, _ = _chosen(_of_bot(services, known, patient=patient))
    if _missing(ours) or not all(_is_current(w, target, secret) for w in ours.values()):
        raise WebhookUnverified("the bot's webhook does not read back as it was registered")
    return Registered(_ids(ours), "new" if made else "moved")


def remove_bot(
    services: Services, endpoint: Endpoint, known_id: str, *, patient: bool = True
) -> None:
    """Take away what the bot tells this app. Raises core.errors. May be called twice."""
    here = f"{endpoint.url}/"
    for webhook in _of_bot(services, patient=patient):
        webhook_id = str(webhook.get("id"))
        if webhook_id in known_id.split() or str(webhook.get("targetUrl")).startswith(here):
            _delete(services, webhook_id, _BOT)


def _of_bot(services: Services, known: str = "", *, patient: bool) -> list[Mapping[str, Any]]:
    """Ours among the bot's: it may serve other organizations, and other apps."""
    webhooks = services.webex.bot_webhooks(patient=patient)
    of_people = [w for w in webhooks if w.get("resource") == "memberships"]
    return [w for w in of_people if _is_ours(w, services, known)]


def _chosen(
    webhooks: list[Mapping[str, Any]],
) -> tuple[dict[str, Mapping[str, Any]], list[Mapping[str, Any]]]:
    """One for each event, and what is there too much: two that began at once both registered."""
    ours: dict[str, Mapping[str, Any]] = {}
    for webhook in webhooks:
        event = str(webhook.get("event"))
        if event in (_ALL, *_EACH):
            ours.setdefault(event, webhook)
    if _ALL in ours:
        ours = {_ALL: ours[_ALL]}
    return ours, [w for w in webhooks if not any(w is kept for kept in ours.values())]


def _missing(ours: Mapping[str, object]) -> list[str]:
    return [] if _ALL in ours else [event for event in _EACH if event not in ours]


def _register_missing(
    services: Services, target: str, secret: str, ours: Mapping[str, object]
) -> bool:
    """Whether anything was registered."""
    missing = _missing(ours)
    if not ours:
        try:
            services.webex.register_memberships_webhook(target, secret, _ALL)
        except Refused as refused:
            # The guide knows it, the API's own schema does not.
            services.log.failed("no webhook for all events", refused)
        else:
            return True
    for event in missing:
        services.webex.register_memberships_webhook(target, secret, event)
    return bool(missing)


def _ids(ours: Mapping[str, Mapping[str, Any]]) -> str:
    return " ".join(str(webhook.get("id")) for webhook in ours.values())


def _parted(
    services: Services, known: str, *, patient: bool
) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """The organization's webhook for spaces that is ours, and all others."""
    there = _listed(services, patient=patient)
    ours = next((w for w in there if _is_ours(w, services, known)), None)
    return ours, [w for w in there if w is not ours]


def _have(
    services: Services,
    target: str,
    secret: str,
    ours: Mapping[str, Any] | None,
    others: list[Mapping[str, Any]],
) -> Registered:
    if ours is not None and ours.get("event") not in _EVENTS:
        # What a webhook listens to is fixed once it exists.
        _delete(services, str(ours.get("id")))
        ours = None
    if ours is None:
        return _register(services, target, secret, others)
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


def _delete(services: Services, webhook_id: str, capability: str = "spaces") -> None:
    try:
        services.webex.delete_webhook(webhook_id, capability=capability)
    except NotThere:
        services.log("the webhook was gone already")


def _listed(services: Services, *, patient: bool) -> list[Mapping[str, Any]]:
    webhooks = services.webex.org_webhooks(patient=patient)
    return [w for w in webhooks if w.get("resource") in _RESOURCES]


def _is_ours(webhook: Mapping[str, Any], services: Services, known: str = "") -> bool:
    """Wherever it points: an app that moved takes its webhook along. known: ids of ours."""
    path = rf"/webhooks/{services.org}/\w+/rooms$"
    return webhook.get("id") in known.split() or bool(
        re.search(path, str(webhook.get("targetUrl")))
    )


def _is_off(webhook: Mapping[str, Any]) -> bool:
    return webhook.get("status") != "active"


def _is_current(webhook: Mapping[str, Any], target: str, secret: str) -> bool:
    """Webex need not show a secret; where it does, it must be the one."""
    return (
        webhook.get("targetUrl") == target
        and not _is_off(webhook)
        and webhook.get("secret", secret) == secret
    )


def _address(services: Services, endpoint: Endpoint) -> tuple[str, str]:
    """Where Webex delivers to, and the secret that it signs with: of the newest key."""
    if not endpoint.url:
        raise NoAddress("PUBLIC_URL is empty")
    target = target_of(services, endpoint)
    return target, webhook_secret(endpoint.keyring, endpoint.keyring.newest, services.org)
