"""Connecting a team from before, from its page; and finding one that is not in the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.browser.page import Page
from sandbox.webex.state import Team
from shared.admin.connecting import connect
from shared.admin.ports import Actor
from shared.core.ids import GroupId, PersonId
from shared.core.model import Status
from tests.journeys.stage import Stage, meanwhile
from tests.pages.at_work import Bench, bench, opened

Make = Callable[..., Stage]
NEW, EXISTING, FIND = "Connect to a new group", "Connect to this group", "Find"


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    stage = make_stage(configured=True)
    stage.team(stage.person("Ada"), stage.people(3), "Old team")
    stage.clock.advance(60)
    here = bench(stage)
    here.turn_on()
    return here


@pytest.fixture
def team(ready: Bench) -> Team:
    """From before, and heard of."""
    found = next(iter(ready.stage.webex.world.teams.values()))
    ready.stage.webex.add_member(found, ready.stage.person())
    ready.stage.run(60)
    return found


def page_of(here: Bench, team: Team) -> Page:
    return opened(here, f"/activity?team={team.uuid}")


def audit(here: Bench) -> str:
    return opened(here, "/settings").text


def test_a_team_from_before_is_connected_to_a_new_group_by_a_button(
    ready: Bench, team: Team
) -> None:
    before = page_of(ready, team)
    page = ready.visitor.press(NEW)
    ready.stage.settle()

    assert "From before" in before.text
    assert "The team is connected. It is looked at within a minute." in page.text
    assert NEW not in page_of(ready, team).body
    assert "Complete" in page_of(ready, team).text
    assert ready.stage.group_of(team) is not None
    assert "Team from before connected" in audit(ready)


def test_or_to_a_group_that_is_named_and_then_the_names_wait(ready: Bench, team: Team) -> None:
    group = ready.stage.tenant.add_group(
        "The crew", "crew", owners=[ready.stage.tenant.add_user("Owner").object_id]
    )
    page_of(ready, team)

    ready.visitor.press(EXISTING, group=group.id)
    ready.stage.run(300)
    page = page_of(ready, team)

    assert group.members == []
    assert "Changes that wait for you" in page.text
    assert "Ada" in page.text
    assert f"The crew ({group.id})" in audit(ready)


@pytest.mark.parametrize("named", ["", "  ", "nobody@example.com", "<script>alert(1)</script>"])
def test_a_group_that_nobody_knows_is_told_and_nothing_is_done(
    ready: Bench, team: Team, named: str
) -> None:
    page_of(ready, team)

    page = ready.visitor.press(EXISTING, group=named)

    assert "Microsoft 365 knows no such group." in page.text
    assert "<script>alert" not in page.body
    assert ready.stage.row(team).status is Status.FROM_BEFORE


def test_a_group_named_while_a_colleague_connects_the_team_otherwise_is_free_again(
    ready: Bench, team: Team
) -> None:
    stage = ready.stage
    owner = stage.tenant.add_user("Owner").object_id
    group = stage.tenant.add_group("The crew", "crew", owners=[owner])
    colleague = Actor(PersonId("bea"), "Bea Boss", "bea@example.example")
    page_of(ready, team)
    stage.microsoft.graph.faults.append(
        meanwhile(f"/groups/{group.id}", lambda: connect(ready.office, colleague, team.uuid))
    )

    ready.visitor.press(EXISTING, group=group.id)
    stage.run(300)

    made = stage.group_of(team)
    assert made is not None and made.id != group.id
    assert stage.services.teams.teams_of([GroupId(group.id)]) == {}


def test_a_team_that_is_followed_offers_no_connecting(ready: Bench) -> None:
    followed = ready.stage.team(ready.stage.person(), name="New team")
    ready.stage.settle()

    page = page_of(ready, followed)
    refused = ready.visitor.post("/activity/connect", {"team": followed.uuid, "to": "new"})

    assert NEW not in page.body
    assert EXISTING not in page.body
    assert "This team is connected already." in refused.text


@pytest.mark.parametrize(
    "form",
    [
        {"to": "new"},
        {"team": "nonsense", "to": "new"},
        {"team": "6f1b9d1e-0000-4000-8000-00000000cafe", "to": "new"},
        {"team": "6f1b9d1e-0000-4000-8000-00000000cafe", "to": "existing", "group": "x"},
    ],
)
def test_a_team_that_nobody_knows_is_refused(ready: Bench, form: dict[str, str]) -> None:
    page = ready.visitor.post("/activity/connect", form)

    assert "This app does not know that team." in page.text


def test_a_form_that_is_none_of_ours_connects_nothing(ready: Bench, team: Team) -> None:
    ready.visitor.post("/activity/connect", {"team": team.uuid})
    ready.visitor.post("/activity/connect", {"team": team.uuid, "to": "both"})
    ready.stage.run(60)

    assert ready.stage.row(team).status is Status.FROM_BEFORE


def test_a_team_that_is_not_in_the_list_is_found_by_its_id(ready: Bench) -> None:
    unheard = next(iter(ready.stage.webex.world.teams.values()))
    opened(ready, "/activity")

    page = ready.visitor.press(FIND, id=unheard.general.id)

    assert page.heading == "Old team"
    assert NEW in page.body
    assert ready.stage.row(unheard).status is Status.FROM_BEFORE


def test_an_id_that_is_no_teams_is_told(ready: Bench) -> None:
    opened(ready, "/activity")

    page = ready.visitor.press(FIND, id="nonsense")

    assert "Webex knows no team of your organization by that id." in page.text


def test_in_swedish(ready: Bench, team: Team) -> None:
    ready.visitor.language = "sv"

    assert "Koppla det här teamet" in page_of(ready, team).text
