"""Microsoft Graph as the app of one tenant.

Sources: https://learn.microsoft.com/graph/api/group-upsert, group-update, group-list-members,
group-list-owners, group-delta, user-get, invitation-post, drive-get, group-list-settings,
directoryobject-checkmembergroups, and /graph/json-batching, /graph/delta-query-overview.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote
from uuid import UUID

from shared.core.connecting import Candidate
from shared.core.errors import (
    AnswerUnknown,
    ConsentMissing,
    DeltaLost,
    NotThere,
    PermissionMissing,
    Refused,
    Throttled,
    Unavailable,
    Where,
)
from shared.core.ids import GroupId, ObjectId, parse_uuid
from shared.core.model import Account, CreationPolicy, Delta, Drive, Group
from shared.core.moments import parse_time
from shared.http import Http, Reply
from shared.microsoft.protocol import (
    Answer,
    Kind,
    NewGroup,
    Part,
    answers_to,
    batch_body,
    classify,
    create_body,
    error_message,
    invitation,
    invited,
    is_delta_lost,
    judged,
    parse_account,
    parse_change,
)

TRACE_HEADER = "request-id"
_GROUP = "$select=id,displayName,mailNickname,description,createdDateTime"
_CANDIDATE = f"{_GROUP},uniqueName,groupTypes,mail"
_ACCOUNT = "$select=id,displayName,userPrincipalName,mail,accountEnabled,userType"
PAGE = 999
# What is told from now on: a group renamed, and who came into it or left.
_DELTA_FROM_NOW = "$select=displayName,members&$deltatoken=latest"
# Throttled first, where there is too much: https://learn.microsoft.com/graph/throttling-limits.
BACKGROUND = {"x-ms-throttle-priority": "low"}
# The template of the settings named Group.Unified, the same in every tenant.
_UNIFIED = "62375ab9-6b52-47ed-826b-58e47e0e304b"


class AppTokens(Protocol):
    """App-only tokens of the tenant. Raises ConsentMissing, Unavailable."""

    def token(self) -> str: ...

    def forget(self) -> None: ...


@dataclass(frozen=True)
class GraphClient:
    """The port `Groups`. `base_url` without the version."""

    http: Http
    base_url: str
    tokens: AppTokens

    def creation_policy(self) -> CreationPolicy:
        return policy_in(self.group_settings())

    def group_settings(self) -> Mapping[str, Any]:
        """The values of the `Group.Unified` settings; empty where all are the defaults."""
        for item in self._get("/groupSettings").items("value"):
            values = item.get("values")
            if item.get("templateId") == _UNIFIED and isinstance(values, list):
                return {str(v.get("name")): v.get("value") for v in values if isinstance(v, dict)}
        return {}

    def is_member_of(self, person: ObjectId, group: str) -> bool:
        url = f"{self.base_url}/v1.0/users/{person}/checkMemberGroups"
        reply = self._patient("POST", url, {"groupIds": [group]}, reads=True)
        if reply.status == 404:
            return False
        checked(reply)
        values = reply.object().get("value")
        return isinstance(values, list) and group in [str(v).lower() for v in values]

    def find(self, unique_name: str) -> Group | None:
        key = quote(unique_name.replace("'", "''"), safe="")
        try:
            return self._group(f"/groups(uniqueName='{key}')?{_GROUP}")
        except Refused:
            # No page says that the alternate key can be read; the filter is the other way.
            return self._filtered(f"/groups?$filter=uniqueName%20eq%20'{key}'&{_GROUP}")

    def group(self, group: GroupId) -> Group | None:
        return self._group(f"/groups/{group}?{_GROUP}")

    def candidate(self, group: GroupId) -> Candidate | None:
        try:
            reply = self._get(f"/groups/{UUID(group)}?{_CANDIDATE}")
        except NotThere:
            return None
        return _parse_candidate(reply.object(), reply)

    def candidate_named(self, nickname: str) -> Candidate | None:
        key = quote(nickname.replace("'", "''"), safe="")
        reply = self._get(f"/groups?$filter=mailNickname%20eq%20'{key}'&{_CANDIDATE}")
        found = reply.items("value")
        return _parse_candidate(found[0], reply) if len(found) == 1 else None

    def create(self, group: NewGroup) -> Group | None:
        key = quote(group.unique_name.replace("'", "''"), safe="")
        reply = self._call(
            "PATCH",
            f"/groups(uniqueName='{key}')",
            create_body(group),
            {"Prefer": "create-if-missing"},
        )
        if reply.status == 204:
            return None
        return _parse_group(reply.object(), reply)

    def restore(self, group: GroupId) -> None:
        """https://learn.microsoft.com/graph/api/directory-deleteditems-restore"""
        try:
            self._call("POST", f"/directory/deletedItems/{UUID(group)}/restore")
        except Refused as refused:
            if refused.where.status == 404:
                raise NotThere(str(refused), refused.where) from refused
            raise

    def edit(self, group: GroupId, **properties: str) -> None:
        self._call("PATCH", f"/groups/{UUID(group)}", properties)

    def members(self, group: GroupId) -> dict[ObjectId, Account]:
        found = self._people(f"/groups/{group}/members?{_ACCOUNT}&$top={PAGE}")
        return {account.object: account for account in found}

    def owners(self, group: GroupId) -> frozenset[ObjectId]:
        found = self._people(f"/groups/{group}/owners?$select=id&$top={PAGE}")
        return frozenset(account.object for account in found)

    def account(self, person: ObjectId) -> Account | None:
        try:
            reply = self._get(f"/users/{UUID(person)}?{_ACCOUNT}")
        except NotThere:
            return None
        return _parse_account(reply.object(), reply)

    def invite(self, mail: str, name: str) -> ObjectId:
        """As the port says. PermissionMissing is also the tenant's own policy: `is_for_all` of its
        message tells them apart."""
        url = f"{self.base_url}/v1.0/invitations"
        reply = self._patient("POST", url, invitation(mail, name))
        if reply.status == 412:
            # Seen for a guest whose account is blocked; asking again changes nothing.
            raise Refused(_message(reply), reply.where, Kind.REFUSED.value, reply.json)
        guest = invited(checked(reply).json)
        if guest is None:
            raise AnswerUnknown("the answer names no guest", reply.where)
        return guest

    def changes(self, address: str) -> Delta:
        """As the port says; one page, asked for once: the timer comes again in seconds."""
        if address and not self._is_ours(address):
            # Kept while Graph was reached elsewhere; our token must not go there.
            raise DeltaLost("the address lies elsewhere", Where("graph", "GET", "/groups/delta"))
        url = address or f"{self.base_url}/v1.0/groups/delta?{_DELTA_FROM_NOW}"
        reply = self._patient("GET", url, None, BACKGROUND, waits=False)
        if is_delta_lost(reply.status, reply.json):
            raise DeltaLost(_message(reply), reply.where)
        changes = (parse_change(item) for item in checked(reply).items("value"))
        following = self._link(reply, "@odata.nextLink")
        latest = self._link(reply, "@odata.deltaLink")
        if not (following or latest):
            raise Unavailable("the answer leads nowhere", reply.where)
        return Delta(tuple(c for c in changes if c), following, "" if following else latest)

    def batch(self, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
        if len(parts) == 1:
            return [self._alone(parts[0])]
        reply = self._call("POST", "/$batch", batch_body(parts, chained=chained))
        return answers_to(parts, reply.json, self.http.clock.now())

    def _alone(self, part: Part) -> Answer:
        """A batch of one is the request itself, judged like any part."""
        url = f"{self.base_url}/v1.0{part.url}"
        try:
            body = None if part.body is None else dict(part.body)
            reply = self._patient(part.method, url, body)
        except Throttled as no:
            return Answer(Kind.THROTTLED, 429, str(no), no.where.trace, no.retry_after)
        kind = classify(reply.status, reply.json)
        answer = Answer(kind, reply.status, error_message(reply.json), reply.where.trace)
        return judged(part, answer)

    def drive(self, group: GroupId) -> Drive | None:
        try:
            reply = self._get(f"/groups/{group}/drive?$select=id,webUrl")
            drive = reply.object()
            root = self._get(f"/groups/{group}/drive/root?$select=id,webUrl").object()
        except NotThere:
            return None
        if not (drive.get("id") and root.get("id")):
            return None
        url = str(root.get("webUrl") or drive.get("webUrl") or "")
        return Drive(str(drive["id"]), str(root["id"]), url)

    def _group(self, path: str) -> Group | None:
        try:
            reply = self._get(path)
        except NotThere:
            return None
        return _parse_group(reply.object(), reply)

    def _people(self, path: str) -> list[Account]:
        """All pages. Raises Unavailable where one item is not readable: no read is partial."""
        try:
            return list(self._accounts(path))
        except Refused:
            # Whether $select and $top need an advanced query is disputed; without them it goes.
            return list(self._accounts(path.partition("?")[0]))

    def _accounts(self, path: str) -> Iterator[Account]:
        for reply in self._pages(path):
            for item in reply.items("value"):
                yield _parse_account(item, reply)

    def _pages(self, path: str) -> Iterator[Reply]:
        following = f"{self.base_url}/v1.0{path}"
        while following:
            reply = self._send("GET", following)
            yield reply
            following = self._link(reply, "@odata.nextLink")

    def _link(self, reply: Reply, name: str) -> str:
        """Where the answer leads, "" for nowhere. Raises Unavailable: following a link to another
        host would hand our token to it."""
        link = reply.object().get(name)
        if not link:
            return ""
        if not isinstance(link, str) or not self._is_ours(link):
            raise Unavailable("the next page lies elsewhere", reply.where)
        return link

    def _is_ours(self, address: str) -> bool:
        return address.startswith(self.base_url + "/")

    def _get(self, path: str) -> Reply:
        return self._call("GET", path)

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        return self._send(method, f"{self.base_url}/v1.0{path}", body, headers)

    def _send(
        self, method: str, url: str, body: object = None, extra: Mapping[str, str] | None = None
    ) -> Reply:
        return checked(self._patient(method, url, body, extra))

    def _filtered(self, path: str) -> Group | None:
        reply = self._get(path)
        for raw in reply.items("value"):
            return _parse_group(raw, reply)
        return None

    def _patient(
        self,
        method: str,
        url: str,
        body: object = None,
        extra: Mapping[str, str] | None = None,
        *,
        reads: bool = False,
        waits: bool = True,
    ) -> Reply:
        """The answer whatever it says; a token that ended meanwhile is got anew, once.

        reads: see `http`. waits: False for who comes again soon anyway.
        """
        reply = self._once(method, url, body, extra, reads=reads, patient=waits)
        if reply.status == 401:
            self.tokens.forget()
            reply = self._once(method, url, body, extra, reads=reads, patient=waits)
        return reply

    def _once(
        self,
        method: str,
        url: str,
        body: object,
        extra: Mapping[str, str] | None,
        *,
        reads: bool,
        patient: bool,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self.tokens.token()}", **(extra or {})}
        return self.http.call(
            method,
            url,
            headers=headers,
            json=body,
            capability="graph",
            reads=reads,
            patient=patient,
        )


def policy_in(settings: Mapping[str, Any]) -> CreationPolicy:
    """Who may create groups, and whether they may have guests, by the tenant's `Group.Unified`
    settings."""
    everybody = _is_set(settings, "EnableGroupCreation")
    some = parse_uuid(settings.get("GroupCreationAllowedGroupId")) or ""
    return CreationPolicy(everybody, some, _is_set(settings, "AllowToAddGuests"))


def _is_set(settings: Mapping[str, Any], name: str) -> bool:
    """Values are texts; what is not said is true."""
    return str(settings.get(name, "true")).lower() != "false"


def checked(reply: Reply) -> Reply:
    kind = classify(reply.status, reply.json)
    if kind is Kind.OK:
        return reply
    message = _message(reply)
    if kind is Kind.UNAUTHENTICATED:
        raise ConsentMissing(message, reply.where)
    if kind is Kind.FORBIDDEN:
        raise PermissionMissing(message, reply.where)
    if kind is Kind.THROTTLED:
        raise Throttled(message, reply.where, capability="graph")
    if kind is Kind.AGAIN:
        raise AnswerUnknown(message, reply.where)
    if reply.where.method == "GET" and reply.status == 404:
        raise NotThere(message, reply.where)
    raise Refused(message, reply.where, kind.value, reply.json)


def _message(reply: Reply) -> str:
    return error_message(reply.json)[:300] or f"status {reply.status}"


def _parse_account(raw: Mapping[str, Any], reply: Reply) -> Account:
    account = parse_account(raw)
    if account is None:
        raise Unavailable("an account could not be read", reply.where)
    return account


def _parse_candidate(raw: Mapping[str, Any], reply: Reply) -> Candidate:
    types = raw.get("groupTypes")
    kinds = {str(kind).lower() for kind in types} if isinstance(types, list) else set()
    return Candidate(
        _parse_group(raw, reply),
        str(raw.get("uniqueName") or ""),
        "unified" in kinds,
        "dynamicmembership" in kinds,
        str(raw.get("mail") or ""),
    )


def _parse_group(raw: Mapping[str, Any], reply: Reply) -> Group:
    group = parse_uuid(raw.get("id"))
    if group is None:
        raise AnswerUnknown("the answer names no group", reply.where)
    return Group(
        GroupId(group),
        str(raw.get("displayName") or ""),
        str(raw.get("mailNickname") or ""),
        str(raw.get("description") or ""),
        parse_time(raw.get("createdDateTime")),
    )
