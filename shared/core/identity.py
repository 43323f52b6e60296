"""Persons and object ids: how long an answer is good for, who claims whom, and the packed rows.

Identities lie in 32 bucket rows a direction, by the first bits of the uuid: a few people cost a
point read each at most, 500 one question for the range of them.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from shared.core import times
from shared.core.ids import NIL, ObjectId, PersonId, one_uuid_inside, pack_uuid, unpack_uuid
from shared.core.model import Identity, IdentityState

BUCKETS = 32
# People of one group of whom it can be kept why they are not in the team; 17 bytes each.
OTHERS_MAX = 20_000
_RECORD = struct.Struct(">16s16sIIB")
# The same as the person, and all else.
_ONE = struct.Struct(">16s25s")
_CLAIM = struct.Struct(">16s16s")
_STATES = list(IdentityState)
STATE_NUMBER = {state: number for number, state in enumerate(_STATES)}
_MAPPED = STATE_NUMBER[IdentityState.MAPPED]
_HELD = bytes([STATE_NUMBER[IdentityState.CLAIMED_TWICE]])


@dataclass(frozen=True)
class Filled:
    """changed: how many people are others than before. held: somebody is not mapped since somebody
    else carries the same object id."""

    changed: int
    held: bool


def bucket(uuid: str) -> str:
    """The row of a uuid, two digits of text."""
    return f"{int(uuid[:2], 16) * BUCKETS // 256:02d}"


def from_external_id(person: PersonId, external_id: str | None, now: int) -> Identity:
    """What Webex's directory says of a person. `now` in seconds."""
    if not external_id or not external_id.strip():
        return Identity(person, None, IdentityState.NO_OBJECT_ID, now, now)
    found = one_uuid_inside(external_id)
    if found is None:
        return Identity(person, None, IdentityState.NOT_A_GUID, now, now)
    return Identity(person, ObjectId(found), IdentityState.MAPPED, now, now)


def is_fresh(identity: Identity, now: int, *, for_add: bool) -> bool:
    """Whether the kept answer may be used. `now` in seconds.

    A mapping is used as long as it stands, but looked up again before an add when it is older than
    a week. A negative answer is good for an hour on its first day, then for a day.
    """
    age = (now - identity.checked) * times.SECOND
    if identity.state is IdentityState.MAPPED:
        return not for_add or age <= times.IDENTITY_FRESH
    first_day = (identity.checked - identity.since) * times.SECOND < times.DAY
    return age <= (times.NEGATIVE_FRESH_FIRST_DAY if first_day else times.NEGATIVE_FRESH)


def keep_since(before: Identity | None, now: Identity) -> Identity:
    """The new answer, with the old one's beginning where it says the same.

    The directory does not know what the tenant refused: the same object id again is no news. Nor
    does it know whose name is whose: only another object id, or the next audit, ends that.
    """
    if before is None or before.object != now.object:
        return now
    if before.state is IdentityState.NAME_DIFFERS and now.state is IdentityState.MAPPED:
        return replace(now, state=before.state, since=before.since)
    refused = before.state is IdentityState.UNKNOWN_TO_TENANT and now.object is not None
    if refused or before.state is now.state:
        return replace(now, since=before.since)
    return now


def mark_claims(
    identities: Iterable[Identity], claims: Mapping[ObjectId, frozenset[PersonId]]
) -> tuple[list[Identity], set[PersonId]]:
    """Mark who claims an object id that another person claims too.

    `claims` is what the rows say: object id to everybody who carries it. Returns the identities to
    keep, and the other claimants, who must be marked as well: neither is added.
    """
    identities = list(identities)
    everybody = {o: set(people) for o, people in claims.items()}
    for identity in identities:
        if identity.object:
            everybody.setdefault(identity.object, set()).add(identity.person)
    marked: list[Identity] = []
    others: set[PersonId] = set()
    for identity in identities:
        rivals = everybody[identity.object] - {identity.person} if identity.object else set()
        others |= rivals
        state = IdentityState.CLAIMED_TWICE if rivals else identity.state
        marked.append(replace(identity, state=state))
    return marked, others - {i.person for i in identities}


def pack(identities: Iterable[Identity]) -> bytes:
    return b"".join(
        _RECORD.pack(
            pack_uuid(i.person),
            pack_uuid(i.object or NIL),
            i.checked,
            i.since,
            _STATES.index(i.state),
        )
        for i in identities
    )


