"""Teams that wait for something are looked at when an administrator has put it right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.core.model import Folder
from tests.journeys.stage import Stage, meanwhile
from tests.pages.at_work import Bench, bench
from tests.pages.test_activity import activity

Make = Callable[..., Stage]


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


def test_retry_during_a_look_tries_a_refused_folder_after_it(ready: Bench) -> None:
    stage = ready.stage
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person())
    stage.settle()
    assert stage.row(team).folder is Folder.REFUSED
    stage.webex.switches.who_may_link = "compliance"
    activity(ready)
    retry = meanwhile(
        "/memberships", lambda: ready.visitor.press("/activity/retry", team=team.uuid)
    )
    stage.webex.faults.append(retry)
    stage.webex.add_member(team, stage.person())

    stage.run(90)

    assert stage.row(team).folder is Folder.LINKED
