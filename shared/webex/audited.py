"""A user of Webex's directory as its audit keeps them. No I/O; a few microseconds each.

Source: webex-openapi-specs, public-spec/webex-admin.json: /identity/scim/{orgId}/v2/Users, and the
schema of the extension: `licenseID` is "a multi-valued string, not interpreted".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

from shared.core.audit import (
    BARE,
    MESSAGING,
    NOTHING,
    OFF,
    PENDING,
    PERSON,
    read_external_id,
)
from shared.core.audit_codec import NOBODY, User, clipped, name_clipped, uuid_bytes

_EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# All that is asked for, of whatever a user may hold.
ATTRIBUTES = f"userName,displayName,active,externalId,userType,{_EXTENSION}"
_STATUS = {"active": 0, "pending": PENDING, "transient": PENDING, "pending_transient": PENDING}


class Messaging(dict[object, bool]):
    """Whether an entry of a user's licences is one for messaging, by the entry. A directory has a
    handful of them, and each is asked about as often as there are users."""

    def __init__(self, licences: Collection[str]) -> None:
        """licences: keys of those for messaging."""
        super().__init__()
        self._licences = licences

    def __missing__(self, entry: object) -> bool:
        self[entry] = licence_key(entry) in self._licences
        return self[entry]


def audited_user(raw: Mapping[str, Any], messaging: Messaging) -> User | None:
    """None for one without an id."""
    get = raw.get
    person = uuid_bytes(get("id"))
    if person is None:
        return None
    email, external, name, kind = (
        get("userName"),
        get("externalId"),
        get("displayName"),
        get("userType"),
    )
    named, address = name_clipped(email if isinstance(email, str) else "")
    shape, carried = read_external_id(external) if isinstance(external, str) else _NO_ID
    bits = shape | _account(get("active"), get(_EXTENSION), messaging)
    return (
        person,
        bits | PERSON if kind == "user" or _is_person(kind) else bits,
        carried,
        named,
        clipped(name) if isinstance(name, str) and name else address,
        address,
        b"" if shape in _TOLD else clipped(str(external)),
    )


_NO_ID = (NOTHING, NOBODY)
# Where the External ID says no more than the object id.
_TOLD = (BARE, NOTHING)


def _is_person(kind: object) -> bool:
    return kind is None or str(kind).lower() == "user"


def _account(active: object, extension: object, messaging: Messaging) -> int:
    """Whether the account is in use, and shows a licence for messaging.

    Where no status is told, `active` says the same more coarsely, as in `protocol.parse_user`:
    whoever is not active is switched off.
    """
    if not isinstance(extension, dict):
        return _by_active(active)
    status = extension.get("accountStatus")
    if status == "active" and active is True:
        bits = 0
    elif not isinstance(status, str) or not status:
        bits = _by_active(active)
    else:
        bits = _STATUS.get(status.lower(), OFF)
        if not bits and str(active).lower() == "false":
            bits = OFF
    held = extension.get("licenseID")
    for each in held if isinstance(held, list) else (held,):
        if isinstance(each, str) and messaging[each]:
            return bits | MESSAGING
    return bits


def _by_active(active: object) -> int:
    return OFF if str(active).lower() == "false" else 0


def licence_key(text: object) -> str:
    """What the id of a licence and the entry of a user have in common as far as is known: the part
    behind the organization in ``ciscospark://us/LICENSE/<organization>:<key>``. "" for none."""
    if not isinstance(text, str):
        return ""
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raw = ""
    named = raw if raw.startswith("ciscospark://") else text
    return named.rpartition("/")[2].rpartition(":")[2].lower()
