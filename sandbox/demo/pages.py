"""The four steps on the app's pages, played by three people in three browsers.

The full administrator signs in, sees the prerequisites, hands a step each to the compliance
officer and to the Microsoft administrator, confirms what they did, and slides the switch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator

from sandbox.browser.errands import Errands
from sandbox.browser.http import over_http
from sandbox.browser.page import Page
from sandbox.browser.visitor import Browser
from sandbox.clouds import world
from sandbox.demo.scenes import Line
from sandbox.demo.stage import Stage
from sandbox.installation import ORG
from sandbox.supervise import Steps
from sandbox.webex import Person, Team
from shared.core.ids import TeamId


class People:
    """Whoever sits before a browser in the demo."""

    def __init__(self, stage: Stage, say: Steps) -> None:
        self._stage, self._say = stage, say
        self.admin, self.officer, self.microsoft = (self._somebody() for _ in range(3))

    def set_up(self) -> list[Line]:
        """From nothing configured to the switch On."""
        steps: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
            ("pages: sign in", self._sign_in),
            ("pages: sign-ins for the app", self._credentials),
            ("pages: prerequisites", self._prerequisites),
            ("pages: permissions and consent", self._consent),
            ("pages: settings and switch", self._switch_on),
        )
        return [self._play(name, step) for name, step in steps]

    def turn_off(self) -> list[str]:
        """What is wrong with it."""
        self.admin.turn_off()
        return ["it did not go off"] if self._stage.is_on else []

    def turn_on_again(self) -> list[str]:
        """What is wrong with it."""
        self.admin.turn_on()
        return [] if self._stage.is_on else ["it did not go on again"]

    def allow(
        self, team: Team, people: Collection[Person], *, elsewhere: bool = False
    ) -> list[str]:
        """On the page Activity: what waits about these people is allowed; what is wrong. elsewhere:
        not in the browser in which all else is done."""
        try:
            browser = (self.somebody_else() if elsewhere else self.admin).browser
            browser.get("/activity?status=needs_person")
            page = browser.follow(team.name)
            missing = [person.name for person in people if person.name not in _names(page)]
            browser.press("/activity/held", decision="allow")
        except (AssertionError, KeyError) as error:
            return [str(error)]
        wrong = [f"the page does not name {len(missing)} of them"] if missing else []
        kept = self._stage.services.teams.held(TeamId(team.uuid))
        # None: the worker was quicker than this.
        if kept is not None and kept.value.decided != "allow":
            wrong.append("the page's Allow was not kept")
        return wrong

    def somebody_else(self) -> Errands:
        """The administrator in another browser, signed in."""
        admin = self._somebody()
        admin.sign_in(self._email(world.ADMIN))
        return admin

    def connect(self, team: Team, group: str) -> list[str]:
        """Find the team by its id, and connect it to the group with this address; what is wrong."""
        try:
            browser = self.somebody_else().browser
            browser.get("/activity")
            browser.press("Find", id=team.id)
            browser.press("Connect to this group", group=group)
        except (AssertionError, KeyError) as error:
            return [str(error)]
        row = self._stage.services.teams.read(TeamId(team.uuid))
        return [] if row is not None and row.value.new else ["the team is not connected"]

    def restore(self, team: Team) -> list[str]:
        """On the team's page, in a browser of its own: bring the deleted group back; what is wrong
        with it."""
        try:
            admin = self.somebody_else()
            admin.browser.get(f"/activity?team={team.uuid}")
            admin.browser.press("/activity/restore")
        except (AssertionError, KeyError) as error:
            return [str(error)]
        return []

    def _play(self, name: str, step: Callable[[], Iterator[str]]) -> Line:
        started = time.monotonic()
        try:
            wrong = [text for text in step() if text]
        except (AssertionError, KeyError) as error:
            # A page that is not as it should be: its form, link or field is missing.
            wrong = [str(error)]
        took = time.monotonic() - started
        self._say(f"{name}: {'; '.join(wrong) or f'done in {took:.1f} s'}")
        return Line(name, wrong)

    def _sign_in(self) -> Iterator[str]:
        stranger = self._somebody()
        refused = stranger.sign_in(self._email(world.OFFICER))
        yield _unless(refused.path.startswith("/refused/"), "an officer was let in", refused)
        page = self.admin.sign_in(self._email(world.ADMIN))
        yield _unless(world.ADMIN in page.text, "the administrator was not let in", page)

    def _credentials(self) -> Iterator[str]:
        page = self.admin.keep_credential("people", self._email(world.ADMIN))
        yield _unless(page.path == "/credentials", "people: refused", page)
        for capability in ("spaces", "folders"):
            link = self.admin.make_link(capability)
            self.officer.take_over(link)
            page = self.officer.at_webex(self._email(world.OFFICER))
            yield _unless(page.path == "/handover/done", f"{capability}: refused", page)
            page = self.admin.confirm(capability)
            yield _unless(page.path == "/credentials", f"{capability}: not confirmed", page)
        kept = self._stage.wiring.credentials(ORG).read("spaces")
        writes = kept is not None and "spark-compliance:memberships_write" in kept.scopes
        yield _unless(writes, "the sign-in cannot write memberships", page)

    def _prerequisites(self) -> Iterator[str]:
        self.admin.recheck()
        self.admin.confirm_what_no_api_tells()
        page = self.admin.browser.get("/prerequisites")
        yield _unless("/permissions" in page.links.values(), "Next is not open", page)

    def _consent(self) -> Iterator[str]:
        link = self.admin.make_link("microsoft")
        self.microsoft.take_over(link)
        account = world.object_id_of(world.GLOBAL_ADMIN)
        page = self.microsoft.at_microsoft(account)
        yield _unless(page.path == "/handover/done", "the consent was refused", page)
        self.admin.confirm("microsoft")
        page = self.admin.browser.get("/authorized")
        yield _unless("/settings" in page.links.values(), "the app is not authorized", page)

    def _switch_on(self) -> Iterator[str]:
        page = self.admin.turn_on()
        yield _unless(self._stage.is_on, "the switch stayed Off", page)
        yield "" if self._stage.clouds.webex.webhooks else "no webhook was registered"
        told = self.admin.browser.get("/prerequisites.json")
        unmet = _unmet(json.loads(told.body))
        yield f"not met afterwards: {', '.join(unmet)}" if unmet else ""

    def _somebody(self) -> Errands:
        url = self._stage.app_url
        return Errands(Browser(over_http(url), time.time, url))

    def _email(self, name: str) -> str:
        return world.person(self._stage.clouds.webex, name).email


def _names(page: Page) -> set[str]:
    """Everybody in the lists of names on it."""
    lists = [e for e in page.document.root.all("ul") if "names" in e["class"]]
    return {item.text for each in lists for item in each.all("li")}


def _unless(right: bool, wrong: str, page: Page) -> str:
    return "" if right else f"{wrong} ({page.status} {page.path}: {page.heading})"


def _unmet(told: object) -> list[str]:
    """The ids of what blocks and is not met, wherever they stand in the JSON."""
    if isinstance(told, list):
        return [each for part in told for each in _unmet(part)]
    if not isinstance(told, dict):
        return []
    if told.get("state") == "not_met" and told.get("blocking"):
        return [str(told.get("id"))]
    return [each for part in told.values() for each in _unmet(part)]
