"""The memory of membership: baseline, pending, missing, and what was refused.

*Baseline*: pairs that were seen on both sides, or written by us with a success. *Pending*: our own
writes; app-only reads after writes are stale by design, so an answered write overrides what a read
says, also for a while after a read has shown it: the next replica may be further behind. Running
out never counts as a person's change. *Missing*: who is missed on a side, and since when: a removal
that rests on absence takes two reads.

Webex is read as it is. The group is read through replicas, so of a write to the group of which
nothing was heard no read proves that it has landed before it is old: until then nobody is taken for
removed by a person, and whoever is still to be added or removed is sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.pending import (
    ADD,
    MEMBERS,
    NO_ACCOUNT,
    OPS,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Key,
    Pair,
    Pending,
)
from shared.core.refused import standing
from shared.core.sight import Sight

__all__ = [
    "ADD",
    "MEMBERS",
    "NO_ACCOUNT",
    "OWNERS",
    "REMOVE",
    "WEBEX",
    "Change",
    "Key",
    "Ledger",
    "Missing",
    "Pair",
    "Pending",
    "Sight",
    "answered",
    "come_back",
    "in_doubt",
    "in_group",
    "in_team",
    "is_confirmed",
    "learn",
    "read_again",
    "refused",
    "sending",
]


class Missing(NamedTuple):
    """Somebody who is missed on a side: MEMBERS and WEBEX of the baseline; OWNERS is somebody who
    moderated and does not now."""

    person: PersonId
    object: ObjectId
    side: str


@dataclass(frozen=True)
class Ledger:
    """owners: principals that were owners and in the team. led: those who were seen moderating, but
    for whom somebody else has made an owner since. missing: since when, in milliseconds. refused:
    changes that an administrator does not want; over: those that a read found nobody's question any
    more, and when: they are forgotten by a second read apart."""

    baseline: dict[PersonId, ObjectId] = field(default_factory=dict)
    owners: frozenset[ObjectId] = frozenset()
    pending: dict[Key, Pending] = field(default_factory=dict)
    led: frozenset[ObjectId] = frozenset()
    missing: dict[Missing, int] = field(default_factory=dict)
    refused: frozenset[Change] = frozenset()
    over: dict[Change, int] = field(default_factory=dict)

    def awaited(self, side: str, op: str = ADD) -> frozenset[ObjectId]:
        """Whom an answered write of ours has put on a side (or, REMOVE, taken from it), whatever
        a read says."""
        return frozenset(
            p.object for p in self.pending.values() if p.side == side and p.op == op and p.answered
        )

    def unheard(self, side: str, *ops: str) -> frozenset[ObjectId]:
        """Whom a write of ours may have put on a side or taken from it: nothing was heard of it."""
        return frozenset(
            p.object
            for p in self.pending.values()
            if p.side == side and p.op in (ops or OPS) and not p.answered
        )


def sending(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int, op: str = ADD) -> Ledger:
    """To be kept before the pairs are sent to a side; the opposite counts until the answer."""
    pairs = list(pairs)
    entries = [
        _sent(ledger.pending.get((pair.object, side, op)), pair, side, op, now) for pair in pairs
    ]
    if side == OWNERS and op == REMOVE:
        # Where the group has a team in Microsoft Teams, who stops owning it is no member either:
        # https://learn.microsoft.com/graph/known-issues. Whoever stays is added if that is so.
        stay = [p for p in pairs if p.person in ledger.baseline]
        stay = [p for p in stay if Missing(*p, MEMBERS) not in ledger.missing]
        entries += [Pending(*pair, MEMBERS, ADD, now, seen=now) for pair in stay]
    return replace(ledger, pending={**ledger.pending, **{p.key: p for p in entries}})


def _sent(before: Pending | None, pair: Pair, side: str, op: str, now: int) -> Pending:
    """Sent again, it keeps what reads have said of it: it may have landed before, or never will."""
    if before and not before.answered:
        return replace(before, at=now, anew=True)
    return Pending(*pair, side, op, now)


def answered(ledger: Ledger, pairs: Iterable[Pair], side: str, now: int, op: str = ADD) -> Ledger:
    """The provider said that these pairs are on a side now, or (REMOVE) no longer."""
    pairs = list(pairs)
    opposite = {(p.object, side, _other(op)) for p in pairs}
    pending = {k: v for k, v in ledger.pending.items() if k not in opposite}
    for pair in pairs:
        key = (pair.object, side, op)
        before = pending.get(key) or Pending(pair.person, pair.object, side, op, now)
        pending[key] = replace(before, answered=now, contradicted=0, seen=0, anew=False)
    if side == WEBEX:
        # It rests on what the group's replicas showed: those that are behind must not deny it.
        unsure = {(p.object, MEMBERS, _other(op)) for p in pairs}
        pending = {k: p for k, p in pending.items() if k not in unsure or p.answered}
        pending |= _shown(pairs, op, now, pending)
    return _written(replace(ledger, pending=pending), pairs, side, op)


def _shown(
    pairs: Iterable[Pair], op: str, now: int, pending: Mapping[Key, Pending]
) -> dict[Key, Pending]:
    """What the group's replicas have shown of these pairs, as good as a write of ours, unless there
    is one: a replica that is further behind must not count as a person's change."""
    return {
        (pair.object, MEMBERS, op): Pending(*pair, MEMBERS, op, now, answered=now, seen=now)
        for pair in pairs
        if not any((pair.object, MEMBERS, each) in pending for each in OPS)
    }


