"""What an administrator refused, and until when that counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.pending import ADD, MEMBERS, OWNERS, Change
from shared.core.sight import Sight


def standing(
    refused: Collection[Change],
    over: Mapping[Change, int],
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
    team: Collection[PersonId],
) -> tuple[frozenset[Change], dict[Change, int]]:
    """What still counts after a read, and what of it the read found over, since when: a second read
    apart forgets that. One alone may be a replica's that is behind.

    over: of the reads before. group, team: who is there, as far as is known.
    """
    found = {
        change: over.get(change, sight.ended)
        for change in refused
        if _is_over(change, sight, baseline, group, team)
    }
    waiting = {c: at for c, at in found.items() if sight.at - at < times.MISSING_APART}
    return frozenset(refused) - (found.keys() - waiting.keys()), waiting


def _is_over(
    change: Change,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
    team: Collection[PersonId],
) -> bool:
    """Whether a refused change is nobody's question any more: the sides agree on this person."""
    if change.side == OWNERS:
        read = sight.owners is not None
        owns = read and change.object in (sight.owners or ())
        return change.person not in team or (read and owns == (change.op == ADD))
    if change.object in group and change.person in team:
        return True
    if change.op == ADD:
        # Who was to be put on one side is no longer on the other.
        return change.person not in team if change.side == MEMBERS else change.object not in group
    return change.person not in baseline
