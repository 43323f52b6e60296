"""The steps after both directories were read: who is called what, who is whom, and in which class.

Each hash by itself, so that memory hardly grows with the directory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TypeVar

from shared.audit.cursor import State
from shared.audit.judging import Judge, claims_in, left_out
from shared.audit.ports import Desk, Entry
from shared.core import times
from shared.core.audit import Verdict
from shared.core.audit_codec import (
    ANSWER,
    LISTS,
    SHARDS,
    Account,
    Users,
    answer,
    merge_accounts,
    pack_names,
    read_answers,
    read_names,
    read_users,
)
from shared.core.identity import BUCKETS

Thing = TypeVar("Thing")
# So many people in one row of what a part leaves behind, about a hundred bytes each at the most: it
# must not outgrow a row.
_A_ROW = 6_000
_ROWS_A_HASH = 100_000
PARTS = LISTS
_HASHES_A_PART = SHARDS // LISTS
_BUCKETS_A_PART = 4
# Claims, people, and people again.
IDENTITY_PARTS = 3 * BUCKETS // _BUCKETS_A_PART
_VERDICTS = list(Verdict)


def name_accounts(desk: Desk, state: State) -> State:
    counted = state.accounts
    for shard, accounts in zip(_hashes(state), _accounts(desk, state), strict=True):
        everybody = list(accounts.values())
        for number, some in _chunks(everybody, shard):
            desk.staging.put("n", state.run, number, pack_names(some))
        counted += len(everybody)
    return state.next_part(PARTS, accounts=counted)


def meet_names(desk: Desk, state: State) -> State:
    rows, hashes = desk.staging, _hashes(state)
    behind = [SHARDS + shard for shard in hashes]
    named = rows.shards("n", state.run, [*hashes, *behind])
    asked = rows.shards("w", state.run, behind)
    for place, shard in enumerate(hashes):
        names = read_names(named[place], named[len(hashes) + place])
        for number, some in _cut(answer(asked[place], names), shard):
            rows.put("m", state.run, number, some)
    return state.next_part(PARTS)


def judge_users(desk: Desk, state: State) -> State:
    hashes, rows = _hashes(state), desk.staging
    answers = rows.shards("m", state.run, hashes)
    entries: list[Entry] = []
    mendable = state.mendable
    for place, accounts in enumerate(_accounts(desk, state)):
        judge = Judge(accounts, state.began // times.SECOND, licensed=state.licensed)
        # These by themselves: they are most of what is read.
        [packed] = rows.shards("w", state.run, [hashes[place]])
        users = [read_users(blob) for blob in packed]
        del packed
        known = read_answers(answers[place])
        entries += _judge_hash(desk, state, hashes[place], judge, users, known)
        mendable += judge.mendable
    numbers = Counter(state.counts)
    for number, count in Counter(map(itemgetter(0), entries)).items():
        numbers[_VERDICTS[number].value] += count
    desk.results.put_people(state.run, state.part, entries)
    return state.next_part(
        PARTS, counts=dict(numbers), mendable=mendable, seen=state.seen + len(entries)
    )


def _judge_hash(
    desk: Desk,
    state: State,
    shard: int,
    judge: Judge,
    users: Sequence[Users],
    answers: dict[bytes, bytes],
) -> list[Entry]:
    rivals, again = claims_in(users, answers)
    users = left_out(users, again)
    entries: list[Entry] = []
    number, put = shard * _ROWS_A_HASH, 0
    for nth, some in enumerate(users, 1):
        entries += judge.all(some, answers, rivals)
        if len(entries) - put >= _A_ROW or nth == len(users):
            desk.staging.put("i", state.run, number, judge.identities())
            number, put = number + 1, len(entries)
    return entries


def fill_identities(desk: Desk, state: State) -> State:
    """First who claims what, so that dying in between leaves a claim too many, never one too
    few. People twice where somebody was held back: whoever was filled while somebody of a later
    bucket still carried the same object id is mapped the second time."""
    first = state.part * _BUCKETS_A_PART
    if first >= 2 * BUCKETS:
        first -= BUCKETS
    numbers = range(first, first + _BUCKETS_A_PART)
    packed = dict(zip(numbers, desk.staging.shards("i", state.run, numbers), strict=True))
    if first < BUCKETS:
        desk.identities.fill_claims(packed)
        return state.next_part(IDENTITY_PARTS)
    people = {number - BUCKETS: blobs for number, blobs in packed.items()}
    filled = desk.identities.fill(people, state.began // times.SECOND)
    held = state.held or filled.held
    parts = IDENTITY_PARTS if held else IDENTITY_PARTS * 2 // 3
    return state.next_part(parts, changed=state.changed + filled.changed, held=held)


def _hashes(state: State) -> range:
    """Those of this part. Their bytes are read together, and unpacked one after the other."""
    first = state.part * _HASHES_A_PART
    return range(first, first + _HASHES_A_PART)


def _accounts(desk: Desk, state: State) -> Iterator[dict[bytes, Account]]:
    """The accounts of each hash of this part."""
    rows, hashes = desk.staging, _hashes(state)
    whole = rows.shards("e", state.generation, hashes, state.base)
    changes = rows.shards("d", state.generation, hashes, state.changes)
    for place, blobs in enumerate(whole):
        yield merge_accounts(blobs, changes[place])
        whole[place], changes[place] = [], []


def _cut(answers: dict[int, bytes], shard: int) -> Iterator[tuple[int, dict[int, bytes]]]:
    """As many of each hash as go into a row, with the number of the row."""
    size = _A_ROW // SHARDS * ANSWER
    longest = max(map(len, answers.values()), default=0)
    for number, first in enumerate(range(0, longest, size)):
        cut = {of: blob[first : first + size] for of, blob in answers.items()}
        yield shard * _ROWS_A_HASH + number, {of: blob for of, blob in cut.items() if blob}


def _chunks(things: Sequence[Thing], shard: int) -> Iterator[tuple[int, Sequence[Thing]]]:
    """Some at a time, with the number of the row that is theirs."""
    for number, first in enumerate(range(0, len(things), _A_ROW)):
        yield shard * _ROWS_A_HASH + number, things[first : first + _A_ROW]
