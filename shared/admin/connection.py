"""Which Microsoft tenant belongs to the organization: asking for it, binding it, giving it up.

One organization has one tenant, and one tenant one organization. Binding is done in an order in
which dying anywhere leaves something that the next attempt completes: the tenant's own row, the
organization's settings, the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shared.admin.inspection import asked_tenant
from shared.admin.ports import Actor, Office
from shared.core.accounts import called
from shared.core.ids import TenantId
from shared.core.model import OrgSettings
from shared.core.reasons import Refusal
from shared.ports import Conflict
from shared.sync.waking import waking


@dataclass(frozen=True)
class Consent:
    """A consent that was proven: for which tenant, by whom, when (milliseconds).

    by: name and user principal name. object_id: theirs in the tenant, where it is known.
    """

    tenant: TenantId
    tenant_name: str
    by: str
    at: int
    object_id: str = ""

    @property
    def tenant_called(self) -> str:
        return called(self.tenant_name, self.tenant)


def target(office: Office) -> TenantId:
    """The tenant that consent is to be asked of.

    Raises Refusal: tenant_not_chosen, and what `check_free` raises.
    """
    tenant = asked_tenant(office, office.services.organizations.settings())
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
    others = _marks(office, office.settings.tenants - {consent.tenant})
    mark = _bind(office, consent.tenant)
    before = office.services.organizations.settings()
    try:
        with waking(office.services, "consent"):
            after = office.services.organizations.save_settings(lambda s: _bound(s, consent))
    except Refusal:
        office.unbind(consent.tenant, mark)
        raise
    # Whoever disconnected just before the settings were saved lets go of the mark that he saw.
    again = _bind(office, consent.tenant)
    if office.services.organizations.settings().tenant != consent.tenant:
        # Whoever did so just after has let go already.
        office.unbind(consent.tenant, again)
    _let_go(office, others)
    office.record(actor, "consent", _told(before), _told(after))
    office.services.log("microsoft connected", tenant=consent.tenant)


def disconnect(office: Office, actor: Actor) -> None:
    """Give the tenant up. May be called again.

    Raises Refusal: disconnect_while_on, disconnect_with_groups.
    """
    if _has_groups(office):
        raise Refusal("disconnect_with_groups")
    before = office.services.organizations.settings()
    named = {before.tenant} if before.tenant else set()
    marks = _marks(office, office.settings.tenants | named)
    office.services.organizations.save_settings(_unbound)
    _let_go(office, marks)
    if before.tenant:
        office.record(actor, "disconnect", _told(before))
        office.services.log("microsoft disconnected", tenant=before.tenant)


def _has_groups(office: Office) -> bool:
    after, page = "", 1000
    while True:
        teams = office.services.teams.labels(after, page)
        if any(team.has_group for team in teams):
            return True
        if len(teams) < page:
            return False
        after = teams[-1].uuid


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


def _bind(office: Office, tenant: TenantId) -> str:
    try:
        return office.bind(tenant)
    except Conflict as error:
        raise Refusal("tenant_bound") from error


def _marks(office: Office, tenants: Iterable[TenantId]) -> dict[TenantId, str]:
    """Of the tenants that are bound to this organization: the one that it gives up, and what an
    attempt that died half-way left. Noted before the settings are saved, so that nothing is let go
    that somebody binds meanwhile."""
    return {tenant: mark for tenant in tenants if (mark := office.mark(tenant))}


def _let_go(office: Office, marks: Mapping[TenantId, str]) -> None:
    for tenant, mark in marks.items():
        office.unbind(tenant, mark)


def _told(settings: OrgSettings) -> str:
    return called(settings.tenant_name, settings.tenant) if settings.tenant else ""
