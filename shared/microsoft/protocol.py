"""Microsoft Graph without I/O: bodies, `$batch`, and what an error means.

Sources: https://learn.microsoft.com/graph/api/group-upsert, group-post-members,
group-post-owners, https://learn.microsoft.com/graph/json-batching, /graph/throttling.
A 400 is ambiguous by its code alone, so it is judged by its text, in both known spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.core.ids import ObjectId, parse_uuid
from shared.core.patience import retry_after

# References are absolute in Graph whatever host is called.
DIRECTORY_OBJECTS = "https://graph.microsoft.com/v1.0/directoryObjects"


class Kind(StrEnum):
    """What an answer of Graph means to us."""

    OK = "ok"
    ALREADY_THERE = "already_there"
    REFERENCE_UNKNOWN = "reference_unknown"
    NAMING = "naming"
    NICKNAME_TAKEN = "nickname_taken"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    AGAIN = "again"
    REFUSED = "refused"


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
    if status in (409, 412, 423, 424) or status >= 500:
        return Kind.AGAIN
    return _classify_text(status, body)


def _classify_text(status: int, body: object) -> Kind:
    text = error_message(body).lower()
    details = _details(body)
    if "already exist" in text and "object references" in text:
        return Kind.ALREADY_THERE
    if _is_about_naming(text, details):
        return Kind.NAMING
    if "mailnickname" in text and "already exists" in text:
        return Kind.NICKNAME_TAKEN
    if "objects being referenced do" in text or "reference-property objects" in text:
        return Kind.REFERENCE_UNKNOWN
    if "does not exist" in text and status == 400:
        return Kind.REFERENCE_UNKNOWN
    return Kind.NOT_FOUND if status == 404 else Kind.REFUSED


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
        "description": group.description,
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "securityEnabled": False,
        "visibility": "Public" if group.public else "Private",
        "resourceBehaviorOptions": ["WelcomeEmailDisabled"],
    }
    if group.owners:
        body["owners@odata.bind"] = references(group.owners)
    if group.members:
        body["members@odata.bind"] = references(group.members)
    return body


@dataclass(frozen=True)
class Part:
    """One request of a `$batch`: a chunk of members, or a single owner."""

    method: str
    url: str
    body: Mapping[str, object]


def member_part(group: str, objects: Sequence[ObjectId]) -> Part:
    """Up to 20 members in one write, all or nothing."""
    return Part("PATCH", f"/groups/{group}", {"members@odata.bind": references(objects)})


def owner_part(group: str, owner: ObjectId) -> Part:
    return Part("POST", f"/groups/{group}/owners/$ref", {"@odata.id": references([owner])[0]})


def batch_body(parts: Sequence[Part], *, chained: bool) -> dict[str, object]:
    """At most 20 parts; wholly parallel, or each after the one before."""
    requests: list[dict[str, object]] = []
    for number, part in enumerate(parts, 1):
        request: dict[str, object] = {
            "id": str(number),
            "method": part.method,
            "url": part.url,
            "headers": {"Content-Type": "application/json"},
            "body": dict(part.body),
        }
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
