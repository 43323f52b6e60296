"""The three-way merge: what each side must still learn of the other, and what is left for a person.

Baseline, pending and missing are the memory; the team and the group are as they were just read.
Which change of one person wins, in every direction:

- A person who is gone on one side leaves the other, once two reads apart have missed them. So a
  removal on one side wins over anything the other side did with the same person meanwhile; who is
  put back after that is a new addition, and is in at the end.
- A person who is new on one side joins the other. New on both is nothing to do.
- The side that does not lead is listed, and neither followed nor undone. What it did before the
  team had settled counts in every direction.

Applying a merge and seeing its effect gives an empty merge.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import (
    ADD,
    MEMBERS,
    NO_ACCOUNT,
    OWNERS,
    REMOVE,
    WEBEX,
    Change,
    Ledger,
    Missing,
    Sight,
    in_group,
    in_team,
    is_confirmed,
)
from shared.core.model import Direction


@dataclass(frozen=True)
class Sides:
    """Both sides as they were read, and what was learned from it (`ledger.learn`).

    inviting: people of other organizations in the team who would be guests, and are none yet.
    joined: when people joined the team, milliseconds. settled_at: when it settled, 0 if it has not.
    moderating: everybody who moderates, mapped or not. creator: who made the team.
    strangers: who in the group and not in the team is whom in Webex. why_not: the code why one of
    them is nobody there, or must not be put there. declined: people whom a provider refused before,
    with the code; they are not tried now, unless they are to be tried again: retried.
    """

    ledger: Ledger
    sight: Sight
    direction: Direction
    inviting: Collection[PersonId] = ()
    settled_at: int = 0
    joined: Mapping[PersonId, int] = field(default_factory=dict)
    moderating: frozenset[PersonId] = frozenset()
    creator: PersonId | None = None
    stand_in: PersonId | None = None
    strangers: Mapping[ObjectId, PersonId] = field(default_factory=dict)
    why_not: Mapping[ObjectId, str] = field(default_factory=dict)
    declined: Mapping[PersonId, str] = field(default_factory=dict)
    retried: bool = False

    @property
    def settled(self) -> bool:
        return bool(self.settled_at)

    def refusal(self, person: PersonId | None) -> str:
        """The code of a provider's refusal that is not to be tried again now, "" for none."""
        code = "" if self.retried or person is None else self.declined.get(person, "")
        if code == "last_owner" and self.sight.owners is not None and len(owners_now(self)) > 1:
            # Somebody else owns the group by now.
            return ""
        return code


@dataclass
class Merge:
    """changes: what to do now; none is there twice. listed: people of the team, and people of the
    baseline who left it, by the code that says why they are not as expected. others: the same for
    who is only in the group. doubted: what follows where a second read misses the same people.
    again: when an absence can be confirmed, None if none is in doubt. succeeded: when who is kept
    for being the last owner can go, if another becomes one now; None if nobody is kept.
    """

    changes: list[Change] = field(default_factory=list)
    listed: dict[PersonId, str] = field(default_factory=dict)
    others: dict[ObjectId, str] = field(default_factory=dict)
    doubted: list[Change] = field(default_factory=list)
    again: int | None = None
    succeeded: int | None = None

    def doubt(self, since: int) -> None:
        at = since + times.MISSING_APART
        self.again = at if self.again is None else min(self.again, at)


def merge(sides: Sides) -> Merge:
    """The same input gives the same merge."""
    result = Merge()
    group, team = in_group(sides.ledger, sides.sight), in_team(sides.ledger, sides.sight)
    _tend_team(sides, result, group, team)
    _tend_guests(sides, result)
    _tend_leavers(sides, result, group)
    _tend_strangers(sides, result, group)
    _leave_what_was_refused(sides, result)
    _keep_a_moderator(sides, result)
    if sides.sight.owners is None:
        _remove_nobody_unseen(sides, result)
    else:
        _tend_owners(sides, result, owners_now(sides))
    return result


