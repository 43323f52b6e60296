from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from shared.core.keyring import BadKeyring, Keyring, parse_keyring, webhook_secret

OLD, NEW = b"o" * 32, b"n" * 32
RING = f"v2:{base64.b64encode(NEW).decode()}, v1:{base64.b64encode(OLD).decode()}"


def test_the_first_key_is_the_newest() -> None:
    ring = parse_keyring(RING)

    assert ring.newest == "v2"
    assert dict(ring.keys) == {"v2": NEW, "v1": OLD}


def test_derivation_is_hkdf_sha256() -> None:
    expected = HKDF(SHA256(), 32, b"webex-teams-to-groups", b"webhook|org").derive(NEW)

    assert parse_keyring(RING).derive("v2", "webhook", "org") == expected


def test_every_purpose_organization_and_version_has_a_key_of_its_own() -> None:
    ring = parse_keyring(RING)
    keys = [
        ring.derive(version, label, context)
        for version in ("v1", "v2")
        for label in ("webhook", "credential", "cookie")
        for context in ("", "a", "b")
    ]

    assert len(set(keys)) == len(keys)


def test_a_webhook_secret_is_the_same_every_time_and_not_the_master_key() -> None:
    ring = parse_keyring(RING)
    secret = webhook_secret(ring, "v1", "org")

    assert secret == webhook_secret(ring, "v1", "org")
    assert len(secret) == 64
    assert OLD.hex() not in secret


def test_an_unknown_version_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        parse_keyring(RING).derive("v3", "webhook")


def test_keys_are_kept_out_of_repr() -> None:
    ring = Keyring("v1", {"v1": b"verysecretverysecretverysecret!!"})

    assert "verysecret" not in repr(ring)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" , ", "empty"),
        ("hunter2", "version:base64"),
        ("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "version:base64"),
        ("v1:not base64!", "not base64"),
        ("v1:åäö", "not base64"),
        ("v1:aHVudGVyMg==", "shorter than 32"),
        ("v1:", "shorter than 32"),
        ("v/1:" + base64.b64encode(OLD).decode(), "version:base64"),
        (f"{RING},v1:{base64.b64encode(NEW).decode()}", "once"),
    ],
)
def test_an_unusable_keyring_says_why_and_shows_no_key(text: str, says: str) -> None:
    with pytest.raises(BadKeyring) as refusal:
        parse_keyring(text)

    assert says in str(refusal.value)
    assert "MASTER_KEYS" in str(refusal.value)
    for secret in ("hunter2", "c2VjcmV0", "aHVudGVyMg", base64.b64encode(OLD).decode()):
        assert secret not in str(refusal.value)


@given(st.text(max_size=80))
def test_any_text_is_a_keyring_or_refused(text: str) -> None:
    try:
        ring = parse_keyring(text)
    except BadKeyring:
        return
    assert ring.newest in ring.keys
