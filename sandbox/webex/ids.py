"""Webex ids: unpadded base64 of ``ciscospark://<cluster>/<TYPE>/<uuid>``.

The cluster is ``us`` or a regional one such as ``urn:TEAM:us-west-2_r``; the same space can be
named in both forms, so only uuids may be compared.
Source: https://developer.webex.com/blog/what-the-base-decoding-webex-api-ids
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s

US = "us"
REGIONAL = "urn:TEAM:us-west-2_r"
_SCHEME = "ciscospark://"
_CLUSTERS = {"us": (US,), "regional": (REGIONAL,), "mixed": (US, REGIONAL)}


@dataclass(frozen=True)
class Ref:
    """What an id says. `key` is a uuid, or two with a colon for a membership."""

    cluster: str
    kind: str
    key: str


@lru_cache(maxsize=200_000)
def encode(kind: str, key: str, cluster: str = US) -> str:
    plain = f"{_SCHEME}{cluster}/{kind}/{key}".encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


@lru_cache(maxsize=200_000)
def decode(value: str) -> Ref | None:
    """The parts of an id in either cluster form, padded or not; None for anything else."""
    try:
        padded = value.replace("+", "-").replace("/", "_").rstrip("=")
        plain = base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    if not plain.startswith(_SCHEME):
        return None
    parts = plain.removeprefix(_SCHEME).rsplit("/", 2)
    if len(parts) != 3 or not all(parts):
        return None
    return Ref(parts[0], parts[1], parts[2].lower())


def key_of(value: object, *kinds: str) -> str:
    """The uuid inside an id of one of these kinds, or an empty string."""
    ref = decode(value) if isinstance(value, str) else None
    return ref.key if ref and ref.kind in kinds else ""


def bare(uuid: str) -> str:
    """Base64 of a uuid alone, as some deliveries carry the organization."""
    return base64.urlsafe_b64encode(uuid.encode()).decode().rstrip("=")


@lru_cache(maxsize=100_000)
def pick_cluster(clusters: str, uuid: str, surface: str) -> str:
    """The form in which `surface` (rest, webhook, events) names a thing: stable, not equal."""
    forms = _CLUSTERS[clusters]
    # Not a checksum: those keep a fixed distance between two surfaces.
    return forms[blake2s(f"{surface}/{uuid}".encode()).digest()[0] % len(forms)]
