"""The clouds at the product's ports: the same state and the same rules, without HTTP.

For numbers of seeds. What is called at every look is in `webex_at_port` and `graph_at_port`.
Whatever else of Webex is rare goes through the real client and is handed to the cloud without a
wire; of Graph nothing else is called. A refusal or a lost answer is what those clients make of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from shared.core.errors import (
    AnswerUnknown,
    Throttled,
    Unavailable,
    Where,
)
from simulation.chaos import Io

if TYPE_CHECKING:
    from simulation.universe import SimulatedWiring

T = TypeVar("T")
PAGE = 100


def through(
    wiring: SimulatedWiring,
    kind: str,
    what: str,
    act: Callable[[], T],
    *,
    writes: bool = False,
    capability: str = "",
) -> T:
    """One call of the port, through the chaos. capability of a throttling: whose quota it is."""
    capability = capability or ("graph" if kind == "graph" else "spaces")
    where = Where(kind, "POST" if writes else "GET", what)

    def unheard() -> Exception:
        failure = AnswerUnknown if writes else Unavailable
        return failure("no answer", where)

    def throttled(seconds: float) -> Exception:
        return Throttled("throttled", where, seconds, capability)

    universe = wiring.universe
    io = Io(kind, what, writes, unheard, unheard, throttled)

    def done() -> T:
        with universe.watcher.effects_of(wiring.process):
            return act()

    return universe.chaos.through(wiring.process, io, done)
