"""Which Microsoft tenant belongs to the organization: asking for it, binding it, giving it up.

One organization has one tenant, and one tenant one organization. Binding is done in an order in
which dying anywhere leaves something that the next attempt completes: the tenant's own row, the
organization's settings, the audit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from shared.admin.ports import Actor, Office, OnceRow
from shared.core.ids import PersonId, TenantId
from shared.core.model import Folder, OrgSettings
from shared.core.reasons import Refusal
from shared.core.times import DAY
from shared.ports import Conflict
from shared.sync.lease import want

PENDING_LASTS = 7 * DAY
_PENDING = "pending-microsoft"
# Whoever comes by a hand-over link has no Webex account that we know of.
_NOBODY = PersonId("")
_BLOCKED = {"consent_missing", "permission_missing"}


@dataclass(frozen=True)
class Consent:
    """A consent that was proven: for which tenant, by whom, when (milliseconds)."""

    tenant: TenantId
    tenant_name: str
    by: str
    at: int


def target(office: Office) -> TenantId:
    """The tenant that consent is to be asked of.

    Raises Refusal: tenant_not_chosen, and what `check_free` raises.
    """
    settings = office.services.organizations.settings()
    named = office.settings.tenants
    only = next(iter(named)) if len(named) == 1 else None
    tenant = settings.chosen or settings.tenant or only
    if tenant is None:
        raise Refusal("tenant_not_chosen")
    check_free(office, tenant)
    return tenant


def check_free(office: Office, tenant: TenantId) -> None:
    """Raises Refusal: tenant_not_served, organization_bound (to another tenant), tenant_bound (to
    another organization)."""
    if tenant not in office.settings.tenants:
        raise Refusal("tenant_not_served")
    bound = office.services.organizations.settings().tenant
    if bound not in (None, tenant):
        raise Refusal("organization_bound")
    if office.holder(tenant) not in (None, office.org):
        raise Refusal("tenant_bound")


def connect(office: Office, actor: Actor, consent: Consent) -> None:
    """Bind the tenant. May be called again. Raises Refusal: tenant_bound, organization_bound."""
    try:
        office.bind(consent.tenant)
    except Conflict as error:
        raise Refusal("tenant_bound") from error
    before = office.services.organizations.settings()
    try:
        after = office.services.organizations.save_settings(lambda s: _bound(s, consent))
    except Refusal:
        office.unbind(consent.tenant)
        raise
    _let_go(office, keep=consent.tenant)
    office.record(actor, "consent", _told(before), _told(after))
    office.services.log("microsoft connected", tenant=consent.tenant)
    _wake(office, after)


def disconnect(office: Office, actor: Actor) -> None:
    """Give the tenant up. May be called again.

    Raises Refusal: disconnect_while_on, disconnect_with_groups.
    """
    if any(team.group_id for team in office.services.teams.everyone()):
        raise Refusal("disconnect_with_groups")
    before = office.services.organizations.settings()
    office.services.organizations.save_settings(_unbound)
    _let_go(office, also=before.tenant)
    if before.tenant:
        office.record(actor, "disconnect", _told(before))
        office.services.log("microsoft disconnected", tenant=before.tenant)


def keep_pending(office: Office, consent: Consent) -> None:
    """What somebody with a hand-over link proved; it is used for nothing until it is confirmed."""
    row = office.once.read(_PENDING)
    office.once.write(_PENDING, row, asdict(consent), office.now() + PENDING_LASTS)
    office.record(
        Actor(_NOBODY, consent.by),
        "consent_pending",
        after=_name(consent.tenant_name, consent.tenant),
    )


def pending(office: Office) -> Consent | None:
    row = office.once.read(_PENDING)
    return _consent(row) if row else None


def confirm(office: Office, actor: Actor) -> None:
    """Take what is pending into use. Raises Refusal: nothing_pending, consent_not_effective_yet,
    and what `check_free` and `connect` raise."""
    waiting = pending(office)
    if waiting is None:
        raise Refusal("nothing_pending")
    check_free(office, waiting.tenant)
    if not office.tenant(waiting.tenant).token_works():
        raise Refusal("consent_not_effective_yet")
    connect(office, actor, waiting)
    office.once.remove(_PENDING)


def forget_pending(office: Office, actor: Actor) -> None:
    waiting = pending(office)
    office.once.remove(_PENDING)
    if waiting:
        name = _name(waiting.tenant_name, waiting.tenant)
        office.record(actor, "consent_forgotten", before=name)


def _bound(settings: OrgSettings, consent: Consent) -> OrgSettings:
    if settings.tenant not in (None, consent.tenant):
        raise Refusal("organization_bound")
    return replace(
        settings,
        tenant=consent.tenant,
        chosen=consent.tenant,
        tenant_name=consent.tenant_name or settings.tenant_name,
        consented_at=consent.at,
        consented_by=consent.by,
    )


def _unbound(settings: OrgSettings) -> OrgSettings:
    if settings.on:
        raise Refusal("disconnect_while_on")
    return replace(settings, tenant=None, tenant_name="", consented_at=0, consented_by="")


def _let_go(office: Office, *, keep: TenantId | None = None, also: TenantId | None = None) -> None:
    """Of what an attempt that died half-way left bound to this organization."""
    for tenant in {*office.settings.tenants, also} - {keep, None}:
        assert tenant is not None
        office.unbind(tenant)


def _wake(office: Office, settings: OrgSettings) -> None:
    """Teams that waited for this consent are looked at now, not tomorrow."""
    if not settings.on:
        return
    for team in office.services.teams.everyone():
        if team.reason in _BLOCKED or team.folder is Folder.NO_PERMISSION:
            want(office.services, team.uuid, team.space_id, low=True)


def _consent(row: OnceRow) -> Consent:
    at = row.state.get("at")
    return Consent(
        TenantId(str(row.state.get("tenant", ""))),
        str(row.state.get("tenant_name", "")),
        str(row.state.get("by", "")),
        at if isinstance(at, int) else 0,
    )


def _told(settings: OrgSettings) -> str:
    return _name(settings.tenant_name, settings.tenant) if settings.tenant else ""


def _name(name: str, tenant: TenantId) -> str:
    return f"{name} ({tenant})" if name else tenant
