"""Accounts that change, end or pass to somebody else are not people who left: nobody is removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.webex.state import Person
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Direction
from shared.core.reasons import codes
from tests.journeys.following import BOTH, GROUP, IN, TEAM, choose, look, rest
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, later, live, standing

DAY = times.DAY // times.SECOND
DIRECTIONS = (BOTH, GROUP, TEAM)


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 5, webhook=False)


def known_again(at: Standing, *people: Person) -> None:
    """The directory was read anew, as an audit does."""
    at.stage.know(people)


# The External ID is another one


def another_account(at: Standing, bob: Person) -> None:
    bob.external_id = at.stage.tenant.add_user("Bob's New Account").object_id


def no_account(at: Standing, bob: Person) -> None:
    bob.external_id = None


def nonsense(at: Standing, bob: Person) -> None:
    bob.external_id = "S-1-5-21-1004336348"


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("become", "code"),
    [
        (another_account, "identity_changed"),
        (no_account, "no_object_id"),
        (nonsense, "not_a_guid"),
    ],
)
def test_whose_identity_changed_neither_half_of_it_moves(
    at: Standing, become: Callable[[Standing, Person], None], code: str, direction: Direction
) -> None:
    choose(at, direction)
    bob = at.people[-1]
    group = set(at.group.members)

    become(at, bob)
    known_again(at, bob)
    look(at)

    assert rest(at, 2 * DAY) == []
    assert bob in at.stage.webex.people_of(at.team)
    assert set(at.group.members) == group
    assert at.row.listed == {PersonId(bob.uuid): code}
    assert at.row.others == {}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_whose_identity_is_claimed_by_somebody_else_stays_on_both_sides(
    at: Standing, direction: Direction
) -> None:
    choose(at, direction)
    bob = at.people[-1]
    known_again(at, at.stage.org.add_person("Rival", external_id=bob.external_id))
    look(at)

    assert rest(at, 2 * DAY) == []
    assert at.is_in(bob) == IN
    assert at.row.listed == {PersonId(bob.uuid): "claimed_twice"}


def test_an_identity_that_is_as_before_again_is_nobodys_news(at: Standing) -> None:
    bob = at.people[-1]
    before, bob.external_id = bob.external_id, None
    known_again(at, bob)
    look(at)
    later(at.stage, 3600)
    assert at.row.listed

    bob.external_id = before
    known_again(at, bob)
    live(at.stage, 60)
    look(at)

    assert rest(at, DAY) == []
    assert at.differences(at.people) == []


def test_who_leaves_the_team_with_another_identity_is_told_and_stays_in_the_group(
    at: Standing,
) -> None:
    """What is in the group may be somebody else's account by now."""
    bob = at.people[-1]
    was = str(bob.external_id)
    another_account(at, bob)

    at.leave(bob)

    assert rest(at, 2 * DAY) == []
    assert was in at.group.members
    assert bob.external_id not in at.group.members
    assert at.row.listed == {PersonId(bob.uuid): "identity_changed"}


# The account is at its end


def deactivated(at: Standing, bob: Person) -> None:
    at.stage.webex.deactivate_person(bob)


def deactivated_and_out(at: Standing, bob: Person) -> None:
    """Whether Webex takes such a person out of the spaces is not confirmed."""
    at.stage.webex.switches.inactive_people_leave_rooms = True
    at.stage.webex.deactivate_person(bob)


def deleted_in_webex(at: Standing, bob: Person) -> None:
    at.stage.webex.delete_person(bob)


@pytest.mark.parametrize("direction", [BOTH, TEAM])
@pytest.mark.parametrize(
    ("end", "listed"),
    [
        (deactivated, False),
        (deactivated_and_out, True),
        (deleted_in_webex, True),
    ],
)
def test_whose_webex_account_ends_stays_in_the_group_and_is_told_apart(
    at: Standing, end: Callable[[Standing, Person], None], listed: bool, direction: Direction
) -> None:
    choose(at, direction)
    bob = at.people[-1]

    end(at, bob)

    assert rest(at, 2 * DAY) == []
    assert bob.external_id in at.group.members
    assert at.row.listed == ({PersonId(bob.uuid): "inactive_in_webex"} if listed else {})


