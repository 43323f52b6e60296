"""Teams that are archived, deleted, or moved to another geography."""

from __future__ import annotations

import pytest

from sandbox.webex import Person, Team, WebexCloud
from sandbox.webex.ids import REGIONAL, US, encode

from .conftest import Client


def test_an_archived_team_keeps_its_people_and_may_show_as_read_only(
    webex: WebexCloud, officer: Client, team: Team
) -> None:
    path, people = f"/v1/rooms/{team.general.id}", webex.people_of(team)
    webex.archive_team(team)
    shown = officer.get(path).json()["isReadOnly"]
    webex.switches.archived_is_read_only = False

    assert (shown, officer.get(path).json()["isReadOnly"]) == (True, False)
    assert webex.people_of(team) == people

    webex.switches.archived_is_read_only = True
    webex.archive_team(team, on=False)
    assert officer.get(path).json()["isReadOnly"] is False


@pytest.mark.parametrize("cluster", [US, REGIONAL])
def test_a_team_that_moved_is_found_by_the_id_that_is_told_now_alone(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, cluster: str
) -> None:
    webex.migrate_team(team)
    old = encode("ROOM", team.uuid, cluster), encode("TEAM", team.uuid, cluster)

    mine = [m["roomId"] for m in officer.items("/v1/memberships", personId=ada.id)]

    assert officer.get(f"/v1/rooms/{old[0]}").status_code == 404
    assert officer.get(f"/v1/teams/{old[1]}").status_code == 404
    assert officer.get("/v1/memberships", roomId=old[0]).status_code == 404
    assert mine == [team.general.id]
    assert officer.get(f"/v1/rooms/{mine[0]}").json()["teamId"] == team.id
    assert officer.get(f"/v1/teams/{team.id}").json()["name"] == team.name


def test_a_deleted_team_is_in_nobodys_spaces(
    webex: WebexCloud, officer: Client, team: Team, ada: Person
) -> None:
    room = team.general.id
    webex.delete_team(team)

    assert officer.get("/v1/memberships", roomId=room).status_code == 404
    assert officer.items("/v1/memberships", personId=ada.id) == []
