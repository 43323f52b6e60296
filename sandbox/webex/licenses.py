"""/v1/licenses. Source: https://developer.webex.com/docs/api/v1/licenses

What the messaging licence is called is not published, and a free entitlement may not be listed
at all: `messaging_licence` is a switch.
"""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.kit import Request, Response
from sandbox.webex.core import Core
from sandbox.webex.errors import Forbidden, NotFound
from sandbox.webex.ids import encode, key_of
from sandbox.webex.state import Organization
from sandbox.webex.tokens import Caller

MEETINGS = "Meeting - Webex Meetings Suite"
_SPARE_UNITS = 50


class LicensesApi:
    def __init__(self, core: Core) -> None:
        self.core = core

    def search(self, caller: Caller, request: Request) -> Response:
        """Another organization's, by `orgId`, are refused."""
        org = self._admins_own(caller)
        asked = request.arg("orgId")
        if asked is not None and key_of(asked, "ORGANIZATION") != org.uuid:
            raise Forbidden
        return Response(200, {"items": self._all(org)})

    def get(self, caller: Caller, request: Request) -> Response:
        for licence in self._all(self._admins_own(caller)):
            if licence["id"] == request.params["id"]:
                return Response(200, licence)
        raise NotFound

    def _admins_own(self, caller: Caller) -> Organization:
        caller.need_any("spark-admin:licenses_read")
        if not caller.is_admin:
            raise Forbidden
        return self.core.world.organizations[caller.person.org_uuid]

    def _all(self, org: Organization) -> list[dict[str, Any]]:
        names = [self.core.switches.messaging_licence, MEETINGS]
        used = sum(person.account_status == "active" for person in org.people)
        return [_licence(org, name, used) for name in names if name]


def licence_key(org_uuid: str, name: str) -> str:
    """What stands behind the organization in a licence's id, and with whoever has it."""
    return f"MS_{uuid.uuid5(uuid.UUID(org_uuid), name)}"


def _licence(org: Organization, name: str, used: int) -> dict[str, Any]:
    return {
        "id": encode("LICENSE", f"{org.uuid}:{licence_key(org.uuid, name)}"),
        "name": name,
        "totalUnits": used + _SPARE_UNITS,
        "consumedUnits": used,
        "consumedByUsers": used,
        "consumedByWorkspaces": 0,
    }
