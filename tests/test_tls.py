"""Whom a process trusts: the same as requests does, read once."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from shared.http import new_session
from shared.tls import TrustingAdapter, context_with, trust

NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@dataclass
class Host:
    """An https server on loopback that answers everything; its certificate signs itself."""

    port: int
    certificate: Path

    def url(self, name: str = "localhost") -> str:
        return f"https://{name}:{self.port}/"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    yield from _serving(tmp_path, NAMES)


@pytest.fixture
def misnamed(tmp_path: Path) -> Iterator[Host]:
    yield from _serving(tmp_path, [x509.DNSName("other.example")])


def _serving(folder: Path, names: list[x509.GeneralName]) -> Iterator[Host]:
    certificate, key = folder / "host.pem", folder / "host.key"
    _certify(certificate, key, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=_serve, args=(listening, context), daemon=True).start()
        yield Host(listening.getsockname()[1], certificate)


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as talking:
                talking.recv(65536)
                talking.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        except OSError:
            plain.close()


def _certify(certificate: Path, key: Path, names: list[x509.GeneralName]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host")])
    now = datetime.datetime.now(datetime.UTC)
    public = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(public.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names neither proxies nor certificates."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def trusting(certificate: Path) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    context = context_with(str(certificate))
    session.mount("https://", TrustingAdapter(lambda: context))
    return session


def test_a_host_that_nobody_vouches_for_is_refused(host: Host, plain: None) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        new_session().get(host.url(), timeout=5)


def test_a_host_that_an_authority_vouches_for_is_heard(host: Host) -> None:
    session = trusting(host.certificate)

    assert session.get(host.url(), timeout=5).status_code == 204
    assert session.get(host.url("127.0.0.1"), timeout=5).status_code == 204


def test_a_certificate_of_another_name_is_refused(misnamed: Host) -> None:
    with pytest.raises(requests.exceptions.SSLError, match=r"doesn't match|mismatch"):
        trusting(misnamed.certificate).get(misnamed.url(), timeout=5)


@pytest.mark.parametrize("verify", [False, "/etc/ours.pem"])
def test_nobody_can_turn_verification_off_for_the_others(
    host: Host, verify: bool | str, plain: None
) -> None:
    with pytest.raises(requests.exceptions.InvalidURL):
        new_session().get(host.url(), timeout=5, verify=verify)

    assert trust().verify_mode is ssl.CERT_REQUIRED
    assert trust().check_hostname


def test_the_context_is_what_every_connection_had_of_its_own(plain: None) -> None:
    made, usual = trust(), create_urllib3_context()
    usual.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)

    assert trust() is made
    assert made.cert_store_stats() == usual.cert_store_stats()
    alike = ("options", "verify_flags", "verify_mode", "minimum_version", "maximum_version")
    for name in (*alike, "check_hostname", "hostname_checks_common_name"):
        assert getattr(made, name) == getattr(usual, name), name


def test_a_connection_brings_no_authorities_of_its_own_into_the_context(host: Host) -> None:
    context = context_with(str(host.certificate))
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", TrustingAdapter(lambda: context))

    session.get(host.url(), timeout=5)

    assert context.cert_store_stats()["x509"] == 1


def test_threads_connect_at_once(host: Host) -> None:
    """Each by a connection of its own, all by one context."""
    context = context_with(str(host.certificate))
    answers: list[int] = []

    def call() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", TrustingAdapter(lambda: context))
            answers.append(session.get(host.url(), timeout=10).status_code)

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [204] * 20
