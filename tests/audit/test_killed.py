"""A run that is killed anywhere goes on where it was, and comes to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from shared import wiring
from shared.core.audit import Listed, Run
from tests.audit.crowd import MINUTE, Crowd
from tests.audit.mortal import Killed, MortalTables
from tests.journeys.stage import Stage, meanwhile

LEASE_MINUTES = 4


# Writes until both directories have been read, and some more.
READING = 40


@pytest.fixture(autouse=True)
def no_app_is_left() -> Iterator[None]:
    yield
    wiring.install(None)


def ready(tables: MortalTables) -> Crowd:
    """Some pages on each side."""
    stage = Stage(tables, 3)
    stage._connect()
    stage.webex.switches.scim_count_cap = 11
    stage.microsoft.switches.page_cap = 9
    crowd = Crowd(stage, 36)
    crowd.watch()
    return crowd


def outcome(run: Run, listed: list[Listed]) -> tuple[Any, ...]:
    return run.counts, run.users, run.accounts, run.unread, sorted(listed, key=repr)


def identities(crowd: Crowd) -> dict[str, Any]:
    people = [p.uuid for p in crowd.stage.org.people]
    known = crowd.stage.services.identities.known(people)  # type: ignore[arg-type]
    return {p: (i.object, i.state) for p, i in known.items()}


def killed_at(at: int, when: Literal["before", "after"]) -> Crowd | None:
    """The audit, killed at that write and begun again; None where it makes fewer."""
    tables = MortalTables()
    crowd = ready(tables)
    tables.die(at, when)
    try:
        crowd.tick()
    except Killed:
        tables.die(None)
    else:
        return None
    crowd.stage.redeploy()
    crowd.stage.clock.advance(LEASE_MINUTES * MINUTE)
    crowd.finish()
    return crowd


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("every", [25, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_any_page_and_any_part_it_comes_to_the_same(
    when: Literal["before", "after"], every: int
) -> None:
    """At every write while directories are read; behind that at every so many."""
    undisturbed = ready(MortalTables())
    expected = outcome(undisturbed.run(), undisturbed.listed())
    known = identities(undisturbed)
    once_webex, once_graph = undisturbed.scim_pages(), undisturbed.graph_pages()

    at = 0
    while True:
        at += 1 if at < READING else every
        crowd = killed_at(at, when)
        if crowd is None:
            break
        again = crowd.desk.results.runs(100)
        assert len(again) == 1
        assert outcome(again[0], crowd.listed()) == expected, at
        assert identities(crowd) == known, at
        assert len(crowd.scim_pages()) <= len(once_webex) + 1, at
        assert len(crowd.graph_pages()) <= len(once_graph) + 1, at
    assert at > 100, "so many writes there were to be killed at"


def test_two_never_work_at_one_run(make_crowd: Callable[..., Crowd]) -> None:
    crowd = make_crowd(24)
    crowd.stage.webex.switches.scim_count_cap = 5
    seen: list[int] = []

    def another_host() -> None:
        before = len(crowd.scim_pages())
        crowd.tick()
        seen.append(len(crowd.scim_pages()) - before)

    crowd.stage.webex.faults.append(meanwhile("/v2/Users", another_host, at=3))
    run = crowd.run()

    assert seen == [0]
    assert run.counts == Counter(crowd.expected.values())
    assert len(crowd.desk.results.runs(100)) == 1
