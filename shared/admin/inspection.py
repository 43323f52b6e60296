"""One round of questions to the providers: for every prerequisite what there is to know of it.

Each check is asked in a thread of its own; what several of them need is read once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from shared.admin import credentials
from shared.admin.auditing import latest
from shared.admin.ports import Actor, Office, Sample, Tenant, TenantFacts
from shared.core import judging, times
from shared.core.checks import Result
from shared.core.errors import (
    CertificateUnreadable,
    ConsentMissing,
    CredentialMissing,
    Failure,
    Forbidden,
    PermissionMissing,
)
from shared.core.findings import stops
from shared.core.ids import ObjectId, TenantId
from shared.core.judging import Found, Matches
from shared.core.model import OrgSettings

# Pages of Webex's directory, and users on each: at first, and where none of those matched.
_SAMPLE = (5, 20)
_MORE = (4, 100)
# What Entra is asked of at once.
_AT_ONCE = 100
# An older audit says less than a sample of today.
_AUDIT_FRESH = 2 * times.DAY
_TAKES_EFFECT = 10 * times.MINUTE
Value = TypeVar("Value")
Facts = Mapping[str, str | int]


class _Once(Generic[Value]):
    """What several checks need: read by whoever comes first, failed for all if it fails."""

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._answer: list[Value] = []
        self._failure: Failure | None = None

    def __call__(self) -> Value:
        with self._lock:
            if self._failure:
                raise self._failure
            if not self._answer:
                try:
                    self._answer.append(self._read())
                except Failure as failure:
                    self._failure = failure
                    raise
            return self._answer[0]


class Inspection:
    """`known`: results so far, of this round and from before it."""

    def __init__(self, office: Office, actor: Actor | None, known: Mapping[str, Result]) -> None:
        self.office = office
        self.actor = actor
        self.known = known
        self.settings = office.services.organizations.settings()
        self._sample = _Once(lambda: office.webex.sample(*_SAMPLE))
        self._facts = _Once(self._tenant_facts)
        self._client: Tenant | None = None
        tenant = asked_tenant(office, self.settings)
        if tenant and self._may_probe:
            self._client = office.tenant(tenant)
        self._asked = tenant

    def ask(self, check_id: str) -> Found:
        """Raises Failure where a provider does not tell."""
        answer = _ASK[check_id](self)
        return Found(answer.code, {**answer.facts, **marks(check_id, self.settings, self._asked)})

    def tenant(self) -> Found:
        if self._asked is None:
            return Found("not_named")
        return look_up(self.office, self._asked, shown_as(self.settings, self._asked))

    def permissions(self) -> Found:
        connected = self.settings.tenant is not None
        if not self._may_probe:
            return Found("not_asked")
        try:
            proven = self.microsoft.permissions()
        except CertificateUnreadable as unreadable:
            self.office.services.log.failed("no token for the tenant", unreadable)
            return Found("certificate")
        except ConsentMissing as missing:
            self.office.services.log.failed("no token for the tenant", missing)
            proven = None
        return judging.judge_permissions(
            proven,
            connected=connected,
            just_now=self.office.now() - self.settings.consented_at < _TAKES_EFFECT,
            link_folders=self.settings.link_folders,
        )

    def groups(self) -> Found:
        return judging.judge_groups(self._facts().plans)

    def creation(self) -> Found:
        rules = self.microsoft.group_rules()
        return judging.judge_creation(
            everybody=rules.creation.everybody,
            some=bool(rules.creation.allowed_group),
            honoured=self.settings.honour_creation,
            naming=rules.naming,
            blocked=rules.blocked,
        )

    def users(self) -> Found:
        return judging.judge_users(self.microsoft.users())

    def admin(self) -> Found:
        return Found("signed_in", {"who": self.actor.called if self.actor else ""})

    def officer(self) -> Found:
        return self._sign_in("spaces")

    def people(self) -> Found:
        return self._sign_in("people")

    def messaging(self) -> Found:
        try:
            licences = self.office.webex.licences()
        except Forbidden:
            return Found("unsaid")
        return judging.judge_licences((x.name, x.total, x.consumed) for x in licences)

    def active(self) -> Found:
        sample = self._sample()
        statuses = [user.status for user in sample.people]
        return judging.judge_accounts(statuses, whole=sample.whole)

    def identities(self) -> Found:
        audited = self._audited()
        if audited is not None:
            return judging.judge_identities(audited)
        matches = self._matches(self._sample())
        if not matches.count and not matches.whole:
            matches = self._matches(self.office.webex.sample(*_MORE))
        return judging.judge_identities(matches)

    def _audited(self) -> Matches | None:
        """What the directory's audit says, as long as it is about this tenant and young enough."""
        last = latest(self.office)
        if last is None or last.tenant != self._asked or not self._may_ask_microsoft():
            return None
        if self.office.now() - last.ended > _AUDIT_FRESH:
            return None
        return Matches(
            last.matched, last.people, last.users, whole=True, asked=True, audited_at=last.ended
        )

    def attested(self) -> Found:
        return Found("ask")

    def name_to_enter(self) -> Found:
        domains = self._facts().domains if self._may_ask_microsoft() else ()
        given = shown_as(self.settings, self._asked) if self._asked else ""
        name = domains[0] if domains else given
        # An id is no name: it is not what Control Hub asks for.
        if "." not in name:
            return Found("later")
        return Found("ask", {"name": name})

    @property
    def _may_probe(self) -> bool:
        """What the app may do in a tenant is no news for an organization that has not shown that it
        is its own, where another one may have got the consent."""
        return self.settings.tenant is not None or not self.office.serves_several

    @property
    def microsoft(self) -> Tenant:
        """Only where a tenant is named and may be asked: no check is asked before that."""
        assert self._client is not None
        return self._client

    def _matches(self, sample: Sample) -> Matches:
        shaped = judging.object_ids(user.external_id for user in sample.people)
        asked = self._may_ask_microsoft()
        known = self._known_to_entra(shaped) if asked else frozenset(shaped)
        count = sum(1 for each in shaped if each in known)
        return Matches(count, len(sample.people), sample.total, sample.whole, asked)

    def _may_ask_microsoft(self) -> bool:
        permissions = self.known.get("m365_permissions")
        return self._client is not None and permissions is not None and not stops(permissions)

    def _known_to_entra(self, ids: list[ObjectId]) -> frozenset[ObjectId]:
        parts = [ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE)]
        return frozenset().union(*map(self.microsoft.known, parts))

    def _tenant_facts(self) -> TenantFacts:
        try:
            return self.microsoft.facts()
        except PermissionMissing:
            # Which permission lets an app read the organization is disputed.
            return TenantFacts("", (), None)

    def _sign_in(self, capability: str) -> Found:
        credential = self.office.credentials.read(capability)
        if credential is None:
            return self._nobody(capability)
        owner = credential.owner_called
        facts: Facts = {"owner": owner, "since_at": credential.since}
        if credential.failed:
            return Found("ended", facts)
        try:
            self.office.webex.prove(capability)
        except CredentialMissing:
            return Found("ended", facts)
        except Forbidden:
            lacking = judging.judge_scopes(capability, owner, credential.since, credential.scopes)
            return lacking if lacking.code == "scopes" else Found("forbidden", facts)
        return judging.judge_scopes(capability, owner, credential.since, credential.scopes)

    def _nobody(self, capability: str) -> Found:
        waiting = credentials.pending(self.office, capability)
        if waiting is None:
            return Found("no_sign_in")
        return Found("pending", {"owner": waiting.owner_called})


