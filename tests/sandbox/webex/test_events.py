"""Events: the officer's way to find what happened."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Person, Team, WebexCloud
from sandbox.webex.ids import key_of

from .conftest import OFFICER_SCOPES, Client, SignIn


def people_in(items: list[dict[str, Any]]) -> list[str]:
    return [key_of(item["data"]["personId"], "PEOPLE") for item in items]


def test_a_new_team_shows_as_its_creators_membership_after_a_while(
    clock: VirtualClock, officer: Client, ada: Person, team: Team
) -> None:
    clock.advance(2.9)
    assert officer.items("/v1/events") == []
    clock.advance(0.1)

    event = officer.items("/v1/events", resource="memberships", type="created")[0]

    assert event["actorId"] == event["data"]["personId"] == ada.id
    assert key_of(event["data"]["roomId"], "ROOM") == team.uuid
    assert event["data"]["roomType"] == "group"
    assert officer.get(f"/v1/events/{event['id']}").json() == event


def test_every_change_of_membership_is_an_event_with_an_id_of_its_own(
    webex: WebexCloud, clock: VirtualClock, officer: Client, team: Team, grace: Person
) -> None:
    webex.add_member(team, grace)
    webex.set_moderator(team, grace, True)
    webex.set_moderator(team, grace, True)
    webex.remove_member(team, grace)
    clock.advance(5)

    events = officer.items("/v1/events", resource="memberships")

    newest_first = [event["type"] for event in events]
    assert newest_first == ["deleted", "updated", "created", "created"]
    assert len({event["id"] for event in events}) == 4


def test_what_a_switched_off_account_leaves_is_an_event(
    webex: WebexCloud, clock: VirtualClock, officer: Client, team: Team, grace: Person
) -> None:
    webex.switches.inactive_people_leave_rooms = True
    webex.add_member(team, grace)
    webex.deactivate_person(grace)
    clock.advance(5)

    newest = officer.items("/v1/events", resource="memberships")[0]

    assert (newest["type"], newest["data"]["personId"]) == ("deleted", grace.id)


def test_with_jitter_a_later_event_may_come_out_before_an_earlier_one(
    webex: WebexCloud, clock: VirtualClock, officer: Client, team: Team
) -> None:
    webex.switches.event_lag_jitter_seconds = 60.0
    org = webex.world.organizations[team.creator.org_uuid]
    for n in range(20):
        webex.add_member(team, org.add_person(f"P {n}"))
        clock.advance(1)

    early = [event["id"] for event in officer.items("/v1/events")]
    clock.advance(60)
    whole = [event["id"] for event in officer.items("/v1/events")]

    assert len(whole) == 21
    assert 0 < len(early) < 21
    assert early != whole[-len(early) :]


def test_only_an_officer_with_the_scope_reads_events(
    ada: Person, officer_person: Person, team: Team, sign_in: SignIn
) -> None:
    for client in (sign_in(ada), sign_in(officer_person, "spark-compliance:rooms_read")):
        assert client.get("/v1/events").status_code == 403


def test_another_organizations_events_are_not_shown(
    webex: WebexCloud, clock: VirtualClock, team: Team, grace: Person, sign_in: SignIn
) -> None:
    elsewhere = webex.add_organization("Other")
    client = sign_in(elsewhere.add_person("Otto", roles={"compliance_officer"}), *OFFICER_SCOPES)
    guest = elsewhere.add_person("Guest")

    webex.add_member(team, grace)
    webex.add_member(team, guest)
    clock.advance(5)

    assert people_in(client.items("/v1/events")) == [guest.uuid]


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_hold_every_event_once_while_more_are_arriving(
    webex: WebexCloud,
    clock: VirtualClock,
    officer: Client,
    team: Team,
    newest_first: bool,
) -> None:
    webex.switches.events_newest_first = newest_first
    org = webex.world.organizations[team.creator.org_uuid]
    people = [org.add_person(f"P {n}") for n in range(9)]
    for person in people:
        webex.add_member(team, person)
        clock.advance(1)
    clock.advance(3)

    seen: list[dict[str, Any]] = []
    for page in officer.pages("/v1/events", max=4, to="2026-09-21T14:13:31Z"):
        seen += page.json()["items"]
        webex.add_member(team, org.add_person("Later"))
        clock.advance(10)

    expected = [team.creator.uuid, *(p.uuid for p in people)]
    assert people_in(seen) == (expected[::-1] if newest_first else expected)


def test_events_are_chosen_by_time_and_actor(
    webex: WebexCloud,
    clock: VirtualClock,
    officer: Client,
    team: Team,
    grace: Person,
) -> None:
    clock.advance(60)
    webex.add_member(team, grace, actor=grace)
    clock.advance(60)

    late = officer.items("/v1/events", from_="2026-09-21T14:14:20.000Z")
    early = officer.items("/v1/events", to="2026-09-21T14:14:19.999Z")
    hers = officer.items("/v1/events", actorId=grace.id)

    assert people_in(late) == people_in(hers) == [grace.uuid]
    assert people_in(early) == [team.creator.uuid]


@pytest.mark.parametrize(
    "query",
    [
        {"resource": "teams"},
        {"type": "odd"},
        {"max": 1001},
        {"max": 0},
        {"from_": "yesterday"},
        {"actorId": "x"},
        {"from_": "2026-09-21T14:00:00Z", "to": "2026-09-21T13:00:00Z"},
    ],
)
def test_a_wrong_parameter_is_refused(officer: Client, query: dict[str, object]) -> None:
    assert officer.get("/v1/events", **query).status_code == 400


def test_what_team_memberships_caused_lacks_the_rooms_type(
    clock: VirtualClock, officer: Client, team: Team, grace: Person, sign_in: SignIn
) -> None:
    sign_in(team.creator).post("/v1/team/memberships", teamId=team.id, personId=grace.id)
    clock.advance(5)

    added, created = officer.items("/v1/events", resource="memberships")

    assert "roomType" in created["data"]
    assert not {"roomType", "isRoomHidden"} & set(added["data"])


def test_of_rooms_only_a_classification_is_an_event(
    webex: WebexCloud, clock: VirtualClock, officer: Client, team: Team
) -> None:
    path = f"/v1/rooms/{team.general.id}"
    officer.put(path, title="Project X", description="new")
    officer.put(path, title="Project X", classificationId="c-1")
    clock.advance(5)

    events = officer.items("/v1/events", resource="rooms")

    assert [event["data"]["classificationId"] for event in events] == ["c-1"]


def test_older_events_than_ninety_days_need_pro_pack(webex: WebexCloud, officer: Client) -> None:
    webex.switches.pro_pack = False

    assert officer.get("/v1/events", from_="2026-09-01T00:00:00Z").status_code == 200
    assert officer.get("/v1/events", from_="2026-06-01T00:00:00Z").status_code == 403
