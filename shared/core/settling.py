"""A team arrives in pieces: the space first, then one person after another.

It is looked at a few times early, until nothing has changed for a while. Then it is settled, and
stays so. Settling postpones removals and the choice of a stand-in, never additions.
"""

from __future__ import annotations

from shared.core import times


def next_look(first_seen: int, roster_changed: int, now: int) -> int | None:
    """When a team that settles is looked at next; None: it has settled."""
    for offset in times.SETTLING_LOOKS:
        if first_seen + offset > now:
            return first_seen + offset
    quiet = roster_changed + times.SETTLING_QUIET
    return quiet if quiet > now else None
