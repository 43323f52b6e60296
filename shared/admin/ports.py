"""What the administrator's use cases need from the outside, beside `shared.ports`.

Times are milliseconds. Everything belongs to one organization.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.audit.ports import Desk
from shared.config import Settings
from shared.core.accounts import called
from shared.core.checks import Confirmation, Result
from shared.core.credential import Credential, Resealed
from shared.core.ids import ObjectId, OrgId, PersonId, TenantId
from shared.core.model import CreationPolicy
from shared.ports import Services


@dataclass(frozen=True)
class Actor:
    """Who does something: a signed-in administrator, or somebody with a hand-over link."""

    person: PersonId
    name: str
    email: str = ""

    @property
    def called(self) -> str:
        """For whoever must know who it was: a name alone is anybody's to choose."""
        return called(self.name, self.email)


class Credentials(Protocol):
    """`credential:<capability>` rows, and `pending:<capability>` beside them: what somebody with a
    hand-over link left, which is used for nothing until an administrator confirms it."""

    def read(self, capability: str) -> Credential | None: ...

    def write(self, capability: str, credential: Credential) -> None:
        """Raises Conflict if the row changed since `credential.etag`; "" writes in any case."""

    def forget(self, capability: str) -> None: ...

    def pending(self, capability: str) -> Credential | None: ...

    def keep_pending(self, capability: str, credential: Credential) -> None: ...

    def forget_pending(self, capability: str, until: int | None = None) -> None:
        """until: only what was left then or before (milliseconds), readable or not."""

    def reseal(self, now: int) -> Resealed:
        """Encrypt every row under the newest key. now: milliseconds. May be called again."""


@dataclass(frozen=True)
class Change:
    """One line of the audit. what: a code of `core.changes`. No field holds a secret.

    who: name and e-mail address, as far as they are known. person: the id behind them, at Webex, or
    at Microsoft where somebody came from there; "" in older rows. key: where it stands in the
    audit, "" before it is kept.
    """

    at: int
    who: str
    what: str
    before: str = ""
    after: str = ""
    person: str = ""
    key: str = ""


class Audit(Protocol):
    def add(self, change: Change) -> None: ...

    def latest(self, limit: int, after: str = "") -> list[Change]:
        """The newest first; after: only what is older than the one with this key."""

    def between(self, since: int, until: int) -> list[Change]:
        """The oldest first; since: the first millisecond, until: the first that is out of it."""

    def oldest(self) -> int | None:
        """When the first line was written; None where there is none."""


@dataclass(frozen=True)
class OnceRow:
    """A row of `Once`. `state` is JSON without any secret in clear."""

    state: Mapping[str, object]
    expires: int
    etag: str


class Once(Protocol):
    """One-time things, by a key that is a hash of whatever the browser holds."""

    def spend(self, key: str, expires: int) -> None:
        """Raises Conflict if it was spent already."""

    def read(self, key: str) -> OnceRow | None:
        """None as well for one that has expired."""

    def write(
        self, key: str, before: OnceRow | None, state: Mapping[str, object], expires: int
    ) -> None:
        """Raises Conflict when the row is not `before` (None: not there) any more."""

    def remove(self, key: str) -> None:
        """Nothing happens where there is none."""

    def remove_all(self, prefix: str) -> None:
        """Every row whose key begins so, expired or not."""

    def sweep(self, now: int, limit: int) -> int:
        """Remove expired rows, at most `limit`; answers how many."""


class Checks(Protocol):
    """Results, and what people confirmed: apart, so that neither overwrites the other."""

    def kept(self) -> dict[str, Result]:
        """The latest result of every check, by its id."""

    def keep(self, results: Iterable[Result]) -> None:
        """What came out otherwise than before goes into the history as well."""

    def history(self, limit: int) -> list[Result]:
        """What came out otherwise than before, the newest first."""

    def confirmed(self) -> dict[str, Confirmation]:
        """By the id of the check."""

    def confirm(self, check_id: str, confirmation: Confirmation) -> None: ...

    def withdraw(self, check_id: str) -> None:
        """Nothing happens where there is none."""


