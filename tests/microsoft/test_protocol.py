"""What Graph's answers mean, word for word, and what is sent to it."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.ids import NIL, ObjectId
from shared.microsoft.protocol import (
    Kind,
    NewGroup,
    Part,
    answers_to,
    batch_answers,
    batch_body,
    classify,
    create_body,
    error_code,
    error_message,
    member_part,
    naming,
    owner_part,
    parse_account,
    parse_change,
    references,
    remove_member_part,
    remove_owner_part,
)
from tests.core.strategies import object_id

NOW = 1_700_000_000.0
ALREADY = (
    "One or more added object references already exist for the following modified properties: "
)
NOT_IN = (
    "One or more removed object references do not exist for the following modified properties: "
)
NOT_YET = "The source resource object or one of the objects being referenced {} exist."
NOT_THERE = (
    "Resource '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' does not exist or one of its queried "
    "reference-property objects are not present."
)
NAMING = (
    "The property is missing a required prefix/suffix per your organization's "
    "Group naming requirements."
)
TAKEN = "Another object with the same value for property mailNickname already exists."
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def _error(message: str, code: str = "Request_BadRequest", **more: object) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {}, Kind.OK),
        (201, {"id": "x"}, Kind.OK),
        (204, None, Kind.OK),
        (400, _error(ALREADY + "'members'."), Kind.ALREADY_THERE),
        (400, _error(ALREADY + "'owners'."), Kind.ALREADY_THERE),
        (400, _error(NOT_IN + "'members'."), Kind.ABSENT),
        (400, _error(NOT_IN.upper() + "'OWNERS'."), Kind.ABSENT),
        (400, _error(NOT_YET.format("don't")), Kind.REFERENCE_UNKNOWN),
        (400, _error(NOT_YET.format("do not")), Kind.REFERENCE_UNKNOWN),
        (400, _error(NOT_YET.format("don't").upper()), Kind.REFERENCE_UNKNOWN),
        (404, _error(NOT_THERE, "Request_ResourceNotFound"), Kind.REFERENCE_UNKNOWN),
        (400, _error(NOT_THERE, "Request_ResourceNotFound"), Kind.REFERENCE_UNKNOWN),
        (400, _error(NAMING), Kind.NAMING),
        (
            400,
            _error("x", details=[{"code": "MissingPrefixSuffix", "target": "displayName"}]),
            Kind.NAMING,
        ),
        (400, _error(TAKEN, details=[{"code": "ObjectConflict"}]), Kind.NICKNAME_TAKEN),
        (401, _error("Access token has expired."), Kind.UNAUTHENTICATED),
        (403, _error("Insufficient privileges to complete the operation."), Kind.FORBIDDEN),
        (403, _error(ALREADY), Kind.FORBIDDEN),
        (404, _error("Resource provisioning is in progress. Please try again."), Kind.NOT_FOUND),
        (404, None, Kind.NOT_FOUND),
        (409, _error("Error due to concurrent requests"), Kind.AGAIN),
        (412, None, Kind.AGAIN),
        (423, None, Kind.AGAIN),
        (424, _error("failed dependency"), Kind.AGAIN),
        (429, _error("TooManyRequests", "TooManyRequests"), Kind.THROTTLED),
        (500, "<html>", Kind.AGAIN),
        (503, None, Kind.AGAIN),
        (
            400,
            _error("The group must have at least one owner, hence this owner cannot be removed."),
            Kind.LAST_OWNER,
        ),
        (
            400,
            _error("The value of 'odata.bind' property annotation is an empty array."),
            Kind.REFUSED,
        ),
        (400, None, Kind.REFUSED),
        (302, None, Kind.REFUSED),
    ],
)
def test_an_answer_is_judged_by_status_and_text(status: int, body: object, kind: Kind) -> None:
    assert classify(status, body) is kind


@settings(max_examples=150, deadline=None)
@given(
    st.integers(100, 599),
    json_values
    | st.fixed_dictionaries({"error": json_values})
    | st.fixed_dictionaries(
        {"error": st.fixed_dictionaries({"message": json_values, "details": json_values})}
    ),
)
def test_any_answer_has_a_meaning(status: int, body: object) -> None:
    assert isinstance(classify(status, body), Kind)
    assert (classify(status, body) is Kind.OK) == (200 <= status < 300)
    assert isinstance(error_message(body), str)
    assert isinstance(error_code(body), str)
    assert naming(body, "a", "b")


def test_a_suggested_name_is_taken() -> None:
    details = [
        {"code": "MissingPrefixSuffix", "target": "displayName", "suggestedPropertyValue": "GRP A"},
        {"code": "MissingPrefixSuffix", "target": "mailNickname", "suggestedPropertyValue": "g-a"},
    ]
    wanted = naming(_error(NAMING, details=details), "A", "a")

    assert (wanted.display_name, wanted.mail_nickname) == ("GRP A", "g-a")


def test_prefix_and_suffix_are_put_around_the_name() -> None:
    details = [{"target": "displayName", "prefix": "GRP ", "suffix": " X"}]
    wanted = naming(_error(NAMING, details=details), "A", "a")

    assert (wanted.display_name, wanted.mail_nickname) == ("GRP A X", None)


def test_prefix_and_suffix_may_come_apart() -> None:
    details = [
        {"target": "displayName", "prefix": "GRP "},
        {"target": "displayName", "suffix": " X"},
        {"target": "mailNickname", "prefix": "grp-"},
        {"target": "description", "prefix": "no "},
    ]
    wanted = naming(_error(NAMING, details=details), "A", "a")

    assert (wanted.display_name, wanted.mail_nickname) == ("GRP A X", "grp-a")


def test_a_policy_that_does_not_say_what_it_wants_gives_no_name() -> None:
    wanted = naming(_error(NAMING, details=[{"target": "displayName"}]), "A", "a")

    assert (wanted.display_name, wanted.mail_nickname) == (None, None)


@pytest.mark.parametrize("bad", ["", "me", "../users", f"{object_id(1)}/x", f"{object_id(1)}?a"])
def test_only_a_uuid_becomes_a_reference(bad: str) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        references([ObjectId(bad)])


@given(st.text(max_size=50))
def test_no_text_puts_anything_but_a_uuid_into_the_address(text: str) -> None:
    try:
        (reference,) = references([ObjectId(text)])
    except ValueError:
        return
    assert str(UUID(reference.rpartition("/")[2])) == reference.rpartition("/")[2]


def _new(owners: int, members: int) -> NewGroup:
    return NewGroup(
        unique_name="webex-team-x",
        display_name="A",
        mail_nickname="a-6f9619ff",
        description="d",
        public=False,
        owners=tuple(object_id(n) for n in range(owners)),
        members=tuple(object_id(n) for n in range(members)),
    )


def test_a_group_is_unified_private_and_sends_no_welcome_mail() -> None:
    body = create_body(_new(1, 2))

    assert body["groupTypes"] == ["Unified"]
    assert body["visibility"] == "Private"
    assert body["mailEnabled"] is True
    assert body["securityEnabled"] is False
    assert body["resourceBehaviorOptions"] == ["WelcomeEmailDisabled"]
    assert body["owners@odata.bind"] == references([object_id(0)])
    assert body["members@odata.bind"] == references([object_id(0), object_id(1)])
    assert "uniqueName" not in body


def test_an_empty_bind_is_left_out() -> None:
    assert not {"owners@odata.bind", "members@odata.bind"} & set(create_body(_new(0, 0)))


def test_members_go_twenty_a_write_and_owners_one_by_one() -> None:
    members = member_part("g", [object_id(n) for n in range(20)])
    owner = owner_part("g", object_id(1))

    assert (members.method, members.url) == ("PATCH", "/groups/g")
    assert members.body == {"members@odata.bind": references(object_id(n) for n in range(20))}
    assert (owner.method, owner.url) == ("POST", "/groups/g/owners/$ref")
    assert owner.body == {"@odata.id": references([object_id(1)])[0]}


@pytest.mark.parametrize("chained", [True, False])
def test_a_batch_is_wholly_parallel_or_wholly_chained(chained: bool) -> None:
    body: Any = batch_body(
        [Part("PATCH", "/groups/g", {"n": n}) for n in range(3)], chained=chained
    )
    depends = [r.get("dependsOn") for r in body["requests"]]

    assert [r["id"] for r in body["requests"]] == ["1", "2", "3"]
    assert depends == ([None, ["1"], ["2"]] if chained else [None, None, None])
    assert {r["headers"]["Content-Type"] for r in body["requests"]} == {"application/json"}


def test_who_is_removed_is_named_by_reference_and_nothing_is_sent_along() -> None:
    group, person = str(UUID(int=7)), object_id(1)
    member, owner = remove_member_part(group, person), remove_owner_part(group, person)

    assert member == Part("DELETE", f"/groups/{group}/members/{person}/$ref")
    assert owner == Part("DELETE", f"/groups/{group}/owners/{person}/$ref")
    body: Any = batch_body([member, owner], chained=True)
    assert [r.keys() & {"body", "headers"} for r in body["requests"]] == [set(), set()]


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_removal_is_of_a_person_of_a_group_or_none(group: str, person: str) -> None:
    for remove in (remove_member_part, remove_owner_part):
        try:
            url = remove(group, ObjectId(person)).url
        except ValueError:
            continue
        parts = url.split("/")
        assert [len(parts), parts[5]] == [6, "$ref"]
        assert UUID(parts[2]) == UUID(group)
        assert UUID(parts[4]) == UUID(person)


def _not_there(key: str) -> dict[str, Any]:
    text = f"Resource '{key}' does not exist or one of its queried reference-property objects "
    return _error(text + "are not present.", "Request_ResourceNotFound")


def test_a_404_is_judged_by_what_was_asked_for() -> None:
    group, person = str(UUID(int=7)), object_id(1)
    removal, addition = remove_member_part(group, person), member_part(group, [person])
    parts = [removal, removal, removal, removal, addition]
    bodies = [
        _not_there(person),
        _not_there(NIL),
        _not_there(group.upper()),
        _error("Resource not found for the segment."),
        _not_there(person),
    ]
    responses = [_inner(n, 404, body) for n, body in enumerate(bodies, 1)]
    answers = answers_to(parts, {"responses": responses}, NOW)

    assert [a.kind for a in answers] == [
        Kind.ABSENT,
        Kind.ABSENT,
        Kind.NOT_FOUND,
        Kind.NOT_FOUND,
        Kind.REFERENCE_UNKNOWN,
    ]


def test_a_removal_that_was_not_judged_at_all_is_no_absence() -> None:
    removal = remove_member_part(str(UUID(int=7)), object_id(1))
    responses = [
        _inner(1, 204),
        _inner(2, 403, _not_there(object_id(1))),
        _inner(3, 429, _error("slow")),
        _inner(4, 503),
        _inner(5, -1, _error(NOT_IN + "'members'.")),
        _inner(6, 0, _error(NOT_IN + "'members'.")),
    ]
    answers = answers_to([removal] * 7, {"responses": responses}, NOW)

    assert [a.kind for a in answers] == [
        Kind.OK,
        Kind.FORBIDDEN,
        Kind.THROTTLED,
        Kind.AGAIN,
        Kind.AGAIN,
        Kind.AGAIN,
        Kind.AGAIN,
    ]


@given(
    st.fixed_dictionaries(
        {"id": st.just(object_id(1)) | json_values},
        optional=dict.fromkeys(
            ("displayName", "userPrincipalName", "mail", "accountEnabled", "userType"), json_values
        ),
    )
)
def test_an_account_is_read_where_its_id_is_readable(raw: dict[str, object]) -> None:
    account, change = parse_account(raw), parse_change(raw)

    assert (account is None) == (change is None) == (raw["id"] != object_id(1))
    if account is not None:
        assert account.enabled in (None, True, False)
        assert {type(t) for t in (account.name, account.principal, account.mail)} == {str}
        assert isinstance(account.guest, bool)


@pytest.mark.parametrize(
    ("raw", "guest"),
    [
        ({"userType": "Guest"}, True),
        ({"userType": "guest", "userPrincipalName": "a@b"}, True),
        ({"userType": "Member", "userPrincipalName": "a_b.example#EXT#@c.example"}, False),
        ({"userType": None, "userPrincipalName": "a_b.example#EXT#@c.example"}, True),
        ({"userPrincipalName": "a_b.example#ext#@c.example"}, True),
        ({"userPrincipalName": "a@c.example"}, False),
        ({}, False),
    ],
)
def test_a_guest_is_known_by_his_type_or_else_by_his_name(
    raw: dict[str, object], *, guest: bool
) -> None:
    account = parse_account({"id": object_id(1), **raw})

    assert account is not None
    assert account.guest is guest


def _inner(number: int, status: int, body: object = None, **headers: str) -> dict[str, object]:
    return {"id": str(number), "status": status, "headers": headers, "body": body}


@given(st.randoms(use_true_random=False))
def test_answers_come_in_the_order_of_the_parts(rng: random.Random) -> None:
    responses = [_inner(n, 200 + n) for n in range(1, 21)]
    rng.shuffle(responses)
    answers = batch_answers(20, {"responses": responses}, NOW)

    assert [a.status for a in answers] == list(range(201, 221))


def test_each_part_carries_its_own_verdict_patience_and_trace() -> None:
    responses = [
        _inner(2, 429, _error("slow"), **{"Retry-After": "2.5", "request-id": "trace-2"}),
        _inner(1, 400, _error(ALREADY, innerError={"request-id": "trace-1"})),
    ]
    first, second, third = batch_answers(3, {"responses": responses}, NOW)

    assert (first.kind, first.trace) == (Kind.ALREADY_THERE, "trace-1")
    assert (second.kind, second.retry_after, second.trace) == (Kind.THROTTLED, 2.5, "trace-2")
    assert (third.kind, third.status) == (Kind.AGAIN, 0)


def test_an_id_as_a_number_is_understood() -> None:
    (answer,) = batch_answers(1, {"responses": [{"id": 1, "status": 204}]}, NOW)

    assert answer.kind is Kind.OK


@pytest.mark.parametrize("status", [True, "204", None, 204.0])
def test_a_part_without_a_status_is_no_answer(status: object) -> None:
    (answer,) = batch_answers(1, {"responses": [{"id": "1", "status": status}]}, NOW)

    assert (answer.kind, answer.status) == (Kind.AGAIN, 0)


inner_answers = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["1", "2", 3, None]) | json_values,
        "status": st.integers(0, 999) | json_values,
        "headers": json_values | st.dictionaries(st.sampled_from(["Retry-After"]), json_values),
        "body": json_values | st.fixed_dictionaries({"error": json_values}),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 20),
    json_values
    | st.fixed_dictionaries({"responses": json_values | st.lists(inner_answers | json_values)}),
)
def test_garbage_is_one_answer_a_part_and_no_error(count: int, body: object) -> None:
    answers = batch_answers(count, body, NOW)

    assert len(answers) == count
    assert all(200 <= a.status < 300 for a in answers if a.kind is Kind.OK)
