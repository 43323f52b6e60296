"""The users of one hash, each in a class: the part of a run that is done for everybody at once.

Written for speed: a hundred thousand times a few microseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from operator import itemgetter
from struct import Struct

from shared.audit.ports import Entry
from shared.core.audit import (
    AROUND,
    BARE,
    ENABLED,
    IS_GUEST,
    MENDABLE,
    OFF,
    PERSON,
    SHAPE,
    Verdict,
    judge,
)
from shared.core.audit_codec import (
    GONE,
    NOBODY,
    NUMBER,
    TEXTS,
    Account,
    Users,
    pack_texts,
    uuid_text,
    without,
)
from shared.core.identity import BUCKETS, STATE_NUMBER
from shared.core.model import IdentityState

# Behind person and object id: when it was checked, since when it is so, and the state.
_BEHIND = Struct(">IIB")
_FLAGS = ENABLED | IS_GUEST


def claims_in(
    users: Sequence[Users], answers: Mapping[bytes, bytes]
) -> tuple[Set[bytes], Set[int]]:
    """Of the users of one hash: object ids that several people carry, and the places of those who
    stand there again or are to be left out. An account that nobody uses claims nothing, nor does a
    machine."""
    heads = [head for some, _ in users for head in some]
    again: set[int] = set()
    if len(set(map(itemgetter(0), heads))) < len(heads):
        latest = {head[0]: place for place, head in enumerate(heads)}
        again = set(range(len(heads))).difference(latest.values())
    if GONE in answers.values():
        again |= {p for p, head in enumerate(heads) if answers.get(head[0] + head[3]) == GONE}
    several = {o for o, n in Counter(map(itemgetter(2), heads)).items() if n > 1} - {NOBODY}
    if not several:
        return several, again
    claimants = Counter(
        head[2]
        for place, head in enumerate(heads)
        if head[2] in several and head[1] & (PERSON | OFF) == PERSON and place not in again
    )
    return {o for o, n in claimants.items() if n > 1}, again


def left_out(users: Sequence[Users], places: Collection[int]) -> Sequence[Users]:
    """The users without those at some places, counted through all of them."""
    if not places:
        return users
    kept: list[Users] = []
    first = 0
    for some in users:
        kept.append(without(some, {place - first for place in places}))
        first += len(some[0])
    return kept


class Judge:
    """began: seconds. licensed: whether a messaging licence can be told. mendable: how many would
    be mended by setting External ID to what is known."""

    def __init__(
        self,
        accounts: Mapping[bytes, Account],
        began: int,
        *,
        licensed: bool,
    ) -> None:
        self._accounts = accounts
        self._licensed = licensed
        self._began = began
        self._known: dict[int, tuple[int, bytes, bool, bool]] = {}
        self._found: list[list[bytes]] = [[] for _ in range(2 * BUCKETS)]
        self.mendable = 0

    def identities(self) -> dict[int, bytes]:
        """By their buckets: claims, and behind them people; those since the last time."""
        found, self._found = self._found, [[] for _ in range(2 * BUCKETS)]
        return {number: b"".join(parts) for number, parts in enumerate(found) if parts}

    def all(self, users: Users, answers: Mapping[bytes, bytes], rivals: Set[bytes]) -> list[Entry]:
        """In their order. answers: see `audit_codec.answer`; rivals: see `claims_in`."""
        account_of, answer_of, answered = self._accounts.get, answers.get, bool(answers)
        known, found = self._known, self._found
        heads, texts = users
        lowered = texts.lower() if texts.isascii() else b""
        entries: list[Entry] = []
        at = mendable = 0
        for person, bits, carried, hashed, name, email, external in heads:
            account = account_of(carried)
            key = bits if account is None else bits | 0x40 | (account[1] & _FLAGS) << 8
            if rivals and carried in rivals:
                key |= 0x1000
            named = answer_of(person + hashed) if answered else None
            another = named is not None and not (
                account is not None and hashed in (account[2], account[3])
            )
            if another:
                key |= 0x2000
            number, kept, claims, mends = known.get(key) or self._judge(key)
            if kept:
                claimed = carried if claims else NOBODY
                found[BUCKETS + (person[0] >> 3)].append(person + claimed + kept)
                if claimed != NOBODY:
                    found[claimed[0] >> 3].append(claimed + person)
            first = at + TEXTS
            second = first + name
            third = second + email
            after = third + external
            if account is None or another:
                right = named or NOBODY
                said = texts[at:after]
                if bits & SHAPE == BARE:
                    bare = uuid_text(carried).encode()
                    said = pack_texts(False, texts[first:second], texts[second:third], bare)
                packed = person + right + said
            else:
                right = carried
                packed = person + carried + texts[at:after]
            if mends and right != NOBODY:
                mendable += 1
            # Behind what is ordered by, the person: it decides between those of one name.
            behind = b"\0" + person
            if lowered:
                entries.append(
                    (number, lowered[first:second] + behind, lowered[second:third] + behind, packed)
                )
            else:
                one, two = _key(texts[first:second]), _key(texts[second:third])
                entries.append((number, one + behind, two + behind, packed))
            at = after
        self.mendable += mendable
        return entries

    def _judge(self, key: int) -> tuple[int, bytes, bool, bool]:
        """By all that decides, in one number: the class's number; what is kept of the identity
        behind person and object id, nothing for none; whether the object id is claimed; and
        whether setting External ID would mend it."""
        bits, known = key & 0x3F, bool(key & 0x40)
        verdict = judge(
            bits,
            key >> 8 & _FLAGS if known else None,
            rivals=bool(key & 0x1000),
            another=bool(key & 0x2000),
            licensed=self._licensed,
        )
        state = _identity(verdict, bits, known=known)
        kept = b""
        if state is not None:
            kept = _BEHIND.pack(self._began, self._began, STATE_NUMBER[state])
        # A machine claims nothing, whatever it carries.
        claims = state is not IdentityState.BOT
        answer = (NUMBER[verdict], kept, claims, verdict in MENDABLE)
        self._known[key] = answer
        return answer


_STATES = {
    Verdict.NOT_A_PERSON: IdentityState.BOT,
    Verdict.MISSING: IdentityState.NO_OBJECT_ID,
    Verdict.NOT_A_GUID: IdentityState.NOT_A_GUID,
    Verdict.DUPLICATE: IdentityState.CLAIMED_TWICE,
    Verdict.NOT_IN_TENANT: IdentityState.UNKNOWN_TO_TENANT,
}


def _identity(verdict: Verdict, bits: int, *, known: bool) -> IdentityState | None:
    """What the rest of the product may believe of somebody; None for nothing: then it asks itself.

    An account that nobody uses claims nothing. Whose object id is another account's than their name
    is added to nothing until an administrator has decided which of the two is right.
    """
    if verdict in _STATES:
        return _STATES[verdict]
    if bits & OFF or bits & SHAPE not in (BARE, AROUND):
        return None
    if verdict is Verdict.WRONG_OBJECT_ID:
        return IdentityState.NAME_DIFFERS if known else IdentityState.UNKNOWN_TO_TENANT
    return IdentityState.MAPPED


def _key(text: bytes) -> bytes:
    """As `audit_codec.sort_key`, of the packed text."""
    return text.lower() if text.isascii() else text.decode(errors="replace").casefold().encode()
