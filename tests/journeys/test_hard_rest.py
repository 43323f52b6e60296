"""What would never come to rest: wishes and looks without an end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from functions.watch.handler import watch
from sandbox.kit import Fault, Request
from shared.core.ids import OrgId
from shared.core.model import Status
from tests.journeys.stage import Stage, nudge


def test_a_second_space_leaves_no_due_row_when_its_team_cannot_be_read_at_first(
    stage: Stage,
) -> None:
    stage.turn_off()
    ada = stage.person()
    old = stage.team(ada)
    stage.clock.advance(3600)
    stage.turn_on(webhook=False)
    stage.watching = False
    second = stage.webex.create_space(ada, "Second", team=old)
    asked: list[int] = []

    def general_is_down(_request: Request) -> bool:
        asked.append(1)
        return len(asked) > 1

    down = Fault("error", path="^/v1/rooms/", status=503, when=general_is_down)
    stage.webex.faults.append(down)
    stage.work(nudge(stage, second.id))
    stage.webex.faults.remove(down)
    stage.watching = True

    stage.run(900)

    assert stage.row(old).status is Status.FROM_BEFORE
    assert stage.due() == []


def test_a_wish_for_a_known_second_space_comes_to_rest(stage: Stage) -> None:
    ada = stage.person()
    team = stage.team(ada)
    stage.settle()
    second = stage.webex.create_space(ada, "Second", team=team)
    stage.settle()
    stage.run(600)
    assert stage.due_soon() == []

    stage.app.invoke_queue("dead_nudges", nudge(stage, second.id))
    stage.run(900)

    assert stage.due_soon() == []


def test_without_folders_a_finished_team_has_nothing_but_its_weekly_look_before_it(
    stage: Stage,
) -> None:
    stage.services.organizations.save_settings(lambda s: replace(s, link_folders=False))
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    stage.run(60)

    assert stage.row(team).status is Status.COMPLETE
    assert stage.due_soon() == []
    assert stage.due() == [team.uuid]


def test_an_unexpected_failure_of_the_events_starves_no_due_team(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.run(9)
    stage.clock.advance(30)

    class OddWebex:
        def membership_events(self, since: int, page: str | None) -> object:
            raise KeyError("an answer that nobody thought of")

    services: Any = replace(stage.services, webex=OddWebex())  # type: ignore[arg-type]
    messages = watch(lambda _org: services, [OrgId(stage.org.uuid)])

    assert [json.loads(m)["space"] for m in messages] == [stage.row(team).space_id]
