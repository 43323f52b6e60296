"""The switch, the choices beside it, the connection, and what was changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from functions.settings.telling import fields, lines, obstacle, sign_ins
from shared.admin import choices, connection, leaving, switching, webhooks
from shared.admin.choices import CHOICES, NotTaken
from shared.admin.leaving import Leaving
from shared.admin.ports import Office
from shared.admin.prerequisites import Row
from shared.admin.webhooks import Webhook
from shared.core.errors import CredentialMissing, Failure, Permanent
from shared.core.model import OrgSettings
from shared.core.reasons import Refusal, codes, reason
from shared.core.wording import Reason
from shared.ports import Conflict
from shared.web.answers import Page, Redirect
from shared.web.entry import Desk
from shared.web.visit import Visit

_HERE = "/settings"
# Lines of the audit at first, and on a page of older ones.
_AUDIT = 20
_OLDER = 100
_KEY = re.compile(r"[0-9]{13}:[0-9a-zA-Z-]{1,64}")
# Of m365_permissions: Microsoft answered, and lets the app do less than it needs.
_CONSENT_GONE = ("taken_back", "missing", "not_asked")
# Rows read to know whether a group was ever made; where there are more, the attempt tells.
_LOOKED_AT = 1_000


def show(desk: Desk, visit: Visit) -> Page:
    """GET /settings. `off` and `leave` ask whether that shall really be; `after`: older changes."""
    after = visit.query.get("after", "")
    asks = [what for what in ("off", "leave") if visit.query.get(what) == "1"]
    return _page(desk, asks=asks, after=after if _KEY.fullmatch(after) else "")


def save(desk: Desk, visit: Visit) -> Page | Redirect:
    """POST /settings: what was changed in the form. Wrong values keep what was typed."""
    typed = {name: visit.form[name] for name in CHOICES if name in visit.form}
    shown = {n: visit.form[f"was_{n}"] for n in CHOICES if f"was_{n}" in visit.form}
    try:
        saved = choices.save(desk.office, desk.actor, typed, shown)
    except NotTaken as no:
        return replace(_page(desk, typed, no), status=422)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="settings_saved" if saved else "settings_same")


def switch(desk: Desk, visit: Visit) -> Redirect:
    """POST /settings/switch. Off is asked about first, on the same page."""
    wish = visit.form.get("on")
    if wish == "1":
        return _on(desk)
    if wish != "0":
        raise Refusal("bad_form")
    if not desk.office.services.organizations.settings().on:
        return Redirect(_HERE, notice="switch_off")
    if visit.form.get("confirmed") != "1":
        return Redirect(f"{_HERE}?off=1", notice="switch_off_asks")
    switching.turn_off(desk.office, desk.actor)
    return Redirect(_HERE, notice="switch_off")


def try_webhook(desk: Desk, _visit: Visit) -> Redirect:
    """POST /settings/webhook: what is off or missing is not waited for."""
    try:
        webhooks.ask_again(desk.office.services)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="webhook_wanted")


def disconnect(desk: Desk, _visit: Visit) -> Redirect:
    """POST /settings/disconnect: give the Microsoft tenant up."""
    try:
        connection.disconnect(desk.office, desk.actor)
    except Refusal as refusal:
        return Redirect(_HERE, notice=refusal.code)
    return Redirect(_HERE, notice="disconnected")


def leave(desk: Desk, visit: Visit) -> Redirect:
    """POST /settings/leave: end with this app. Asked about first, on the same page."""
    groups = visit.form.get("groups")
    if visit.form.get("confirmed") != "1":
        return Redirect(f"{_HERE}?leave=1", notice="leave_asks")
    if groups not in ("keep", "release"):
        raise Refusal("bad_form")
    try:
        leaving.leave(desk.office, desk.actor, release=groups == "release")
    except Refusal as refusal:
        return Redirect(_HERE, notice=refusal.code)
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="leaving_begun")


def _on(desk: Desk) -> Redirect:
    """Where it fails, the switch is where it was, and the page says why."""
    try:
        switching.turn_on(desk.office, desk.actor)
    except Refusal as refusal:
        return Redirect(_HERE, notice=refusal.code)
    except Failure as failure:
        desk.office.services.log.failed("switch not turned on", failure)
        return Redirect(_HERE, notice=_code(failure))
    except Conflict:
        return Redirect(_HERE, notice="try_again")
    return Redirect(_HERE, notice="switch_on")


def _code(failure: Failure) -> str:
    known = isinstance(failure, Permanent) and failure.code in codes()
    return failure.code if isinstance(failure, Permanent) and known else "switch_silent"


def _page(
    desk: Desk,
    typed: dict[str, str] | None = None,
    mistakes: NotTaken | None = None,
    *,
    asks: Sequence[str] = (),
    after: str = "",
) -> Page:
    office = desk.office
    waiting = switching.unmet(office, desk.actor)
    settings = office.services.organizations.settings()
    webhook = webhooks.known(office.services)
    return Page(
        "settings.html",
        {
            "settings": settings,
            "asks": "off" in asks and settings.on,
            "asks_leave": "leave" in asks,
            "leaving": _leaving(office, settings),
            "obstacle": None if settings.on else obstacle(settings, waiting),
            "waiting": waiting,
            "consent_gone": settings.tenant and _is_gone(waiting),
            "webhook": webhook,
            "webhook_why": reason(webhook.why) if webhook and webhook.why else None,
            "bot": (bot := _bot(desk)),
            "bot_why": _bot_why(bot) if bot else None,
            "waits": any(w.may_be_asked_for for w in (webhook, bot) if w),
            "fields": fields(settings, typed or {}, mistakes.mistakes if mistakes else {}),
            "sign_ins": sign_ins(office),
            "kept_by": reason(code) if (code := _kept_by(office, on=settings.on)) else None,
            **_audit(office, after),
        },
    )


def _leaving(office: Office, settings: OrgSettings) -> Leaving | None:
    """None as well where the switch went on after it."""
    found = leaving.known(office.services)
    return None if found is None or found.asked < settings.enabled_since else found


def _bot(desk: Desk) -> Webhook | None:
    """How the bot's webhooks stand, UNKNOWN where they were not seen to; None without a bot."""
    if not desk.lobby.settings.webex_bot_token:
        return None
    return webhooks.known(desk.office.services, webhooks.BOT_ROW) or Webhook()


def _bot_why(bot: Webhook) -> Reason | None:
    """Why its webhooks are not there. It has no sign-in that somebody could renew."""
    code = "bot_token_refused" if bot.why == CredentialMissing.code else bot.why
    return reason(code) if code else None


def _audit(office: Office, after: str) -> dict[str, object]:
    """`older`: the key of the last line, where there are more behind it."""
    size = _OLDER if after else _AUDIT
    changes = office.audit.latest(size + 1, after)
    older = changes[size - 1].key if len(changes) > size else ""
    return {"changes": lines(changes[:size]), "older": older, "after": after}


def _is_gone(waiting: list[Row]) -> bool:
    return any(row.result.code in _CONSENT_GONE for row in waiting)


def _kept_by(office: Office, *, on: bool) -> str:
    """The reason code why the tenant cannot be given up, "" if it can."""
    if on:
        return "disconnect_while_on"
    labels = office.services.teams.labels("", _LOOKED_AT)
    return "disconnect_with_groups" if any(label.has_group for label in labels) else ""
