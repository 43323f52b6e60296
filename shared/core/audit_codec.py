"""The packed bytes of the directory's audit: users, accounts, names, and people for the lists.

Tuples and bytes instead of dataclasses: all of it is done a hundred thousand times in a run.
Object ids and persons are 16 bytes, zeroes for none; names stand by 8 bytes of a hash.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from hashlib import blake2b
from struct import Struct

from shared.core.audit import BARE, ENABLED, IS_GUEST, SHAPE, Listed, Verdict
from shared.core.ids import unpack_uuid

# By a hash of so many all work is cut: as much as is unpacked at once.
SHARDS = 64
# In so many parts lists are sorted, each of as many hashes.
LISTS = 16
NOBODY = bytes(16)
NO_NAME = bytes(8)
# Texts are cut: a page of a thousand users must fit into one row.
LONGEST = 160

# person, bits, object id, hash of the name, name, address, External ID where it is no bare id.
User = tuple[bytes, int, bytes, bytes, bytes, bytes, bytes]
# object id, bits, hash of the principal name, hash of the mail address.
Account = tuple[bytes, int, bytes, bytes]

# Of an account, beside core.audit's bits: it is gone, and what a change tells of it.
REMOVED = 4
TOLD_ENABLED, TOLD_TYPE, TOLD_PRINCIPAL, TOLD_MAIL = 0x10, 0x20, 0x40, 0x80
TOLD = TOLD_ENABLED | TOLD_TYPE | TOLD_PRINCIPAL | TOLD_MAIL

# What a user is judged by, and the lengths of the texts that stand behind all of them.
_USER = Struct(">16sB16s8sBBB")
_COUNT = Struct(">I")
_LENGTHS = Struct(">BBBB")
_ASKED = Struct(">8s16s16s")
_ANSWERED = Struct(">24s16s")
_ACCOUNT = Struct(">16sB8s8s")
_NAME = Struct(">8s16s")
_LISTED = Struct(">16s16sBBBB")
# How far the texts of somebody in a list stand behind the head, and behind the lengths.
TEXTS = _LENGTHS.size
_VERDICTS = list(Verdict)
NUMBER = {verdict: number for number, verdict in enumerate(_VERDICTS)}


def name_hash(text: str) -> bytes:
    """8 bytes for a name in whatever case it is written; zeroes for none."""
    if not text:
        return NO_NAME
    folded = text.lower() if text.isascii() else text.casefold()
    return blake2b(folded.encode(errors="replace"), digest_size=8).digest()


def clipped(text: str) -> bytes:
    """A text in UTF-8, cut between two letters."""
    raw = text.encode(errors="replace")
    if len(raw) <= LONGEST:
        return raw
    return raw[:LONGEST].decode(errors="ignore").encode()


def name_clipped(text: str) -> tuple[bytes, bytes]:
    """Both of these: the hash of a name, and the name as it is kept."""
    if text.isascii() and 0 < len(text) <= LONGEST:
        raw = text.encode()
        return blake2b(raw.lower(), digest_size=8).digest(), raw
    return name_hash(text), clipped(text)


def uuid_text(raw: bytes) -> str:
    """A uuid as people write it; "" for none."""
    if raw == NOBODY:
        return ""
    return unpack_uuid(raw)


def uuid_bytes(text: object) -> bytes | None:
    """None for what is no uuid, or the nil one."""
    try:
        raw = bytes.fromhex(text.replace("-", ""))  # type: ignore[attr-defined]
    except (ValueError, AttributeError):
        return None
    return raw if len(raw) == 16 and raw != NOBODY else None


def pack_users(users: Iterable[User]) -> dict[int, bytes]:
    """By the object id that they carry, and behind that (SHARDS further) what each is called, by
    the hash of the name. Whoever has none of it goes by the person."""
    heads: list[list[bytes]] = [[] for _ in range(SHARDS)]
    texts: list[list[bytes]] = [[] for _ in range(SHARDS)]
    asked: list[list[bytes]] = [[] for _ in range(SHARDS)]
    head, lengths = _USER.pack, _LENGTHS.pack
    for person, bits, carried, named, name, email, external in users:
        shard = (carried if carried != NOBODY else person)[15] % SHARDS
        n, e, x = len(name), len(email), len(external)
        heads[shard].append(head(person, bits, carried, named, n, e, x))
        texts[shard].append(lengths(bits & SHAPE == BARE, n, e, x) + name + email + external)
        asked[(named[7] if named != NO_NAME else person[15]) % SHARDS].append(
            named + person + carried
        )
    packed = {
        shard: _COUNT.pack(len(some)) + b"".join(some) + b"".join(texts[shard])
        for shard, some in enumerate(heads)
        if some
    }
    return packed | {SHARDS + shard: blob for shard, blob in _joined(asked).items()}


def pack_accounts(accounts: Iterable[Account]) -> dict[int, bytes]:
    """By the object id."""
    pieces: list[list[bytes]] = [[] for _ in range(SHARDS)]
    pack = _ACCOUNT.pack
    for account in accounts:
        pieces[account[0][15] % SHARDS].append(pack(*account))
    return _joined(pieces)


def merge_accounts(whole: Iterable[bytes], changes: Iterable[bytes]) -> dict[bytes, Account]:
    """One hash's accounts by object id: all of them as they were read, and what changed since.

    A change may tell of one property alone.
    """
    accounts: dict[bytes, Account] = {}
    for blob in whole:
        accounts.update((account[0], account) for account in _ACCOUNT.iter_unpack(blob))
    for blob in changes:
        for change in _ACCOUNT.iter_unpack(blob):
            if change[1] & REMOVED:
                accounts.pop(change[0], None)
            else:
                accounts[change[0]] = _changed(accounts.get(change[0]), change)
    return accounts


def _changed(before: Account | None, change: Account) -> Account:
    object_id, bits, principal, mail = change
    if before is None or bits & TOLD == TOLD:
        return change
    mask = (ENABLED if bits & TOLD_ENABLED else 0) | (IS_GUEST if bits & TOLD_TYPE else 0)
    return (
        object_id,
        (before[1] & ~mask) | (bits & (mask | TOLD)),
        principal if bits & TOLD_PRINCIPAL else before[2],
        mail if bits & TOLD_MAIL else before[3],
    )


def pack_names(accounts: Iterable[Account]) -> dict[int, bytes]:
    """Who is called what, by the hash of the name: mail addresses, and behind them (SHARDS further)
    principal names. What a guest or a disabled account is called is nobody's name."""
    pieces: list[list[bytes]] = [[] for _ in range(2 * SHARDS)]
    for object_id, bits, principal, mail in accounts:
        whose = object_id if bits & _COUNTS == ENABLED else NOBODY
        if principal != NO_NAME:
            pieces[SHARDS + principal[7] % SHARDS].append(principal + whose)
        if mail != principal and mail != NO_NAME:  # noqa: PLR1714  # no tuple, for speed
            pieces[mail[7] % SHARDS].append(mail + whose)
    return _joined(pieces)


