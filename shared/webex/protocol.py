"""Webex without I/O: ids, signatures, deliveries, answers.

Sources: https://developer.webex.com/docs/basics, /docs/webhooks, /docs/api/v1/rooms,
/docs/api/v1/memberships, /docs/api/v1/team-memberships, /docs/api/v1/events,
/docs/api/v1/ecm-folder-linking, /docs/api/v1/scim-2-users.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.core.ids import OrgId, PersonId, TeamId, parse_uuid
from shared.core.model import DirectoryUser, Drive, LinkedFolder, Member, MembershipEvent, Room
from shared.core.moments import parse_time

MAX_BODY = 64 * 1024
MEMBERS_A_PAGE = 500
EVENTS_A_PAGE = 1000
_DIGESTS = {"sha-256": hashlib.sha256, "sha256": hashlib.sha256}
_DIGESTS |= {"sha-512": hashlib.sha512, "sha512": hashlib.sha512}
# What can happen to a membership; any other type of event is not known to concern people.
_KINDS = frozenset({"created", "updated", "deleted"})
_EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
# Accounts of people who have never signed in: nobody has switched these off.
_NOT_YET = frozenset({"pending", "transient", "pending_transient"})
# Webex documents the rule and not the words: "The last moderator for a team may not be deleted."
_LAST_MODERATOR = re.compile(r"(?:last|only|least one) (?:team )?moderator", re.IGNORECASE)
_PREFIX = "ciscospark://"
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)


class Malformed(ValueError):
    """What Webex (or somebody in its name) sent does not have the shape it must have."""


@dataclass(frozen=True)
class WebexId:
    """A decoded id, ``ciscospark://<cluster>/<type>/<uuid>``. Compare uuids, never encoded ids:
    the cluster differs, and the documentation itself confuses types.

    To write one, `uuid` may be a pair: of a membership it is ``<person>:<space>``."""

    cluster: str
    type: str
    uuid: str

    def encode(self) -> str:
        raw = f"{_PREFIX}{self.cluster}/{self.type}/{self.uuid}".encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_id(text: object) -> WebexId | None:
    """An id in either cluster form, a base64 bare uuid, or a bare uuid; None if it is neither."""
    if not isinstance(text, str) or not 0 < len(text) <= 512:
        return None
    bare = parse_uuid(text)
    if bare:
        return WebexId("us", "", bare)
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    bare = parse_uuid(raw)
    if bare:
        return WebexId("us", "", bare)
    if not raw.startswith(_PREFIX):
        return None
    parts = raw[len(_PREFIX) :].split("/")
    uuid = parse_uuid(parts[2]) if len(parts) == 3 else None
    return WebexId(parts[0], parts[1], uuid) if uuid else None


def uuid_of(text: object) -> str | None:
    decoded = decode_id(text)
    return decoded.uuid if decoded else None


def general_space_id(team_id: str) -> str | None:
    """The General space of a team: the same uuid and cluster, only the type differs."""
    team = decode_id(team_id)
    return WebexId(team.cluster, "ROOM", team.uuid).encode() if team else None


def space_id_like(space_id: str, uuid: str) -> str:
    """The id of the space `uuid`, in the cluster that another space's id names."""
    other = decode_id(space_id)
    return WebexId(other.cluster if other else "us", "ROOM", uuid).encode()


def team_id_of(space_id: str) -> str | None:
    """The team whose General space this is, in the same cluster."""
    space = decode_id(space_id)
    return WebexId(space.cluster, "TEAM", space.uuid).encode() if space else None


def person_id(person: PersonId) -> str:
    """People are named in one cluster only."""
    return WebexId("us", "PEOPLE", person).encode()


def membership_id(space_id: str, person: PersonId) -> str | None:
    """What Webex calls somebody's membership of a space, in the space's cluster. It need not be
    the form that Webex tells: who has got that has the better one."""
    return _pair_id("MEMBERSHIP", space_id, person)


def team_membership_id(space_id: str, person: PersonId) -> str | None:
    """The same of the team whose General space this is."""
    return _pair_id("TEAM_MEMBERSHIP", space_id, person)


