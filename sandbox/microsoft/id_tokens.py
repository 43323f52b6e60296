"""Id_tokens: claims, signature, keys; and on request one that is wrong in a named way.

Sources: pages "ID token claims reference", "Signing key rollover"; RFC 7515, 7517.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args
from uuid import NAMESPACE_URL, uuid5

from sandbox.microsoft.apps import Code
from sandbox.microsoft.roles import GLOBAL_ADMINISTRATOR, ORDINARY_USER
from sandbox.microsoft.state import User

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LIFETIME = 3600
STRANGER = "0ddba11e-5a4d-4000-8000-0000e8a3b1e5"
_FOREIGN_KEY = 1_000_000

Spoil = Literal[
    "alg_none",
    "public_key_as_secret",
    "other_key",
    "unknown_key",
    "altered",
    "audience",
    "issuer",
    "issuer_v1",
    "tenant",
    "other_tenant",
    "no_tenant",
    "expired",
    "not_yet",
    "no_expiry",
    "nonce",
    "no_nonce",
    "no_object_id",
    "no_token",
]
SPOILS: tuple[Spoil, ...] = get_args(Spoil)
"""tenant: tid alone. other_tenant: tid and issuer. altered: made an administrator
after signing."""


def claims(code: Code, user: User, *, issuer: str, now: float, wids: bool) -> dict[str, Any]:
    """What Entra says of somebody; with no scope `profile`, only that it is the same one."""
    moment = int(now)
    # Entra counts from five minutes ago.
    said: dict[str, Any] = {
        "aud": code.client_id,
        "iss": issuer,
        "iat": moment - 300,
        "nbf": moment - 300,
        "exp": moment + LIFETIME,
        "sub": _pairwise(code),
        "tid": code.tenant_id,
        "uti": _pairwise(code)[:22],
        "ver": "2.0",
    }
    if code.nonce:
        said["nonce"] = code.nonce
    if "profile" in code.scopes:
        said |= {
            "name": user.display_name,
            "oid": user.object_id,
            "preferred_username": user.mail,
        }
    if wids:
        ordinary = [] if user.user_type == "Guest" else [ORDINARY_USER]
        said["wids"] = [*user.roles, *ordinary]
    return said


def issue(said: dict[str, Any], number: int, spoil: Spoil | None) -> str:
    """Signed with the key of that number; "" for no token at all."""
    if spoil == "no_token":
        return ""
    signer = _FOREIGN_KEY if spoil in ("other_key", "unknown_key") else number
    kid = key_id(signer if spoil == "unknown_key" else number)
    header = {"typ": "JWT", "alg": "RS256", "kid": kid}
    said = _spoiled(said, spoil)
    if spoil == "alg_none":
        return f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(said)}."
    if spoil == "public_key_as_secret":
        signed = f"{_part({**header, 'alg': 'HS256'})}.{_part(said)}"
        digest = hmac.new(_public_pem(number), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{encoded(digest)}"
    signed = f"{_part(header)}.{_part(said)}"
    signature = encoded(_signature(signer, signed.encode()))
    if spoil == "altered":
        signed = f"{_part(header)}.{_part({**said, 'wids': [GLOBAL_ADMINISTRATOR]})}"
    return f"{signed}.{signature}"


def key_id(number: int) -> str:
    return encoded(hashlib.sha256(_public_pem(number)).digest()[:20])


def public_key(number: int) -> dict[str, str]:
    """As a JWK."""
    numbers = _key(number).public_key().public_numbers()
    kid = key_id(number)
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "x5t": kid,
        "n": _integer(numbers.n),
        "e": _integer(numbers.e),
    }


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _spoiled(said: dict[str, Any], spoil: Spoil | None) -> dict[str, Any]:
    other = said["iss"].replace(said["tid"], STRANGER)
    changes: dict[str, dict[str, Any]] = {
        "audience": {"aud": STRANGER},
        "issuer": {"iss": other},
        "issuer_v1": {"iss": f"https://sts.windows.net/{said['tid']}/"},
        "tenant": {"tid": STRANGER},
        "other_tenant": {"tid": STRANGER, "iss": other},
        "no_tenant": {"tid": None},
        "expired": {name: said[name] - 2 * LIFETIME for name in ("iat", "nbf", "exp")},
        "not_yet": {name: said[name] + 2 * LIFETIME for name in ("iat", "nbf", "exp")},
        "no_expiry": {"exp": None},
        "nonce": {"nonce": "of-another-sign-in"},
        "no_nonce": {"nonce": None},
        "no_object_id": {"oid": None},
    }
    merged = {**said, **changes.get(spoil or "", {})}
    return {name: value for name, value in merged.items() if value is not None}


def _pairwise(code: Code) -> str:
    """The same person is somebody else for another app."""
    whose = f"{code.client_id} {code.tenant_id} {code.object_id}"
    return encoded(uuid5(NAMESPACE_URL, whose).bytes + hashlib.sha256(whose.encode()).digest())


@cache
def _key(number: int) -> RSAPrivateKey:
    """Made when first needed, and for this process only: what it signs is worth nothing after."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _public_pem(number: int) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return (
        _key(number)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _signature(number: int, signed: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return _key(number).sign(signed, padding.PKCS1v15(), hashes.SHA256())


def _part(content: dict[str, Any]) -> str:
    return encoded(json.dumps(content, separators=(",", ":")).encode())


def _integer(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
