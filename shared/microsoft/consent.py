"""Microsoft's admin consent, and the sign-in that proves whose tenant it was given for.

The answer to a request for consent is unsigned: anybody can write it. So the administrator signs
in at the tenant right after, and the id_token is verified here, since MSAL compares no more than
its nonce. Sources: https://learn.microsoft.com/entra/identity-platform/v2-admin-consent,
/id-token-claims-reference, https://learn.microsoft.com/entra/msal/python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from shared.core.errors import Unavailable, Where
from shared.core.ids import TenantId, parse_uuid
from shared.core.reasons import Refusal
from shared.microsoft.tokens import PlainLoopback, application, audience

if TYPE_CHECKING:
    import requests

    from shared.config import Settings
    from shared.http import Http

# Who may consent for all users, by the ids of the roles' templates: Global Administrator and
# Privileged Role Administrator.
# https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
CONSENTERS = frozenset(
    {"62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814"}
)
_DECLINED = {"65004"}
# Only an administrator may consent, in the ways in which Entra says so.
_NOT_ADMIN = {"90093", "90094", "90095"}


def consent_address(settings: Settings, tenant: TenantId, redirect_uri: str, state: str) -> str:
    """Where the dialog is. It asks for every permission that the application is registered with."""
    query = {
        "client_id": settings.microsoft_client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": f"{audience(settings)}/.default",
    }
    return f"{settings.login_url}/{UUID(tenant)}/v2.0/adminconsent?{urlencode(query)}"


def refusal(answer: Mapping[str, str]) -> Refusal | None:
    """What an answer of the dialog refuses. `admin_consent=True` says nothing: errors carry it."""
    error = answer.get("error", "")
    if not error:
        return None
    number, detail = _told(error, answer.get("error_description", ""))
    if number in _DECLINED or (error == "access_denied" and not number):
        return Refusal("consent_declined", detail)
    if number in _NOT_ADMIN or (error == "consent_required" and not number):
        return Refusal("not_microsoft_admin", detail)
    return Refusal("consent_failed", detail)


def sign_in_refusal(answer: Mapping[str, str]) -> Refusal | None:
    """What an answer to the sign-in refuses."""
    error = answer.get("error", "")
    if not error:
        return None if answer.get("code") else Refusal("microsoft_signin_failed", "no code")
    number, detail = _told(error, answer.get("error_description", ""))
    declined = number in _DECLINED or (error == "access_denied" and not number)
    return Refusal("microsoft_declined" if declined else "microsoft_signin_failed", detail)


@dataclass(frozen=True)
class SignIn:
    """A sign-in that has begun. kept: what is needed on the way back, for the browser, sealed."""

    address: str = field(repr=False)
    state: str = field(repr=False)
    kept: str = field(repr=False)


@dataclass(frozen=True)
class Person:
    """Who signed in at the tenant. account: the user principal name, as far as it is told.

    object_id: of the user, the one thing here that is nobody else's. roles: None where the token
    does not tell them (`wids`).
    """

    name: str
    roles: frozenset[str] | None
    account: str = ""
    object_id: str = ""

    @property
    def may_consent(self) -> bool:
        return bool(self.roles and self.roles & CONSENTERS)


@dataclass(frozen=True)
class MicrosoftSignIn:
    """Sign-ins of people at one tenant. No token of theirs is kept.

    Raises Unavailable where Entra does not answer.
    """

    settings: Settings
    session: Callable[[], requests.Session]
    http: Http

    def begin(self, tenant: TenantId, redirect_uri: str) -> SignIn:
        flow = self._asked(tenant, lambda app: app.initiate_auth_code_flow([], redirect_uri))
        address = str(flow.pop("auth_uri"))
        # MSAL sends a hash of its nonce; what was sent is what the token must carry.
        sent = parse_qs(urlsplit(address).query)["nonce"][0]
        kept = json.dumps({"msal": flow, "nonce": sent})
        wire = PlainLoopback(self.session, self.settings.login_url).on_the_wire(address)
        return SignIn(wire, str(flow["state"]), kept)

    def finish(self, tenant: TenantId, kept: str, state: str, code: str) -> Person:
        """Raises Refusal: microsoft_signin_failed, microsoft_not_proven, wrong_tenant."""
        began = json.loads(kept)
        answer = {"state": state, "code": code}
        got = self._asked(
            tenant, lambda app: app.acquire_token_by_auth_code_flow(began["msal"], answer)
        )
        if "error" in got:
            detail = _told(str(got["error"]), str(got.get("error_description") or ""))[1]
            raise Refusal("microsoft_signin_failed", detail)
        claims = self._verified(tenant, str(got.get("id_token") or ""), str(began["nonce"]))
        account = str(claims.get("preferred_username") or "")[:200]
        object_id = parse_uuid(claims.get("oid")) or ""
        return Person(_name(claims), _roles(claims), account, object_id)

    def _asked(self, tenant: TenantId, ask: Callable[[Any], Any]) -> dict[str, Any]:
        """MSAL's answer, whose exceptions quote what was sent: none of their text is kept."""
        import requests
        from msal.exceptions import MsalError

        try:
            app = application(
                self.settings, tenant, self.session, exclude_scopes=["offline_access"]
            )
            answer = ask(app)
        except RuntimeError:
            # MSAL's own comparison of the nonce.
            raise Refusal("microsoft_not_proven", "nonce") from None
        except (LookupError, TypeError, AttributeError):
            # MSAL reads the token without a look at its shape.
            raise Refusal("microsoft_not_proven", "malformed") from None
        except (requests.RequestException, MsalError, ValueError) as error:
            where = Where("login", "POST", f"/{tenant}/oauth2/v2.0/token")
            raise Unavailable(f"no sign-in: {type(error).__name__}", where) from None
        return answer if isinstance(answer, dict) else {}

    def _verified(self, tenant: TenantId, token: str, nonce: str) -> dict[str, Any]:
        from shared.id_tokens import BadIdToken, verify

        issuer, keys = self._issuer(tenant)
        try:
            claims = verify(
                token,
                keys,
                issuers=[issuer],
                audience=self.settings.microsoft_client_id,
                nonce=nonce,
                now=self.http.clock.now(),
            )
        except BadIdToken as error:
            raise Refusal("microsoft_not_proven", error.code) from error
        if str(claims.get("tid") or "").lower() != tenant:
            raise Refusal("wrong_tenant", "tid")
        return claims

    def _issuer(self, tenant: TenantId) -> tuple[str, Mapping[str, Any]]:
        """The tenant's issuer and keys; both from the one host that the settings name."""
        wire = PlainLoopback(self.session, self.settings.login_url)
        address = f"{self.settings.login_url}/{tenant}/v2.0/.well-known/openid-configuration"
        reply = self.http.call("GET", address, headers={})
        issuer = str(reply.object().get("issuer") or "")
        keys = wire.on_the_wire(str(reply.object().get("jwks_uri") or ""))
        ours = keys.startswith(self.settings.login_url + "/")
        if not ours or f"/{tenant}/" not in issuer.lower():
            raise Unavailable("discovery names another tenant or host", reply.where)
        return issuer, self.http.call("GET", keys, headers={}).object()


def _name(claims: Mapping[str, Any]) -> str:
    """Without the scope `profile` no name is told; `sub` is always there."""
    told = (claims.get(claim) for claim in ("name", "preferred_username", "oid", "sub"))
    return next(str(text)[:200] for text in told if text)


def _roles(claims: Mapping[str, Any]) -> frozenset[str] | None:
    if "wids" not in claims:
        return None
    roles = claims["wids"]
    return frozenset(str(r).lower() for r in roles) if isinstance(roles, list) else frozenset()


def _told(error: str, description: str) -> tuple[str, str]:
    """Entra's number, and what goes to the log: nothing but known words, numbers and ids."""
    number = re.search(r"AADSTS(\d{4,10})", description)
    trace = re.search(r"Trace ID: ([0-9a-fA-F-]{36})", description)
    word = error if re.fullmatch(r"[a-z_]{1,40}", error) else "error"
    told = [word, f"AADSTS{number.group(1)}" if number else "", trace.group(1) if trace else ""]
    return (number.group(1) if number else ""), " ".join(filter(None, told))
