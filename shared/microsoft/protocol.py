"""Microsoft Graph without I/O: bodies, `$batch`, and what an error means.

Sources: https://learn.microsoft.com/graph/api/group-upsert, group-post-members,
group-post-owners, group-delete-members, group-delete-owners, group-delta, invitation-post,
https://learn.microsoft.com/graph/json-batching, /graph/delta-query-overview, /graph/throttling.
A 400 is ambiguous by its code alone, so it is judged by its text, in both known spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.core.ids import GroupId, ObjectId, parse_uuid
from shared.core.model import Account, GroupChange
from shared.core.moments import parse_time
from shared.core.patience import retry_after
from shared.core.space_folders import Item

# References are absolute in Graph whatever host is called.
DIRECTORY_OBJECTS = "https://graph.microsoft.com/v1.0/directoryObjects"
# Where a guest comes out who accepts an invitation. Nobody is mailed the link.
MY_APPS = "https://myapps.microsoft.com"
# Codes that end a round of changes. The first two are on the pages "Use delta query" and "Errors";
# the third is what the directory says of a next page that was asked for too late.
_LOST = ("syncstatenotfound", "resyncrequired", "expiredpagetoken")


class Kind(StrEnum):
    """What an answer of Graph means to us.

    ABSENT: who was to be removed is not there. LAST_OWNER: a group keeps one owner at least.
    NAME_TAKEN: something else in the folder is called so.
    """

    OK = "ok"
    ALREADY_THERE = "already_there"
    ABSENT = "absent"
    LAST_OWNER = "last_owner"
    REFERENCE_UNKNOWN = "reference_unknown"
    NAMING = "naming"
    NICKNAME_TAKEN = "nickname_taken"
    NAME_TAKEN = "name_taken"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    AGAIN = "again"
    REFUSED = "refused"


# What a refusal says, and what it means: the first whose words are all there.
_SAYINGS = (
    (("object references", "already exist"), Kind.ALREADY_THERE),
    (("removed object references do not exist",), Kind.ABSENT),
    (("must have at least one owner",), Kind.LAST_OWNER),
    (("mailnickname", "already exists"), Kind.NICKNAME_TAKEN),
    (("objects being referenced do",), Kind.REFERENCE_UNKNOWN),
    (("reference-property objects",), Kind.REFERENCE_UNKNOWN),
)


@dataclass(frozen=True)
class Naming:
    """What the tenant's naming policy wants instead; None where it does not say."""

    display_name: str | None = None
    mail_nickname: str | None = None


def classify(status: int, body: object) -> Kind:
    if 200 <= status < 300:
        return Kind.OK
    by_status = {
        401: Kind.UNAUTHENTICATED,
        403: Kind.FORBIDDEN,
        429: Kind.THROTTLED,
    }
    if status in by_status:
        return by_status[status]
    if status == 409 and error_code(body).lower() == "namealreadyexists":
        return Kind.NAME_TAKEN
    if status in (409, 412, 423, 424) or not 300 <= status < 500:
        # Of a status that is none, too: whatever the text says then, nothing was judged.
        return Kind.AGAIN
    return _classify_text(status, body)


def _classify_text(status: int, body: object) -> Kind:
    text = error_message(body).lower()
    if _is_about_naming(text, _details(body)):
        return Kind.NAMING
    for words, kind in _SAYINGS:
        if all(word in text for word in words):
            return kind
    if "does not exist" in text and status == 400:
        return Kind.REFERENCE_UNKNOWN
    return Kind.NOT_FOUND if status == 404 else Kind.REFUSED


def is_delta_lost(status: int, body: object) -> bool:
    """Whether changes can no longer be told from an address: it is too old, or the tenant moved."""
    code = error_code(body).lower()
    return status == 410 or any(lost in code for lost in _LOST)


def is_for_all(message: str) -> bool:
    """Whether a 403 is about the app's permissions; else it is about one of the people."""
    return "insufficient privileges" in message.lower()


def missing_object(message: str) -> str | None:
    """The object that a refusal says does not exist; None where it names none."""
    found = re.search(r"resource '([^']{1,64})' does not exist", message, re.IGNORECASE)
    return parse_uuid(found.group(1)) if found else None


