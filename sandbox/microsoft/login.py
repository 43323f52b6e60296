"""The Entra login service: discovery and app-only tokens.

Sources: pages "OAuth 2.0 client credentials flow", "OpenID Connect on the Microsoft identity
platform", "Microsoft Entra authentication and authorization error codes". Sign-in and consent
pages would be further routes here, and further kinds of `Grant`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.kit import Cloud, Request, Response
from sandbox.microsoft.state import App, Grant, Tenant, World

LIFETIME = 3599
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class LoginError(Exception):
    """An `AADSTS` error."""

    status: int
    error: str
    number: int
    message: str


class LoginCloud(Cloud):
    name = "login"

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world.clock, seed)
        self.world = world
        discovery = "/{tenant}/v2.0/.well-known/openid-configuration"
        self.route("GET", discovery, self._guarded(self._discovery))
        self.route("POST", "/{tenant}/oauth2/v2.0/token", self._guarded(self._token))

    def finish(self, request: Request, response: Response) -> Response:
        response.headers.setdefault("x-ms-request-id", self.world.ids.uuid())
        response.headers.setdefault("Cache-Control", "no-store, no-cache")
        return super().finish(request, response)

    def error_body(self, status: int, code: str, message: str) -> Any:
        text = message or "A transient error has occurred. Please try again."
        return self._error("temporarily_unavailable", 90033, text)

    def _guarded(self, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                return handler(request)
            except LoginError as e:
                return Response(e.status, self._error(e.error, e.number, e.message))

        return answer

    def _error(self, error: str, number: int, message: str) -> dict[str, Any]:
        trace, correlation = self.world.ids.uuid(), self.world.ids.uuid()
        moment = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": error,
            "error_description": f"AADSTS{number}: {message} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {moment}",
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }

    def _discovery(self, request: Request) -> Response:
        tenant = self._tenant(request, "invalid_tenant")
        # MSAL insists on https, whatever the sandbox itself is reached by.
        base = f"https://{_host(request)}/{tenant.tenant_id}"
        return Response(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token", "code id_token"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                ],
                "tenant_region_scope": "WW",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": self.world.switches.graph_host,
            },
        )

    def _token(self, request: Request) -> Response:
        tenant = self._tenant(request, "invalid_request")
        form = {k: v[0] for k, v in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            message = f"The app requested an unsupported grant type '{form.get('grant_type')}'."
            raise LoginError(400, "unsupported_grant_type", 70003, message)
        app = self._app(form, tenant)
        _check_credential(app, form)
        self._check_scope(form.get("scope", ""))
        return self._issue(app, tenant)

    def _tenant(self, request: Request, error: str) -> Tenant:
        key = request.params["tenant"].lower()
        for tenant in self.world.tenants.values():
            if key in (tenant.tenant_id, tenant.domain):
                return tenant
        raise LoginError(
            400,
            error,
            90002,
            f"Tenant '{request.params['tenant']}' not found. Check to make sure you have the "
            "correct tenant ID and are signing into the correct cloud. Check with your "
            "subscription administrator, this may happen if there are no active subscriptions "
            "for the tenant.",
        )

    def _app(self, form: dict[str, str], tenant: Tenant) -> App:
        client_id = form.get("client_id", "")
        if not client_id:
            message = "The request body must contain the following parameter: 'client_id'."
            raise LoginError(400, "invalid_request", 900144, message)
        app = self.world.apps.get(client_id)
        if app is None or (
            not self.world.consent_of(client_id, tenant.tenant_id)
            and self.world.switches.no_consent_error == 700016
        ):
            raise _unknown_app(client_id, tenant)
        return app

    def _check_scope(self, scope: str) -> None:
        resource = scope.removesuffix("/.default")
        if resource == scope or " " in scope:
            raise LoginError(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows "
                "must have a scope value with /.default suffixed to the resource identifier "
                "(application ID URI).",
            )
        host = self.world.switches.graph_host
        if resource not in ("https://graph.microsoft.com", f"https://{host}", f"http://{host}"):
            message = f"The resource principal named {resource} was not found in the tenant."
            raise LoginError(400, "invalid_resource", 500011, message)

    def _issue(self, app: App, tenant: Tenant) -> Response:
        consent = self.world.consent_of(app.client_id, tenant.tenant_id)
        if consent is None:
            raise LoginError(
                401,
                "invalid_client",
                7000229,
                f"The client application {app.client_id} is missing service principal in the "
                f"tenant {tenant.tenant_id}. See instructions here: "
                "https://go.microsoft.com/fwlink/?linkid=2225119",
            )
        now, tokens = self.clock.now(), self.world.tokens
        for old in [t for t, grant in tokens.items() if grant.expires <= now]:
            del tokens[old]
        token = f"opaque.{self.world.ids.hex(64)}"
        tokens[token] = Grant(app.client_id, tenant.tenant_id, consent.permissions, now + LIFETIME)
        body = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME}
        return Response(200, {**body, "access_token": token})


def _check_credential(app: App, form: dict[str, str]) -> None:
    if form.get("client_assertion"):
        # Its signature is not looked at: what signs it is not part of this stand-in.
        if form.get("client_assertion_type") == _ASSERTION:
            return
        message = "The 'client_assertion_type' is not valid."
        raise LoginError(400, "invalid_request", 700030, message)
    secret = form.get("client_secret")
    if not secret:
        raise LoginError(
            401,
            "invalid_client",
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the "
            "'client_credentials' grant type.",
        )
    if not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise LoginError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{app.client_id}'.",
        )


def _unknown_app(client_id: str, tenant: Tenant) -> LoginError:
    return LoginError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory "
        f"'{tenant.name}'. This can happen if the application has not been installed by the "
        "administrator of the tenant or consented to by any user in the tenant. You may have "
        "sent your authentication request to the wrong tenant.",
    )


def _host(request: Request) -> str:
    return urlsplit(request.base_url).netloc or request.header("host")
