from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.microsoft.library import is_refused
from shared.core.folder_names import NAME_MAX, UNNAMED, folder_name, free, same, wishes

SPACE = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
# Lone surrogates too: JSON can carry them.
_odd = st.sampled_from([*'"*:<>?/\\|.~$_ -#%', "con", "_vti_", "forms", "lock", "\u200d", "🚀"])
titles = st.text(st.characters(codec=None), max_size=300) | st.lists(_odd, max_size=40).map("".join)


@settings(max_examples=500, deadline=None)
@given(titles, st.uuids())
def test_any_title_gives_names_that_sharepoint_takes(title: str, space: UUID) -> None:
    for name in wishes(title, str(space)):
        assert name.encode("utf-8")
        assert not is_refused(name, in_root=True)
        assert len(name) <= NAME_MAX
    assert not is_refused(wishes(title, str(space))[2], in_root=True, strict=True)


@settings(max_examples=200, deadline=None)
@given(titles)
def test_a_name_of_ours_is_kept_as_it_is(title: str) -> None:
    name = folder_name(title)

    assert folder_name(name) == name


@settings(max_examples=200, deadline=None)
@given(titles, st.lists(st.uuids(), min_size=1, max_size=8, unique_by=lambda u: u.hex[:8]))
def test_spaces_of_one_title_get_as_many_names(title: str, spaces: list[UUID]) -> None:
    taken: set[str] = set()
    for space in spaces:
        name = free(title, str(space), taken)
        assert name is not None
        taken.add(same(name))

    assert len(taken) == len(spaces)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plans", "Plans"),
        ("Åre  – 2027 🚀 (C#, 100 %)", "Åre – 2027 🚀 (C#, 100 %)"),
        ("Q1/Q2: plan?", "Q1-Q2- plan-"),
        ("  dots... ", "dots"),
        ("~$lock", "$lock"),
        ("CON", "Space CON"),
        ("com1.txt", "Space com1.txt"),
        ("Forms", "Space Forms"),
        ("a_VTI_b", "a-vti-b"),
        ("\n\t", UNNAMED),
        ("???", UNNAMED),
        ("\u200b\u200d", UNNAMED),
        ("x" * 300, "x" * NAME_MAX),
        ("e\u0301", "é"),
    ],
)
def test_a_title_stays_as_it_is_as_far_as_it_may(title: str, name: str) -> None:
    assert folder_name(title) == name


def test_cases_do_not_tell_names_apart() -> None:
    assert free("Plans", SPACE, {same("PLANS")}) == "Plans (6f9619ff)"
    assert free("Plans", SPACE, {same("plans"), same("plans (6F9619FF)")}) == "Space Plans-6f9619ff"


def test_where_every_name_is_taken_there_is_none() -> None:
    assert free("Plans", SPACE, {same(name) for name in wishes("Plans", SPACE)}) is None