def _is_about_naming(text: str, details: Sequence[Mapping[str, Any]]) -> bool:
    """The naming policy: a prefix or suffix is missing, or a word is blocked."""
    codes = [str(d.get("code", "")).lower() for d in details]
    return (
        any("prefixsuffix" in code or "blockedword" in code for code in codes)
        or "naming requirements" in text
        or "blocked word" in text
    )


def error_code(body: object) -> str:
    return str(_error(body).get("code") or "")


def error_message(body: object) -> str:
    return str(_error(body).get("message") or "")


def _error(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _details(body: object) -> list[Mapping[str, Any]]:
    details = _error(body).get("details")
    return [d for d in details if isinstance(d, Mapping)] if isinstance(details, list) else []


def naming(body: object, display_name: str, mail_nickname: str) -> Naming:
    """The names that the policy would take, from the refusal: suggested, or prefix and suffix."""
    found: dict[str, str] = {}
    given = {"displayName": display_name, "mailNickname": mail_nickname}
    for detail in _details(body):
        target = str(detail.get("target") or "")
        if target not in given:
            continue
        suggested = detail.get("suggestedPropertyValue")
        if isinstance(suggested, str) and suggested:
            found[target] = suggested
        elif detail.get("prefix") or detail.get("suffix"):
            base = found.get(target, given[target])
            found[target] = f"{detail.get('prefix') or ''}{base}{detail.get('suffix') or ''}"
    return Naming(found.get("displayName"), found.get("mailNickname"))


def references(objects: Iterable[ObjectId]) -> list[str]:
    """Raises ValueError for anything but a uuid: it goes into a URL."""
    return [f"{DIRECTORY_OBJECTS}/{UUID(o)}" for o in objects]


@dataclass(frozen=True)
class NewGroup:
    """What a group is created with."""

    unique_name: str
    display_name: str
    mail_nickname: str
    description: str
    public: bool
    owners: tuple[ObjectId, ...]
    members: tuple[ObjectId, ...]


def create_body(group: NewGroup) -> dict[str, object]:
    """The upsert's body. An empty bind is refused by Graph, so it is left out."""
    body: dict[str, object] = {
        "displayName": group.display_name,
        "mailNickname": group.mail_nickname,
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "securityEnabled": False,
        "visibility": "Public" if group.public else "Private",
        "resourceBehaviorOptions": ["WelcomeEmailDisabled"],
    }
    if group.description:
        body["description"] = group.description
    if group.owners:
        body["owners@odata.bind"] = references(group.owners)
    if group.members:
        body["members@odata.bind"] = references(group.members)
    return body


@dataclass(frozen=True)
class Part:
    """One request of a `$batch`: a chunk of members, a single owner, or somebody's removal."""

    method: str
    url: str
    body: Mapping[str, object] | None = None


def member_part(group: str, objects: Sequence[ObjectId]) -> Part:
    """Up to 20 members in one write, all or nothing."""
    return Part("PATCH", f"/groups/{group}", {"members@odata.bind": references(objects)})


def owner_part(group: str, owner: ObjectId) -> Part:
    return Part("POST", f"/groups/{group}/owners/$ref", {"@odata.id": references([owner])[0]})


def remove_member_part(group: str, member: ObjectId) -> Part:
    """Raises ValueError for anything but uuids."""
    return _removal(group, "members", member)


def remove_owner_part(group: str, owner: ObjectId) -> Part:
    """Raises ValueError as above. The person stays a member; only where the group has a team in
    Microsoft Teams, Graph takes the membership as well (page "Known issues")."""
    return _removal(group, "owners", owner)


def _removal(group: str, kind: str, person: ObjectId) -> Part:
    # Without `/$ref` the same call deletes the person from the directory.
    return Part("DELETE", f"/groups/{UUID(group)}/{kind}/{UUID(person)}/$ref")


def batch_body(parts: Sequence[Part], *, chained: bool) -> dict[str, object]:
    """At most 20 parts; wholly parallel, or each after the one before."""
    requests: list[dict[str, object]] = []
    for number, part in enumerate(parts, 1):
        request: dict[str, object] = {
            "id": str(number),
            "method": part.method,
            "url": part.url,
        }
        if part.body is not None:
            request |= {"headers": {"Content-Type": "application/json"}, "body": dict(part.body)}
        if chained and number > 1:
            request["dependsOn"] = [str(number - 1)]
        requests.append(request)
    return {"requests": requests}


@dataclass(frozen=True)
class Answer:
    """One part's answer, judged on its own. status 0: Graph did not mention it at all."""

    kind: Kind
    status: int
    message: str = ""
    trace: str = ""
    retry_after: float | None = None


def answers_to(parts: Sequence[Part], body: object, now: float) -> list[Answer]:
    """`batch_answers`, each judged by what its part asked for."""
    answers = batch_answers(len(parts), body, now)
    return [judged(part, answer) for part, answer in zip(parts, answers, strict=True)]


def judged(part: Part, answer: Answer) -> Answer:
    """The answer to a removal: a 404 says that the person is not there.

    One that names the group is ambiguous (it has been seen for a person who is not there, too) and
    stays NOT_FOUND: only a read tells. So does REFERENCE_UNKNOWN of a 400, a group not replicated.
    """
    if part.method != "DELETE" or answer.status != 404:
        return answer
    if answer.kind is not Kind.REFERENCE_UNKNOWN:
        return answer
    names_group = missing_object(answer.message) in part.url.split("/")[:3]
    return replace(answer, kind=Kind.NOT_FOUND if names_group else Kind.ABSENT)


def batch_answers(count: int, body: object, now: float) -> list[Answer]:
    """The answers in the order of the parts, whatever order Graph gave them in."""
    raw = body.get("responses") if isinstance(body, Mapping) else None
    by_id = {
        str(item.get("id")): item
        for item in (raw if isinstance(raw, list) else [])
        if isinstance(item, Mapping)
    }
    return [_answer(by_id.get(str(number)), now) for number in range(1, count + 1)]


def _answer(item: Mapping[str, Any] | None, now: float) -> Answer:
    if item is None or type(item.get("status")) is not int:
        return Answer(Kind.AGAIN, 0, "no answer for this part")
    given = item.get("headers")
    headers = {str(k).lower(): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    body, status = item.get("body"), item["status"]
    return Answer(
        classify(status, body),
        status,
        error_message(body),
        headers.get("request-id", "") or _inner_trace(body),
        retry_after(headers.get("retry-after"), now),
    )


def _inner_trace(body: object) -> str:
    inner = _error(body).get("innerError")
    return str(inner.get("request-id") or "") if isinstance(inner, Mapping) else ""


def invitation(mail: str, name: str) -> dict[str, object]:
    """Nobody is mailed: the group's own welcome, if any, is enough."""
    body: dict[str, object] = {
        "invitedUserEmailAddress": mail,
        "inviteRedirectUrl": MY_APPS,
        "sendInvitationMessage": False,
    }
    return {**body, "invitedUserDisplayName": name} if name else body


def invited(body: object) -> ObjectId | None:
    """Who was invited, from the answer."""
    user = body.get("invitedUser") if isinstance(body, Mapping) else None
    found = parse_uuid(user.get("id")) if isinstance(user, Mapping) else None
    return ObjectId(found) if found else None


def parse_account(raw: Mapping[str, Any]) -> Account | None:
    """A user or another principal, as much as was told; None where not even its id is readable."""
    found = parse_uuid(raw.get("id"))
    if found is None:
        return None
    principal, kind = _text(raw, "userPrincipalName"), raw.get("userType")
    enabled = raw.get("accountEnabled")
    return Account(
        ObjectId(found),
        _text(raw, "displayName"),
        principal,
        _text(raw, "mail"),
        enabled if isinstance(enabled, bool) else None,
        # The mark in the name is all there is where the type was not told.
        kind.lower() == "guest" if isinstance(kind, str) else "#ext#" in principal.lower(),
    )


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def parse_change(raw: Mapping[str, Any]) -> GroupChange | None:
    """One group of a page of changes. It may stand there more than once, and on other pages."""
    group = parse_uuid(raw.get("id"))
    if group is None:
        return None
    told = raw.get("members@delta")
    people = [p for p in told if isinstance(p, Mapping)] if isinstance(told, list) else []
    ids = ((parse_uuid(p.get("id")), "@removed" not in p) for p in people)
    return GroupChange(
        GroupId(group),
        "@removed" in raw,
        {ObjectId(o): there for o, there in ids if o},
        _text(raw, "displayName"),
    )


def parse_item(raw: Mapping[str, Any]) -> Item | None:
    """A file or folder of a drive; None where it has no id."""
    found = _text(raw, "id")
    if not found:
        return None
    created = parse_time(raw.get("createdDateTime"))
    return Item(found, _text(raw, "name"), _text(raw, "webUrl"), "folder" in raw, created)
