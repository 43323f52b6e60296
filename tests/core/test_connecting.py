from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.connecting import Candidate, why_not
from shared.core.ids import GroupId, TeamId
from shared.core.look import Look, begin, park, unparked
from shared.core.model import Group
from shared.core.naming import unique_name

TEAM = TeamId("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
OTHER = TeamId("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
PLAIN = Candidate(Group(GroupId("88888888-8888-4888-8888-888888888888"), "Crew", "crew", "", 1))


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (PLAIN, ""),
        (replace(PLAIN, unique_name="of-somebody-else"), ""),
        (replace(PLAIN, unique_name=unique_name(TEAM)), ""),
        (replace(PLAIN, unique_name=unique_name(OTHER)), "group_taken"),
        (replace(PLAIN, unified=False), "group_not_unified"),
        (replace(PLAIN, dynamic=True), "group_dynamic"),
    ],
)
def test_a_group_may_be_a_teams_unless_it_is_of_another_kind_or_anothers(
    candidate: Candidate, code: str
) -> None:
    assert why_not(candidate, TEAM) == code


def test_a_team_that_is_taken_out_of_the_parked_ones_is_due_as_a_whole() -> None:
    out = unparked(park(Look("space", wanted=3, sighted=True)), 1000)

    assert (out.parked, out.whole, out.wanted, out.at) == (False, True, 4, 1000)
    assert begin(out, 1000, "worker", 1) is not None
    assert unparked(out, 2000) == out
