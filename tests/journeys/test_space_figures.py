"""The figures of spaces with folders: how many calls they cost. Counts, never seconds."""

from __future__ import annotations

from sandbox.kit import Call
from shared.core.space_folders import SpaceState
from tests.journeys.building import WEEK, Building, build
from tests.journeys.stage import Stage
from tests.journeys.standing import later

_OF_PEOPLE = ("/v1/memberships", "/members", "/owners", "/groups(")


def about_spaces(calls: list[Call]) -> list[Call]:
    """Not counted: the polls of the whole organization and tenant; and the looks at people, which
    many spaces have in common."""
    polls = ("/v1/events", "/groups/delta", "/webhooks", "/people/me")
    return [c for c in calls if not any(part in c.path for part in (*polls, *_OF_PEOPLE))]


def reads(calls: list[Call]) -> list[str]:
    return [c.path for c in calls if c.method == "GET"]


def test_200_spaces_in_one_team_cost_few_calls_each_and_every_folder_is_linked(
    heard: Stage,
) -> None:
    at = build(heard)
    graph, webex = len(heard.microsoft.graph.log), len(heard.webex.log)
    rooms = [at.space(f"Space {number}") for number in range(200)]

    heard.run(1500)

    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}
    assert at.folders == sorted(room.title for room in rooms)
    assert len({at.folder(room) for room in rooms}) == 200
    assert len(about_spaces(heard.graph_calls(graph))) <= 2 * 200
    assert len(about_spaces(heard.webex.log[webex:])) <= 4 * 200


def test_20_linked_spaces_with_nothing_changed_cost_two_reads_each_once_a_week(
    stage: Stage,
) -> None:
    at = build(stage)
    rooms = [at.space(f"Space {number}") for number in range(20)]
    stage.run(600)
    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}
    later(stage, 2 * WEEK)
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    general = f"/v1/rooms/{at.team.general.id}"

    later(stage, WEEK)

    calls = stage.graph_calls(graph) + stage.webex.log[webex:]
    assert [c for c in calls if c.method != "GET" and "token" not in c.path] == []
    listings = [p for p in reads(stage.graph_calls(graph)) if "/drives/" in p]
    of_spaces = [
        path
        for path in reads(stage.webex.log[webex:])
        if path.startswith(("/v1/rooms/", "/v1/room/")) and path != general
    ]
    weeks = len(listings)
    assert 1 <= weeks <= 2
    assert len(of_spaces) == 2 * 20 * weeks


def test_a_look_at_people_costs_spaces_nothing(stage: Stage) -> None:
    at: Building = build(stage)
    at.space("Plans")
    stage.run(600)
    graph, webex = len(stage.microsoft.graph.log), len(stage.webex.log)
    stage.webex.add_member(at.team, stage.person())

    stage.run(120)

    assert not [c for c in stage.graph_calls(graph) if "/drives/" in c.path]
    assert not [c for c in stage.webex.log[webex:] if "linkedFolders" in c.path]
