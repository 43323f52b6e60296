"""Which organization a tenant belongs to: one row a tenant, so that it can be only one."""

from __future__ import annotations

from contextlib import suppress

from shared.core.ids import OrgId, TenantId
from shared.ports import Conflict
from shared.storage.tables import Partition, Tables

_RACES = 20


class Bindings:
    """Seen from one organization. May be called twice."""

    def __init__(self, tables: Tables, org: OrgId) -> None:
        self._tables = tables
        self._org = org

    def holder(self, tenant: TenantId) -> OrgId | None:
        row = self._rows(tenant).get("binding")
        return OrgId(row.text("organization")) if row else None

    def bind(self, tenant: TenantId) -> str:
        """The row's new mark, also where it was ours before: whoever noted the older one no longer
        lets it go. Raises Conflict where it is another organization's."""
        rows, binding = self._rows(tenant), {"organization": str(self._org)}
        for _ in range(_RACES):
            row = rows.get("binding")
            if row is not None and row.text("organization") != self._org:
                break
            with suppress(Conflict):
                return rows.put("binding", binding, row.etag if row else None)
        raise Conflict(f"tenant {tenant} is another organization's")

    def mark(self, tenant: TenantId) -> str:
        """What the row is known by where it is ours, "" where it is not."""
        row = self._rows(tenant).get("binding")
        return row.etag if row and row.text("organization") == self._org else ""

    def unbind(self, tenant: TenantId, mark: str) -> None:
        """Let go of exactly the row that was marked; of one bound anew since nothing happens."""
        if mark:
            with suppress(Conflict):
                self._rows(tenant).delete("binding", mark)

    def _rows(self, tenant: TenantId) -> Partition:
        return self._tables.partition("Organizations", f"tenant-{tenant}")
