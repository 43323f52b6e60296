from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.ids import NIL, one_uuid_inside, pack_uuid, parse_uuid, unpack_uuid

ALICE = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
BOB = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


@given(st.uuids())
def test_a_uuid_is_read_in_any_case_with_white_space_around(uuid: object) -> None:
    assert parse_uuid(f" {str(uuid).upper()}\n") == str(uuid)


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{ALICE}0", f"x{ALICE}", ALICE.replace("-", ""), f"{{{ALICE}}}", None, 7, [ALICE]],
)
def test_nothing_around_a_uuid_is_tolerated(text: object) -> None:
    assert parse_uuid(text) is None


@given(st.text())
def test_any_text_is_a_uuid_in_lower_case_or_none(text: str) -> None:
    found = parse_uuid(text)

    assert found is None or found == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    [ALICE, ALICE.upper(), f"User_{ALICE}", f"entra:{ALICE}", f"  {ALICE} ", f"{{{ALICE}}}"],
)
def test_a_label_before_the_external_id_is_tolerated(text: str) -> None:
    assert one_uuid_inside(text) == ALICE


@pytest.mark.parametrize(
    "text",
    [
        f"{ALICE} {BOB}",
        f"{ALICE},{ALICE}",
        NIL,
        f"x-{NIL}",
        f"0{ALICE}",
        f"{ALICE}0",
        f"{ALICE}-1234",
        "alice@example.com",
        "",
        None,
        5,
    ],
)
def test_a_guess_is_no_object_id(text: object) -> None:
    assert one_uuid_inside(text) is None


@given(st.text(alphabet="ghijkl_:; ÅÄÖ", max_size=30), st.uuids().filter(lambda u: u.int != 0))
def test_any_label_may_stand_before_it(label: str, uuid: object) -> None:
    assert one_uuid_inside(f"{label}{uuid}") == str(uuid)


@given(st.uuids())
def test_sixteen_bytes_are_those_of_the_uuid(uuid: UUID) -> None:
    assert pack_uuid(str(uuid)) == uuid.bytes
    assert unpack_uuid(uuid.bytes) == str(uuid)


@pytest.mark.parametrize("text", ["", ALICE[:-2], f"{ALICE}00", "alice@example.com"])
def test_what_is_no_uuid_is_not_packed(text: str) -> None:
    with pytest.raises(ValueError):
        pack_uuid(text)
    with pytest.raises(ValueError):
        unpack_uuid(text.encode())
