"""What has ended, as a team's page says it; and the button that restores a deleted group."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.browser.page import Page
from sandbox.webex.state import Team
from tests.journeys.stage import Stage
from tests.journeys.standing import later
from tests.pages.at_work import Bench, bench, opened

Make = Callable[..., Stage]
RESTORE = "Restore the group"
HOUR, DAY = 3_600, 86_400


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


@pytest.fixture
def team(ready: Bench) -> Team:
    found = ready.stage.team(ready.stage.person("Ada"), ready.stage.people(2), "Crew")
    ready.stage.settle()
    return found


def page_of(here: Bench, team: Team) -> Page:
    return opened(here, f"/activity?team={team.uuid}")


def delete_group(here: Bench, team: Team) -> str:
    group = here.stage.group_of(team)
    assert group is not None
    here.stage.tenant.delete_group(group)
    later(here.stage, HOUR)
    return group.id


def test_a_deleted_group_is_restored_by_a_button(ready: Bench, team: Team) -> None:
    group = delete_group(ready, team)
    before = page_of(ready, team)
    page = ready.visitor.press(RESTORE)
    later(ready.stage, 600)

    back = ready.stage.group_of(team)
    assert "The group was deleted in Microsoft 365." in before.text
    assert "The group is restored. The team is looked at within a minute." in page.text
    assert back is not None
    assert back.id == group
    after = page_of(ready, team)
    assert "Complete" in after.text
    assert RESTORE not in after.body
    assert "Deleted group restored" in opened(ready, "/settings").text


def test_what_cannot_be_restored_says_why(ready: Bench, team: Team) -> None:
    delete_group(ready, team)
    ready.stage.clock.advance(31 * DAY)
    page_of(ready, team)

    page = ready.visitor.press(RESTORE)

    assert "Microsoft 365 does not find the group among what was deleted." in page.text


def test_while_off_nothing_is_restored(ready: Bench, team: Team) -> None:
    delete_group(ready, team)
    page_of(ready, team)
    ready.stage.turn_off()

    page = ready.visitor.press(RESTORE)

    assert "The switch is Off, so nothing is written to Microsoft 365." in page.text
    assert ready.stage.group_of(team) is None


def test_a_team_that_is_gone_is_ended_and_can_be_listed_so(ready: Bench, team: Team) -> None:
    ready.stage.webex.delete_team(team)
    later(ready.stage, DAY)

    page = page_of(ready, team)

    assert "Ended" in page.text
    assert "Webex does not find the team any more" in page.text
    assert RESTORE not in page.body
    assert "Crew" in opened(ready, "/activity?status=ended").text
    assert "Crew" not in opened(ready, "/activity?status=needs_person").text


def test_an_archived_team_says_so(ready: Bench, team: Team) -> None:
    ready.stage.webex.archive_team(team)
    later(ready.stage, 8 * DAY)

    page = page_of(ready, team)

    assert "The team is archived in Webex." in page.text
    assert "Complete" in page.text
