"""The row that makes a tenant one organization's, for organizations from before there was one."""

from __future__ import annotations

from shared.admin.ports import Office


def claim(office: Office) -> None:
    """Write the row for the tenant that the settings name, if it is missing. May be called again.

    Raises Conflict where the tenant is another organization's.
    """
    settings = office.services.organizations
    tenant = settings.settings().tenant
    if tenant is None or office.mark(tenant):
        return
    mark = office.bind(tenant)
    # Given up meanwhile: whoever did so found no row to remove.
    if settings.settings().tenant != tenant:
        office.unbind(tenant, mark)
    office.services.log("tenant claimed", tenant=tenant)