_COUNTS = ENABLED | IS_GUEST


def read_names(mails: Iterable[bytes], principals: Iterable[bytes]) -> dict[bytes, bytes]:
    """Object ids by the hash of a name; nobody's where two are called so. A principal name goes
    before somebody else's mail address."""
    return _holders(mails) | _holders(principals)


def _holders(blobs: Iterable[bytes]) -> dict[bytes, bytes]:
    names: dict[bytes, bytes] = {}
    for blob in blobs:
        some: dict[bytes, bytes] = dict(_NAME.iter_unpack(blob))
        several = len(some) * _NAME.size < len(blob) or not names.keys().isdisjoint(some)
        if not several:
            names |= some
            continue
        for name, whose in _NAME.iter_unpack(blob):
            if names.setdefault(name, whose) != whose:
                names[name] = NOBODY
    return names


# person, bits, object id, hash of the name, lengths of name, address and External ID.
Head = tuple[bytes, int, bytes, bytes, int, int, int]


# Some users, and their texts one after the other, each behind TEXTS bytes: see `read_listed`.
Users = tuple[list[Head], bytes]


def read_users(blob: bytes) -> Users:
    """The users of one hash in a page."""
    (count,) = _COUNT.unpack_from(blob)
    first = _COUNT.size
    behind = first + count * _USER.size
    return list(_USER.iter_unpack(blob[first:behind])), blob[behind:]


