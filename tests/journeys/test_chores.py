"""The timer's chores: none waits long for another, and no team for any of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from functions.watch.chores import HOURLY
from sandbox.kit import Fault
from shared.admin import webhooks
from shared.core.ids import OrgId
from shared.storage.tables import Properties, Step
from shared.sync.waking import WAKE, wake, wake_some
from tests.journeys.stage import Stage
from tests.pages.steps import serve


@pytest.fixture
def by_events(make_stage: Callable[..., Stage]) -> Stage:
    """Switched on, and no webhook at all."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    return stage


@pytest.fixture
def hanging(by_events: Stage) -> Stage:
    """A webhook is wanted, and Webex takes its time about those."""
    webhooks.ask_for(by_events.services)
    by_events.webex.faults.append(Fault("slow", path="/webhooks", seconds=9))
    return by_events


def state(stage: Stage, cursor: str) -> dict[str, object]:
    kept = stage.services.organizations.kept(cursor)
    return dict(kept.state) if kept else {}


def test_nudges_do_not_wait_for_a_chore_that_hangs(hanging: Stage) -> None:
    """What the function puts out is sent when it has returned."""
    hanging.team(hanging.person())
    hanging.clock.advance(60)
    began = hanging.clock.now()

    hanging.watch()

    assert hanging.queue, "the team was due"
    assert hanging.clock.now() - began < 4


def test_a_chore_that_hangs_keeps_no_other_from_its_share(hanging: Stage) -> None:
    hanging.tidy()

    assert state(hanging, HOURLY)["part"] == 1
    assert state(hanging, WAKE)["done"]


def test_an_organization_whose_provider_hangs_does_not_keep_another_waiting_for_ever(
    hanging: Stage,
) -> None:
    others = [hanging.webex.add_organization(f"No {n}", org_id=str(uuid4())) for n in range(3)]
    serve(hanging, organizations=others)

    for _ in range(4):
        hanging.tidy()
        hanging.clock.advance(30 - hanging.clock.now() % 30)

    for other in others:
        assert hanging.wiring.services(OrgId(other.uuid)).organizations.kept(HOURLY)


def test_waking_that_is_asked_for_during_another_begins_again_with_both(by_events: Stage) -> None:
    rows = by_events.wiring.tables.partition("Teams", by_events.org.uuid)
    values: Properties = {"space": "nothing", "new": True, "status": "complete"}
    rows.write([Step("insert", f"team:{uuid4()}", values) for _ in range(100)])
    services = by_events.services
    assert not wake_some(services, services.now())
    assert state(by_events, WAKE)["after"]

    wake(services, "sign_in")

    changed = state(by_events, WAKE)["changed"]
    assert isinstance(changed, list)
    assert state(by_events, WAKE)["after"] == ""
    assert {"sign_in", "switch"} <= set(changed)
