"""The look row: when a team is looked at, and by whom.

One row per team decides. `ready` is when a look is wanted, `at` when `watch` nudges next; they
differ while a nudge is on its way. `at` is indexed by the team's due row and moves with it.
All functions are pure: row in, row out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.core import times
from shared.core.ids import ObjectId
from shared.core.telling import NOTHING, Telling, look_for, tell


@dataclass(frozen=True)
class Look:
    """When the team is looked at. Times in milliseconds, 0 or None for never.

    space_id: full Webex id of the space to read (the team's General space, once known).
    wanted: raised by everybody who wants a look; a worker that finds it raised looks again.
    parked: not to be looked at at all (a team from before the switch).
    last: when the last look ended; seen: when one last read who is in the team.
    low: background work; it yields to people's own actions.
    sighted: the space is known to be a team's; until then the row is only a wish to find out.
    dead: it was given up on, and no look has succeeded since.
    whole: somebody wants everything looked at, whatever was put off; until a look has done so.
    told: what Microsoft 365 told of and no look has met yet; replicas of the directory may show it
    later than it is told. named: what it then told that the group is called, "" for nothing.
    """

    space_id: str
    at: int | None = None
    ready: int | None = None
    wanted: int = 0
    lease_owner: str = ""
    lease_until: int = 0
    tries: int = 0
    last: int = 0
    seen: int = 0
    epoch: int = 0
    low: bool = False
    parked: bool = False
    sighted: bool = False
    dead: bool = False
    whole: bool = False
    told: Telling = NOTHING
    named: str = ""


def leased(look: Look, now: int) -> bool:
    return bool(look.lease_owner) and look.lease_until > now


def want(
    look: Look,
    now: int,
    when: int | None = None,
    *,
    low: bool = False,
    whole: bool = False,
    told: Mapping[ObjectId, bool] | None = None,
    named: str = "",
) -> Look:
    """Somebody wants a look at `when` (default now). May be called any number of times.

    told: Microsoft 365 told of a change (see `telling.tell`); named: and that the group is called
    so. Under a lease only the wish is noted: whoever holds it sees that at the end.
    """
    if look.parked:
        return look
    idle = look.ready is None
    raised = replace(
        look,
        wanted=look.wanted + 1,
        low=low and (idle or look.low),
        whole=whole or look.whole,
        # A new name alone says nothing of people; whoever reads names knows what to look for.
        told=look.told if told is None or (named and not told) else tell(look.told, told, now),
        named=named or look.named,
    )
    if leased(look, now):
        return raised
    moment = max(when if when is not None else now, look.last + times.GAP if look.last else 0)
    return replace(raised, ready=_earlier(look.ready, moment), at=_earlier(look.at, moment))


def begin(look: Look, now: int, owner: str, epoch: int) -> Look | None:
    """The row with the lease taken, or None if no look is due or somebody else has it."""
    if look.parked or leased(look, now) or look.ready is None or look.ready > now:
        return None
    end = now + times.LEASE
    return replace(
        look,
        lease_owner=owner,
        lease_until=end,
        at=end,
        ready=end,
        tries=look.tries + 1,
        epoch=epoch,
    )


def renew(look: Look, now: int) -> Look:
    end = now + times.LEASE
    return replace(look, lease_until=end, at=end, ready=end)


def finish(
    look: Look,
    now: int,
    following: int | None,
    wanted_at_begin: int,
    *,
    seen: int = 0,
    done: bool = False,
    low: bool = False,
    left: Telling = NOTHING,
) -> Look:
    """The look is over; the next is at `following`, or one gap away if somebody asked meanwhile.

    seen: when it read who is in the team, 0 if it did not. done: nothing failed in it. low: the
    next is background work, such as the weekly look, unless somebody asked. left: what it did not
    meet of what is told.
    """
    again = look.wanted != wanted_at_begin
    if again:
        following = _earlier(following, now + times.GAP)
    return replace(
        look,
        lease_owner="",
        lease_until=0,
        at=following,
        ready=following,
        tries=0,
        last=now,
        seen=seen or look.seen,
        low=low and not again,
        dead=look.dead and not done,
        whole=look.whole and (again or not done),
        told=left if not done or look_for(left, now) else NOTHING,
        named=look.named if again or not done else "",
    )


def weekly(uuid: str, last: int) -> int:
    """When everything of a team is read again that was last read then, whether or not anything
    seems to have changed: at least weekly, each team at a moment of its own."""
    return last + times.FULL_EVERY - (int(uuid[:8], 16) * times.FULL_SPREAD >> 32)


def fail(look: Look, now: int) -> tuple[Look, bool]:
    """An unexpected failure: later, with growing pauses; the second value says: a dead letter."""
    dead = look.tries >= times.TRIES
    # A failed look is a look: wishes right after it wait for the gap and do not burn the tries.
    pause = times.DEAD_LETTER_PAUSE if dead else times.RETRY_BASE * 2**look.tries
    return (
        replace(
            look,
            lease_owner="",
            lease_until=0,
            at=now + pause,
            ready=now + pause,
            tries=0 if dead else look.tries,
            last=now,
            dead=look.dead or dead,
        ),
        dead,
    )


def park(look: Look) -> Look:
    """Not looked at again until somebody takes it out of there."""
    return replace(look, parked=True, lease_owner="", lease_until=0, at=None, ready=None, tries=0)


def unparked(look: Look, now: int) -> Look:
    """Out of there, and due at once. May be called again."""
    if not look.parked:
        return look
    due = replace(look, parked=False, sighted=True, at=now, ready=now, whole=True)
    return replace(due, wanted=look.wanted + 1)


def _earlier(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
