"""What Microsoft 365 has told of a group's people, and no look has met yet.

A telling is no instruction: it says what a read will show, once no replica is behind. Until a read
does, or until a replica could be behind no more, the team is looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from shared.core import times
from shared.core.ids import ObjectId

# Of so many people it is remembered what was told of them; of more, that there was more. They fit
# into one property of a row, which takes 32,768 characters.
MOST = 800


@dataclass(frozen=True)
class Telling:
    """at: when it was last told, in milliseconds, 0 for nothing. people: who is in the group since
    (True) or no longer (False), by the last that was told of them. vague: something else was told,
    such as a new name, or more than is remembered: no read can be said to have met that.
    """

    at: int = 0
    people: Mapping[ObjectId, bool] = field(default_factory=dict)
    vague: bool = False


NOTHING = Telling()


def tell(before: Telling, people: Mapping[ObjectId, bool], now: int) -> Telling:
    """Told now. people: as in `Telling`; empty for a change of something else."""
    heard = {**before.people, **people}
    vague = before.vague or not people or len(heard) > MOST
    return Telling(now, dict(list(heard.items())[-MOST:]), vague)


def without_met(
    told: Telling, inside: Collection[ObjectId], in_doubt: Collection[ObjectId]
) -> Telling:
    """What is left of it after a look. inside: who is in the group, as far as is known after its
    read. in_doubt: who must be read once more before it is believed."""
    people = {
        o: there for o, there in told.people.items() if there != (o in inside) or (o in in_doubt)
    }
    return replace(told, people=people) if people or told.vague else NOTHING


def look_for(told: Telling, now: int) -> int | None:
    """When a look may meet it: soon, and a last time when no replica can be behind any more. None:
    there is nothing to look for."""
    if not told.at:
        return None
    moments = (told.at + pause for pause in (times.MISSING_APART, times.REPLICAS_APART))
    return next((m for m in moments if m > now), None)
