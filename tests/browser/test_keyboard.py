"""The nine steps with nothing but a keyboard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator

from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party

# More than the controls of any page.
MANY = 200


class Typist(Reader):
    """Goes to a control by Tab and presses it; where focus is must be seen."""

    def click(self, what: Locator) -> None:
        self.go_to(what)
        self.does(what, lambda: self.page.keyboard.press("Enter"))

    def go_to(self, what: Locator) -> None:
        for _ in range(MANY):
            if what.evaluate("e => e === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"Tab does not lead to {what} on {self.page.url}")
        if self.is_here:
            assert what.evaluate(_SEEN), f"focus is not seen on {what} of {self.page.url}"


def test_the_nine_steps_need_no_mouse(reader: Callable[..., Reader], party: Party) -> None:
    admin = reader(kind=Typist)
    steps.sign_in(admin, party)
    steps.view_prerequisites(admin)
    steps.from_prerequisites_to_on(admin, party)

    assert admin.page.locator("#switch").evaluate("e => e === document.activeElement")


def test_the_skip_link_comes_first_and_leads_past_the_navigation(
    reader: Callable[..., Reader],
) -> None:
    somebody = reader()
    somebody.open("/")
    somebody.page.keyboard.press("Tab")
    skip = somebody.page.locator("a.skip")
    focused = skip.evaluate("e => e === document.activeElement")
    somebody.page.keyboard.press("Enter")
    somebody.page.keyboard.press("Tab")

    assert focused
    assert somebody.page.locator("main :focus").count() == 1


# An outline, or something else that changes with focus, and nothing lying over the control.
_SEEN = """e => {
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const drawn = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
    || style.boxShadow !== 'none';
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return drawn && Boolean(top) && (e === top || e.contains(top) || top.contains(e));
}"""
