"""/v1/people and /v1/roles. Source: https://developer.webex.com/docs/api/v1/people

No externalId here: that is SCIM's. Admin-only fields need spark-admin:people_read and the role.
"""

from __future__ import annotations

from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.bodies import person_named
from sandbox.webex.core import Core
from sandbox.webex.errors import BadRequest, Forbidden, NotFound
from sandbox.webex.ids import encode
from sandbox.webex.state import Person
from sandbox.webex.times import iso
from sandbox.webex.tokens import ADMIN, OFFICER, Caller

ROLE_NAMES = {
    ADMIN: "Full Administrator",
    "id_user_admin": "User Administrator",
    "id_readonly_admin": "Read-only Administrator",
    "id_device_admin": "Device Administrator",
    OFFICER: "Compliance Officer",
}
ADMIN_READ = "spark-admin:people_read"


class PeopleApi:
    def __init__(self, core: Core) -> None:
        self.core = core

    def view(self, caller: Caller, person: Person) -> dict[str, Any]:
        first, _, last = person.name.partition(" ")
        seen: dict[str, Any] = {
            "id": person.id,
            "emails": [person.email],
            "displayName": person.name,
            "firstName": first,
            "lastName": last,
            "orgId": person.org_id,
            "created": iso(person.created),
            "type": self._type(person),
            "status": "pending" if person.account_status == "pending" else "unknown",
        }
        own = caller.person.uuid == person.uuid
        admin = ADMIN_READ in caller.scopes and caller.person.org_uuid == person.org_uuid
        admin = admin and (own or caller.is_admin)
        if admin or (own and not self.core.switches.roles_need_admin_scope):
            seen["roles"] = [encode("ROLE", role) for role in sorted(person.roles)]
        if admin:
            seen["invitePending"] = self._flag(person.account_status == "pending")
            seen["loginEnabled"] = self._flag(person.account_status == "active")
        return seen

    def _type(self, person: Person) -> str:
        if person.is_machine:
            return self.core.switches.machine_type
        return "bot" if person.is_bot else "person"

    def _flag(self, on: bool) -> bool | str:
        return str(on).lower() if self.core.switches.people_flags_as_text else on

    def me(self, caller: Caller, request: Request) -> Response:
        caller.need_any("spark:people_read", ADMIN_READ, "spark:all")
        return Response(200, self.view(caller, caller.person))

    def get(self, caller: Caller, request: Request) -> Response:
        caller.need_any("spark:people_read", ADMIN_READ, "spark:all")
        person = person_named(self.core, request.params["id"], None)
        if not person:
            raise NotFound
        return Response(200, self.view(caller, person))

    def search(self, caller: Caller, request: Request) -> Response:
        """By email, or by ids; the whole organization is read by SCIM."""
        caller.need_any("spark:people_read", ADMIN_READ, "spark:all")
        email, ids = request.arg("email"), request.arg("id")
        if email:
            found = [person_named(self.core, None, email)]
        elif ids and ids.count(",") < 85:
            found = [person_named(self.core, each, None) for each in ids.split(",")]
        else:
            raise BadRequest("Email, displayName, or id list should be specified.")
        items = [self.view(caller, person) for person in found if person]
        return Response(200, {"items": items})

    def roles(self, caller: Caller, request: Request) -> Response:
        caller.need_any("spark-admin:roles_read")
        if not caller.is_full_admin:
            raise Forbidden
        items = [{"id": encode("ROLE", role), "name": name} for role, name in ROLE_NAMES.items()]
        return Response(200, {"items": items})
