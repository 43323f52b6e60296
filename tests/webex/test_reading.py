"""What happened to memberships, and whom the directory knows: read from Webex as it answers."""

from __future__ import annotations

import pytest

from sandbox.webex import Person
from sandbox.webex.scim import EXTENSION
from shared.core.errors import CredentialMissing, Forbidden, Unavailable
from shared.core.ids import PersonId
from shared.core.model import DirectoryUser
from shared.ports import EventPage
from shared.webex.client import WebexClient
from shared.webex.protocol import WebexId, uuid_of
from tests.webex.party import ORG, Party, canned

PERSON = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
SPACE = WebexId("us", "ROOM", PERSON).encode()
USERS = f"/identity/scim/{ORG}/v2/Users"


@pytest.fixture
def party() -> Party:
    return Party()


# Events


def events(party: Party, since: int = 0) -> list[tuple[str, str]]:
    """What happened, the oldest first, and in which space."""
    party.clock.advance(10)
    page = party.client.membership_events(since, None)
    found = sorted(page.events, key=lambda event: event.created)
    return [(event.kind, uuid_of(event.space_id) or "") for event in found]


def test_whoever_comes_changes_and_leaves_is_told_with_what_it_was(party: Party) -> None:
    team = party.team
    party.clock.advance(1)
    party.webex.add_member(team, party.grace)
    party.clock.advance(1)
    party.webex.set_moderator(team, party.grace, True)
    party.clock.advance(1)
    party.webex.remove_member(team, party.grace)

    kinds = ["created", "created", "updated", "deleted"]
    assert events(party) == [(kind, team.uuid) for kind in kinds]


def test_what_was_done_through_the_team_is_told_too(party: Party) -> None:
    """Such events lack the type of the space: a known limitation."""
    party.bring_bot()
    party.clock.advance(1)
    party.add(party.grace, "cards")

    assert events(party)[-1] == ("created", party.team.uuid)
    assert len(events(party)) == 3


def test_direct_spaces_are_nobodys_business(party: Party) -> None:
    before = events(party)
    party.webex.create_space(party.ada, "", direct_with=party.grace)

    assert events(party) == before


def test_events_come_from_when_they_are_asked_for(party: Party) -> None:
    party.clock.advance(60)
    since = round(party.clock.now() * 1000)
    party.clock.advance(1)
    party.webex.add_member(party.team, party.grace)

    assert events(party, since) == [("created", party.team.uuid)]


def test_every_page_is_reached_by_its_link(party: Party) -> None:
    party.webex.switches.events_page_cap = 2
    party.webex.add_member(party.team, party.grace)
    party.webex.set_moderator(party.team, party.grace, True)
    party.clock.advance(10)

    first = party.client.membership_events(0, None)
    second = party.client.membership_events(0, first.next)

    assert (len(first.events), len(second.events), second.next) == (2, 1, None)
    assert len({event.id for event in first.events + second.events}) == 3
    assert first.server_time == round(party.clock.now()) * 1000


def test_an_address_elsewhere_gets_no_token(party: Party) -> None:
    with pytest.raises(Unavailable):
        party.client.membership_events(0, "https://webexapis.com.example/v1/events")
    assert party.webex.log == []


def told(*items: object) -> EventPage:
    return canned("/v1/events", {"items": list(items)}).membership_events(0, None)


@pytest.mark.parametrize("unsaid", [{}, {"type": ""}, {"type": None}])
def test_an_event_that_does_not_say_what_it_was_is_somebody_who_came(
    unsaid: dict[str, object],
) -> None:
    item: dict[str, object] = {"id": "1", "data": {"roomId": SPACE}}
    (event,) = told(item | unsaid).events

    assert event.kind == "created"


@pytest.mark.parametrize("kind", ["ended", "migrated", "Created", 7, ["created"], {"a": 1}])
def test_what_is_no_change_of_a_membership_is_left_out(kind: object) -> None:
    known = {"id": "1", "type": "deleted", "data": {"roomId": SPACE}}
    found = told({"id": "2", "type": kind, "data": {"roomId": SPACE}}, known).events

    assert [event.kind for event in found] == ["deleted"]


@pytest.mark.parametrize(
    "item",
    [{}, {"type": "created"}, {"data": None}, {"data": {}}, {"data": {"roomId": "no id"}}, 7],
)
def test_an_event_without_a_space_is_left_out(item: object) -> None:
    assert told(item).events == ()


# People by their id


def user(party: Party, person: Person) -> DirectoryUser:
    return party.client.user(PersonId(person.uuid))


