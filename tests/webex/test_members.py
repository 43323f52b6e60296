"""Writing to a team: who may, what was there already, and what nobody heard the answer to."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from sandbox.webex.ids import REGIONAL, US
from shared.core.errors import (
    AnswerUnknown,
    CredentialMissing,
    Forbidden,
    NotThere,
    Refused,
    Throttled,
    Unavailable,
)
from shared.core.ids import PersonId
from shared.webex.protocol import WebexId, decode_id
from tests.webex.party import READS, Party, canned

NOBODY = PersonId("00000000-0000-4000-8000-00000000dead")
WAYS = ("spaces", "cards")


@pytest.fixture
def party() -> Party:
    return Party()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, party: Party) -> str:
    """A credential that can write to the team, whichever it is."""
    party.bring_bot()
    return str(request.param)


def elsewhere(space: str) -> str:
    """The same space's id as another surface of Webex writes it."""
    known = decode_id(space)
    assert known
    cluster = US if known.cluster != US else REGIONAL
    return WebexId(cluster, "ROOM", known.uuid).encode()


# Adding


def test_somebody_is_added_by_either_credential(party: Party, way: str) -> None:
    party.add(party.grace, way)

    assert party.grace in party.people
    assert party.grace not in party.webex.moderators_of(party.team)


def test_an_officer_adds_without_being_there_and_without_a_trace(party: Party) -> None:
    party.add(party.grace)

    assert party.people == [party.ada, party.grace]


def test_who_is_there_already_is_success(party: Party, way: str) -> None:
    party.webex.add_member(party.team, party.grace)

    party.add(party.grace, way)

    assert party.people.count(party.grace) == 1


def test_a_conflict_about_somebody_who_is_not_there_is_a_refusal(party: Party, way: str) -> None:
    party.webex.faults.append(Fault("error", method="POST", path="memberships$", status=409))

    with pytest.raises(Refused) as refused:
        party.add(party.grace, way)

    assert refused.value.kind == "conflict"
    assert party.grace not in party.people


def test_a_bot_that_only_is_a_member_may_not(party: Party) -> None:
    party.bring_bot(moderator=False)

    with pytest.raises(Forbidden):
        party.add(party.grace, "cards")
    assert party.grace not in party.people


def test_a_sign_in_from_before_the_scope_was_asked_for_may_read_and_not_write(
    party: Party,
) -> None:
    party.sign_in(*READS)

    assert party.client.members(party.space)
    with pytest.raises(Forbidden):
        party.add(party.grace)
    with pytest.raises(Forbidden):
        party.remove(party.ada)
    assert party.people == [party.ada]


@pytest.mark.parametrize("capability", WAYS)
def test_without_a_credential_nothing_is_asked(party: Party, capability: str) -> None:
    party.tokens.kept.clear()

    with pytest.raises(CredentialMissing):
        party.add(party.grace, capability)
    with pytest.raises(CredentialMissing):
        party.remove(party.grace, capability)
    assert party.webex.log == []


def test_a_team_that_nobody_is_in_takes_nobody(party: Party) -> None:
    party.webex.delete_person(party.ada)

    with pytest.raises(Forbidden):
        party.add(party.grace)


def test_a_person_or_a_team_that_is_gone_is_not_there(party: Party, way: str) -> None:
    with pytest.raises(NotThere):
        party.client.add_member(party.space, NOBODY, way)
    space = party.space
    party.webex.delete_team(party.team)
    with pytest.raises(NotThere):
        party.client.add_member(space, PersonId(party.grace.uuid), way)


@pytest.mark.parametrize("space", ["", "no id", "Y2lzY29zcGFyazovL3VzL1JPT00vLi4vLi4"])
def test_what_is_no_space_is_not_asked_of_the_team(party: Party, space: str) -> None:
    party.give_bot()

    with pytest.raises(Refused):
        party.client.add_member(space, PersonId(party.grace.uuid), "cards")
    for way in WAYS:
        with pytest.raises(Refused):
            party.client.remove_member(space, PersonId(party.grace.uuid), way)
    assert party.webex.log == []


def test_any_form_of_the_spaces_id_will_do(party: Party, way: str) -> None:
    person, space = PersonId(party.grace.uuid), elsewhere(party.space)

    party.client.add_member(space, person, way)
    assert party.grace in party.people
    party.client.remove_member(space, person, way)

    assert party.grace not in party.people


# Removing


def test_somebody_is_removed_by_either_credential_in_one_call(party: Party, way: str) -> None:
    party.webex.add_member(party.team, party.grace)

    party.remove(party.grace, way)

    assert party.grace not in party.people
    assert len(party.webex.log) == 1


def test_who_is_not_there_is_success(party: Party, way: str) -> None:
    party.remove(party.grace, way)

    assert party.people == [party.ada, party.bot]


def test_who_cannot_see_the_team_does_not_know_that_somebody_is_gone(party: Party) -> None:
    """Webex says "not found" of a membership that is gone and of a team that is not for us."""
    party.give_bot()

    with pytest.raises((Forbidden, NotThere)):
        party.remove(party.grace, "cards")


def test_in_a_team_that_is_gone_nobody_is_removed(party: Party, way: str) -> None:
    space = party.space
    party.webex.delete_team(party.team)

    with pytest.raises(NotThere):
        party.client.remove_member(space, PersonId(party.ada.uuid), way)


