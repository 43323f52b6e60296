"""The nine steps in a real browser: English and Swedish, with scripts and without, alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_one_administrator_goes_the_nine_steps_alone(
    reader: Callable[..., Reader], party: Party, language: str, scripts: bool
) -> None:
    admin = reader(language=language, scripts=scripts, thorough=scripts)
    steps.sign_in(admin, party)
    steps.find_card(admin)
    steps.view_prerequisites(admin)
    steps.from_prerequisites_to_on(admin, party)
    admin.open("/")
    admin.follow(admin.words.edit_settings)

    assert admin.path == "/settings"