class Remains(Protocol):
    """Everything that is kept of teams, groups and people, but for the audit."""

    def remove_some(self) -> int:
        """How many rows were removed, 0 where none is left. Raises Conflict; may be repeated."""


@dataclass(frozen=True)
class SampledUser:
    """One user of Webex's directory. external_id: as it stands there. status: accountStatus."""

    person: PersonId
    name: str
    external_id: str | None
    status: str


@dataclass(frozen=True)
class Sample:
    """Users from all parts of Webex's directory. people: those of them who are; read: how many were
    read, machines too; total: how many there are."""

    people: Sequence[SampledUser]
    read: int
    total: int

    @property
    def whole(self) -> bool:
        """Whether these are all."""
        return self.read >= self.total


@dataclass(frozen=True)
class Licence:
    name: str
    total: int
    consumed: int


class WebexAdmin(Protocol):
    """Harmless reads with the organization's kept credentials. Raises core.errors."""

    def prove(self, capability: str) -> None:
        """One read that only this capability's role and scopes allow."""

    def sample(self, pages: int, size: int) -> Sample:
        """So many pages of that size, spread evenly over the directory; all of it where it is no
        larger."""

    def licences(self) -> list[Licence]: ...


@dataclass(frozen=True)
class TenantFacts:
    """domains: the default one first. plans: services that are enabled for the tenant, in lower
    case; None where Microsoft did not say."""

    name: str
    domains: tuple[str, ...]
    plans: frozenset[str] | None


@dataclass(frozen=True)
class GroupRules:
    """naming: prefix and suffix as set. blocked: how many words are."""

    creation: CreationPolicy
    naming: str
    blocked: int


class Tenant(Protocol):
    """One Entra tenant through the app's own eyes, consent or not. Raises core.errors."""

    def token_works(self) -> bool:
        """Whether Entra gives an app-only token now, past every cache. Raises Unavailable."""

    def permissions(self) -> dict[str, bool]:
        """For each of `core.permissions` whether a harmless call proves it."""

    def facts(self) -> TenantFacts: ...

    def group_rules(self) -> GroupRules: ...

    def users(self) -> int:
        """How many users the directory holds."""

    def known(self, ids: Sequence[ObjectId]) -> frozenset[ObjectId]:
        """Which of at most 100 object ids the directory knows."""


@dataclass(frozen=True)
class Instance:
    """What Entra tells without being signed in. graph_host: of the cloud the tenant lives in."""

    tenant: TenantId
    graph_host: str


@dataclass(frozen=True)
class Office:
    """Everything an administrator's use case may touch, for one organization.

    find_tenant: by domain or GUID; None for no such tenant in this cloud. holder: which
    organization a tenant is bound to. bind: make a tenant this organization's, raises Conflict
    where it is another's; the answer is a new mark of the binding. mark: the one that it has, ""
    where it is not ours. unbind: give it up, if it still has this mark. directory: what its
    audit touches. send: a message (markdown) to somebody in Webex, as the bot; raises core.errors.
    """

    services: Services
    settings: Settings
    credentials: Credentials
    audit: Audit
    once: Once
    checks: Checks
    webex: WebexAdmin
    tenant: Callable[[TenantId], Tenant]
    find_tenant: Callable[[str], Instance | None]
    holder: Callable[[TenantId], OrgId | None]
    bind: Callable[[TenantId], str]
    mark: Callable[[TenantId], str]
    unbind: Callable[[TenantId, str], None]
    remains: Remains
    directory: Desk
    send: Callable[[PersonId, str], None]

    @property
    def org(self) -> OrgId:
        return self.services.org

    @property
    def serves_several(self) -> bool:
        """Whether other organizations share the app, and with it what it may do in a tenant."""
        return len(self.settings.organizations) > 1

    def now(self) -> int:
        return self.services.now()

    def record(self, actor: Actor, what: str, before: str = "", after: str = "") -> None:
        """A line for the audit."""
        self.audit.add(Change(self.now(), actor.called, what, before, after, actor.person))
