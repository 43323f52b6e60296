"""A Microsoft tenant as an administrator is told of it: is it there, what may we do, how is it set.

Sources: https://learn.microsoft.com/graph/api/organization-get, user-list, user-get, group-update,
group-list-settings, site-get, /graph/json-batching;
https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from shared.admin.ports import GroupRules, Instance, TenantFacts
from shared.core.errors import (
    CertificateUnreadable,
    ConsentMissing,
    NotThere,
    PermissionMissing,
    Refused,
    Transient,
    Unavailable,
    Where,
)
from shared.core.ids import NIL, ObjectId, TenantId, one_uuid_inside
from shared.core.permissions import PERMISSIONS
from shared.microsoft.graph import GraphClient, policy_in
from shared.microsoft.protocol import Answer, Kind, batch_answers
from shared.microsoft.tokens import GraphTokens

if TYPE_CHECKING:
    import requests

    from shared.config import Settings
    from shared.http import Http

_A_BATCH = 20
# Where Graph lives, by where tokens come from: for an answer that does not say it itself.
_GRAPH_BY_LOGIN = {
    "login.microsoftonline.us": "graph.microsoft.us",
    "login.partner.microsoftonline.cn": "microsoftgraph.chinacloudapi.cn",
    "login.chinacloudapi.cn": "microsoftgraph.chinacloudapi.cn",
    "login.microsoftonline.de": "graph.microsoft.de",
}


def find_tenant(http: Http, settings: Settings, name: str) -> Instance | None:
    """Ask Entra's discovery, which anybody may. `name`: a domain or GUID, checked by the caller.

    `msgraph_host` is written in no contract; without it the host that gives tokens tells the cloud.
    """
    path = f"/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
    reply = http.call("GET", settings.login_url + path, headers={})
    if reply.status in (400, 404):
        return None
    answer = reply.object()
    endpoint = str(answer.get("token_endpoint") or "")
    tenant = one_uuid_inside(answer.get("issuer")) or one_uuid_inside(endpoint)
    if reply.status != 200 or tenant is None:
        raise Unavailable("the discovery names no tenant", reply.where)
    login = urlsplit(endpoint).hostname or ""
    host = answer.get("msgraph_host") or _GRAPH_BY_LOGIN.get(login, "graph.microsoft.com")
    return Instance(TenantId(tenant), str(host).lower())


class _Graph(GraphClient):
    """The calls behind the checks. Each proof answers whether the permission is there."""

    def proves(self, permission: str) -> bool:
        return _PROOFS[permission](self)

    def may_write_groups(self) -> bool:
        """That something may be written is only proven by writing: here to a group that cannot be.

        Unconfirmed: that Graph judges the permission (403) before it looks for the group (404). So
        groups are read besides, which no app may that was granted nothing.
        """
        try:
            self._call("PATCH", f"/groups/{NIL}", {"description": "never written"})
        except Refused:
            self._get("/groups?$top=1&$select=id")
        return True

    def may_read_users(self) -> bool:
        """With User.ReadBasic.All the users come as well, but without accountEnabled."""
        users = self._get("/users?$top=1&$select=id,accountEnabled").items("value")
        return all(user.get("accountEnabled") is not None for user in users)

    def may_read_sites(self) -> bool:
        # Not there: allowed to look, and a tenant that never used SharePoint has no root.
        with suppress(NotThere):
            self._get("/sites/root?$select=id")
        return True

    def organization(self) -> Mapping[str, Any]:
        query = "$select=displayName,verifiedDomains,assignedPlans"
        found = self._get(f"/organization?{query}").items("value")
        return found[0] if found else {}

    def count_users(self) -> int:
        """Counting is an advanced query: https://learn.microsoft.com/graph/aad-advanced-queries."""
        path = "/users?$count=true&$top=1&$select=id"
        reply = self._call("GET", path, None, {"ConsistencyLevel": "eventual"})
        count = reply.object().get("@odata.count")
        # Not counted after all: what is on the page is there at least.
        return count if isinstance(count, int) else len(reply.items("value"))

    def are_there(self, users: Sequence[ObjectId]) -> list[bool]:
        """One batch of at most 20. Raises Unavailable, PermissionMissing: no answer is a guess."""
        requests = [
            {"id": str(number), "method": "GET", "url": f"/users/{UUID(user)}?$select=id"}
            for number, user in enumerate(users, 1)
        ]
        url = f"{self.base_url}/v1.0/$batch"
        reply = self._patient("POST", url, {"requests": requests}, reads=True)
        answers = batch_answers(len(users), reply.json, self.http.clock.now())
        return [_is_there(answer, reply.where) for answer in answers]


