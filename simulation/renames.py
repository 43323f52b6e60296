"""People rename teams and groups, and how both must be called once everything has come to rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from sandbox.microsoft.state import Group
from sandbox.webex.state import Team
from shared.core import naming
from shared.core.model import Direction
from shared.core.model import Team as TeamRow
from simulation.universe import Universe

if TYPE_CHECKING:
    from simulation.story import Saga, Story

TEAM, GROUP = "team", "group"
# Of the teams' writes, so many more than people's renames: answers are lost, and one side undoes
# what the other has just been given.
SPARE = 3
# The share of seeds in which anybody renames anything.
SHARE = 0.4


@dataclass(eq=False)
class Renames:
    """drawn apart from everything else. done: by team, who called which side how, in order. unseen:
    teams of which a side was renamed before a first look kept both names."""

    universe: Universe
    done: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.draw = Random(f"names {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE

    def begin(self, story: Story, length: float) -> None:
        """One to four of them, at moments of their own."""
        if not self.drawn:
            return
        for number in range(self.draw.randint(1, 4)):
            after, side = self.draw.uniform(0, length), self.draw.choice((TEAM, GROUP))
            story.universe.scheduler.spawn(
                lambda side=side, number=number: self._rename(story, side, number),  # type: ignore[misc]
                "people",
                after=after,
            )

    def _rename(self, story: Story, side: str, number: int) -> None:
        if not story.there:
            return
        saga = self.draw.choice(story.there)
        name, group = f"Called {number}", story.group_of(saga)
        if side == TEAM:
            self.universe.webex.rename_team(saga.team, name)
        elif group is None:
            return
        else:
            saga.firm.tenant.change_group(group, display_name=name)
        self.universe.chaos.counts[f"{side} renamed"] += 1
        self.universe.scheduler.note(f"{saga.team.uuid[-6:]}: {side} renamed {name!r}")
        if story.connecting.is_unseen(saga):
            self.unseen.add(saga.team.uuid)
        else:
            self.done.setdefault(saga.team.uuid, []).append((side, name))


def wrong_names(story: Story, saga: Saga, group: Group, row: TeamRow) -> Iterator[str]:
    """What is wrong with how a team and its group are called at rest."""
    universe, team = story.universe, saga.team
    done = story.renames.done.get(team.uuid, [])
    direction = story.plot.directions[universe.firms.index(saga.firm)]
    called, named = naming.display_name(team.name), group.display_name
    ours = universe.watcher.renamed[team.uuid]
    if ours > len(done) + SPARE:
        yield f"{ours} writes of ours for {len(done)} renames"
    if called != named and not done and group.id in story.connecting.theirs:
        # Both go on being called as they were; what was renamed between the button and the first
        # look may count.
        if row.name_code and team.uuid not in story.renames.unseen:
            yield f"nobody has renamed anything, and told is {row.name_code!r}"
        return
    if row.space_id != team.general.id:
        # It moved, and nobody has joined or left it since: the weekly look finds it again.
        return
    if called != named:
        if row.name_code not in _codes(universe, team, direction):
            yield f"the team is {called!r}, the group {named!r}, told is {row.name_code!r}"
        return
    if row.name_code:
        yield f"both are {named!r}, and yet told is {row.name_code!r}"
    if (team.uuid, "") in universe.watcher.late or team.uuid in story.renames.unseen:
        # An older name of ours landed after a newer one, which no lease can prevent; or one counts
        # that was given between the button and the first look.
        return
    last = dict(done)
    if done and named not in last.values():
        yield f"both are {named!r}, and nobody said so last"
    if direction is Direction.TEAM and TEAM in last and named != last[TEAM]:
        yield f"the team leads and was called {last[TEAM]!r}, not {named!r}"


def _codes(universe: Universe, team: Team, direction: Direction) -> set[str]:
    """What may be told of names that differ."""
    if direction is Direction.TEAM:
        return {"name_team_leads"}
    bot = universe.bot
    powerless = bot is None or bot not in universe.webex.moderators_of(team)
    codes = {"team_not_renamed"} if powerless else set()
    return codes | ({"name_group_leads"} if direction is Direction.GROUP else set())
