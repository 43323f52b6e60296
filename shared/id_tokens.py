"""Who signed in, by an id_token that we verify ourselves. No I/O: keys and time are arguments.

PyJWT checks the signature; it would read the machine's own clock, so times are checked here.
Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Container, Mapping
from typing import Any

LEEWAY = 5 * 60
_ALGORITHM = "RS256"
_LONGEST = 16 * 1024
_REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class BadIdToken(Exception):
    """The token proves nothing.

    code: malformed, algorithm, unknown_key, signature, claim_missing, issuer, audience, nonce,
    expired or not_yet. After `unknown_key` the keys are worth reading again, once.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def verify(
    token: str,
    keys: Mapping[str, Any],
    *,
    issuers: Container[str],
    audience: str,
    nonce: str,
    now: float,
) -> dict[str, Any]:
    """The claims. keys: a JWK set as the provider serves it; now: seconds. Raises BadIdToken.

    issuers: compared as a whole, never a part. `sub` is text that is not empty; a tenant or role
    is the caller's to check.
    """
    claims = _signed(token, keys)
    if any(claims.get(name) in (None, "") for name in _REQUIRED):
        raise BadIdToken("claim_missing")
    # A bare string would be searched for parts of itself.
    if isinstance(issuers, str) or claims["iss"] not in issuers:
        raise BadIdToken("issuer")
    if not _is_for(audience, claims):
        raise BadIdToken("audience")
    if not (nonce and hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode())):
        raise BadIdToken("nonce")
    _check_times(claims, now)
    if not isinstance(claims["sub"], str):
        raise BadIdToken("malformed")
    return claims


def _signed(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    import jwt

    header = _header(token)
    # The algorithm is ours to choose: `none`, or HMAC under the public key, must not be the
    # token's (https://www.rfc-editor.org/rfc/rfc8725#section-3.1).
    if header.get("alg") != _ALGORITHM:
        raise BadIdToken("algorithm")
    # All of PyJWT's own rules for claims are off; `verify` has stricter ones.
    options: Any = {"verify_signature": True, "enforce_minimum_key_length": True}
    options |= dict.fromkeys(
        ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False
    )
    options |= dict.fromkeys(("verify_sub", "verify_jti"), False)
    try:
        claims = jwt.decode(
            token, _key(keys, header.get("kid")), algorithms=[_ALGORITHM], options=options
        )
    except (jwt.InvalidSignatureError, jwt.InvalidKeyError) as error:
        raise BadIdToken("signature") from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadIdToken("malformed") from error
    return dict(claims)


def _header(token: str) -> dict[str, Any]:
    import jwt

    if not 0 < len(token) <= _LONGEST:
        raise BadIdToken("malformed")
    try:
        return dict(jwt.get_unverified_header(token))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadIdToken("malformed") from error


def _key(keys: Mapping[str, Any], kid: object) -> Any:
    """The RSA key that the token names."""
    import jwt

    for key in keys.get("keys") or ():
        if not isinstance(key, dict) or not kid or key.get("kid") != kid:
            continue
        if key.get("kty") != "RSA" or key.get("use", "sig") != "sig":
            continue
        try:
            return jwt.PyJWK(key, _ALGORITHM)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadIdToken("unknown_key") from error
    raise BadIdToken("unknown_key")


def _is_for(audience: str, claims: Mapping[str, Any]) -> bool:
    """We are the only one it is for, or the one of several that it was issued to (azp)."""
    given, party = claims["aud"], claims.get("azp")
    several = given if isinstance(given, list) else [given]
    if audience not in several or (len(several) > 1 and party is None):
        return False
    return party is None or party == audience


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    moments = [claims["exp"], claims["iat"], claims.get("nbf", claims["iat"])]
    if not all(_is_moment(moment) for moment in moments):
        raise BadIdToken("malformed")
    expires, issued, begins = moments
    if expires + LEEWAY <= now:
        raise BadIdToken("expired")
    if max(issued, begins) > now + LEEWAY:
        raise BadIdToken("not_yet")


def _is_moment(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
