"""The token endpoint: app-only tokens, and a code for an id_token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sandbox.kit import Request, Response
from sandbox.microsoft import aadsts, id_tokens
from sandbox.microsoft.aadsts import LoginError, parameter_missing, refused_grant
from sandbox.microsoft.apps import App, Code, Grant
from sandbox.microsoft.state import Tenant

if TYPE_CHECKING:
    from sandbox.microsoft.login import LoginCloud

LIFETIME = 3599
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Form = dict[str, str]


class Grants:
    def __init__(self, login: LoginCloud) -> None:
        self._login = login
        self._world = login.world

    def token(self, request: Request) -> Response:
        tenant = self._login.tenant_here(request)
        form = _form(request)
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return self._app_only(tenant, form)
        if kind == "authorization_code":
            return self._by_code(request, tenant, form)
        message = f"The app requested an unsupported grant type '{kind}'."
        raise LoginError(400, "unsupported_grant_type", 70003, message)

    # An app-only token

    def _app_only(self, tenant: Tenant, form: Form) -> Response:
        app = self._app(form, tenant)
        held = self._world.permissions_of(app.client_id, tenant.tenant_id)
        if held is None and self._world.switches.no_consent_error == 700016:
            raise aadsts.unknown_app(app.client_id, tenant)
        _check_credential(app, form)
        self._check_resource(form.get("scope", ""))
        if held is None:
            raise aadsts.no_service_principal(app.client_id, tenant)
        now, tokens = self._login.clock.now(), self._world.tokens
        for old in [t for t, grant in tokens.items() if grant.expires <= now]:
            del tokens[old]
        token = self._opaque()
        tokens[token] = Grant(app.client_id, tenant.tenant_id, held, now + LIFETIME)
        return Response(200, {**_lifetime(), "access_token": token})

    def _app(self, form: Form, tenant: Tenant) -> App:
        client_id = form.get("client_id", "")
        if not client_id:
            raise parameter_missing("client_id")
        if client_id not in self._world.apps:
            raise aadsts.unknown_app(client_id, tenant)
        return self._world.apps[client_id]

    def _check_resource(self, scope: str) -> None:
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
        if not is_graph(resource, self._world.switches.graph_host):
            message = f"The resource principal named {resource} was not found in the tenant."
            raise LoginError(400, "invalid_resource", 500011, message)

    def _opaque(self) -> str:
        return f"opaque.{self._world.ids.hex(64)}"

    # A code

    def _by_code(self, request: Request, tenant: Tenant, form: Form) -> Response:
        app = self._app(form, tenant)
        _check_credential(app, form)
        code = self._code(app, tenant, form)
        code.redeemed = True
        user = self._world.tenants[code.tenant_id].users.get(code.object_id)
        if user is None or not user.enabled:
            raise refused_grant(50057, "The user account is disabled.")
        claims = id_tokens.claims(
            code,
            user,
            issuer=self._login.issuer(request, tenant),
            now=self._login.clock.now(),
            wids=self._world.switches.wids_in_id_token,
        )
        spoil, self._login.spoil = self._login.spoil, None
        body: dict[str, Any] = {
            **_lifetime(),
            "scope": " ".join(s for s in code.scopes if s != "offline_access"),
            # Good for nothing here: the app reads Graph with tokens of its own.
            "access_token": self._opaque(),
            "id_token": id_tokens.issue(claims, self._login.rotations, spoil),
        }
        if "offline_access" in code.scopes:
            body["refresh_token"] = self._opaque()
        if form.get("client_info") == "1":
            body["client_info"] = _client_info(code)
        return Response(200, body)

    def _code(self, app: App, tenant: Tenant, form: Form) -> Code:
        """The code, if everything about it fits. It is used up by success only."""
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise parameter_missing(name)
        code = self._world.codes.get(form["code"])
        if code is None or code.client_id != app.client_id:
            raise refused_grant(70000, "Provided grant is invalid or malformed.")
        if code.tenant_id != tenant.tenant_id:
            message = (
                "Provided Authorization Code is intended to use against other tenant, thus "
                "rejected. OAuth2 Authorization Code must be redeemed against same tenant it was "
                "acquired for."
            )
            raise refused_grant(700005, message)
        if code.redeemed:
            message = (
                "OAuth2 Authorization code was already redeemed, please retry with a new valid "
                "code or use an existing refresh token."
            )
            raise refused_grant(54005, message)
        if code.expires <= self._login.clock.now():
            message = "The provided authorization code or refresh token has expired."
            raise refused_grant(70008, message)
        _check_proof(code, form)
        return code


def is_graph(resource: str, host: str) -> bool:
    """Whether a resource of a scope is Microsoft Graph; the sandbox's own address is, too."""
    return resource in ("https://graph.microsoft.com", f"https://{host}", f"http://{host}")


def _check_proof(code: Code, form: Form) -> None:
    """The same address as before, and the verifier behind the challenge."""
    if form["redirect_uri"] != code.redirect_uri:
        message = (
            f"The reply address '{form['redirect_uri']}' does not match the reply address "
            f"'{code.redirect_uri}' provided when requesting Authorization code."
        )
        raise LoginError(400, "invalid_client", 500112, message)
    verifier = form.get("code_verifier", "")
    if not code.challenge:
        return
    digest = hashlib.sha256(verifier.encode()).digest()
    if not hmac.compare_digest(id_tokens.encoded(digest), code.challenge):
        message = "The Code_Verifier does not match the code_challenge supplied in the "
        raise refused_grant(501481, message + "authorization request.")


def _check_credential(app: App, form: Form) -> None:
    if form.get("client_assertion"):
        # Its signature is not looked at: what signs it is not part of this stand-in.
        if form.get("client_assertion_type") == _ASSERTION:
            return
        message = "The 'client_assertion_type' is not valid."
        raise LoginError(400, "invalid_request", 700030, message)
    secret = form.get("client_secret")
    if not secret:
        raise _no_credential(form["grant_type"])
    good = [app.client_secret, *app.further_secrets]
    if not any(hmac.compare_digest(secret.encode(), each.encode()) for each in good):
        raise LoginError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{app.client_id}'.",
        )


def _no_credential(grant_type: str) -> LoginError:
    if grant_type == "authorization_code":
        message = "The request body must contain the following parameter: "
        message += "'client_assertion' or 'client_secret'."
        return LoginError(401, "invalid_client", 7000218, message)
    message = "'client_assertion', 'client_secret' or 'request' is required for the "
    message += "'client_credentials' grant type."
    return LoginError(401, "invalid_client", 7000216, message)


def _client_info(code: Code) -> str:
    """Which account it is, for MSAL's cache."""
    account = {"uid": code.object_id, "utid": code.tenant_id}
    return base64.urlsafe_b64encode(json.dumps(account).encode()).decode().rstrip("=")


def _lifetime() -> dict[str, Any]:
    return {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME}


def _form(request: Request) -> Form:
    sent = parse_qs(request.body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in sent.items()}