def owners_now(sides: Sides) -> frozenset[ObjectId]:
    """Who owns the group: as read, but for what our own writes say."""
    ledger, read = sides.ledger, frozenset(sides.sight.owners or ())
    return (read | ledger.awaited(OWNERS)) - ledger.awaited(OWNERS, REMOVE)


def _tend_team(
    sides: Sides, result: Merge, group: frozenset[ObjectId], team: frozenset[PersonId]
) -> None:
    """Who is in the team: are they in the group, and if not, who wanted that?"""
    # Nobody knows what came of these: whoever is in the team is added, and read for no change.
    unheard, taken_out = sides.ledger.unheard(MEMBERS), sides.ledger.unheard(MEMBERS, REMOVE)
    for person, object_id in sides.sight.mapped.items():
        before = sides.ledger.baseline.get(person)
        if before is not None and before != object_id:
            result.listed[person] = "identity_changed"
        elif person not in team or (object_id in group and object_id not in taken_out):
            continue
        elif before is not None and object_id not in unheard:
            _left_group(sides, result, person, object_id)
        elif _is_late(sides, person):
            result.listed[person] = "added_in_webex"
        elif sides.refusal(person) == "member_refused":
            result.listed[person] = sides.refusal(person)
        else:
            result.changes.append(Change(person, object_id, MEMBERS, ADD))


def _tend_guests(sides: Sides, result: Merge) -> None:
    """Who is in the team, and to be invited before they can be in the group."""
    for person in sides.inviting:
        if _is_late(sides, person):
            result.listed[person] = "added_in_webex"
        elif sides.refusal(person) in _NOT_INVITED:
            result.listed[person] = sides.refusal(person)
        else:
            result.changes.append(Change(person, NO_ACCOUNT, MEMBERS, ADD))


def _is_late(sides: Sides, person: PersonId) -> bool:
    """Joined the team after it had settled, where the group leads."""
    joined = sides.joined.get(person, 0)
    return sides.direction is Direction.GROUP and sides.settled and joined > sides.settled_at


def _left_group(sides: Sides, result: Merge, person: PersonId, object_id: ObjectId) -> None:
    if sides.direction is Direction.TEAM:
        result.listed[person] = "removed_in_microsoft"
    elif sides.refusal(person) in _NOT_WRITABLE:
        result.listed[person] = sides.refusal(person)
    else:
        change = Change(person, object_id, WEBEX, REMOVE)
        _if_sure(sides, result, Missing(person, object_id, MEMBERS), change)


def _tend_leavers(sides: Sides, result: Merge, group: frozenset[ObjectId]) -> None:
    """Who was on both sides and is in the team no more."""
    sight = sides.sight
    spoken_for = {*sight.mapped.values(), *sight.claimed}
    there = group | sides.ledger.unheard(MEMBERS)
    for person, object_id in sides.ledger.baseline.items():
        if sight.in_team(person) or object_id in spoken_for:
            continue
        missing = Missing(person, object_id, WEBEX)
        if object_id not in there:
            # Gone from both; or a read of the group has left them out, and they are still there.
            each = (missing, Missing(person, object_id, MEMBERS))
            result.doubt(max(sides.ledger.missing.get(m, sight.at) for m in each))
            continue
        since = sides.ledger.missing.get(missing, sight.at)
        late = sides.settled and since > sides.settled_at
        if sides.direction is Direction.GROUP and late:
            result.listed[person] = "left_webex"
        elif sides.refusal(person) in STAYS:
            result.listed[person] = sides.refusal(person)
        else:
            _if_sure(sides, result, missing, Change(person, object_id, MEMBERS, REMOVE))


def _if_sure(sides: Sides, result: Merge, missing: Missing, change: Change) -> None:
    """Missed by two reads apart, in a team that has settled."""
    if not is_confirmed(sides.ledger, missing, sides.sight.at):
        result.doubt(sides.ledger.missing.get(missing, sides.sight.at))
        result.doubted.append(change)
    elif sides.settled:
        result.changes.append(change)


