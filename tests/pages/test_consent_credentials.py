"""Every kind of credential that the app may have at Microsoft, and every place it may be."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.adapter import CloudAdapter
from sandbox.kit import Cloud
from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from tests.journeys.stage import Stage
from tests.pages.steps import consent, press_authorize, sign_in
from tests.pages.visitor import Visitor


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


@pytest.fixture
def certificate() -> bytes:
    return pfx(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def pfx(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """As Key Vault hands it out."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Groups")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, began, began.replace(2030))
    signed = made.sign(key, hashes.SHA256())
    return pkcs12.serialize_key_and_certificates(b"app", key, signed, None, NoEncryption())


def test_a_sign_in_by_certificate_works_as_by_secret(
    stage: Stage, admin: Visitor, global_admin: User, certificate: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "app.pfx"
    file.write_bytes(certificate)
    stage.redeploy(microsoft_certificate_path=str(file), microsoft_client_secret="")

    assert consent(admin, global_admin).path == "/authorized"


def test_a_certificate_may_stand_in_a_setting(
    stage: Stage, admin: Visitor, global_admin: User, certificate: bytes
) -> None:
    """In Azure there is no file: the setting refers to the vault's certificate."""
    setting = base64.b64encode(certificate).decode()
    stage.redeploy(microsoft_certificate=setting, microsoft_client_secret="")

    assert consent(admin, global_admin).path == "/authorized"


@pytest.mark.parametrize("kind", ["text", "no PFX", "elliptic"])
def test_a_certificate_that_cannot_be_used_is_told_as_such(
    stage: Stage, admin: Visitor, kind: str
) -> None:
    """Entra takes signatures by RSA alone, and a vault makes others as well."""
    curve = pfx(ec.generate_private_key(ec.SECP256R1()))
    raw = {"text": b"", "no PFX": b"no PFX", "elliptic": curve}[kind]
    setting = base64.b64encode(raw).decode() or "no base64 at all"
    stage.redeploy(microsoft_certificate=setting, microsoft_client_secret="")

    page = press_authorize(admin)
    admin.get("/prerequisites")
    checked = admin.press("Re-check all")

    assert "MICROSOFT_CLIENT_CERTIFICATE" in page.text
    assert "MICROSOFT_CLIENT_CERTIFICATE" in checked.text
    assert setting not in page.body + checked.body


class LoopbackVisitor(Visitor):
    """Whose browser finds Microsoft's stand-in on this machine."""

    def _cloud(self, url: str) -> Cloud:
        at_microsoft = urlsplit(url).netloc == "127.0.0.1:8403"
        return self.stage.microsoft.login if at_microsoft else super()._cloud(url)


def test_a_stand_in_on_loopback_is_reached_by_plain_http(stage: Stage, global_admin: User) -> None:
    plain, session = "http://127.0.0.1:8403", stage.wiring.session

    def reaching() -> requests.Session:
        made = session()
        made.mount(plain, CloudAdapter(stage.microsoft.login))
        return made

    stage.redeploy(reaching, login_url=plain)
    visitor = LoopbackVisitor(stage)
    sign_in(visitor, stage.admin)

    assert consent(visitor, global_admin).path == "/authorized"
    asked = [page.url for page in visitor.history if "8403" in page.url]
    assert all(url.startswith(plain) for url in asked)


class ManagedIdentity:
    """The endpoint at which App Service gives an app the tokens of its identities."""

    def __enter__(self) -> ManagedIdentity:
        self.asked = asked = list[str]()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                token = {"access_token": "assertion", "expires_on": "1999999999"}
                body = json.dumps({**token, "resource": "x", "token_type": "Bearer"}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/msi/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_federated_identity_signs_in_by_its_assertion(
    stage: Stage, admin: Visitor, global_admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ManagedIdentity() as identity:
        monkeypatch.setenv("IDENTITY_ENDPOINT", identity.url)
        monkeypatch.setenv("IDENTITY_HEADER", "here")
        stage.redeploy(microsoft_federated_client_id=str(uuid4()), microsoft_client_secret="")

        assert consent(admin, global_admin).path == "/authorized"
    assert identity.asked
