"""The users of one hash, each in a class: the part of a run that is done for everybody at once.

Written for speed: a hundred thousand times a few microseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter
from struct import Struct

from shared.audit.ports import Entry
from shared.core.audit import AROUND, BARE, ENABLED, IS_GUEST, OFF, PERSON, SHAPE, Verdict, judge
from shared.core.audit_codec import NOBODY, NUMBER, Account, Met, pack_listed, uuid_text
from shared.core.identity import BUCKETS, STATE_NUMBER
from shared.core.model import IdentityState

_IDENTITY = Struct(">16s16sIIB")
_FLAGS = ENABLED | IS_GUEST
# A machine claims nothing, whatever it carries.
_BOT = STATE_NUMBER[IdentityState.BOT]


@dataclass(frozen=True)
class Claims:
    """rivals: object ids that several people carry. again: places of those who stand there twice,
    since their name changed while the directory was read."""

    rivals: Set[bytes]
    again: Set[int]


def claims_in(users: Sequence[Met]) -> Claims:
    """An account that nobody uses claims nothing, nor does a machine."""
    several = {o for o, n in Counter(map(itemgetter(3), users)).items() if n > 1}
    people: dict[bytes, set[bytes]] = {}
    again: set[int] = set()
    places: dict[bytes, int] = {}
    for place, user in enumerate(users):
        carried = user[3]
        if carried not in several:
            continue
        if user[1] in places:
            again.add(places[user[1]])
        places[user[1]] = place
        if user[2] & (PERSON | OFF) == PERSON and carried != NOBODY:
            people.setdefault(carried, set()).add(user[1])
    return Claims({o for o, claimants in people.items() if len(claimants) > 1}, again)


class Judge:
    """began: seconds. licensed: whether a messaging licence can be told."""

    def __init__(
        self,
        accounts: Mapping[bytes, Account],
        rivals: Set[bytes],
        began: int,
        *,
        licensed: bool,
    ) -> None:
        self._accounts = accounts
        self._rivals = rivals
        self._licensed = licensed
        self._began = began
        self._known: dict[int, tuple[int, int]] = {}
        self._found: list[list[bytes]] = [[] for _ in range(2 * BUCKETS)]

    def identities(self) -> dict[int, bytes]:
        """By their buckets: claims, and behind them people; those since the last time."""
        found, self._found = self._found, [[] for _ in range(2 * BUCKETS)]
        return {number: b"".join(parts) for number, parts in enumerate(found) if parts}

    def all(self, users: Sequence[Met]) -> list[Entry]:
        account_of, rivals, found = self._accounts.get, self._rivals, self._found
        known, pack, began = self._known, _IDENTITY.pack, self._began
        entries: list[Entry] = []
        for named, person, bits, carried, hashed, name, email, external in users:
            account = account_of(carried)
            key = bits if account is None else bits | 0x40 | (account[1] & _FLAGS) << 8
            if carried in rivals:
                key |= 0x1000
            another = named not in (carried, NOBODY) and not (
                account is not None and hashed in (account[2], account[3])
            )
            if another:
                key |= 0x2000
            number, kept = known.get(key) or self._judge(key)
            if kept >= 0:
                claimed = NOBODY if kept == _BOT else carried
                found[BUCKETS + (person[0] >> 3)].append(pack(person, claimed, began, began, kept))
                if claimed != NOBODY:
                    found[claimed[0] >> 3].append(claimed + person)
            right = named if account is None or another else carried
            flags = 0
            if bits & SHAPE == BARE:
                if right == carried:
                    flags = 1
                else:
                    external = uuid_text(carried).encode()  # noqa: PLW2901
            packed = pack_listed(person, right, flags, name, email, external)
            # Behind what is ordered by, the person: it decides between those of one name.
            behind = b"\0" + person
            entries.append((number, _key(name) + behind, _key(email) + behind, packed))
        return entries

    def _judge(self, key: int) -> tuple[int, int]:
        """By all that decides, in one number: the class's number, and that of the identity's
        state; -1 for none."""
        bits, known = key & 0x3F, bool(key & 0x40)
        verdict = judge(
            bits,
            key >> 8 & _FLAGS if known else None,
            rivals=bool(key & 0x1000),
            another=bool(key & 0x2000),
            licensed=self._licensed,
        )
        state = _identity(verdict, bits, known=known)
        answer = (NUMBER[verdict], -1 if state is None else STATE_NUMBER[state])
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
