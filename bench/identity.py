"""An account that a managed identity opens, as in Azure: the emulator over https, where it takes
tokens, and a stand-in for the platform's endpoint that gives them.

Azurite looks at the claims of a token, not at who signed it.
https://github.com/Azure/Azurite#oauth-configuration,
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

import datetime
import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sandbox.clouds import world
from sandbox.clouds.server import LOOPBACK, Server
from sandbox.kit import Request, Response
from sandbox.storage import ACCOUNT, Azurite, Certificate

if TYPE_CHECKING:
    from azure.data.tables import TableServiceClient

IDENTITY = "5a4dbc05-9000-4000-8000-000000000001"
_AUDIENCE = "https://storage.azure.com"
_SECONDS = 86_400


@dataclass(frozen=True)
class Account:
    """settings: of the app and its platform. authorities: all that a process trusts.

    open_tables: by the account's key, for whoever is not measured.
    """

    settings: dict[str, str]
    authorities: Path
    open_tables: Callable[[], TableServiceClient]


@contextmanager
def account() -> Iterator[Account]:
    """Raises SetupError."""
    with TemporaryDirectory() as folder:
        certificate = certify(Path(folder))
        authorities = Path(folder) / "authorities.pem"
        authorities.write_bytes(_usual() + certificate.public.read_bytes())
        giving = Server(_give_token)
        giving.start()
        try:
            with Azurite.start(certificate=certificate) as storage:
                yield Account(
                    _settings(storage, giving.url), authorities, _by_key(storage, authorities)
                )
        finally:
            giving.stop()


def _settings(storage: Azurite, identity: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": "",
        "AzureWebJobsStorage__tableServiceUri": storage.endpoint("Table"),
        "AzureWebJobsStorage__clientId": IDENTITY,
        "IDENTITY_ENDPOINT": f"{identity}/msi/token",
        "IDENTITY_HEADER": "bench",
    }


def _by_key(storage: Azurite, authorities: Path) -> Callable[[], TableServiceClient]:
    def opened() -> TableServiceClient:
        from azure.data.tables import TableServiceClient

        return TableServiceClient.from_connection_string(
            storage.connection_string, connection_verify=str(authorities)
        )

    return opened


def _give_token(request: Request) -> Response:
    """Times are the machine's: the emulator compares them with its own."""
    import jwt

    if request.header("x-identity-header") != "bench" or request.arg("client_id") != IDENTITY:
        return Response(400, {"statusCode": 400, "message": "no such identity"})
    now = int(time.time())
    claims = {
        "aud": _AUDIENCE,
        "iss": f"https://sts.windows.net/{world.TENANT}/",
        "iat": now - 300,
        "nbf": now - 300,
        "exp": now + _SECONDS,
        "appid": IDENTITY,
    }
    return Response(
        200,
        {
            "access_token": jwt.encode(claims, "nobody looks at the signature" * 2, "HS256"),
            "client_id": IDENTITY,
            "expires_on": str(now + _SECONDS),
            "resource": request.arg("resource"),
            "token_type": "Bearer",
        },
    )


def _usual() -> bytes:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return Path(DEFAULT_CA_BUNDLE_PATH).read_bytes()


def certify(folder: Path) -> Certificate:
    """For this machine's loopback address, for a day; it signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"bench {ACCOUNT}")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = Certificate(folder / "azurite.pem", folder / "azurite.key")
    certificate.public.write_bytes(made.public_bytes(Encoding.PEM))
    certificate.private.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return certificate
