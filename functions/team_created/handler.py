"""Verify the signature over the raw bytes, and say which space to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from shared.config import Settings
from shared.core import nudge as queue
from shared.core.ids import NIL, OrgId, parse_uuid
from shared.core.keyring import webhook_secret
from shared.core.nudge import Nudge
from shared.webex.protocol import MAX_BODY, Malformed, is_signed, parse_delivery, verified_by

_NOT_VERIFIED = "The signature does not verify.\n"


@dataclass(frozen=True)
class Answer:
    """nudge: the queue message to write, if any. scheme: which signature verified. correlation: of
    what this delivery leads to, in the log; the same where it is delivered twice."""

    status: int
    text: str
    nudge: str | None = None
    scheme: str = ""
    correlation: str = ""


def receive(
    settings: Settings, organization: str, version: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """Judge one delivery. Header names in lower case. May be called with anything at all.

    Who cannot sign learns only that it does not verify: not which organizations or keys exist.
    """
    if len(body) > MAX_BODY:
        return Answer(413, "The body is larger than 64 KiB.\n")
    if not is_signed(headers):
        return Answer(401, "This address takes signed Webex webhooks only.\n")
    org = OrgId(parse_uuid(organization) or NIL)
    exists = settings.serves(org) and version in settings.keyring.keys
    # The same work for organizations and versions that do not exist: time tells nothing.
    key = version if exists else settings.keyring.newest
    scheme = verified_by(body, headers, webhook_secret(settings.keyring, key, org))
    if scheme is None or not exists:
        return Answer(401, _NOT_VERIFIED)
    return _accept(org, body, scheme)


def _accept(org: OrgId, body: bytes, scheme: str) -> Answer:
    try:
        delivery = parse_delivery(body)
    except Malformed as error:
        return Answer(400, f"{error}\n", scheme=scheme)
    if delivery.organization is not None and delivery.organization != org:
        return Answer(403, "The delivery is another organization's.\n", scheme=scheme)
    if delivery.direct:
        return Answer(200, "", scheme=scheme)
    correlation = sha256(body).hexdigest()[:16]
    nudge = queue.write(Nudge(org, delivery.space, "webhook", correlation))
    return Answer(202, "", nudge, scheme, correlation)
