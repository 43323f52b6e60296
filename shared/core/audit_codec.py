"""The packed bytes of the directory's audit: users, accounts, names, and people for the lists.

Tuples and bytes instead of dataclasses: all of it is done a hundred thousand times in a run.
Object ids and persons are 16 bytes, zeroes for none; names stand by 8 bytes of a hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from struct import Struct

from shared.core.audit import ENABLED, IS_GUEST, Listed, Verdict

SHARDS = 16
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

_USER = Struct(">16sB16s8sBBB")
_ACCOUNT = Struct(">16sB8s8s")
_NAME = Struct(">8s16s")
_LISTED = Struct(">16s16sBBBB")
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


def uuid_text(raw: bytes) -> str:
    """A uuid as people write it; "" for none."""
    if raw == NOBODY:
        return ""
    digits = raw.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)


def uuid_bytes(text: object) -> bytes | None:
    """None for what is no uuid, or the nil one."""
    try:
        raw = bytes.fromhex(text.replace("-", ""))  # type: ignore[attr-defined]
    except (ValueError, AttributeError):
        return None
    return raw if len(raw) == 16 and raw != NOBODY else None


def pack_users(users: Iterable[User]) -> dict[int, bytes]:
    """By the hash of the user's name. Whoever has none goes by the person."""
    pieces: list[list[bytes]] = [[] for _ in range(SHARDS)]
    pack = _USER.pack
    for person, bits, object_id, named, name, email, external in users:
        shard = (named[7] if named != NO_NAME else person[15]) % SHARDS
        head = pack(person, bits, object_id, named, len(name), len(email), len(external))
        pieces[shard].append(head + name + email + external)
    return _joined(pieces)


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
    pack = _NAME.pack
    for object_id, bits, principal, mail in accounts:
        whose = object_id if bits & (ENABLED | IS_GUEST) == ENABLED else NOBODY
        if principal != NO_NAME:
            pieces[SHARDS + principal[7] % SHARDS].append(pack(principal, whose))
        if mail not in (NO_NAME, principal):
            pieces[mail[7] % SHARDS].append(pack(mail, whose))
    return _joined(pieces)


def read_names(mails: Iterable[bytes], principals: Iterable[bytes]) -> dict[bytes, bytes]:
    """Object ids by the hash of a name; nobody's where two are called so. A principal name goes
    before somebody else's mail address."""
    return _holders(mails) | _holders(principals)


def _holders(blobs: Iterable[bytes]) -> dict[bytes, bytes]:
    names: dict[bytes, bytes] = {}
    for blob in blobs:
        for name, whose in _NAME.iter_unpack(blob):
            if names.setdefault(name, whose) != whose:
                names[name] = NOBODY
    return names


def everybody_once(blobs: Iterable[bytes]) -> list[bytes]:
    """The users of one hash, packed. Who stands in the pages twice counts by the later one."""
    latest: dict[bytes, bytes] = {}
    for blob in blobs:
        at, end = 0, len(blob)
        while at < end:
            head = at + _USER.size
            after = head + blob[head - 3] + blob[head - 2] + blob[head - 1]
            latest[blob[at : at + 16]] = blob[at:after]
            at = after
    return list(latest.values())


def meet(users: Iterable[bytes], names: Mapping[bytes, bytes]) -> dict[int, bytes]:
    """Each user behind the object id whose name theirs is, by the object id that they carry."""
    pieces: list[list[bytes]] = [[] for _ in range(SHARDS)]
    find = names.get
    for user in users:
        carried = user[17:33]
        shard = (carried[15] if carried != NOBODY else user[15]) % SHARDS
        pieces[shard].append(find(user[33:41], NOBODY) + user)
    return _joined(pieces)


# Whose name the user's is (an object id), before the user as above.
Met = tuple[bytes, bytes, int, bytes, bytes, bytes, bytes, bytes]


def read_met(blobs: Iterable[bytes]) -> Iterator[Met]:
    unpack = _USER.unpack_from
    for blob in blobs:
        at, end = 0, len(blob)
        while at < end:
            person, bits, carried, named, name, email, external = unpack(blob, at + 16)
            first = at + 16 + _USER.size
            second = first + name
            third = second + email
            after = third + external
            yield (
                blob[at : at + 16],
                person,
                bits,
                carried,
                named,
                blob[first:second],
                blob[second:third],
                blob[third:after],
            )
            at = after


def pack_listed(
    person: bytes, right: bytes, flags: int, name: bytes, email: bytes, external: bytes
) -> bytes:
    """Somebody in a list. flags: 1 where External ID is that very object id, bare."""
    head = _LISTED.pack(person, right, flags, len(name), len(email), len(external))
    return head + name + email + external


def may_be_set(packed: bytes) -> bool:
    """Whether it is known which object id is the right one."""
    return packed[16:32] != NOBODY


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
