"""Every connected team is looked at in full at least weekly, whatever told us of nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from shared.core import times
from shared.core.ids import PersonId
from shared.core.model import Limits, Status
from shared.sync.look import full_at
from tests.journeys.following import IN, OUT, look
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, Tally, change, later, live, newcomers, standing

DAY = times.DAY // times.SECOND
WEEK = 7 * DAY


@pytest.fixture
def deaf(make_stage: Callable[..., Stage]) -> Standing:
    """A settled team of which nothing is heard any more: no event comes out, and Microsoft 365
    tells nothing of members."""
    stage = make_stage()
    stage.microsoft.switches.delta_latest_tracks_members = False
    found = standing(stage, 5, webhook=False)
    stage.webex.switches.event_lag_seconds = 10.0**9
    return found


def days(stage: Stage, count: int) -> None:
    for _ in range(count):
        later(stage, DAY)


def weekly_at(at: Standing) -> float:
    """When the weekly look is due; seconds. Until then the team's name is read once a day."""
    row = at.stage.services.looks.read(at.team.uuid)
    due = full_at(at.row)
    assert row is not None and row.value.at is not None and due is not None
    assert row.value.low, "it is background work"
    assert row.value.at <= due
    return due / 1000


def background(stage: Stage) -> int:
    """How far background work alone has booked the compliance officer's calls."""
    pace = stage.services.organizations.pace("spaces")
    assert pace is not None
    return pace.value.low_arrival


def full_looks(tally: Tally, groups: int, days: int) -> int:
    """How many there were. Fails where a call was for anything else: once a day, or nearly, the
    team's name is read alone."""
    paths = [*(c.path for c in tally.webex), *(c.path for c in tally.graph)]
    kinds = Counter(
        path.split("/")[-1] if path.endswith(("s", "memberships")) else path.split("/")[-2]
        for path in paths
        if not path.endswith(("/access_token", "/groupSettings"))
    )
    names = kinds.pop("teams")
    assert set(kinds) == {"rooms", "memberships", "groups", "members", "owners"}
    assert len(set(kinds.values())) == 1, "each reads everything once"
    assert days * groups <= names <= (days + 2) * groups
    assert len({p for p in paths if "/v1.0/groups/" in p}) == 3 * groups
    return kinds["groups"]


def test_weeks_of_nothing_cost_full_looks_alone_each_team_at_a_moment_of_its_own(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    found = [standing(stage, 3, webhook=False)]
    for number in range(5):
        people = newcomers(stage, 3)
        found.append(Standing(stage, stage.team(people[0], people[1:], f"T{number}"), people))
    days(stage, 1)
    assert sorted(stage.due()) == sorted(at.team.uuid for at in found)
    moments = [weekly_at(at) for at in found]
    looked = [at.row.full_at / 1000 for at in found]
    gaps = [moment - last for moment, last in zip(moments, looked, strict=True)]
    assert all(WEEK - 2 * DAY <= gap <= WEEK for gap in gaps)
    assert len({round(gap / 60) for gap in gaps}) == len(found)
    tally, writes, booked = Tally(stage), stage.tenant.write_count, background(stage)

    days(stage, 14)

    assert 2 * len(found) <= full_looks(tally, len(found), 14) <= 3 * len(found)
    assert stage.tenant.write_count == writes
    assert background(stage) > booked
    for at, last in zip(found, looked, strict=True):
        assert at.row.full_at / 1000 > last + WEEK
        assert at.row.status is Status.COMPLETE
        assert at.differences(at.people) == []


def test_a_look_that_somebody_asks_for_is_no_background_work_and_puts_nothing_off(
    deaf: Standing,
) -> None:
    booked, due = background(deaf.stage), weekly_at(deaf)

    look(deaf)

    assert background(deaf.stage) == booked
    assert weekly_at(deaf) == due, "an ordinary look is not the weekly one"


def test_what_nobody_told_of_is_found_by_the_weekly_look(deaf: Standing) -> None:
    joined, added = deaf.newcomers(2)
    ada, ben, cid, dan, eve = deaf.people
    due = weekly_at(deaf)
    tally = Tally(deaf.stage)

    deaf.join(joined)
    deaf.enlist(added)
    deaf.leave(dan)
    deaf.dismiss(eve)
    deaf.stage.webex.set_moderator(deaf.team, cid, True)
    deaf.stage.webex.set_moderator(deaf.team, ben, False)
    later(deaf.stage, due - deaf.stage.clock.now() - 60)
    names = [c for c in tally.webex if c.path.startswith("/v1/teams/")]
    assert (tally.webex, tally.graph) == (names, []), "nobody knows anything"
    live(deaf.stage, 100)
    assert (deaf.is_in(joined), deaf.is_in(added)) == (IN, IN)
    assert (deaf.is_in(dan), deaf.is_in(eve)) == ((False, True), (True, False))
    later(deaf.stage, 7200)

    assert (deaf.is_in(dan), deaf.is_in(eve)) == (OUT, OUT)
    assert set(deaf.group.owners) == {ada.external_id, cid.external_id}
    assert deaf.differences([ada, ben, cid, joined, added]) == []


def test_an_owner_whom_microsoft_lost_is_found_by_the_weekly_look_whatever_is_told(
    make_stage: Callable[..., Stage],
) -> None:
    at = standing(make_stage(), 5, webhook=False)
    ben = at.people[1]
    due = weekly_at(at)

    at.group.drop("owners", str(ben.external_id))
    later(at.stage, due - at.stage.clock.now() - 60)
    assert at.row.listed == {}
    later(at.stage, 7200)

    assert at.row.listed == {PersonId(ben.uuid): "owner_removed"}


def test_the_title_of_the_general_space_is_not_the_teams_name(
    deaf: Standing,
) -> None:
    deaf.team.general.title = "Another Name"

    days(deaf.stage, 8)

    assert (deaf.row.space_title, deaf.group.display_name) == ("Team", "Team")


def test_a_team_that_changes_all_the_time_is_looked_at_in_full_all_the_same(
    make_stage: Callable[..., Stage],
) -> None:
    at = standing(make_stage(), 5, webhook=False)
    people = at.newcomers(20)
    at.stage.know(people)
    begun = len(at.stage.microsoft.graph.log)
    for person in people:
        at.join(person)
        later(at.stage, 9 * DAY / len(people))

    calls = at.stage.microsoft.graph.log[begun:]
    assert [c.path for c in calls].count(f"/v1.0/groups/{at.group.id}") - len(people) in (1, 2)
    assert at.differences([*at.people, *people]) == []


def test_while_the_switch_is_off_no_weekly_look_comes_and_afterwards_everything_is_read(
    deaf: Standing,
) -> None:
    deaf.stage.turn_off()
    tally = Tally(deaf.stage)
    [ada] = deaf.newcomers()
    deaf.join(ada)

    for _ in range(15):
        deaf.stage.clock.advance(DAY)
        live(deaf.stage, 10)
    assert (tally.looks, tally.graph) == (0, [])
    deaf.stage.turn_on(webhook=False)
    later(deaf.stage, 7200)

    assert deaf.differences([*deaf.people, ada]) == []


def test_a_weekly_look_does_not_try_anew_what_an_administrator_was_told(deaf: Standing) -> None:
    """It is no hidden retry of what waits: the brake's names stay as they are."""
    change(deaf.stage, limits=Limits(remove=1))
    deaf.leave(*deaf.people[2:])
    look(deaf)
    later(deaf.stage, 7200)
    held = deaf.held
    assert held is not None

    days(deaf.stage, 15)

    assert deaf.held == held
    assert len(deaf.group.members) == 5
