"""The demo must not be content with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console.view import MARK
from sandbox.demo import checks
from sandbox.demo.scenes import Line
from sandbox.demo.stage import Stage
from sandbox.demo.table import table
from sandbox.demo.tally import Tally
from sandbox.installation import new_master_keys, sandbox_settings
from sandbox.kit import Response, parse_request
from sandbox.microsoft import Group
from sandbox.stack import Stack
from sandbox.webex import Team
from shared.config import read_settings
from shared.core.ids import one_uuid_inside
from shared.wiring import Wiring

NAMES = ("webex", "graph", "login", "console", "app")


@pytest.fixture
def stage(azurite: str, tmp_path: Path) -> Iterator[Stage]:
    clouds = Clouds(clock=VirtualClock())
    settings = sandbox_settings(azurite, new_master_keys(), dict.fromkeys(NAMES, 9))
    wiring = Wiring(read_settings(settings))
    yield Stage(clouds, Tally(clouds), wiring, Stack(tmp_path), "http://127.0.0.1:9")


@pytest.fixture
def team(stage: Stage) -> Team:
    creator, *others = world.ordinary_people(stage.clouds.webex)[:5]
    team = stage.clouds.webex.create_team(creator, "Project X")
    for person in others:
        stage.clouds.webex.add_member(team, person)
    return team


def right_group(stage: Stage, team: Team) -> Group:
    ids = [one_uuid_inside(p.external_id) or "" for p in stage.clouds.webex.people_of(team)]
    return stage.clouds.tenant.add_group(
        "Project X",
        f"project-x-{team.uuid[:8]}",
        owners=ids[:1],
        members=ids,
        unique_name=MARK + team.uuid,
    )


def wrong(stage: Stage, team: Team) -> str:
    return "; ".join(checks.what_is_wrong(stage, team))


def test_no_group_and_two_groups_are_wrong(stage: Stage, team: Team) -> None:
    none = wrong(stage, team)
    right_group(stage, team)
    right_group(stage, team)

    assert "0 groups instead of one" in none
    assert "2 groups instead of one" in wrong(stage, team)


def test_somebody_missing_or_too_many_or_no_owner_is_wrong(stage: Stage, team: Team) -> None:
    group = right_group(stage, team)
    stranger = one_uuid_inside(world.person(stage.clouds.webex, world.ADMIN).external_id) or ""
    group.drop("members", group.members[1])
    group.add("members", stranger)
    group.add("owners", stranger)

    told = wrong(stage, team)
    assert "1 of 5 people are missing" in told
    assert "1 people are in the group who should not be" in told
    assert "the owners are not the 1 moderators" in told
    assert "the folder is not linked" in told


def test_a_problem_that_is_not_listed_is_wrong(stage: Stage, team: Team) -> None:
    right_group(stage, team)
    stage.clouds.webex.add_member(team, world.person(stage.clouds.webex, world.NO_ID.name))

    assert "listed are [], not ['no_object_id']" in wrong(stage, team)


def test_a_group_for_an_untouched_team_is_wrong(stage: Stage, team: Team) -> None:
    before = checks.is_untouched(stage, team)
    right_group(stage, team)

    assert (before, checks.is_untouched(stage, team)) == ([], ["it has a group"])


def test_requests_are_counted_by_team(stage: Stage, team: Team) -> None:
    group = right_group(stage, team)
    part = {"id": "1", "method": "PATCH", "url": f"/groups/{group.id}"}
    body = str({"requests": [part, part | {"method": "GET"}]}).replace("'", '"').encode()
    batch = parse_request("POST", "http://g/v1.0/$batch", {}, body)
    stage.tally.hear("graph", batch, Response(200))
    upsert = f"http://g/v1.0/groups(uniqueName='{MARK}{team.uuid}')"
    stage.tally.hear("graph", parse_request("PATCH", upsert, {}, b"{}"), Response(201))
    room = f"http://w/v1/memberships?roomId={team.general.id}"
    stage.tally.hear("webex", parse_request("GET", room, {}, b""), Response(429))

    count = stage.tally.of(team.uuid)
    assert (count.webex, count.graph, count.writes) == (1, 2, 2)
    assert stage.tally.answered("webex", 429) == 1


def test_the_table_says_what_is_wrong() -> None:
    text = table([Line("a step", [], 5, 1.4, 20.6), Line("another", ["no group", "no folder"])])

    assert "a step        5        1        21" in text
    assert text.splitlines()[-1].endswith("no group; no folder")