_PROOFS: dict[str, Callable[[_Graph], bool]] = {
    "Group.ReadWrite.All": _Graph.may_write_groups,
    "User.Read.All": _Graph.may_read_users,
    "Sites.Read.All": _Graph.may_read_sites,
}


@dataclass(frozen=True)
class TenantClient:
    """The port `Tenant`. One is made for each round of questions, so that its token is never an
    old one: a token carries its permissions, and lives on after the consent was taken back."""

    http: Http
    settings: Settings
    tenant: TenantId
    session: Callable[[], requests.Session]

    def token_works(self) -> bool:
        """Asks Entra each time: MSAL repeats a refusal from its cache for a minute."""
        try:
            self._fresh_tokens().token()
        except CertificateUnreadable:
            # That is no answer of Entra's.
            raise
        except ConsentMissing:
            return False
        return True

    def permissions(self) -> dict[str, bool]:
        """Raises ConsentMissing where there is no token to ask with."""
        return {p.name: self._proven(p.name, core=p.core) for p in PERMISSIONS}

    def facts(self) -> TenantFacts:
        raw = self._graph.organization()
        verified = _objects(raw.get("verifiedDomains"))
        verified.sort(key=lambda domain: domain.get("isDefault") is not True)
        domains = (domain.get("name") for domain in verified)
        return TenantFacts(
            str(raw.get("displayName") or ""),
            tuple(str(name) for name in domains if name),
            _plans(raw.get("assignedPlans")),
        )

    def group_rules(self) -> GroupRules:
        settings = self._graph.group_settings()
        words = str(settings.get("CustomBlockedWordsList") or "").split(",")
        return GroupRules(
            policy_in(settings),
            str(settings.get("PrefixSuffixNamingRequirement") or ""),
            sum(1 for word in words if word.strip()),
        )

    def users(self) -> int:
        return self._graph.count_users()

    def known(self, ids: Sequence[ObjectId]) -> frozenset[ObjectId]:
        """By reading each: asking for many at once takes a permission that the app does not have.

        The nil uuid is nobody's.
        """
        found: set[ObjectId] = set()
        for first in range(0, len(ids), _A_BATCH):
            some = ids[first : first + _A_BATCH]
            there = self._graph.are_there(some)
            found.update(user for user, known in zip(some, there, strict=True) if known)
        return frozenset(found)

    def _proven(self, permission: str, *, core: bool) -> bool:
        try:
            return self._graph.proves(permission)
        except PermissionMissing:
            return False
        except Transient:
            if core:
                raise
            # Whatever the app can do without keeps nothing waiting: it is not proven, that is all.
            return False

    @cached_property
    def _graph(self) -> _Graph:
        return _Graph(self.http, self.settings.graph_url, self._fresh_tokens())

    def _fresh_tokens(self) -> GraphTokens:
        return GraphTokens(self.settings, self.tenant, self.session)


def _is_there(answer: Answer, where: Where) -> bool:
    if answer.kind is Kind.FORBIDDEN:
        raise PermissionMissing(answer.message, where)
    if answer.kind is not Kind.OK and answer.status != 404:
        raise Unavailable(answer.message or "a user could not be read", where)
    return answer.kind is Kind.OK


def _plans(raw: object) -> frozenset[str] | None:
    """Services that are enabled, in lower case. To an app that may not see them Microsoft says null
    or nothing: a tenant without any plan has no users either."""
    if not isinstance(raw, list) or not raw:
        return None
    enabled = (p for p in _objects(raw) if str(p.get("capabilityStatus")).lower() == "enabled")
    return frozenset(str(plan.get("service") or "").lower() for plan in enabled)


def _objects(raw: object) -> list[Mapping[str, Any]]:
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
