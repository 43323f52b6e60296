"""What the directory's audit needs from the outside, and what pages read of it.

Everything belongs to one organization. Times are milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.core.audit import Listed, Run, Verdict
from shared.core.audit_codec import Account, User
from shared.core.identity import Filled
from shared.core.model import Versioned
from shared.ports import Services

Shards = Mapping[int, bytes]
State = Mapping[str, Any]
# The verdict's number; name and address as they are ordered by, each with a zero and the person
# behind it; and the person packed for a list.
Entry = tuple[int, bytes, bytes, bytes]
# More rows than a run ever has.
ROWS = 9_999_999
# The cursors: of the run, and of Microsoft's side as it was read.
RUN = "run"
ACCOUNTS = "accounts"


@dataclass(frozen=True)
class UserPage:
    """A page of Webex's directory. read: how many items it had, total: how many there are in all;
    messaging: whether anybody on it shows a messaging licence; identified: whether anybody has an
    External ID."""

    users: Sequence[User]
    read: int
    total: int
    messaging: bool = False
    identified: bool = False


@dataclass(frozen=True)
class AccountPage:
    """A page of Entra's users, or of changes to them. following: the next page's address, "" on the
    last one. latest: on the last page of changes, where the next ones are told."""

    accounts: Sequence[Account]
    following: str = ""
    latest: str = ""


class WebexDirectory(Protocol):
    """SCIM with the credential `people`. Raises core.errors."""

    def users(self, start: int, licences: frozenset[str], *, plain: bool) -> UserPage:
        """Those from `start`, counted from 1, as many as Webex gives at once.

        plain: in Webex's own order and with all that it tells, whatever else it understands. Raises
        Refused where it does not take the question.
        """

    def messaging_licences(self) -> frozenset[str]:
        """Keys of the licences for messaging; empty where Webex lists none, or does not say."""


class MicrosoftDirectory(Protocol):
    """The users of the bound tenant, at low priority. Raises core.errors, DeltaLost."""

    def latest(self) -> str:
        """Where it is told what changes from now on."""

    def accounts(self, address: str) -> AccountPage:
        """A page; "" for the first one of all users."""

    def changed_accounts(self, address: str) -> AccountPage:
        """A page of changes. Raises DeltaLost where they can no longer be told."""


class Staging(Protocol):
    """What a run keeps between its parts: rows of packed bytes, in pieces by a hash.

    kind: see docs/decisions/0021; scope: the run, or the generation of accounts.
    """

    def cursor(self, name: str) -> Versioned[State] | None: ...

    def move(self, name: str, before: Versioned[State] | None, after: State) -> Versioned[State]:
        """Raises Conflict when `before` is no longer what the row says."""

    def put(self, kind: str, scope: str, number: int, shards: Shards) -> None:
        """One row, in place of an earlier one with this number."""

    def shards(
        self, kind: str, scope: str, wanted: Sequence[int], below: int = ROWS
    ) -> list[list[bytes]]:
        """For each of these hashes its bytes of the rows with smaller numbers than `below`, in
        their order."""

    def sweep(self, kind: str, keep: Collection[str], limit: int) -> int:
        """Remove rows of other scopes than those to keep; answers how many, at most `limit`."""


class Results(Protocol):
    """What runs came to, and the people of the last one."""

    def keep(self, run: Run) -> None: ...

    def runs(self, limit: int) -> list[Run]:
        """The newest first."""

    def forget(self, keep: int) -> None:
        """Remove what runs before the newest ones came to, some at a time."""

    def put_people(self, run: str, part: int, entries: Sequence[Entry]) -> None:
        """The people of one part, in place of what an earlier try of it wrote."""

    def people(
        self, run: str, verdict: Verdict, *, by: str, begins: str = "", after: str = ""
    ) -> Iterator[tuple[str, Listed]]:
        """People in the order of their `name` or `email`, each with a mark of where they stand.

        begins: of that, in any case of letters. after: the mark of somebody before them.
        """


class Identities(Protocol):
    """Who is who, as the rest of the product reads it."""

    def fill_claims(self, claims: Mapping[int, Sequence[bytes]]) -> None:
        """Who claims the object ids of some buckets, beside who claimed them before."""

    def fill(self, people: Mapping[int, Sequence[bytes]], began: int) -> Filled:
        """The people of some buckets. What was kept after `began` (seconds) is newer and stays."""


@dataclass(frozen=True)
class Desk:
    """Everything that the audit of one organization touches. lacking: a code of `core.reasons` for
    what it cannot begin without, "" where it can."""

    services: Services
    webex: WebexDirectory
    microsoft: MicrosoftDirectory
    staging: Staging
    results: Results
    identities: Identities
    lacking: Callable[[], str]
