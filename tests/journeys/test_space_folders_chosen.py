"""What an administrator chooses about folders of spaces, and sees."""

from __future__ import annotations

import pytest

from shared.admin import again, connecting
from shared.core.ids import OrgId, TeamId
from shared.core.space_folders import SpaceState
from shared.ports import Space
from shared.sync.preview import preview
from shared.sync.space_adoption import ADOPTION
from shared.sync.waking import waking
from tests.journeys.building import (
    FILES,
    WEEK,
    Building,
    build,
    choose,
    consent,
)
from tests.journeys.stage import PERMISSIONS, Stage
from tests.journeys.standing import ADMIN, later


@pytest.fixture
def quiet(stage: Stage) -> Building:
    return build(stage)


def test_turning_the_setting_on_gives_spaces_from_before_their_folders(stage: Stage) -> None:
    at = build(stage, chosen=False)
    rooms = [at.space("Plans"), at.space("Budget")]
    stage.run(120)

    choose(at, "yes")
    stage.run(180)

    assert [at.folder(room) for room in rooms] == ["Plans", "Budget"]


def test_spaces_that_an_older_version_remembered_get_folders_too(stage: Stage) -> None:
    at = build(stage, chosen=False)
    stage.watching = False
    rooms = [at.space(f"Space {number}") for number in range(3)]
    stage.webex.outbox.clear()
    for room in rooms:
        stage.services.teams.remember_space(Space(room.uuid, at.team.uuid, stage.services.now()))
    assert at.rows == {}

    choose(at, "yes")
    for _ in range(6):
        stage.tidy()
        later(stage, 60)

    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}
    kept = stage.services.organizations.kept(ADOPTION)
    assert kept is not None
    assert kept.state["done"]


def test_a_space_that_nobody_heard_of_gets_its_folder_once_its_id_is_given(
    quiet: Building,
) -> None:
    quiet.stage.watching = False
    room = quiet.space("Plans")
    quiet.stage.webex.outbox.clear()

    team = connecting.find(quiet.stage.wiring.office(OrgId(quiet.stage.org.uuid)), room.id)
    later(quiet.stage, 120)

    assert team == quiet.team.uuid
    assert quiet.folder(room) == "Plans"


def test_turning_the_setting_off_leaves_what_is_there(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    choose(quiet, "no")
    late = quiet.space("Late")

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans"
    assert quiet.link(late) is None


def test_retry_makes_a_deleted_folder_anew_once_its_link_is_gone(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    quiet.group.library.remove(quiet.rows[room.uuid].item)
    later(quiet.stage, WEEK)
    assert quiet.state(room) is SpaceState.DELETED
    world = quiet.stage.webex.world
    del world.linked_folders[world.folder_of_room.pop(room.uuid).id]

    again.retry(quiet.stage.wiring.office(OrgId(quiet.stage.org.uuid)), ADMIN, quiet.team.uuid)
    quiet.stage.run(120)

    assert quiet.folder(room) == "Plans"


def test_many_spaces_that_were_put_off_all_come_at_once_when_they_may(stage: Stage) -> None:
    at = build(stage, permitted=False)
    rooms = [at.space(f"Space {number}") for number in range(45)]
    stage.run(600)
    assert {at.state(room) for room in rooms} == {SpaceState.NO_PERMISSION}

    with waking(stage.services, "consent"):
        consent(stage, *PERMISSIONS, FILES)
    stage.run(600)

    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}


def test_a_dry_run_says_how_many_folders_would_be_made(stage: Stage) -> None:
    at = build(stage, permitted=False)
    at.space("Plans")
    stage.run(120)
    settings = stage.services.organizations.settings()
    graph = len(stage.microsoft.graph.log)

    said = preview(stage.services, settings, TeamId(at.team.uuid))

    assert said.counts == {"make folders": 1}
    assert {c.method for c in stage.graph_calls(graph)} == {"GET"}
    assert at.folders == []
