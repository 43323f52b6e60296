"""What people do in front of the pages, for tests about what comes after."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.browser.page import Page
from sandbox.microsoft.state import Tenant, User
from sandbox.webex.state import Organization, Person
from shared.admin.ports import Office
from shared.core.ids import OrgId, TenantId
from shared.core.model import OrgSettings
from tests.journeys.stage import APP_URL, Stage
from tests.pages.visitor import Visitor

CONSENT = "/authorize/microsoft/consent"
SIGN_IN = "/authorize/microsoft/signin"
# How the people of a stage are told: by name and address.
ADAM = "Adam Admin (adam.admin@example.example)"
OLGA = "Olga Officer (olga.officer@example.example)"
GRETA = "Greta Global (greta.global@contoso.example)"
WEBEX_SIGN_IN = "/authorize/webex/signin"
ADMIN_CONSENT = "/v2.0/adminconsent"
AUTHORIZE = "/oauth2/v2.0/authorize"


def serve(
    stage: Stage, *, tenants: Iterable[Tenant] = (), organizations: Iterable[Organization] = ()
) -> None:
    """The deployment names these besides."""
    old = stage.wiring.settings
    stage.redeploy(
        tenants=old.tenants | {TenantId(t.tenant_id) for t in tenants},
        organizations=old.organizations | {OrgId(o.uuid) for o in organizations},
    )


def sign_in(visitor: Visitor, person: Person) -> Page:
    """With Webex, as far as our own page."""
    visitor.get("/")
    visitor.press("Sign in with Webex")
    return visitor.press(f"Sign in and allow as {person.name}")


def confirm(visitor: Visitor, step: str) -> Page:
    """Look at what waits, and confirm it."""
    return visitor.submit(visitor.get("/credentials"), "Confirm", step=step)


def press_authorize(visitor: Visitor) -> Page:
    """Authorize on the permissions page, as far as Microsoft's first page."""
    return visitor.post("/authorize/microsoft")


def at_microsoft(visitor: Visitor, user: User, decision: str = "Accept", *, stop: str = "") -> Page:
    """Sign in in Microsoft's dialog, unless it knows the browser already, and decide."""
    if visitor.page and "Next" in visitor.page.buttons:
        visitor.press("Next", account=user.object_id)
    return visitor.press(decision, stop=stop)


def consent(visitor: Visitor, user: User) -> Page:
    """All of it: press Authorize, sign in, accept."""
    press_authorize(visitor)
    return at_microsoft(visitor, user)


def office(stage: Stage, org: Organization | None = None) -> Office:
    return stage.wiring.office(OrgId((org or stage.org).uuid))


def settings(stage: Stage, org: Organization | None = None) -> OrgSettings:
    return office(stage, org).services.organizations.settings()


def refused_with(page: Page) -> str:
    """The code of the page that explains a refusal; "" for any other page."""
    return page.path.removeprefix("/refused/") if page.path.startswith("/refused/") else ""


def signed_in(visitor: Visitor) -> bool:
    """Whether this browser gets to see a page behind the sign-in."""
    return visitor.get("/credentials").heading == "Sign-ins"


def copy_of(stage: Stage, visitor: Visitor) -> Visitor:
    """Another browser with everything that this one keeps of ours."""
    thief = Visitor(stage)
    thief.jar.kept = {k: c for k, c in visitor.jar.kept.items() if c.host in APP_URL}
    return thief
