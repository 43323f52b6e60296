"""The brake: what would change for too many people at once waits for an administrator.

Counted by kind: added to the group, removed from it, the same for the team. Only what is too much
waits; owners are not counted. A new team's own people are no surprise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.core.ids import PersonId
from shared.core.ledger import ADD, MEMBERS, NO_ACCOUNT, OWNERS, REMOVE, WEBEX, Change
from shared.core.model import Limits

# A share counts for more people than this: in a small team everybody is a large share.
HANDFUL = 5


@dataclass(frozen=True)
class Braked:
    """go: what may be done now, in the given order. held: what waits; why: remove_many, add_many,
    empties, first_merge, sorted."""

    go: tuple[Change, ...]
    held: tuple[Change, ...] = ()
    why: tuple[str, ...] = ()


def brake(
    changes: Sequence[Change],
    limits: Limits,
    *,
    team: int,
    group: int,
    allowed: Collection[Change] = (),
    expected: Collection[PersonId] = (),
    coming: Mapping[str, int] | None = None,
    first: bool = False,
) -> Braked:
    """Judge the changes of one look.

    team, group: how many people are on each side. allowed: what an administrator has allowed; it is
    not counted again, nor is who was to be invited and is to be added now. expected: the team's own
    people, who come into the group by and by. coming: how many more are on the other side whom
    nobody has looked up yet, by the side that they may be added to. first: nothing is remembered of
    this team, so every change waits, owners' too.
    """
    if first:
        new = tuple(c for c in changes if not is_allowed(c, allowed))
        go = tuple(c for c in changes if is_allowed(c, allowed))
        return Braked(go, new, ("first_merge",) if new else ())
    held: list[Change] = []
    why: set[str] = set()
    for side, size in ((MEMBERS, group), (WEBEX, team)):
        for op in (ADD, REMOVE):
            kind = [c for c in changes if (c.side, c.op) == (side, op)]
            asked = [c for c in kind if not is_allowed(c, allowed)]
            if (side, op) == (MEMBERS, ADD):
                asked = [c for c in asked if c.person not in expected]
            more = (coming or {}).get(side, 0) if op == ADD and asked else 0
            reason = _why(op, len(asked) + more, size, limits)
            if reason:
                held += asked
                why.add(reason)
    stay = {c.person for c in held if (c.side, c.op) == (MEMBERS, REMOVE)}
    waits = {*held, *(c for c in changes if _is_part(c, stay))}
    return Braked(tuple(c for c in changes if c not in waits), tuple(held), tuple(sorted(why)))


def is_allowed(change: Change, allowed: Collection[Change]) -> bool:
    """Also of a guest whose invitation was."""
    invited = (change.side, change.op) == (MEMBERS, ADD)
    return change in allowed or (invited and change._replace(object=NO_ACCOUNT) in allowed)


def _is_part(change: Change, stay: Collection[str]) -> bool:
    """Losing the ownership is part of being removed."""
    return change.side == OWNERS and change.op == REMOVE and change.person in stay


def _why(op: str, count: int, size: int, limits: Limits) -> str:
    if not count:
        return ""
    if op == REMOVE and count >= size:
        return "empties"
    most, share = (
        (limits.remove, limits.remove_share) if op == REMOVE else (limits.add, limits.add_share)
    )
    many = count > most or (count > HANDFUL and count * 100 > share * max(size, 1))
    return ("remove_many" if op == REMOVE else "add_many") if many else ""
