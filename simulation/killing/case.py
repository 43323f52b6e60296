"""What the simulation's verdict asks of a story, told of real processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from sandbox.microsoft.state import Group
from sandbox.webex import WebexCloud
from sandbox.webex.state import Person, Team
from shared.core.model import Direction
from shared.ports import Services
from simulation.killing.witness import Witness
from simulation.story import Saga, Story
from simulation.universe import Firm
from simulation.verdict import judge
from simulation.watcher import PREFIX


@dataclass(frozen=True)
class Plot:
    """directions: which side leads, by firm."""

    directions: Sequence[Direction]


class Holds:
    """Administrators refuse nothing here. first: as in `simulation.holds`."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}

    def allowed_at(self, _team: str, _person: Person) -> float:
        return 0.0

    def was_refused(self, _team: str, _person: Person) -> bool:
        return False


@dataclass(frozen=True)
class Administrator:
    holds: Holds


@dataclass(frozen=True)
class Renames:
    """Nobody renames anything here. done, unseen: as in `simulation.renames`."""

    done: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Nothing:
    """Nothing ends here, nobody writes in a description, and there are no further spaces."""

    def has_ended(self, saga: Saga) -> bool:
        return False

    def wrong_archive(self, saga: Saga, row: object) -> str:
        return ""

    def wrong_with(self, *_: object) -> Sequence[str]:
        return ()


@dataclass(frozen=True)
class Unconnected:
    """Nobody connects a team from before. theirs, asked: as in `simulation.connecting`."""

    theirs: Mapping[str, Group] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)

    def wrong(self, _: object) -> Sequence[str]:
        return ()

    def groups_of(self, saga: Saga) -> Sequence[Group]:
        return saga.firm.tenant.groups_named(PREFIX + saga.team.uuid)

    def owned_before(self, _group: Group) -> set[str]:
        return set()


@dataclass(frozen=True)
class Universe:
    """bot: there is none. truth: the rows of a firm, read past every relay. written: all that the
    app has left somewhere, as text; secrets: what must not be in it."""

    firms: Sequence[Firm]
    webex: WebexCloud
    watcher: Witness
    truth: Callable[[Firm], Services]
    written: Callable[[], str]
    secrets: Callable[[], set[str]]
    bot: None = None

    def was_shown_empty(self, _team: str) -> bool:
        """Reads tell the truth here."""
        return False

    def was_left_out(self, _group: str, _account: str) -> bool:
        """As above."""
        return False


@dataclass(frozen=True)
class Case:
    """The names are those of a story. old: teams from before the switch."""

    universe: Universe
    plot: Plot
    administrator: Administrator
    sagas: Sequence[Saga]
    old: Sequence[Team]
    renames: Renames = Renames()
    ends: Nothing = Nothing()
    marks: Nothing = Nothing()
    spaces: Nothing = Nothing()
    connecting: Unconnected = Unconnected()

    def judge(self) -> None:
        """Tell the witness what does not hold now."""
        # It reads nothing else of a story.
        judge(cast(Story, self))
