"""From a team in Webex to its group: the way itself."""

from __future__ import annotations

from collections.abc import Callable

from shared.core.model import Folder, Status
from tests.journeys.stage import Stage


def test_a_new_team_gets_a_group_with_its_people_and_folder(stage: Stage) -> None:
    ada = stage.person("Ada Lovelace")
    team = stage.team(ada, stage.people(4), "Möte på Åland")

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert group.owners == [ada.external_id]
    assert group.display_name == "Möte på Åland"
    assert group.mail_nickname == f"mote-pa-aland-{team.uuid[:8]}"
    assert group.visibility == "Private"
    assert group.resource_behavior_options == ["WelcomeEmailDisabled"]
    row = stage.row(team)
    assert (row.status, row.reason, row.folder) == (Status.COMPLETE, "", Folder.LINKED)
    folder = next(iter(stage.webex.linked_folders.values()))
    assert (folder.room_uuid, folder.drive_id) == (team.uuid, group.drive_id)


def test_a_new_team_is_found_by_events_alone(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    stage.turn_on(webhook=False)
    team = stage.team(stage.person(), stage.people(4))

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert stage.row(team).status is Status.COMPLETE
