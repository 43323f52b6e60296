"""Group bodies: types, lengths, alphabets, what may be set when.

Sources: pages "Create group", "Update group" and "group resource type".
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.microsoft.errors import (
    GraphError,
    bad_request,
    invalid_value,
    malformed,
    value_missing,
)
from sandbox.microsoft.switches import Switches

REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
EDITABLE = {
    "displayName": "display_name",
    "mailNickname": "mail_nickname",
    "description": "description",
    "visibility": "visibility",
}
ALONE = {
    "accessType",
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "isFavorite",
    "isSubscribedByMail",
    "unseenConversationsCount",
    "unseenCount",
    "unseenMessagesCount",
}
"""Not settable at creation; later in a PATCH that contains nothing else."""
AT_CREATION_ONLY = {"resourceBehaviorOptions", "resourceProvisioningOptions", "groupTypes"}
READ_ONLY = {"id", "mail", "createdDateTime", "deletedDateTime", "renewedDateTime"}

_STRINGS = {"displayName", "mailNickname", "description", "visibility", "uniqueName"}
_BOOLEANS = {"mailEnabled", "securityEnabled"}
_LISTS = {"groupTypes", "resourceBehaviorOptions", "resourceProvisioningOptions"}
_NULLABLE = {"description", "visibility"}
_NICKNAME = re.compile(r"[^@()\\\[\]\";:<>, ]{1,64}")


def check_creation(body: dict[str, Any], switches: Switches) -> None:
    """Raises 400 unless a Microsoft 365 group may be created from this."""
    _check_types(body)
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise value_missing(name)
    if body.get("groupTypes") != ["Unified"] or body["mailEnabled"] is not True:
        raise bad_request("The sandbox creates mail-enabled Unified groups only.")
    for name in ALONE & body.keys():
        raise _not_settable(name)
    for name in READ_ONLY & body.keys():
        raise _read_only(name)
    _check_values(body, switches, dot=switches.dot_in_nickname != "never")


def check_change(body: dict[str, Any], switches: Switches, *, upsert: bool) -> None:
    """Raises 400 unless an existing group may be changed so.

    `upsert`: the body is meant for creation too, so what is fixed at creation is passed over.
    """
    _check_types(body)
    if ALONE & body.keys() and len(body) > 1:
        raise _not_settable(next(iter(ALONE & body.keys())))
    for name in body.keys() & (READ_ONLY if upsert else READ_ONLY | AT_CREATION_ONLY):
        raise _read_only(name)
    if "displayName" in body and not body["displayName"]:
        raise invalid_value("displayName")
    if body.get("visibility") == "HiddenMembership" and not upsert:
        raise invalid_value("visibility")
    if body.get("mailEnabled") is False:
        raise invalid_value("mailEnabled")
    _check_values(body, switches, dot=upsert or switches.dot_in_nickname == "always")


def edits_of(body: dict[str, Any]) -> dict[str, Any]:
    """The editable properties in a body, by the names of `state.Profile`."""
    edits = {field: body[name] for name, field in EDITABLE.items() if name in body}
    if edits.get("visibility", "") is None:
        del edits["visibility"]
    return edits


def _check_types(body: dict[str, Any]) -> None:
    """The group is an open type: unknown names pass, known ones must have their type."""
    for name, value in body.items():
        if name in _STRINGS and not isinstance(value, str):
            if value is None and name in _NULLABLE:
                continue
            raise _unconvertible(name, value, "Edm.String")
        if name in _BOOLEANS and not isinstance(value, bool):
            raise _unconvertible(name, value, "Edm.Boolean")
        if name in _LISTS and not _is_strings(value):
            raise _unconvertible(name, value, "Collection(Edm.String)")


def _check_values(body: dict[str, Any], switches: Switches, *, dot: bool) -> None:
    if len(body.get("displayName", "")) > 256:
        raise invalid_value("displayName", "InvalidLength")
    if len(body.get("description") or "") > 1024:
        raise invalid_value("description", "InvalidLength")
    nickname = body.get("mailNickname")
    if nickname is not None and not _good_nickname(nickname, dot=dot):
        raise invalid_value("mailNickname")
    if body.get("visibility") not in (None, "Public", "Private", "HiddenMembership"):
        raise invalid_value("visibility")


def _good_nickname(nickname: str, *, dot: bool) -> bool:
    if not _NICKNAME.fullmatch(nickname) or not nickname.isascii():
        return False
    return dot or "." not in nickname


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _unconvertible(name: str, value: Any, wanted: str) -> GraphError:
    return malformed(
        f"Cannot convert the value '{value}' of property '{name}' to the expected type '{wanted}'."
    )


def _not_settable(name: str) -> GraphError:
    return bad_request(
        f"Property '{name}' cannot be set together with other properties of resource 'Group'."
    )


def _read_only(name: str) -> GraphError:
    return bad_request(
        f"Property '{name}' is read-only and cannot be set.",
        details=[{"target": name, "code": "PropertyReadOnly"}],
    )
