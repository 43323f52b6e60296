"""Rooms: what they say of themselves, and who may change what."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Organization, Person, Team, WebexCloud

from .conftest import Client, SignIn


def test_a_room_tells_its_owner_creator_team_and_time(
    officer: Client, org: Organization, ada: Person, team: Team
) -> None:
    room = officer.get(f"/v1/rooms/{team.general.id}").json()

    assert room["ownerId"] == org.id
    assert room["creatorId"] == ada.id
    assert room["teamId"] == team.id
    assert room["created"] == "2026-09-21T14:13:20.000Z"
    assert room["type"] == "group"


def test_an_ordinary_space_has_no_team(webex: WebexCloud, officer: Client, ada: Person) -> None:
    room = webex.create_space(ada, "Alone")

    assert "teamId" not in officer.get(f"/v1/rooms/{room.id}").json()


def test_a_direct_space_is_of_two_people_and_nobody_is_added(
    webex: WebexCloud, officer: Client, ada: Person, grace: Person, stranger: Person
) -> None:
    room = webex.create_space(ada, "", direct_with=grace)

    assert officer.get(f"/v1/rooms/{room.id}").json()["type"] == "direct"
    refused = officer.post("/v1/memberships", roomId=room.id, personId=stranger.id)
    assert refused.status_code == 400


def test_times_keep_their_milliseconds(
    webex: WebexCloud, clock: VirtualClock, officer: Client, ada: Person
) -> None:
    clock.advance(0.123)
    room = webex.create_space(ada, "Late")

    assert officer.get(f"/v1/rooms/{room.id}").json()["created"].endswith(":20.123Z")


def test_the_list_is_of_the_callers_own_rooms_even_for_an_officer(
    webex: WebexCloud, officer: Client, ada: Person, team: Team, sign_in: SignIn
) -> None:
    webex.create_space(ada, "Alone")
    webex.create_space(ada, "Side", team=team)
    client = sign_in(ada)

    assert officer.items("/v1/rooms") == []
    assert len(client.items("/v1/rooms", max=1)) == 3
    assert len(client.items("/v1/rooms", teamId=team.id)) == 2


@pytest.mark.parametrize("query", [{"max": 0}, {"max": 1001}, {"max": "x"}, {"type": "odd"}])
def test_a_list_with_a_wrong_parameter_is_refused(
    ada: Person, sign_in: SignIn, query: dict[str, object]
) -> None:
    assert sign_in(ada).get("/v1/rooms", **query).status_code == 400


def test_a_room_is_renamed_by_somebody_in_it_and_the_title_is_required(
    webex: WebexCloud, ada: Person, sign_in: SignIn
) -> None:
    room = webex.create_space(ada, "Alone")
    client = sign_in(ada)

    assert client.put(f"/v1/rooms/{room.id}", description="x").status_code == 400
    assert client.put(f"/v1/rooms/{room.id}", title="Together").json()["title"] == "Together"


def test_an_officer_changes_four_fields_and_sends_the_title_as_it_is(
    officer: Client, team: Team
) -> None:
    path = f"/v1/rooms/{team.general.id}"

    assert officer.put(path, description="Filed").status_code == 400
    assert officer.put(path, title="Other").status_code == 403
    changed = officer.put(path, title="Project X", description="Filed", classificationId="c-1")

    assert changed.status_code == 200
    assert (changed.json()["description"], changed.json()["classificationId"]) == ("Filed", "c-1")


def test_only_a_moderator_changes_a_moderated_space(
    webex: WebexCloud, team: Team, grace: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)

    assert sign_in(grace).put(f"/v1/rooms/{team.general.id}", title="Mine").status_code == 403


def test_a_space_is_made_in_a_team_by_a_member_only(
    team: Team, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    made = sign_in(ada).post("/v1/rooms", title="Side", teamId=team.id)

    assert made.json()["teamId"] == team.id
    assert sign_in(grace).post("/v1/rooms", title="Side", teamId=team.id).status_code == 404


def test_a_deleted_space_is_gone_but_one_of_a_team_is_archived(
    webex: WebexCloud, officer: Client, ada: Person, team: Team, sign_in: SignIn
) -> None:
    alone, side = webex.create_space(ada, "Alone"), webex.create_space(ada, "Side", team=team)
    client = sign_in(ada)

    assert client.delete(f"/v1/rooms/{alone.id}").status_code == 204
    assert client.delete(f"/v1/rooms/{side.id}").status_code == 204
    assert client.delete(f"/v1/rooms/{team.general.id}").status_code == 400
    assert officer.delete(f"/v1/rooms/{side.id}").status_code == 403

    assert officer.get(f"/v1/rooms/{alone.id}").status_code == 404
    assert officer.get(f"/v1/rooms/{side.id}").json()["isReadOnly"] is True
