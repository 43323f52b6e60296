"""What is to be done, and one write of ours until the providers show whether it has landed.

Webex is read as it is. The group is read through replicas: what shows a write may be followed by
what does not yet, so a write is proven or denied only once no replica can be so far behind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.core import times
from shared.core.ids import ObjectId, PersonId

MEMBERS = "members"
OWNERS = "owners"
WEBEX = "webex"
ADD = "add"
REMOVE = "remove"
OPS = (ADD, REMOVE)

Key = tuple[ObjectId, str, str]


class Pair(NamedTuple):
    """A person in Webex and the principal in Entra."""

    person: PersonId
    object: ObjectId


# Of somebody who has no account in the tenant: who is to be invited, and added then.
NO_ACCOUNT = ObjectId("")


class Change(NamedTuple):
    """One thing to do: `op` (ADD, REMOVE) a person on a `side`: MEMBERS and OWNERS are the group's,
    WEBEX is the team. object: NO_ACCOUNT for a guest who is to be invited."""

    person: PersonId
    object: ObjectId
    side: str
    op: str

    @property
    def kind(self) -> str:
        """For counting: "op side", or "invite members"."""
        return f"{self.op if self.object else 'invite'} {self.side}"

    @property
    def pair(self) -> Pair:
        return Pair(self.person, self.object)


@dataclass(frozen=True)
class Pending:
    """One write of ours. Times in milliseconds, whole seconds in the row, 0 for never.

    at: before the send. answered: the success. contradicted: the first read that denied it, since
    the last that showed it. seen: the first read that showed it. anew: it was sent once more, and
    nothing was read since. What the group's replicas have shown of a pair that is new to us, or
    gone, is kept like a write that was answered and seen.
    """

    person: PersonId
    object: ObjectId
    side: str
    op: str
    at: int
    answered: int = 0
    contradicted: int = 0
    seen: int = 0
    anew: bool = False

    @property
    def key(self) -> Key:
        return (self.object, self.side, self.op)

    @property
    def is_only_remembered(self) -> bool:
        """For replicas that are further behind, until one says otherwise."""
        return bool(self.answered and self.seen and not self.contradicted)

    def after_read(self, now: int, *, shown: bool) -> Pending:
        if shown:
            return replace(self, seen=self.seen or now, contradicted=0, anew=False)
        return replace(self, contradicted=self.contradicted or now, anew=False)

    def is_proven(self, now: int) -> bool:
        """A read shows it, and no replica can deny it any more. Webex shows who has joined as soon
        as they have; and whom it has shown since an unheard removal, that has not removed."""
        fresh = self.side == WEBEX and (self.op == ADD or not self.answered)
        return fresh or now >= self._old_at

    def is_denied(self, now: int) -> bool:
        """A read denies it, and no replica can be to blame: it is old, or Webex had shown it
        before. What no read has shown, or nobody has heard of, takes two reads apart."""
        fresh = self.side == WEBEX and self.seen
        if self.answered and self.seen and not fresh:
            return now >= self._old_at
        twice = now - self.contradicted >= times.CONTRADICTION_APART
        return twice and bool(fresh or now >= self._old_at)

    def is_past_doubt(self, now: int) -> bool:
        """Answered so long ago that no replica of the group can be behind."""
        return bool(self.side != WEBEX and self.answered and now >= self._old_at)

    def read_again(self, now: int) -> int | None:
        """When it is read for again: what was not seen yet, or is contradicted."""
        soon = now + times.GAP
        if not self.answered and not self.seen and not self.contradicted:
            return soon
        if self.is_only_remembered:
            return None
        twice = self.contradicted + times.CONTRADICTION_APART if self.contradicted else soon
        if self.seen and self.side == WEBEX:
            return max(soon, twice)
        if self.seen and self.answered:
            return max(soon, self._old_at)
        return max(soon, twice, self._old_at)

    @property
    def _old_at(self) -> int:
        """When no replica is so far behind that it could still deny it. An unanswered write ages
        from its sending; whoever is still wanted is sent again before."""
        seen = self.answered and self.seen
        age = times.REPLICAS_APART if seen else times.CONTRADICTION_AGE
        return (self.answered or self.at) + age
