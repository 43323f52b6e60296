"""The Entra login service: discovery, keys, tokens, and the pages of sign-in and consent.

Sources: pages "OAuth 2.0 client credentials flow", "OAuth 2.0 authorization code flow", "OpenID
Connect on the Microsoft identity platform", "Admin consent on the Microsoft identity platform".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.kit import Cloud, Request, Response
from sandbox.microsoft import aadsts, id_tokens, pages
from sandbox.microsoft.aadsts import LoginError
from sandbox.microsoft.grants import Grants
from sandbox.microsoft.id_tokens import Spoil
from sandbox.microsoft.national import DISCOVERED, LOGIN_HOSTS
from sandbox.microsoft.signin import SignIn
from sandbox.microsoft.state import Tenant, World


class LoginCloud(Cloud):
    """spoil: what to do wrong in the next id_token. rotations: how often the keys were changed."""

    name = "login"

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world.clock, seed)
        self.world = world
        self.spoil: Spoil | None = None
        self.rotations = 0
        signin, grants = SignIn(self), Grants(self)
        discovery = "/{tenant}/v2.0/.well-known/openid-configuration"
        self.route("GET", discovery, self._guarded(self._discovery))
        self.route("GET", "/{tenant}/discovery/v2.0/keys", self._guarded(self._keys))
        self.route("POST", "/{tenant}/oauth2/v2.0/token", self._guarded(grants.token))
        self.route("GET", "/{tenant}/oauth2/v2.0/logout", self._on_page(signin.sign_out))
        for method in ("GET", "POST"):
            self.route(method, "/{tenant}/v2.0/adminconsent", self._on_page(signin.admin_consent))
            self.route(method, "/{tenant}/oauth2/v2.0/authorize", self._on_page(signin.authorize))

    def rotate_keys(self) -> None:
        """The next id_token is signed with a new key; the old one is not published any more."""
        self.rotations += 1

    def finish(self, request: Request, response: Response) -> Response:
        response.headers.setdefault("x-ms-request-id", self.world.ids.uuid())
        response.headers.setdefault("Cache-Control", "no-store, no-cache")
        return super().finish(request, response)

    def error_body(self, status: int, code: str, message: str) -> Any:
        text = message or "A transient error has occurred. Please try again."
        return self._error("temporarily_unavailable", 90033, text)

    def tenant_of(self, request: Request, error: str = "invalid_request") -> Tenant:
        """By GUID or domain. Raises LoginError."""
        key = request.params["tenant"].lower()
        for tenant in self.world.tenants.values():
            if key in (tenant.tenant_id, tenant.domain):
                return tenant
        raise aadsts.unknown_tenant(request.params["tenant"], error)

    def tenant_here(self, request: Request) -> Tenant:
        """The same, and it lives in this cloud."""
        tenant = self.tenant_of(request)
        if tenant.cloud in LOGIN_HOSTS:
            raise aadsts.other_cloud()
        return tenant

    def issuer(self, request: Request, tenant: Tenant) -> str:
        """As discovery says it, and so every id_token."""
        return f"{_base(request, tenant)}/v2.0"

    def facts_of_error(self) -> dict[str, str]:
        moment = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        ids = self.world.ids
        return {"timestamp": moment, "trace_id": ids.uuid(), "correlation_id": ids.uuid()}

    def _guarded(self, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            try:
                return handler(request)
            except LoginError as e:
                return Response(e.status, self._error(e.error, e.number, e.message))

        return answer

    def _on_page(self, handler: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Where a browser stands, an error is a page: nobody is sent to an unchecked address."""

        def answer(request: Request) -> Response:
            try:
                return handler(request)
            except LoginError as e:
                facts = {"error": e, **self.facts_of_error()}
                return pages.show("error.html", e.status, facts | {"action": pages.here(request)})

        return answer

    def _error(self, error: str, number: int, message: str) -> dict[str, Any]:
        facts = self.facts_of_error()
        return {
            "error": error,
            "error_description": aadsts.in_words(number, message, facts),
            "error_codes": [number],
            **facts,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }

    def _discovery(self, request: Request) -> Response:
        tenant = self.tenant_of(request, "invalid_tenant")
        base = _base(request, tenant)
        said = dict(DISCOVERED[tenant.cloud])
        if tenant.cloud == "global":
            said["msgraph_host"] = self.world.switches.graph_host
        return Response(
            200,
            {
                "issuer": self.issuer(request, tenant),
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
                **said,
            },
        )

    def _keys(self, request: Request) -> Response:
        """The current key and the one that comes next, as Entra publishes several."""
        self.tenant_of(request, "invalid_tenant")
        numbers = (self.rotations, self.rotations + 1)
        return Response(200, {"keys": [id_tokens.public_key(number) for number in numbers]})


def _base(request: Request, tenant: Tenant) -> str:
    # MSAL insists on https, whatever the sandbox itself is reached by.
    host = urlsplit(request.base_url).netloc or request.header("host")
    return f"https://{LOGIN_HOSTS.get(tenant.cloud, host)}/{tenant.tenant_id}"
