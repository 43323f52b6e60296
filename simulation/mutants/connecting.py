"""Bugs in connecting teams from before the switch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.admin import connecting
from shared.core.connecting import Candidate
from shared.core.model import Team
from shared.ports import Services
from shared.sync import observe
from simulation import connecting as seeds
from simulation.mutants.planting import Mutant
from simulation.mutants.seeds import LONG, Swap, always
from simulation.universe import Firm

_LIFE = always({**LONG, "length": 400.0, "acts": 4})


def _existing() -> list[Swap]:
    """Seeds in which teams from before are connected to groups of people's."""
    return [*_LIFE(), (seeds, "SHARE", 1.0), (seeds, "NAMED", ("existing",))]


def _holds_nothing() -> list[Swap]:
    """What was there before is taken as if both sides had always been in step."""
    own = connecting._with_group

    def with_group(services: Services, row: Team, named: str) -> Team:
        return replace(own(services, row, named), held=False)

    return [
        (connecting, "_with_group", with_group),
        (observe, "_begin_memory", lambda _: None),
    ]


def _forgets_the_name() -> list[Swap]:
    """The group that was named is not kept, so that the team gets a new one."""
    own = connecting._with_group

    def with_group(services: Services, row: Team, named: str) -> Team:
        return replace(own(services, row, named), group_id=None)

    return [(connecting, "_with_group", with_group)]


def _takes_another() -> list[Swap]:
    """Not the group that was named, but the other one of people's."""
    own, put = connecting._candidate, seeds.Connecting._put_group
    ids: list[str] = []

    def put_group(self: seeds.Connecting, firm: Firm, number: int) -> None:
        put(self, firm, number)
        ids[:] = [*self.theirs]

    def candidate(services: Services, named: str) -> Candidate | None:
        return own(services, next(i for i in reversed(ids) if i != named))

    return [(seeds.Connecting, "_put_group", put_group), (connecting, "_candidate", candidate)]


def _asks_nobody_whose() -> list[Swap]:
    """A group that another team has is taken as well."""
    own = connecting._with_group

    class Anybodys:
        """The rows of teams, in which every group is this team's."""

        def __init__(self, rows: Any, row: Team) -> None:
            self._rows, self._row = rows, row

        def __getattr__(self, name: str) -> Any:
            return getattr(self._rows, name)

        def teams_of(self, groups: Any) -> Any:
            found = self._rows.teams_of(groups).items()
            return {group: replace(held, team=self._row.uuid) for group, held in found}

    def with_group(services: Services, row: Team, named: str) -> Team:
        return own(replace(services, teams=Anybodys(services.teams, row)), row, named)

    return [(connecting, "_with_group", with_group)]


MUTANTS = (
    Mutant(
        "merged unseen",
        "what differed before a team was connected waits to be seen",
        2,
        _holds_nothing,
        amid=_existing,
    ),
    Mutant(
        "another than named",
        "who names a group gets no new one",
        2,
        _forgets_the_name,
        amid=_existing,
    ),
    Mutant(
        "the other group",
        "a team has the group that was named for it, and not another one of people's",
        2,
        _takes_another,
        amid=_existing,
    ),
    Mutant(
        "shared group",
        "a group is one team's",
        10,
        _asks_nobody_whose,
        amid=_existing,
    ),
)
