"""A small world to draw histories in: a team in Webex, a group in Microsoft 365, and their people.

The truth of both sides, the providers' own rules, and what people do. The group is read through
replicas that are behind; the team is read as it is. Times in milliseconds, in whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from shared.core import times
from shared.core.ids import ObjectId, PersonId
from shared.core.ledger import MEMBERS, OWNERS, WEBEX
from tests.core.strategies import object_id, person

SECOND, MINUTE = times.SECOND, times.MINUTE
START = 1_700_000_000_000
NEVER = -1
HUMAN, OURS = "people", "us"
PEOPLE = tuple(person(n) for n in range(1, 7))
OBJECTS = tuple(object_id(n) for n in range(1, 7))
OTHER_OBJECTS = tuple(object_id(n) for n in range(101, 107))
# In the tenant, and nobody in Webex.
OUTSIDER = object_id(99)
GroupState = tuple[int, frozenset[ObjectId], frozenset[ObjectId]]
Say = Callable[..., None]


def nobody_listens(*_: object) -> None:
    pass


class World:
    """lag: how far behind a replica of the group may be; worst: the largest lag so far; monotonic:
    never further behind than before.
    attached: there is a team in Microsoft Teams, where an owner who is let go is no member either.

    entered, left, left_by: of the group's current or last presence of each object id.
    joined, gone, gone_by: the same of the team. added: when somebody last added in Microsoft 365.
    untold: who came into the group or left, and Microsoft has not told of it yet.
    landed: when our last addition to the group took effect, if it was ever one of ours.
    """

    def __init__(self, draw: Random, people: int, lag: int, say: Say = nobody_listens) -> None:
        self.draw = draw
        self.say = say
        self.now = START
        self.people = PEOPLE[:people]
        self.object = dict(zip(self.people, OBJECTS, strict=False))
        self.unresolved: set[PersonId] = set()
        self.claiming = False
        self.lag = self.worst = lag
        self.monotonic = False
        self.attached = False
        self.team: set[PersonId] = set()
        self.moderators: set[PersonId] = set()
        self.group: set[ObjectId] = set()
        self.owners: set[ObjectId] = set()
        self.refuses_member: set[ObjectId] = set()
        self.refuses_webex: set[PersonId] = set()
        self.past: list[GroupState] = []
        self._shown = [0, 0]
        self.joined: dict[PersonId, int] = {}
        self.gone: dict[PersonId, int] = {}
        self.gone_by: dict[PersonId, str] = {}
        self.entered: dict[ObjectId, int] = {}
        self.left: dict[ObjectId, int] = {}
        self.left_by: dict[ObjectId, str] = {}
        self.added: dict[ObjectId, int] = {}
        self.landed: dict[ObjectId, int] = {}
        self.owned_by: dict[ObjectId, str] = {}
        self.on_leaving: Callable[[PersonId], None] = nobody_listens
        self.on_dismissal: Callable[[ObjectId], None] = nobody_listens
        self.on_change: Callable[[str, str], None] = nobody_listens
        self.untold: dict[ObjectId, bool] = {}

    # What the providers do

    def begin(self) -> None:
        """From here on the group has a past."""
        self.past = [(self.now - 100 * MINUTE, frozenset(self.group), frozenset(self.owners))]

    def join(self, who: PersonId) -> None:
        self.team.add(who)
        self.joined[who] = self.now
        self.on_change(who, WEBEX)

    def leave(self, who: PersonId, by: str) -> None:
        self.on_leaving(who)
        self.gone_by[who] = by
        self.team.discard(who)
        self.moderators.discard(who)
        self.gone[who] = self.now
        self.on_change(who, WEBEX)

    def is_last_moderator(self, who: PersonId) -> bool:
        return self.moderators == {who}

    def is_last_owner(self, what: ObjectId) -> bool:
        return self.owners == {what}

    def add(self, what: ObjectId, by: str) -> None:
        if what not in self.group:
            self.group.add(what)
            self.entered[what] = self.now
            if by is HUMAN:
                self.added[what] = self.now
            self.untold[what] = True
            self.on_change(what, MEMBERS)
        if by is OURS:
            self.landed[what] = self.now
        self._turn()

    def drop(self, what: ObjectId, by: str) -> None:
        if what in self.group:
            if by is HUMAN:
                self.on_dismissal(what)
            self.group.discard(what)
            self.left[what] = self.now
            self.left_by[what] = by
            self.untold[what] = False
            self.on_change(what, MEMBERS)
            self._turn()

    def own(self, what: ObjectId, by: str) -> None:
        self.owned_by.setdefault(what, by)
        self.owners.add(what)
        self.on_change(what, OWNERS)
        self._turn()

    def disown(self, what: ObjectId) -> None:
        self.owners.discard(what)
        self.on_change(what, OWNERS)
        self.owned_by.pop(what, None)
        self._turn()

    def _turn(self) -> None:
        state = (self.now, frozenset(self.group), frozenset(self.owners))
        if self.past and self.past[-1][0] == self.now:
            self.past[-1] = state
        else:
            self.past.append(state)

    # What we are shown

    def read(self, owners: bool = False) -> frozenset[ObjectId]:
        """Members, or owners, as some replica has them."""
        at = self.now
        if self.lag and self.draw.random() < 0.8:
            at -= self.draw.randrange(0, self.lag + 1, SECOND)
            if self.monotonic:
                at = max(at, self._shown[owners])
        self._shown[owners] = at
        shown = self.past[0]
        for state in reversed(self.past):
            if state[0] <= at:
                shown = state
                break
        return shown[2] if owners else shown[1]

    # What people do

    def somebody_acts(self) -> None:
        """One act of one person, on either side; nothing if it happens to be impossible."""
        act = self.draw.choice(_ACTS)
        act(self, self.draw.choice(self.people))

    def joins(self, who: PersonId) -> None:
        if who not in self.team:
            self.join(who)
            self.say("joins the team", who)

    def leaves(self, who: PersonId) -> None:
        if who in self.team and not self.is_last_moderator(who):
            self.leave(who, HUMAN)
            self.say("leaves the team", who)

    def enlisted(self, who: PersonId) -> None:
        if self.object[who] not in self.group:
            self.add(self.object[who], HUMAN)
            self.say("is added in Microsoft 365", who)

    def dismissed(self, who: PersonId) -> None:
        what = self.object[who]
        if what in self.group and not self.is_last_owner(what):
            self.drop(what, HUMAN)
            self.disown(what)
            self.say("is removed in Microsoft 365", who)

    def outsider_comes_or_goes(self, _: PersonId) -> None:
        act = self.drop if OUTSIDER in self.group else self.add
        act(OUTSIDER, HUMAN)

    def promoted(self, who: PersonId) -> None:
        if who in self.team and who not in self.moderators:
            self.moderators.add(who)
            self.say("moderates", who)

    def demoted(self, who: PersonId) -> None:
        if who in self.moderators and not self.is_last_moderator(who):
            self.moderators.discard(who)
            self.say("moderates no more", who)

    def made_owner(self, who: PersonId) -> None:
        what = self.object[who]
        if what in self.group and what not in self.owners:
            self.own(what, HUMAN)
            self.say("is made an owner in Microsoft 365", who)

    def unmade_owner(self, who: PersonId) -> None:
        what = self.object[who]
        if what in self.owners and not self.is_last_owner(what):
            self.disown(what)
            self.say("is made no owner in Microsoft 365", who)

    def turns_unresolved(self, who: PersonId) -> None:
        if who not in self.unresolved:
            self.unresolved.add(who)
            self.claiming = self.draw.random() < 0.5
            self.say("maps nowhere", who)

    def turns_resolved(self, who: PersonId) -> None:
        if who in self.unresolved:
            self.unresolved.discard(who)
            self.say("is known again", who)

    def changes_identity(self, who: PersonId) -> None:
        """Becomes another principal, or the former one again."""
        n = PEOPLE.index(who)
        other = OTHER_OBJECTS[n] if self.object[who] == OBJECTS[n] else OBJECTS[n]
        if self.draw.random() < 0.3:
            self.object[who] = other
            self.say("is another principal", who)


_ACTS = (
    *[World.joins] * 5,
    *[World.leaves] * 5,
    *[World.enlisted] * 5,
    *[World.dismissed] * 5,
    *[World.promoted] * 2,
    *[World.demoted] * 2,
    World.made_owner,
    World.unmade_owner,
    World.turns_unresolved,
    *[World.turns_resolved] * 2,
    World.changes_identity,
    World.outsider_comes_or_goes,
)
