"""The steps after both directories were read: who is called what, who is whom, and in which class.

Each part is one hash, so that memory does not grow with the directory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TypeVar

from shared.audit.cursor import State
from shared.audit.judging import Judge, claims_in
from shared.audit.ports import Desk, Entry
from shared.core import times
from shared.core.audit import MENDABLE, Verdict
from shared.core.audit_codec import (
    NUMBER,
    SHARDS,
    Account,
    everybody_once,
    may_be_set,
    meet,
    merge_accounts,
    pack_names,
    read_met,
    read_names,
)
from shared.core.identity import BUCKETS

Thing = TypeVar("Thing")
# So many people in one row of what a part leaves behind: it must not outgrow a row.
_A_ROW = 2_000
_ROWS_A_PART = 100_000
_BUCKETS_A_PART = 8
# Claims, people, and people again.
IDENTITY_PARTS = 3 * BUCKETS // _BUCKETS_A_PART
_VERDICTS = list(Verdict)
_MENDABLE = frozenset(NUMBER[verdict] for verdict in MENDABLE)


def name_accounts(desk: Desk, state: State) -> State:
    accounts = list(_accounts(desk, state, state.part).values())
    for number, some in _chunks(accounts, state.part):
        desk.staging.put("n", state.run, number, pack_names(some))
    return state.next_part(SHARDS, accounts=state.accounts + len(accounts))


def meet_names(desk: Desk, state: State) -> State:
    rows, part = desk.staging, state.part
    names = read_names(*rows.shards("n", state.run, (part, SHARDS + part)))
    users = everybody_once(rows.shards("w", state.run, (part,))[0])
    for number, some in _chunks(users, part):
        rows.put("m", state.run, number, meet(some, names))
    return state.next_part(SHARDS, seen=state.seen + len(users))


def judge_users(desk: Desk, state: State) -> State:
    accounts = _accounts(desk, state, state.part)
    users = list(read_met(desk.staging.shards("m", state.run, (state.part,))[0]))
    claims = claims_in(users)
    if claims.again:
        users = [user for number, user in enumerate(users) if number not in claims.again]
    judge = Judge(accounts, claims.rivals, state.began // times.SECOND, licensed=state.licensed)
    entries: list[Entry] = []
    for number, some in _chunks(users, state.part):
        entries += judge.all(some)
        desk.staging.put("i", state.run, number, judge.identities())
    desk.results.put_people(state.run, state.part, entries)
    numbers = Counter(state.counts)
    for number, count in Counter(map(itemgetter(0), entries)).items():
        numbers[_VERDICTS[number].value] += count
    mendable = sum(1 for n, *_, packed in entries if n in _MENDABLE and may_be_set(packed))
    return state.next_part(SHARDS, counts=dict(numbers), mendable=state.mendable + mendable)


def fill_identities(desk: Desk, state: State) -> State:
    """First who claims what, so that dying in between leaves a claim too many, never one too
    few. People twice: whoever was filled while somebody of a later bucket still carried the same
    object id is mapped the second time."""
    first = state.part * _BUCKETS_A_PART
    if first >= 2 * BUCKETS:
        first -= BUCKETS
    numbers = range(first, first + _BUCKETS_A_PART)
    packed = dict(zip(numbers, desk.staging.shards("i", state.run, numbers), strict=True))
    if first < BUCKETS:
        desk.identities.fill_claims(packed)
        return state.next_part(IDENTITY_PARTS)
    people = {number - BUCKETS: blobs for number, blobs in packed.items()}
    changed = desk.identities.fill(people, state.began // times.SECOND)
    return state.next_part(IDENTITY_PARTS, changed=state.changed + changed)


def _accounts(desk: Desk, state: State, shard: int) -> dict[bytes, Account]:
    rows, generation = desk.staging, state.generation
    return merge_accounts(
        rows.shards("e", generation, (shard,), state.base)[0],
        rows.shards("d", generation, (shard,), state.changes)[0],
    )


def _chunks(things: Sequence[Thing], part: int) -> Iterator[tuple[int, Sequence[Thing]]]:
    """Some at a time, with the number of the row that is theirs."""
    for number, first in enumerate(range(0, len(things), _A_ROW)):
        yield part * _ROWS_A_PART + number, things[first : first + _A_ROW]
