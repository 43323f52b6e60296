"""Owners follow moderators, where the direction says so: added before anybody is removed, and the
last one stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.kit import Call
from sandbox.webex.state import Person
from shared.core import times
from shared.core.ids import PersonId
from shared.core.ledger import OWNERS
from shared.core.model import Direction, Status
from tests.journeys.following import APART, BOTH, GROUP, IN, OUT, TEAM, choose, look, missed, rest
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, later, live, standing

DAY = times.DAY // times.SECOND


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    """The first of them made the team and moderates it, the second moderates too."""
    return standing(make_stage(), 5, webhook=False)


@pytest.fixture
def alone(make_stage: Callable[..., Stage]) -> Standing:
    """Only its creator moderates the team."""
    return standing(make_stage(), 5, moderators=1, webhook=False)


def moderate(at: Standing, person: Person, on: bool = True) -> None:
    at.stage.webex.set_moderator(at.team, person, on)


def owners(at: Standing) -> set[str | None]:
    return {*at.group.owners}


def accounts(*people: Person) -> set[str | None]:
    return {p.external_id for p in people}


def writes(at: Standing, since: int) -> list[tuple[str, str]]:
    """To the group, in their order: what was done, and whether to owners or members."""
    calls: list[Call] = at.stage.microsoft.graph.log[since:]
    parts = [c.path.split("/") for c in calls if c.method in ("POST", "DELETE", "PATCH")]
    kinds = [c.method for c in calls if c.method in ("POST", "DELETE", "PATCH")]
    sides = ["owners" if "owners" in part else "members" for part in parts]
    return [(k, s) for k, s, p in zip(kinds, sides, parts, strict=True) if "groups" in p]


def owners_read(at: Standing, since: int) -> int:
    return len([c for c in at.stage.microsoft.graph.log[since:] if c.path.endswith("/owners")])


@pytest.mark.parametrize("direction", [BOTH, TEAM])
def test_who_becomes_a_moderator_becomes_an_owner(at: Standing, direction: Direction) -> None:
    choose(at, direction)
    ada, ben, cid, *_ = at.people

    moderate(at, cid)
    live(at.stage, 30)

    assert owners(at) == accounts(ada, ben, cid)
    later(at.stage, 7200)
    assert at.differences(at.people) == []


@pytest.mark.parametrize("direction", [BOTH, TEAM])
def test_who_moderates_no_more_stops_owning_the_group_by_a_second_look_and_stays_a_member(
    at: Standing, direction: Direction
) -> None:
    choose(at, direction)
    ada, ben, *_ = at.people

    moderate(at, ben, False)
    live(at.stage, 40)
    since = missed(at, OWNERS)
    at.stage.clock.advance(since + APART - 1 - at.stage.clock.now())
    look(at)
    assert owners(at) == accounts(ada, ben)
    live(at.stage, 40)

    assert owners(at) == accounts(ada)
    later(at.stage, 7200)
    assert at.differences(at.people) == []


def test_who_moderates_again_before_the_second_look_goes_on_owning_the_group(at: Standing) -> None:
    ada, ben, *_ = at.people
    moderate(at, ben, False)
    live(at.stage, 40)
    moderate(at, ben)

    assert rest(at) == []
    assert owners(at) == accounts(ada, ben)
    assert at.differences(at.people) == []


def test_a_creator_who_gives_moderation_away_is_followed_by_the_new_owner(alone: Standing) -> None:
    ada, ben, *_ = alone.people
    begun = len(alone.stage.microsoft.graph.log)

    moderate(alone, ben)
    moderate(alone, ada, False)
    live(alone.stage, 60)
    assert owners(alone) == accounts(ada, ben), "the one is added before the other is removed"
    later(alone.stage, 7200)

    assert owners(alone) == accounts(ben)
    assert writes(alone, begun) == [("POST", "owners"), ("DELETE", "owners")]
    assert alone.differences(alone.people) == []


def test_where_nobody_moderates_any_more_the_last_owner_stays_and_is_told(alone: Standing) -> None:
    ada, ben, *_ = alone.people

    moderate(alone, ada, False)

    assert rest(alone, 2 * DAY) == []
    assert owners(alone) == accounts(ada)
    assert alone.row.listed == {PersonId(ada.uuid): "last_owner"}

    moderate(alone, ben)
    later(alone.stage, 2 * DAY)

    assert owners(alone) == accounts(ben)
    assert alone.differences(alone.people) == []


def test_of_two_who_moderate_no_more_one_stays(at: Standing) -> None:
    ada, ben, *_ = at.people

    moderate(at, ada, False)
    moderate(at, ben, False)
    later(at.stage, 2 * DAY)

    [stays] = [p for p in (ada, ben) if p.external_id in at.group.owners]
    assert len(at.group.owners) == 1
    assert at.row.listed == {PersonId(stays.uuid): "last_owner"}
    assert set(at.group.members) == accounts(*at.people)


def test_an_owner_who_leaves_the_team_is_an_owner_and_a_member_no_more(at: Standing) -> None:
    ada, ben, *others = at.people
    begun = len(at.stage.microsoft.graph.log)

    at.leave(ben)
    live(at.stage, 40)
    assert owners(at) == accounts(ada, ben)
    later(at.stage, 7200)

    assert owners(at) == accounts(ada)
    assert at.is_in(ben) == OUT
    assert writes(at, begun) == [("DELETE", "owners"), ("DELETE", "members")]
    assert at.differences([ada, *others]) == []


def test_the_last_owner_who_leaves_the_team_stays_until_somebody_else_owns_the_group(
    alone: Standing,
) -> None:
    """As Webex lets nobody who is the last moderator go, the account must have been deleted."""
    ada, ben, *others = alone.people
    moderate(alone, ben)
    alone.leave(ada)
    begun = len(alone.stage.microsoft.graph.log)
    later(alone.stage, 7200)

    assert writes(alone, begun) == [("POST", "owners"), ("DELETE", "owners"), ("DELETE", "members")]
    assert owners(alone) == accounts(ben)
    assert alone.differences([ben, *others]) == []


def test_the_last_owner_who_left_and_has_no_successor_stays_and_is_told(
    alone: Standing,
) -> None:
    ada, ben, *others = alone.people
    moderate(alone, ben)
    moderate(alone, ada, False)
    ben_was = ben.external_id
    # Nobody can own the group in his place: his account is another one now.
    ben.external_id = None
    alone.stage.know([ben])
    alone.leave(ada)

    later(alone.stage, 2 * DAY)

    assert owners(alone) == accounts(ada)
    assert ada.external_id in alone.group.members
    assert ben_was in alone.group.members
    assert alone.row.listed == {
        PersonId(ada.uuid): "last_owner",
        PersonId(ben.uuid): "no_object_id",
    }
    moderate(alone, others[0])
    later(alone.stage, 2 * DAY)
    assert owners(alone) == accounts(others[0])
    assert alone.is_in(ada) == OUT


@pytest.mark.parametrize("direction", [BOTH, GROUP])
def test_the_last_moderator_who_is_taken_out_of_the_group_stays_in_the_team_and_is_told(
    alone: Standing, direction: Direction
) -> None:
    choose(alone, direction)
    ada, ben, *_ = alone.people

    alone.dismiss(ada)

    assert rest(alone, 2 * DAY) == []
    assert alone.is_in(ada) == (True, False)
    assert alone.row.listed == {PersonId(ada.uuid): "last_moderator"}

    moderate(alone, ben)
    later(alone.stage, 2 * DAY)
    assert alone.is_in(ada) == OUT


def test_of_all_moderators_taken_out_of_the_group_one_stays(at: Standing) -> None:
    ada, ben, *others = at.people
    at.group.add("owners", str(others[0].external_id))

    at.dismiss(ada, ben)
    later(at.stage, DAY)

    [stays] = [p for p in (ada, ben) if p in at.stage.webex.people_of(at.team)]
    assert at.row.listed == {PersonId(stays.uuid): "last_moderator"}
    assert at.stage.webex.moderators_of(at.team) == [stays]


# What is not followed


def test_where_the_group_leads_its_owners_are_left_alone(at: Standing) -> None:
    choose(at, GROUP)
    ada, ben, cid, dan, *_ = at.people

    moderate(at, cid)
    moderate(at, ben, False)
    at.group.add("owners", str(dan.external_id))

    assert rest(at, 9 * DAY) == []
    assert owners(at) == accounts(ada, ben, dan)
    assert at.row.listed == {}


def test_who_leaves_the_group_where_the_group_leads_owns_it_no_more_by_nobodys_doing_but_theirs(
    at: Standing,
) -> None:
    choose(at, GROUP)
    ada, ben, *others = at.people
    at.group.drop("owners", str(ben.external_id))
    at.group.drop("members", str(ben.external_id))

    later(at.stage, 7200)

    assert at.is_in(ben) == OUT
    assert at.differences([ada, *others]) == []


def test_an_owner_whom_an_administrator_added_is_left_alone(at: Standing) -> None:
    ada, ben, cid, *_ = at.people
    at.group.add("owners", str(cid.external_id))

    assert rest(at, 9 * DAY) == []
    assert owners(at) == accounts(ada, ben, cid)
    assert at.differences(at.people) == []


def test_an_owner_of_the_group_alone_is_left_alone_and_no_stranger(at: Standing) -> None:
    """Owners need not be members: they are not on the list of who is in the group."""
    boss = at.stage.tenant.add_user("Boss")
    at.group.add("owners", boss.object_id)

    assert rest(at, 9 * DAY) == []
    assert boss.object_id in at.group.owners
    assert at.row.others == {}


def test_an_owner_whom_an_administrator_took_out_is_told_and_not_added_again(at: Standing) -> None:
    """Nothing tells of owners: the weekly look finds it."""
    ada, ben, *_ = at.people
    at.group.drop("owners", str(ben.external_id))

    assert rest(at, 9 * DAY) == []
    assert owners(at) == accounts(ada)
    assert at.row.listed == {PersonId(ben.uuid): "owner_removed"}


def test_an_owner_taken_out_just_after_we_added_them_is_told_and_read_for_no_longer(
    at: Standing,
) -> None:
    """A read that denies our own write is followed until it is old enough to be believed."""
    ada, ben, cid, dan, _ = at.people
    moderate(at, cid)
    live(at.stage, 60)
    look(at)
    assert [p.seen > 0 for p in at.ledger.pending.values()] == [True]
    at.group.drop("owners", str(cid.external_id))
    moderate(at, dan)
    live(at.stage, 60)
    look(at)

    later(at.stage, DAY)

    assert owners(at) == accounts(ada, ben, dan)
    assert at.row.listed == {PersonId(cid.uuid): "owner_removed"}
    assert at.stage.due_soon() == []


def test_nobody_reads_owners_where_nothing_about_them_is_under_way(at: Standing) -> None:
    [eve] = at.newcomers()
    begun = len(at.stage.microsoft.graph.log)
    at.join(eve)
    later(at.stage, 3600)
    assert at.is_in(eve) == IN

    assert owners_read(at, begun) == 0
    assert at.row.status is Status.COMPLETE


# The stand-in


def test_a_stand_in_is_let_go_only_once_the_new_owner_is_seen(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    stage.turn_on(webhook=False)
    boss = stage.person("Boss", mapped=False)
    people = stage.people(3)
    team = stage.team(boss, people)
    stage.settle()
    found = Standing(stage, team, [boss, *people])
    [stand_in] = [p for p in people if p.uuid == found.row.stand_in]
    assert owners(found) == accounts(stand_in)
    user = stage.tenant.add_user("Boss")
    boss.external_id = user.object_id
    stage.know([boss])
    begun = len(stage.microsoft.graph.log)

    found.ask()
    while not accounts(boss) <= owners(found):
        assert owners(found) == accounts(stand_in)
        live(stage, 10)
    assert owners(found) == accounts(boss, stand_in)
    later(stage, 7200)

    assert owners(found) == accounts(boss)
    assert found.row.stand_in is None
    assert set(found.group.members) == accounts(boss, *people)
    assert writes(found, begun)[-1] == ("DELETE", "owners")


def test_who_moderated_when_the_group_was_made_and_stopped_right_after_owns_it_no_longer(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    stage.turn_on()
    creator, second = stage.people(2)
    stage.know([creator, second])
    team = stage.team(creator, [second])
    stage.webex.set_moderator(team, second, True)
    while stage.group_of(team) is None:
        stage.run(1)
    stage.webex.set_moderator(team, second, False)
    owning = set(Standing(stage, team, []).group.owners)

    stage.run(1200)
    later(stage, 3600)

    assert owning == accounts(creator, second)
    assert owners(Standing(stage, team, [])) == accounts(creator)


def test_an_owner_whom_a_young_group_does_not_take_yet_is_added_later(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    stage.microsoft.switches.replication_seconds = 60
    stage.turn_on()
    creator, second = stage.people(2)
    stage.know([creator, second])
    team = stage.team(creator, [second])
    while stage.group_of(team) is None:
        stage.run(1)
    stage.webex.set_moderator(team, second, True)

    stage.run(1200)

    assert owners(Standing(stage, team, [])) == accounts(creator, second)


def test_the_last_owner_who_has_left_goes_as_soon_as_somebody_else_owns_the_group(
    alone: Standing,
) -> None:
    first, second, *_ = alone.people
    moderate(alone, second)
    alone.dismiss(second)
    alone.leave(first)
    later(alone.stage, 7200)
    assert alone.row.listed.get(PersonId(first.uuid)) == "last_owner"
    alone.enlist(second)

    later(alone.stage, 7200)

    assert owners(alone) == accounts(second)
    assert first.external_id not in alone.group.members


def test_the_last_owner_who_leaves_right_after_becoming_one_is_listed(alone: Standing) -> None:
    first, second, *_ = alone.people
    moderate(alone, second)
    live(alone.stage, 60)
    assert second.external_id in owners(alone)
    alone.group.drop("owners", str(first.external_id))
    alone.dismiss(first)
    alone.leave(second)

    later(alone.stage, 7200)

    assert owners(alone) == accounts(second)
    assert alone.row.listed.get(PersonId(second.uuid)) == "last_owner"
