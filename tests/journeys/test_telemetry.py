"""What operators read: lines from a delivery to the providers' own trace ids, and figures.

What is sampled away is nothing of these: see `samplingSettings` in host.json.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sandbox.kit import Fault
from tests.journeys.stage import Stage

Make = Callable[..., Stage]
Line = dict[str, Any]


@pytest.fixture
def on(make_stage: Make, caplog: pytest.LogCaptureFixture) -> Stage:
    stage = make_stage()
    stage.turn_on()
    caplog.set_level(logging.INFO)
    caplog.clear()
    return stage


def lines(caplog: pytest.LogCaptureFixture, *events: str) -> list[Line]:
    texts = [r.getMessage() for r in caplog.records if r.getMessage().startswith("{")]
    return [line for line in map(json.loads, texts) if line["event"] in events or not events]


def connect(stage: Stage) -> str:
    people = stage.people(3)
    team = stage.team(people[0], people[1:])
    stage.run(120)
    assert stage.group_of(team)
    return team.uuid


def test_a_delivery_is_followed_to_the_providers_trace_ids(
    on: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    team = connect(on)

    (created,) = lines(caplog, "group created")
    (look,) = (x for x in lines(caplog, "look") if x["correlation"] == created["correlation"])
    assert look["team"] == created["team"] == team
    (write,) = (trace for trace in look["traces"] if trace.startswith("graph 201 "))
    assert UUID(write.split()[-1])


def test_every_delivery_has_a_line_with_webexs_trace_id(
    on: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    team = connect(on)

    (delivery, *_) = lines(caplog, "delivery")
    led_to = [x for x in lines(caplog) if x.get("correlation") == delivery["correlation"]]
    assert delivery["trace"]
    assert {"team seen for the first time", "look wanted"} <= {line["event"] for line in led_to}
    assert {line["team"] for line in led_to if "team" in line} == {team}


def test_a_look_says_what_it_cost(on: Stage, caplog: pytest.LogCaptureFixture) -> None:
    connect(on)
    on.run(600)
    looks = lines(caplog, "look")
    calls = len([c for c in on.microsoft.graph.log if not c.inner and "delta" not in c.path])

    assert sum(look.get("graph", 0) for look in looks) == calls
    assert all(look["late"] >= 0 and look["took"] >= 0 for look in looks)
    (created,) = lines(caplog, "group created")
    assert 0 <= created["after"] < 60_000


def test_what_was_throttled_is_counted(on: Stage, caplog: pytest.LogCaptureFixture) -> None:
    on.microsoft.graph.faults.append(Fault("throttle", path="uniqueName", seconds=30, times=1))
    connect(on)

    assert sum(look.get("throttled", 0) for look in lines(caplog, "look")) == 1


def test_what_is_due_is_told_at_every_watch(on: Stage, caplog: pytest.LogCaptureFixture) -> None:
    on.watching = False
    people = on.people(3)
    on.team(people[0], people[1:])
    on.run(60)
    caplog.clear()
    on.clock.advance(900)
    on.watch()

    (watched,) = lines(caplog, "watched")
    assert watched["due"] == 1
    assert watched["oldest"] >= 840_000
    assert watched["nudged"] == 1


def test_nothing_that_tells_of_failures_is_sampled_away() -> None:
    host = json.loads((Path(__file__).parents[2] / "host.json").read_text())
    sampling = host["logging"]["applicationInsights"]["samplingSettings"]

    assert set(sampling["excludedTypes"].split(";")) == {"Request", "Exception", "Trace"}
