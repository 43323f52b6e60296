"""Deliveries, times, pages and items, in every shape that Webex or a stranger may send."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.core.ids import OrgId, PersonId
from shared.core.model import Drive
from shared.core.moments import parse_time
from shared.webex.protocol import (
    Malformed,
    WebexId,
    folder_body,
    format_time,
    membership_id,
    next_link,
    parse_delivery,
    parse_event,
    parse_folder,
    parse_member,
    parse_room,
    parse_user,
    parse_users,
    person_id,
    says_last_moderator,
    team_membership_id,
    user_name_filter,
)

SCIM = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
TEAM = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SPACE = WebexId("us", "ROOM", UUID).encode()
ORG = WebexId("us", "ORGANIZATION", TEAM).encode()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def _delivery(**data: object) -> bytes:
    return json.dumps({"orgId": ORG, "resource": "rooms", "data": data}).encode()


def _shaped(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the right keys and any values."""
    values = json_values | st.just(SPACE)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values))


def test_a_rooms_delivery_names_its_space_by_id() -> None:
    delivery = parse_delivery(_delivery(id=SPACE, type="group"))

    assert (delivery.space, delivery.organization, delivery.direct) == (SPACE, TEAM, False)


def test_a_memberships_delivery_names_its_space_by_room_id() -> None:
    membership = WebexId("us", "MEMBERSHIP", f"{TEAM}:{UUID}").encode()
    delivery = parse_delivery(_delivery(id=membership, roomId=SPACE, roomType="direct"))

    assert (delivery.space, delivery.direct) == (SPACE, True)


def test_a_bots_delivery_is_of_the_bots_organization_and_says_nothing_of_ours() -> None:
    data = {"id": "x", "roomId": SPACE, "roomType": "group"}
    body = {"orgId": ORG, "resource": "memberships", "event": "deleted", "data": data}
    delivery = parse_delivery(json.dumps(body).encode())

    assert (delivery.space, delivery.organization, delivery.direct) == (SPACE, None, False)


def test_a_delivery_without_an_organization_says_so() -> None:
    assert parse_delivery(json.dumps({"data": {"id": SPACE}}).encode()).organization is None


def test_a_room_id_that_is_no_id_is_not_replaced_by_another() -> None:
    with pytest.raises(Malformed):
        parse_delivery(_delivery(id=SPACE, roomId=None))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | json_values.map(lambda v: json.dumps(v).encode())
    | _shaped("id", "roomId", "type", "roomType").map(
        lambda data: json.dumps({"data": data, "orgId": data.get("id")}).encode()
    )
)
@example(b"[" * 65_000)
@example(b'{"data":' * 8_000)
@example(b"9" * 5_000)
@example(b"\xff\xfe{\x00}\x00")
@example(json.dumps({"data": {"id": "\ud800"}}).encode())
@example(b"\xef\xbb\xbf{}")
def test_a_delivery_of_any_shape_is_read_or_malformed(body: bytes) -> None:
    try:
        delivery = parse_delivery(body)
    except Malformed as error:
        assert str(error).endswith(".")
        return
    assert delivery.space


@settings(deadline=None)
@given(_shaped("id", "teamId", "creatorId", "ownerId", "created", "title", "type"))
def test_a_room_of_any_shape_is_read_or_malformed(raw: dict[str, Any]) -> None:
    try:
        room = parse_room(raw)
    except Malformed:
        return
    assert room.uuid == UUID


@settings(deadline=None)
@given(
    _shaped("personId", "personEmail", "personOrgId", "isModerator", "created", "id", "type"),
    _shaped("roomId", "roomType"),
)
def test_items_of_any_shape_are_read_or_left_out(raw: dict[str, Any], data: dict[str, Any]) -> None:
    member, event = parse_member(raw), parse_event({**raw, "data": data})

    assert member is None or member.person == UUID
    assert event is None or event.space_id == SPACE
    assert event is None or event.kind in ("created", "updated", "deleted")
    assert parse_event(raw) is None
    assert parse_folder(raw).default is False


def test_a_room_says_what_it_belongs_to() -> None:
    room = parse_room(
        {
            "id": SPACE,
            "title": "General",
            "type": "group",
            "teamId": WebexId("urn:TEAM:us-west-2_r", "ROOM", TEAM).encode(),
            "creatorId": WebexId("us", "PEOPLE", UUID).encode(),
            "ownerId": ORG,
            "created": "2026-01-01T00:00:00.000Z",
        }
    )

    assert (room.uuid, room.team, room.creator, room.owner) == (UUID, TEAM, UUID, TEAM)
    assert room.created == 1_767_225_600_000


@pytest.mark.parametrize(("given_", "moderator"), [(True, True), (False, False), ("true", False)])
def test_only_a_true_moderator_is_one(given_: object, moderator: bool) -> None:
    member = parse_member({"personId": UUID, "isModerator": given_})

    assert member
    assert member.moderator is moderator


def test_a_member_without_a_person_is_none_so_that_the_read_is_not_complete() -> None:
    assert parse_member({"id": "x", "errors": {"personId": {"code": "kms_failure"}}}) is None


