"""A team of which nothing is remembered, by a lost row or by the version before: it waits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from shared.admin.holding import ALLOW, REFUSE
from shared.core.ids import TeamId
from tests.journeys.fate import Mortal, endure
from tests.journeys.standing import Standing, Tally, later, standing
from tests.journeys.test_brake import Make, at, kinds, names

__all__ = ["at"]


def forget(at: Standing) -> None:
    """The memory of who was on both sides is gone."""
    rows = at.stage.wiring.tables.partition("Teams", at.stage.org.uuid)
    found = list(rows.range(f"members:{at.team.uuid}:", f"members:{at.team.uuid};"))
    assert found
    for row in found:
        rows.delete(row.key, row.etag)


@pytest.mark.parametrize("decision", [ALLOW, REFUSE])
def test_a_team_whose_memory_is_lost_changes_nobody_unasked(
    make_stage: Make, decision: str
) -> None:
    at = standing(make_stage(), 12)
    ada, eve = at.newcomers(2)
    bob, cleo = at.people[-2:]
    tally = Tally(at.stage)
    at.stage.turn_off()
    at.join(ada)
    at.enlist(eve)
    at.leave(bob)
    at.dismiss(cleo)
    forget(at)
    at.stage.turn_on(webhook=False)
    later(at.stage, 7 * 86_400)

    # Without a memory nobody has left: who is on one side only is new there.
    assert at.held
    assert at.held.why == ("first_merge",)
    assert kinds(at) == {("members", "add"): 2, ("webex", "add"): 2}
    assert names(at) == {ada.name, cleo.name, bob.name, eve.name}
    assert at.row.reason == "first_merge"
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)

    at.decide(decision)
    later(at.stage, 7 * 86_400)

    if decision == ALLOW:
        assert at.differences([*at.people, ada, eve]) == []
    else:
        assert (tally.graph_writes, tally.webex_writes) == (0, 0)
        assert Counter(at.row.listed.values()) == {"refused_by_admin": 2}
        assert Counter(at.row.others.values()) == {"refused_by_admin": 2}


def test_whoever_dies_while_it_begins_to_remember_has_remembered_nothing(
    make_stage: Make,
) -> None:
    stage = make_stage()
    mortal = Mortal(stage)
    at = standing(stage, 6)
    [ada] = at.newcomers()
    forget(at)
    at.join(ada)
    for position in range(1, 60):
        tally = Tally(stage)
        at.ask()
        mortal.arm(position, after=bool(position % 2))
        later(stage, 600, endure)
        mortal.at = 0

        assert (position, at.held and at.held.why) == (position, ("first_merge",))
        assert (position, tally.graph_writes) == (position, 0)
        if not mortal.struck:
            break
        forget(at)
        let_go(at)
    else:
        raise AssertionError("it never ends")
    assert position > 10


def let_go(at: Standing) -> None:
    """As if nothing had ever waited."""
    teams, uuid = at.stage.services.teams, TeamId(at.team.uuid)
    teams.hold(uuid, teams.held(uuid), None)
    row = teams.read(uuid)
    assert row
    teams.write(row, replace(row.value, held=False))


@pytest.mark.parametrize("decision", [ALLOW, REFUSE])
def test_what_the_version_before_left_as_it_was_waits(make_stage: Make, decision: str) -> None:
    """It followed nobody who left, on either side, nor who was put into the group."""
    at = standing(make_stage(), 12, webhook=False)
    tally = Tally(at.stage)
    at.stage.turn_off()
    [eve] = at.newcomers()
    bob, cleo = at.people[-2:]
    at.leave(bob)
    at.dismiss(cleo)
    at.enlist(eve)
    outdate(at)
    at.stage.clock.advance(30 * 86_400)
    at.stage.turn_on(webhook=False)
    later(at.stage, 86_400)

    assert at.held
    assert at.held.why == ("first_merge",)
    assert names(at) == {bob.name, cleo.name, eve.name}
    assert (tally.graph_writes, tally.webex_writes) == (0, 0)
    at.decide(decision)
    later(at.stage, 7 * 86_400)

    if decision == ALLOW:
        assert at.differences([*at.people[:-2], eve]) == []
    else:
        assert (tally.graph_writes, tally.webex_writes) == (0, 0)
    [ada] = at.newcomers()
    at.join(ada)
    later(at.stage, 3600)
    assert at.is_in(ada) == (True, True)


def test_a_team_of_the_version_before_that_is_in_step_goes_on(make_stage: Make) -> None:
    at = standing(make_stage(), 12, webhook=False)
    outdate(at)
    at.ask()
    later(at.stage, 3600)
    bob = at.people[-1]
    at.leave(bob)
    later(at.stage, 3600)

    assert at.held is None
    assert at.differences(at.people[:-1]) == []


def outdate(at: Standing) -> None:
    """The team's row as the version before wrote it."""
    rows = at.stage.wiring.tables.partition("Teams", at.stage.org.uuid)
    row = rows.get(f"team:{at.team.uuid}")
    assert row
    new = {"direction", "full_at", "moderated", "held", "settled_at", "others_codes", "tried_at"}
    kept = {k: v for k, v in row.values.items() if k not in new and not k.startswith("others")}
    rows.upsert(row.key, kept)


def test_nothing_is_held_where_a_lost_memory_changes_nothing(make_stage: Make) -> None:
    at = standing(make_stage(), 12)
    forget(at)
    at.retry()

    later(at.stage, 7 * 86_400)
    bob = at.people[-1]
    at.leave(bob)
    later(at.stage, 3600)

    assert at.differences(at.people[:-1]) == []
