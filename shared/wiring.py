"""The composition root: which adapter stands behind which port. Built when first needed."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from shared import config
from shared.config import BadSetting, Settings
from shared.core.ids import OrgId, PersonId, TenantId
from shared.http import Http, new_session
from shared.log import Log
from shared.ports import Clock, Organizations, Services
from shared.storage.accounts import open_connection, open_identity
from shared.storage.tables import Tables
from shared.tally import Tally

if TYPE_CHECKING:
    import requests
    from azure.data.tables import TableServiceClient

    from shared.admin.archiving import Store
    from shared.admin.ports import Office, WebexAdmin
    from shared.audit.ports import Desk
    from shared.core.archive import Place
    from shared.core.model import OrgSettings
    from shared.microsoft.consent import MicrosoftSignIn
    from shared.microsoft.drives import DriveClient
    from shared.microsoft.graph import GraphClient
    from shared.microsoft.tokens import GraphTokens
    from shared.storage.credentials import CredentialRows
    from shared.storage.once import OnceRows
    from shared.webex.client import WebexClient
    from shared.webex.credentials import WebexTokens
    from shared.webex.oauth import TokenEndpoint
    from shared.webex.signin import WebexSignIn

_logger = logging.getLogger("webex_teams_to_groups")


class SystemClock:
    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _new_id() -> str:
    return uuid4().hex


@dataclass
class Wiring:
    """Everything for one process. `session` makes the HTTP session of a thread.

    open_tables: where the rows are, if not where the settings say.
    """

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    session: Callable[[], requests.Session] = new_session
    new_id: Callable[[], str] = _new_id
    open_tables: Callable[[], TableServiceClient] | None = None
    _tenants: dict[tuple[OrgId, TenantId, int], GraphTokens] = field(default_factory=dict)
    _sign_in: WebexSignIn | None = None
    _archive: Store | None = None
    _local: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.tables = Tables(self.open_tables or self._open_tables)

    def services(self, org: OrgId) -> Services:
        """The ports of one organization. Raises KeyError for one that is not served."""
        if not self.settings.serves(org):
            raise KeyError(org)
        from shared.storage.dead_letters import DeadLetterRows
        from shared.storage.identities import IdentityRows
        from shared.storage.looks import LookRows
        from shared.storage.organizations import OrganizationRows
        from shared.storage.space_folders import SpaceFolderRows
        from shared.storage.teams import TeamRows

        calls = Tally()
        teams = self.tables.partition("Teams", org)
        organizations = OrganizationRows(self.tables.partition("Organizations", org), org)
        graph = self._graph(org, organizations, calls)
        return Services(
            org=org,
            clock=self.clock,
            new_id=self.new_id,
            looks=LookRows(teams),
            teams=TeamRows(teams),
            identities=IdentityRows(self.tables.partition("Identities", org)),
            organizations=organizations,
            dead_letters=DeadLetterRows(self.tables.partition("DeadLetters", org)),
            webex=self.webex(org, calls),
            groups=graph,
            log=_log_for(org),
            drives=self.drives(graph),
            space_folders=SpaceFolderRows(teams),
            calls=calls,
            public_url=self.settings.public_url,
        )

    def office(self, org: OrgId) -> Office:
        """What the pages may touch for one organization. Raises KeyError as `services` does."""
        from shared.admin.ports import Office
        from shared.microsoft.tenant import TenantClient, find_tenant
        from shared.storage.audit import AuditRows
        from shared.storage.bindings import Bindings
        from shared.storage.checks import CheckRows
        from shared.storage.remains import RemainRows
        from shared.webex.admin import WebexAdminClient

        services = self.services(org)
        login = self.http("login", "x-ms-request-id")
        graph = self.http("graph", "request-id")
        bindings = Bindings(self.tables, org)
        return Office(
            services=services,
            settings=self.settings,
            credentials=self.credentials(org),
            audit=AuditRows(self.tables.partition("Audit", org), self.new_id),
            once=self.once(org),
            checks=CheckRows(self.tables.partition("Checks", org)),
            webex=WebexAdminClient(
                self.http("webex", "trackingid"),
                self.settings.webex_url,
                self.webex_tokens(org),
                org,
            ),
            tenant=lambda tenant: TenantClient(graph, self.settings, tenant, self._session),
            find_tenant=lambda name: find_tenant(login, self.settings, name),
            holder=lambda tenant: self._holder(org, tenant),
            bind=bindings.bind,
            mark=bindings.mark,
            unbind=bindings.unbind,
            remains=RemainRows(
                [
                    self.tables.partition("DeadLetters", org),
                    self.tables.partition("Directory", org),
                    self.tables.partition("Identities", org),
                    self.tables.partition("Teams", org),
                ]
            ),
            directory=self.directory(org),
            send=self._messenger(org),
        )

    def _messenger(self, org: OrgId) -> Callable[[PersonId, str], None]:
        from shared.webex.client import TRACE_HEADER
        from shared.webex.messages import MessageClient

        http = self.http("webex", TRACE_HEADER)
        return MessageClient(http, self.settings.webex_url, self.webex_tokens(org), org).send

    def directory(self, org: OrgId) -> Desk:
        """What the audit of the directory touches. Raises KeyError as `services` does."""
        from shared.audit.ports import Desk
        from shared.microsoft.directory import MicrosoftDirectoryClient
        from shared.storage.directory import DirectoryRows
        from shared.storage.identities import IdentityRows
        from shared.webex.client import TRACE_HEADER
        from shared.webex.directory import Remembered, WebexDirectoryClient

        services = self.services(org)
        graph = self._graph(org, services.organizations)
        rows = DirectoryRows(self.tables.partition("Directory", org))
        return Desk(
            services=services,
            webex=WebexDirectoryClient(
                self.http("webex", TRACE_HEADER),
                self.settings.webex_url,
                Remembered(self.webex_tokens(org)),
                org,
            ),
            microsoft=MicrosoftDirectoryClient(graph.http, graph.base_url, graph.tokens),
            staging=rows,
            results=rows,
            identities=IdentityRows(self.tables.partition("Identities", org)),
            lacking=lambda: self._lacking(org, services),
        )

    def _lacking(self, org: OrgId, services: Services) -> str:
        """Why the directory cannot be audited."""
        if services.organizations.settings().tenant is None:
            return "consent_missing"
        people = self.credentials(org).read("people")
        return "credential_missing" if people is None or people.failed else ""

    def _holder(self, org: OrgId, tenant: TenantId) -> OrgId | None:
        """Whose the tenant is, as `org` sees it.

        An organization that is older than the rows of the tenants has only its settings.
        """
        from shared.storage.bindings import Bindings
        from shared.storage.organizations import OrganizationRows

        found = Bindings(self.tables, org).holder(tenant)
        if found is not None:
            return found
        for other in sorted(self.settings.organizations - {org}):
            rows = OrganizationRows(self.tables.partition("Organizations", other), other)
            if rows.settings().tenant == tenant:
                return other
        return None

    def once(self, org: OrgId) -> OnceRows:
        """One-time things of an organization. Raises KeyError as `services` does."""
        from shared.storage.once import OnceRows

        if not self.settings.serves(org):
            raise KeyError(org)
        return OnceRows(self.tables.partition("Once", org), self.clock)

    def webex_sign_in(self) -> WebexSignIn:
        """Sign-ins of people at Webex. One for the process: it keeps the provider's keys."""
        from shared.webex.client import TRACE_HEADER
        from shared.webex.signin import WebexSignIn

        with self._lock:
            if self._sign_in is None:
                self._sign_in = WebexSignIn(
                    self.http("webex", TRACE_HEADER),
                    self.settings.webex_url,
                    self.settings.webex_client_id,
                    self.clock,
                )
            return self._sign_in

    def webex_grants(self) -> TokenEndpoint:
        """Where Webex gives tokens, for a code or a refresh token."""
        from shared.webex.client import TRACE_HEADER
        from shared.webex.oauth import TokenEndpoint

        return TokenEndpoint(self.http("webex", TRACE_HEADER), self.settings.webex_url, self.clock)

    def webex_with(self, org: OrgId, token: str) -> WebexAdmin:
        """Webex with a token that is not kept yet."""
        from shared.webex.admin import WebexAdminClient
        from shared.webex.client import TRACE_HEADER
        from shared.webex.oauth import OneToken

        http = self.http("webex", TRACE_HEADER)
        return WebexAdminClient(http, self.settings.webex_url, OneToken(token), org)

    def microsoft_sign_in(self) -> MicrosoftSignIn:
        """Sign-ins of people at a Microsoft tenant."""
        from shared.microsoft.consent import MicrosoftSignIn

        return MicrosoftSignIn(self.settings, self._session, self.http("login", "x-ms-request-id"))

    def http(self, provider: str, trace_header: str, calls: Tally | None = None) -> Http:
        """Calls to one provider, in this process's sessions. calls: where they are counted."""
        return Http(provider, trace_header, self._session, self.clock, calls or Tally())

    def webex(self, org: OrgId, calls: Tally | None = None) -> WebexClient:
        from shared.webex.client import TRACE_HEADER, WebexClient

        http = self.http("webex", TRACE_HEADER, calls)
        return WebexClient(http, self.settings.webex_url, self.webex_tokens(org), org)

    def webex_tokens(self, org: OrgId) -> WebexTokens:
        """The organization's kept credentials, refreshed as they end."""
        from shared.webex.client import TRACE_HEADER
        from shared.webex.credentials import WebexTokens

        return WebexTokens(
            self.credentials(org),
            self.http("webex", TRACE_HEADER),
            self.settings.webex_url,
            self.settings.webex_client_id,
            self.settings.webex_client_secret,
            self.clock,
            self.settings.webex_bot_token,
        )

    def credentials(self, org: OrgId) -> CredentialRows:
        from shared.storage.credentials import CredentialRows

        return CredentialRows(
            self.tables.partition("Organizations", org), self.settings.keyring, org
        )

    def archive(self) -> Store | None:
        """Where the audit is archived, None for nowhere. One for the process: it keeps tokens."""
        place = self.settings.archive
        if place is None:
            return None
        with self._lock:
            if self._archive is None:
                self._archive = self._store(place)
            return self._archive

    def _store(self, place: Place) -> Store:
        if place.kind == "s3":
            from shared.archive.s3 import S3Store

            return S3Store(place)
        from shared.archive.blob import TRACE_HEADER, BlobStore, identity_token

        token = identity_token(self.settings.storage_identity)
        return BlobStore(place, self.http("archive", TRACE_HEADER), token)

    def _graph(
        self, org: OrgId, organizations: Organizations, calls: Tally | None = None
    ) -> GraphClient:
        from shared.microsoft.graph import TRACE_HEADER, GraphClient
        from shared.microsoft.tokens import TokensLater

        http = self.http("graph", TRACE_HEADER, calls)
        tokens = TokensLater(lambda: self._tokens(organizations.settings()))
        return GraphClient(http, self.settings.graph_url, tokens)

    def drives(self, graph: GraphClient) -> DriveClient:
        from shared.microsoft.drives import DriveClient

        return DriveClient(graph.http, graph.base_url, graph.tokens)

    def _tokens(self, organization: OrgSettings) -> GraphTokens:
        """Those from before the last consent are not used again: they lack what it added.

        That the tenant is nobody else's is asked once for each consent, not at every look.
        """
        from shared.core.errors import ConsentMissing
        from shared.microsoft.tokens import GraphTokens
        from shared.storage.bindings import Bindings

        org, tenant = organization.org, organization.tenant
        if tenant is None or tenant not in self.settings.tenants:
            raise ConsentMissing("no Microsoft tenant is connected to this organization")
        key = (org, tenant, organization.consented_at)
        if key not in self._tenants and Bindings(self.tables, org).holder(tenant) not in (
            None,
            org,
        ):
            raise ConsentMissing("the Microsoft tenant is connected to another organization")
        with self._lock:
            if key not in self._tenants:
                self._tenants[key] = GraphTokens(self.settings, tenant, self._session)
            return self._tenants[key]

    def _session(self) -> requests.Session:
        """One session a thread: requests does not promise more."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self.session()
        return session

    def _open_tables(self) -> TableServiceClient:
        if self.settings.storage:
            return open_connection(self.settings.storage)
        if self.settings.table_endpoint:
            return open_identity(self.settings.table_endpoint, self.settings.storage_identity)
        raise BadSetting("AzureWebJobsStorage: no connection string and no __tableServiceUri.")


def _log_for(org: OrgId) -> Log:
    def write(event: str, facts: Mapping[str, object]) -> None:
        line = {"event": event, "organization": org, **facts}
        _logger.info("%s", json.dumps(line, default=str, ensure_ascii=False))

    return Log(write)


_current: Wiring | None = None
_guard = threading.Lock()


def current() -> Wiring:
    """The process's wiring, from the environment. Raises BadSetting with what is wrong."""
    global _current  # noqa: PLW0603 - the one composition root of the process
    with _guard:
        if _current is None:
            _current = Wiring(config.current())
        return _current


def install(wiring: Wiring | None) -> None:
    """Use this wiring and its settings from now on (None: from the environment again)."""
    global _current  # noqa: PLW0603
    with _guard:
        _current = wiring
        config.install(wiring.settings if wiring else None)
