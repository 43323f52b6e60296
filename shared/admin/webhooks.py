"""The webhooks follow the switch: there while it is On, gone while it is Off.

What is wanted follows from the switch, so that nothing needs to be remembered to make it so: the
row `webhook` says only that an administrator asked for one, how it stands, and when it is seen to
again; `webhook:bot` says the same of the bot's, where there is a bot. Nothing here is ever fatal:
without a webhook, teams and people are found by events.

Webex turns one off whose deliveries fail, and tells nobody; so it is looked at every ten minutes.
Turned on again too soon or into the same failure it would only be turned off again: it rests, each
time longer. What was not told meanwhile is looked for in the events at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from shared.admin.registering import (
    OFF,
    Endpoint,
    Registered,
    register,
    register_bot,
    remove,
    remove_bot,
    target_of,
)
from shared.core import times
from shared.core.errors import Failure, Permanent
from shared.core.model import OrgSettings
from shared.ports import Conflict, Kept, Services
from shared.sync.events import read_deep_soon
from shared.sync.pacing import Later, book, hear

ROW = "webhook"
BOT_ROW = "webhook:bot"
# Why it could not be done, where that passes by itself.
SILENT = "provider_silent"
# Ten minutes, seen by a timer that runs every half minute.
LOOKED_AT_EVERY = 10 * times.MINUTE - 15 * times.SECOND
# What Webex turned off, within the last moment or so, is not turned on before its five minutes
# are over. Doubled each time that it is turned off again, up to LONGEST_REST.
REST = 6 * times.MINUTE
LONGEST_REST = 4 * times.HOUR
# So long without being turned off, and the next time is a first one.
CALM = times.DAY


class _Register(Protocol):
    def __call__(
        self, services: Services, endpoint: Endpoint, *, known: str, revive: bool, patient: bool
    ) -> Registered: ...


class _Remove(Protocol):
    def __call__(
        self, services: Services, endpoint: Endpoint, known_id: str, *, patient: bool
    ) -> None: ...


@dataclass(frozen=True)
class _Kind:
    """Whose webhooks. calls: at most so many in one go, by this capability."""

    row: str
    capability: str
    calls: int
    register: _Register
    remove: _Remove


# What is there, a change, and what is there then.
_ORGANIZATION = _Kind(ROW, "spaces", 3, register, remove)
# A change of each of three, and of all together.
_BOT = _Kind(BOT_ROW, "cards", 6, register_bot, remove_bot)


class Standing(StrEnum):
    """How the webhook stands. UNKNOWN: not seen to yet. OFF: Webex turned it off, and it rests.
    LEFT: it could not be removed yet."""

    UNKNOWN = "unknown"
    THERE = "there"
    OFF = "off"
    MISSING = "missing"
    LEFT = "left"
    GONE = "gone"


@dataclass(frozen=True)
class Webhook:
    """The row. why: the reason code where it is off, missing or left. at: when it is seen to again.

    id: Webex's, several with spaces between. tries: failures in a row. checked: when it was last
    seen to, 0 for never. since: when it was put up. off: when it was found turned off, 0 if it is
    not, as far as we know. ends: how often Webex turned it off without CALM in between. target:
    where it was to point to. Times in milliseconds.
    """

    standing: Standing = Standing.UNKNOWN
    id: str = ""
    why: str = ""
    detail: str = ""
    tries: int = 0
    at: int = 0
    checked: int = 0
    since: int = 0
    off: int = 0
    ends: int = 0
    target: str = ""

    @property
    def may_be_asked_for(self) -> bool:
        """It waits for its time, and an administrator need not."""
        return self.standing in (Standing.OFF, Standing.MISSING)


def known(services: Services, row: str = ROW) -> Webhook | None:
    """None where nobody ever asked for one, or nobody has looked yet. row: ROW or BOT_ROW."""
    kept = services.organizations.kept(row)
    return _webhook(kept) if kept else None


def is_off(services: Services) -> bool:
    """Webex turned the organization's off, or the bot's, and it is not back yet."""
    each = (known(services, row) for row in (ROW, BOT_ROW))
    return any(webhook.standing is Standing.OFF for webhook in each if webhook)


def ask_for(services: Services) -> None:
    """An administrator wants one: `tend` sees to it while the switch is On. Safe to repeat."""
    kept = services.organizations.kept(ROW)
    before = _webhook(kept) if kept else Webhook(Standing.GONE)
    # One that rests goes on resting, and the page says why.
    why = before.why if before.standing is Standing.OFF else ""
    _keep(
        services,
        ROW,
        kept,
        replace(before, why=why, detail="", tries=0, at=_soonest(services, before)),
    )


def ask_again(services: Services) -> None:
    """An administrator does not want to wait: what is off or missing is tried as soon as may be.

    Raises Conflict. May be called again.
    """
    for row in (ROW, BOT_ROW):
        kept = services.organizations.kept(row)
        before = _webhook(kept) if kept else Webhook()
        if before.may_be_asked_for:
            after = replace(before, at=_soonest(services, before))
            services.organizations.keep(row, kept, _state(after))


def _soonest(services: Services, webhook: Webhook) -> int:
    return max(services.now(), webhook.off + REST if webhook.off else 0)


def tend(services: Services, endpoint: Endpoint, *, patient: bool = False) -> Webhook | None:
    """Make it so, if it is time. Raises nothing that a provider did; may be called again.

    patient: somebody waits for it. Else it waits for the sign-in's quota: raises Later; and the
    bot's are seen to as well, whatever became of the organization's. Answers the organization's.
    """
    try:
        return _tend(services, endpoint, _ORGANIZATION, patient=patient)
    finally:
        if endpoint.bot and not patient:
            _tend_bot(services, endpoint)


def _tend_bot(services: Services, endpoint: Endpoint) -> None:
    try:
        _tend(services, endpoint, _BOT, patient=False)
    except (Conflict, Later) as later:
        services.log("webhook later", webhook=BOT_ROW, why=str(later))


def _tend(services: Services, endpoint: Endpoint, kind: _Kind, *, patient: bool) -> Webhook | None:
    kept, organization = services.organizations.kept(kind.row), services.organizations.settings()
    if kept is None and not organization.epoch:
        return None
    # Without the row, a version that kept none may have put one up while the switch was On.
    before = _webhook(kept) if kept else Webhook()
    if not (
        _is_due(before, organization, services.now())
        or (organization.on and _is_another(services, endpoint, before))
    ):
        return before
    if not patient:
        book(services, kind.capability, kind.calls, low=True)
    if organization.on:
        after = _put_up(services, endpoint, kind, before, patient=patient)
    else:
        after = _take_down(services, endpoint, kind, before, patient=patient)
    return _keep(services, kind.row, kept, after)


def _is_due(webhook: Webhook, organization: OrgSettings, now: int) -> bool:
    """The switch moved since it was last seen to, or it is time again."""
    if organization.on:
        moved = webhook.standing in (Standing.LEFT, Standing.GONE)
    elif webhook.standing is Standing.GONE:
        return False
    else:
        moved = webhook.standing is not Standing.LEFT
    return moved or webhook.at <= now


def _is_another(services: Services, endpoint: Endpoint, webhook: Webhook) -> bool:
    """It rests, and the address or the key at which it failed is not ours any more."""
    changed = bool(endpoint.url) and webhook.target != target_of(services, endpoint)
    return changed and _has_rested(services, webhook)


def _has_rested(services: Services, webhook: Webhook) -> bool:
    return bool(webhook.off) and services.now() >= webhook.off + REST


def _put_up(
    services: Services, endpoint: Endpoint, kind: _Kind, before: Webhook, *, patient: bool
) -> Webhook:
    target = target_of(services, endpoint)
    before = replace(before, target=target, ends=_ends(before, target, services.now()))
    revive = _has_rested(services, before)
    try:
        done = kind.register(services, endpoint, known=before.id, revive=revive, patient=patient)
    except Failure as failure:
        return _failed(services, kind, before, Standing.MISSING, failure)
    if done.how == OFF:
        return _resting(services, kind, before, done.id)
    return _there(services, kind, before, done)


def _there(services: Services, kind: _Kind, before: Webhook, done: Registered) -> Webhook:
    now, was_there = services.now(), before.standing is Standing.THERE
    kept = done.how == "kept"
    if before.off or (was_there and not kept):
        read_deep_soon(services)
    services.log("webhook stands", webhook=kind.row, how=done.how)
    return Webhook(
        Standing.THERE,
        done.id,
        at=now + LOOKED_AT_EVERY,
        checked=now,
        since=before.since if was_there and kept else now,
        ends=before.ends,
        target=before.target,
    )


def _ends(before: Webhook, target: str, now: int) -> int:
    """Those that still count: at another address or with another key it begins anew."""
    calm = before.standing is Standing.THERE and now - before.since >= CALM
    return 0 if calm or before.target != target else before.ends


def _resting(services: Services, kind: _Kind, before: Webhook, webhook_id: str) -> Webhook:
    now = services.now()
    # Found so before, by somebody who saw to it at the same moment: it rests already.
    off, ends, rest = before.off, before.ends, REST
    if not off:
        off, ends = now, ends + 1
        rest = min(LONGEST_REST, REST * 2 ** min(ends - 1, 10))
        read_deep_soon(services)
    services.log("webhook off", webhook=kind.row, ends=ends, until=off + rest)
    return Webhook(
        Standing.OFF,
        webhook_id,
        "webhook_off",
        at=off + rest,
        checked=now,
        off=off,
        ends=ends,
        target=before.target,
    )


def _take_down(
    services: Services, endpoint: Endpoint, kind: _Kind, before: Webhook, *, patient: bool
) -> Webhook:
    try:
        kind.remove(services, endpoint, before.id, patient=patient)
    except Failure as failure:
        return _failed(services, kind, before, Standing.LEFT, failure)
    services.log("webhook removed", webhook=kind.row)
    return Webhook(Standing.GONE, checked=services.now())


def _failed(
    services: Services, kind: _Kind, before: Webhook, standing: Standing, failure: Failure
) -> Webhook:
    """Tried again after a minute, then after ever longer, at last every hour."""
    hear(services, failure)
    tries = before.tries + 1 if before.standing is standing else 1
    code = failure.code if isinstance(failure, Permanent) else SILENT
    services.log.failed(
        "webhook later", failure, webhook=kind.row, standing=standing.value, tries=tries
    )
    now = services.now()
    at = now + min(times.HOUR, times.MINUTE * 2 ** min(tries - 1, 10))
    return replace(
        before,
        standing=standing,
        why=code,
        detail=str(failure)[:500],
        tries=tries,
        at=at,
        checked=now,
    )


def _keep(services: Services, row: str, before: Kept | None, after: Webhook) -> Webhook:
    """Where somebody else saw to it meanwhile, nobody knows how it stands: it is seen to again."""
    try:
        services.organizations.keep(row, before, _state(after))
    except Conflict:
        current = services.organizations.kept(row)
        after = replace(
            after, standing=Standing.UNKNOWN, why="", detail="", tries=0, at=services.now()
        )
        services.organizations.keep(row, current, _state(after))
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
        "since": webhook.since,
        "off": webhook.off,
        "ends": webhook.ends,
        "target": webhook.target,
    }


def _webhook(kept: Kept) -> Webhook:
    state = kept.state
    return Webhook(
        _standing(state.get("standing")),
        str(state.get("id") or ""),
        str(state.get("why") or ""),
        str(state.get("detail") or ""),
        _number(state.get("tries")),
        _number(state.get("at")),
        _number(state.get("checked")),
        _number(state.get("since")),
        _number(state.get("off")),
        _number(state.get("ends")),
        str(state.get("target") or ""),
    )


def _standing(value: object) -> Standing:
    """What another version wrote is not known here: it is looked at."""
    return next((each for each in Standing if each.value == value), Standing.UNKNOWN)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