def picked(packed: bytes, people: Iterable[PersonId]) -> dict[PersonId, Identity]:
    """Of a bucket these people alone: it may hold thousands, and to unpack them is dear."""
    found: list[bytes] = []
    for person in people:
        at = _place(packed, pack_uuid(person))
        if at >= 0:
            found.append(packed[at : at + _RECORD.size])
    return unpack(b"".join(found))


def put_in(packed: bytes, identities: Iterable[Identity]) -> bytes:
    """A bucket with these people in place of what it said of them; all others as they are."""
    after = bytearray(packed)
    for identity in identities:
        record = pack([identity])
        at = _place(after, record[:16])
        if at < 0:
            after += record
        else:
            after[at : at + _RECORD.size] = record
    return bytes(after)


def _place(packed: bytes | bytearray, person: bytes) -> int:
    """Where somebody's record begins, -1 for nowhere. The same bytes may stand within others."""
    at = packed.find(person)
    while at % _RECORD.size and at >= 0:
        at = packed.find(person, at + 1)
    return at


def unpack(packed: bytes) -> dict[PersonId, Identity]:
    """Without those whose state only another version knows: they are asked about anew."""
    result: dict[PersonId, Identity] = {}
    for person, object_id, checked, since, state in _RECORD.iter_unpack(packed):
        if state >= len(_STATES):
            continue
        uuid = PersonId(unpack_uuid(person))
        found = unpack_uuid(object_id)
        known = None if found == NIL else ObjectId(found)
        result[uuid] = Identity(uuid, known, _STATES[state], checked, since)
    return result


def merge_people(
    packed: bytes, found: Iterable[bytes], began: int, twice: Set[bytes] = frozenset()
) -> tuple[bytes, list[bytes]]:
    """One bucket's people with what the directory's audit found of them, records as above.

    Answers the bytes to keep, and the records of those who are others than before, as they were.
    Whoever was asked about after the audit `began` (seconds) is known better already. twice: people
    whose object id is claimed by somebody whom the audit does not know: they are not mapped.
    """
    records: dict[bytes, bytes] = dict(_ONE.iter_unpack(packed))
    before: list[bytes] = []
    newest = began.to_bytes(4)
    for blob in found:
        some: dict[bytes, bytes] = dict(_ONE.iter_unpack(blob))
        if not records and not twice and len(some) * _ONE.size == len(blob):
            records = some
            continue
        for person, record in _ONE.iter_unpack(blob):
            if record[24] == _MAPPED and person in twice:
                record = record[:24] + _HELD  # noqa: PLW2901
            old = records.get(person)
            if old is not None:
                if old[16:20] > newest:
                    continue
                if old[:16] == record[:16] and old[24] == record[24]:
                    record = record[:20] + old[20:24] + record[24:]  # noqa: PLW2901
                else:
                    before.append(person + old)
            records[person] = record
    return b"".join(chain.from_iterable(records.items())), before


def contested(packed: bytes) -> dict[bytes, set[bytes]]:
    """Who claims object ids that several people claim, in one bucket's claims: pairs in order."""
    pairs = list(_CLAIM.iter_unpack(packed))
    found: dict[bytes, set[bytes]] = {}
    if len(dict(pairs)) == len(pairs):
        return found
    for one, following in pairwise(pairs):
        if one[0] == following[0]:
            found.setdefault(one[0], set()).update((one[1], following[1]))
    return found


def mapped_to(found: Iterable[bytes], objects: Collection[bytes]) -> list[Identity]:
    """Of the records those who are mapped to one of these object ids."""
    if not objects:
        return []
    return [
        identity
        for blob in found
        for record in _RECORD.iter_unpack(blob)
        if record[4] == _MAPPED and record[1] in objects
        for identity in unpack(_RECORD.pack(*record)).values()
    ]


def claims_of(records: Iterable[bytes]) -> list[tuple[ObjectId, PersonId]]:
    """Who claimed what, by such records."""
    found = (identity for record in records for identity in unpack(record).values())
    return [(i.object, i.person) for i in found if i.object]


def merge_claims(packed: bytes, found: Iterable[bytes]) -> bytes:
    """One bucket's claims, pairs of 32 bytes, with those that were found besides."""
    pairs = {blob[at : at + 32] for blob in (packed, *found) for at in range(0, len(blob), 32)}
    return b"".join(sorted(pairs))