def _pair_id(kind: str, space_id: str, person: PersonId) -> str | None:
    space = decode_id(space_id)
    return WebexId(space.cluster, kind, f"{person}:{space.uuid}").encode() if space else None


def says_last_moderator(answer: object) -> bool:
    """Whether an error's body says that a team would be left without a moderator."""
    if not isinstance(answer, dict):
        return False
    told = [answer.get("message")]
    errors = answer.get("errors")
    for each in errors if isinstance(errors, list) else []:
        told.append(each.get("description") if isinstance(each, dict) else None)
    return any(isinstance(text, str) and _LAST_MODERATOR.search(text) for text in told)


def verified_by(body: bytes, headers: Mapping[str, str], secret: str) -> str | None:
    """Which signature over the raw body verifies: "sha-256", "sha-512", "sha-1" or None.

    X-Webex-Signature carries labelled digests, X-Spark-Signature one HMAC-SHA1 in hex. Any
    recognised one suffices; all comparisons take constant time. Header names in lower case.
    """
    key = secret.encode()
    computed: dict[object, str] = {}
    for label, given in _labelled(headers.get("x-webex-signature", "")):
        digest = _DIGESTS.get(label)
        if not digest:
            continue
        # Each digest once, however many the header claims.
        computed[digest] = computed.get(digest) or hmac.new(key, body, digest).hexdigest()
        if hmac.compare_digest(computed[digest], given):
            return f"sha-{digest().digest_size * 8}"
    spark = headers.get("x-spark-signature", "").strip().lower()
    expected = hmac.new(key, body, hashlib.sha1).hexdigest()
    return "sha-1" if spark.isascii() and hmac.compare_digest(expected, spark) else None


def is_signed(headers: Mapping[str, str]) -> bool:
    return bool(headers.get("x-webex-signature") or headers.get("x-spark-signature"))


def _labelled(header: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in header[:1024].split(","))
    return [
        (label.strip().lower(), given.strip().lower())
        for label, _, given in pairs
        if given.strip().isascii()
    ]


@dataclass(frozen=True)
class Delivery:
    """What a webhook tells us that we use. space: full id; direct: surely no team's space.

    organization: whose webhook it is, where that must be ours: None for a bot's, which is of no
    customer's organization.
    """

    organization: str | None
    space: str
    direct: bool


def parse_delivery(body: bytes) -> Delivery:
    """Raises Malformed, with a sentence for the answer. Nothing but the ids is trusted later."""
    try:
        envelope: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(data, dict):
        raise Malformed("The body is not a webhook delivery: there is no data object.")
    space = data.get("roomId") if "roomId" in data else data.get("id")
    if not isinstance(space, str) or decode_id(space) is None:
        raise Malformed("The delivery names no space.")
    kind = data.get("type") or data.get("roomType")
    # No organization can have a webhook for memberships: it is always somebody's own.
    personal = envelope.get("resource") == "memberships"
    organization = None if personal else uuid_of(envelope.get("orgId"))
    return Delivery(organization, space, kind == "direct")


def format_time(ms: int) -> str:
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def parse_room(raw: Mapping[str, Any]) -> Room:
    uuid = uuid_of(raw.get("id"))
    if uuid is None:
        raise Malformed("A space without an id.")
    team, creator = uuid_of(raw.get("teamId")), uuid_of(raw.get("creatorId"))
    return Room(
        id=str(raw["id"]),
        uuid=uuid,
        title=str(raw.get("title") or ""),
        type=str(raw.get("type") or "group"),
        team=TeamId(team) if team else None,
        team_id=str(raw.get("teamId") or ""),
        creator=PersonId(creator) if creator else None,
        owner=uuid_of(raw.get("ownerId")) or "",
        created=parse_time(raw.get("created")),
        read_only=raw.get("isReadOnly") is True,
    )


# What is decided by; a name is only shown.
_DECIDES = frozenset({"personId", "personOrgId", "isModerator", "created"})