def _tend_strangers(sides: Sides, result: Merge, group: frozenset[ObjectId]) -> None:
    """Who is in the group, not in the team, and was never on both sides."""
    sight, ledger = sides.sight, sides.ledger
    known = {*sight.mapped.values(), *sight.claimed, *ledger.baseline.values()}
    # Whom an unheard removal of ours may have taken out, a replica may go on showing.
    for object_id in sorted(group - known - ledger.unheard(MEMBERS, REMOVE)):
        person = sides.strangers.get(object_id)
        if sides.direction is Direction.TEAM:
            result.others[object_id] = "added_in_microsoft"
        elif object_id in sides.why_not:
            result.others[object_id] = sides.why_not[object_id]
        elif person is None or sight.in_team(person):
            continue
        elif person in ledger.baseline:
            result.others[object_id] = "identity_changed"
        elif sides.refusal(person) in _NOT_WRITABLE:
            result.others[object_id] = sides.refusal(person)
        else:
            result.changes.append(Change(person, object_id, WEBEX, ADD))


def _keep_a_moderator(sides: Sides, result: Merge) -> None:
    """A team keeps its last moderator: Webex refuses to let go of one, and so do we."""
    leaving = {c.person for c in result.changes if c.side == WEBEX and c.op == REMOVE}
    if not leaving & sides.moderating or sides.moderating - leaving:
        return
    stays = min(leaving & sides.moderating)
    result.changes = [
        c for c in result.changes if (c.person, c.side, c.op) != (stays, WEBEX, REMOVE)
    ]
    result.listed[stays] = "last_moderator"


def _remove_nobody_unseen(sides: Sides, result: Merge) -> None:
    """Without the owners nobody can be let go: it might be the last one."""
    kept = [c for c in result.changes if (c.side, c.op) != (MEMBERS, REMOVE)]
    if len(kept) < len(result.changes):
        result.again = sides.sight.at
    result.changes = kept


def _tend_owners(sides: Sides, result: Merge, owners: frozenset[ObjectId]) -> None:
    """Owners follow moderators, unless the group leads; whoever leaves the group owns it no more.

    Added before anybody is removed, and the last one stays.
    """
    ledger = sides.ledger
    leaving = [c.pair for c in result.changes if c.side == MEMBERS and c.op == REMOVE]
    # A replica may be behind: whoever was an owner once, or may be one, is let go all the same.
    once = owners | ledger.owners | ledger.unheard(OWNERS)
    out = {p.object: p.person for p in leaving if p.object in once}
    add: list[Change] = []
    if owners_follow(sides):
        add = _more_owners(sides, result, owners)
        out |= _fewer_owners(sides, result, owners)
    result.changes = [*add, *result.changes]
    kept = False
    # An addition of this very look is not counted on: it may be refused.
    if out and not owners - out.keys():
        coming = ledger.awaited(OWNERS) - out.keys()
        stays = min(owners & out.keys(), default=min(out))
        person = out.pop(stays)
        result.changes = [c for c in result.changes if c != Change(person, stays, MEMBERS, REMOVE)]
        kept = True
        if not add and not coming:
            result.listed[person] = "last_owner"
    if add and (kept or "last_owner" in result.listed.values()):
        result.succeeded = sides.sight.at + times.GAP
    removals = [Change(p, o, OWNERS, REMOVE) for o, p in sorted(out.items())]
    result.changes = [*(c for c in result.changes if c.op == ADD), *removals] + [
        c for c in result.changes if c.op == REMOVE
    ]


def owners_follow(sides: Sides) -> bool:
    """Whether owners follow moderators."""
    return sides.direction is not Direction.GROUP or not sides.settled