def test_whose_account_ends_is_asked_about_once_a_day(at: Standing) -> None:
    bob = at.people[-1]
    deactivated_and_out(at, bob)
    live(at.stage, 240, step=30)
    before = len([c for c in at.stage.webex.log if "/identity/" in c.path])

    for _ in range(5):
        at.stage.clock.advance(60)
        look(at)
    again = len([c for c in at.stage.webex.log if "/identity/" in c.path])
    later(at.stage, 3 * DAY)

    assert again == before
    assert len([c for c in at.stage.webex.log if "/identity/" in c.path]) <= before + 3


def test_who_was_deactivated_and_comes_back_was_never_away(at: Standing) -> None:
    bob = at.people[-1]
    deactivated_and_out(at, bob)
    later(at.stage, DAY // 2)

    at.stage.webex.reactivate_person(bob)
    at.join(bob)

    assert rest(at, DAY) == []
    assert at.differences(at.people) == []


def test_who_was_deactivated_and_is_active_outside_the_team_has_left_it(at: Standing) -> None:
    *stay, bob = at.people
    deactivated_and_out(at, bob)
    later(at.stage, DAY // 2)

    at.stage.webex.reactivate_person(bob)
    later(at.stage, 2 * DAY)

    assert at.differences(stay) == []


def disabled(at: Standing, account: ObjectId) -> None:
    at.stage.tenant.disable_user(account)


def disabled_and_out(at: Standing, account: ObjectId) -> None:
    """As administrators do with accounts of people who are away for long."""
    at.stage.tenant.disable_user(account)
    at.group.drop("members", account)


def deleted_in_entra(at: Standing, account: ObjectId) -> None:
    at.stage.tenant.remove_user(account)


@pytest.mark.parametrize("direction", [BOTH, GROUP])
@pytest.mark.parametrize(
    ("end", "listed"),
    [(disabled, False), (disabled_and_out, True), (deleted_in_entra, True)],
)
def test_whose_microsoft_account_ends_stays_in_the_team_and_is_told_apart(
    at: Standing, end: Callable[[Standing, ObjectId], None], listed: bool, direction: Direction
) -> None:
    choose(at, direction)
    bob = at.people[-1]

    end(at, ObjectId(str(bob.external_id)))

    assert rest(at, 2 * DAY) == []
    assert bob in at.stage.webex.people_of(at.team)
    assert at.row.listed == ({PersonId(bob.uuid): "disabled_in_entra"} if listed else {})


def test_whose_account_is_enabled_again_outside_the_group_has_left_it(at: Standing) -> None:
    *stay, bob = at.people
    disabled_and_out(at, ObjectId(str(bob.external_id)))
    later(at.stage, DAY // 2)
    assert bob in at.stage.webex.people_of(at.team)

    at.stage.tenant.enable_user(str(bob.external_id))
    later(at.stage, 2 * DAY)

    assert at.differences(stay) == []


def test_an_account_that_is_enabled_and_put_back_was_never_away(at: Standing) -> None:
    bob = at.people[-1]
    disabled_and_out(at, ObjectId(str(bob.external_id)))
    later(at.stage, DAY // 2)

    at.stage.tenant.enable_user(str(bob.external_id))
    at.enlist(bob)

    assert rest(at, DAY) == []
    assert at.differences(at.people) == []


def test_the_words_are_ones_that_pages_know() -> None:
    said = {"identity_changed", "claimed_twice", "inactive_in_webex", "disabled_in_entra"}
    assert said <= codes()


# Another Webex account of the same person


def successor(at: Standing, bob: Person) -> Person:
    return at.stage.org.add_person("Bob Again", external_id=bob.external_id)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("gap", [0, 60, 600, DAY], ids=str)
def test_a_second_webex_account_with_the_same_object_id_takes_the_place_and_nobody_is_removed(
    at: Standing, gap: int, direction: Direction
) -> None:
    choose(at, direction)
    bob = at.people[-1]
    account = bob.external_id
    group = set(at.group.members)

    at.stage.webex.delete_person(bob)
    live(at.stage, min(gap, 60))
    later(at.stage, gap - min(gap, 60))
    again = successor(at, bob)
    at.join(again)
    writes = rest(at, 2 * DAY)

    assert writes == []
    assert set(at.group.members) == group
    assert account in at.group.members
    assert again in at.stage.webex.people_of(at.team)


def test_a_second_account_while_the_first_is_there_removes_nobody_when_the_first_leaves(
    at: Standing,
) -> None:
    bob = at.people[-1]
    again = successor(at, bob)
    at.join(again)
    live(at.stage, 60)

    at.leave(bob)

    assert rest(at, 2 * DAY) == []
    assert at.is_in(again) == IN
    assert at.row.listed[PersonId(again.uuid)] == "claimed_twice"
