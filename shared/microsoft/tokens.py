"""App-only tokens for one tenant, by MSAL: secret, certificate, or a managed identity's assertion.

Source: https://learn.microsoft.com/entra/msal/python. MSAL insists on https, so a sandbox on
loopback is reached through the http client that is ours to give.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.core.errors import CertificateUnreadable, ConsentMissing, Unavailable, Where
from shared.core.ids import TenantId
from shared.http import TIMEOUT

if TYPE_CHECKING:
    import msal
    import requests

    from shared.config import Settings


class PlainLoopback:
    """MSAL's http client: https on paper, plain http on the wire to a loopback address."""

    def __init__(self, session: Callable[[], requests.Session], login_url: str) -> None:
        self._session = session
        parts = urlsplit(login_url)
        self._plain = f"http://{parts.netloc}" if parts.scheme == "http" else ""
        self._paper = f"https://{parts.netloc}"

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._send("GET", url, options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._send("POST", url, options)

    def close(self) -> None:
        """The session is shared; whoever made it closes it."""

    def on_the_wire(self, url: str) -> str:
        """The address that is really called, by us or by a browser."""
        if self._plain and url.startswith(self._paper + "/"):
            return self._plain + url[len(self._paper) :]
        return url

    def _send(self, method: str, url: str, options: Mapping[str, Any]) -> requests.Response:
        url = self.on_the_wire(url)
        wanted = {k: v for k, v in options.items() if k in ("params", "data", "headers")}
        return self._session().request(
            method, url, timeout=TIMEOUT, allow_redirects=False, **wanted
        )


@dataclass
class GraphTokens:
    """Tokens of one tenant, cached by MSAL in this process. Safe for threads."""

    settings: Settings
    tenant: TenantId
    session: Callable[[], requests.Session]
    _app: msal.ConfidentialClientApplication | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self) -> str:
        """Raises ConsentMissing where Entra gives none, Unavailable where it does not answer."""
        import requests
        from msal.exceptions import MsalError

        try:
            app = self._application()
            answer = app.acquire_token_for_client([f"{audience(self.settings)}/.default"])
        except (requests.RequestException, MsalError, ValueError) as error:
            where = Where("login", "POST", "/oauth2/v2.0/token")
            raise Unavailable(f"no token: {type(error).__name__}", where) from error
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            # MSAL would repeat a refusal from its cache for a minute, consent or not.
            self.forget()
            raise _failure(answer if isinstance(answer, dict) else {})
        return token

    def forget(self) -> None:
        """Graph refused the token: the next one comes from Entra, past every cache."""
        with self._lock:
            self._app = None

    def _application(self) -> msal.ConfidentialClientApplication:
        """Nobody waits while one is made, which takes a call; whichever was first is kept."""
        with self._lock:
            app = self._app
        if app is None:
            made = application(self.settings, self.tenant, self.session)
            with self._lock:
                app = self._app = self._app or made
        return app


class TokensLater:
    """The bound tenant's tokens, found at the first call: many looks end before one."""

    def __init__(self, find: Callable[[], GraphTokens]) -> None:
        self._find = find
        self._found: GraphTokens | None = None

    def token(self) -> str:
        return self._tokens().token()

    def forget(self) -> None:
        self._tokens().forget()

    def _tokens(self) -> GraphTokens:
        if self._found is None:
            self._found = self._find()
        return self._found


def audience(settings: Settings) -> str:
    """National clouds have their own; a stand-in on loopback speaks for the global one."""
    url = settings.graph_url
    return url if url.startswith("https://") else "https://graph.microsoft.com"


def application(
    settings: Settings,
    tenant: TenantId,
    session: Callable[[], requests.Session],
    **options: Any,
) -> msal.ConfidentialClientApplication:
    """A fresh one, whose caches are empty. It reads the tenant's discovery: raises ValueError."""
    import msal

    login = urlsplit(settings.login_url)
    return msal.ConfidentialClientApplication(
        settings.microsoft_client_id,
        client_credential=_credential(settings),
        authority=f"https://{login.netloc}/{tenant}",
        http_client=PlainLoopback(session, settings.login_url),
        instance_discovery=False,
        **options,
    )


def _credential(settings: Settings) -> object:
    if settings.microsoft_federated_client_id:
        return {"client_assertion": _federated(settings.microsoft_federated_client_id)}
    if settings.microsoft_certificate:
        return _certificate(settings.microsoft_certificate)
    if settings.microsoft_certificate_path:
        return {
            "private_key_pfx_path": settings.microsoft_certificate_path,
            "public_certificate": True,
        }
    return settings.microsoft_client_secret


def _certificate(setting: str) -> dict[str, str]:
    """MSAL reads a PFX from a file only. Raises CertificateUnreadable."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        pkcs12,
    )

    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(base64.b64decode(setting), None)
    except ValueError:
        key = certificate = None
    # Entra takes signatures by RSA alone.
    if not isinstance(key, RSAPrivateKey) or certificate is None:
        where = Where("login", "POST", "/oauth2/v2.0/token")
        text = (
            "MICROSOFT_CLIENT_CERTIFICATE is no PFX in base64 with an RSA key, without a password"
        )
        raise CertificateUnreadable(text, where)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM)
    return {"private_key": private.decode(), "public_certificate": public.decode()}


def _federated(client_id: str) -> Callable[[], str]:
    """The application trusts a managed identity; no secret is kept anywhere."""

    def assertion() -> str:
        from azure.identity import ManagedIdentityCredential

        credential = ManagedIdentityCredential(client_id=client_id)
        return str(credential.get_token("api://AzureADTokenExchange/.default").token)

    return assertion


def _failure(answer: Mapping[str, Any]) -> ConsentMissing | Unavailable:
    where = Where(
        "login", "POST", "/oauth2/v2.0/token", 400, str(answer.get("correlation_id") or "")
    )
    text = str(answer.get("error_description") or answer.get("error") or "no token")
    first_line = text.splitlines()[0][:300] if text else "no token"
    if answer.get("error") in ("temporarily_unavailable", "server_error"):
        return Unavailable(first_line, where)
    return ConsentMissing(first_line, where)
