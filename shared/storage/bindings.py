"""Which organization a tenant belongs to: one row a tenant, so that it can be only one."""

from __future__ import annotations

from shared.core.ids import OrgId, TenantId
from shared.ports import Conflict
from shared.storage.tables import Tables


class Bindings:
    """Seen from one organization. May be called twice."""

    def __init__(self, tables: Tables, org: OrgId) -> None:
        self._tables = tables
        self._org = org

    def holder(self, tenant: TenantId) -> OrgId | None:
        row = self._tables.partition("Organizations", f"tenant-{tenant}").get("binding")
        return OrgId(row.text("organization")) if row else None

    def bind(self, tenant: TenantId) -> None:
        """Raises Conflict where it is another organization's."""
        rows = self._tables.partition("Organizations", f"tenant-{tenant}")
        try:
            rows.insert("binding", {"organization": self._org})
        except Conflict:
            row = rows.get("binding")
            if row is None or row.text("organization") != self._org:
                raise

    def unbind(self, tenant: TenantId) -> None:
        rows = self._tables.partition("Organizations", f"tenant-{tenant}")
        row = rows.get("binding")
        if row is not None and row.text("organization") == self._org:
            rows.delete("binding", row.etag)