def _written(ledger: Ledger, pairs: Iterable[Pair], side: str, op: str) -> Ledger:
    """The memory after a write, but for the pending ones."""
    people = {p.person: p.object for p in pairs}
    objects = frozenset(people.values())
    if side == OWNERS:
        owners = ledger.owners | objects if op == ADD else ledger.owners - objects
        return replace(ledger, owners=owners)
    if op == ADD:
        return replace(ledger, baseline={**ledger.baseline, **people})
    kept = {p: o for p, o in ledger.baseline.items() if p not in people}
    missing = {m: t for m, t in ledger.missing.items() if m.person not in people}
    return replace(ledger, baseline=kept, missing=missing)


def refused(ledger: Ledger, pairs: Iterable[Pair], side: str, op: str = ADD) -> Ledger:
    """The provider said no. It is under way no more, unless it was sent before and may have landed
    then: that one is as unheard as it was."""
    gone = {(p.object, side, op) for p in pairs}
    kept = {k: p for k, p in ledger.pending.items() if k not in gone or p.seen or p.contradicted}
    return replace(ledger, pending=kept)


def come_back(ledger: Ledger, now: int) -> Ledger:
    """A group that was away is there again, with all that was answered long before: what a read
    denies of that, somebody has undone. Else it would count as never made, and be made once more
    without anybody having seen it. May be done again."""
    pending = {
        key: replace(entry, seen=entry.answered) if entry.is_past_doubt(now) else entry
        for key, entry in ledger.pending.items()
    }
    return replace(ledger, pending=pending)


def learn(ledger: Ledger, sight: Sight) -> Ledger:
    """What one complete read of both sides teaches. Reading the same again teaches nothing new."""
    ledger = _heard(ledger, sight)
    pending, landed, ran_out = _judge(ledger, sight)
    ledger = replace(ledger, pending=pending)
    group, team = in_group(ledger, sight), in_team(ledger, sight)
    baseline = _baseline(ledger, sight, landed, ran_out)
    met = {p: o for p, o in sight.mapped.items() if o in group and p in team and p not in baseline}
    baseline |= met
    baseline |= _become_others(ledger, sight, baseline, group)
    missing = _missing(ledger, sight, baseline, group, team)
    gone = {p: o for p, o in baseline.items() if _is_gone(missing, p, o, sight.at)}
    baseline = {p: o for p, o in baseline.items() if p not in gone}
    owners, led = _owners(ledger, sight, baseline, landed, ran_out)
    missing = {m: t for m, t in missing.items() if m.person in baseline}
    missing |= _not_moderating(ledger, sight, owners & led)
    pending = pending | _shown(_pairs(met), ADD, sight.at, pending)
    pending = pending | _shown(_pairs(gone), REMOVE, sight.at, pending)
    refused, over = standing(ledger.refused, ledger.over, sight, baseline, group, team)
    return Ledger(baseline, owners, pending, led, missing, refused, over)


