"""Memberships: paging through thousands, and who may add and remove."""

from __future__ import annotations

import pytest

from sandbox.webex import Organization, Person, Team, WebexCloud
from sandbox.webex.ids import REGIONAL, US, decode, encode

from .conftest import ROOT, Client, SignIn


@pytest.fixture
def crowd(webex: WebexCloud, org: Organization, team: Team) -> list[Person]:
    people = [org.add_person(f"Person {n}") for n in range(24)]
    for person in people:
        webex.add_member(team, person)
    return people


def test_pages_are_followed_by_absolute_links_until_there_is_none(
    officer: Client, team: Team, ada: Person, crowd: list[Person]
) -> None:
    pages = list(officer.pages("/v1/memberships", roomId=team.general.id, max=10))

    assert [len(page.json()["items"]) for page in pages] == [10, 10, 5]
    assert pages[0].links["next"]["url"].startswith(f"{ROOT}/v1/memberships?roomId=")
    seen = [item["personId"] for page in pages for item in page.json()["items"]]
    assert seen == [person.id for person in (ada, *crowd)]


def test_a_page_holds_a_hundred_unless_told_and_never_more_than_the_cap(
    webex: WebexCloud, org: Organization, officer: Client, team: Team
) -> None:
    for n in range(140):
        webex.add_member(team, org.add_person(f"P {n}"))
    webex.switches.membership_page_cap = 120

    def size(**query: int) -> int:
        page = officer.get("/v1/memberships", roomId=team.general.id, **query)
        return len(page.json()["items"])

    assert (size(), size(max=500), size(max=7)) == (100, 120, 7)


def test_empty_pages_may_come_between(
    webex: WebexCloud, officer: Client, team: Team, crowd: list[Person]
) -> None:
    webex.switches.empty_pages = True

    pages = list(officer.pages("/v1/memberships", roomId=team.general.id, max=10))

    assert [len(page.json()["items"]) for page in pages] == [10, 0, 10, 0, 5]


def test_a_cursor_is_not_confused_by_people_who_come_and_go(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, crowd: list[Person]
) -> None:
    pages = officer.pages("/v1/memberships", roomId=team.general.id, max=10)
    seen = [item["personId"] for item in next(pages).json()["items"]]

    webex.remove_member(team, crowd[0])
    webex.remove_member(team, crowd[20])
    seen += [item["personId"] for page in pages for item in page.json()["items"]]

    assert seen == [p.id for p in (ada, *crowd) if p is not crowd[20]]


def test_a_made_up_cursor_is_refused(officer: Client, team: Team) -> None:
    answer = officer.get("/v1/memberships", roomId=team.general.id, cursor="x")

    assert answer.status_code == 400


def test_items_may_carry_errors_in_place_of_a_field(
    webex: WebexCloud, officer: Client, team: Team, crowd: list[Person]
) -> None:
    webex.switches.item_errors = 1.0

    items = officer.items("/v1/memberships", roomId=team.general.id)

    assert len(items) == 25
    assert all("personDisplayName" not in item for item in items)
    assert items[0]["errors"]["personDisplayName"]["code"] == "kms_failure"


def test_an_officer_adds_changes_and_removes_without_being_there(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, bot: Person
) -> None:
    added = officer.post("/v1/memberships", roomId=team.general.id, personEmail=bot.email)
    assert added.status_code == 200
    assert webex.people_of(team) == [ada, bot]

    path = f"/v1/memberships/{added.json()['id']}"
    assert officer.put(path, isModerator=True, isRoomHidden=False).json()["isModerator"] is True
    assert officer.delete(path).status_code == 204
    assert webex.people_of(team) == [ada]


def test_nobody_is_added_twice(officer: Client, team: Team, ada: Person) -> None:
    answer = officer.post("/v1/memberships", roomId=team.general.id, personId=ada.id)

    assert answer.status_code == 409


def test_nobody_is_added_to_an_empty_space(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, grace: Person
) -> None:
    webex.delete_person(ada)

    answer = officer.post("/v1/memberships", roomId=team.general.id, personId=grace.id)

    assert answer.status_code == 403
    assert "empty" in answer.json()["message"]
    assert officer.items("/v1/memberships", roomId=team.general.id) == []


def test_only_team_members_come_into_a_teams_space_unless_the_switch_is_off(
    webex: WebexCloud, officer: Client, team: Team, ada: Person, grace: Person
) -> None:
    side = webex.create_space(ada, "Side", team=team)

    assert officer.post("/v1/memberships", roomId=side.id, personId=grace.id).status_code == 400
    webex.switches.team_spaces_need_team_members = False
    assert officer.post("/v1/memberships", roomId=side.id, personId=grace.id).status_code == 200


def test_the_last_moderator_of_a_general_space_cannot_be_removed(
    officer: Client, team: Team
) -> None:
    own = officer.items("/v1/memberships", roomId=team.general.id)[0]

    assert officer.delete(f"/v1/memberships/{own['id']}").status_code == 400


def test_how_the_last_moderator_is_told_is_a_switch(
    webex: WebexCloud, officer: Client, team: Team
) -> None:
    webex.switches.last_moderator_message = "Promote somebody else first."
    own = officer.items("/v1/memberships", roomId=team.general.id)[0]

    refused = officer.delete(f"/v1/memberships/{own['id']}")

    assert (refused.status_code, refused.json()["message"]) == (400, "Promote somebody else first.")


