"""What a handler is given, and how a route is described."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.kit import Request, Response
from sandbox.microsoft.apps import Grant
from sandbox.microsoft.errors import (
    UNREADABLE,
    bad_request,
    denied,
    malformed,
    missing,
    not_replicated,
)
from sandbox.microsoft.permissions import suffice
from sandbox.microsoft.state import Group, Tenant, World

NIL = "00000000-0000-0000-0000-000000000000"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Context:
    """One admitted call: who asks, in which tenant, as of which moment reads see."""

    world: World
    tenant: Tenant
    grant: Grant
    request: Request
    now: float
    moment: float

    def body(self) -> dict[str, Any]:
        """The JSON object sent. Raises 400 for anything else."""
        try:
            value = json.loads(self.request.body)
        except ValueError:
            raise malformed(UNREADABLE) from None
        if not isinstance(value, dict) or not value:
            raise malformed(UNREADABLE)
        return value

    def require(self, need: str) -> None:
        """For calls whose permission depends on their body."""
        if not suffice(need, self.grant.permissions, self.world.switches):
            raise denied()

    def must_exist(self) -> None:
        """Raises 404 where the path names a group that is not there."""
        if "/groups/" in self.request.path and "id" in self.request.params:
            key = guid(self.request.params["id"])
            if key not in self.tenant.groups:
                raise missing(key)

    def group_seen(self) -> Group:
        """The group of the path as a reader sees it, 404 while its creation lags behind."""
        key = guid(self.request.params["id"])
        group = self.tenant.groups.get(key)
        if group is None or not group.exists_at(self.moment):
            raise missing(key)
        return group

    def group_to_write(self) -> Group:
        """The group of the path in truth; refuses while it is not replicated."""
        key = guid(self.request.params["id"])
        group = self.tenant.groups.get(key)
        if group is None or group.deleted is not None:
            raise missing(key)
        self.must_be_replicated(group)
        return group

    def must_be_replicated(self, group: Group) -> None:
        switches = self.world.switches
        if self.now - group.created < switches.replication_seconds:
            raise not_replicated(spelled_out=switches.says_do_not_exist)


@dataclass(frozen=True)
class Route:
    """One operation of Graph, with its permission and its price.

    `units` and `writes` are the costs on page "Throttling limits"; `quota` says whose.
    `changes` marks a directory write, for `Tenant.write_count`.
    """

    method: str
    pattern: str
    handler: Callable[[Context], Response]
    need: str
    units: float = 1.0
    writes: int = 0
    quota: Literal["directory", "sharepoint"] = "directory"
    changes: bool = False


def reading(
    pattern: str, handler: Callable[[Context], Response], need: str, units: float = 1.0
) -> Route:
    return Route("GET", "/v1.0" + pattern, handler, need, units)


def writing(method: str, pattern: str, handler: Callable[[Context], Response], need: str) -> Route:
    return Route(method, "/v1.0" + pattern, handler, need, writes=1, changes=True)


def guid(value: str) -> str:
    """The object id in its canonical form."""
    if not _GUID.fullmatch(value):
        raise bad_request(f"Invalid object identifier '{value}'.")
    return value.lower()


def moment_seen(world: World, rng: random.Random, now: float) -> float:
    """The moment that a read shows."""
    lag = world.switches.read_lag_seconds
    if lag and world.switches.read_lag_random:
        lag = rng.uniform(0, lag)
    return now - lag


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def no_content() -> Response:
    return Response(204)
