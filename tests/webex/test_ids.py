from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.webex.protocol import (
    WebexId,
    decode_id,
    general_space_id,
    space_id_like,
    team_id_of,
    uuid_of,
)

UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
CLUSTERS = ["us", "urn:TEAM:us-west-2_r", "urn:TEAM:us-gov-west-1_a1"]
KINDS = ["TEAM", "ROOM", "PEOPLE", "ORGANIZATION", "MEMBERSHIP"]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@given(st.sampled_from(CLUSTERS), st.sampled_from(KINDS), st.uuids().map(str))
def test_an_id_is_the_same_after_encoding_and_decoding(cluster: str, kind: str, uuid: str) -> None:
    made = WebexId(cluster, kind, uuid)

    assert decode_id(made.encode()) == made
    assert "=" not in made.encode()


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_both_cluster_forms_are_the_same_team(cluster: str) -> None:
    assert uuid_of(WebexId(cluster, "TEAM", UUID).encode()) == UUID


def test_padding_and_both_alphabets_are_taken() -> None:
    raw = f"ciscospark://us/ROOM/{UUID}"

    assert uuid_of(_base64(raw)) == UUID
    assert uuid_of(_base64(raw).rstrip("=")) == UUID
    assert uuid_of(base64.urlsafe_b64encode(raw.encode()).decode()) == UUID


def test_a_bare_uuid_is_an_id_plain_or_in_base64() -> None:
    assert uuid_of(UUID) == UUID
    assert uuid_of(UUID.upper()) == UUID
    assert uuid_of(_base64(UUID)) == UUID


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_only_the_type_is_changed_between_team_and_general_space(cluster: str) -> None:
    """Replacing TEAM by ROOM in the text would corrupt a cluster named urn:TEAM."""
    team = WebexId(cluster, "TEAM", UUID).encode()
    space = WebexId(cluster, "ROOM", UUID).encode()

    assert general_space_id(team) == space
    assert team_id_of(space) == team


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_space_beside_another_lies_in_the_same_cluster(cluster: str) -> None:
    beside = WebexId(cluster, "ROOM", "3f2504e0-4f89-41d3-9a0c-0305e82c3301").encode()

    assert decode_id(space_id_like(beside, UUID)) == WebexId(cluster, "ROOM", UUID)


def test_the_documentations_room_typed_team_id_is_still_the_team() -> None:
    wrong = WebexId("us", "ROOM", UUID).encode()

    assert general_space_id(wrong) == wrong
    assert uuid_of(wrong) == UUID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "A===",
        "ÅÄÖ",
        "/" * 40,
        "A" * 513,
        None,
        7,
        [UUID],
        _base64("ciscospark://us/ROOM/not-a-uuid"),
        _base64(f"ciscospark://us/ROOM/{UUID}/more"),
        _base64(f"ciscospark://us/MEMBERSHIP/{UUID}:{UUID}"),
        _base64(f"https://us/ROOM/{UUID}"),
        _base64("ciscospark://us"),
        _base64("ÅÄÖ"),
    ],
)
def test_anything_else_is_no_id(text: object) -> None:
    assert decode_id(text) is None


@given(st.text(max_size=600) | st.binary(max_size=100).map(lambda b: base64.b64encode(b).decode()))
def test_any_text_is_an_id_or_none(text: str) -> None:
    found = decode_id(text)

    assert found is None or len(found.uuid) == 36