def _pairs(people: Mapping[PersonId, ObjectId]) -> list[Pair]:
    return [Pair(p, o) for p, o in people.items()]


def _heard(ledger: Ledger, sight: Sight) -> Ledger:
    """A write to Webex that the next read shows is as good as answered: Webex shows what is. What
    one has denied since it was last sent, somebody else has done."""
    for entry in list(ledger.pending.values()):
        unheard = entry.side == WEBEX and not entry.answered
        unheard = unheard and (entry.anew or not entry.contradicted)
        if unheard and sight.in_team(entry.person) == (entry.op == ADD):
            pair = Pair(entry.person, entry.object)
            # It was decided by what the group showed then, not by what it shows now.
            ledger = answered(ledger, [pair], WEBEX, entry.at, entry.op)
    return ledger


def _baseline(
    ledger: Ledger, sight: Sight, landed: Iterable[Pending], ran_out: Iterable[Pending]
) -> dict[PersonId, ObjectId]:
    """A write that ran out is nobody's change: the memory is as if it had not been made. One that
    is shown is ours, whatever the person did meanwhile."""
    before = dict(ledger.baseline)
    for entry in ran_out:
        if entry.side == OWNERS:
            continue
        if entry.op == ADD and before.get(entry.person) == entry.object:
            del before[entry.person]
        elif entry.op == REMOVE:
            before.setdefault(entry.person, entry.object)
    for entry in [*landed, *ledger.pending.values()]:
        if entry.side != MEMBERS or entry.answered:
            continue
        if entry.op == ADD and entry.object in sight.members:
            before.setdefault(entry.person, entry.object)
        elif entry.op == REMOVE and entry in landed:
            before.pop(entry.person, None)
    # Another account in the team carries this object id now: it stands for the principal.
    taken = {o: p for p, o in sight.mapped.items()}
    return {p: o for p, o in before.items() if sight.in_team(p) or taken.get(o, p) == p}


def in_group(ledger: Ledger, sight: Sight) -> frozenset[ObjectId]:
    """Who is in the group: as read, but for what our own writes say."""
    read = frozenset(sight.members)
    return (read | ledger.awaited(MEMBERS)) - ledger.awaited(MEMBERS, REMOVE)


def in_team(ledger: Ledger, sight: Sight) -> frozenset[PersonId]:
    """Who is in the team: as read, but for what our own writes say."""
    added = {p.person for p in ledger.pending.values() if _counts(p, ADD)}
    removed = {p.person for p in ledger.pending.values() if _counts(p, REMOVE)}
    return (frozenset(sight.mapped) | frozenset(sight.unresolved) | added) - removed


def _counts(entry: Pending, op: str) -> bool:
    return entry.side == WEBEX and entry.op == op and bool(entry.answered)


def is_confirmed(ledger: Ledger, missing: Missing, now: int) -> bool:
    """Whether somebody was missed by two reads apart."""
    since = ledger.missing.get(missing)
    return since is not None and now - since >= times.MISSING_APART


def _become_others(
    ledger: Ledger,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
) -> dict[PersonId, ObjectId]:
    """People who are another principal now, and for whom somebody has exchanged them in the group:
    the former one is missed by two reads apart, the present one is there."""
    return {
        person: object_id
        for person, object_id in sight.mapped.items()
        if baseline.get(person, object_id) != object_id
        and object_id in group
        and is_confirmed(ledger, Missing(person, baseline[person], MEMBERS), sight.at)
    }


def _missing(
    ledger: Ledger,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    group: Collection[ObjectId],
    team: Collection[PersonId],
) -> dict[Missing, int]:
    found: list[Missing] = []
    # Whom a write of ours may have taken out is missed by nobody.
    unheard = ledger.unheard(MEMBERS)
    for person, object_id in baseline.items():
        if object_id not in group and object_id not in unheard:
            found.append(Missing(person, object_id, MEMBERS))
        if person not in team and not sight.in_team(person):
            found.append(Missing(person, object_id, WEBEX))
    return {m: ledger.missing.get(m, sight.ended) for m in found}


