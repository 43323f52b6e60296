"""Every user of the tenant, a page at a time, and then only those that changed.

Sources: https://learn.microsoft.com/graph/api/user-list, user-delta, /graph/delta-query-overview,
/graph/throttling-limits. A change may tell of no more than what changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.audit.ports import AccountPage
from shared.core.audit import ENABLED, IS_GUEST
from shared.core.audit_codec import (
    NO_NAME,
    REMOVED,
    TOLD,
    TOLD_ENABLED,
    TOLD_MAIL,
    TOLD_PRINCIPAL,
    TOLD_TYPE,
    Account,
    name_hash,
    uuid_bytes,
)
from shared.core.errors import DeltaLost, Unavailable, Where
from shared.http import Reply
from shared.microsoft.graph import BACKGROUND, PAGE, GraphClient, checked
from shared.microsoft.protocol import error_message, is_delta_lost

_SELECT = "$select=id,userPrincipalName,mail,accountEnabled,userType"


class MicrosoftDirectoryClient(GraphClient):
    """The port `MicrosoftDirectory`, as the app of one tenant."""

    def latest(self) -> str:
        url = f"{self.base_url}/v1.0/users/delta?{_SELECT}&$deltatoken=latest"
        reply = self._send("GET", url, None, BACKGROUND)
        link = self._link(reply, "@odata.deltaLink")
        if not link:
            raise Unavailable("the answer leads nowhere", reply.where)
        return link

    def accounts(self, address: str) -> AccountPage:
        url = self._ours(address) or f"{self.base_url}/v1.0/users?{_SELECT}&$top={PAGE}"
        reply = self._send("GET", url, None, BACKGROUND)
        found = [account(item) for item in _items(reply)]
        if None in found:
            raise Unavailable("a user could not be read", reply.where)
        return AccountPage([a for a in found if a], self._link(reply, "@odata.nextLink"))

    def changed_accounts(self, address: str) -> AccountPage:
        reply = self._patient("GET", self._ours(address), None, BACKGROUND)
        if is_delta_lost(reply.status, reply.json):
            raise DeltaLost(error_message(reply.json)[:300], reply.where)
        reply = checked(reply)
        found = [change(item) for item in _items(reply)]
        if None in found:
            raise Unavailable("a change could not be read", reply.where)
        following = self._link(reply, "@odata.nextLink")
        latest = "" if following else self._link(reply, "@odata.deltaLink")
        if not (following or latest):
            raise Unavailable("the answer leads nowhere", reply.where)
        return AccountPage([a for a in found if a], following, latest)

    def _ours(self, address: str) -> str:
        """Raises DeltaLost: kept while Graph was reached elsewhere, our token must not go there."""
        if address and not self._is_ours(address):
            raise DeltaLost("the address lies elsewhere", Where("graph", "GET", "/users"))
        return address


def _items(reply: Reply) -> list[Mapping[str, Any]]:
    return reply.items("value")


def account(raw: Mapping[str, Any]) -> Account | None:
    """A user as it was read in full; None where not even its id is readable."""
    object_id = uuid_bytes(raw.get("id"))
    if object_id is None:
        return None
    principal, mail, kind = raw.get("userPrincipalName"), raw.get("mail"), raw.get("userType")
    named = name_hash(principal) if isinstance(principal, str) else NO_NAME
    mailed = named if mail == principal else _hash(mail)
    bits = TOLD if raw.get("accountEnabled") is False else TOLD | ENABLED
    if kind != "Member" and _is_guest(kind, principal):
        bits |= IS_GUEST
    return (object_id, bits, named, mailed)


def change(raw: Mapping[str, Any]) -> Account | None:
    """What is told of a user who changed; None where not even the id is readable."""
    object_id = uuid_bytes(raw.get("id"))
    if object_id is None:
        return None
    if "@removed" in raw:
        return (object_id, REMOVED, NO_NAME, NO_NAME)
    whole = account(raw)
    assert whole is not None
    told = 0
    for name, bit in _TOLD.items():
        if name in raw:
            told |= bit
    return (object_id, (whole[1] & ~TOLD) | told, whole[2], whole[3])


_TOLD = {
    "accountEnabled": TOLD_ENABLED,
    "userType": TOLD_TYPE,
    "userPrincipalName": TOLD_PRINCIPAL,
    "mail": TOLD_MAIL,
}


def _hash(text: object) -> bytes:
    return name_hash(text) if isinstance(text, str) else NO_NAME


def _is_guest(kind: object, principal: object) -> bool:
    """The mark in the name is all there is where the type was not told."""
    if isinstance(kind, str):
        return kind.lower() == "guest"
    return isinstance(principal, str) and "#ext#" in principal.lower()
