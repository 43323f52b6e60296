"""Kinds of seeds in which a planted bug has the occasion that it needs.

All of them could be drawn; what is always there is only drawn seldom. Every promise holds in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from shared.core.model import Direction
from simulation import story
from simulation.chaos import Mix
from simulation.story import Plot
from simulation.universe import Universe
from simulation.upsets import Upsets

# Where, which name, and what stands there instead.
Swap = tuple[Any, str, Any]
Switches = Mapping[str, object]

# Much happens, for long, to teams that have settled, and only the events tell of it.
LONG: Switches = {"length": 900.0, "acts": 25, "grown": True, "webhook": False, "people": 12}
# Little happens, and only in Microsoft 365.
QUIET: Switches = {**LONG, "acts": 6, "people": 8, "firms": 1, "directions": [Direction.GROUP]}
# Many come and go.
CROWD: Switches = {"grown": True, "acts": 20, "length": 400.0}
# They come and go while their team arrives.
ARRIVING: Switches = {"grown": False, "acts": 12, "length": 120.0}
# They arrive, and no webhook tells of them: a team that is not woken stays asleep.
UNTOLD: Switches = {"grown": False, "length": 200.0, "webhook": False, "people": 12}
TWO_FIRMS: Switches = {"firms": 2, "directions": [Direction.BOTH, Direction.BOTH], "webhook": False}
# Reads of groups are behind, each as much as it likes.
BEHIND: Switches = {"read_lag_seconds": 100.0, "read_lag_random": True}


def always(
    plot: Switches | None = None,
    mix: Switches | None = None,
    graph: Switches | None = None,
    upsets: Switches | None = None,
) -> Callable[[], list[Swap]]:
    """Seeds of which this is not drawn. plot, mix, upsets: fields; graph: the provider's
    switches."""
    own_plot, own_mix, own_providers = Plot.drawn, Mix.drawn, story._draw_providers
    own_upsets = Upsets.drawn

    def drawn_plot(draw: Random) -> Plot:
        return replace(own_plot(draw), **(plot or {}))  # type: ignore[arg-type]

    def drawn_mix(draw: Random) -> Mix:
        return replace(own_mix(draw), **(mix or {}))  # type: ignore[arg-type]

    def draw_providers(universe: Universe, draw: Random) -> None:
        own_providers(universe, draw)
        switches = universe.microsoft.switches
        for name, value in (graph or {}).items():
            assert hasattr(switches, name)
            setattr(switches, name, value)
        universe.watcher.lag = switches.read_lag_seconds

    def drawn_upsets(seed: int) -> Upsets:
        return replace(own_upsets(seed), **(upsets or {}))  # type: ignore[arg-type]

    def swaps() -> list[Swap]:
        return [
            (Plot, "drawn", staticmethod(drawn_plot)),
            (Mix, "drawn", staticmethod(drawn_mix)),
            (story, "_draw_providers", draw_providers),
            (Upsets, "drawn", staticmethod(drawn_upsets)),
        ]

    return swaps
