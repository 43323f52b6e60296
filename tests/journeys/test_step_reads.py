"""A read that is wrong removes nobody, however often it is; the first right one is followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.kit import Fault
from shared.core import times
from shared.core.model import Direction, Limits, Status
from tests.journeys.following import (
    APART,
    BOTH,
    GROUP,
    OUT,
    TEAM,
    Rewrite,
    choose,
    rest,
    spoil,
    unspoil,
)
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, change, later, live, newcomers, standing

DAY = times.DAY // times.SECOND
ROSTER, MEMBERS, OWNERS = "/v1/memberships", "/members?", "/owners?"
NO_LIMITS = Limits(remove=1_000, remove_share=100, add=1_000, add_share=1_000)
Mangle = Callable[[list[Any]], list[Any]]


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    """The brake is as far off as can be chosen: it must not be what keeps people."""
    found = standing(make_stage(), 6, webhook=False)
    change(found.stage, limits=NO_LIMITS)
    return found


def items(body: Any) -> str:
    return "items" if "items" in body else "value"


def made_of(mangle: Mangle) -> Rewrite:
    def rewrite(status: int, body: Any) -> tuple[int, Any]:
        return status, {**body, items(body): mangle(body[items(body)])}

    return rewrite


def refused(status: int) -> Rewrite:
    def rewrite(_status: int, _body: Any) -> tuple[int, Any]:
        return status, {"message": "no", "error": {"code": str(status), "message": "no"}}

    return rewrite


def empty(found: list[Any]) -> list[Any]:
    return []


def nameless(found: list[Any]) -> list[Any]:
    """One item says nobody."""
    unread = {k: v for k, v in found[-1].items() if k not in ("id", "personId")}
    return [*found[:-1], {**unread, "errors": {"personId": {"code": "kms_failure"}}}]


def no_items(status: int, body: Any) -> tuple[int, Any]:
    return status, {"odd": True}


BAD: dict[str, Rewrite] = {
    "empty": made_of(empty),
    "an item unreadable": made_of(nameless),
    "no list": no_items,
    "404": refused(404),
    "403": refused(403),
    "500": refused(500),
    "503": refused(503),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("part", "direction"), [(ROSTER, BOTH), (ROSTER, TEAM), (MEMBERS, BOTH), (MEMBERS, GROUP)]
)
def test_however_often_a_side_is_read_wrong_nobody_is_removed(
    at: Standing, part: str, direction: Direction, bad: str
) -> None:
    choose(at, direction)
    spoiled = spoil(at.stage, part, BAD[bad])

    for _ in range(4):
        at.ask()
        assert rest(at, 600) == []
    assert spoiled.hits >= 4
    unspoil(at.stage)
    at.ask()

    assert rest(at, DAY + 3600) == []
    assert at.differences(at.people) == []


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("part", [ROSTER, MEMBERS])
def test_a_wrong_second_read_confirms_nothing(at: Standing, part: str, bad: str) -> None:
    *stay, bob = at.people
    if part == ROSTER:
        at.leave(bob)
    else:
        at.dismiss(bob)
    live(at.stage, 70)
    before = at.is_in(bob)
    assert at.ledger.missing

    spoil(at.stage, part, BAD[bad])
    at.ask()
    assert rest(at, 600) == []
    assert at.is_in(bob) == before
    unspoil(at.stage)
    at.ask()
    later(at.stage, 3600)

    assert at.differences(stay) == []


@pytest.mark.parametrize("part", [ROSTER, MEMBERS])
def test_a_read_that_was_wrong_once_is_not_half_of_an_absence(at: Standing, part: str) -> None:
    """Somebody is left out of one read, is there in the next, and left out again."""
    left_out: list[bool] = []

    def flicker(found: list[Any]) -> list[Any]:
        left_out.append(len(left_out) % 2 == 0)
        return found[:-1] if left_out[-1] else found

    spoil(at.stage, part, made_of(flicker))
    for _ in range(8):
        at.ask()
        live(at.stage, 90, step=30)

    assert left_out.count(True) >= 4
    unspoil(at.stage)
    assert rest(at, 3600) == []
    assert at.differences(at.people) == []


def test_an_empty_group_does_not_bring_those_back_who_have_left_meanwhile(
    make_stage: Callable[..., Stage],
) -> None:
    """All of them were written by us and shown since; nobody has looked for long."""
    stage = make_stage()
    change(stage, link_folders=False)
    stage.turn_on(webhook=False)
    creator, *others = newcomers(stage, 6)
    team = stage.team(creator, others)
    live(stage, 400)
    stage.clock.advance(900)
    at = Standing(stage, team, [creator, *others])
    bob, cleo = others[:2]
    at.leave(bob, cleo)
    spoiled = spoil(stage, MEMBERS, BAD["empty"])
    for _ in range(3):
        at.ask()
        live(stage, 150, step=30)
    unspoil(stage)
    later(stage, 3600)

    assert spoiled.hits >= 3
    assert at.is_in(bob) == at.is_in(cleo) == (False, False)
    assert at.differences([creator, *others[2:]]) == []


@pytest.mark.parametrize("bad", ["an item unreadable", "no list", "404", "500", "503"])
def test_while_the_owners_cannot_be_read_nobody_leaves_the_group(at: Standing, bad: str) -> None:
    *stay, bob = at.people
    spoil(at.stage, OWNERS, BAD[bad])
    at.leave(bob)

    assert rest(at, 600) == []
    assert at.is_in(bob) == (False, True)
    unspoil(at.stage)
    at.ask()
    later(at.stage, 3600)

    assert at.differences(stay) == []


@pytest.mark.parametrize("gone", ["isModerator", "personOrgId", "created"])
def test_a_membership_of_which_something_that_matters_is_unreadable_is_not_believed(
    at: Standing, gone: str
) -> None:
    """As Webex warns of it: a field is missing, and `errors` says why."""

    def unread(item: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in item.items() if k != gone}
        return {**kept, "errors": {gone: {"code": "kms_failure", "reason": "no key"}}}

    spoil(at.stage, ROSTER, made_of(lambda found: [unread(item) for item in found]))
    for _ in range(4):
        at.ask()
        assert rest(at, 600) == []
    unspoil(at.stage)
    at.ask()
    later(at.stage, 3600)

    assert at.differences(at.people) == []
    assert set(at.group.owners) == {p.external_id for p in at.people[:2]}


def test_names_that_cannot_be_read_are_nothing_that_matters(at: Standing) -> None:
    at.stage.webex.switches.item_errors = 1.0
    *stay, bob = at.people
    [ada] = at.newcomers()

    at.leave(bob)
    at.join(ada)
    later(at.stage, 3600)

    assert at.differences([*stay, ada]) == []


@pytest.mark.parametrize("cloud", ["webex", "graph"])
def test_a_second_page_that_fails_is_no_read(make_stage: Callable[..., Stage], cloud: str) -> None:
    stage = make_stage()
    stage.webex.switches.membership_page_cap = 4
    found = standing(stage, 12, webhook=False)
    change(stage, limits=NO_LIMITS)
    if cloud == "webex":
        later_page = Fault(
            "error", path="^/v1/memberships$", when=lambda r: "cursor" in str(r.query)
        )
        stage.webex.faults.append(later_page)
    else:
        # Pages of a thousand: so the second one is cut off by the first's link.
        def to_be_continued(status: int, body: Any) -> tuple[int, Any]:
            link = f"https://graph.microsoft.com/v1.0/groups/{found.group.id}/members?$skiptoken=no"
            return status, {**body, "value": body.get("value", [])[:4], "@odata.nextLink": link}

        spoil(stage, MEMBERS, to_be_continued)
        later_page = Fault("error", path="/members$", when=lambda r: "$skiptoken" in r.query)
        stage.microsoft.graph.faults.append(later_page)

    for _ in range(4):
        found.ask()
        assert rest(found, 600) == []
    assert later_page.hit >= 4
    stage.webex.faults.clear()
    stage.microsoft.graph.faults.clear()
    unspoil(stage)
    found.ask()

    assert rest(found, 3600) == []
    assert found.differences(found.people) == []


def test_a_group_of_which_another_replica_knows_nothing_is_asked_again_soon(at: Standing) -> None:
    """Its members are 404 while the group itself is there: that is no reason to wait for a day."""
    *stay, bob = at.people
    spoil(at.stage, MEMBERS, refused(404))
    at.leave(bob)
    live(at.stage, 60)
    assert at.row.status is not Status.NEEDS_PERSON
    unspoil(at.stage)

    later(at.stage, 1200)

    assert at.differences(stay) == []


def test_two_reads_of_the_group_are_apart_however_long_a_look_takes(
    make_stage: Callable[..., Stage],
) -> None:
    at = standing(make_stage(), 60, webhook=False)
    *_, bob = at.people
    since = len(at.stage.microsoft.graph.log)
    at.stage.webex.faults.append(Fault("slow", path="/identity/", seconds=2))
    at.join(*at.newcomers(55, known=False))
    at.dismiss(bob)
    live(at.stage, 900)

    [removed] = [c.at for c in at.stage.webex.log if c.method == "DELETE"]
    calls = at.stage.microsoft.graph.log[since:]
    reads = [c.at for c in calls if c.path.endswith("/members") and c.at <= removed]
    assert reads[-1] - reads[0] >= APART
    assert at.is_in(bob) == OUT
