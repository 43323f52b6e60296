"""A user of Webex's directory as its audit keeps them. No I/O; a few microseconds each.

Source: webex-openapi-specs, public-spec/webex-admin.json: /identity/scim/{orgId}/v2/Users, and the
schema of the extension: `licenseID` is "a multi-valued string, not interpreted".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from functools import lru_cache
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
from shared.core.audit_codec import NOBODY, User, clipped, name_hash, uuid_bytes

_EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# All that is asked for, of whatever a user may hold.
ATTRIBUTES = f"userName,displayName,active,externalId,userType,{_EXTENSION}"
_STATUS = {"active": 0, "pending": PENDING, "transient": PENDING, "pending_transient": PENDING}


def audited_user(raw: Mapping[str, Any], licences: Collection[str]) -> User | None:
    """None for one without an id. licences: keys of those for messaging."""
    person = uuid_bytes(raw.get("id"))
    if person is None:
        return None
    email, external = raw.get("userName"), raw.get("externalId")
    if not isinstance(email, str):
        email = ""
    shape, carried = read_external_id(external) if isinstance(external, str) else _NO_ID
    name, address = raw.get("displayName"), clipped(email)
    kind = raw.get("userType")
    bits = shape | _account(raw, raw.get(_EXTENSION), licences)
    return (
        person,
        bits | PERSON if kind == "user" or _is_person(kind) else bits,
        carried,
        name_hash(email),
        clipped(name) if isinstance(name, str) and name else address,
        address,
        b"" if shape in _TOLD else clipped(str(external)),
    )


_NO_ID = (NOTHING, NOBODY)
# Where the External ID says no more than the object id.
_TOLD = (BARE, NOTHING)


def _is_person(kind: object) -> bool:
    return kind is None or str(kind).lower() == "user"


def _account(raw: Mapping[str, Any], extension: object, licences: Collection[str]) -> int:
    """Whether the account is in use, and shows a licence for messaging.

    Where no status is told, `active` says the same more coarsely, as in `protocol.parse_user`:
    whoever is not active is switched off.
    """
    active = raw.get("active")
    if not isinstance(extension, dict):
        return _by_active(active)
    status = extension.get("accountStatus")
    if not isinstance(status, str) or not status:
        bits = _by_active(active)
    elif status == "active" and active is True:
        bits = 0
    else:
        bits = _STATUS.get(status.lower(), OFF)
        if not bits and str(active).lower() == "false":
            bits = OFF
    if licences and _is_licensed(extension.get("licenseID"), licences):
        bits |= MESSAGING
    return bits


def _by_active(active: object) -> int:
    return OFF if str(active).lower() == "false" else 0


def _is_licensed(held: object, licences: Collection[str]) -> bool:
    for each in held if isinstance(held, list) else (held,):
        if licence_key(each) in licences:
            return True
    return False


def licence_key(text: object) -> str:
    """What the id of a licence and the entry of a user have in common as far as is known: the part
    behind the organization in ``ciscospark://us/LICENSE/<organization>:<key>``. "" for none."""
    return _key(text) if isinstance(text, str) else ""


# A directory has a handful of licences, and each is read as often as there are users.
@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raw = ""
    named = raw if raw.startswith("ciscospark://") else text
    return named.rpartition("/")[2].rpartition(":")[2].lower()
