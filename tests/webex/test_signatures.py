"""X-Spark-Signature and X-Webex-Signature over the raw bytes."""

from __future__ import annotations

import ast
import hashlib
import hmac
import inspect
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.webex import protocol
from shared.webex.protocol import is_signed, verified_by

BODY = b"The quick brown fox jumps over the lazy dog"
SECRET = "key"
# Published test vectors: https://en.wikipedia.org/wiki/HMAC#Examples
SHA1 = "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"
SHA256 = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
SHA512 = (
    "b42af09057bac1e2d41708e48a902e09b5ff7f12ab428a4fe86653c73dd248fb"
    "82f948a549f7b791a5b41915ee4d1ec3935357e4e2317250d0372afa2ebeeb3a"
)


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ({"x-spark-signature": SHA1}, "sha-1"),
        ({"x-spark-signature": SHA1.upper()}, "sha-1"),
        ({"x-spark-signature": f" {SHA1} "}, "sha-1"),
        ({"x-webex-signature": f"SHA-256={SHA256}"}, "sha-256"),
        ({"x-webex-signature": f"sha256={SHA256}"}, "sha-256"),
        ({"x-webex-signature": f"SHA-512={SHA512}"}, "sha-512"),
        ({"x-webex-signature": f"SHA-256={SHA256}, SHA-512={SHA512}"}, "sha-256"),
        ({"x-webex-signature": f"SHA-512={SHA512.upper()},SHA-256={SHA256}"}, "sha-512"),
        ({"x-webex-signature": f"SHA-256={'0' * 64}, SHA-512={SHA512}"}, "sha-512"),
        ({"x-webex-signature": f"SHA-3={SHA256}, SHA-256={SHA256}"}, "sha-256"),
        ({"x-webex-signature": "SHA-999=00", "x-spark-signature": SHA1}, "sha-1"),
        ({"x-webex-signature": f"SHA-256={'0' * 64}", "x-spark-signature": SHA1}, "sha-1"),
        ({"x-webex-signature": f"SHA-256={SHA256}", "x-spark-signature": "0" * 40}, "sha-256"),
    ],
)
def test_any_recognised_signature_suffices(headers: Mapping[str, str], scheme: str) -> None:
    assert verified_by(BODY, headers, SECRET) == scheme


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-spark-signature": ""},
        {"x-spark-signature": SHA1[:-1]},
        {"x-spark-signature": SHA1 + "0"},
        {"x-spark-signature": SHA256},
        {"x-spark-signature": f"sha1={SHA1}"},
        {"x-spark-signature": "Å" * 40},
        {"x-spark-signature": f"{SHA1}, {SHA1}"},
        {"x-webex-signature": ""},
        {"x-webex-signature": SHA256},
        {"x-webex-signature": f"SHA-1={SHA1}"},
        {"x-webex-signature": f"SHA-256={SHA512}"},
        {"x-webex-signature": f"SHA-512={SHA256}"},
        {"x-webex-signature": f"SHA-256={SHA256[:32]}"},
        {"x-webex-signature": "SHA-256="},
        {"x-webex-signature": "=,=,="},
        {"x-webex-signature": f"SHA-256={'é' * 64}"},
        {"x-webex-signature": f"SHA-256=\u212a{SHA256[1:]}"},
    ],
)
def test_anything_else_does_not_verify(headers: Mapping[str, str]) -> None:
    assert verified_by(BODY, headers, SECRET) is None


@pytest.mark.parametrize(
    ("body", "secret"),
    [(BODY + b" ", SECRET), (BODY[:-1], SECRET), (b"", SECRET), (BODY, "kex"), (BODY, "")],
)
def test_another_body_or_secret_does_not_verify(body: bytes, secret: str) -> None:
    headers = {"x-spark-signature": SHA1, "x-webex-signature": f"SHA-256={SHA256}"}

    assert verified_by(body, headers, secret) is None


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_header_is_judged_without_an_error(spark: str, webex: str) -> None:
    headers = {"x-spark-signature": spark, "x-webex-signature": webex}

    assert verified_by(BODY, headers, SECRET) is None


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40))
def test_the_raw_bytes_are_signed_whatever_they_are(body: bytes, secret: str) -> None:
    key = secret.encode("utf-8", "replace").decode()
    given_ = hmac.new(key.encode(), body, hashlib.sha512).hexdigest()

    assert verified_by(body, {"x-webex-signature": f"SHA-512={given_}"}, key) == "sha-512"


def test_comparisons_take_constant_time() -> None:
    """No digest is compared with == or `in`; only hmac.compare_digest sees both sides."""
    tree = ast.parse(inspect.getsource(protocol.verified_by))
    calls = [
        n.func.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ]

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert calls.count("compare_digest") == 2


def test_signed_means_that_there_is_a_signature_to_judge() -> None:
    assert is_signed({"x-spark-signature": "x"})
    assert is_signed({"x-webex-signature": "x"})
    assert not is_signed({"x-spark-signature": ""})
    assert not is_signed({})
