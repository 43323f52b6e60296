"""The names of a team and of its group: which change is followed, and what is then sent where.

Both sides have a last name of their own, kept together: the pair on which they last agreed. A
change is what differs from that side's own last, so that what a naming policy puts around a name,
or a limit cuts off it, is nobody's change and comes back to nobody. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.core import naming, times
from shared.core.model import Direction, Name, Names

TEAM, GROUP = "team", "group"
# Characters of a team's name that are looked at, and kept.
NAME_MAX = 1024


@dataclass(frozen=True)
class Verdict:
    """names: what is to be remembered. to: the side that `name` is to be sent to, "" for nobody.

    code: of core.reasons, why a change is not followed, "" for none; None where this read does not
    tell. later: when to read again, None for not before the next look.
    """

    names: Names
    to: str = ""
    name: str = ""
    code: str | None = ""
    later: int | None = None


class _Read(StrEnum):
    """What a read says of one side."""

    SAME = "same"
    OURS = "ours"
    NEW = "new"
    DOUBTFUL = "doubtful"


def judge(
    known: Names, team: str, group: str, leads: Direction, now: int, *, again: bool = False
) -> Verdict:
    """What to do about the names that were just read; "" for one that could not be.

    Both renamed since they agreed: the team's name goes to the group, unless the group leads; so it
    is whichever is seen first, since both are read before anything is sent. again: what was refused
    is tried again.
    """
    reads = (_read(known.team, team, now), _read(known.group, group, now))
    if not (team and group) or _Read.DOUBTFUL in reads:
        return Verdict(known, code=None, later=_later(known, reads))
    # What was sent without an answer may have arrived: it is not over before one side is made sure.
    renamed = reads[0] is _Read.NEW or bool(known.group.sent)
    regrouped = reads[1] is _Read.NEW or bool(known.team.sent)
    if not (renamed or regrouped):
        return Verdict(_settled(known))
    if renamed and not (regrouped and leads is Direction.GROUP):
        wanted = known.group.last if team == known.team.last else naming.display_name(team)
        side, there, is_led, code = GROUP, group, leads is Direction.GROUP, "name_group_leads"
    else:
        wanted = known.team.last if group == known.group.last else naming.display_name(group)
        side, there, is_led, code = TEAM, team, leads is Direction.TEAM, "name_team_leads"
    target: Name = getattr(known, side)
    if there == wanted and not _may_be_behind(target, there, now):
        return Verdict(agreed(known, team, group, now))
    if is_led:
        return Verdict(known, code=code)
    if target.refused == wanted and not again:
        return Verdict(known, code=REFUSED[side])
    return Verdict(_arrived(known, side, there), to=side, name=wanted)


def _arrived(known: Names, side: str, there: str) -> Names:
    """What was sent before without an answer is there: no later read of it is somebody's change,
    whatever is sent now."""
    target: Name = getattr(known, side)
    after = replace(target, ours=there) if there == target.sent else target
    return replace(known, team=after) if side == TEAM else replace(known, group=after)


# What is said of a name that a side did not take.
REFUSED = {GROUP: "group_not_renamed", TEAM: "team_not_renamed"}


def born(team: str, group: str) -> Names:
    """Of a group that was just made for a team of this name, or met so. There was no name before
    that a read could still show: whatever differs from these is a rename, however soon."""
    return Names(Name(team), Name(group))


def agreed(known: Names, team: str, group: str, now: int) -> Names:
    """Both sides are called so, each as it should be for the other's sake."""
    return Names(_became(known.team, team, now), _became(known.group, group, now))


def sending(known: Names, side: str, name: str, now: int) -> Names:
    """Before it is sent: dying on the way must not make our own name somebody's change."""
    if side == GROUP:
        return Names(replace(known.team, sent=""), replace(known.group, sent=name, moved=now))
    return Names(replace(known.team, sent=name, moved=now), replace(known.group, sent=""))


def refused(known: Names, side: str, name: str) -> Names:
    """The side has said no, so nothing of it has arrived. known: as before it was sent."""
    target: Name = getattr(known, side)
    after = replace(target, sent="", refused=name)
    return replace(known, team=after) if side == TEAM else replace(known, group=after)


def _read(known: Name, name: str, now: int) -> _Read:
    if not name or name == known.last:
        return _Read.SAME
    if name in (known.sent, known.ours):
        return _Read.OURS
    behind = now - known.moved < times.REPLICAS_APART
    return _Read.DOUBTFUL if behind else _Read.NEW


def _may_be_behind(target: Name, there: str, now: int) -> bool:
    """Whether a read that shows what is wanted may be from before something else of ours came."""
    return bool(target.sent) and there != target.sent and now - target.moved < times.REPLICAS_APART


def _later(known: Names, reads: tuple[_Read, _Read]) -> int | None:
    doubted = [
        side.moved + times.REPLICAS_APART
        for side, read in zip((known.team, known.group), reads, strict=True)
        if read is _Read.DOUBTFUL
    ]
    return max(doubted, default=None)


def _settled(known: Names) -> Names:
    """Nothing is wanted any more of what was refused."""
    return Names(replace(known.team, refused=""), replace(known.group, refused=""))


def _became(side: Name, name: str, now: int) -> Name:
    return Name(name, moved=side.moved if name == side.last and not side.sent else now)