def parse_member(raw: Mapping[str, Any]) -> Member | None:
    """None for an item that Webex could not fill (`errors`); such a read is not a full one."""
    person, unread = uuid_of(raw.get("personId")), raw.get("errors")
    if person is None or (isinstance(unread, dict) and not _DECIDES.isdisjoint(unread)):
        return None
    return Member(
        person=PersonId(person),
        email=str(raw.get("personEmail") or ""),
        name=str(raw.get("personDisplayName") or ""),
        org=uuid_of(raw.get("personOrgId")) or "",
        moderator=raw.get("isModerator") is True,
        joined=parse_time(raw.get("created")),
        id=str(raw.get("id") or ""),
    )


def parse_event(raw: Mapping[str, Any]) -> MembershipEvent | None:
    """A membership event of a group space; None where it cannot concern a team.

    Memberships that were made through the team tell no `roomType`.
    """
    kind, data = str(raw.get("type") or "created"), raw.get("data")
    if kind not in _KINDS:
        return None
    if not isinstance(data, dict) or data.get("roomType") == "direct":
        return None
    space = data.get("roomId")
    if not isinstance(space, str) or decode_id(space) is None:
        return None
    moment = parse_time(raw.get("created"))
    return MembershipEvent(str(raw.get("id") or ""), space, moment, kind)


def user_name_filter(name: str) -> str:
    """SCIM's filter for one user name; a value is a JSON string: RFC 7644 §3.4.2.2."""
    return f"userName eq {json.dumps(name, ensure_ascii=False)}"


def parse_user(raw: Mapping[str, Any]) -> DirectoryUser:
    """A user of the directory, read by its id."""
    external_id = raw.get("externalId")
    return DirectoryUser(
        external_id if isinstance(external_id, str) else None,
        str(raw.get("userType") or "user").lower() == "user",
        _is_active(raw),
    )


def parse_users(items: Sequence[Mapping[str, Any]], name: str, org: OrgId) -> DirectoryUser | None:
    """The one user found by a name. None for nobody, for several, and for whoever is somebody
    else after all: a filter that is not understood must not give us a stranger."""
    if len(items) != 1:
        return None
    raw, person = items[0], parse_uuid(items[0].get("id"))
    named = str(raw.get("userName") or "").casefold() == name.casefold()
    meta = raw.get("meta")
    owner = uuid_of(meta.get("organizationId")) if isinstance(meta, dict) else None
    if person is None or not named or owner not in (None, org):
        return None
    return replace(parse_user(raw), person=PersonId(person))


def _is_active(raw: Mapping[str, Any]) -> bool:
    """Whether the account has not been switched off. What `active` says of people who have never
    signed in is not told: where the status says that they are such, they are people like others."""
    extension = raw.get(_EXTENSION)
    status = extension.get("accountStatus") if isinstance(extension, dict) else None
    if isinstance(status, str) and status.lower() in _NOT_YET:
        return True
    return str(raw.get("active")).lower() != "false"


def parse_folder(raw: Mapping[str, Any]) -> LinkedFolder:
    return LinkedFolder(
        id=str(raw.get("id") or ""),
        drive_id=str(raw.get("driveId") or ""),
        item_id=str(raw.get("itemId") or ""),
        url=str(raw.get("contentUrl") or ""),
        default=str(raw.get("defaultFolder")).lower() == "true",
    )


def folder_body(room_id: str, drive: Drive, name: str, *, default: bool) -> dict[str, str]:
    """`defaultFolder` is a string in this API, not a boolean."""
    return {
        "roomId": room_id,
        "contentUrl": drive.web_url,
        "displayName": name,
        "driveId": drive.drive_id,
        "itemId": drive.item_id,
        "defaultFolder": "true" if default else "false",
    }


def next_link(header: str | None) -> str | None:
    """The target with rel="next" of a Link header (RFC 8288), or None.

    Every form that the standard allows is taken: a link that is missed would be a page that is.
    """
    for part in re.split(r",\s*(?=<)", header or ""):
        match = re.match(r"<([^>]*)>\s*(;.*)", part.strip())
        relation = match and _REL.search(match.group(2))
        if match and relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return match.group(1)
    return None
