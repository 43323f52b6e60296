"""A team of 500, hurt at every single call: complete in the end, one group, nobody called early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from sandbox.kit import Call, Fault
from sandbox.webex.state import Team
from tests.journeys.stage import Stage

PEOPLE = 500
RETRY_AFTER = 7.0
# Every position that a clean run reaches; held to the truth by the first test below.
GRAPH_POSITIONS = 40
WEBEX_POSITIONS = 18


@dataclass(frozen=True)
class Hurt:
    """Which cloud, what, and at which call: an exact position or every so many."""

    cloud: str
    kind: str
    at: int | None = None
    every: int | None = None
    seconds: float = RETRY_AFTER
    webhook: bool = True

    def __str__(self) -> str:
        where = f"at {self.at}" if self.at else f"every {self.every}"
        how = "" if self.webhook else " by events"
        return f"{self.cloud} {self.kind} {where} for {self.seconds:g}s{how}"


def play(stage: Stage, hurt: Hurt | None) -> Team:
    stage.turn_on(webhook=hurt is None or hurt.webhook)
    people = stage.people(PEOPLE)
    team = stage.team(people[0], people[1:])
    stage.know(people)
    stage.microsoft.graph.log.clear()
    stage.webex.log.clear()
    if hurt:
        cloud = stage.microsoft.graph if hurt.cloud == "graph" else stage.webex
        cloud.faults.append(Fault(hurt.kind, at=hurt.at, every=hurt.every, seconds=hurt.seconds))
    stage.run(75)
    if not is_done(stage, team):
        stage.run(600)
    return team


def is_done(stage: Stage, team: Team) -> bool:
    group = stage.group_of(team)
    return (
        group is not None
        and set(group.members) == stage.expected(team)
        and len(stage.webex.linked_folders) == 1
    )


def too_early(calls: list[Call], retry_after: float) -> list[Call]:
    """Calls made after a 429 was heard and before its Retry-After was over."""
    early: list[Call] = []
    until = 0.0
    heard = 0.0
    for call in calls:
        if not call.inner and call.at < until:
            early.append(call)
        if call.status == 429:
            heard = max(heard, call.at + retry_after)
        if not call.inner:
            # The parts of a batch are heard of when the batch is answered.
            until = max(until, heard)
    return early


def hurts() -> list[Hurt]:
    kinds = ("throttle", "lost")
    positions = {"graph": GRAPH_POSITIONS, "webex": WEBEX_POSITIONS}
    single = [
        Hurt(cloud, kind, at=at)
        for cloud, count in positions.items()
        for kind in kinds
        for at in range(1, count + 1)
    ]
    fifths = [Hurt(cloud, kind, every=5) for cloud in positions for kind in kinds]
    # A wait that is short enough to be made inside the look.
    short = [Hurt(cloud, "throttle", every=n, seconds=2) for cloud in positions for n in (2, 5, 7)]
    by_events = [replace(hurt, webhook=False) for hurt in [*fifths, *single[::4]]]
    return single + fifths + short + by_events


def test_the_positions_are_all_that_a_clean_run_reaches(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(7)
    team = play(stage, None)

    assert is_done(stage, team)
    assert len(stage.microsoft.graph.log) == GRAPH_POSITIONS
    assert len(stage.webex.log) == WEBEX_POSITIONS


@pytest.mark.parametrize("hurt", hurts(), ids=str)
def test_a_team_of_500_survives(make_stage: Callable[..., Stage], hurt: Hurt) -> None:
    stage = make_stage(7)

    team = play(stage, hurt)

    assert is_done(stage, team)
    assert len(stage.groups_of(team)) == 1
    group = stage.group_of(team)
    assert group is not None
    assert len(group.owners) == 1
    assert too_early(stage.microsoft.graph.log, hurt.seconds) == []
    assert too_early(stage.webex.log, hurt.seconds) == []
