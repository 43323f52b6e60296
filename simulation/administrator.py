"""Who presses buttons: the switch, and whatever waits for a person's decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from shared.admin import again, holding
from shared.admin.ports import Actor
from shared.core.errors import Failure
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.reasons import Refusal
from shared.ports import Conflict, Services
from shared.sync import switch
from simulation.scheduler import Gone
from simulation.universe import Firm, Universe

if TYPE_CHECKING:
    from simulation.story import Saga

ADMIN = Actor(PersonId(""), "an administrator")


class Administrator:
    """Of all firms. pressing: how many of them have switched Off and not On again yet."""

    def __init__(self, universe: Universe, sagas: Sequence[Saga]) -> None:
        self.universe, self.sagas = universe, sagas
        self.draw = universe.draw
        self.pressing = 0

    def press(self) -> None:
        """Off, and On again after a while; whoever presses does so until it works."""
        firm = self.draw.choice(self.universe.firms)
        tenant = TenantId(firm.tenant.tenant_id)
        self.pressing += 1
        self.insist(firm, switch.turn_off)
        self.universe.scheduler.note("switch pressed: Off")
        self.universe.scheduler.sleep(self.draw.choice((1.0, 20.0, 200.0)))
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

    def see_to_everything(self) -> int:
        """Whatever waits is allowed, and whatever was given up on is put back; how much there was.
        Who is cut off while pressing a button does so again."""
        done = 0
        for saga in self.sagas:
            team, truth = TeamId(saga.team.uuid), self.universe.truth(saga.firm)
            held, letter = truth.teams.held(team), truth.dead_letters.read(team)
            waits = held is not None and not held.value.decided
            done += waits + bool(letter)
            with suppress(Refusal, Gone, Conflict, AzureError):
                office = self.universe.become(self.universe.process_of_ours).office(saga.firm.id)
                if held is not None and waits:
                    self.universe.watcher.allowed[team] = self.universe.scheduler.at
                    mark = holding.mark(held.value)
                    holding.decide(office, ADMIN, team, holding.ALLOW, mark)
                if letter:
                    self.universe.chaos.counts["dead letter"] += 1
                    again.replay(office, ADMIN, team)
        return done
