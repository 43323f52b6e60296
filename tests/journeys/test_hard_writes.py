"""Writes that cannot be made, or never succeed: they harm nobody else, and are not believed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sandbox.kit import Cloud, Fault, Request
from sandbox.webex.ids import decode
from sandbox.webex.state import Person
from shared.core.model import Status
from tests.journeys.following import IN, OUT
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, Tally, later, live, standing

Make = Callable[..., Stage]
DAY = 86_400
TEAM_ONLY, GROUP_ONLY = (True, False), (False, True)


@pytest.fixture
def at(make_stage: Make) -> Standing:
    """By events alone."""
    return standing(make_stage(), webhook=False)


def first(people: list[Person]) -> tuple[Person, list[Person]]:
    """Who is written to Webex first, and the others."""
    one, *rest = sorted(people, key=lambda p: str(p.external_id))
    return one, rest


def about(*people: Person) -> Callable[[Request], bool]:
    """Whether somebody is to be put into a team."""
    uuids = {p.uuid for p in people}

    def asked(request: Request) -> bool:
        ref = decode(str(json.loads(request.body or b"{}").get("personId", "")))
        return ref is not None and ref.key in uuids

    return asked


def refuse_additions(at: Standing, status: int, *people: Person) -> Fault:
    """By Webex, of these people, for good."""
    fault = Fault(
        "error", method="POST", path="^/v1/memberships$", status=status, when=about(*people)
    )
    at.stage.webex.faults.append(fault)
    return fault


def off_while_throttled(at: Standing, cloud: Cloud, method: str, path: str) -> Fault:
    """Somebody turns the switch off while the first such call is throttled, and the next are."""

    def strikes(_request: Request) -> bool:
        if not fault.seen:
            at.stage.turn_off()
        return True

    fault = Fault("throttle", method=method, path=path, seconds=4)
    fault.when = strikes
    cloud.faults.append(fault)
    return fault


def on_again(at: Standing) -> None:
    at.stage.turn_on(webhook=False)
    later(at.stage, 7200)


# The switch goes off in the middle


def test_additions_that_were_never_made_are_not_believed_days_later(at: Standing) -> None:
    people = at.newcomers(5)
    graph = at.stage.microsoft.graph
    off_while_throttled(at, graph, "PATCH", "/groups/")
    at.join(*people)
    live(at.stage, 120)
    graph.faults.clear()

    assert {at.is_in(p) for p in people} == {TEAM_ONLY}
    assert not at.ledger.unheard("members")

    at.stage.clock.advance(3 * DAY)
    at.leave(*people[:3])
    at.enlist(*people[:3])
    on_again(at)

    assert at.differences([*at.people, *people]) == []


def test_removals_that_were_never_made_are_not_believed_days_later(at: Standing) -> None:
    *stay, bob = at.people
    graph = at.stage.microsoft.graph
    off_while_throttled(at, graph, "DELETE", "/groups/")
    at.leave(bob)
    live(at.stage, 400)
    graph.faults.clear()

    assert at.is_in(bob) == GROUP_ONLY
    assert not at.ledger.unheard("members")

    at.stage.clock.advance(3 * DAY)
    on_again(at)

    assert at.differences(stay) == []


def test_an_addition_to_the_team_that_was_never_made_is_not_believed_days_later(
    at: Standing,
) -> None:
    [ada] = at.newcomers()
    off_while_throttled(at, at.stage.webex, "POST", "^/v1/memberships$")
    at.enlist(ada)
    live(at.stage, 120)
    at.stage.webex.faults.clear()

    assert at.is_in(ada) == GROUP_ONLY
    assert not at.ledger.unheard("webex")

    at.stage.clock.advance(DAY)
    at.dismiss(ada)
    at.stage.clock.advance(DAY)
    at.join(ada)
    on_again(at)

    assert at.differences([*at.people, ada]) == []


def test_what_was_answered_before_it_went_off_is_remembered(at: Standing) -> None:
    people = at.newcomers(4)
    one, rest = first(people)
    fault = off_while_throttled(at, at.stage.webex, "POST", "^/v1/memberships$")
    switch_off = fault.when
    assert switch_off
    fault.when = lambda request: about(*rest)(request) and switch_off(request)
    at.enlist(*people)
    live(at.stage, 120)
    at.stage.webex.faults.clear()

    assert at.is_in(one) == IN
    assert at.ledger.baseline[one.uuid] == one.external_id  # type: ignore[index]
    at.stage.clock.advance(3 * DAY)
    at.dismiss(one)
    on_again(at)

    assert at.differences([*at.people, *rest]) == []


# One person whom a provider does not take


def test_a_conflict_is_no_membership_and_takes_nobody_out_of_the_group(at: Standing) -> None:
    ada, rest = first(at.newcomers(3))
    refuse_additions(at, 409, ada)
    at.enlist(ada, *rest)
    for _ in range(3):
        later(at.stage, DAY)

        assert at.row.others == {ada.external_id: "webex_refused"}
        assert at.is_in(ada) == GROUP_ONLY
    assert {at.is_in(p) for p in rest} == {IN}


@pytest.mark.parametrize("status", [403, 404])
def test_whom_webex_forbids_keeps_nobody_else_out(at: Standing, status: int) -> None:
    ada, rest = first(at.newcomers(11))
    refuse_additions(at, status, ada)
    at.enlist(ada, *rest)
    later(at.stage, 3600)

    assert {at.is_in(p) for p in rest} == {IN}
    assert at.is_in(ada) == GROUP_ONLY
    assert at.row.others == {ada.external_id: "webex_refused"}


def test_of_whose_addition_webex_tells_nothing_keeps_nobody_else_out(at: Standing) -> None:
    ada, rest = first(at.newcomers(5))
    fault = refuse_additions(at, 500, ada)
    *stay, bob = at.people
    at.enlist(ada, *rest)
    at.dismiss(bob)
    live(at.stage, 400)

    assert {at.is_in(p) for p in rest} == {IN}
    assert at.is_in(bob) == OUT
    later(at.stage, 6 * 3600)

    assert fault.hit < 10
    assert at.row.others == {ada.external_id: "webex_refused"}
    at.stage.webex.faults.clear()
    later(at.stage, 2 * DAY)

    assert at.differences([*stay, ada, *rest]) == []


def test_while_webex_is_down_few_are_tried_and_all_come_in_when_it_is_back(at: Standing) -> None:
    people = at.newcomers(11)
    fault = Fault("error", method="POST", path="^/v1/memberships$", status=503)
    at.stage.webex.faults.append(fault)
    at.enlist(*people)
    live(at.stage, 600)

    assert fault.hit <= 24
    assert at.row.others == {}
    at.stage.webex.faults.clear()
    later(at.stage, 7200)

    assert at.differences([*at.people, *people]) == []


def test_a_leaver_whom_the_directory_does_not_tell_keeps_nobody_else_in(at: Standing) -> None:
    *stay, bad, good = sorted(at.people[2:], key=lambda p: str(p.external_id), reverse=True)
    [ada] = at.newcomers()
    at.stage.webex.faults.append(Fault("error", path=f"/identity/.*{bad.uuid}"))
    at.leave(bad, good)
    at.enlist(ada)
    live(at.stage, 900)

    assert at.is_in(good) == OUT
    assert at.is_in(ada) == IN
    assert at.is_in(bad) == GROUP_ONLY
    at.stage.webex.faults.clear()
    later(at.stage, 3600)

    assert at.differences([*at.people[:2], *stay, ada]) == []


def test_a_leaver_of_the_group_whom_entra_does_not_tell_keeps_nobody_else_in(
    at: Standing,
) -> None:
    *stay, bad, good = sorted(at.people[2:], key=lambda p: str(p.external_id), reverse=True)
    graph = at.stage.microsoft.graph
    graph.faults.append(Fault("error", method="GET", path=f"/users/{bad.external_id}"))
    at.dismiss(bad, good)
    live(at.stage, 900)

    assert at.is_in(good) == OUT
    assert at.is_in(bad) == TEAM_ONLY
    graph.faults.clear()
    later(at.stage, 3600)

    assert at.differences([*at.people[:2], *stay]) == []


def test_leavers_who_turn_out_inactive_are_asked_about_once_though_it_is_put_off(
    make_stage: Make,
) -> None:
    at = standing(make_stage(), 90, webhook=False)
    for person in at.people[-18:]:
        at.stage.webex.deactivate_person(person)
        at.leave(person)
    seen = len(at.stage.webex.log)
    fault = Fault("throttle", path="^/identity/", every=6, seconds=30, times=2)
    at.stage.webex.faults.append(fault)
    later(at.stage, 3600)

    asked = [c for c in at.stage.webex.log[seen:] if "/identity/" in c.path and c.status == 200]
    assert fault.hit == 2
    assert len(asked) == 18
    assert list(at.row.listed.values()) == ["inactive_in_webex"] * 18


# Writes that never succeed


def test_a_removal_that_fails_for_good_is_listed_and_hardly_tried(at: Standing) -> None:
    *stay, bob, eve = at.people
    graph = at.stage.microsoft.graph
    fault = Fault("error", method="DELETE", path=f"/members/{bob.external_id}", status=500)
    graph.faults.append(fault)
    at.leave(bob, eve)
    tally = Tally(at.stage)
    live(at.stage, 6 * 3600, step=30)

    assert at.is_in(eve) == OUT
    assert at.is_in(bob) == GROUP_ONLY
    assert at.row.listed == {bob.uuid: "removal_refused"}
    assert at.row.status is Status.COMPLETE
    assert fault.hit < 10
    assert tally.graph_writes < 11
    graph.faults.clear()
    later(at.stage, 2 * DAY)

    assert at.differences(stay) == []


def test_an_addition_that_fails_for_good_is_listed_and_keeps_nobody_else_out(
    at: Standing,
) -> None:
    ada, *rest = people = at.newcomers(6)
    graph = at.stage.microsoft.graph
    fault = Fault(
        "error",
        method="PATCH",
        path="/groups/",
        status=500,
        when=lambda request: str(ada.external_id).encode() in request.body,
    )
    graph.faults.append(fault)
    at.join(*people)
    live(at.stage, 1200)

    assert {at.is_in(p) for p in rest} == {IN}
    live(at.stage, 6 * 3600, step=30)

    assert at.is_in(ada) == TEAM_ONLY
    assert at.row.listed == {ada.uuid: "member_refused"}
    assert fault.hit < 20
    graph.faults.clear()
    later(at.stage, 2 * DAY)

    assert at.differences([*at.people, *people]) == []


def test_who_is_added_when_graph_is_back_was_blamed_for_nothing(at: Standing) -> None:
    people = at.newcomers(11)
    fault = Fault("error", method="PATCH", path="/groups/", status=503)
    batch = Fault("error", path="batch$", status=503)
    at.stage.microsoft.graph.faults += [fault, batch]
    at.join(*people)
    live(at.stage, 1800, step=20)

    assert at.row.listed == {}
    at.stage.microsoft.graph.faults.clear()
    later(at.stage, 7200)

    assert at.differences([*at.people, *people]) == []
