"""One change, hurt at every single call in turn: the right people at the end, each written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sandbox.webex.state import Person
from shared.admin.ports import Actor
from shared.core.ids import PersonId
from tests.journeys.fate import Fate, Mortal, endure
from tests.journeys.stage import Stage
from tests.journeys.standing import Standing, later, standing

Make = Callable[..., Stage]
Play = Callable[[Standing], list[Person]]
SOMEBODY = Actor(PersonId(""), "the stage")
HURTS = ["throttled", "failed", "lost", "refused", "dies before", "dies after"]
# More than a run makes, and what keeps a test that never strikes from going on for ever.
CALLS_MAX = 40
WRITES_MAX = 400


# What happens; each answers who is in at the end


def joins(at: Standing) -> list[Person]:
    [ada] = at.newcomers(known=False)
    at.join(ada)
    return [*at.people, ada]


def leaves(at: Standing) -> list[Person]:
    *stay, bob = at.people
    at.leave(bob)
    return stay


def is_enlisted(at: Standing) -> list[Person]:
    [ada] = at.newcomers(known=False)
    at.enlist(ada)
    return [*at.people, ada]


def is_dismissed(at: Standing) -> list[Person]:
    *stay, bob = at.people
    at.dismiss(bob)
    return stay


def hands_over(at: Standing) -> list[Person]:
    """The one who moderates makes another one moderate, and stops."""
    webex = at.stage.webex
    [before] = webex.moderators_of(at.team)
    after = next(p for p in at.people if p != before)
    webex.set_moderator(at.team, after, True)
    webex.set_moderator(at.team, before, False)
    return at.people


WRITES: dict[Play, int] = {joins: 1, leaves: 1, is_enlisted: 1, is_dismissed: 1, hands_over: 2}
plays = pytest.mark.parametrize("play", WRITES, ids=lambda p: p.__name__.replace("_", " "))


@dataclass
class Written:
    """What has had an effect on people since it was made."""

    at: Standing

    def __post_init__(self) -> None:
        self._webex = len(self.at.stage.webex.log)
        self._graph = self.at.stage.tenant.journal.end

    @property
    def count(self) -> int:
        calls = self.at.stage.webex.log[self._webex :]
        done = [c for c in calls if c.method != "GET" and "memberships" in c.path]
        taken = [c for c in done if c.status < 300]
        journal = self.at.stage.tenant.journal
        told = journal.between(self._graph, journal.end)
        return len(taken) + len([c for c in told if c.what in ("members", "owners")])


def rests(at: Standing) -> None:
    """Until everything is over, by watch and worker alone."""
    later(at.stage, 3 * 3600, endure)


def check(at: Standing, people: list[Person], where: str) -> None:
    moderating = {str(p.external_id) for p in at.stage.webex.moderators_of(at.team)}

    assert (where, at.differences(people)) == (where, [])
    assert (where, set(at.group.owners)) == (where, moderating)
    assert (where, at.stage.services.dead_letters.after("", 10)) == (where, [])
    at.people = people


@plays
@pytest.mark.parametrize("hurt", HURTS)
def test_at_every_call(make_stage: Make, play: Play, hurt: str) -> None:
    stage = make_stage()
    fate = Fate(stage)
    at = standing(stage, 60, moderators=1)
    for position in range(1, CALLS_MAX):
        people = play(at)
        written = Written(at)
        fate.at_call(hurt, position)
        rests(at)

        fate.at = 0
        check(at, people, f"at {position}")
        assert (position, written.count) == (position, WRITES[play])
        if not fate.struck:
            break
    else:
        raise AssertionError("it never ends")
    assert position > 4


@plays
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_dead_at_every_seventh_write_to_storage(make_stage: Make, play: Play, after: bool) -> None:
    stage = make_stage()
    mortal = Mortal(stage)
    at = standing(stage, 60, moderators=1)
    position = 1
    while True:
        people = play(at)
        written = Written(at)
        mortal.arm(position, after=after)
        rests(at)

        mortal.at = 0
        check(at, people, f"at {position}")
        assert (position, written.count) == (position, WRITES[play])
        if not mortal.struck or position > 60:
            break
        position += 7
    assert position > 14
