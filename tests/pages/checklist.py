"""The prerequisites as an administrator finds them, and the world that they are about."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.browser.element import Element
from sandbox.browser.page import Page
from sandbox.kit import Cloud, Fault
from sandbox.microsoft.state import Tenant
from sandbox.webex.state import Person, Token
from shared.core.capabilities import CAPABILITIES
from shared.core.credential import Credential
from shared.core.ids import OrgId
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages import steps
from tests.pages.visitor import Visitor

PATH = "/prerequisites"
Row = dict[str, Any]


@dataclass
class Checklist:
    """`visitor` is signed in as the full administrator."""

    stage: Stage
    visitor: Visitor

    # Looking

    def rows(self) -> dict[str, Row]:
        page = self.visitor.get(f"{PATH}.json")

        assert page.status == 200, page.text
        return {row["id"]: row for row in json.loads(page.body)["checks"]}

    def row(self, check_id: str) -> Row:
        return self.rows()[check_id]

    def found(self, check_id: str) -> tuple[str, str]:
        """State and code."""
        row = self.row(check_id)
        return row["state"], row["code"]

    def again(self, check_id: str = "") -> Page:
        return self.visitor.post(f"{PATH}/recheck", {"check": check_id})

    def found_again(self, check_id: str) -> tuple[str, str]:
        self.again(check_id)
        return self.found(check_id)

    def shown(self, check_id: str) -> Element:
        """The row on the page."""
        row = self.visitor.get(PATH).document.root.first("li", id=check_id)

        assert row is not None
        return row

    # The world

    def sign_in_for(
        self, capability: str, person: Person, scopes: Iterable[str] | None = None
    ) -> Token:
        """As somebody did on the page of the sign-ins a while ago."""
        granted = CAPABILITIES[capability].scopes if scopes is None else tuple(scopes)
        token = self.stage.webex.issue_token(person, granted, client_id="integration")
        self.stage.wiring.credentials(OrgId(self.stage.org.uuid)).write(
            capability,
            Credential(
                token.access_token,
                token.refresh_token,
                round(token.expires_at * 1000),
                owner_name=person.name,
                scopes=granted,
                since=round(self.stage.clock.now() * 1000),
            ),
        )
        return token

    def sign_in_both(self) -> None:
        self.sign_in_for("spaces", self.stage.officer)
        self.sign_in_for("people", self.stage.admin)

    def connect(self) -> None:
        """Authorize, and Microsoft's dialog."""
        page = steps.consent(self.visitor, self.stage.global_admin)

        assert page.path == "/authorized", page.text

    def make_ready(self) -> None:
        """Everything that blocks is met."""
        self.stage.person("Mia Mapped")
        self.sign_in_both()
        self.connect()

    def grant(self, *permissions: str) -> None:
        """What an administrator of Microsoft granted the app; all of them where none is named."""
        self.stage.microsoft.consent(
            self.stage.application, self.stage.tenant, permissions or PERMISSIONS
        )

    def tenant(self, name: str, *, served: bool = True) -> Tenant:
        """Another one. Its id is of this test alone: all tests share the storage."""
        domain = f"{name.lower()}.example"
        made = self.stage.microsoft.add_tenant(name, str(uuid.uuid4()), domain)
        if served:
            steps.serve(self.stage, tenants=[made])
        return made


def down(cloud: Cloud, path: str = "", status: int = 503) -> Fault:
    """The provider fails from now on."""
    fault = Fault("error", path=path, status=status)
    cloud.faults.append(fault)
    return fault