def _more_owners(sides: Sides, result: Merge, owners: frozenset[ObjectId]) -> list[Change]:
    """Who becomes an owner now; moderators beyond the limit, or taken out before, are listed."""
    ledger = sides.ledger
    room = times.OWNERS_MAX - len(owners)
    group = in_group(ledger, sides.sight) & frozenset(sides.sight.members)
    unheard, taken_out = ledger.unheard(OWNERS), ledger.unheard(OWNERS, REMOVE)
    add: list[Change] = []
    for person, object_id in wanted_owners(sides):
        if object_id in owners - taken_out or person in result.listed or object_id not in group:
            continue
        if sides.refusal(person) == "owner_refused":
            result.listed[person] = "owner_refused"
        elif object_id in ledger.owners - unheard:
            result.listed[person] = "owner_removed"
        elif Change(person, object_id, OWNERS, ADD) in ledger.refused:
            result.listed[person] = "refused_by_admin"
        elif len(add) >= room:
            result.listed[person] = "owner_limit"
        else:
            add.append(Change(person, object_id, OWNERS, ADD))
    return add


def wanted_owners(sides: Sides) -> list[tuple[PersonId, ObjectId]]:
    """Who should own the group: the creator first, unless he was seen moderating and does not now;
    then the moderators."""
    mapped, moderators = sides.sight.mapped, frozenset(sides.sight.moderators)
    creator = sides.creator if sides.creator in mapped else None
    wanted = [(p, o) for p, o in mapped.items() if o in moderators]
    if creator is None or mapped[creator] in moderators or mapped[creator] in sides.ledger.led:
        return sorted(wanted, key=lambda pair: pair[0] != creator)
    return [(creator, mapped[creator]), *wanted]


def _fewer_owners(
    sides: Sides, result: Merge, owners: frozenset[ObjectId]
) -> dict[ObjectId, PersonId]:
    """Who moderated and does not now; and the stand-in, once somebody else owns the group."""
    out: dict[ObjectId, PersonId] = {}
    there = owners | sides.ledger.unheard(OWNERS)
    refused = {c.object for c in sides.ledger.refused if (c.side, c.op) == (OWNERS, REMOVE)}
    for missing in sides.ledger.missing:
        if missing.side != OWNERS or missing.object not in there:
            continue
        if sides.refusal(missing.person) == "last_owner":
            result.listed[missing.person] = "last_owner"
        elif missing.object in refused:
            result.listed[missing.person] = "refused_by_admin"
        elif not is_confirmed(sides.ledger, missing, sides.sight.at):
            result.doubt(sides.ledger.missing[missing])
        elif sides.settled:
            out[missing.object] = missing.person
    stand_in = sides.stand_in
    object_id = sides.sight.mapped.get(stand_in) if stand_in else None
    others = {o for p, o in wanted_owners(sides) if p != stand_in}
    stands_by = object_id in sides.sight.moderators or stand_in == sides.creator
    # Seen, not only written: he must not be let go on a promise.
    seen = others & frozenset(sides.sight.owners or ())
    if stand_in and object_id in owners - refused and seen and not stands_by and sides.settled:
        out[object_id] = stand_in
    return out


def _leave_what_was_refused(sides: Sides, result: Merge) -> None:
    """What an administrator refused is not done, and is listed. Whether it is over, a second read
    says."""
    refused = sides.ledger.refused
    for since in sides.ledger.over.values():
        result.doubt(since)
    for change in result.changes:
        if change not in refused:
            continue
        if change.side == WEBEX and change.op == ADD:
            result.others[change.object] = "refused_by_admin"
        else:
            result.listed[change.person] = "refused_by_admin"
    result.changes = [c for c in result.changes if c not in refused]
    result.doubted = [c for c in result.doubted if c not in refused]


# Codes of people who stay in the group although Webex does not show them in the team.
STAYS = frozenset({"inactive_in_webex", "identity_changed", "removal_refused", "last_owner"})
# Codes of people who could not be invited.
_NOT_INVITED = frozenset({"guest_refused", "invitations_refused"})
# Codes of people whom nobody could put into the team or take out of it.
_NOT_WRITABLE = frozenset(
    {"webex_not_writable", "webex_refused", "disabled_in_entra", "inactive_in_webex"}
)