def without(users: Users, places: Container[int]) -> Users:
    """Users without those who stand at some places."""
    heads, texts = users
    kept: list[Head] = []
    said: list[bytes] = []
    at = 0
    for place, head in enumerate(heads):
        after = at + TEXTS + sum(head[4:])
        if place not in places:
            kept.append(head)
            said.append(texts[at:after])
        at = after
    return kept, b"".join(said)


# Who stands in the pages once more, with another object id: the later one counts.
GONE = b"\xff" * 16
ANSWER = _ANSWERED.size


def answer(asked: Iterable[bytes], names: Mapping[bytes, bytes]) -> dict[int, bytes]:
    """Whose name is another account's than that of the object id they carry, by that id: the person
    and the hash of the name, and the account; GONE for who is to be left out there."""
    users: list[tuple[bytes, bytes, bytes]] = [
        user for blob in asked for user in _ASKED.iter_unpack(blob)
    ]
    pieces: list[list[bytes]] = [[] for _ in range(SHARDS)]
    latest = {person: place for place, (_, person, _) in enumerate(users)}
    if len(latest) < len(users):
        for named, person, carried in users:
            last = users[latest[person]][2]
            if _shard(carried, person) != _shard(last, person):
                pieces[_shard(carried, person)].append(person + named + GONE)
        users = [users[place] for place in sorted(latest.values())]
    find = names.get
    for named, person, carried in users:
        found = find(named, NOBODY)
        if found not in (carried, NOBODY):
            pieces[_shard(carried, person)].append(person + named + found)
    return _joined(pieces)


def _shard(carried: bytes, person: bytes) -> int:
    return (carried if carried != NOBODY else person)[15] % SHARDS


def read_answers(blobs: Iterable[bytes]) -> dict[bytes, bytes]:
    """By the person and the hash of the name, 24 bytes."""
    answers: dict[bytes, bytes] = {}
    for blob in blobs:
        answers.update(_ANSWERED.iter_unpack(blob))
    return answers


def pack_texts(bare: bool, name: bytes, email: bytes, external: bytes) -> bytes:
    """What stands of somebody in a list behind the person and the right object id. bare: External
    ID is that very object id."""
    head = _LENGTHS.pack(bare, len(name), len(email), len(external))
    return head + name + email + external


def read_listed(blob: bytes, verdict: Verdict) -> Iterator[Listed]:
    """The people of a piece of a list."""
    at, end = 0, len(blob)
    while at < end:
        person, right, flags, name, email, external = _LISTED.unpack_from(blob, at)
        first = at + _LISTED.size
        second, third = first + name, first + name + email
        after = third + external
        bare = uuid_text(right) if flags & 1 else blob[third:after].decode(errors="replace")
        yield Listed(
            uuid_text(person),
            verdict,
            blob[first:second].decode(errors="replace"),
            blob[second:third].decode(errors="replace"),
            bare,
            uuid_text(right),
        )
        at = after


def sort_key(text: str) -> bytes:
    """What lists are ordered and searched by: the same for any case of letters."""
    return text.casefold().encode(errors="replace")


def _joined(pieces: list[list[bytes]]) -> dict[int, bytes]:
    return {shard: b"".join(parts) for shard, parts in enumerate(pieces) if parts}