def test_where_webex_wants_its_own_form_of_the_id_it_is_looked_up(party: Party, way: str) -> None:
    party.webex.switches.membership_ids_in_one_form = True
    party.webex.add_member(party.team, party.grace)
    for space in (party.space, elsewhere(party.space)):
        party.client.remove_member(space, PersonId(party.grace.uuid), way)

        assert party.grace not in party.people
        party.webex.add_member(party.team, party.grace)


def test_a_membership_that_is_listed_and_not_found_is_left_for_later(party: Party) -> None:
    party.webex.add_member(party.team, party.grace)
    party.webex.faults.append(Fault("error", method="DELETE", status=404))

    with pytest.raises(Unavailable):
        party.remove(party.grace)
    assert party.grace in party.people


@pytest.mark.parametrize(
    "message",
    [
        "The last moderator of a team cannot be removed.",
        "The last moderator for a team may not be deleted.",
        "The membership for the last moderator of a Team's General space may not be deleted;"
        " promote another user to team moderator first.",
        "Cannot remove the only moderator",
        "A team needs at least one moderator",
    ],
)
def test_the_last_moderator_stays_and_is_told_as_such(party: Party, way: str, message: str) -> None:
    party.webex.switches.last_moderator_message = message
    party.webex.set_moderator(party.team, party.bot, True)
    party.webex.add_member(party.team, party.grace, moderator=way == "spaces")
    lonely = party.grace
    if way == "spaces":
        for other in (party.ada, party.bot):
            party.webex.set_moderator(party.team, other, False)
    else:
        lonely = party.bot
        party.webex.set_moderator(party.team, party.ada, False)

    with pytest.raises(Refused) as refused:
        party.remove(lonely, way)

    assert refused.value.kind == "last_moderator"
    assert lonely in party.people


def test_another_refusal_is_not_taken_for_the_last_moderators(party: Party) -> None:
    party.webex.switches.last_moderator_message = "The request was invalid."

    with pytest.raises(Refused) as refused:
        party.remove(party.ada)

    assert refused.value.kind == ""


def test_with_another_moderator_a_moderator_leaves(party: Party, way: str) -> None:
    party.remove(party.ada, way)

    assert party.people == [party.bot]


def test_who_leaves_the_team_leaves_its_spaces(party: Party, way: str) -> None:
    party.webex.add_member(party.team, party.grace)
    side = party.webex.create_space(party.grace, "Side", team=party.team)

    party.remove(party.grace, way)

    assert party.webex.world.members(side.uuid) == []


# What goes wrong on the way


@pytest.mark.parametrize("kind", ["lost", "error"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_answer_that_nobody_heard_is_not_asked_for_again(
    party: Party, way: str, kind: str, method: str
) -> None:
    party.webex.faults.append(Fault(kind, method=method, times=1))
    write = party.add if method == "POST" else party.remove
    if method == "DELETE":
        party.webex.add_member(party.team, party.grace)

    with pytest.raises(AnswerUnknown):
        write(party.grace, way)
    assert len(party.sent(method)) == 1

    write(party.grace, way)
    assert (party.grace in party.people) is (method == "POST")


def test_a_used_up_quota_is_told_with_whose_it_is(party: Party, way: str) -> None:
    party.webex.faults.append(Fault("throttle", seconds=3))

    with pytest.raises(Throttled) as throttled:
        party.add(party.grace, way)

    assert (throttled.value.capability, throttled.value.retry_after) == (way, 3)
    assert len(party.webex.log) == 1


def test_a_token_that_ended_is_renewed_and_the_write_is_sent_again(party: Party) -> None:
    party.tokens.fresh["spaces"] = party.tokens.kept["spaces"]
    party.tokens.kept["spaces"] = "ended"

    party.add(party.grace)

    assert party.grace in party.people
    assert [call.status for call in party.sent("POST")] == [401, 200]


def test_a_bot_whose_token_was_taken_back_is_a_missing_credential(party: Party) -> None:
    party.tokens.kept["cards"] = "taken back"

    with pytest.raises(CredentialMissing):
        party.add(party.grace, "cards")


# What members are told to be


def test_a_member_is_told_with_the_memberships_own_id(party: Party) -> None:
    (member,) = party.client.members(party.space)

    known = decode_id(party.space)
    assert known
    pair = f"{party.ada.uuid}:{party.team.uuid}"
    assert member.id == WebexId(known.cluster, "MEMBERSHIP", pair).encode()


@pytest.mark.parametrize("items", [[{}], [{"personId": None}], [{"id": "x", "errors": {}}]])
def test_an_item_without_a_person_is_no_whole_read(items: list[object]) -> None:
    client = canned("/v1/memberships", {"items": items})

    with pytest.raises(Unavailable):
        client.members("space")


def test_an_item_without_an_id_of_its_own_is_a_member_all_the_same() -> None:
    client = canned("/v1/memberships", {"items": [{"personId": NOBODY}]})

    assert [(m.person, m.id) for m in client.members("space")] == [(NOBODY, "")]


def test_a_membership_without_an_id_is_not_removed_by_none() -> None:
    """The list tells that somebody is there, and not what to call it."""
    client = canned("/v1/memberships", {"items": [{"personId": NOBODY}]})
    space = WebexId("us", "ROOM", NOBODY).encode()

    with pytest.raises(Unavailable):
        client.remove_member(space, NOBODY, "spaces")
