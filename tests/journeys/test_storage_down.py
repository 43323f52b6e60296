"""Our own storage does not answer for a while: nothing is half done, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.journeys.stage import Stage, nudge
from tests.pages.storage_edge import StorageDown, at_the_edge

pytestmark = pytest.mark.emulator


def test_a_team_that_is_made_meanwhile_gets_its_group_afterwards(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    edge = at_the_edge(stage)
    edge.fails = lambda _method, _url: True
    written = len(stage.graph_calls())
    team = stage.team(stage.person(), stage.people(2))
    message = nudge(stage, team.general.id)

    # As the host does: five times, then the poison queue, whose function fails five times as well.
    for function in ("sync_team", "dead_nudges"):
        for _ in range(5):
            with pytest.raises(StorageDown):
                stage.app.invoke_queue(function, message)
    stage.watch()
    stage.tidy()
    assert stage.queue == []
    assert "watch failed" in caplog.text
    assert len(stage.graph_calls()) == written

    edge.fails = lambda _method, _url: False
    stage.webex.outbox.clear()
    stage.clock.advance(600)
    stage.run(60)

    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


def test_a_delivery_is_taken_without_it(stage: Stage) -> None:
    """The webhook's function reads no table; if the queue cannot be written, the host answers."""
    edge = at_the_edge(stage)
    edge.fails = lambda _method, _url: True
    stage.team(stage.person())

    stage.clock.advance(5)
    stage.webex.deliver(stage.post)

    assert len(stage.queue) == 1
    assert edge.calls == []
