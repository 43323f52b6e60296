"""SCIM 2, outside /v1: the directory with `externalId`.

Source: webex-openapi-specs, public-spec/webex-admin.json, /identity/scim/{orgId}/v2/Users.
Needs identity:people_read and an administrator's role; a compliance officer is refused. The
organization in the path is a bare uuid.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.licenses import licence_key
from sandbox.webex.state import Person
from sandbox.webex.times import iso
from sandbox.webex.tokens import Caller

EXTENSION = "urn:scim:schemas:extension:cisco:webexidentity:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SCOPES = ("identity:people_read", "identity:people_rw")
FILTER = re.compile(r'^\s*([\w.]+)\s+(\w+)\s+("(?:[^"\\]|\\.)*")\s*$')
FIELDS: dict[str, Callable[[Person], str]] = {
    "username": lambda person: person.email,
    "id": lambda person: person.uuid,
    "displayname": lambda person: person.name,
    "emails.value": lambda person: person.email,
}
SORTED: dict[str, Callable[[Person], Any]] = {
    "id": lambda person: person.uuid,
    "userName": lambda person: person.email,
    "meta.lastModified": lambda person: person.created,
}
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "sw": lambda value, wanted: value.startswith(wanted),
    "ew": lambda value, wanted: value.endswith(wanted),
}


class ScimApi:
    def __init__(self, core: Core) -> None:
        self.core = core
        # The last order that was asked for: a directory is read in pages.
        self.ordered: tuple[tuple[str, int], list[Person], list[Person]] | None = None

    def view(self, person: Person) -> dict[str, Any]:
        first, _, last = person.name.partition(" ")
        seen: dict[str, Any] = {
            "schemas": [USER, EXTENSION],
            "id": person.uuid,
            "userName": person.email,
            "active": self._is_active(person),
            "displayName": person.name,
            "name": {"givenName": first, "familyName": last},
            "emails": [{"value": person.email, "type": "work", "primary": True}],
            "userType": person.user_type,
            EXTENSION: self._extension(person),
            "meta": {
                "resourceType": "User",
                "created": iso(person.created),
                "lastModified": iso(person.created),
                "organizationId": person.org_uuid,
            },
        }
        if person.external_id:
            seen["externalId"] = person.external_id
        if person.roles:
            seen["roles"] = [{"value": role} for role in sorted(person.roles)]
        return seen

    def _extension(self, person: Person) -> dict[str, Any]:
        shown: dict[str, Any] = {"accountStatus": person.account_status}
        if self.core.switches.scim_shows_licences and person.messaging:
            name = self.core.switches.messaging_licence
            if name:
                shown["licenseID"] = [licence_key(person.org_uuid, name)]
        return shown

    def _is_active(self, person: Person) -> bool:
        if person.account_status == "pending":
            return self.core.switches.pending_people_are_active
        return person.account_status == "active"

    def _admin(self, caller: Caller, org_uuid: str) -> None:
        caller.need_any(*SCOPES)
        if not caller.is_admin or caller.person.org_uuid != org_uuid.lower():
            raise Forbidden

    def search(self, caller: Caller, request: Request) -> Response:
        """`count` above the cap gets as many as the cap; `itemsPerPage` tells."""
        self._admin(caller, request.params["org"])
        found = self._matching(caller.person.org_uuid, request.arg("filter"))
        found = self._sorted(found, request)
        if request.arg("attributes") and self.core.switches.scim_attributes == "refused":
            raise BadRequest("attributes are not supported.")
        start = max(1, _number(request, "startIndex", 1))
        count = min(_number(request, "count", 100), self.core.switches.scim_count_cap)
        page = found[start - 1 : start - 1 + count]
        core_alone = self.core.switches.scim_attributes == "core"
        resources = [_chosen(request, self.view(person), core_alone) for person in page]
        body = {
            "schemas": [LIST],
            "totalResults": len(found),
            "itemsPerPage": len(page),
            "startIndex": start,
            "Resources": resources,
        }
        return Response(200, body)

    def _sorted(self, people: list[Person], request: Request) -> list[Person]:
        """By the attributes that the page names; in the order of their making otherwise."""
        by = request.arg("sortBy")
        if by is None:
            return people
        if by not in SORTED or not self.core.switches.scim_sorts:
            raise BadRequest("sortBy is not supported.")
        key, last = (by, len(people)), self.ordered
        if last is None or last[0] != key or not same(last[1], people):
            last = self.ordered = (key, people[:], sorted(people, key=SORTED[by]))
        found = last[2]
        return found[::-1] if request.arg("sortOrder") == "descending" else found

    def _matching(self, org_uuid: str, expression: str | None) -> list[Person]:
        people = self.core.world.people_of_org[org_uuid]
        if not expression:
            return people
        attribute, operator, value = _parsed(expression)
        world, wanted = self.core.world, value.lower()
        if operator == "eq" and attribute in ("username", "id"):
            index = world.by_email if attribute == "username" else world.people
            person = index.get(wanted)
            return [person] if person and person.org_uuid == org_uuid else []
        read, compare = FIELDS[attribute], OPERATORS[operator]
        return [person for person in people if compare(read(person).lower(), wanted)]

    def get(self, caller: Caller, request: Request) -> Response:
        self._admin(caller, request.params["org"])
        person = self.core.world.people.get(request.params["id"].lower())
        gone = not person or person.account_status == "deleted" or person.is_machine
        if not person or gone or person.org_uuid != caller.person.org_uuid:
            raise NotFound
        return Response(200, _chosen(request, self.view(person)))

    def me(self, caller: Caller, request: Request) -> Response:
        caller.need_any(*SCOPES)
        return Response(200, self.view(caller.person))


def _parsed(expression: str) -> tuple[str, str, str]:
    match = FILTER.match(expression)
    if not match:
        raise BadRequest("The filter is not valid.")
    attribute, operator, value = match[1].lower(), match[2].lower(), _unquoted(match[3])
    if attribute not in FIELDS or operator not in OPERATORS:
        # The server's own words, as wxc_sdk's tests/test_scim.py met them.
        raise BadRequest(
            f"The user's {attribute}, operator: {operator.upper()} is not supported search."
        )
    return attribute, operator, value


def _unquoted(text: str) -> str:
    """A value is a JSON string: RFC 7644 §3.4.2.2."""
    try:
        return str(json.loads(text))
    except ValueError as wrong:
        raise BadRequest("The filter is not valid.") from wrong


def _number(request: Request, name: str, default: int) -> int:
    text = request.arg(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise BadRequest(f"{name} must be a number.")
    return int(text)


def same(some: list[Person], others: list[Person]) -> bool:
    return all(map(operator.is_, some, others))


def _chosen(request: Request, user: dict[str, Any], core_alone: bool = False) -> dict[str, Any]:
    """Only the top-level `attributes` asked for; id and schemas always."""
    wanted, unwanted = request.arg("attributes"), request.arg("excludedAttributes")
    always = ("id", "schemas")
    if wanted:
        names = {name.strip().lower() for name in wanted.split(",")}
        if core_alone:
            names = {name for name in names if ":" not in name} - {"externalid"}
        return {k: v for k, v in user.items() if k in always or _named(k, names)}
    if unwanted:
        names = {name.strip().lower() for name in unwanted.split(",")}
        return {k: v for k, v in user.items() if k in always or k.lower() not in names}
    return user


def _named(key: str, names: set[str]) -> bool:
    """`name.givenName` asks for `name`, and an extension's attribute for the extension."""
    low = key.lower()
    return any(name == low or name.startswith((f"{low}.", f"{low}:")) for name in names)
