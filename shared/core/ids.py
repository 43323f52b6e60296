"""Names for the strings that must not be confused, and the one way to read a uuid."""

from __future__ import annotations

import re
from typing import NewType

OrgId = NewType("OrgId", str)
TenantId = NewType("TenantId", str)
TeamId = NewType("TeamId", str)
PersonId = NewType("PersonId", str)
ObjectId = NewType("ObjectId", str)
GroupId = NewType("GroupId", str)

_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f-])",
    re.IGNORECASE,
)
NIL = "00000000-0000-0000-0000-000000000000"


def parse_uuid(text: object) -> str | None:
    """The uuid that `text` is, in lower case, or None. Nothing around it is tolerated."""
    if not isinstance(text, str):
        return None
    match = _UUID.fullmatch(text.strip())
    return match.group().lower() if match else None


def pack_uuid(uuid: str) -> bytes:
    """A uuid as 16 bytes: what `uuid.UUID` does, in a fifth of the time. Raises ValueError for what
    is none."""
    raw = bytes.fromhex(uuid.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(f"{uuid!r:.60} is no uuid")
    return raw


def unpack_uuid(raw: bytes) -> str:
    """The uuid that 16 bytes are. Raises ValueError for more or fewer."""
    if len(raw) != 16:
        raise ValueError(f"a uuid of {len(raw)} bytes")
    digits = raw.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)


def one_uuid_inside(text: object) -> str | None:
    """The uuid inside `text` if there is exactly one; prepended text is tolerated.

    Directory synchronizations are known to prepend a label to `externalId`. Two uuids, or the nil
    uuid, are a guess and so are refused.
    """
    if not isinstance(text, str):
        return None
    found = _UUID.findall(text)
    if len(found) != 1 or found[0].lower() == NIL:
        return None
    return str(found[0]).lower()