_ASK: Mapping[str, Callable[[Inspection], Found]] = {
    "m365_tenant": Inspection.tenant,
    "m365_permissions": Inspection.permissions,
    "m365_groups": Inspection.groups,
    "m365_creation": Inspection.creation,
    "m365_users": Inspection.users,
    "webex_admin": Inspection.admin,
    "webex_officer": Inspection.officer,
    "webex_people": Inspection.people,
    "webex_messaging": Inspection.messaging,
    "webex_active": Inspection.active,
    "webex_external_id": Inspection.identities,
    "ecm_microsoft": Inspection.attested,
    "ecm_linked_folders": Inspection.attested,
    "ecm_tenant_name": Inspection.name_to_enter,
}


_ABOUT_TENANT = (
    *("m365_tenant", "m365_permissions", "m365_groups", "m365_creation", "m365_users"),
    *("webex_external_id", "ecm_tenant_name"),
)


def marks(check_id: str, settings: OrgSettings, asked: TenantId | None) -> Facts:
    """By which it is seen later that a result is about what is no more: another tenant was named
    since, a consent given, a setting changed."""
    facts: dict[str, str | int] = {}
    if check_id in _ABOUT_TENANT:
        facts |= {"asked": asked or "", "consented": settings.consented_at}
    if check_id == "m365_permissions":
        facts["folders"] = int(settings.link_folders)
    if check_id == "m365_creation":
        facts["honoured"] = int(settings.honour_creation)
    return facts


def asked_tenant(office: Office, settings: OrgSettings) -> TenantId | None:
    """The tenant that this organization means: named, bound, or the only one that is served."""
    served = office.settings.tenants
    only = next(iter(served)) if len(served) == 1 else None
    return settings.tenant or settings.chosen or only


def look_up(office: Office, name: str, shown: str) -> Found:
    """Where a tenant is, and whether it may be this organization's. Raises Failure."""
    instance = office.find_tenant(name)
    found = (instance.tenant, instance.graph_host) if instance else None
    holder = office.holder(instance.tenant) if instance else None
    return judging.judge_tenant(shown, found, office.settings.tenants, holder, office.org)


def shown_as(settings: OrgSettings, tenant: TenantId) -> str:
    """The tenant's name where it is known."""
    known = tenant in (settings.tenant, settings.chosen)
    return settings.tenant_name if known and settings.tenant_name else tenant