def test_somebody_is_active_until_an_administrator_switches_the_account_off(party: Party) -> None:
    party.grace.external_id = PERSON

    assert user(party, party.grace) == DirectoryUser(PERSON, is_person=True, active=True)
    party.webex.deactivate_person(party.grace)
    assert user(party, party.grace) == DirectoryUser(PERSON, is_person=True, active=False)
    party.webex.reactivate_person(party.grace)
    assert user(party, party.grace).active


@pytest.mark.parametrize("says_active", [True, False])
def test_who_has_never_signed_in_has_not_been_switched_off(party: Party, says_active: bool) -> None:
    party.webex.switches.pending_people_are_active = says_active
    invited = party.org.add_person("Penny", account_status="pending")

    assert user(party, invited).active


@pytest.mark.parametrize(
    ("raw", "active"),
    [
        ({}, True),
        ({"active": None}, True),
        ({"active": True}, True),
        ({"active": False}, False),
        ({"active": "false"}, False),
        ({"active": False, EXTENSION: None}, False),
        ({"active": False, EXTENSION: {"accountStatus": None}}, False),
        ({"active": False, EXTENSION: {"accountStatus": "disabled"}}, False),
        ({"active": False, EXTENSION: {"accountStatus": "Pending"}}, True),
    ],
)
def test_only_what_says_so_is_inactive(raw: dict[str, object], active: bool) -> None:
    client = canned(f"{USERS}/{PERSON}", raw)

    assert client.user(PersonId(PERSON)).active is active


# People by their name


def test_somebody_is_found_by_the_user_name_however_it_is_written(party: Party) -> None:
    party.grace.external_id = PERSON

    found = party.client.user_named(party.grace.email.upper())

    assert found == DirectoryUser(PERSON, person=PersonId(party.grace.uuid))


def test_who_was_switched_off_is_found_as_such(party: Party) -> None:
    party.webex.deactivate_person(party.grace)
    found = party.client.user_named(party.grace.email)

    assert found
    assert not found.active


def test_people_of_others_and_bots_are_not_found(party: Party) -> None:
    stranger = party.webex.add_organization("Elsewhere").add_person("Stefan")

    for name in (stranger.email, party.bot.email, "nobody@example.example", ""):
        assert party.client.user_named(name) is None


@pytest.mark.parametrize(
    "name",
    [
        'a"b@x.example',
        "a\\b@x.example",
        'x" or userName sw "',
        "å@x.example",
        "a b+c&d=e@x.example",
    ],
)
def test_a_name_cannot_leave_its_quotes(party: Party, name: str) -> None:
    assert party.client.user_named(name) is None
    odd = party.org.add_person("Odd", email=name)

    found = party.client.user_named(name)

    assert found
    assert found.person == odd.uuid


def test_a_name_that_no_address_can_carry_is_nobodys(party: Party) -> None:
    assert party.client.user_named("\ud800@x.example") is None


def named(*resources: object) -> DirectoryUser | None:
    client: WebexClient = canned(USERS, {"Resources": list(resources)})
    return client.user_named("grace@example.example")


GRACE: dict[str, object] = {"id": PERSON, "userName": "Grace@example.example"}


@pytest.mark.parametrize(
    "answer",
    [
        [GRACE, GRACE],
        [GRACE | {"userName": "ada@example.example"}],
        [GRACE | {"userName": None}],
        [GRACE | {"id": "no uuid"}],
        [{k: v for k, v in GRACE.items() if k != "id"}],
        [GRACE | {"meta": {"organizationId": PERSON}}],
    ],
)
def test_an_answer_that_is_not_the_one_person_asked_for_is_nobody(answer: list[object]) -> None:
    assert named(*answer) is None


@pytest.mark.parametrize("meta", [None, {}, {"organizationId": ORG}, {"organizationId": 7}])
def test_an_answer_of_our_organization_is_taken(meta: object) -> None:
    found = named(GRACE | {"meta": meta})

    assert found
    assert found.person == PERSON


def test_an_answer_without_a_list_is_none() -> None:
    with pytest.raises(Unavailable):
        canned(USERS, {"Resources": None}).user_named("grace@example.example")


def test_names_are_the_administrators_to_read(party: Party) -> None:
    party.tokens.kept["people"] = party.tokens.kept["spaces"]
    with pytest.raises(Forbidden):
        party.client.user_named(party.grace.email)
    del party.tokens.kept["people"]
    with pytest.raises(CredentialMissing):
        party.client.user_named(party.grace.email)
