"""`folder:` rows: one for each further space of a team."""

from __future__ import annotations

from dataclasses import fields, replace
from uuid import uuid4

import pytest

from shared.core.ids import TeamId
from shared.core.model import Versioned
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.ports import Conflict, Space
from shared.storage.space_folders import SpaceFolderRows
from shared.storage.tables import Partition
from shared.storage.teams import TeamRows


def new_uuid() -> str:
    return str(uuid4())


def full(team: TeamId) -> SpaceFolder:
    return SpaceFolder(
        team=team,
        space=new_uuid(),
        space_id="Y2lz",
        title="Plans: Åre",
        name="Plans- Åre",
        intent_at=1_790_000_000_001,
        item="01ITEM",
        url="https://contoso.sharepoint.com/x",
        linked_url="https://contoso.sharepoint.com/y",
        state=SpaceState.FOREIGN,
        checked=1_790_000_000_002,
        at=1_790_000_000_003,
        tries=4,
    )


@pytest.fixture
def folders(rows: Partition) -> SpaceFolderRows:
    return SpaceFolderRows(rows)


@pytest.fixture
def team() -> TeamId:
    return TeamId(new_uuid())


def only(folders: SpaceFolderRows, team: TeamId) -> Versioned[SpaceFolder]:
    [found] = folders.of_team(team)
    return found


def test_everything_about_a_space_comes_back(folders: SpaceFolderRows, team: TeamId) -> None:
    folder = full(team)
    folders.add(folder)

    assert only(folders, team).value == folder
    bare = SpaceFolder(team, folder.space, "")
    for each in fields(SpaceFolder)[2:]:
        assert getattr(folder, each.name) != getattr(bare, each.name)


def test_a_space_that_is_known_stays_as_it_is(folders: SpaceFolderRows, team: TeamId) -> None:
    folder = full(team)
    folders.add(folder)
    folders.add(SpaceFolder(team, folder.space, "other"))

    assert only(folders, team).value == folder


def test_a_lost_race_is_a_conflict(folders: SpaceFolderRows, team: TeamId) -> None:
    folders.add(full(team))
    before = only(folders, team)
    after = folders.write(before, replace(before.value, tries=5))

    with pytest.raises(Conflict):
        folders.write(before, replace(before.value, tries=6))
    assert folders.write(after, replace(after.value, tries=7)).value == only(folders, team).value


def test_a_teams_spaces_are_its_own(folders: SpaceFolderRows, team: TeamId) -> None:
    other = TeamId(new_uuid())
    for each in (team, other, team):
        folders.add(full(each))

    assert len(folders.of_team(team)) == 2
    assert len(folders.of_team(other)) == 1
    assert folders.of_team(TeamId(new_uuid())) == []


def test_what_a_newer_version_wrote_is_looked_at_again(
    folders: SpaceFolderRows, rows: Partition, team: TeamId
) -> None:
    rows.insert(f"folder:{team}:{new_uuid()}", {"space": "x", "state": "of a newer version"})

    assert only(folders, team).value.state is SpaceState.NONE


def test_spaces_that_were_remembered_before_are_told_a_page_at_a_time(
    folders: SpaceFolderRows, rows: Partition, team: TeamId
) -> None:
    teams = TeamRows(rows)
    further = sorted(new_uuid() for _ in range(5))
    for uuid in further:
        teams.remember_space(Space(uuid, team, 1))
    teams.remember_space(Space(team, team, 1))
    teams.remember_space(Space(new_uuid(), "", 1))
    found, after = list[SpaceFolder](), ""
    while True:
        some, after = folders.without_rows(after, 2)
        found += some
        if not after:
            break

    assert [(f.team, f.space) for f in found] == [(team, uuid) for uuid in further]
