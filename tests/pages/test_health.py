"""GET /health: little for anybody, much for an administrator of the organization."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, bench
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    return bench(make_stage(configured=True))


def health(visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(visitor.get("/health").text)
    return found


def test_whoever_is_not_signed_in_learns_nothing_of_any_organization(ready: Bench) -> None:
    ready.turn_on()

    assert health(Visitor(ready.stage)) == {"ok": True}


def test_an_administrator_sees_how_it_stands(ready: Bench) -> None:
    ready.turn_on()
    stage = ready.stage
    people = stage.people(3)
    team = stage.team(people[0], people[1:])
    stage.run(120)
    found = health(ready.visitor)

    assert stage.group_of(team)
    assert (found["ok"], found["on"], found["webhook"]) == (True, True, "there")
    assert found["organization"] == stage.org.uuid
    assert found["due"] == {"teams": 0, "oldest_seconds": 0}
    assert found["sign_ins"]["spaces"]["works"] is True
    assert found["given_up"] == 0
    assert found["events_read_to"] and found["changes_read"]


def test_what_waits_is_told_with_its_age(ready: Bench) -> None:
    ready.turn_on()
    stage = ready.stage
    people = stage.people(3)
    stage.team(people[0], people[1:])
    stage.run(60)
    stage.clock.advance(900)

    due = health(ready.visitor)["due"]
    assert due["teams"] == 1
    assert due["oldest_seconds"] >= 840


def test_no_token_is_in_it(ready: Bench) -> None:
    ready.turn_on()
    text = ready.visitor.get("/health").text

    kept = steps.office(ready.stage).credentials.read("spaces")
    assert kept
    assert kept.access_token not in text and kept.refresh_token not in text
