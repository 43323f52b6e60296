"""The token that says who signed in, signed by its issuer or by somebody else."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from fuzz import values
from fuzz.kept import spoil, spoilings
from fuzz.target import Target, pure
from shared.id_tokens import LEEWAY, BadIdToken, verify

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

NOW = 1_790_000_000
_ISSUER = "https://login.microsoftonline.com/t/v2.0"
_AUDIENCE = "our-client"
_NONCE = "n" * 43
_moments = st.one_of(
    st.integers(NOW - 1000, NOW + 1000), st.integers(NOW - 1000, NOW + 1000).map(float)
)
_claims = values.item_of(
    {
        "iss": st.sampled_from([_ISSUER, "https://login.microsoftonline.com/other/v2.0"]),
        "aud": st.sampled_from([_AUDIENCE, "another", [_AUDIENCE], [_AUDIENCE, "another"]]),
        "sub": st.just("somebody"),
        "nonce": st.just(_NONCE),
        "exp": _moments,
        "iat": _moments,
        "nbf": _moments,
        "azp": st.sampled_from([_AUDIENCE, "another"]),
    }
)
_GOOD = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": "s", "nonce": _NONCE, "exp": NOW, "iat": NOW}
_all_claims = st.one_of(_claims, _claims.map(lambda some: _GOOD | some))
_headers = st.one_of(
    st.just({"alg": "RS256", "kid": "ours", "typ": "JWT"}),
    values.item_of(
        {
            "alg": st.sampled_from(["RS256", "none", "HS256", "RS512"]),
            "kid": st.sampled_from(["ours", "strangers"]),
        }
    ),
)
_key_sets = st.one_of(
    st.none(),
    st.none(),
    values.item_of(
        {"keys": st.lists(values.item_of({"kid": st.just("ours"), "kty": st.just("RSA")}))},
        "keys",
        "kid",
    ),
)
_tokens = st.tuples(
    _headers, _all_claims, st.sampled_from(["ours", "ours", "strangers"]), spoilings, _key_sets
)


@lru_cache(maxsize=2)
def _private(name: str) -> RSAPrivateKey:
    """A key a name, for as long as the process lives."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=1)
def _published() -> dict[str, Any]:
    from jwt.algorithms import RSAAlgorithm

    key = json.loads(RSAAlgorithm.to_jwk(_private("ours").public_key()))
    return {"keys": [key | {"kid": "ours", "use": "sig"}]}


def _signed(header: dict[str, Any], claims: dict[str, Any], signer: str) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from jwt.utils import base64url_encode

    parts = [base64url_encode(json.dumps(part).encode()) for part in (header, claims)]
    message = b".".join(parts)
    signature = _private(signer).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return b".".join([message, base64url_encode(signature)]).decode()


def _verifying(given: tuple[dict[str, Any], dict[str, Any], str, Any, Any]) -> None:
    header, claims, signer, spoiled, keys = given
    text = spoil(_signed(header, claims, signer), spoiled)
    try:
        found = verify(
            text,
            _published() if keys is None else keys,
            issuers=[_ISSUER],
            audience=_AUDIENCE,
            nonce=_NONCE,
            now=NOW,
        )
    except BadIdToken:
        return
    assert signer == "ours" and keys is None
    assert header.get("alg") == "RS256" and header.get("kid") == "ours"
    assert json.dumps(found) == json.dumps(claims)
    assert found["iss"] == _ISSUER and found["nonce"] == _NONCE
    assert _AUDIENCE in found["aud"] and found.get("azp") in (None, _AUDIENCE)
    assert found["iat"] - LEEWAY <= NOW < found["exp"] + LEEWAY


TARGETS: tuple[Target, ...] = (pure("id-tokens", _tokens, _verifying, 0.05, 40),)
