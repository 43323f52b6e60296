"""Who may read what: tokens, scopes, roles, organizations."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Organization, Person, Team, WebexCloud

from .conftest import OFFICER_SCOPES, ROOT, Client, SignIn


def test_a_call_without_a_known_token_is_unauthorized(webex: WebexCloud, team: Team) -> None:
    for client in (Client(webex), Client(webex, "made-up")):
        answer = client.get("/v1/rooms")

        assert answer.status_code == 401
        assert answer.json()["errors"][0]["description"] == answer.json()["message"]
        assert answer.json()["trackingId"] == answer.headers["trackingid"]


def test_an_expired_token_is_unauthorized(
    webex: WebexCloud, clock: VirtualClock, ada: Person
) -> None:
    client = Client(webex, webex.issue_token(ada, {"spark:all"}, expires_in=60).access_token)
    assert client.get("/v1/rooms").status_code == 200

    clock.advance(60)

    assert client.get("/v1/rooms").status_code == 401


def test_a_revoked_token_and_the_token_of_somebody_deleted_are_unauthorized(
    webex: WebexCloud, ada: Person, grace: Person
) -> None:
    revoked, orphaned = (webex.issue_token(p, {"spark:all"}) for p in (ada, grace))

    webex.revoke_token(revoked)
    webex.delete_person(grace)

    for token in (revoked, orphaned):
        assert Client(webex, token.access_token).get("/v1/rooms").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v1/rooms",
        "/v1/memberships",
        "/v1/teams",
        "/v1/team/memberships?teamId=x",
        "/v1/events",
        "/v1/people/me",
        "/identity/scim/v2/Users/me",
    ],
)
def test_a_token_without_the_scope_is_forbidden(path: str, ada: Person, sign_in: SignIn) -> None:
    client = sign_in(ada, "spark:kms")

    assert client.get(path).status_code == 403


def test_people_read_the_rooms_that_they_are_in_and_no_others(
    ada: Person, grace: Person, team: Team, sign_in: SignIn
) -> None:
    room = f"/v1/rooms/{team.general.id}"

    assert sign_in(ada, "spark:rooms_read").get(room).status_code == 200
    assert sign_in(grace, "spark:rooms_read").get(room).status_code == 404


def test_the_officer_reads_every_room_team_and_membership_of_the_organization(
    officer: Client, team: Team
) -> None:
    assert officer.get(f"/v1/rooms/{team.general.id}").json()["title"] == "Project X"
    assert officer.get(f"/v1/teams/{team.id}").json()["name"] == "Project X"
    assert len(officer.items("/v1/memberships", roomId=team.general.id)) == 1


def test_the_scopes_are_worth_nothing_without_the_role(
    grace: Person, team: Team, sign_in: SignIn
) -> None:
    client = sign_in(grace, *OFFICER_SCOPES)

    assert client.get(f"/v1/rooms/{team.general.id}").status_code == 403
    assert client.get("/v1/events").status_code == 403


def test_the_role_is_worth_nothing_without_the_scopes(
    officer_person: Person, team: Team, sign_in: SignIn
) -> None:
    client = sign_in(officer_person, "spark:rooms_read", "spark:memberships_read")

    assert client.get(f"/v1/rooms/{team.general.id}").status_code == 404
    assert client.get("/v1/memberships", roomId=team.general.id).status_code == 403


def test_the_officer_of_another_organization_sees_nothing(
    webex: WebexCloud, team: Team, sign_in: SignIn
) -> None:
    other = webex.add_organization("Other").add_person("Otto", roles={"compliance_officer"})
    client = sign_in(other, *OFFICER_SCOPES)

    assert client.get(f"/v1/rooms/{team.general.id}").status_code == 404
    assert client.get("/v1/memberships", roomId=team.general.id).status_code == 403
    assert client.get(f"/v1/teams/{team.id}").status_code == 404


def test_the_officer_sees_a_foreign_room_that_own_people_are_in(
    webex: WebexCloud, org: Organization, grace: Person, stranger: Person, officer: Client
) -> None:
    foreign = webex.create_team(stranger, "Theirs")
    assert officer.get(f"/v1/rooms/{foreign.general.id}").status_code == 404

    webex.add_member(foreign, grace)

    seen = officer.get(f"/v1/rooms/{foreign.general.id}").json()
    assert seen["ownerId"] != org.id


def test_the_full_administrator_reads_people_but_no_rooms(
    full_admin: Client, org: Organization, team: Team
) -> None:
    assert full_admin.get(f"/identity/scim/{org.uuid}/v2/Users").status_code == 200
    assert full_admin.get(f"/v1/rooms/{team.general.id}").status_code == 404
    assert full_admin.get("/v1/memberships", roomId=team.general.id).status_code == 403
    assert full_admin.get(f"/v1/teams/{team.id}").status_code == 403


def test_a_bot_sees_its_own_rooms_only(
    webex: WebexCloud, bot: Person, team: Team, sign_in: SignIn
) -> None:
    client = sign_in(bot)
    assert client.get(f"/v1/rooms/{team.general.id}").status_code == 404

    webex.add_member(team, bot)

    assert [room["id"] for room in client.items("/v1/rooms")] == [team.general.id]


def test_an_unknown_path_is_not_found_and_a_known_one_with_another_method_not_allowed(
    officer: Client,
) -> None:
    assert officer.get("/v1/nothing").status_code == 404
    assert officer.delete("/v1/rooms").status_code == 405


def test_every_answer_has_a_date_and_a_tracking_id_of_its_own(officer: Client) -> None:
    first, second = officer.get("/v1/rooms"), officer.get("/v1/rooms")

    assert first.headers["Date"].endswith("GMT")
    assert first.headers["trackingid"] != second.headers["trackingid"]


def test_a_body_that_is_no_json_object_is_a_bad_request(ada: Person, sign_in: SignIn) -> None:
    session = sign_in(ada).session

    for body in ("{", "[]", ""):
        assert session.post(f"{ROOT}/v1/teams", data=body).status_code == 400
