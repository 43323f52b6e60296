"""The webhooks follow the switch: there while it is On, gone while it is Off.

What is wanted follows from the switch, so that nothing needs to be remembered to make it so: the
row `webhook` says only that an administrator asked for one, how it stands, and when it is seen to
again; `webhook:bot` says the same of the bot's, where there is a bot. Nothing here is ever fatal:
without a webhook, teams and people are found by events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.admin.registering import (
    Endpoint,
    Registered,
    register,
    register_bot,
    remove,
    remove_bot,
)
from shared.core import times
from shared.core.errors import Failure, Permanent
from shared.core.model import OrgSettings
from shared.ports import Conflict, Kept, Services
from shared.sync.pacing import Later, book, hear

ROW = "webhook"
BOT_ROW = "webhook:bot"


class _Register(Protocol):
    def __call__(self, services: Services, endpoint: Endpoint, *, patient: bool) -> Registered: ...


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
    """How the webhook stands. UNKNOWN: not seen to yet. LEFT: it could not be removed yet."""

    UNKNOWN = "unknown"
    THERE = "there"
    MISSING = "missing"
    LEFT = "left"
    GONE = "gone"


@dataclass(frozen=True)
class Webhook:
    """The row. why: the reason code where it is missing or left. at: when it is seen to again.

    id: Webex's, several with spaces between. tries: failures in a row. checked: when it was last
    seen to, 0 for never.
    """

    standing: Standing = Standing.UNKNOWN
    id: str = ""
    why: str = ""
    detail: str = ""
    tries: int = 0
    at: int = 0
    checked: int = 0


def known(services: Services, row: str = ROW) -> Webhook | None:
    """None where nobody ever asked for one, or nobody has looked yet. row: ROW or BOT_ROW."""
    kept = services.organizations.kept(row)
    return _webhook(kept) if kept else None


def ask_for(services: Services) -> None:
    """An administrator wants one: `tend` sees to it while the switch is On. Safe to repeat."""
    kept = services.organizations.kept(ROW)
    before = _webhook(kept) if kept else Webhook(Standing.GONE)
    _keep(services, ROW, kept, Webhook(before.standing, before.id, at=services.now()))


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
    if not _is_due(before, organization, services.now()):
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


def _put_up(
    services: Services, endpoint: Endpoint, kind: _Kind, before: Webhook, *, patient: bool
) -> Webhook:
    now = services.now()
    try:
        done = kind.register(services, endpoint, patient=patient)
    except Failure as failure:
        return _failed(services, kind, before, Standing.MISSING, failure)
    services.log("webhook stands", webhook=kind.row, how=done.how)
    return Webhook(Standing.THERE, done.id, at=now + times.HOUR, checked=now)


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
    code = failure.code if isinstance(failure, Permanent) else "provider_silent"
    services.log.failed(
        "webhook later", failure, webhook=kind.row, standing=standing.value, tries=tries
    )
    now = services.now()
    at = now + min(times.HOUR, times.MINUTE * 2 ** min(tries - 1, 10))
    return Webhook(standing, before.id, code, str(failure)[:500], tries, at, now)


def _keep(services: Services, row: str, before: Kept | None, after: Webhook) -> Webhook:
    """Where somebody else saw to it meanwhile, nobody knows how it stands: it is seen to again."""
    try:
        services.organizations.keep(row, before, _state(after))
    except Conflict:
        current = services.organizations.kept(row)
        after = Webhook(Standing.UNKNOWN, after.id, at=services.now())
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
    )


def _standing(value: object) -> Standing:
    """What another version wrote is not known here: it is looked at."""
    return next((each for each in Standing if each.value == value), Standing.UNKNOWN)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
