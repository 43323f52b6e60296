"""The keyring: every secret of ours is derived from a master key, each under its own label.

`MASTER_KEYS` is "version:base64,version:base64", newest first. A derived key says nothing about
its master nor about its siblings (HKDF-SHA256, RFC 5869).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_VERSION = re.compile(r"[A-Za-z0-9]{1,16}")


class BadKeyring(ValueError):
    """MASTER_KEYS cannot be used; the message says why and never shows a key."""


@dataclass(frozen=True)
class Keyring:
    """Master keys by version. `newest` is what new secrets are derived from."""

    newest: str
    keys: Mapping[str, bytes] = field(repr=False)

    def derive(self, version: str, label: str, context: str = "") -> bytes:
        """32 bytes for one purpose. Raises KeyError where the version is unknown."""
        master = self.keys[version]
        pseudo = hmac.digest(b"webex-teams-to-groups", master, hashlib.sha256)
        info = f"{label}|{context}".encode()
        return hmac.digest(pseudo, info + b"\x01", hashlib.sha256)


def parse_keyring(text: str) -> Keyring:
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        version, colon, encoded = entry.partition(":")
        # Without a colon the text may be the key itself: it must not be shown as a version.
        if not colon or not _VERSION.fullmatch(version) or version in keys:
            raise BadKeyring("MASTER_KEYS: each entry is version:base64, each version once.")
        keys[version] = _decode(version, encoded)
    if not keys:
        raise BadKeyring("MASTER_KEYS is empty: make a key with `openssl rand -base64 32`.")
    return Keyring(newest=next(iter(keys)), keys=keys)


def webhook_secret(keyring: Keyring, version: str, organization: str) -> str:
    """The secret that Webex signs this organization's deliveries with."""
    return keyring.derive(version, "webhook", organization).hex()


def _decode(version: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKeyring(f"MASTER_KEYS: the key of version {version} is not base64.") from error
    if len(key) < 32:
        raise BadKeyring(f"MASTER_KEYS: the key of version {version} is shorter than 32 bytes.")
    return key
