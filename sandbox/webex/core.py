"""What every part of the Webex cloud works on: the world, the clock, the switches, chance."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Literal

from sandbox.clock import Clock
from sandbox.webex.ids import encode, pick_cluster
from sandbox.webex.state import Membership, Person, Room
from sandbox.webex.switches import Switches
from sandbox.webex.world import World

Surface = Literal["rest", "webhook", "events"]


@dataclass
class Core:
    """Its lock is the cloud's; `chance` decides delays and losses, apart from the world's ids."""

    clock: Clock
    chance: random.Random
    world: World
    switches: Switches = field(default_factory=Switches)

    def now_ms(self) -> int:
        return self.world.now_ms()

    def cluster(self, uuid: str, surface: Surface = "rest") -> str:
        room = self.world.rooms.get(uuid)
        if room and room.migrated:
            return room.cluster
        return pick_cluster(self.switches.clusters, uuid, surface)

    def name(self, kind: str, key: str, surface: Surface) -> str:
        """An id as a delivery or an event writes it; often not the form of the REST answers."""
        return encode(kind, key, self.cluster(key.rpartition(":")[2], surface))


@dataclass(frozen=True)
class Change:
    """Something that happened in a room, with the state right after it.

    `member` is a copy, so that what is told later is what was true then.
    """

    resource: str
    event: str
    room: Room
    actor: Person
    at: int
    member: Membership | None = None
    by_team_api: bool = False
    classified: bool = False


def frozen(member: Membership) -> Membership:
    return replace(member)
