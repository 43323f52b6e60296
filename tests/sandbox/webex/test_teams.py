"""Teams and /team/memberships: a team is who is in its General space."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Person, Refused, Team, WebexCloud
from sandbox.webex.ids import REGIONAL, US, decode, encode

from .conftest import Client, SignIn


def test_a_team_has_the_uuid_of_its_general_space_and_its_creator_moderates(
    webex: WebexCloud, ada: Person, sign_in: SignIn
) -> None:
    client = sign_in(ada, "spark:teams_write", "spark:teams_read", "spark:team_memberships_read")

    made = client.post("/v1/teams", name="Project Y", description="Why")

    assert made.status_code == 200
    team = next(iter(webex.world.teams.values()))
    assert made.json()["id"] == team.id
    assert team.uuid == team.general.uuid
    assert webex.moderators_of(team) == [ada]
    assert client.items("/v1/teams") == [made.json()]


def test_a_team_needs_a_name(ada: Person, sign_in: SignIn) -> None:
    client = sign_in(ada)

    assert client.post("/v1/teams").status_code == 400
    assert client.post("/v1/teams", name=" ").status_code == 400
    assert client.post("/v1/teams", name="x", description=5).status_code == 400


def test_the_undocumented_creator_can_be_missing(
    webex: WebexCloud, officer: Client, team: Team, ada: Person
) -> None:
    assert officer.get(f"/v1/teams/{team.id}").json()["creatorId"] == ada.id

    webex.switches.team_creator_id = False

    assert "creatorId" not in officer.get(f"/v1/teams/{team.id}").json()


def test_a_renamed_team_may_or_may_not_take_its_general_space_along(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, sign_in: SignIn
) -> None:
    room, client = f"/v1/rooms/{team.general.id}", sign_in(ada)

    client.put(f"/v1/teams/{team.id}", name="Second")
    assert officer.get(room).json()["title"] == "Project X"
    webex.switches.general_title_follows = True
    client.put(f"/v1/teams/{team.id}", name="Third")

    assert officer.get(room).json()["title"] == "Third"
    assert officer.get(f"/v1/teams/{team.id}").json()["name"] == "Third"


def test_only_a_moderator_changes_or_deletes_a_team(
    webex: WebexCloud, team: Team, grace: Person, stranger: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    path = f"/v1/teams/{team.id}"

    assert sign_in(stranger).put(path, name="Mine").status_code == 404
    assert sign_in(grace).put(path, name="Mine").status_code == 403
    assert sign_in(team.creator).delete(path).status_code == 204
    assert sign_in(team.creator).get(path).status_code == 404


def test_a_deleted_team_takes_its_spaces_along(
    webex: WebexCloud, officer: Client, team: Team, ada: Person
) -> None:
    space = webex.create_space(ada, "Side", team=team)

    webex.delete_team(team)

    for room in (space.id, f"{team.id}"):
        assert officer.get(f"/v1/rooms/{room}").status_code == 404
    assert webex.world.rooms_with(ada.uuid) == []


def test_a_moderator_manages_members_by_the_team(
    webex: WebexCloud, team: Team, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    client = sign_in(ada)

    added = client.post("/v1/team/memberships", teamId=team.id, personId=grace.id).json()
    assert added["isModerator"] is False
    path = f"/v1/team/memberships/{added['id']}"
    assert client.put(path, isModerator=True).json()["isModerator"] is True
    assert webex.moderators_of(team) == [ada, grace]

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert webex.people_of(team) == [ada]


def test_a_plain_member_reads_the_team_but_adds_nobody(
    webex: WebexCloud, team: Team, grace: Person, stranger: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    client = sign_in(grace)

    assert len(client.items("/v1/team/memberships", teamId=team.id)) == 2
    refused = client.post("/v1/team/memberships", teamId=team.id, personId=stranger.id)
    assert refused.status_code == 403


def test_a_bot_can_own_and_manage_a_team(
    webex: WebexCloud, bot: Person, grace: Person, sign_in: SignIn
) -> None:
    client = sign_in(bot)

    team_id = client.post("/v1/teams", name="Run by a bot").json()["id"]
    added = client.post("/v1/team/memberships", teamId=team_id, personEmail=grace.email)

    assert added.status_code == 200


def test_a_bot_that_was_made_a_moderator_manages_somebody_elses_team(
    webex: WebexCloud, bot: Person, team: Team, grace: Person, officer: Client
) -> None:
    client = Client(webex, webex.issue_bot_token(bot).access_token)
    asked: dict[str, object] = {"teamId": team.id, "personId": grace.id}
    assert client.post("/v1/team/memberships", **asked).status_code == 403
    officer.post("/v1/memberships", roomId=team.general.id, personEmail=bot.email, isModerator=True)

    added = client.post("/v1/team/memberships", **asked)

    assert added.status_code == 200
    assert client.post("/v1/team/memberships", **asked).status_code == 409
    assert grace in webex.people_of(team)
    path = f"/v1/team/memberships/{added.json()['id']}"
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert webex.people_of(team) == [team.creator, bot]


def test_a_bots_token_lasts(webex: WebexCloud, clock: VirtualClock, bot: Person) -> None:
    client = Client(webex, webex.issue_bot_token(bot).access_token)
    clock.advance(400 * 86400)

    assert client.get("/v1/people/me").json()["id"] == bot.id


def test_a_team_membership_may_be_found_by_its_own_form_of_the_id_only(
    webex: WebexCloud, team: Team, ada: Person, sign_in: SignIn
) -> None:
    client = sign_in(ada)
    told = client.items("/v1/team/memberships", teamId=team.id)[0]["id"]
    ref = decode(told)
    assert ref
    other = encode("TEAM_MEMBERSHIP", ref.key, US if ref.cluster != US else REGIONAL)
    assert client.get(f"/v1/team/memberships/{other}").status_code == 200

    webex.switches.membership_ids_in_one_form = True

    assert client.get(f"/v1/team/memberships/{other}").status_code == 404
    assert client.get(f"/v1/team/memberships/{told}").status_code == 200


def test_an_officer_outside_the_team_is_refused_unless_the_switches_say_otherwise(
    webex: WebexCloud, officer: Client, team: Team, grace: Person
) -> None:
    def statuses() -> tuple[int, int]:
        read = officer.get("/v1/team/memberships", teamId=team.id)
        write = officer.post("/v1/team/memberships", teamId=team.id, personId=grace.id)
        return read.status_code, write.status_code

    assert statuses() == (403, 403)

    webex.switches.co_reads_team_memberships = True
    webex.switches.co_writes_team_memberships = True

    assert statuses() == (200, 200)


def test_the_last_moderator_cannot_leave(
    webex: WebexCloud, team: Team, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    client = sign_in(ada)
    own = client.items("/v1/team/memberships", teamId=team.id)[0]

    assert client.delete(f"/v1/team/memberships/{own['id']}").status_code == 400
    with pytest.raises(Refused):
        webex.remove_member(team, ada)
    webex.set_moderator(team, grace, True)

    assert client.delete(f"/v1/team/memberships/{own['id']}").status_code == 204
    assert webex.people_of(team) == [grace]


def test_who_leaves_the_team_leaves_its_spaces(
    webex: WebexCloud, team: Team, ada: Person, grace: Person
) -> None:
    webex.add_member(team, grace)
    side = webex.create_space(grace, "Side", team=team)

    webex.remove_member(team, grace)

    assert webex.world.members(side.uuid) == []
    assert webex.people_of(team) == [ada]


def test_the_list_of_team_memberships_needs_a_team(
    ada: Person, sign_in: SignIn, webex: WebexCloud
) -> None:
    assert sign_in(ada).get("/v1/team/memberships").status_code == 400
    assert sign_in(ada).get("/v1/team/memberships", teamId=ada.id).status_code == 404
