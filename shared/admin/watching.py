"""What goes wrong while nobody looks: noticed every hour, shown on the pages, told once in Webex.

State in `cursor:watching`: what was met, what is open and who is still to be told; `watchers`: who
asked to be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from shared.admin import leaving, prerequisites, webhooks
from shared.admin.ports import Actor, Office
from shared.admin.webhooks import Standing
from shared.audit.run import RUNS
from shared.core import times
from shared.core.alerts import TOKEN_SOON, Alert, Wrong, compare, fallen, told, turned
from shared.core.capabilities import CAPABILITIES
from shared.core.errors import Permanent, Transient
from shared.core.ids import PersonId
from shared.core.model import OrgSettings
from shared.core.prereqs import CHECKS
from shared.ports import Conflict, Kept

ROW = "cursor:watching"
WATCHERS = "watchers"
EVERY = times.HOUR
# Asked every hour; all others once a day.
_OFTEN = ("m365_tenant", "m365_permissions", "webex_officer", "webex_people")
_SECONDS = 30.0
# By the rows that say how they stand, which are the alerts' subjects as well.
_WEBHOOKS = {webhooks.ROW: "webhook_lost", webhooks.BOT_ROW: "bot_webhook_lost"}
_RACES = 20


@dataclass(frozen=True)
class Watch:
    """at, all_at: when some and when all checks were asked. met: those that were met. there: which
    webhooks were there, by their rows."""

    at: int = 0
    all_at: int = 0
    met: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = field(default=())


def alerts(office: Office) -> tuple[Alert, ...]:
    """What is open, the newest first. Asks nobody."""
    found = _read(office.services.organizations.kept(ROW)).alerts
    return tuple(sorted(found, key=lambda alert: -alert.since))


def watchers(office: Office) -> tuple[str, ...]:
    kept = office.services.organizations.kept(WATCHERS)
    return tuple(sorted(kept.state)) if kept else ()


def ask_for(office: Office, actor: Actor, *, wanted: bool) -> None:
    """Somebody wants to be told in Webex, or no longer. May be called again."""
    rows = office.services.organizations
    for _ in range(_RACES):
        kept = rows.kept(WATCHERS)
        before = dict(kept.state) if kept else {}
        after = {p: since for p, since in before.items() if p != actor.person}
        if wanted:
            after[actor.person] = before.get(actor.person, office.now())
        if after == before:
            return
        try:
            rows.keep(WATCHERS, kept, after)
        except Conflict:
            continue
        office.record(actor, "alerts_on" if wanted else "alerts_off")
        return
    raise Conflict("the watchers are contended")


def choose_fall(office: Office, actor: Actor, percent: int, choices: Collection[int]) -> None:
    """By how many percent fewer people may match before somebody is told. Raises ValueError."""
    if percent not in choices:
        raise ValueError(percent)
    rows = office.services.organizations
    before = rows.settings().alert_fall
    if before != percent:
        rows.save_settings(lambda s: replace(s, alert_fall=percent))
        office.record(actor, "alert_fall", str(before), str(percent))


def look(office: Office) -> None:
    """Notice what went wrong, if it is time to. Raises Conflict where somebody else did."""
    rows = office.services.organizations
    kept, now = rows.kept(ROW), office.now()
    before = _read(kept)
    if now - before.at < EVERY:
        return
    settings = rows.settings()
    if settings.tenant is None or _has_left(office):
        # Nothing is set up, or it was given up: nobody has to be told what they did.
        # What was met before is not what whoever comes back has to set up again.
        if before != Watch():
            rows.keep(ROW, kept, asdict(Watch()))
        return
    whole = now - before.all_at >= times.DAY - times.HOUR
    ids = [i for i in CHECKS if i != "webex_admin" and (whole or i in _OFTEN)]
    prerequisites.run(office, None, ids, seconds=_SECONDS)
    results = {i: r for i, r in office.checks.kept().items() if i in ids}
    opened = {alert.subject for alert in before.alerts}
    turns = turned(results, before.met, opened)
    hooks = {row: _webhook(office, settings, row) for row in _WEBHOOKS}
    wrong = [*turns.wrong, *_tokens(office, now), *_webhooks_gone(before, opened, hooks)]
    fell = fallen(office.directory.results.runs(RUNS), settings.alert_fall)
    wrong += [fell] if fell else []
    asked = {f"check:{i}" for i in ids}
    unknown = turns.unknown | {s for s in opened if s.startswith("check:") and s not in asked}
    found = compare(before.alerts, wrong, unknown, watchers(office), now)
    for alert in found:
        if alert.subject not in opened:
            office.services.log("alert", subject=alert.subject, code=alert.code)
    met = turns.met | (set(before.met) - set(ids))
    after = Watch(
        now,
        now if whole else before.all_at,
        tuple(sorted(met)),
        tuple(
            row for row, there in hooks.items() if there or (there is None and row in before.there)
        ),
        tuple(found),
    )
    rows.keep(ROW, kept, asdict(after))


def tell(office: Office, compose: Callable[[Alert, OrgSettings], str]) -> None:
    """Write to those who asked for it, each of each alert once. Whom Webex does not answer for is
    tried again in the next run."""
    rows = office.services.organizations
    kept = rows.kept(ROW)
    watch = _read(kept)
    settings = rows.settings()
    left = list(watch.alerts)
    for alert in watch.alerts:
        for person in alert.to:
            if _send(office, PersonId(person), compose(alert, settings)):
                left = told(left, alert.subject, person)
                rows.keep(ROW, kept, asdict(replace(watch, alerts=tuple(left))))
                kept = rows.kept(ROW)


def _send(office: Office, person: PersonId, text: str) -> bool:
    """Whether this need not be tried again."""
    try:
        office.send(person, text)
    except Transient as failure:
        office.services.log.failed("alert not sent yet", failure, person=person)
        return False
    except Permanent as failure:
        # No bot, or one that may not write to this person: the pages tell it.
        office.services.log.failed("alert not sent", failure, person=person)
    return True


def _tokens(office: Office, now: int) -> Iterable[Wrong]:
    for capability in CAPABILITIES:
        credential = office.credentials.read(capability)
        if credential is None or not credential.refresh_expires or credential.failed:
            continue
        if credential.refresh_expires - now < TOKEN_SOON:
            facts: dict[str, str | int] = {
                "capability": capability,
                "owner": credential.owner_called,
                "ends_at": credential.refresh_expires,
            }
            yield Wrong(f"token:{capability}", "token_near_end", facts)
    # Every other sign-in that fails is a prerequisite that is not met.
    folders = office.credentials.read("folders")
    if folders is not None and folders.failed:
        yield Wrong("sign_in:folders", "folders_sign_in_lost")


def _webhook(office: Office, settings: OrgSettings, row: str) -> bool | None:
    """Whether it is there; None where nothing can be said, or none is wanted."""
    known = webhooks.known(office.services, row)
    if not settings.on or known is None:
        return None
    if known.standing is Standing.THERE:
        return True
    return False if known.standing in (Standing.OFF, Standing.MISSING) else None


def _webhooks_gone(
    before: Watch, opened: Collection[str], hooks: Mapping[str, bool | None]
) -> list[Wrong]:
    return [
        Wrong(row, _WEBHOOKS[row])
        for row, there in hooks.items()
        if there is False and (row in before.there or row in opened)
    ]


def _has_left(office: Office) -> bool:
    """Whoever comes back signs in first."""
    left = leaving.known(office.services)
    if left is None or not left.forgotten:
        return False
    return not any(office.credentials.read(capability) for capability in CAPABILITIES)


def _read(kept: Kept | None) -> Watch:
    state: Mapping[str, Any] = kept.state if kept else {}
    raw = state.get("alerts") or ()
    found = (Alert(**{**each, "to": tuple(each.get("to") or ())}) for each in raw)
    return Watch(
        int(state.get("at") or 0),
        int(state.get("all_at") or 0),
        tuple(state.get("met") or ()),
        # The version before kept one bit, of the organization's own.
        tuple(state.get("there") or ([webhooks.ROW] if state.get("webhook") else ())),
        tuple(found),
    )
