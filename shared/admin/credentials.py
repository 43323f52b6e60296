"""Webex credentials by capability: kept, waiting for confirmation, confirmed, forgotten.

What somebody with a hand-over link leaves is used for nothing until an administrator confirms it.
"""

from __future__ import annotations

from dataclasses import replace

from shared.admin.ports import Actor, Credentials, Office
from shared.core.credential import Credential
from shared.core.reasons import Refusal
from shared.core.times import DAY
from shared.sync.events import read_deep_soon
from shared.sync.waking import waking

PENDING_LASTS = 7 * DAY


def keep(office: Office, actor: Actor, capability: str, credential: Credential) -> None:
    """Takes the place of the one before. May be called again."""
    before = office.credentials.read(capability)
    with waking(office.services, "sign_in"):
        office.credentials.write(capability, replace(credential, etag=""))
    if capability == "spaces":
        # Spaces that nobody could ask about are no teams yet, and not among those that wait.
        read_deep_soon(office.services)
    was = before.owner_called if before else ""
    office.record(actor, f"credential_{capability}", was, credential.owner_called)
    office.services.log("credential kept", capability=capability, kind=credential.kind)


def keep_pending(office: Office, actor: Actor, capability: str, credential: Credential) -> None:
    """actor: who left it. A later one takes its place."""
    office.credentials.keep_pending(capability, credential)
    office.record(actor, f"pending_{capability}", after=credential.owner_called)
    office.services.log("credential waits for confirmation", capability=capability)


def pending(office: Office, capability: str) -> Credential | None:
    """What waits for confirmation; seven days old it counts as gone."""
    waiting = office.credentials.pending(capability)
    if waiting and waiting.since <= office.now() - PENDING_LASTS:
        sweep_pending(office.credentials, capability, office.now())
        return None
    return waiting


def sweep_pending(credentials: Credentials, capability: str, now: int) -> None:
    """Remove what has waited for seven days, also where nobody looks. now: milliseconds."""
    credentials.forget_pending(capability, until=now - PENDING_LASTS)


def confirm(office: Office, actor: Actor, capability: str, since: int) -> None:
    """Take what is pending into use. since: of the one that the administrator saw.

    Raises Refusal: nothing_pending, pending_changed.
    """
    waiting = pending(office, capability)
    if waiting is None:
        raise Refusal("nothing_pending")
    if waiting.since != since:
        raise Refusal("pending_changed")
    keep(office, actor, capability, waiting)
    office.credentials.forget_pending(capability, until=waiting.since)


def forget(office: Office, actor: Actor, capability: str) -> None:
    """May be called twice."""
    before = office.credentials.read(capability)
    office.credentials.forget(capability)
    if before:
        office.record(actor, f"credential_{capability}", before.owner_called)
        office.services.log("credential forgotten", capability=capability)


def forget_pending(office: Office, actor: Actor, capability: str) -> None:
    """May be called twice."""
    waiting = office.credentials.pending(capability)
    office.credentials.forget_pending(capability)
    if waiting:
        office.record(actor, f"pending_{capability}", waiting.owner_called)
