"""The folders of a team's further spaces, as the team's page tells of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.browser.page import Page
from tests.journeys.building import Building, build
from tests.journeys.stage import Stage
from tests.journeys.standing import change
from tests.pages.at_work import Bench, bench, opened

Make = Callable[..., Stage]
TITLE = "Folders of the team's other spaces"


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


def page_of(here: Bench, at: Building) -> Page:
    return opened(here, f"/activity?team={at.team.uuid}")


def rows(page: Page) -> list[list[str]]:
    """What the page says of the spaces, without the head of the table."""
    return next((table[1:] for table in page.tables if table[0] == ["Space", "Folder"]), [])


def test_the_page_of_a_team_tells_each_spaces_folder_those_first_that_need_somebody(
    ready: Bench,
) -> None:
    at = build(ready.stage)
    budget, plans = at.space("Budget"), at.space("<b>Plans</b>")
    ready.stage.run(120)
    ready.stage.webex.switches.who_may_link = "nobody"
    at.space("Refused")
    ready.stage.run(120)

    page = page_of(ready, at)

    assert TITLE in page.text
    assert [row[0] for row in rows(page)] == ["Refused", "<b>Plans</b>", "Budget"]
    assert "Webex did not let any of our accounts link" in rows(page)[0][1]
    assert [row[1] for row in rows(page)[1:]] == ["Linked", "Linked"]
    assert "Needs a person" in page.text
    assert "Needs a person" in opened(ready, "/activity?status=needs_person").text
    assert at.folder(budget)
    assert at.folder(plans)


def test_without_the_setting_nothing_is_said_of_spaces(ready: Bench) -> None:
    at = build(ready.stage, chosen=False)
    at.space("Plans")
    ready.stage.run(120)

    page = page_of(ready, at)

    assert TITLE not in page.text
    assert rows(page) == []


def test_once_the_setting_is_off_what_was_wrong_with_spaces_is_said_no_more(ready: Bench) -> None:
    at = build(ready.stage, permitted=False)
    at.space("Plans")
    ready.stage.run(120)
    before = page_of(ready, at)
    change(ready.stage, space_folders=False)

    page = page_of(ready, at)

    assert "Needs a person" in before.text
    assert "The app may not make folders" not in page.text
    assert "Complete" in page.text


def test_a_missing_permission_is_told_with_its_remedy_and_in_swedish(ready: Bench) -> None:
    at = build(ready.stage, permitted=False)
    at.space("Plans")
    ready.stage.run(120)
    page = page_of(ready, at)
    ready.visitor.language = "sv"
    swedish = page_of(ready, at)

    assert "Files.ReadWrite.All" in rows(page)[0][1]
    assert "Lägg till behörigheten Files.ReadWrite.All" in swedish.text


def test_the_dry_run_of_a_team_tells_of_its_spaces(ready: Bench) -> None:
    at = build(ready.stage, permitted=False)
    at.space("Plans")
    ready.stage.run(120)

    page = opened(ready, f"/activity/preview?team={at.team.uuid}")

    assert "Folders to be made for further spaces, and linked: 1" in page.text
    assert "And 1 more." not in page.text
