"""Teams whose groups are there, and of which Webex tells nothing any more."""

from __future__ import annotations

import json

from sandbox.microsoft.state import Group
from sandbox.webex.state import Team
from shared.webex.protocol import uuid_of
from tests.journeys.stage import Stage


def connected(stage: Stage, people: int = 3, name: str = "Project X") -> tuple[Team, Group]:
    """A team whose group is there and with which nothing is left to do."""
    everybody = stage.people(people)
    team = stage.team(everybody[0], everybody[1:], name)
    stage.settle()
    stage.run(60)
    group = stage.group_of(team)
    assert group
    return team, group


def deafen(stage: Stage) -> None:
    stage.webex.switches.event_lag_seconds = 10_000_000


def watched(stage: Stage, seconds: int = 60) -> set[str | None]:
    """What the timer asks to have looked at within this time; nobody looks."""
    asked: set[str | None] = set()
    for _ in range(seconds // 10):
        stage.clock.advance(10)
        stage.watch()
        asked |= {uuid_of(json.loads(message)["space"]) for message in stage.queue}
        stage.queue.clear()
    return asked
