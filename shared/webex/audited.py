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
from shared.core.audit_codec import NOBODY, User, clipped, name_hash

_EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# All that is asked for, of whatever a user may hold.
ATTRIBUTES = f"userName,displayName,active,externalId,userType,{_EXTENSION}"
_STATUS = {"active": 0, "pending": PENDING, "transient": PENDING, "pending_transient": PENDING}


def audited_user(raw: Mapping[str, Any], licences: Collection[str]) -> User | None:
    """None for one without an id. licences: keys of those for messaging."""
    try:
        person = bytes.fromhex(raw["id"].replace("-", ""))
    except (KeyError, ValueError, AttributeError):
        return None
    if len(person) != len(NOBODY):
        return None
    email, name, external = raw.get("userName"), raw.get("displayName"), raw.get("externalId")
    if not isinstance(email, str):
        email = ""
    if not isinstance(external, str):
        external = ""
    shape, carried = read_external_id(external)
    return (
        person,
        shape | _kind(raw.get("userType")) | _account(raw, licences),
        carried,
        name_hash(email),
        clipped(name if isinstance(name, str) and name else email),
        clipped(email),
        b"" if shape in (BARE, NOTHING) else clipped(external),
    )


def _kind(given: object) -> int:
    return PERSON if given is None or str(given).lower() == "user" else 0


def _account(raw: Mapping[str, Any], licences: Collection[str]) -> int:
    """Whether the account is in use, and shows a licence for messaging.

    Where no status is told, `active` says the same more coarsely: not yet, or no more.
    """
    extension, active = raw.get(_EXTENSION), raw.get("active")
    told = isinstance(extension, dict)
    status = extension.get("accountStatus") if told else None  # type: ignore[union-attr]
    if isinstance(status, str) and status:
        bits = _STATUS.get(status.lower(), OFF)
        if bits == 0 and (active is False or str(active).lower() == "false"):
            bits = OFF
    else:
        bits = 0 if active is True or str(active).lower() == "true" else PENDING
    if licences and told and _is_licensed(extension.get("licenseID"), licences):  # type: ignore[union-attr]
        bits |= MESSAGING
    return bits


def _is_licensed(held: object, licences: Collection[str]) -> bool:
    entries = held if isinstance(held, list) else [held]
    return any(licence_key(each) in licences for each in entries)


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
