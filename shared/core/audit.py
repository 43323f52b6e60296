"""The directory's audit, pure: which class a Webex user is in, and what a run comes to.

Every user of Webex's directory is in exactly one class: the first thing that has to be mended, or
`matched`. See docs/decisions/0021-the-audit.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.core.ids import NIL, one_uuid_inside, parse_uuid


class Verdict(StrEnum):
    """The classes. The values are codes: rows keep them, `core.audit_words` tells them."""

    MATCHED = "matched"
    PREFIXED = "prefixed"
    WRONG_OBJECT_ID = "wrong_object_id"
    DUPLICATE = "duplicate"
    MISSING = "missing"
    NOT_A_GUID = "not_a_guid"
    NOT_IN_TENANT = "not_in_tenant"
    DISABLED = "disabled"
    GUEST = "guest"
    NOT_ACTIVE = "not_active"
    NO_MESSAGING = "no_messaging"
    NOT_A_PERSON = "not_a_person"


# What is known of a Webex user, as bits: cheap to keep and to judge, a hundred thousand times.
PERSON = 1
OFF = 2  # switched off: neither active nor on the way to it
PENDING = 4  # has not signed in yet
MESSAGING = 8  # shows the messaging licence
# How the External ID reads: nothing, an object id, one with text around it, anything else.
SHAPE = 0x30
NOTHING, BARE, AROUND, UNREADABLE = 0x00, 0x10, 0x20, 0x30

# What is known of an account in Entra.
ENABLED = 1
IS_GUEST = 2


def judge(
    user: int, account: int | None, *, rivals: bool, another: bool, licensed: bool
) -> Verdict:
    """The class of a Webex user.

    user: bits of the above. account: bits of the account whose object id the user carries, None
    where the tenant knows none. rivals: somebody else carries it, too. another: the user's own name
    is that of another account. licensed: whether a messaging licence can be told at all.
    """
    early = _by_user(user)
    if early is not None:
        return early
    if rivals:
        return Verdict.DUPLICATE
    if another:
        return Verdict.WRONG_OBJECT_ID
    if account is None:
        return Verdict.NOT_IN_TENANT
    return _known(user, account, licensed=licensed)


def _by_user(user: int) -> Verdict | None:
    """What no account can change: None where the tenant decides."""
    if not user & PERSON:
        return Verdict.NOT_A_PERSON
    if user & OFF:
        return Verdict.NOT_ACTIVE
    return _BY_SHAPE.get(user & SHAPE)


_BY_SHAPE = {NOTHING: Verdict.MISSING, UNREADABLE: Verdict.NOT_A_GUID}


def _known(user: int, account: int, *, licensed: bool) -> Verdict:
    """Of somebody whose object id is an account's, and nobody else's."""
    if account & IS_GUEST:
        return Verdict.GUEST
    if not account & ENABLED:
        return Verdict.DISABLED
    if user & SHAPE == AROUND:
        return Verdict.PREFIXED
    if user & PENDING:
        return Verdict.NOT_ACTIVE
    if licensed and not user & MESSAGING:
        return Verdict.NO_MESSAGING
    return Verdict.MATCHED


_NIL = bytes(16)
_DASHES = "----"


def read_external_id(text: str) -> tuple[int, bytes]:
    """How an External ID reads, and the object id in it: 16 bytes, zeroes for none."""
    # The usual one first: to read it takes a quarter of a microsecond.
    if len(text) == 36 and text[8:24:5] == _DASHES:
        try:
            found = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            found = b""
        if len(found) == 16 and found != _NIL:
            return BARE, found
    if not text.strip():
        return NOTHING, _NIL
    whole = parse_uuid(text)
    inside = one_uuid_inside(text)
    if inside is None or whole == NIL:
        return UNREADABLE, _NIL
    return (BARE if whole else AROUND), bytes.fromhex(inside.replace("-", ""))


class Outcome(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    STOPPED = "stopped"  # by an administrator; it can be resumed
    COMPLETE = "complete"
    FAILED = "failed"  # a person has to act; the reason says on what


@dataclass(frozen=True)
class Run:
    """A run of the audit, as it ended. Times in milliseconds.

    counts: by class. users, accounts: how many were read on the two sides. unread: by how many
    Webex's own total differs from what was read. licensed: whether the class `no_messaging` could
    be told. whole: Microsoft's side was read in full. reason: a code of `core.reasons`, "" for
    none. requests: to Webex and to Microsoft. changed: identities that are others than before.
    mendable: whom setting External ID would mend. tenant: that they were set against.
    """

    id: str
    began: int
    ended: int
    outcome: Outcome
    counts: Mapping[Verdict, int] = field(default_factory=dict)
    users: int = 0
    accounts: int = 0
    unread: int = 0
    licensed: bool = False
    whole: bool = False
    reason: str = ""
    requests_webex: int = 0
    requests_microsoft: int = 0
    changed: int = 0
    mendable: int = 0
    tenant: str = ""

    @property
    def people(self) -> int:
        """Everybody who could be matched."""
        return sum(n for v, n in self.counts.items() if v not in _NOBODY)

    @property
    def matched(self) -> int:
        """Whom groups get: a label around the id is understood."""
        return sum(self.counts.get(v, 0) for v in _SERVED)

    @property
    def rate(self) -> float:
        """Matched of all people, 0 to 1; 1 where there is nobody."""
        return self.matched / self.people if self.people else 1.0


# What can be mended by setting External ID, where it is known to what.
MENDABLE = (Verdict.PREFIXED, Verdict.MISSING, Verdict.WRONG_OBJECT_ID)
_SERVED = (Verdict.MATCHED, Verdict.PREFIXED)
# Whom nobody would put into a group: machines, and accounts that nobody uses.
_NOBODY = frozenset({Verdict.NOT_A_PERSON, Verdict.NOT_ACTIVE})


@dataclass(frozen=True)
class Progress:
    """A run that is under way, or was stopped and can go on.

    step: see docs/decisions/0021. done, total: units of the step: users, or parts. pace: users a
    minute since it began, 0 where that is not known yet. waits_until: a provider said to stay away.
    """

    run: str
    outcome: Outcome
    step: str
    done: int
    total: int
    began: int
    pace: int = 0
    waits_until: int = 0
    users: int = 0
    users_total: int = 0


@dataclass(frozen=True)
class Listed:
    """One Webex user in a list. person: uuid. external_id: as it stands in Webex, cut when long.

    object_id: what it should be, as far as it is known: of the account that the id or the name is
    of; "" for unknown.
    """

    person: str
    verdict: Verdict
    name: str
    email: str
    external_id: str
    object_id: str


@dataclass(frozen=True)
class People:
    """A page of a list. after: what to ask the next one with, "" for none."""

    people: tuple[Listed, ...]
    after: str = ""


@dataclass(frozen=True)
class Status:
    """What the page shows above the lists. Times in milliseconds.

    progress: of a run that is under way or was stopped, None for none. runs: those that ended, the
    newest first. next_at: when the next one begins by itself; None while one is under way, or where
    none can begin. waits: a code of `core.reasons` for why none can, "" where one can.
    """

    progress: Progress | None
    runs: tuple[Run, ...] = ()
    next_at: int | None = None
    waits: str = ""

    @property
    def latest(self) -> Run | None:
        """The last complete run: the one whose people can be listed."""
        return next((run for run in self.runs if run.outcome is Outcome.COMPLETE), None)
