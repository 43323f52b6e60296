"""What must hold at every look and every write of a small world, judged by the truth.

The properties, in words:

- Nobody is removed from the group but whom every read of the team since at least two minutes has
  lacked. Where the group leads, only whom they had lacked before the team settled.
  Nobody whom somebody has added in Microsoft 365 since we took them out of the team.
- Nobody is removed from the team unless the group has truly been without them at some moment after
  both sides were known to have them and after our own last addition had landed; and whoever took
  them out of the group last was not us.
- Nobody is put into a team that they left when both sides were known to have them, or after an
  addition of ours to the group, unless somebody has added them in Microsoft 365 since. Whatever
  happened within the replicas' lag and five minutes counts as simultaneous.
- Nobody is added to the group against a removal in Microsoft 365 of a person who was known on both
  sides and in the team all along; unless a write of ours about them was less than the age of a
  contradiction and five minutes before.
- Nobody is removed without a baseline, while the team settles, or against the direction.
- Neither half of a pair that maps elsewhere now is added or removed.
- A plan leaves an owner and a moderator; owners are added before others are removed; only who is
  shown as a member is made an owner.
- What an administrator refused is not done, and of a first merge nothing is.
- The same read teaches nothing new, and the rows keep the ledger as it is.
- Where no answer was lost, an answered write is not sent again while its effect stands.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from shared.core import ledger as book
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX, Change, Ledger, Sight
from shared.core.ledger_codec import pack, unpack
from shared.core.model import Direction
from shared.core.plan import Plan
from tests.core.small_world import HUMAN, MINUTE, NEVER, OURS, World

if TYPE_CHECKING:
    from tests.core.small_worker import Worker

# Two reads apart, and the looks between them.
SLACK = 5 * MINUTE


class Wrong(AssertionError):
    """A property does not hold."""


def must(holds: bool, claim: str) -> None:
    if not holds:
        raise Wrong(claim)


def _subject(change: Change) -> tuple[str, str]:
    """A team has people, a group has principals."""
    return (change.person if change.side == WEBEX else change.object, change.side)


class Judge:
    """Remembers what the rows do not: since when people are missed and known, and what we sent.

    unheard: an answer was lost, or the worker has died before a write.
    """

    def __init__(self, world: World, worker: Worker) -> None:
        self.world = world
        self.worker = worker
        self.unheard = False
        self._lacking: dict[PersonId, int] = {}
        self._known_since: dict[PersonId, int] = {}
        self._known_at_leaving: dict[PersonId, ObjectId] = {}
        self._known_at_dismissal: dict[ObjectId, bool] = {}
        self._written: dict[ObjectId, int] = {}
        self._written_before: dict[ObjectId, int] = {}
        self._in_effect: dict[tuple[str, str], str] = {}
        world.on_leaving = self._leaving
        world.on_dismissal = self._dismissed
        world.on_change = self._changed

    # What happens

    def _leaving(self, who: PersonId) -> None:
        what = self.world.object[who]
        ours = self._written.get(what, NEVER) >= self.world.joined.get(who, 0)
        self._known_at_leaving.pop(who, None)
        if ours or self.worker.ledger.baseline.get(who) == what:
            self._known_at_leaving[who] = what

    def _dismissed(self, what: ObjectId) -> None:
        self._known_at_dismissal[what] = what in self.worker.ledger.baseline.values()

    def _changed(self, whom: str, side: str) -> None:
        self._in_effect.pop((whom, side), None)

    def kept(self, ledger: Ledger) -> None:
        for who in ledger.baseline.keys() - self._known_since.keys():
            self._known_since[who] = self.world.now
        for who in self._known_since.keys() - ledger.baseline.keys():
            del self._known_since[who]

    def known_long(self, people: Collection[PersonId], since: int) -> None:
        self._known_since = dict.fromkeys(people, since)

    def team_read(self) -> None:
        for who in self.world.people:
            if who in self.world.team:
                self._lacking.pop(who, None)
            else:
                self._lacking.setdefault(who, self.world.now)

    def sent(self, side: str, op: str, objects: Collection[ObjectId]) -> None:
        """Also what may never have got there. Who stops owning may lose the membership with it."""
        if side == MEMBERS or (side, op) == (OWNERS, REMOVE):
            self._written_before = dict(self._written)
            self._written.update(dict.fromkeys(objects, self.world.now))
            for what in objects if side == OWNERS else ():
                self._in_effect.pop((what, MEMBERS), None)

    def refused(self, change: Change) -> None:
        """What a provider refused was not written."""
        if change.object in self._written:
            self._written[change.object] = self._written_before.get(change.object, NEVER)

    def taken(self, change: Change) -> None:
        self._in_effect[_subject(change)] = change.op

    # What must hold

    def learned(self, before: Ledger, after: Ledger, sight: Sight) -> None:
        must(unpack(pack(before)) == before, "the rows keep the ledger as it is")
        must(book.learn(after, sight) == after, "the same read teaches nothing new")

    def plan(self, todo: Plan, sight: Sight, ledger: Ledger) -> None:
        changes = [*todo.changes, *todo.held]
        must(len(set(changes)) == len(changes), "no change is there twice")
        ops = [c.op for c in todo.changes if c.side == OWNERS]
        must(ops == sorted(ops), "owners are added before others are removed")
        must(not (self.worker.adopted and todo.changes), "a first merge changes nothing")
        must(not ledger.refused & {*todo.changes}, "what was refused is not done")
        removes = any(c.op == REMOVE for c in todo.changes)
        must(bool(self.worker.settled_at) or not removes, "settling removes nobody")
        out = {c.object for c in todo.changes if (c.side, c.op) == (OWNERS, REMOVE)}
        owners = {*(sight.owners or ())} | ledger.awaited(OWNERS)
        must(not out or bool(owners - out), "an owner stays")
        gone = {c.person for c in todo.changes if (c.side, c.op) == (WEBEX, REMOVE)}
        must(bool(self.world.moderators - gone), "a moderator stays")

    def write(self, change: Change, sight: Sight) -> None:
        who, what = change.person, change.object
        again = self._in_effect.get(_subject(change)) == change.op
        must(
            self.unheard or not again,
            "an answered write is not sent again while its effect stands",
        )
        if change.side == OWNERS:
            shown = change.op == REMOVE or what in sight.members
            must(shown, "only who is shown as a member is made an owner")
            return
        known = self.worker.ledger.baseline.get(who)
        must(known in (None, what), "neither half of a pair that changed is touched")
        if change.op == REMOVE:
            must(known is not None, "nobody is removed without a baseline")
        judge = {
            (MEMBERS, REMOVE): self._removal,
            (WEBEX, REMOVE): self._expulsion,
            (WEBEX, ADD): self._invitation,
            (MEMBERS, ADD): self._addition,
        }
        judge[change.side, change.op](who, what, sight)

    def _removal(self, who: PersonId, what: ObjectId, sight: Sight) -> None:
        world = self.world
        since = self._lacking.get(who, sight.at)
        must(not sight.in_team(who), "who is in the team stays in the group")
        must(
            sight.at - since >= 2 * MINUTE,
            "two reads apart, and every one between, lack who is removed from the group",
        )
        back = world.added.get(what, NEVER) > world.gone.get(who, NEVER)
        must(
            not (back and world.gone_by.get(who) is OURS),
            "who was added in Microsoft 365 after we took them out of the team stays in the group",
        )
        if self.worker.direction is Direction.GROUP:
            must(since <= self.worker.settled_at, "the group leads: who leaves later stays in it")

    def _expulsion(self, who: PersonId, what: ObjectId, _: Sight) -> None:
        world = self.world
        must(self.worker.direction is not Direction.TEAM, "the team leads: nobody is taken out")
        known = max(self._known_since[who], world.landed.get(what, NEVER))
        out = what not in world.group or world.entered.get(what, NEVER) > known
        must(out, "the group was without whom we remove, since both sides knew them")
        must(world.left_by.get(what) is HUMAN, "somebody else took them out of the group")

    def _invitation(self, who: PersonId, what: ObjectId, _: Sight) -> None:
        world = self.world
        must(self.worker.direction is not Direction.TEAM, "the team leads: nobody is put into it")
        if self._known_at_leaving.get(who) == what:
            recently = world.gone[who] - world.worst - SLACK
            must(
                world.added.get(what, NEVER) >= recently,
                "nobody is put back whom nobody has added in Microsoft 365 since",
            )

    def _addition(self, who: PersonId, what: ObjectId, sight: Sight) -> None:
        world = self.world
        must(sight.mapped.get(who) == what, "only who is in the team is added to the group")
        if what in world.group or world.left_by.get(what) is not HUMAN:
            return
        left, ours = world.left[what], self._written.get(what, NEVER)
        stayed = world.joined.get(who, NEVER) < left - world.worst
        forgiven = left < ours + times.CONTRADICTION_AGE + SLACK
        must(
            forgiven or not (self._known_at_dismissal.get(what) and stayed),
            "nobody is added again whom somebody removed in Microsoft 365",
        )
