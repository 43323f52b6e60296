"""Microsoft Graph as the app of one tenant.

Sources: https://learn.microsoft.com/graph/api/group-upsert, group-list-members, group-list-owners,
drive-get, group-list-settings, directoryobject-checkmembergroups, and /graph/json-batching.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from shared.core.errors import (
    AnswerUnknown,
    ConsentMissing,
    NotThere,
    PermissionMissing,
    Refused,
    Throttled,
    Unavailable,
)
from shared.core.ids import GroupId, ObjectId, parse_uuid
from shared.core.model import CreationPolicy, Drive, Group
from shared.http import Http, Reply
from shared.microsoft.protocol import (
    Answer,
    Kind,
    NewGroup,
    Part,
    batch_answers,
    batch_body,
    classify,
    create_body,
    error_message,
)

TRACE_HEADER = "request-id"
_GROUP = "$select=id,displayName,mailNickname,description,createdDateTime"
_PAGE = 999
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
        _checked(reply)
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

    def members(self, group: GroupId) -> frozenset[ObjectId]:
        return self._ids(f"/groups/{group}/members?$select=id&$top={_PAGE}")

    def owners(self, group: GroupId) -> frozenset[ObjectId]:
        return self._ids(f"/groups/{group}/owners?$select=id&$top={_PAGE}")

    def batch(self, parts: Sequence[Part], *, chained: bool) -> list[Answer]:
        if len(parts) == 1:
            return [self._alone(parts[0])]
        reply = self._call("POST", "/$batch", batch_body(parts, chained=chained))
        return batch_answers(len(parts), reply.json, self.http.clock.now())

    def _alone(self, part: Part) -> Answer:
        """A batch of one is the request itself, judged like any part."""
        url = f"{self.base_url}/v1.0{part.url}"
        try:
            reply = self._patient(part.method, url, dict(part.body))
        except Throttled as no:
            return Answer(Kind.THROTTLED, 429, str(no), no.where.trace, no.retry_after)
        kind = classify(reply.status, reply.json)
        return Answer(kind, reply.status, error_message(reply.json), reply.where.trace)

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

    def _ids(self, path: str) -> frozenset[ObjectId]:
        try:
            found = list(self._pages(path))
        except Refused:
            # Whether $select and $top need an advanced query is disputed; without them it goes.
            found = list(self._pages(path.partition("?")[0]))
        ids = (parse_uuid(item.get("id")) for item in found)
        return frozenset(ObjectId(i) for i in ids if i)

    def _pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        following: str | None = f"{self.base_url}/v1.0{path}"
        while following:
            reply = self._send("GET", following)
            yield from reply.items("value")
            following = reply.object().get("@odata.nextLink")
            if following and not following.startswith(self.base_url + "/"):
                # Following it would hand our token to another host.
                raise Unavailable("the next page lies elsewhere", reply.where)

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
        return _checked(self._patient(method, url, body, extra))

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
    ) -> Reply:
        """The answer whatever it says; a token that ended meanwhile is got anew, once."""
        reply = self._once(method, url, body, extra, reads)
        if reply.status == 401:
            self.tokens.forget()
            reply = self._once(method, url, body, extra, reads)
        return reply

    def _once(
        self,
        method: str,
        url: str,
        body: object,
        extra: Mapping[str, str] | None,
        reads: bool,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self.tokens.token()}", **(extra or {})}
        return self.http.call(
            method, url, headers=headers, json=body, capability="graph", reads=reads
        )


def policy_in(settings: Mapping[str, Any]) -> CreationPolicy:
    """Who may create groups, by the tenant's `Group.Unified` settings."""
    everybody = str(settings.get("EnableGroupCreation", "true")).lower() != "false"
    return CreationPolicy(everybody, parse_uuid(settings.get("GroupCreationAllowedGroupId")) or "")


def _checked(reply: Reply) -> Reply:
    kind = classify(reply.status, reply.json)
    if kind is Kind.OK:
        return reply
    message = error_message(reply.json)[:300] or f"status {reply.status}"
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


def _parse_group(raw: Mapping[str, Any], reply: Reply) -> Group:
    group = parse_uuid(raw.get("id"))
    if group is None:
        raise AnswerUnknown("the answer names no group", reply.where)
    return Group(
        GroupId(group),
        str(raw.get("displayName") or ""),
        str(raw.get("mailNickname") or ""),
        str(raw.get("description") or ""),
        _time(raw.get("createdDateTime")),
    )


def _time(text: object) -> int:
    if not isinstance(text, str) or not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
