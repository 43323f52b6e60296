"""The demo must not be content with what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console.view import MARK
from sandbox.demo import checks, crowd
from sandbox.demo.crowd import Crowd
from sandbox.demo.life import CHANGES, Change, judge
from sandbox.demo.scenes import Line
from sandbox.demo.stage import Stage
from sandbox.demo.table import table
from sandbox.demo.tally import Count, Tally
from sandbox.installation import new_master_keys, sandbox_settings
from sandbox.kit import Response, parse_request
from sandbox.microsoft import Group
from sandbox.stack import Stack
from sandbox.supervise import Steps
from sandbox.webex import Person, Team
from sandbox.webex.ids import encode
from shared.config import read_settings
from shared.core import ledger
from shared.core.held import Held, Named
from shared.core.ids import ObjectId, PersonId, TeamId, one_uuid_inside
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


def test_memberships_that_are_made_or_ended_count_as_writes(stage: Stage, team: Team) -> None:
    before = stage.tally.of(team.uuid)
    body = f'{{"roomId": "{team.general.id}", "personId": "x"}}'.encode()
    stage.tally.hear(
        "webex", parse_request("POST", "http://w/v1/memberships", {}, body), Response(200)
    )
    member = encode("MEMBERSHIP", f"{team.creator_uuid}:{team.uuid}")
    ended = parse_request("DELETE", f"http://w/v1/memberships/{member}", {}, b"")
    stage.tally.hear("webex", ended, Response(204))

    assert stage.tally.of(team.uuid).since(before) == Count(webex=2, graph=0, writes=2)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_is_followed_only_when_the_other_side_has_it(
    stage: Stage, team: Team, change: Change
) -> None:
    group = right_group(stage, team)
    inside = stage.clouds.webex.people_of(team)
    outside = world.ordinary_people(stage.clouds.webex)[50]
    person = outside if change.newcomer else inside[1]
    before = change.followed(stage, team, person)
    change.act(stage, team, person)
    done = change.followed(stage, team, person)
    _follow(stage, team, group)

    assert (before, done, change.followed(stage, team, person)) == (False, False, True)


def _follow(stage: Stage, team: Team, group: Group) -> None:
    """What the app would do: each side learns what was done on the other one."""
    webex = stage.clouds.webex
    ids = {one_uuid_inside(p.external_id): p for p in world.ordinary_people(webex)}
    there = {one_uuid_inside(p.external_id) or "" for p in webex.people_of(team)}
    group.add("owners", *(one_uuid_inside(p.external_id) or "" for p in webex.moderators_of(team)))
    stage.clouds.tenant.change_group(group, display_name=team.name)
    if len(there) > 5:
        group.add("members", *there)
    for object_id in set(group.members) - there:
        webex.add_member(team, ids[object_id])
    for object_id in there - set(group.members):
        webex.remove_member(team, ids[object_id])


def test_no_write_and_many_writes_for_one_person_are_wrong() -> None:
    assert judge(3.0, 60, Count(4, 3, 1)) == []
    assert judge(3.0, 60, Count(4, 3, 0)) == ["0 writes instead of one"]
    assert judge(3.0, 60, Count(4, 3, 2)) == ["2 writes instead of one"]
    assert judge(None, 60, Count(4, 3, 0)) == ["not followed within 60 s"]


def test_a_brake_that_does_not_hold_is_wrong(stage: Stage) -> None:
    people = world.ordinary_people(stage.clouds.webex)[: crowd.SIZE]
    team = stage.clouds.webex.create_team(people[0], "Project X")
    for person in people[1:]:
        stage.clouds.webex.add_member(team, person)
    group = right_group(stage, team)
    leavers = people[-crowd.LEAVERS :]
    long_ago = time.monotonic() - crowd.HELD_PATIENCE
    nothing = crowd.hold(stage, Crowd(team, leavers, long_ago, []), Steps())
    keep_waiting(stage, team, leavers)
    held = crowd.hold(stage, Crowd(team, leavers, long_ago, []), Steps())
    group.drop("members", group.members[-1])
    gone = crowd.hold(stage, Crowd(team, leavers, long_ago, ["no folder"]), Steps())

    assert nothing.wrong == ["nothing waits after 330 s"]
    assert held.wrong == []
    assert gone.wrong == ["before it: no folder", "the group has 29 members while it waits"]


def keep_waiting(stage: Stage, team: Team, people: list[Person]) -> None:
    """The app's record, as the worker writes it."""
    changes = tuple(
        Named(
            ledger.Change(
                PersonId(p.uuid),
                ObjectId(one_uuid_inside(p.external_id) or ""),
                ledger.MEMBERS,
                ledger.REMOVE,
            )
        )
        for p in people
    )
    stage.services.teams.hold(TeamId(team.uuid), None, Held(changes, 1, 30, ("remove_many",)))


def test_the_table_says_what_is_wrong() -> None:
    text = table([Line("a step", [], 5, 1.4, 20.6), Line("another", ["no group", "no folder"])])

    assert "a step        5        1        21" in text
    assert text.splitlines()[-1].endswith("no group; no folder")
