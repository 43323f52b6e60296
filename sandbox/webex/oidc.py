"""OpenID Connect: discovery, keys, userinfo and id_tokens, also wrong ones.

Source: https://developer.webex.com/docs/login-with-webex. `sub` is the person's uuid; name and
e-mail come from userinfo. `iss` is an identity broker's address, never that of the API.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from sandbox.kit import Request, Response
from sandbox.webex.core import Core
from sandbox.webex.state import Person
from sandbox.webex.tokens import Caller

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LIFETIME = 3600
# The signing key, the one before it, and one that is nobody's.
CURRENT, FORMER, FOREIGN = "sandbox-2", "sandbox-1", "foreign"

Claims = dict[str, Any]
Spoil = Literal[
    "",
    "missing",
    "garbage",
    "alg_none",
    "alg_hs256",
    "other_key",
    "unknown_key",
    "wrong_iss",
    "wrong_aud",
    "other_sub",
    "wrong_nonce",
    "no_nonce",
    "expired",
    "from_the_future",
]
_OTHER = "00000000-0000-4000-8000-00000000dead"
_CHANGED: dict[str, Callable[[Claims], Claims]] = {
    "wrong_iss": lambda claims: {"iss": "https://idbroker.webex.com.example/idb"},
    "wrong_aud": lambda claims: {"aud": "another-integration"},
    "other_sub": lambda claims: {"sub": _OTHER},
    "wrong_nonce": lambda claims: {"nonce": "another-nonce"},
    "no_nonce": lambda claims: {"nonce": None},
    "expired": lambda claims: _moved(claims, -2 * LIFETIME),
    "from_the_future": lambda claims: _moved(claims, 2 * LIFETIME),
}


class Oidc:
    """`spoil`: what is wrong with the next id_token. Only that one."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._spoil: Spoil = ""

    @property
    def spoil(self) -> Spoil:
        return self._spoil

    @spoil.setter
    def spoil(self, how: Spoil) -> None:
        if how not in get_args(Spoil):
            raise ValueError(f"an id_token cannot be wrong by {how!r}")
        self._spoil = how

    def id_token(
        self, person: Person, client_id: str, nonce: str, signed_in_at: float, access_token: str
    ) -> dict[str, object]:
        """As part of a token answer; empty where it is to be missing."""
        how, self._spoil = self._spoil, ""
        if how == "missing":
            return {}
        now = int(self.core.clock.now())
        claims = {
            "iss": self.core.switches.issuer,
            "sub": person.uuid,
            "aud": client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "auth_time": int(signed_in_at),
            "jti": str(uuid.UUID(int=self.core.world.random.getrandbits(128), version=4)),
            "nonce": nonce,
            "at_hash": _half_hash(access_token),
        }
        return {"id_token": _signed(claims, how)}

    # Calls

    def discovery(self, request: Request) -> Response:
        base = f"{request.base_url}/v1"
        return Response(
            200,
            {
                "issuer": self.core.switches.discovery_issuer,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/access_token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/verification",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "phone", "address"],
                "code_challenge_methods_supported": ["S256", "plain"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
            },
        )

    def keys(self, request: Request) -> Response:
        return Response(200, {"keys": [_public(name) for name in (FORMER, CURRENT)]})

    def userinfo(self, caller: Caller, request: Request) -> Response:
        caller.need_any("openid")
        person = caller.person
        first, _, last = person.name.partition(" ")
        told: Claims = {"sub": person.uuid}
        if "profile" in caller.scopes:
            told |= {"name": person.name, "given_name": first, "family_name": last}
            told |= {"preferred_username": person.email}
        if "email" in caller.scopes:
            told |= {"email": person.email, "email_verified": True}
        return Response(200, told)


def _signed(claims: Claims, how: Spoil) -> str:
    import jwt

    if how == "garbage":
        return "not.a.token"
    if how == "alg_none":
        return jwt.encode(claims, "", algorithm="none")
    if how == "alg_hs256":
        # With what everybody knows, the public key, as the secret.
        return jwt.encode(claims, _public(CURRENT)["n"], "HS256", headers={"kid": CURRENT})
    claims = claims | _CHANGED[how](claims) if how in _CHANGED else claims
    present = {name: value for name, value in claims.items() if value is not None}
    signer = FOREIGN if how in ("other_key", "unknown_key") else CURRENT
    kid = FOREIGN if how == "unknown_key" else CURRENT
    return jwt.encode(present, _key(signer), "RS256", headers={"kid": kid})


@cache
def _key(name: str) -> RSAPrivateKey:
    """Made when first needed, and the same for every cloud in this process."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public(name: str) -> dict[str, str]:
    from jwt.algorithms import RSAAlgorithm

    jwk = RSAAlgorithm.to_jwk(_key(name).public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": jwk["n"], "e": jwk["e"]}


def _moved(claims: Claims, seconds: int) -> Claims:
    return {name: claims[name] + seconds for name in ("iat", "exp", "auth_time")}


def _half_hash(access_token: str) -> str:
    """OpenID Connect Core §3.1.3.6."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).decode().rstrip("=")
