"""Throttling as token buckets, per app and tenant (page "Throttling limits")."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sandbox.kit import Request
from sandbox.microsoft.apps import Grant
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.switches import Switches


@dataclass(frozen=True)
class Limit:
    """A bucket's identity and size: what the refusal calls it, and how quickly it fills."""

    name: str
    scope: str
    amount: float
    window: float
    burst: float

    @property
    def rate(self) -> float:
        return self.amount / self.window


@dataclass
class Bucket:
    level: float
    at: float


class Quota:
    """Spends from every bucket that a call concerns, or from none of them."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def charge(self, grant: Grant, now: float, *, units: float, writes: float) -> float:
        """The fullest share in use afterwards, 0 to 1. Raises a 429 if any bucket is empty."""
        return self._spend(now, _directory_limits(self.switches, grant, units, writes))

    def charge_sharepoint(self, grant: Grant, now: float, *, units: float) -> float:
        """The same for drives and sites, which are throttled by SharePoint instead."""
        s = self.switches
        limit = Limit(
            "ResourceUnitLimitExceeded",
            f"Tenant_Application/ReadWrite/{grant.client_id}/{grant.tenant_id}/SharePoint",
            s.sharepoint_limit,
            s.sharepoint_window_seconds,
            s.sharepoint_limit,
        )
        return self._spend(now, [(limit, units)])

    def _spend(self, now: float, costs: list[tuple[Limit, float]]) -> float:
        filled = [(limit, cost, self._fill(limit, now)) for limit, cost in costs if limit.amount]
        for limit, cost, bucket in filled:
            if bucket.level < cost:
                raise _throttled(limit, (cost - bucket.level) / limit.rate)
        used = 0.0
        for limit, cost, bucket in filled:
            bucket.level -= cost
            used = max(used, 1 - bucket.level / limit.burst)
        return used

    def _fill(self, limit: Limit, now: float) -> Bucket:
        key = (limit.name, limit.scope)
        bucket = self._buckets.setdefault(key, Bucket(limit.burst, now))
        grown = bucket.level + (now - bucket.at) * limit.rate
        bucket.level, bucket.at = min(limit.burst, grown), now
        return bucket


def cost_in_units(request: Request, base: float) -> float:
    """The page's modifiers: `$select` -1, `$expand` +1, `$top` under 20 -1, at least 1."""
    query = request.query
    cost = base - ("$select" in query) + ("$expand" in query)
    top = request.arg("$top", "")
    if top and top.isdigit() and int(top) < 20:
        cost -= 1
    return max(1.0, cost)


def _directory_limits(
    s: Switches, grant: Grant, units: float, writes: float
) -> list[tuple[Limit, float]]:
    who = f"{grant.client_id}/{grant.tenant_id}"
    costs = [
        (
            Limit(
                "ResourceUnitLimitExceeded",
                f"Tenant_Application/ReadWrite/{who}",
                s.unit_limit,
                s.unit_window_seconds,
                s.unit_limit,
            ),
            units,
        )
    ]
    if writes:
        burst = s.write_limit if s.write_burst is None else s.write_burst
        name = "WriteLimitExceeded"
        own = Limit(
            name, f"Tenant_Application/Write/{who}", s.write_limit, s.write_window_seconds, burst
        )
        everybody = Limit(
            name,
            f"Tenant/Write/{grant.tenant_id}",
            s.tenant_write_limit,
            s.tenant_write_window_seconds,
            s.tenant_write_limit,
        )
        costs += [(own, writes), (everybody, writes)]
    return costs


def _throttled(limit: Limit, wait: float) -> GraphError:
    return GraphError(
        429,
        "TooManyRequests",
        "Too many requests.",
        headers={
            "Retry-After": str(max(1, math.ceil(wait))),
            "x-ms-throttle-scope": limit.scope,
            "x-ms-throttle-information": limit.name,
        },
    )
