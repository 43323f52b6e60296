"""The figures: how many calls a look costs. Counts, never seconds."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import pytest

from sandbox.kit import Call
from sandbox.webex.state import Team
from shared.core.model import Status
from tests.journeys.stage import Stage


def counted(calls: list[Call]) -> list[Call]:
    """Not counted: what is read for the whole tenant, its group settings and which of its groups
    changed; and the folder."""
    others = ("groupSettings", "/groups/delta", "/drive")
    return [c for c in calls if not any(part in c.path for part in others)]


def known_team(stage: Stage, count: int, moderators: int = 1) -> Team:
    people = stage.people(count)
    team = stage.team(people[0], people[1:])
    for person in people[1:moderators]:
        stage.webex.set_moderator(team, person, True)
    stage.know(people)
    return team


@pytest.mark.parametrize(("count", "most"), [(5, 2), (50, 3), (500, 4)])
def test_a_new_team_of_known_people_costs_few_graph_requests(
    heard: Stage, count: int, most: int
) -> None:
    stage = heard
    team = known_team(stage, count)

    stage.run(24)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert len(counted(stage.graph_calls())) <= most


@pytest.mark.parametrize("owners", [1, 2, 5])
@pytest.mark.parametrize("count", [5, 15, 16, 19, 20, 21, 35, 36, 40, 41, 100])
def test_directory_writes_are_as_few_as_graph_allows(heard: Stage, count: int, owners: int) -> None:
    stage = heard
    team = known_team(stage, count, owners)

    stage.run(24)

    group = stage.group_of(team)
    assert group is not None
    assert len(group.members) == count
    assert len(group.owners) == owners
    assert stage.tenant.write_count <= 1 + ceil(max(0, count - (20 - owners)) / 20)


def test_a_look_with_nothing_to_do_writes_nothing_and_reads_little(heard: Stage) -> None:
    stage = heard
    team = known_team(stage, 500)
    stage.settle()
    assert stage.row(team).status is Status.COMPLETE
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    writes = stage.tenant.write_count

    stage.work(
        f'{{"organization": "{stage.org.uuid}", "space": "{team.general.id}", "cause": "webhook"}}'
    )

    assert stage.tenant.write_count == writes
    group = stage.group_of(team)
    assert group is not None
    reads = [(c.method, c.path) for c in stage.graph_calls(graph) + stage.webex.log[webex:]]
    assert reads == [("GET", f"/v1.0/groups/{group.id}/members"), ("GET", "/v1/memberships")]


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "events alone"])
@pytest.mark.parametrize("named", [True, False], ids=["named", "to be found by halving"])
@pytest.mark.parametrize("who", [7, 321, 499])
def test_one_unknown_id_among_500_costs_few_requests_and_499_are_in(
    make_stage: Callable[..., Stage], who: int, named: bool, webhook: bool
) -> None:
    clean, faulty = make_stage(1), make_stage(1)
    for stage in (clean, faulty):
        stage.install()
        stage.microsoft.switches.names_missing_object = named
        stage.turn_on(webhook=webhook)
        people = stage.people(500)
        if stage is faulty:
            stage.tenant.remove_user(str(people[who].external_id))
        team = stage.team(people[0], people[1:])
        stage.know(people)
        stage.run(24)

    group = faulty.group_of(team)
    assert group is not None
    assert len(group.members) == 499
    assert people[who].external_id not in group.members
    extra = len(counted(faulty.graph_calls())) - len(counted(clean.graph_calls()))
    assert extra <= 12


def test_a_team_that_grows_by_one_costs_one_write(heard: Stage) -> None:
    stage = heard
    team = known_team(stage, 50)
    stage.settle()
    writes = stage.tenant.write_count
    late = stage.person()
    stage.know([late])
    stage.webex.add_member(team, late)

    stage.run(60)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members
    assert stage.tenant.write_count == writes + 1
