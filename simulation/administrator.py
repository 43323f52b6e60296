"""Who presses buttons: the switch, and whatever waits for a person's decision.

Administrators mostly allow at once what waits. Some let it wait for a day, some refuse it, and in
some seeds they see to it while everything still goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from shared.admin import again, holding
from shared.admin.ports import Actor, Office
from shared.core.errors import Failure
from shared.core.held import Held
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.ledger import Change
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync import switch
from simulation.holds import Holds
from simulation.scheduler import Gone
from simulation.universe import Firm, Universe

if TYPE_CHECKING:
    from simulation.story import Saga

ADMIN = Actor(PersonId(""), "an administrator")
# Seconds for which somebody lets it wait, and between two rounds of one who sees to it at once.
WAITS = (0.0, 0.0, 0.0, 900.0, 30 * 3600.0)
ROUND = 40.0


@dataclass(frozen=True)
class Answer:
    """What somebody will say to what waits, and when; seconds since the epoch."""

    at: float
    says: str


class Administrator:
    """Of all firms.

    pressing: how many of them have switched Off and not On again yet. attentive: decides while
    things still happen. crowd_leaves: there will be much to decide. obliging: allows everything at
    once. also: sees to whatever else there is, and says how much that was. decided: when something
    was last said, by team. returns_at: when somebody says something to what waits, None if nothing
    does.
    """

    def __init__(self, universe: Universe, sagas: Sequence[Saga]) -> None:
        self.universe, self.sagas = universe, sagas
        self.draw = universe.draw
        self.pressing = 0
        self.obliging = False
        self.holds = Holds(universe)
        self.also: Callable[[], int] = lambda: 0
        self.decided: dict[str, float] = {}
        self.returns_at: float | None = None
        self._mood = Random(f"administrator {universe.seed}")
        self._answers: dict[tuple[str, str], Answer] = {}
        self.attentive = self._mood.random() < 0.3
        self.crowd_leaves = self._mood.random() < 0.35

    def press(self) -> None:
        """Off, and On again after a while; whoever presses does so until it works."""
        firm = self.draw.choice(self.universe.firms)
        tenant, off = TenantId(firm.tenant.tenant_id), self.universe.watcher.off
        self.pressing += 1
        self.insist(firm, switch.turn_off)
        if self.pressing == 1:
            off[firm.org.uuid] = self.universe.scheduler.at
        self.universe.scheduler.note("switch pressed: Off")
        self.universe.scheduler.sleep(self.draw.choice((1.0, 20.0, 200.0)))
        off.pop(firm.org.uuid, None)
        self.insist(firm, lambda services: switch.turn_on(services, tenant))
        firm.on_again = self.universe.scheduler.at
        self.pressing -= 1
        self.universe.scheduler.note("switch pressed: On")

    def insist(self, firm: Firm, act: Callable[[Services], object]) -> None:
        """Do it again until nothing comes in between."""
        while True:
            try:
                act(self.universe.services(firm))
            except (Failure, AzureError, Conflict, Gone):
                self.universe.scheduler.sleep(3.0)
            else:
                return

    def go_round(self) -> None:
        """See to everything again and again, as long as things go wrong."""
        while not self.universe.chaos.calm:
            self.see_to_everything()
            self.universe.scheduler.sleep(ROUND)

    def see_to_everything(self) -> int:
        """Whatever waits long enough is decided, and whatever was given up on is put back; how much
        there was. Who is cut off while pressing a button does so again."""
        done, self.returns_at = 0, None
        for saga in self.sagas:
            team, truth = TeamId(saga.team.uuid), self.universe.truth(saga.firm)
            held, letter = truth.teams.held(team), truth.dead_letters.read(team)
            if held is not None and not held.value.decided:
                done += self._decide(saga, held.value)
            if letter:
                done += 1
                self.universe.chaos.counts["dead letter"] += 1
                with suppress(Refusal, Gone, Conflict, AzureError):
                    again.replay(self._office(saga), ADMIN, team)
        return done + self.also()

    def _office(self, saga: Saga) -> Office:
        return self.universe.become(self.universe.process_of_ours).office(saga.firm.id)

    def _decide(self, saga: Saga, held: Held) -> bool:
        """Say something to what waits, if it is time to."""
        scheduler, team = self.universe.scheduler, TeamId(saga.team.uuid)
        mark = holding.mark(held)
        answer = self._answers.get((team, mark))
        if answer is None:
            answer = self._answers[team, mark] = self._answer()
            scheduler.note(f"{saga.team.name}: {answer.says} {len(held.changes)} changes")
        if scheduler.at < answer.at:
            self.returns_at = min(self.returns_at or answer.at, answer.at)
            return False
        changes = [named.change for named in held.changes]
        # What waits with it goes on, whatever is said.
        self.decided[team] = pressed = scheduler.at
        allowed = self.universe.watcher.allowed
        keys = [(team, change.side, change.op, change.person) for change in changes]
        before = {key: allowed[key] for key in keys if key in allowed}
        if answer.says == holding.ALLOW:
            allowed |= dict.fromkeys(keys, pressed)
        try:
            holding.decide(self._office(saga), ADMIN, team, answer.says, mark)
        except Refusal:
            # Something else waits by now; or it was allowed in between, which stands.
            for key in [key for key in keys if allowed.get(key) == pressed]:
                del allowed[key]
                allowed |= {key: before[key]} if key in before else {}
        except (Gone, Conflict, AzureError):
            # It may have been heard all the same; else they say it again.
            pass
        if answer.says == holding.REFUSE and self._is_refused(saga, changes):
            self.universe.chaos.counts["refused by admin"] += 1
            self.holds.refuse(team, changes)
        return True

    def _is_refused(self, saga: Saga, changes: Sequence[Change]) -> bool:
        """Whether the product knows: in what waits, or in what it remembers of it."""
        teams, team = self.universe.truth(saga.firm).teams, TeamId(saga.team.uuid)
        held = teams.held(team)
        if held is not None and held.value.decided == holding.REFUSE:
            return {named.change for named in held.value.changes} == {*changes}
        return teams.ledger(team).value.refused >= {*changes}

    def _answer(self) -> Answer:
        if self.obliging:
            return Answer(0.0, holding.ALLOW)
        wait, refuses = self._mood.choice(WAITS), self._mood.random() < 0.4
        says = holding.REFUSE if refuses else holding.ALLOW
        return Answer(self.universe.scheduler.at + wait, says)
