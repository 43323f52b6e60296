"""People in the group who are not in the team, where finding out who they are goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.kit import Call, Fault, Request
from sandbox.webex.state import Person
from shared.core.identity import OTHERS_MAX
from shared.core.ids import ObjectId, TeamId
from shared.core.model import Status
from tests.journeys.following import IN, look, rest
from tests.journeys.stage import PERMISSIONS, Stage
from tests.journeys.standing import Standing, change, later, live, standing
from tests.journeys.test_guests import (
    INVITE,
    consent,
    guest_of,
    invited,
    is_in_group,
    outsiders,
)

Make = Callable[..., Stage]
DAY = 86_400


@pytest.fixture
def at(make_stage: Make) -> Standing:
    return standing(make_stage(), 5, webhook=False)


@pytest.fixture
def inviting(at: Standing) -> Standing:
    """Guests are invited."""
    consent(at, *PERMISSIONS, INVITE)
    change(at.stage, guests=True)
    later(at.stage, 3600)
    return at


def asked(at: Standing) -> list[Call]:
    """Of Webex's directory, so far."""
    return [c for c in at.stage.webex.log if "/identity/" in c.path]


def strangers(at: Standing, count: int) -> list[Person]:
    """In the order in which they are asked about."""
    return sorted(at.newcomers(count, known=False), key=lambda p: str(p.external_id))


def silence(at: Standing, *people: Person) -> list[str]:
    """The directory fails whenever it is asked about them; the addresses are told as it is."""
    told: list[str] = []

    def is_about(request: Request) -> bool:
        asked = [p.email for p in people if p.email in (request.arg("filter") or "")]
        told.extend(asked)
        return bool(asked)

    at.stage.webex.faults.append(Fault("error", path="/identity/", status=500, when=is_about))
    return told


# Guests


@pytest.mark.parametrize("setting", [True, False])
def test_a_guest_whom_we_know_from_another_team_is_put_into_no_team(
    inviting: Standing, setting: bool
) -> None:
    [eve] = outsiders(inviting)
    inviting.join(eve)
    later(inviting.stage, 3600)
    change(inviting.stage, guests=setting)
    other = standing(inviting.stage, 4, name="Other")

    other.group.add("members", guest_of(inviting, eve))
    later(inviting.stage, 2 * DAY)

    assert set(inviting.stage.webex.people_of(other.team)) == set(other.people)
    assert other.row.others == {guest_of(inviting, eve): "guest_in_group"}
    assert eve in inviting.stage.webex.people_of(inviting.team)


def test_a_guest_whom_we_know_and_who_joins_is_on_both_sides(inviting: Standing) -> None:
    [eve] = outsiders(inviting)
    inviting.join(eve)
    later(inviting.stage, 3600)
    other = standing(inviting.stage, 4, name="Other")
    other.group.add("members", guest_of(inviting, eve))
    later(inviting.stage, 3600)

    other.join(eve)
    later(inviting.stage, 3600)

    assert is_in_group(other, eve)
    assert (other.row.listed, other.row.others) == ({}, {})
    assert rest(other, 2 * DAY) == []


# Who cannot be asked about


def test_one_who_cannot_be_asked_about_keeps_nobody_waiting(at: Standing) -> None:
    first, *others = strangers(at, 4)
    told = silence(at, first)

    at.enlist(first, *others)
    live(at.stage, 120)

    assert first.email in told
    assert [at.is_in(p) for p in others] == [IN] * 3
    assert at.row.status is Status.WAITING
    at.stage.webex.faults.clear()
    later(at.stage, 3600)
    assert at.differences([*at.people, first, *others]) == []


def test_a_directory_that_is_down_is_not_asked_about_everybody(at: Standing) -> None:
    people = strangers(at, 5)
    told = silence(at, *people)

    at.enlist(*people)
    live(at.stage, 120)

    assert len(set(told)) == 3
    at.stage.webex.faults.clear()
    later(at.stage, 3600)
    assert at.differences([*at.people, *people]) == []


# Who is nobody in Webex, in great numbers


