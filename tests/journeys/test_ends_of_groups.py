"""A group that is deleted: the team goes on, and gets it back from its page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.core.reasons import Refusal
from tests.journeys.ending import DAY, HOUR, reasons, restore
from tests.journeys.following import rest, spoil, unspoil
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, Tally, change, later, live, standing


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 4, webhook=False, name="Alpha")


def delete(at: Standing) -> str:
    """Somebody deletes the group by mistake, and the app has heard of it."""
    group = at.group
    at.stage.tenant.delete_group(group)
    later(at.stage, HOUR)
    assert reasons(at) == ["group_gone"]
    return group.id


def linked(make_stage: Callable[..., Stage]) -> Standing:
    """With its folder linked to the space."""
    at = standing(make_stage(), 4, webhook=False)
    change(at.stage, link_folders=True)
    at.retry()
    later(at.stage, 600)
    assert at.row.folder == "linked"
    return at


def test_a_group_that_was_deleted_by_mistake_comes_back_with_people_and_links(
    make_stage: Callable[..., Stage],
) -> None:
    at = linked(make_stage)
    links = dict(at.stage.webex.world.linked_folders)
    people = at.group.members
    group = delete(at)
    at.stage.clock.advance(20 * DAY)

    restore(at)
    writes = rest(at, DAY)

    assert (at.group.id, at.group.members) == (group, people)
    assert at.stage.webex.world.linked_folders == links
    assert at.differences(at.people) == []
    assert (reasons(at), writes) == ([], [])
    assert len(at.stage.groups_of(at.team)) == 1


def test_what_changed_in_the_team_meanwhile_waits_to_be_seen(at: Standing) -> None:
    delete(at)
    person = at.newcomers()[0]
    at.join(person)
    at.leave(at.people[3])
    later(at.stage, HOUR)

    restore(at)
    later(at.stage, HOUR)
    held = at.held
    inside = at.is_in(person), at.is_in(at.people[3])
    at.decide("allow")
    later(at.stage, HOUR)

    assert held is not None
    assert (held.why, len(held.changes)) == (("first_merge",), 2)
    assert inside == ((True, False), (False, True))
    assert at.differences([*at.people[:3], person]) == []


@pytest.mark.parametrize("hours", [0, 5])
def test_who_was_taken_out_right_before_the_group_was_deleted_waits_to_be_seen(
    at: Standing, hours: int
) -> None:
    """The app has just put them there, and a replica might be behind: nobody is taken out of the
    team for that, before somebody has seen the names."""
    person = at.newcomers()[0]
    at.join(person)
    at.retry()
    live(at.stage, 30)
    assert at.is_in(person) == (True, True)
    at.dismiss(person)
    at.stage.tenant.delete_group(at.group)
    at.retry()
    live(at.stage, 30)
    at.retry()
    live(at.stage, 30)
    assert reasons(at) == ["group_gone"]
    at.stage.clock.advance(hours * HOUR)

    restore(at)
    later(at.stage, HOUR)

    assert at.held is not None
    assert at.is_in(person) == (True, False)


@pytest.mark.parametrize("said", ["allow", "refuse"])
def test_who_is_missed_only_after_somebody_has_decided_waits_as_well(
    at: Standing, said: str
) -> None:
    """An absence takes two reads, and the first names are there to be seen after one."""
    delete(at)
    person, leaver = at.newcomers()[0], at.people[3]
    at.join(person)
    at.leave(leaver)
    later(at.stage, HOUR)
    restore(at)
    live(at.stage, 60)
    seen = at.held

    at.decide(said)
    later(at.stage, HOUR)

    assert seen is not None
    assert [named.change.person for named in seen.changes] == [person.uuid]
    assert at.held is not None
    assert [named.change.person for named in at.held.changes] == [leaver.uuid]
    assert at.is_in(leaver) == (False, True)


def test_an_owner_to_be_waits_until_somebody_has_decided_however_often_it_is_looked(
    at: Standing,
) -> None:
    delete(at)
    at.stage.webex.set_moderator(at.team, at.people[2], True)
    later(at.stage, HOUR)
    restore(at)
    live(at.stage, 60)
    at.join(at.newcomers()[0])

    live(at.stage, 300)

    assert at.held is not None
    assert "owners" in {named.change.side for named in at.held.changes}
    at.decide("allow")
    later(at.stage, HOUR)
    assert at.people[2].external_id in at.group.owners


def lose_sign_in(at: Standing) -> frozenset[str]:
    """The account may read nothing any more, and a look has found that out; what it had."""
    before = at.stage.officer.roles
    at.stage.officer.roles = frozenset()
    later(at.stage, 2 * DAY)
    assert reasons(at) != ["group_gone"]
    return before


def test_what_changed_meanwhile_waits_as_well_where_something_else_failed_after_it(
    at: Standing,
) -> None:
    group = at.group
    delete(at)
    roles = lose_sign_in(at)
    at.stage.tenant.restore_group(group)
    at.dismiss(at.people[3])
    at.stage.officer.roles = roles

    at.retry()
    later(at.stage, DAY)

    assert at.held is not None
    assert at.held.why == ("first_merge",)
    assert at.is_in(at.people[3]) == (True, False)


def test_it_can_be_restored_where_something_else_failed_after_it(at: Standing) -> None:
    delete(at)
    roles = lose_sign_in(at)

    restore(at)
    at.stage.officer.roles = roles
    at.retry()
    later(at.stage, HOUR)

    assert at.differences(at.people) == []
    with pytest.raises(Refusal) as again:
        restore(at)
    assert again.value.code == "group_not_deleted"


def test_one_that_somebody_restored_in_entra_is_taken_up_by_retry(at: Standing) -> None:
    group = at.group
    delete(at)
    at.stage.tenant.restore_group(group)

    restore(at)
    later(at.stage, HOUR)

    assert at.differences(at.people) == []


def test_a_restored_group_that_replicas_do_not_show_yet_is_waited_for(at: Standing) -> None:
    group = delete(at)
    at.stage.clock.advance(DAY / 2)
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "does not exist"}}
    behind = spoil(at.stage, f"/groups/{group}", lambda status, body: (404, missing))

    restore(at)
    live(at.stage, 300)
    unspoil(at.stage)
    later(at.stage, HOUR)

    assert behind.hits > 1
    assert at.differences(at.people) == []


def test_one_that_is_deleted_again_is_not_waited_for_long(at: Standing) -> None:
    delete(at)
    restore(at)
    at.stage.tenant.delete_group(at.group)
    later(at.stage, HOUR)
    tally = Tally(at.stage)

    later(at.stage, DAY / 2)

    assert reasons(at) == ["group_gone"]
    assert tally.looks == 0


def test_after_thirty_days_it_cannot_be_restored(at: Standing) -> None:
    delete(at)
    at.stage.clock.advance(31 * DAY)

    with pytest.raises(Refusal) as refusal:
        restore(at)

    assert refusal.value.code == "group_not_restorable"


def test_one_whose_address_another_group_has_by_now_is_refused(at: Standing) -> None:
    nickname = at.group.mail_nickname
    delete(at)
    at.stage.tenant.add_group("Another", nickname)

    with pytest.raises(Refusal) as refusal:
        restore(at)

    assert refusal.value.code == "restore_refused"


def test_nothing_is_restored_while_off_or_while_it_is_there(at: Standing) -> None:
    with pytest.raises(Refusal) as there:
        restore(at)
    delete(at)
    at.stage.turn_off()
    with pytest.raises(Refusal) as off:
        restore(at)

    assert (there.value.code, off.value.code) == ("group_not_deleted", "restore_while_off")


def test_when_both_are_gone_nothing_is_done(at: Standing) -> None:
    change(at.stage, mark_ends=True)
    delete(at)
    at.stage.webex.delete_team(at.team)

    assert rest(at, 9 * DAY) == []
    assert reasons(at) == ["team_gone"]
