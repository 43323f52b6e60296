"""Random histories of a small world, each from a seed of its own.

    python -m tests.core.histories --count 100000 [--seed N]
    python -m tests.core.histories --replay N

A history: people act on both sides, reads are late, answers are lost, the worker dies; then it is
quiet, and both sides must agree as the direction says. Then one person does one thing more, and
what comes of it must be what is stated. What must hold all the while: see `small_judge`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from random import Random

from shared.core import ledger as book
from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, Ledger, Pair
from shared.core.model import Direction, Limits
from tests.core.small_judge import Wrong, must
from tests.core.small_words import in_words, lettered, too_rare
from tests.core.small_worker import Worker
from tests.core.small_world import (
    HUMAN,
    MINUTE,
    OURS,
    SECOND,
    START,
    Say,
    World,
    nobody_listens,
)

LAGS = (0, 30 * SECOND, times.REPLICAS_APART)
PAUSES = (10, 10, 30, 30, 60, 60, 120, 180, 300, 600, 1200)
STRICT = Limits(remove=1, remove_share=100, add=2, add_share=1_000)
PROCESSES = min(2, os.cpu_count() or 1)
A_CHUNK = 250


class History:
    """One history. `counts` says what happened in it."""

    def __init__(self, seed: int, say: Say = nobody_listens) -> None:
        self.draw = draw = Random(seed)
        self.counts: Counter[str] = Counter()
        self.say = say
        lag, direction = draw.choice(LAGS), draw.choice(list(Direction))
        self.world = world = World(draw, draw.randint(3, 6), lag, self._tell)
        world.monotonic = draw.random() < 0.3
        world.attached = draw.random() < 0.2
        self.worker = Worker(world, draw, direction, self.counts)
        if draw.random() < 0.25:
            self.worker.limits = draw.choice((STRICT, Limits()))
        begin = draw.choice((self._new, self._new, self._standing, self._standing, self._adopted))
        begin()
        world.begin()
        self.counts[f"direction: {direction.value}"] += 1
        self.counts[f"replicas {lag // SECOND} s behind"] += 1
        self._tell(f"{begin.__name__.strip('_')} team; leads: {direction.value}")
        self._tell(f"replicas up to {lag // SECOND} s behind, monotonic: {world.monotonic}")
        self._tell("in the team", world.team, "moderating", world.moderators)
        self._tell("in the group", world.group, "owning", world.owners)

    def _tell(self, *what: object) -> None:
        self.say(self.world.now, *what)

    # Beginnings

    def _new(self) -> None:
        """A team that has just been made, and its group."""
        world, worker = self.world, self.worker
        inside = world.people[: self.draw.randint(1, len(world.people))]
        for who in inside:
            world.join(who)
            world.add(world.object[who], OURS)
        worker.creator = inside[0]
        world.moderators.add(inside[0])
        world.own(world.object[inside[0]], OURS)
        pairs = [Pair(p, world.object[p]) for p in inside]
        ledger = Ledger()
        for side, those in ((OWNERS, pairs[:1]), (MEMBERS, pairs)):
            ledger = book.sending(ledger, those, side, world.now)
            ledger = book.answered(ledger, those, side, world.now)
        worker.keep(ledger)

    def _standing(self) -> None:
        """Both sides have long agreed; some groups are owned by a stand-in."""
        world, worker, draw = self.world, self.worker, self.draw
        before = world.now - 60 * MINUTE
        inside = world.people[: draw.randint(2, len(world.people))]
        world.team = set(inside)
        world.joined = dict.fromkeys(inside, before)
        world.moderators = {inside[0]} | {p for p in inside if draw.random() < 0.3}
        world.group = {world.object[p] for p in inside}
        world.entered = dict.fromkeys(world.group, before)
        worker.creator = inside[0] if draw.random() < 0.5 else None
        if draw.random() < 0.2:
            worker.stand_in = next((p for p in inside if p not in world.moderators), None)
        owning = [worker.stand_in] if worker.stand_in else world.moderators
        world.owners = {world.object[p] for p in owning}
        world.owned_by = dict.fromkeys(world.owners, OURS)
        led = frozenset(world.object[p] for p in world.moderators)
        worker.keep(Ledger({p: world.object[p] for p in inside}, frozenset(world.owners), led=led))
        worker.judge.known_long(inside, before)
        worker.first_seen = worker.roster_changed = before
        worker.settled_at = before + 10 * MINUTE

    def _adopted(self) -> None:
        """Two sides that know nothing of each other."""
        self._standing()
        world, worker = self.world, self.worker
        others = {o for o in world.object.values() if self.draw.random() < 0.6}
        world.group = others | world.owners
        world.entered = world.added = dict.fromkeys(world.group, START - 60 * MINUTE)
        world.owned_by = dict.fromkeys(world.owners, HUMAN)
        worker.stand_in = None
        worker.adopted = True
        worker.keep(Ledger())

    # What happens

    def run(self) -> None:
        """Raises Wrong."""
        draw, world, worker = self.draw, self.world, self.worker
        worker.trouble = draw.choice((0.0, 1.0, 1.0, 2.0))
        if draw.random() < 0.2:
            world.refuses_webex.add(draw.choice(world.people))
            world.refuses_member.add(world.object[draw.choice(world.people)])
        for _ in range(draw.randint(4, 14)):
            self._live(draw.choice(PAUSES) * SECOND)
            for _ in range(draw.choice((1, 1, 1, 2, 4))):
                world.somebody_acts()
            self._nudge()
            if draw.random() < 0.3 and worker.decide(allow=draw.random() < 0.7):
                self._nudge()
            if draw.random() < 0.01:
                worker.direction = draw.choice(list(Direction))
                self.counts["directions changed"] += 1
                self._tell("leads now:", worker.direction.value)
        self._rest()
        if draw.random() < 0.5:
            self._one_thing_more()

    def _live(self, span: int) -> None:
        """Time passes, and the looks that are due in it happen; sometimes one for nothing."""
        world, worker, end = self.world, self.worker, self.world.now + span
        while worker.at is not None and worker.at <= end:
            self._look()
        world.now = end
        if self.draw.random() < 0.3:
            self._look()

    def _nudge(self) -> None:
        worker = self.worker
        heard = self.world.now + self.draw.choice((0, 5, 20, 60)) * SECOND
        worker.hear(heard)
        moment = max(heard, worker.last + times.GAP)
        worker.at = moment if worker.at is None else min(worker.at, moment)

    def _look(self) -> None:
        world, worker = self.world, self.worker
        if worker.at is not None:
            world.now = max(world.now, worker.at, worker.last + SECOND)
        worker.look()

    # The end

    def _rest(self) -> None:
        """People stop, faults stop, replicas catch up: whatever is due happens, then no more."""
        world, worker = self.world, self.worker
        self._tell("it is quiet")
        world.lag, worker.trouble, worker.weekly = 0, 0.0, False
        self._nudge()
        days = 0
        for _ in range(80):
            days += worker.at is not None and worker.at >= world.now + times.DAY - 5 * MINUTE
            if worker.at is None or days > 2:
                break
            self._look()
            if worker.decide(allow=True):
                self._nudge()
        else:
            raise Wrong("it comes to rest")
        for weekly in (False, True, True, False):
            # Nudged: what is refused is not tried again.
            world.now += 20 * MINUTE
            worker.at, worker.weekly = None, weekly
            worker.look()
            found = [c for c in worker.plan.changes if c.side != OWNERS]
            must(weekly or not found, "nothing is found that no look was due for")
        must(not worker.plan.changes and not worker.plan.again, "a look at rest has nothing to do")
        for who in world.people:
            self._check_person(who)
        self._check_owners()

    def _check_person(self, who: PersonId) -> None:
        """Both sides agree, or the direction or an obstacle that is really there says why not."""
        world, worker = self.world, self.worker
        what = world.object[who]
        agree = (who in world.team) == (what in world.group)
        known = worker.ledger.baseline.get(who)
        gone = who not in world.team and known not in world.group
        must(known is None or not gone, "who is gone from both sides is forgotten")
        elsewhere = worker.ledger.baseline.get(who, what) != what
        if agree or who in world.unresolved or elsewhere or self._is_claimed_twice(what):
            return
        in_team, leads = who in world.team, worker.direction
        code = worker.listed.get(who) or worker.others.get(what) or ""
        excuses = {
            "refused_by_admin": who in {c.person for c in worker.ledger.refused},
            "webex_refused": who in world.refuses_webex,
            "member_refused": what in world.refuses_member,
            "last_owner": (not in_team or leads is Direction.TEAM) and world.is_last_owner(what),
            "last_moderator": in_team and world.is_last_moderator(who),
            "added_in_webex": leads is Direction.GROUP and in_team,
            "left_webex": leads is Direction.GROUP and not in_team,
            "removed_in_microsoft": leads is Direction.TEAM and in_team,
            "added_in_microsoft": leads is Direction.TEAM and not in_team,
        }
        side = "team" if in_team else "group"
        must(excuses.get(code, False), f"{who} is in the {side} alone: {code or 'nobody says why'}")
        self.counts[f"left to a person: {code}"] += 1

    def _is_claimed_twice(self, what: ObjectId) -> bool:
        return sum(o == what for o in self.world.object.values()) > 1

    def _check_owners(self) -> None:
        """The group has an owner. Who owns it by us is a member and moderates; who moderates owns
        it, unless somebody has taken it from them."""
        world, worker = self.world, self.worker
        must(bool(world.owners), "the group has an owner")
        ours = {o for o in world.owners if world.owned_by.get(o) is OURS and len(world.owners) > 1}
        must(ours <= world.group, "who owns the group by us is a member")
        if worker.direction is Direction.GROUP:
            return
        refused = {c.person for c in worker.ledger.refused}
        for who in sorted(world.team - world.unresolved):
            what = world.object[who]
            if worker.ledger.baseline.get(who) != what or what not in world.group:
                continue
            if what not in world.owners and who in world.moderators:
                code = worker.listed.get(who, "")
                excused = code == "owner_removed" or who in refused
                must(excused, f"{who} moderates and owns nothing: {code or 'nobody says why'}")
            stays = who in world.moderators or who in (worker.creator, worker.stand_in)
            must(what not in ours or stays, f"{who} owns the group by us and does not moderate")

    # One thing more

    def _one_thing_more(self) -> None:
        """Somebody who is known on both sides, or on none, does one or two things, with replicas
        behind but nothing lost: that has one outcome."""
        world, worker, draw = self.world, self.worker, self.draw
        who = draw.choice(world.people)
        if not self._is_plain(who):
            return
        name, acts, ends = draw.choice(_INSIDE if who in world.team else _OUTSIDE)
        world.lag = draw.choice(LAGS)
        world.worst = max(world.worst, world.lag)
        self.counts[f"one thing more: {name}"] += 1
        self._tell("one thing more:", who, name)
        for act in acts:
            self._live(draw.choice(PAUSES) * SECOND)
            act(world, who)
            self._nudge()
        self._live(draw.choice(PAUSES) * SECOND)
        self._rest()
        end = (who in world.team, world.object[who] in world.group)
        want = ends[list(Direction).index(worker.direction)]
        must(end == want, f"who {name} is in the team, in the group: {want}, not {end}")

    def _is_plain(self, who: PersonId) -> bool:
        world, worker = self.world, self.worker
        what, inside = world.object[who], who in world.team
        known = worker.ledger.baseline.get(who)
        odd = (
            who in world.unresolved,
            who in world.refuses_webex,
            what in world.refuses_member,
            world.is_last_owner(what),
            world.is_last_moderator(who),
            self._is_claimed_twice(what),
            worker.ledger.refused,
        )
        return (
            inside == (what in world.group) and known == (what if inside else None) and not any(odd)
        )


# In the team, in the group.
_IN, _OUT, _TEAM, _GROUP = (True, True), (False, False), (True, False), (False, True)
# What somebody does, and the ends of it: if nobody, the group or the team leads.
_INSIDE = (
    ("leaves", (World.leaves,), (_OUT, _GROUP, _OUT)),
    ("is dismissed", (World.dismissed,), (_OUT, _OUT, _TEAM)),
    ("leaves and is dismissed", (World.leaves, World.dismissed), (_OUT, _OUT, _OUT)),
    ("is dismissed and leaves", (World.dismissed, World.leaves), (_OUT, _OUT, _OUT)),
    ("leaves and comes back", (World.leaves, World.joins), (_IN, _IN, _IN)),
    ("is dismissed and enlisted", (World.dismissed, World.enlisted), (_IN, _IN, _IN)),
)
_OUTSIDE = (
    ("joins", (World.joins,), (_IN, _TEAM, _IN)),
    ("is enlisted", (World.enlisted,), (_IN, _IN, _GROUP)),
    ("joins and is enlisted", (World.joins, World.enlisted), (_IN, _IN, _IN)),
    ("is enlisted and joins", (World.enlisted, World.joins), (_IN, _IN, _IN)),
)


# Many of them


def play(seed: int, say: Say = nobody_listens) -> tuple[Counter[str], str]:
    """What happened in one history, and what did not hold, "" if everything did."""
    history = History(seed, say)
    try:
        history.run()
    except Wrong as wrong:
        return history.counts, lettered(str(wrong))
    return history.counts, ""


@dataclass(frozen=True)
class Played:
    """wrong: what did not hold, by the seed."""

    counts: Counter[str]
    wrong: dict[int, str]


def play_all(seeds: range) -> Played:
    counts: Counter[str] = Counter()
    wrong: dict[int, str] = {}
    for seed in seeds:
        found, claim = play(seed)
        counts += found
        wrong |= {seed: claim} if claim else {}
    return Played(counts, wrong)


def play_many(count: int, first: int) -> Iterator[Played]:
    """In two processes; a chunk at a time, in order."""
    last = first + count
    chunks = [range(n, min(n + A_CHUNK, last)) for n in range(first, last, A_CHUNK)]
    with ProcessPoolExecutor(PROCESSES) as processes:
        yield from processes.map(play_all, chunks)


def trace(seed: int) -> Iterator[str]:
    """The history in words, line by line; the last says what did not hold."""
    lines: list[str] = []

    def say(now: int, *what: object) -> None:
        minutes, seconds = divmod((now - START) // SECOND, 60)
        lines.append(f"{minutes:5}:{seconds:02} {lettered(' '.join(map(in_words, what)))}")

    claim = play(seed, say)[1]
    yield from lines
    yield f"does not hold: {claim}" if claim else "everything holds"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Random histories of a small world.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first one's")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one history, in words")
    options = parser.parse_args(arguments)
    if options.replay is not None:
        _write(*trace(options.replay))
        return 0
    began = time.monotonic()
    counts: Counter[str] = Counter()
    for played in play_many(options.count, options.seed):
        counts += played.counts
        for seed, claim in played.wrong.items():
            again = f"python -m tests.core.histories --replay {seed}"
            _write(*trace(seed), f"seed {seed}: {claim}", f"again: {again}")
            return 1
    _write(*(f"{number:9} {what}" for what, number in sorted(counts.items())))
    rare = too_rare(counts, options.count)
    _write(*(f"too rare: {each}" for each in rare))
    _write(f"{options.count} histories in {time.monotonic() - began:.0f} s")
    return 1 if rare else 0


def _write(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