def nobodies(at: Standing, count: int) -> list[ObjectId]:
    users = [at.stage.tenant.add_user(f"Nobody {n}") for n in range(count)]
    at.group.add("members", *(u.object_id for u in users))
    return [ObjectId(u.object_id) for u in users]


def test_many_who_are_nobody_in_webex_are_not_asked_about_at_every_look(at: Standing) -> None:
    people = nobodies(at, 50)
    later(at.stage, 3600)
    assert at.row.others == dict.fromkeys(people, "not_in_webex")
    before = len(asked(at))

    for _ in range(3):
        at.stage.clock.advance(60)
        look(at)

    assert len(asked(at)) == before
    assert at.row.status is Status.COMPLETE


def test_who_is_beyond_what_can_be_remembered_is_not_asked_about(at: Standing) -> None:
    people = nobodies(at, OTHERS_MAX + 30)
    told = dict.fromkeys(sorted(people)[: OTHERS_MAX - 10], "not_in_webex")
    teams, uuid = at.stage.services.teams, TeamId(at.team.uuid)
    row = teams.read(uuid)
    assert row
    teams.write(row, replace(row.value, others=told))
    before = len(asked(at))

    look(at)
    assert len(asked(at)) - before == 10
    look(at)

    assert len(asked(at)) - before == 10
    assert len(at.row.others) == OTHERS_MAX
    assert at.row.status is Status.COMPLETE


# Guests whose account is gone


def with_deleted_guest(inviting: Standing) -> tuple[Standing, Person]:
    """A guest of one team joins another; her account was deleted, and nobody has noticed yet."""
    [eve] = outsiders(inviting)
    inviting.join(eve)
    later(inviting.stage, 3600)
    other = standing(inviting.stage, 4, name="Other")
    inviting.stage.tenant.remove_user(guest_of(inviting, eve))
    other.join(eve)
    return other, eve


def test_a_guest_whose_account_was_deleted_is_invited_again(inviting: Standing) -> None:
    other, eve = with_deleted_guest(inviting)

    later(other.stage, 3 * 3600)

    assert is_in_group(other, eve)
    assert len(invited(other)) == 2
    assert (other.row.listed, other.row.others) == ({}, {})
    assert other.row.status is Status.COMPLETE
    assert eve in inviting.stage.webex.people_of(inviting.team)


def test_a_guest_whose_account_was_deleted_is_not_tried_for_ever(inviting: Standing) -> None:
    """Nobody may invite her any more."""
    other, eve = with_deleted_guest(inviting)
    other.stage.microsoft.graph.faults.append(Fault("error", path="/invitations$", status=403))

    later(other.stage, 2 * 3600)
    assert other.row.listed == {eve.uuid: "invitations_refused"}
    calls = len(invited(other))
    assert rest(other, 20 * 3600) == []

    assert len(invited(other)) == calls
    assert eve in other.stage.webex.people_of(other.team)


# Whose account in Webex is inactive


def test_whose_account_is_inactive_is_put_into_no_team_though_we_know_them(at: Standing) -> None:
    [ada] = at.newcomers()
    later(at.stage, 2 * DAY)
    at.stage.webex.deactivate_person(ada)

    at.enlist(ada)
    later(at.stage, 10 * DAY)

    assert ada not in at.stage.webex.people_of(at.team)
    assert at.row.others == {ada.external_id: "inactive_in_webex"}


def test_whose_account_is_inactive_for_days_is_put_into_the_team_when_it_works(
    at: Standing,
) -> None:
    [ada] = at.newcomers(known=False)
    at.stage.webex.deactivate_person(ada)
    at.enlist(ada)
    later(at.stage, 5 * DAY)
    assert ada not in at.stage.webex.people_of(at.team)

    at.stage.webex.reactivate_person(ada)
    later(at.stage, DAY + 3600)

    assert at.differences([*at.people, ada]) == []


def test_who_is_known_for_long_is_asked_about_once_before_joining(at: Standing) -> None:
    """By who they are: the address may be another one."""
    [ada] = at.newcomers()
    ada.email = "another@address.example"
    later(at.stage, 2 * DAY)
    before = len(asked(at))

    at.enlist(ada)
    later(at.stage, 3600)

    assert at.is_in(ada) == IN
    assert len(asked(at)) - before == 1
