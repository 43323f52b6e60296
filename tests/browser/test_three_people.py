"""Three people in three browsers: one makes hand-over links, two use them, one confirms."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party

WAITING = {"en": "Waiting for you to confirm it", "sv": "Väntar på att du bekräftar"}


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_three_people_share_the_steps(
    reader: Callable[..., Reader], party: Party, language: str, scripts: bool
) -> None:
    admin, officer, microsoft = (
        reader(language=language, scripts=scripts, thorough=scripts) for _ in range(3)
    )
    steps.sign_in(admin, party)
    steps.view_prerequisites(admin)
    steps.name_tenant(admin, party)
    steps.keep_credential(admin, "people", party.admin.name)

    take_over(officer, make_link(admin, "spaces"))
    officer.choose(party.officer.name)
    take_over(microsoft, make_link(admin, "microsoft"))
    steps.consent(microsoft, party)
    before = admin_sees(admin, "spaces"), admin_sees(admin, "microsoft")
    confirm(admin, "spaces")
    confirm(admin, "microsoft")

    assert (officer.path, microsoft.path) == ("/handover/done", "/handover/done")
    assert WAITING[language] in before[0] and party.officer.name in before[0]
    assert WAITING[language] in before[1]
    assert party.tenant.name in admin_sees(admin, "microsoft")
    steps.meet_prerequisites(admin)
    admin.open("/settings")
    steps.slide_switch(admin)


def test_a_link_is_good_for_one_person_once(reader: Callable[..., Reader], party: Party) -> None:
    admin, officer, other = reader(), reader(), reader()
    other.expected_error = 403
    steps.sign_in(admin, party)
    link = make_link(admin, "spaces")
    other.open(link)
    officer.open(link)
    officer.click(officer.page.locator("#continue"))
    other.click(other.page.locator("#continue"))

    assert officer.path == "/handover"
    assert link.rpartition("/")[2] not in officer.page.url
    assert other.path == "/refused/handover_used"


def make_link(admin: Reader, step: str) -> str:
    admin.open("/credentials")
    form = "form[action='/authorize/handover']"
    admin.click(admin.page.locator(f"{form}:has(input[value='{step}']) button"))
    admin.keep("hand-over-link")
    link = admin.page.locator("#link").input_value()

    assert link.startswith(f"{admin.home}/handover/")
    return link


def take_over(somebody: Reader, link: str) -> None:
    """Open the link, go on, and out to the provider."""
    somebody.open(link)
    somebody.keep("hand-over")
    somebody.click(somebody.page.locator("#continue"))
    somebody.press(somebody.words.authorize, within="main")


def admin_sees(admin: Reader, step: str) -> str:
    admin.open("/credentials")
    return admin.page.locator(f"#{step}").inner_text()


def confirm(admin: Reader, step: str) -> None:
    admin.open("/credentials")
    admin.click(admin.page.locator(f"#{step} form[action='/authorize/confirm'] button"))
