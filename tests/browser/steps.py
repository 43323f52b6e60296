"""The nine steps that an administrator knows, on the pages as they are shown."""

from __future__ import annotations

from tests.browser.reader import Reader
from tests.browser.real import Party


def sign_in(admin: Reader, party: Party) -> None:
    """1. Sign in, and go to the start page."""
    admin.open("/")
    admin.keep("sign-in")
    admin.press(admin.words.sign_in, within="main")
    admin.choose(party.admin.name)

    assert admin.path == "/"


def find_card(admin: Reader) -> None:
    """2. Find the Groups integration card."""
    admin.keep("start")
    card = admin.page.get_by_role("region", name=admin.words.card)

    assert card.is_visible()


def view_prerequisites(admin: Reader) -> None:
    """3. Click View prerequisites."""
    admin.follow(admin.words.view_prerequisites)

    assert admin.path == "/prerequisites"


def name_tenant(admin: Reader, party: Party) -> None:
    admin.page.locator("#tenant-name").fill(party.domain)
    admin.click(admin.page.locator("#use-tenant"))


def keep_credentials(admin: Reader, party: Party) -> None:
    """The account chooser lets the officer sign in in the administrator's browser."""
    keep_credential(admin, "spaces", party.officer.name)
    keep_credential(admin, "people", party.admin.name)
    admin.keep("sign-ins")


def keep_credential(admin: Reader, capability: str, name: str) -> None:
    admin.open("/credentials")
    admin.click(admin.page.locator(f"#{capability}-authorize"))
    admin.choose(name)

    assert admin.path == "/credentials"


def meet_prerequisites(admin: Reader) -> None:
    """What no API tells is confirmed; the rest is checked once more."""
    admin.open("/prerequisites")
    admin.click(admin.page.locator("#recheck-all"))
    admin.keep("prerequisites")
    waiting = admin.page.locator("form:has(input[name=confirmed][value='1']) button")
    while waiting.count():
        admin.click(waiting.first)
    admin.look(thorough=admin.thorough)


def go_next(admin: Reader) -> None:
    """4. Click Next."""
    admin.follow(admin.words.next)

    assert admin.path == "/permissions"
    admin.keep("permissions")


def authorize(admin: Reader, party: Party) -> None:
    """5. to 7. Authorize, enter the credentials of a Microsoft admin, Accept."""
    admin.press(admin.words.authorize)
    consent(admin, party)

    assert admin.path == "/authorized"
    admin.keep("authorized")


def consent(reader: Reader, party: Party) -> None:
    """Microsoft asks who it is where it does not know."""
    name = party.global_admin.display_name
    if reader.page.get_by_role("button", name=name).count():
        reader.choose(name)
    reader.choose("Accept")
    if not reader.is_here:
        reader.choose(name)


def go_to_settings(admin: Reader) -> None:
    """8. Click Go to settings."""
    admin.follow(admin.words.go_to_settings)

    assert admin.path == "/settings"


def slide_switch(admin: Reader) -> None:
    """9. Slide the switch."""
    switch = admin.page.get_by_role("switch", name=admin.words.switch)

    assert switch.get_attribute("aria-checked") == "false"
    admin.click(switch)

    switch = admin.page.get_by_role("switch", name=admin.words.switch)
    assert switch.get_attribute("aria-checked") == "true"
    assert admin.words.on in switch.inner_text()
    admin.keep("settings")


def from_prerequisites_to_on(admin: Reader, party: Party) -> None:
    """All that follows once the prerequisites are seen."""
    name_tenant(admin, party)
    keep_credentials(admin, party)
    meet_prerequisites(admin)
    go_next(admin)
    authorize(admin, party)
    go_to_settings(admin)
    slide_switch(admin)