def _not_moderating(
    ledger: Ledger, sight: Sight, owning: frozenset[ObjectId]
) -> dict[Missing, int]:
    """Since when owners who are known to have moderated do not."""
    found = [
        Missing(person, object_id, OWNERS)
        for person, object_id in sight.mapped.items()
        if object_id in owning and object_id not in sight.moderators
    ]
    return {m: ledger.missing.get(m, sight.ended) for m in found}


def _is_gone(
    missing: Mapping[Missing, int], person: PersonId, object_id: ObjectId, now: int
) -> bool:
    """Missed on both sides, by two reads apart each."""
    since = [missing.get(Missing(person, object_id, side)) for side in (MEMBERS, WEBEX)]
    return all(t is not None and now - t >= times.MISSING_APART for t in since)


def _owners(
    ledger: Ledger,
    sight: Sight,
    baseline: Mapping[PersonId, ObjectId],
    landed: Iterable[Pending],
    ran_out: Iterable[Pending],
) -> tuple[frozenset[ObjectId], frozenset[ObjectId]]:
    mapped = frozenset(sight.mapped.values())
    # Of whom we may have made an owner it is not forgotten that they moderated, if they come back.
    made = {p.object for p in [*ledger.pending.values(), *landed] if p.side == OWNERS}
    known = mapped | frozenset(baseline.values()) | made
    led = ledger.led | frozenset(sight.moderators)
    if sight.owners is None:
        return ledger.owners & known, led & known
    owners = (frozenset(sight.owners) | ledger.awaited(OWNERS)) - ledger.awaited(OWNERS, REMOVE)
    undone = {p.object for p in ran_out if p.side == OWNERS and p.op == ADD}
    undone |= {p.object for p in landed if p.side == OWNERS and p.op == REMOVE}
    restored = {p.object for p in ran_out if p.side == OWNERS and p.op == REMOVE}
    # Made an owner by somebody else, who does not moderate: that is not for us to undo.
    given = (owners & mapped) - ledger.owners - frozenset(sight.moderators) - made - restored
    kept = (ledger.owners | (owners & mapped)) - undone
    return kept & known, (led - given) & known


def _judge(ledger: Ledger, sight: Sight) -> tuple[dict[Key, Pending], list[Pending], list[Pending]]:
    """Pending after a read; of what was never heard of, what has landed; and what ran out.

    What had been shown and is denied, once it is old, somebody has undone: a person's change.
    """
    kept: dict[Key, Pending] = {}
    landed: list[Pending] = []
    ran_out: list[Pending] = []
    for key, before in ledger.pending.items():
        present = _is_present(before, sight)
        if present is None:
            kept[key] = before
            continue
        shown = present == (before.op == ADD)
        entry = before.after_read(sight.ended, shown=shown)
        if not (entry.is_proven if shown else entry.is_denied)(sight.at):
            kept[key] = entry
        elif shown and not entry.answered and entry.side != WEBEX:
            landed.append(entry)
        elif not shown and not (entry.answered and (entry.seen or entry.side == WEBEX)):
            ran_out.append(entry)
    for entry in landed:
        kept.pop((entry.object, entry.side, _other(entry.op)), None)
    return kept, landed, ran_out


def _is_present(entry: Pending, sight: Sight) -> bool | None:
    if entry.side == WEBEX:
        return sight.in_team(entry.person)
    read = sight.members if entry.side == MEMBERS else sight.owners
    return None if read is None else entry.object in read


def in_doubt(ledger: Ledger) -> frozenset[str]:
    """The sides that are read for our own writes."""
    return frozenset(p.side for p in ledger.pending.values() if not p.is_only_remembered)


def read_again(ledger: Ledger, now: int) -> int | None:
    """When our own writes are read for again: what was not seen yet, or is contradicted."""
    moments = (p.read_again(now) for p in ledger.pending.values())
    return min((m for m in moments if m is not None), default=None)


def _other(op: str) -> str:
    return REMOVE if op == ADD else ADD
