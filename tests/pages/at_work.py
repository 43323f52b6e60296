"""An organization where everything is set up but the switch, and an administrator who is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from sandbox.browser.page import Page
from shared.admin import connection
from shared.admin.connection import Consent
from shared.admin.ports import Actor, Office
from shared.core.ids import PersonId, TeamId, TenantId
from shared.core.model import OrgSettings, Status, Team
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.visitor import Visitor

SWITCH = "/settings/switch"


@dataclass
class Bench:
    """One world, and one administrator's browser in it."""

    stage: Stage
    visitor: Visitor

    @property
    def office(self) -> Office:
        return steps.office(self.stage)

    @property
    def settings(self) -> OrgSettings:
        return self.office.services.organizations.settings()

    @property
    def webhooks(self) -> list[str]:
        """Where Webex delivers to."""
        return [w.target_url for w in self.stage.webex.webhooks.values()]

    def audit(self) -> list[tuple[str, str, str, str]]:
        """The newest first: who (without the address), what, from, to."""
        return [
            (c.who.partition(" (")[0], c.what, c.before, c.after)
            for c in self.office.audit.latest(100)
        ]

    def turn_on(self) -> Page:
        self.visitor.get("/settings")
        return self.visitor.press(SWITCH)

    def turn_off(self) -> Page:
        self.stage.clock.advance(1)
        self.visitor.get("/settings")
        self.visitor.press(SWITCH)
        return self.visitor.press("Turn off")

    def is_on(self, page: Page) -> bool:
        """What the switch says, in its attribute and in words."""
        switch = page.document.root.first(id="switch")
        assert switch is not None
        said = switch["aria-checked"] == "true"
        assert switch.text.endswith("On" if said else "Off")
        return said


def bench(stage: Stage, *, bound: bool = True) -> Bench:
    """`stage` must be configured. bound: the tenant is connected."""
    for _ in range(3):
        stage.person()
    visitor = Visitor(stage)
    steps.sign_in(visitor, stage.admin)
    if bound:
        office = steps.office(stage)
        actor = Actor(PersonId(stage.admin.uuid), "Adam Admin")
        tenant = TenantId(stage.tenant.tenant_id)
        connection.connect(office, actor, Consent(tenant, "Contoso", "Greta Global", office.now()))
        # What comes after has a later line in the audit.
        stage.clock.advance(1)
    return Bench(stage, visitor)


Make = Callable[..., Stage]


def opened(here: Bench, address: str) -> Page:
    """The page, though the session may have ended meanwhile."""
    page = here.visitor.get(address)
    if page.path != address.partition("?")[0]:
        steps.sign_in(here.visitor, here.stage.admin)
        page = here.visitor.get(address)
    return page


def a_row(name: str, *, status: Status = Status.COMPLETE, uuid: str = "") -> Team:
    """A team's row, as a look may have left it."""
    return Team(
        uuid=TeamId(uuid or str(uuid4())),
        space_id="space",
        new=status is not Status.FROM_BEFORE,
        created=1,
        first_seen=1,
        name=name,
        status=status,
    )