def test_an_officer_without_the_scope_reads_and_does_not_write(
    webex: WebexCloud, officer_person: Person, team: Team, grace: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    client = sign_in(officer_person, "spark-compliance:memberships_read")
    path = f"/v1/memberships/{client.items('/v1/memberships', roomId=team.general.id)[1]['id']}"

    added = client.post("/v1/memberships", roomId=team.general.id, personId=officer_person.id)
    assert added.status_code == 403
    assert client.put(path, isModerator=True, isRoomHidden=False).status_code == 403
    assert client.delete(path).status_code == 403
    assert grace in webex.people_of(team)


def test_a_membership_may_be_found_by_its_own_form_of_the_id_only(
    webex: WebexCloud, officer: Client, team: Team, grace: Person
) -> None:
    webex.add_member(team, grace)
    told = officer.items("/v1/memberships", roomId=team.general.id)[1]["id"]
    ref = decode(told)
    assert ref
    other = encode("MEMBERSHIP", ref.key, US if ref.cluster != US else REGIONAL)
    assert officer.get(f"/v1/memberships/{other}").status_code == 200

    webex.switches.membership_ids_in_one_form = True

    assert officer.get(f"/v1/memberships/{other}").status_code == 404
    assert officer.delete(f"/v1/memberships/{other}").status_code == 404
    assert officer.delete(f"/v1/memberships/{told}").status_code == 204


@pytest.mark.parametrize("leaves", [False, True])
def test_whether_who_was_switched_off_is_still_in_the_rooms_is_open(
    webex: WebexCloud, officer: Client, team: Team, grace: Person, leaves: bool
) -> None:
    webex.add_member(team, grace)
    webex.switches.inactive_people_leave_rooms = leaves

    webex.deactivate_person(grace)

    listed = [i["personId"] for i in officer.items("/v1/memberships", roomId=team.general.id)]
    assert (grace.id in listed) is not leaves
    webex.reactivate_person(grace)
    assert (grace in webex.people_of(team)) is not leaves


def test_a_change_wants_both_flags_unless_the_switch_is_off(
    webex: WebexCloud, officer: Client, team: Team
) -> None:
    path = f"/v1/memberships/{officer.items('/v1/memberships', roomId=team.general.id)[0]['id']}"

    assert officer.put(path, isModerator=True).status_code == 400
    assert officer.put(path, isModerator="true", isRoomHidden=False).status_code == 400
    webex.switches.membership_put_needs_hidden = False
    assert officer.put(path, isModerator=True).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"personId": "x", "personEmail": "y"}, 400),
        ({"personId": "garbage"}, 404),
        ({"personEmail": "nobody@example.example"}, 404),
    ],
)
def test_whom_to_add_is_named_once_and_must_exist(
    officer: Client, team: Team, body: dict[str, object], status: int
) -> None:
    answer = officer.post("/v1/memberships", roomId=team.general.id, **body)

    assert answer.status_code == status


def test_in_a_moderated_space_only_moderators_add_people(
    webex: WebexCloud, team: Team, grace: Person, stranger: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    body = {"roomId": team.general.id, "personId": stranger.id}

    assert sign_in(grace).post("/v1/memberships", **body).status_code == 403
    assert sign_in(team.creator).post("/v1/memberships", **body).status_code == 200


def test_anybody_may_leave(
    webex: WebexCloud, team: Team, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    webex.add_member(team, grace)
    client = sign_in(grace)
    own = client.items("/v1/memberships", roomId=team.general.id, personId=grace.id)

    assert client.delete(f"/v1/memberships/{own[0]['id']}").status_code == 204
    assert webex.people_of(team) == [ada]


def test_a_team_member_outside_a_moderated_space_of_it_sees_its_moderators_only(
    webex: WebexCloud, team: Team, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    other = webex.world.organizations[ada.org_uuid].add_person("Third")
    for person in (grace, other):
        webex.add_member(team, person)
    room = sign_in(ada).post("/v1/rooms", title="Side", teamId=team.id, isLocked=True).json()
    sign_in(ada).post("/v1/memberships", roomId=room["id"], personId=other.id)

    seen = sign_in(grace).items("/v1/memberships", roomId=room["id"])

    assert [item["personId"] for item in seen] == [ada.id]


def test_without_a_room_the_list_is_of_the_own_memberships_or_anybodys_for_an_officer(
    webex: WebexCloud, officer: Client, ada: Person, grace: Person, sign_in: SignIn
) -> None:
    webex.create_team(ada, "Project X")
    webex.create_space(ada, "Alone")

    assert len(sign_in(ada).items("/v1/memberships", max=1)) == 2
    assert len(officer.items("/v1/memberships", personId=ada.id)) == 2
    assert sign_in(grace).get("/v1/memberships", personId=ada.id).status_code == 400


def test_a_room_that_does_not_exist_is_not_found(officer: Client, ada: Person) -> None:
    for wrong in ("garbage", ada.id):
        assert officer.get("/v1/memberships", roomId=wrong).status_code == 404