@settings(deadline=None)
@given(
    st.lists(
        _shaped("id", "userName", "externalId", "active", "userType", "meta", SCIM), max_size=2
    ),
    st.text(max_size=8),
)
def test_users_of_any_shape_are_read_or_nobody(items: list[dict[str, Any]], name: str) -> None:
    found = parse_users(items, name, OrgId(TEAM))

    assert found is None or found.person
    assert all(parse_user(item).person is None for item in items)


@settings(deadline=None)
@given(json_values | _shaped("message", "errors"))
@example({"errors": [{"description": 7}, "x", None]})
def test_an_error_of_any_shape_says_it_or_does_not(answer: object) -> None:
    assert says_last_moderator(answer) is False


def test_the_last_moderator_may_be_told_of_anywhere_in_an_error() -> None:
    assert says_last_moderator({"errors": [{"description": "Last moderator."}]})
    assert says_last_moderator({"message": "x", "errors": [{}, {"description": "last moderator"}]})
    assert not says_last_moderator({"message": "Only a moderator of the team can do this."})


def plain(text: str | None) -> str:
    assert text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_ids_of_memberships_name_person_and_space_in_the_spaces_cluster() -> None:
    space, person = WebexId("urn:TEAM:us-west-2_r", "ROOM", UUID).encode(), PersonId(TEAM)

    assert [plain(each(space, person)) for each in (membership_id, team_membership_id)] == [
        f"ciscospark://urn:TEAM:us-west-2_r/MEMBERSHIP/{TEAM}:{UUID}",
        f"ciscospark://urn:TEAM:us-west-2_r/TEAM_MEMBERSHIP/{TEAM}:{UUID}",
    ]
    assert plain(person_id(person)) == f"ciscospark://us/PEOPLE/{TEAM}"
    assert membership_id("no id", person) is None
    assert team_membership_id("", person) is None


@given(st.text(max_size=20))
@example('" or userName sw "')
@example("\\")
def test_a_users_name_stays_inside_the_quotes_of_the_filter(name: str) -> None:
    attribute, operator, value = user_name_filter(name).split(" ", 2)

    assert (attribute, operator, json.loads(value)) == ("userName", "eq", name)


def test_an_event_of_a_direct_space_concerns_no_team() -> None:
    assert parse_event({"id": "1", "data": {"roomId": SPACE, "roomType": "direct"}}) is None


@pytest.mark.parametrize(
    ("given_", "default"),
    [("true", True), ("True", True), (True, True), ("false", False), (False, False), (None, False)],
)
def test_a_default_folder_is_read_as_text_and_as_a_boolean(given_: object, default: bool) -> None:
    assert parse_folder({"defaultFolder": given_}).default is default


@pytest.mark.parametrize("default", [True, False])
def test_a_default_folder_is_sent_as_text(default: bool) -> None:
    body = folder_body(SPACE, Drive("d", "i", "https://x"), "n", default=default)

    assert body["defaultFolder"] == str(default).lower()
    assert parse_folder(body).default is default


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_is_the_same_after_writing_and_reading(ms: int) -> None:
    assert parse_time(format_time(ms)) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-01T00:00:00.000Z", 1_767_225_600_000),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T02:00:00+02:00", 1_767_225_600_000),
        ("2026-01-01T00:00:00.5Z", 1_767_225_600_500),
        ("2026-01-01T00:00:00", 1_767_225_600_000),
        ("", 0),
        ("yesterday", 0),
        (None, 0),
        (1_767_225_600, 0),
    ],
)
def test_times_are_read_in_utc(text: object, ms: int) -> None:
    assert parse_time(text) == ms


@given(st.text(max_size=40))
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
def test_any_time_is_a_number(text: str) -> None:
    assert isinstance(parse_time(text), int)


NEXT = "https://webexapis.com/v1/memberships?roomId=a,b&cursor=c;d=e"


@pytest.mark.parametrize(
    "header",
    [
        f'<{NEXT}>; rel="next"',
        f"<{NEXT}>; rel=next",
        f"<{NEXT}>;rel=next",
        f'<{NEXT}> ; rel="next"; title="more"',
        f'<{NEXT}>; title="more"; rel="next"',
        f'<{NEXT}>; REL="Next"',
        f'<{NEXT}>; rel = "next"',
        f'<{NEXT}>; rel="next last"',
        f'<https://x/1>; rel="prev", <{NEXT}>; rel="next"',
        f'<https://x/1>; rel="prev",<{NEXT}>; rel="next",<https://x/9>; rel="last"',
    ],
)
def test_the_next_page_is_found_in_every_form_of_the_header(header: str) -> None:
    assert next_link(header) == NEXT


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        NEXT,
        f"<{NEXT}>",
        f'<{NEXT}>; rel="prev"',
        f'<{NEXT}>; rel="nextish"',
        f'<{NEXT}>; notrel="next"',
        f'<{NEXT}>; not-rel="next"',
        '<https://x/?rel="next">; rel="first"',
        f"{NEXT}; rel=next",
    ],
)
def test_no_other_page_is_taken_for_the_next(header: str | None) -> None:
    assert next_link(header) is None


@given(st.text(alphabet='<>;,="\\ relnxt', max_size=60))
def test_any_link_header_is_a_link_or_none(header: str) -> None:
    link = next_link(header)

    assert link is None or f"<{link}>" in header
