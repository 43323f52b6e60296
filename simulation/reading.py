"""What a call or a line of the log says, in short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.webex.ids import decode

# What the address of a space's linked folder contains.
LINKS = "/linkedFolders"


def room_in(url: str, body: Any) -> str:
    """The uuid of the room that a call to Webex is about, "" for none."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("roomId", [""])[0]
    if not named and "/rooms/" in parts.path:
        named = unquote(parts.path.rpartition("/")[2])
    if not named and body and b"roomId" in (body if isinstance(body, bytes) else body.encode()):
        named = str(json.loads(body).get("roomId") or "")
    found = decode(named) if named else None
    return found.key if found else ""


def short(facts: Mapping[str, object]) -> str:
    parts = (f"{k}={str(v)[:80]}" for k, v in facts.items() if v not in ("", None))
    return " ".join(parts)
