"""The organization's rows: settings, cursors, pace, credentials, each at its own speed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from shared.core.ids import OrgId, TenantId
from shared.core.model import Limits, OrgSettings, Versioned
from shared.core.pace import Pace
from shared.ports import Conflict, Kept
from shared.storage.tables import Partition, Row, Value, spread

_RACES = 20


class OrganizationRows:
    """The port `Organizations` over one organization's partition of `Organizations`."""

    def __init__(self, rows: Partition, org: OrgId) -> None:
        self._rows = rows
        self._org = org

    def read_ahead(self) -> None:
        self._rows.read_ahead()

    def settings(self) -> OrgSettings:
        row = self._rows.get("settings")
        return _settings(self._org, row) if row else OrgSettings(self._org)

    def save_settings(self, change: Callable[[OrgSettings], OrgSettings]) -> OrgSettings:
        for _ in range(_RACES):
            row = self._rows.get("settings")
            after = change(_settings(self._org, row) if row else OrgSettings(self._org))
            try:
                self._rows.put("settings", _values(after), row.etag if row else None)
            except Conflict:
                continue
            return after
        raise Conflict("settings are contended")

    def kept(self, name: str) -> Kept | None:
        row = self._rows.get(name)
        return Kept(json.loads(row.blob("state")), row.etag) if row else None

    def keep(self, name: str, before: Kept | None, state: Mapping[str, object]) -> None:
        # In pieces: a busy cursor is longer than a string property may be.
        values = spread("state", json.dumps(state).encode())
        self._rows.put(name, values, before.etag if before else None)

    def pace(self, capability: str) -> Versioned[Pace] | None:
        row = self._rows.get(f"pace:{capability}")
        if row is None:
            return None
        return Versioned(
            Pace(row.number("arrival"), row.number("low_arrival"), row.number("waiting")), row.etag
        )

    def set_pace(self, capability: str, before: Versioned[Pace] | None, after: Pace) -> None:
        values: dict[str, Value] = {
            "arrival": after.arrival,
            "low_arrival": after.low_arrival,
            "waiting": after.waiting,
        }
        self._rows.put(f"pace:{capability}", values, before.etag if before else None)


def _values(settings: OrgSettings) -> dict[str, Value]:
    return {
        "on": settings.on,
        "epoch": settings.epoch,
        "enabled_since": settings.enabled_since,
        "tenant": settings.tenant or "",
        "public_groups": settings.public_groups,
        "honour_creation": settings.honour_creation,
        "link_folders": settings.link_folders,
        "space_folders": settings.space_folders,
        "default_folder": settings.default_folder,
        "folder_linkers": ",".join(settings.folder_linkers),
        "direction": settings.direction,
        "guests": settings.guests,
        "mark": settings.mark,
        "mark_ends": settings.mark_ends,
        "limit_remove": settings.limits.remove,
        "limit_remove_share": settings.limits.remove_share,
        "limit_add": settings.limits.add,
        "limit_add_share": settings.limits.add_share,
        "audit_days": settings.audit_days,
        "alert_fall": settings.alert_fall,
        "language": settings.language,
        "chosen": settings.chosen or "",
        "tenant_name": settings.tenant_name,
        "consented_at": settings.consented_at,
        "consented_by": settings.consented_by,
    }


def _settings(org: OrgId, row: Row) -> OrgSettings:
    tenant, chosen = row.text("tenant"), row.text("chosen")
    return OrgSettings(
        org=org,
        on=row.flag("on"),
        epoch=row.number("epoch"),
        enabled_since=row.number("enabled_since"),
        tenant=TenantId(tenant) if tenant else None,
        public_groups=row.flag("public_groups"),
        honour_creation=row.flag("honour_creation", True),
        link_folders=row.flag("link_folders", True),
        space_folders=row.flag("space_folders"),
        default_folder=row.flag("default_folder", True),
        folder_linkers=_linkers(row),
        direction=row.text("direction") or OrgSettings.direction,
        guests=row.flag("guests"),
        mark=row.text("mark") or OrgSettings.mark,
        mark_ends=row.flag("mark_ends"),
        limits=_limits(row),
        audit_days=row.number("audit_days") if "audit_days" in row.values else 1,
        alert_fall=row.number("alert_fall") if "alert_fall" in row.values else 5,
        language=row.text("language"),
        chosen=TenantId(chosen) if chosen else None,
        tenant_name=row.text("tenant_name"),
        consented_at=row.number("consented_at"),
        consented_by=row.text("consented_by"),
    )


def _linkers(row: Row) -> tuple[str, ...]:
    if "folder_linkers" not in row.values:
        return OrgSettings.folder_linkers
    return tuple(filter(None, row.text("folder_linkers").split(",")))


def _limits(row: Row) -> Limits:
    """A row of an earlier version has none; nought is a limit of its own."""
    usual = Limits()

    def number(name: str, default: int) -> int:
        return row.number(name) if name in row.values else default

    return Limits(
        remove=number("limit_remove", usual.remove),
        remove_share=number("limit_remove_share", usual.remove_share),
        add=number("limit_add", usual.add),
        add_share=number("limit_add_share", usual.add_share),
    )
