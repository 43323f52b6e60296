"""The steps after both directories were read: who is called what, who is whom, and in which class.

Each part is one hash, so that memory does not grow with the directory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import TypeVar

from shared.audit.cursor import State
from shared.audit.ports import Desk, Entry
from shared.core import times
from shared.core.audit import (
    AROUND,
    BARE,
    ENABLED,
    IS_GUEST,
    OFF,
    PERSON,
    SHAPE,
    Verdict,
    judge,
)
from shared.core.audit_codec import (
    NOBODY,
    NUMBER,
    SHARDS,
    Account,
    Met,
    everybody_once,
    meet,
    merge_accounts,
    pack_listed,
    pack_names,
    read_met,
    read_names,
    uuid_text,
)
from shared.core.identity import BUCKETS, STATE_NUMBER
from shared.core.model import IdentityState

Thing = TypeVar("Thing")
# So many people in one row of what a part leaves behind: it must not outgrow a row.
_A_ROW = 2_000
_ROWS_A_PART = 100_000
_IDENTITY = Struct(">16s16sIIB")
_VERDICTS = list(Verdict)


def name_accounts(desk: Desk, state: State) -> State:
    accounts = list(_accounts(desk, state, state.part).values())
    for number, some in _chunks(accounts, state.part):
        desk.staging.put("n", state.run, number, pack_names(some))
    return state.next_part(SHARDS, accounts=state.accounts + len(accounts))


def meet_names(desk: Desk, state: State) -> State:
    rows, part = desk.staging, state.part
    names = read_names(rows.shard("n", state.run, part), rows.shard("n", state.run, SHARDS + part))
    users = everybody_once(rows.shard("w", state.run, part))
    for number, some in _chunks(users, part):
        rows.put("m", state.run, number, meet(some, names))
    return state.next_part(SHARDS, seen=state.seen + len(users))


def judge_users(desk: Desk, state: State) -> State:
    accounts = _accounts(desk, state, state.part)
    met = read_met(desk.staging.shard("m", state.run, state.part))
    # Somebody whose name changed while the directory was read may stand in two hashes of it.
    users = list({user[1]: user for user in met}.values())
    claims = Counter(u[3] for u in users if u[2] & (PERSON | OFF) == PERSON)
    entries: list[Entry] = []
    numbers = Counter(state.counts)
    judged = _Judge(state, accounts, claims)
    for number, some in _chunks(users, state.part):
        entries += judged.all(some)
        desk.staging.put("i", state.run, number, judged.identities())
    desk.results.put_people(state.run, state.part, entries)
    numbers.update(_VERDICTS[number].value for number, *_ in entries)
    return state.next_part(SHARDS, counts=dict(numbers))


def fill_identities(desk: Desk, state: State) -> State:
    """First who claims what, so that dying in between leaves a claim too many, never one too
    few."""
    part = state.part
    packed = desk.staging.shard("i", state.run, part)
    if part < BUCKETS:
        desk.identities.fill_claims(part, packed)
        return state.next_part(2 * BUCKETS)
    began = state.began // times.SECOND
    changed = desk.identities.fill(part - BUCKETS, packed, began)
    return state.next_part(2 * BUCKETS, changed=state.changed + changed)


class _Judge:
    """The users of one hash: their classes, and what the rest of the product is told of them."""

    def __init__(
        self, state: State, accounts: dict[bytes, Account], claims: Counter[bytes]
    ) -> None:
        self._accounts = accounts
        self._claims = claims
        self._licensed = state.licensed
        self._began = state.began // times.SECOND
        self._known: dict[tuple[int, int, bool, bool], tuple[int, int]] = {}
        self._found: list[list[bytes]] = [[] for _ in range(2 * BUCKETS)]

    def identities(self) -> dict[int, bytes]:
        """By their buckets: claims, and behind them people; those since the last time."""
        found, self._found = self._found, [[] for _ in range(2 * BUCKETS)]
        return {number: b"".join(parts) for number, parts in enumerate(found) if parts}

    def all(self, users: Sequence[Met]) -> Iterator[Entry]:
        accounts, claims, found = self._accounts, self._claims, self._found
        pack, began = _IDENTITY.pack, self._began
        for named, person, bits, carried, name_hash, name, email, external in users:
            account = accounts.get(carried)
            own = account is not None and name_hash in (account[2], account[3])
            another = not own and named not in (NOBODY, carried)
            number, kept = self._judged(bits, account, claims[carried] > 1, another)
            if kept >= 0:
                found[BUCKETS + (person[0] >> 3)].append(pack(person, carried, began, began, kept))
                if carried != NOBODY:
                    found[carried[0] >> 3].append(carried + person)
            right = carried if account is not None and not another else named
            flags = 1 if bits & SHAPE == BARE and right == carried else 0
            shown = external
            if bits & SHAPE == BARE and not flags:
                shown = uuid_text(carried).encode()
            packed = pack_listed(person, right, flags, name, email, shown)
            yield number, _key(name), _key(email), packed

    def _judged(
        self, bits: int, account: Account | None, rivals: bool, another: bool
    ) -> tuple[int, int]:
        """The class's number, and that of the identity's state; -1 for none."""
        flags = account[1] & (ENABLED | IS_GUEST) if account else -1
        key = (bits, flags, rivals, another)
        answer = self._known.get(key)
        if answer is None:
            verdict = judge(
                bits,
                flags if account else None,
                rivals=rivals,
                another=another,
                licensed=self._licensed,
            )
            state = _identity(verdict, bits, known=account is not None)
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

    An account that nobody uses claims nothing. An object id that is another's is left to the look,
    which asks anew before it adds anybody.
    """
    if verdict in _STATES:
        return _STATES[verdict]
    if bits & OFF or bits & SHAPE not in (BARE, AROUND):
        return None
    if verdict is Verdict.WRONG_OBJECT_ID:
        return None if known else IdentityState.UNKNOWN_TO_TENANT
    return IdentityState.MAPPED


def _accounts(desk: Desk, state: State, shard: int) -> dict[bytes, Account]:
    rows, generation = desk.staging, state.generation
    return merge_accounts(
        rows.shard("e", generation, shard, state.base),
        rows.shard("d", generation, shard, state.changes),
    )


def _chunks(things: Sequence[Thing], part: int) -> Iterator[tuple[int, Sequence[Thing]]]:
    """Some at a time, with the number of the row that is theirs."""
    for number, first in enumerate(range(0, len(things), _A_ROW)):
        yield part * _ROWS_A_PART + number, things[first : first + _A_ROW]


def _key(text: bytes) -> bytes:
    return text.lower() if text.isascii() else text.decode(errors="replace").casefold().encode()
