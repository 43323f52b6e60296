from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.ids import OrgId
from shared.core.nudge import MAX_SPACE, Nudge, Unreadable, read, write

ORG = OrgId("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.text(min_size=1, max_size=MAX_SPACE), st.text(max_size=20))
def test_what_is_written_is_read(space: str, cause: str) -> None:
    nudge = Nudge(ORG, space, cause)

    assert read(write(nudge)) == nudge


@given(st.text() | json_values.map(json.dumps))
def test_anything_else_is_unreadable_and_nothing_worse(text: str) -> None:
    try:
        nudge = read(text)
    except Unreadable:
        return
    assert nudge.space


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["space", "cause"], json_values)))
def test_wrong_shapes_are_unreadable(rest: dict[str, object]) -> None:
    try:
        nudge = read(json.dumps({"organization": ORG, **rest}))
    except Unreadable:
        return
    assert nudge.space == rest["space"]


@pytest.mark.parametrize("text", ["[" * 60_000, "9" * 10_000, '{"space":' * 20_000])
def test_what_no_parser_takes_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("space", ["", "x" * (MAX_SPACE + 1), None, 3])
def test_a_space_is_needed(space: object) -> None:
    with pytest.raises(Unreadable):
        read(json.dumps({"organization": ORG, "space": space, "cause": "webhook"}))


def test_a_newer_writers_keys_are_ignored() -> None:
    text = json.dumps({"organization": ORG, "space": "s", "cause": "webhook", "later": [1]})

    assert read(text) == Nudge(ORG, "s", "webhook")


def test_the_organization_is_compared_in_lower_case() -> None:
    assert read(json.dumps({"organization": ORG.upper(), "space": "s"})).organization == ORG


def test_only_a_due_nudge_is_no_change() -> None:
    assert not Nudge(ORG, "s", "due").is_change
    assert Nudge(ORG, "s", "webhook").is_change
    assert Nudge(ORG, "s", "event").is_change
