"""A consent that somebody got by a hand-over link: it waits until an administrator confirms it."""

from __future__ import annotations

from dataclasses import asdict

from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.consenting import has_power
from shared.admin.ports import Actor, Office, OnceRow
from shared.core.ids import PersonId, TenantId
from shared.core.reasons import Refusal
from shared.core.times import DAY

LASTS = 7 * DAY
_KEY = "pending-microsoft"


def keep(office: Office, consent: Consent) -> None:
    """What somebody proved; a later one takes its place."""
    row = office.once.read(_KEY)
    office.once.write(_KEY, row, asdict(consent), office.now() + LASTS)
    # Whoever comes by a hand-over link has no Webex account that we know of.
    somebody = Actor(PersonId(consent.object_id), consent.by)
    office.record(somebody, "consent_pending", after=consent.tenant_called)


def pending(office: Office) -> Consent | None:
    row = office.once.read(_KEY)
    return _consent(row) if row else None


def confirm(office: Office, actor: Actor, tenant: str, at: int) -> None:
    """Take what is pending into use. tenant, at: of the one that the administrator saw.

    A permission must be proven, as when it was given: a token alone shows nothing. Raises Refusal:
    nothing_pending, pending_changed, consent_not_effective_yet, and what `check_free` and `connect`
    raise.
    """
    waiting = pending(office)
    if waiting is None:
        raise Refusal("nothing_pending")
    if (waiting.tenant, waiting.at) != (tenant, at):
        raise Refusal("pending_changed")
    connection.check_free(office, waiting.tenant)
    if not has_power(office.tenant(waiting.tenant)):
        raise Refusal("consent_not_effective_yet")
    connection.connect(office, actor, waiting)
    office.once.remove(_KEY)


def forget(office: Office, actor: Actor) -> None:
    """May be called twice."""
    waiting = pending(office)
    office.once.remove(_KEY)
    if waiting:
        office.record(actor, "consent_forgotten", before=waiting.tenant_called)


def _consent(row: OnceRow) -> Consent:
    at = row.state.get("at")
    return Consent(
        TenantId(str(row.state.get("tenant", ""))),
        str(row.state.get("tenant_name", "")),
        str(row.state.get("by", "")),
        at if isinstance(at, int) else 0,
        str(row.state.get("object_id", "")),
    )
