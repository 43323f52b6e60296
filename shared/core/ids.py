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
