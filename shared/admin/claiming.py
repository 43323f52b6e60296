"""The row that makes a tenant one organization's follows the settings.

It is missing where the settings are from before there was such a row, and left over where
somebody died while giving a tenant up.
"""

from __future__ import annotations

from shared.admin.ports import Office
from shared.core.ids import TenantId


def claim(office: Office) -> None:
    """Have a row for the tenant that the settings name, and for no other. May be called again.

    Raises Conflict where the tenant is another organization's.
    """
    # Before the settings: what is bound after this is not let go of.
    marks = {tenant: office.mark(tenant) for tenant in office.settings.tenants}
    tenant = office.services.organizations.settings().tenant
    for other, mark in marks.items():
        if mark and other != tenant:
            office.unbind(other, mark)
            office.services.log("tenant let go", tenant=other)
    if tenant is not None and not marks.get(tenant):
        _claim(office, tenant)


def _claim(office: Office, tenant: TenantId) -> None:
    mark = office.bind(tenant)
    # Given up meanwhile: whoever did so found no row to remove.
    if office.services.organizations.settings().tenant != tenant:
        office.unbind(tenant, mark)
        return
    office.services.log("tenant claimed", tenant=tenant)
