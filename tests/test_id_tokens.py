"""An id_token proves who signed in, or it proves nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from shared.id_tokens import LEEWAY, BadIdToken, verify

# Far from the machine's own clock on purpose.
NOW = 1_790_000_000.0
ISSUER = "https://idbroker.webex.com/idb"
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "3f1c2b1a-0000-4000-8000-000000000001",
    "aud": "us",
    "exp": NOW + 3600,
    "iat": NOW,
    "nonce": "the nonce",
}


@cache
def private(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def jwk(name: str = "ours", **other: Any) -> dict[str, Any]:
    raw = jwt.algorithms.RSAAlgorithm.to_jwk(private(name).public_key(), as_dict=True)
    return {"kid": name, "kty": "RSA", "n": raw["n"], "e": raw["e"], "use": "sig", **other}


def signed(claims: Mapping[str, Any], key: str = "ours", kid: str | None = None) -> str:
    """Without the checks by which a library keeps its callers from odd claims."""
    raw = json.dumps(claims).encode()
    return jwt.PyJWS().encode(raw, private(key), "RS256", headers={"kid": kid or key})


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def check(token: str, keys: Mapping[str, Any] | None = None, now: float = NOW) -> dict[str, Any]:
    return verify(
        token,
        keys if keys is not None else {"keys": [jwk()]},
        issuers=[ISSUER],
        audience="us",
        nonce="the nonce",
        now=now,
    )


def refused(token: str, keys: Mapping[str, Any] | None = None, now: float = NOW) -> str:
    with pytest.raises(BadIdToken) as caught:
        check(token, keys, now)
    return caught.value.code


def test_a_good_token_tells_its_claims() -> None:
    claims = check(signed(GOOD))

    assert claims["sub"] == GOOD["sub"]


def test_the_key_is_chosen_by_its_id() -> None:
    keys = {"keys": [jwk("older"), {"kid": "ec", "kty": "EC"}, "no key", jwk()]}

    assert check(signed(GOOD), keys)["sub"] == GOOD["sub"]


def test_a_token_without_signature_is_refused() -> None:
    header, claims = part({"alg": "none", "kid": "ours"}), part(GOOD)

    assert refused(f"{header}.{claims}.") == "algorithm"
    assert refused(f"{part({'alg': 'None', 'kid': 'ours'})}.{claims}.") == "algorithm"
    assert refused(f"{part({'alg': 'RS256', 'kid': 'ours'})}.{claims}.") == "signature"


def test_hmac_under_our_provider_s_public_key_is_refused() -> None:
    public = private("ours").public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = f"{part({'alg': 'HS256', 'kid': 'ours'})}.{part(GOOD)}"
    forged = f"{text}.{part(hmac.new(pem, text.encode(), hashlib.sha256).digest())}"

    assert refused(forged) == "algorithm"


def test_a_shared_secret_among_the_keys_is_no_key() -> None:
    keys = {"keys": [{"kid": "ours", "kty": "oct", "k": part(b"k" * 32)}]}

    assert refused(signed(GOOD), keys) == "unknown_key"


def test_another_s_key_is_refused() -> None:
    assert refused(signed(GOOD, "stranger")) == "unknown_key"
    assert refused(signed(GOOD, "stranger", kid="ours")) == "signature"


def test_a_key_for_encryption_signs_nothing() -> None:
    assert refused(signed(GOOD), {"keys": [jwk(use="enc")]}) == "unknown_key"


@pytest.mark.parametrize("keys", [{}, {"keys": None}, {"keys": []}, {"keys": [{}]}])
def test_without_keys_nothing_is_proven(keys: dict[str, Any]) -> None:
    assert refused(signed(GOOD), keys) == "unknown_key"


def test_a_token_that_names_no_key_is_refused() -> None:
    token = jwt.encode(GOOD, private("ours"), "RS256")

    assert refused(token, {"keys": [jwk()]}) == "unknown_key"


def test_a_critical_header_that_nobody_knows_is_refused() -> None:
    token = jwt.encode(
        GOOD, private("ours"), "RS256", headers={"kid": "ours", "crit": ["new"], "new": 1}
    )

    assert refused(token) == "malformed"


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_a_claim_that_must_be_there_is_missed(name: str) -> None:
    without = {k: v for k, v in GOOD.items() if k != name}

    assert refused(signed(without)) == "claim_missing"


@pytest.mark.parametrize(
    "issuer", ["https://idbroker.webex.com/idb/", "https://idbroker.webex.com", "", "x"]
)
def test_another_issuer_is_refused(issuer: str) -> None:
    assert refused(signed(GOOD | {"iss": issuer})) in ("issuer", "claim_missing")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "them"},
        {"aud": "us2"},
        {"aud": ["them"]},
        {"aud": ["us", "them"]},
        {"aud": ["us", "them"], "azp": "them"},
        {"aud": "us", "azp": "them"},
        {"aud": {"us": 1}},
        {"aud": 5},
    ],
)
def test_a_token_for_somebody_else_is_refused(claims: dict[str, Any]) -> None:
    assert refused(signed(GOOD | claims)) == "audience"


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["us"]}, {"aud": "us", "azp": "us"}, {"aud": ["them", "us"], "azp": "us"}],
)
def test_a_token_that_was_issued_to_us_is_taken(claims: dict[str, Any]) -> None:
    assert check(signed(GOOD | claims))["sub"] == GOOD["sub"]


@pytest.mark.parametrize("nonce", ["the nonce ", "THE NONCE", "nonce", "öäå", 5, ["the nonce"]])
def test_a_swapped_nonce_is_refused(nonce: object) -> None:
    assert refused(signed(GOOD | {"nonce": nonce})) == "nonce"


def test_no_nonce_sent_out_means_no_token_taken() -> None:
    with pytest.raises(BadIdToken):
        verify(signed(GOOD), {"keys": [jwk()]}, issuers=[ISSUER], audience="us", nonce="", now=NOW)


def test_times_are_judged_by_our_clock_with_five_minutes_of_patience() -> None:
    token = signed(GOOD)

    assert check(token, now=NOW + 3600 + LEEWAY - 1)
    assert refused(token, now=NOW + 3600 + LEEWAY) == "expired"
    assert check(token, now=NOW - LEEWAY)
    assert refused(token, now=NOW - LEEWAY - 1) == "not_yet"
    assert refused(signed(GOOD | {"nbf": NOW + LEEWAY + 1})) == "not_yet"
    assert abs(time.time() - NOW) > LEEWAY


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["1790003600", True, [1], {"a": 1}, float("nan"), float("inf")])
def test_a_time_that_is_no_number_is_refused(name: str, value: object) -> None:
    assert refused(signed(GOOD | {name: value})) == "malformed"


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "a.b.c.d", "." * 40, "é.é.é"])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert refused(text) == "malformed"


def test_an_endless_token_is_not_even_read() -> None:
    assert refused(signed(GOOD | {"more": "x" * 20_000})) == "malformed"


def test_claims_that_are_no_object_are_refused() -> None:
    token = jwt.PyJWS().encode(b'["sub"]', private("ours"), "RS256", headers={"kid": "ours"})

    assert refused(token) == "malformed"


def test_one_changed_character_anywhere_is_refused() -> None:
    token = signed(GOOD)
    for at in range(0, len(token), 7):
        other = "A" if token[at] != "A" else "B"
        changed = token[:at] + other + token[at + 1 :]

        assert refused(changed)


@given(st.text(max_size=200))
def test_whatever_text_comes_the_answer_is_a_refusal(text: str) -> None:
    assert refused(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(GOOD)), json_values)
def test_a_changed_claim_is_refused_in_our_own_words_or_taken_rightly(
    name: str, value: object
) -> None:
    token = signed(GOOD | {name: value})
    try:
        claims = check(token)
    except BadIdToken:
        return

    assert claims["iss"] == ISSUER
    assert claims["nonce"] == "the nonce"
    assert claims["aud"] in ("us", ["us"])
    assert isinstance(claims["sub"], str)


@given(json_values, json_values)
def test_whatever_header_comes_the_answer_is_a_refusal(alg: object, kid: object) -> None:
    token = f"{part({'alg': alg, 'kid': kid})}.{part(GOOD)}.{part(b'signature')}"

    assert refused(token)
