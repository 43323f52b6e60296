"""What the providers answer: headers, error bodies, `$batch` answers, items of lists."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from fuzz import values
from fuzz.target import Target, pure
from shared.core.ids import ObjectId, OrgId, parse_uuid
from shared.core.moments import parse_time
from shared.core.patience import LONGEST, retry_after
from shared.microsoft import protocol as microsoft
from shared.microsoft.protocol import Kind, Part
from shared.webex import protocol as webex

_SENTENCES = (
    "One or more added object references already exist for: 'members'.",
    "One or more removed object references do not exist",
    "The group must have at least one owner",
    "Another object with the same value for property mailNickname already exists.",
    f"Resource '{values.SPACE}' does not exist or one of its queried reference-property objects",
    "objects being referenced do not exist",
    "naming requirements",
    "blocked word",
    "Insufficient privileges to complete the operation.",
)

# Retry-After

_DAYS = ("Mon,", "Fri", "Friday,", "Xyz,", "")
_MONTHS = ("Jan", "dec", "Foo", "13", "")
_ZONES = ("GMT", "+0000", "-2359", "+9999", "-0000", "EST", "+99999999999", "")
_dates = st.builds(
    lambda *parts: " ".join(str(part) for part in parts),
    st.sampled_from(_DAYS),
    st.integers(-1, 40),
    st.sampled_from(_MONTHS),
    st.one_of(st.integers(0, 12000), st.just(10**20)),
    st.one_of(
        st.just("10:11:12"),
        st.builds(lambda h, m, s: f"{h}:{m}:{s}", *[st.integers(-1, 99)] * 3),
        values.texts,
    ),
    st.sampled_from(_ZONES),
)
_waits = st.one_of(
    _dates,
    values.numbers.map(str),
    st.text(" ,:-+.0123456789JanMonGMTe_", max_size=30),
    values.texts,
    st.none(),
)


def _waiting(given: tuple[str | None, float]) -> None:
    wait = retry_after(*given)
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST), wait


# Link

_relations = st.one_of(
    st.sampled_from(['rel="next"', "rel=next", 'REL = "prev Next"', 'rel="prev"', "rel", 'rel="']),
    values.texts,
)
_addresses = st.one_of(st.just("https://webexapis.com/v1/rooms?cursor=a,b;c"), values.texts)
_links = st.lists(
    st.tuples(_addresses, st.lists(_relations, max_size=3)), min_size=1, max_size=4
).map(lambda parts: ", ".join(f"<{to}>{''.join(f'; {r}' for r in rels)}" for to, rels in parts))
_link_headers = st.one_of(_links, st.text('<>;,="relnxt \t', max_size=60), values.texts, st.none())


def _linking(header: str | None) -> None:
    target = webex.next_link(header)
    if target is not None:
        assert header and f"<{target}>" in header, target
        assert "next" in header.lower(), target
    given = header or ""
    wanted = "https://example.org/next"
    if not any(mark in given for mark in '<>"'):
        # What else stands there does not hide a link that is in order.
        assert webex.next_link(f'<{wanted}>; rel="next", <x>; {given}') == wanted
        assert webex.next_link(f'<x>; rel="prev", <{wanted}>; rel="next"') == wanted


# Errors of Graph

_said = st.one_of(st.sampled_from(_SENTENCES), values.texts)
_details = values.item_of(
    {
        "code": st.sampled_from(["MissingPrefixSuffix", "ContainsBlockedWord"]),
        "target": st.sampled_from(["displayName", "mailNickname"]),
        "prefix": values.texts,
        "suffix": values.texts,
        "suggestedPropertyValue": values.texts,
    }
)
_errors = values.item_of(
    {
        "code": st.sampled_from(["SyncStateNotFound", "resyncRequired", "Request_BadRequest"]),
        "message": _said,
        "details": st.lists(_details, max_size=3),
        "innerError": values.item_of({"request-id": values.uuids}),
    },
    "code",
    "message",
)
_error_bodies = st.one_of(
    st.fixed_dictionaries({"error": _errors}), values.json_of("error", "message", "code")
)
_statuses = st.one_of(
    st.sampled_from([200, 204, 299, 300, 400, 401, 403, 404, 409, 410, 412, 423, 424, 429, 500]),
    st.integers(-1, 1000),
)


def _judging(given: tuple[int, Any]) -> None:
    status, body = given
    kind = microsoft.classify(status, body)
    assert (kind is Kind.OK) == (200 <= status < 300), kind
    if status >= 500 or status == 429:
        assert kind in (Kind.AGAIN, Kind.THROTTLED), kind
    message = microsoft.error_message(body)
    assert isinstance(message, str) and isinstance(microsoft.error_code(body), str)
    missing = microsoft.missing_object(message)
    assert missing is None or missing in message.lower()
    assert microsoft.is_for_all(message) in (True, False)
    assert microsoft.is_delta_lost(status, body) or status != 410
    names = microsoft.naming(body, "Project", "project")
    assert all(n is None or isinstance(n, str) for n in (names.display_name, names.mail_nickname))
    assert webex.says_last_moderator(body) in (True, False)


# `$batch`

_GROUP = values.STRANGER
_ABSENT = f"Resource '{values.SPACE}' does not exist"
_parts = st.sampled_from(
    [
        microsoft.member_part(_GROUP, [ObjectId(values.SPACE)]),
        microsoft.owner_part(_GROUP, ObjectId(values.SPACE)),
        microsoft.remove_member_part(_GROUP, ObjectId(values.SPACE)),
        microsoft.remove_owner_part(_GROUP, ObjectId(values.SPACE)),
    ]
)
_responses = values.item_of(
    {
        "id": st.one_of(st.integers(0, 21).map(str), st.integers(0, 21)),
        "status": _statuses,
        "headers": values.item_of({"Retry-After": _waits, "request-id": values.uuids}),
        "body": st.one_of(_error_bodies, st.just({"error": {"message": _ABSENT}})),
    },
    "id",
    "status",
)
_batches = st.tuples(
    st.lists(_parts, max_size=20),
    st.one_of(
        st.fixed_dictionaries({"responses": st.lists(_responses, max_size=22)}),
        values.json_of("responses", "id", "status"),
    ),
)


def _batching(given: tuple[list[Part], Any]) -> None:
    parts, body = given
    answers = microsoft.answers_to(parts, body, 1_790_000_000.0)
    assert len(answers) == len(parts)
    done = _told_done(body)
    for number, answer in enumerate(answers, 1):
        assert answer.kind is not Kind.OK or str(number) in done, (number, answer)
        # Of one who was to be removed: only a 404 or what Graph says in so many words.
        assert answer.kind is not Kind.ABSENT or answer.status in range(300, 500), answer
        _waiting_is_sane(answer.retry_after)


def _told_done(body: Any) -> set[str]:
    """The numbers of the parts that somewhere got a 2xx."""
    told = body.get("responses") if isinstance(body, dict) else None
    items = [i for i in (told if isinstance(told, list) else []) if isinstance(i, dict)]
    return {
        str(item.get("id"))
        for item in items
        if type(item.get("status")) is int and item["status"] // 100 == 2
    }


def _waiting_is_sane(wait: float | None) -> None:
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST), wait


# Items

_items = values.item_of(
    {
        "id": values.ids,
        "teamId": values.ids,
        "creatorId": values.ids,
        "ownerId": values.ids,
        "personId": values.ids,
        "personOrgId": values.ids,
        "personEmail": values.texts,
        "personDisplayName": values.texts,
        "title": values.texts,
        "type": st.sampled_from(["group", "direct", "created", "deleted"]),
        "created": values.times,
        "isModerator": st.booleans(),
        "errors": values.item_of({"personId": st.just({}), "title": st.just({})}),
        "data": values.item_of({"roomId": values.ids, "roomType": st.just("direct")}),
        "externalId": values.uuids,
        "userType": st.just("user"),
        "userName": values.texts,
        "active": st.booleans(),
        "meta": values.item_of({"organizationId": values.ids}),
        "driveId": values.texts,
        "defaultFolder": st.just("true"),
        "userPrincipalName": values.texts,
        "displayName": values.texts,
        "accountEnabled": st.booleans(),
        "@removed": st.just({"reason": "deleted"}),
        "invitedUser": values.item_of({"id": values.uuids}),
    },
    "id",
)


def _reading(raw: Mapping[str, Any]) -> None:
    _reading_webex(raw)
    account, change = microsoft.parse_account(raw), microsoft.parse_change(raw)
    for found in (account and account.object, change and change.group, microsoft.invited(raw)):
        assert found is None or parse_uuid(found) == found, found


def _reading_webex(raw: Mapping[str, Any]) -> None:
    try:
        room = webex.parse_room(raw)
    except webex.Malformed:
        assert webex.uuid_of(raw.get("id")) is None
    else:
        assert webex.decode_id(room.id) and webex.uuid_of(room.id) == room.uuid
    member, event = webex.parse_member(raw), webex.parse_event(raw)
    assert member is None or parse_uuid(member.person) == member.person
    assert event is None or webex.decode_id(event.space_id)
    assert isinstance(parse_time(raw.get("created")), int)
    webex.parse_folder(raw)
    webex.parse_user(raw)
    user = webex.parse_users([raw], str(raw.get("userName") or ""), OrgId(values.ORG))
    assert user is None or (user.person and parse_uuid(user.person) == user.person)
    decoded = webex.decode_id(raw.get("id"))
    assert decoded is None or parse_uuid(decoded.uuid) == decoded.uuid


TARGETS: tuple[Target, ...] = (
    pure("retry-after", st.tuples(_waits, st.floats(0, 4e9)), _waiting, 3),
    pure("link", _link_headers, _linking, 2),
    pure("graph-errors", st.tuples(_statuses, _error_bodies), _judging, 0.7),
    pure("batch", _batches, _batching, 0.7, 80),
    pure("items", _items, _reading, 0.7, 60),
)
