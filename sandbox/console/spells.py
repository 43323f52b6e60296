"""Faults that pass by themselves."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from sandbox.kit import Cloud, Fault, Request


@dataclass
class Spell(Fault):
    """Every call is throttled until `until`, and told how long that is."""

    cloud: Cloud | None = None
    until: float = 0.0

    def strikes(self, request: Request, rng: random.Random) -> bool:
        left = self.until - self.cloud.clock.now() if self.cloud else 0.0
        if left <= 0 or not super().strikes(request, rng):
            return False
        self.seconds = float(math.ceil(left))
        return True


def throttle(cloud: Cloud, seconds: float) -> Spell:
    """For so long every call gets 429. Called again, it starts anew."""
    spell = Spell("throttle", cloud=cloud, until=cloud.clock.now() + seconds)
    with cloud.lock:
        cloud.faults = [f for f in cloud.faults if not isinstance(f, Spell)] + [spell]
    return spell


def throttled_for(cloud: Cloud) -> float:
    """Seconds that are left of it."""
    left = [f.until - cloud.clock.now() for f in cloud.faults if isinstance(f, Spell)]
    return max(0.0, *left, 0.0)


def slow_down(cloud: Cloud, seconds: float) -> None:
    """Every call takes so much longer; 0 ends it."""
    with cloud.lock:
        cloud.faults = [f for f in cloud.faults if f.kind != "slow"]
        if seconds:
            cloud.faults.append(Fault("slow", seconds=seconds))


def slowness(cloud: Cloud) -> float:
    return max((f.seconds for f in cloud.faults if f.kind == "slow"), default=0.0)
