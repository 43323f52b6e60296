"""Microsoft Graph as a cloud, and both clouds of Microsoft with their shared state."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.clock import Clock
from sandbox.kit import Cloud, Request, Response
from sandbox.microsoft import (
    batch,
    delta,
    directory,
    drives,
    groups,
    invitations,
    items,
    members,
    persist,
    user_delta,
)
from sandbox.microsoft.api import NIL, Context, Route, iso, moment_seen
from sandbox.microsoft.apps import App, Grant
from sandbox.microsoft.errors import CONCURRENT, GraphError, unauthorized
from sandbox.microsoft.login import LoginCloud
from sandbox.microsoft.national import NationalCloud
from sandbox.microsoft.quota import Quota, cost_in_units
from sandbox.microsoft.state import Ids, Tenant, World
from sandbox.microsoft.switches import Switches

_FAULTS = {
    404: ("BadRequest", "Resource not found for the segment."),
    405: ("BadRequest", "The request is currently not supported on the targeted entity set"),
    500: ("InternalServerError", "The server encountered an internal error."),
    502: ("BadGateway", "Bad gateway."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable."),
    504: ("UnknownError", ""),
}


class GraphCloud(Cloud):
    """`https://graph.microsoft.com`. Every route is admitted by the same questions."""

    name = "graph"

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world.clock, seed)
        self.world = world
        self.quota = Quota(world.switches)
        # Delta first: its path looks like that of a group.
        for module in (delta, user_delta, groups, members, directory, drives, items, invitations):
            for route in module.ROUTES:
                self.route(route.method, route.pattern, self._guarded(route))
        self.route("POST", "/v1.0/$batch", self._batch)

    def finish(self, request: Request, response: Response) -> Response:
        key = response.headers.setdefault("request-id", self.world.ids.uuid())
        client = request.header("client-request-id")
        if client:
            response.headers.setdefault("client-request-id", client)
        if response.status >= 400 and isinstance(response.body, dict):
            inner = {"date": iso(self.clock.now()).rstrip("Z"), "request-id": key}
            inner["client-request-id"] = client or key
            response.body["error"].setdefault("innerError", inner)
        return super().finish(request, response)

    def error_body(self, status: int, code: str, message: str) -> Any:
        usual_code, usual_message = _FAULTS.get(status, ("UnknownError", ""))
        return {"error": {"code": code or usual_code, "message": message or usual_message}}

    def _guarded(self, route: Route) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            units = cost_in_units(request, route.units)
            try:
                ctx, used = self._admit(route, request, units)
                if route.changes and self.world.switches.missing_before_permission:
                    ctx.must_exist()
                ctx.require(route.need)
                response = route.handler(ctx)
            except GraphError as refused:
                return refused.response()
            response.headers["x-ms-resource-unit"] = f"{units:g}"
            if used > 0.8:
                response.headers["x-ms-throttle-limit-percentage"] = f"{used:.2f}"
            return response

        return answer

    def _admit(self, route: Route, request: Request, units: float) -> tuple[Context, float]:
        """Whose token, which tenant, enough quota, no conflict."""
        now = self.clock.now()
        grant = self._grant(request, now)
        tenant = self.world.tenants[grant.tenant_id]
        used = self._charge(route, request, grant, units)
        tenant.write_count += route.changes and not request.path.endswith(NIL)
        if request.header(batch.CONFLICTING):
            raise GraphError(409, "Directory_ConcurrencyViolation", CONCURRENT)
        moment = moment_seen(self.world, self.random, now)
        return Context(self.world, tenant, grant, request, now, moment), used

    def _grant(self, request: Request, now: float) -> Grant:
        if not request.token:
            raise unauthorized("Access token is empty.")
        grant = self.world.tokens.get(request.token)
        if grant is None:
            raise unauthorized("Access token validation failure. Invalid token.")
        if grant.expires <= now:
            raise unauthorized("Lifetime validation failed, the token is expired.")
        if not self.world.switches.revoked_tokens_live_on:
            held = self.world.permissions_of(grant.client_id, grant.tenant_id) or frozenset()
            return Grant(grant.client_id, grant.tenant_id, held, grant.expires)
        return grant

    def _charge(self, route: Route, request: Request, grant: Grant, units: float) -> float:
        now = self.clock.now()
        if route.quota == "sharepoint":
            return self.quota.charge_sharepoint(grant, now, units=units)
        writes = route.writes
        if writes and self.world.switches.bind_costs_writes:
            writes = max(writes, request.body.count(b"directoryObjects/"))
        return self.quota.charge(grant, now, units=units, writes=writes)

    def _batch(self, request: Request) -> Response:
        try:
            self._grant(request, self.clock.now())
            conflicts = self.world.switches.batch_parallel_conflicts
            return batch.run(request, self.handle, self.random, conflicts=conflicts)
        except GraphError as refused:
            return refused.response()


class MicrosoftClouds:
    """Graph and the login service over one state."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.world = World(clock, Ids(seed))
        self.graph = GraphCloud(self.world, seed)
        self.login = LoginCloud(self.world, seed)
        # A token request changes what Graph accepts, so one lock serves both.
        self.login.lock = self.graph.lock

    @property
    def switches(self) -> Switches:
        return self.world.switches

    @property
    def tenants(self) -> dict[str, Tenant]:
        return self.world.tenants

    def add_tenant(
        self,
        name: str = "Contoso",
        tenant_id: str | None = None,
        domain: str = "contoso.example",
        cloud: NationalCloud = "global",
    ) -> Tenant:
        """One of a national cloud is found by discovery here, and that is all."""
        w = self.world
        key = (tenant_id or w.ids.uuid()).lower()
        w.tenants[key] = Tenant(name, key, domain, w.clock, w.ids, w.switches, cloud=cloud)
        return w.tenants[key]

    def add_app(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        redirect_uris: Iterable[str] = (),
        required: Iterable[str] = (),
    ) -> App:
        ids = self.world.ids
        app = App(client_id or ids.uuid(), client_secret or f"secret~{ids.hex(32)}")
        app.redirect_uris, app.required = list(redirect_uris), list(required)
        self.world.apps[app.client_id] = app
        return app

    def consent(self, app: App, tenant: Tenant, permissions: Iterable[str] | None = None) -> None:
        """Grants app permissions, in place of earlier ones. Old tokens keep what they had.

        Without `permissions`, all that the app requires, as an administrator does.
        """
        granted = app.required if permissions is None else permissions
        self.world.grant(app.client_id, tenant.tenant_id, granted)

    def revoke(self, app: App, tenant: Tenant) -> None:
        """Removes the app from the tenant. What issued tokens still do is a switch."""
        self.world.consents.pop((app.client_id, tenant.tenant_id), None)

    def snapshot(self) -> bytes:
        """Everything but logs, faults, quota levels, codes and the recent past, as JSON."""
        with self.graph.lock:
            return json.dumps(persist.dump(self.world)).encode()

    def restore(self, data: bytes) -> None:
        """Replaces the state in place; objects of the state before are stale afterwards."""
        with self.graph.lock:
            persist.load(self.world, json.loads(data))
