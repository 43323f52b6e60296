"""Plays the worker over a small world, as shared/sync does: load, read, learn, plan, write, record.

Faults are drawn: reads that fail, answers that are lost, refusals, and the worker's death before or
after a write. Every plan and every write is judged: see `small_judge`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from random import Random

from shared.core import ledger as book
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import ADD, MEMBERS, OWNERS, REMOVE, WEBEX, Change, Ledger, Pair, Sight
from shared.core.merge import Sides
from shared.core.model import Direction, Limits
from shared.core.people import People
from shared.core.plan import Observed, Plan, plan
from shared.core.settling import next_look
from shared.core.telling import NOTHING, look_for, tell, without_met
from tests.core.small_judge import Judge
from tests.core.small_world import HUMAN, OURS, OUTSIDER, World

OFF = Limits(remove=1_000, remove_share=1_000, add=1_000, add_share=100_000)
# How often a look or a write meets each fault, in ordinary trouble.
BAD_READ, EMPTY_ROSTER = 0.08, 0.03
DEATH_BEFORE, REFUSAL, UNHEARD, ACT_BETWEEN = 0.1, 0.03, 0.15, 0.02
# Tried again daily; in between they are left alone.
MENDABLE = frozenset(
    {
        "member_refused",
        "removal_refused",
        "owner_refused",
        "last_owner",
        "webex_refused",
        "identity_changed",
    }
)
ABOUT_OWNERS = frozenset({"owner_refused", "owner_removed", "last_owner"})
KEPT = frozenset({"last_moderator", "last_owner"})
REFUSALS = {
    (MEMBERS, ADD): "member_refused",
    (MEMBERS, REMOVE): "removal_refused",
    (OWNERS, ADD): "owner_refused",
    (OWNERS, REMOVE): "removal_refused",
    (WEBEX, ADD): "webex_refused",
    (WEBEX, REMOVE): "webex_refused",
}


class Stopped(Exception):
    """The look ends here."""


class Worker:
    """One team's rows.

    trouble: times the ordinary likelihood of every fault. at: when the next look is due by itself,
    None for never. weekly: the next looks read everything. adopted: nothing is remembered of a
    group that is there, and nobody has decided.
    """

    def __init__(self, world: World, draw: Random, direction: Direction, counts: Counter[str]):
        self.world = world
        self.draw = draw
        self.counts = counts
        self.direction = direction
        self.limits = OFF
        self.trouble = 0.0
        self.weekly = False
        self.adopted = False
        self.creator: PersonId | None = None
        self.stand_in: PersonId | None = None
        self.first_seen = self.roster_changed = world.now
        self.settled_at = 0
        self.ledger = Ledger()
        self.plan = Plan()
        self.listed: dict[PersonId, str] = {}
        self.others: dict[ObjectId, str] = {}
        self.at: int | None = world.now
        self.last = 0
        self.told = NOTHING
        self._tellings: list[tuple[int, dict[ObjectId, bool]]] = []
        self._allowed: frozenset[Change] = frozenset()
        self._roster: frozenset[tuple[PersonId, bool]] = frozenset()
        self._moderated: Collection[ObjectId] = ()
        self._tried_at = 0
        self._looks = 0
        self.judge = Judge(world, self)

    def look(self) -> None:
        """One look, as far as it gets. `at` is set in any case."""
        world = self.world
        again = bool(self._tried_at) and self._tried_at + times.DAY <= world.now
        self.last, self.at = world.now, world.now + times.GAP
        self._looks += 1
        self._listen()
        if self._happens(BAD_READ):
            self._count("bad reads")
            world.say("a read fails")
            return
        if not world.team or self._happens(EMPTY_ROSTER):
            # Webex lets no team be without a moderator: a read that went wrong.
            self._count("empty reads")
            world.say("nobody is shown in the team")
            return
        sight = self._read(again)
        self._learn(sight)
        later = self._meet(sight)
        todo = self._plan(sight, again)
        world.say("looks", todo)
        self._note(todo)
        self.judge.plan(todo, sight, self.ledger)
        named: dict[PersonId, str] = {}
        try:
            self._apply(todo, sight, named)
            stopped = None
        except Stopped:
            stopped = world.now + times.GAP
        self._record(todo, sight, named, again)
        leaving = {c.person for c in todo.changes if c.op == REMOVE}
        if not KEPT.isdisjoint(todo.listed.values()) and leaving & named.keys():
            stopped = world.now + times.GAP
        self.at = self._next(todo, stopped, later)

    def hear(self, at: int) -> None:
        """Microsoft tells at `at` of what has changed in the group so far."""
        world = self.world
        if world.untold:
            self._tellings.append((at, world.untold))
            world.untold = {}

    def _listen(self) -> None:
        now = self.world.now
        for at, people in [each for each in self._tellings if each[0] <= now]:
            self.told = tell(self.told, people, at)
        self._tellings = [each for each in self._tellings if each[0] > now]

    # Observing

    def _read(self, again: bool) -> Sight:
        """Webex as it is; the group as a replica has it; the owners where they matter."""
        world = self.world
        self._settle()
        self.judge.team_read()
        known = {p: world.object[p] for p in sorted(world.team) if p not in world.unresolved}
        taken = list(known.values())
        mapped = {p: o for p, o in known.items() if taken.count(o) == 1}
        unresolved = world.team - mapped.keys()
        claimed = {world.object[p] for p in unresolved} if world.claiming else frozenset()
        moderators = {mapped[p] for p in world.moderators if p in mapped}
        members = world.read()
        sight = Sight(world.now, mapped, members, unresolved, claimed, moderators)
        wanted = {*moderators, *(mapped[p] for p in (self.creator,) if p in mapped)} & members
        full = self.weekly or self.draw.random() < 0.1
        if full or wanted != self._moderated or self._need_owners(sight, again):
            self._moderated = wanted
            sight = replace(sight, owners=world.read(owners=True))
        if members != world.group:
            self._count("stale reads")
        if sight.owners not in (None, world.owners):
            self._count("stale reads of owners")
        return sight

    def _settle(self) -> None:
        world = self.world
        roster = frozenset((p, p in world.moderators) for p in world.team)
        if roster != self._roster:
            self._roster, self.roster_changed = roster, world.now
        if not self.settled_at:
            following = next_look(self.first_seen, self.roster_changed, world.now)
            self.settled_at = 0 if following else world.now

    def _need_owners(self, sight: Sight, again: bool) -> bool:
        before = self.ledger
        if self.stand_in or (again and self._said_of_owners(sight)):
            return True
        quiet = not (before.pending or before.missing or before.baseline.keys() - self.world.team)
        led = before.led & before.owners & frozenset(sight.mapped.values())
        if quiet and led <= {*sight.moderators}:
            return False
        after = book.learn(before, sight)
        if OWNERS in book.in_doubt(after):
            return True
        if any(m.side == OWNERS for m in after.missing):
            return True
        return any(m.side == WEBEX and book.is_confirmed(after, m, sight.at) for m in after.missing)

    def _learn(self, sight: Sight) -> None:
        before = self.ledger
        self.keep(book.learn(before, sight))
        if self._looks % 8 == 0:
            self.judge.learned(before, self.ledger, sight)
        if book.in_group(self.ledger, sight) != sight.members:
            self._count("reads of the group that the memory overrode")

    def _meet(self, sight: Sight) -> int | None:
        """What was told and this read does not show is looked for: answers when."""
        ledger, now = self.ledger, self.world.now
        inside = book.in_group(ledger, sight)
        missing = [m for m in ledger.missing if m.side == MEMBERS]
        unsure = {m.object for m in missing if not book.is_confirmed(ledger, m, sight.at)}
        later = look_for(without_met(self.told, inside, ()), now)
        left = without_met(self.told, inside, unsure)
        self.told = left if look_for(left, now) else NOTHING
        return later

    def keep(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.judge.kept(ledger)

    # Planning

    def _plan(self, sight: Sight, again: bool) -> Plan:
        world = self.world
        people = People(
            dict(sight.mapped),
            tuple(p for p in sight.mapped if p in world.moderators),
            dict.fromkeys(sight.unresolved, "no_object_id"),
            frozenset(sight.claimed),
        )
        resolved = {world.object[p]: p for p in world.people if p not in world.unresolved}
        why_not = {world.object[p]: "claimed_twice" for p in world.unresolved}
        others = {resolved[o]: code for o, code in self.others.items() if o in resolved}
        sides = Sides(
            ledger=self.ledger,
            sight=sight,
            direction=self.direction,
            settled_at=self.settled_at,
            joined=world.joined,
            moderating=frozenset(world.moderators),
            creator=self.creator,
            stand_in=self.stand_in,
            strangers=resolved,
            why_not={**why_not, OUTSIDER: "not_in_webex"},
            declined={**others, **self.listed},
            retried=again,
        )
        return plan(
            Observed(
                people=people,
                creator=self.creator,
                settled=bool(self.settled_at),
                sides=sides,
                limits=self.limits,
                allowed=self._allowed,
                first=self.adopted,
            )
        )

    def decide(self, *, allow: bool) -> bool:
        """An administrator decides about what is held now; answers whether anything was."""
        held = frozenset(self.plan.held)
        if not held:
            return False
        self.adopted = False
        self.plan = replace(self.plan, held=())
        self._count("allowed by an administrator" if allow else "refused by an administrator")
        self.world.say("an administrator", "allows" if allow else "refuses", held)
        if allow:
            self._allowed = held
        else:
            self.keep(replace(self.ledger, refused=self.ledger.refused | held))
        return True

    # Writing

    def _apply(self, todo: Plan, sight: Sight, named: dict[PersonId, str]) -> None:
        """Owners and members in, at once; then owners and members out, and the team, one by one."""
        together = [c for c in todo.changes if c.side != WEBEX and c.op == ADD]
        for side in (OWNERS, MEMBERS):
            self._sending([c.pair for c in together if c.side == side], side, ADD)
        stay: set[PersonId] = set()
        for change in sorted(todo.changes, key=lambda c: c.side == WEBEX):
            kind = (change.side, change.op)
            if kind == (MEMBERS, REMOVE):
                if self.world.object[change.person] != change.object:
                    # Webex's directory is asked before anybody is removed.
                    named[change.person] = "identity_changed"
                    stay.add(change.person)
                if change.person in stay:
                    continue
            if change not in together:
                self._sending([change.pair], change.side, change.op)
            if self._happens(ACT_BETWEEN):
                self._count("acts in the middle of a look")
                self.world.somebody_acts()
            if not self._send(change, sight, named) and kind == (OWNERS, REMOVE):
                stay.add(change.person)

    def _sending(self, pairs: list[Pair], side: str, op: str) -> None:
        self.keep(book.sending(self.ledger, pairs, side, self.world.now, op))
        self.judge.sent(side, op, [p.object for p in pairs])

    def _send(self, change: Change, sight: Sight, named: dict[PersonId, str]) -> bool:
        """Whether it was taken, and that was heard."""
        world, pair = self.world, [change.pair]
        if self._happens(DEATH_BEFORE):
            self._stop("deaths before a write", change)
        self.judge.write(change, sight)
        code = self._refusal(change)
        if code:
            world.say("is refused", change)
            self._count("refusals")
            named[change.person] = code
            self.keep(book.refused(self.ledger, pair, change.side, change.op))
            self.judge.refused(change)
            return False
        self._take_effect(change)
        self._count(f"{change.side} {change.op}")
        if self._happens(UNHEARD / 2):
            self._stop("deaths after a write", change)
        if self._happens(UNHEARD / 2):
            self.judge.unheard = True
            self._count("answers lost")
            world.say("goes unheard", change)
            return False
        world.say("is done", change)
        self.judge.taken(change)
        self.keep(book.answered(self.ledger, pair, change.side, world.now, change.op))
        return True

    def _stop(self, what: str, change: Change) -> None:
        self.judge.unheard = True
        self._count(what)
        self.world.say(what, change)
        raise Stopped

    def _refusal(self, change: Change) -> str:
        """The code of a provider's refusal, "" for none."""
        world, kind = self.world, (change.side, change.op)
        if kind == (OWNERS, REMOVE) and world.is_last_owner(change.object):
            return "last_owner"
        if kind == (WEBEX, REMOVE) and world.is_last_moderator(change.person):
            return "last_moderator"
        refused = change.side == WEBEX and change.person in world.refuses_webex
        refused |= kind == (MEMBERS, ADD) and change.object in world.refuses_member
        return REFUSALS[kind] if refused or self._happens(REFUSAL) else ""

    def _take_effect(self, change: Change) -> None:
        world, who, what = self.world, change.person, change.object
        if change.side == WEBEX:
            if change.op == ADD and who not in world.team:
                world.join(who)
            elif change.op == REMOVE and who in world.team:
                world.leave(who, OURS)
        elif change.side == MEMBERS:
            (world.add if change.op == ADD else world.drop)(what, OURS)
        elif change.op == ADD:
            # A replica may have shown a member whom somebody has taken out since.
            world.own(what, OURS if what in world.group else HUMAN)
        else:
            world.disown(what)
            if world.attached and what in world.group:
                self._count("memberships that went with the ownership")
                world.drop(what, OURS)

    # Recording

    def _record(self, todo: Plan, sight: Sight, named: dict[PersonId, str], again: bool) -> None:
        said = {} if sight.owners is not None else self._said_of_owners(sight)
        inside = sight.mapped.keys() | self.ledger.baseline.keys()
        alone = {self.world.object[p]: code for p, code in named.items() if p not in inside}
        self.listed = said | todo.listed | {p: c for p, c in named.items() if p in inside}
        self.others = todo.others | alone
        self.plan, self.stand_in = todo, todo.stand_in
        self.adopted = self.adopted and bool(todo.held)
        if not self._allowed & {*todo.changes}:
            self._allowed = frozenset()
        mendable = not MENDABLE.isdisjoint({*self.listed.values(), *self.others.values()})
        before = 0 if again else self._tried_at
        self._tried_at = (before or self.world.now) if mendable else 0

    def _said_of_owners(self, sight: Sight) -> dict[PersonId, str]:
        return {p: c for p, c in self.listed.items() if c in ABOUT_OWNERS and p in sight.mapped}

    def _next(self, todo: Plan, stopped: int | None, later: int | None) -> int | None:
        now = self.world.now
        moments = [todo.again, stopped, later, book.read_again(self.ledger, now)]
        if self._tried_at:
            moments.append(self._tried_at + times.DAY)
        if not self.settled_at:
            soon = next_look(self.first_seen, self.roster_changed, now)
            moments.append(soon or now + times.SECOND)
        return min((m for m in moments if m is not None), default=None)

    def _note(self, todo: Plan) -> None:
        ops = {c.op for c in todo.changes if c.side == OWNERS}
        notes = {
            "owners swapped in one look": len(ops) > 1,
            "held by the brake": todo.held and not self.adopted,
            "first merges held": todo.held and self.adopted,
            "kept for being the last owner": "last_owner" in todo.listed.values(),
            "kept for being the last moderator": "last_moderator" in todo.listed.values(),
            "dropped at the end of settling": self.settled_at == self.world.now
            and any(c.op == REMOVE for c in todo.changes),
        }
        for what, holds in notes.items():
            if holds:
                self._count(what)

    def _happens(self, chance: float) -> bool:
        return bool(self.trouble) and self.draw.random() < chance * self.trouble

    def _count(self, what: str) -> None:
        self.counts[what] += 1
