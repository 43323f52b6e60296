"""The timer's chores: none waits long for another, and no team for any of them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from functions.watch.chores import EVERY, HOURLY, RUN_TIME
from sandbox.kit import Fault
from shared.admin import webhooks
from shared.core import times
from shared.core.ids import OrgId
from shared.storage.tables import Properties, Step
from shared.sync.waking import WAKE, wake, wake_some, waking
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


def others_behind(stage: Stage, count: int) -> list[OrgId]:
    """So many further organizations; the next run of the chores begins with the stage's own."""
    uuids = ["ffffffff" + str(uuid4())[8:] for _ in range(count)]
    added = [stage.webex.add_organization(f"No {u[-4:]}", org_id=u) for u in uuids]
    serve(stage, organizations=added)
    every = EVERY / times.SECOND * (count + 1)
    stage.clock.advance(every - stage.clock.now() % every)
    return [OrgId(uuid) for uuid in uuids]


def were_reached(stage: Stage, organizations: list[OrgId]) -> list[bool]:
    rows = [stage.wiring.services(org).organizations for org in organizations]
    return [row.kept(HOURLY) is not None for row in rows]


def test_an_organization_whose_provider_hangs_does_not_keep_another_waiting_for_ever(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    stage.turn_on()
    others = others_behind(stage, 3)
    every, longer = EVERY / times.SECOND, RUN_TIME / times.SECOND + 5
    stage.webex.faults.append(Fault("slow", path="/webhooks", seconds=longer))

    reached = []
    for _ in range(4):
        webhooks.ask_for(stage.services)
        stage.tidy()
        reached.append(were_reached(stage, others))
        stage.clock.advance(every - stage.clock.now() % every)

    assert reached[0] == [False, False, False], "what hangs came first"
    assert reached[-1] == [True, True, True]


@pytest.mark.parametrize("broken", [webhooks.ROW, HOURLY, WAKE])
def test_a_chore_that_fails_keeps_neither_the_next_one_nor_another_organization_waiting(
    by_events: Stage, broken: str
) -> None:
    others = others_behind(by_events, 1)
    rows = by_events.wiring.tables.partition("Organizations", by_events.org.uuid)
    rows.upsert(broken, {"state0": b"no JSON"})

    by_events.tidy()

    if broken != HOURLY:
        assert state(by_events, HOURLY)["part"] == 1
    if broken != WAKE:
        assert state(by_events, WAKE)["done"]
    assert were_reached(by_events, others) == [True]


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


@pytest.mark.parametrize(
    ("changed", "woken"),
    [
        ("direction", {"connected", "held"}),
        ("delta", {"connected", "held"}),
        ("limits", {"held"}),
        ("guests", {"connected", "held", "without a group"}),
        ("space_folders", set()),
        ("language", set()),
    ],
)
def test_who_waits_for_what_was_changed_is_woken_whole_and_as_background_work(
    by_events: Stage, changed: str, woken: set[str]
) -> None:
    services = by_events.services
    while not wake_some(services, services.now()):
        pass
    rows = by_events.wiring.tables.partition("Teams", by_events.org.uuid)
    common: Properties = {"space": "nothing", "new": True, "status": "complete"}
    kinds: dict[str, Properties] = {
        "connected": {"group": str(uuid4())},
        "held": {"group": str(uuid4()), "reason": "brake"},
        "without a group": {"reason": "creator_unknown"},
        "from before": {"new": False, "group": str(uuid4()), "reason": "brake"},
    }
    uuids = {kind: str(uuid4()) for kind in kinds}
    for kind, values in kinds.items():
        rows.insert(f"team:{uuids[kind]}", {**common, **values})

    with waking(services, changed):
        pass
    assert wake_some(services, services.now() + times.HOUR)

    looks = services.looks.among(list(uuids.values()))
    assert {kind for kind, uuid in uuids.items() if uuid in looks} == woken
    assert all(look.low and look.whole for look in looks.values())
