"""What has ended, names that differ, and leaving the app: in both languages, before a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from shared.core.model import Name, Names, Status
from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party, Real
from tests.browser.test_at_work import at_work, held_row, services_of, switch

__all__ = ["at_work"]

Language = Literal["en", "sv"]
DAY = 86_400_000


@pytest.mark.parametrize("language", ["en", "sv"])
def test_teams_that_ended_and_names_that_differ_are_told(
    reader: Callable[..., Reader], at_work: Party, real: Real, language: Language
) -> None:
    services = services_of(real, at_work)
    there = replace(held_row(), status=Status.COMPLETE, reason="", held=False)
    now = services.now()
    deleted = replace(held_row(), held=False, reason="group_gone", group_missed_at=now - DAY)
    gone = replace(held_row(), held=False, reason="team_gone", missed_at=now - DAY)
    called = "SE Varumärke"
    names = Names(Name(there.name), Name(called))
    named = replace(there, archived=True, names=names, group_name=called, named_at=now)
    named = replace(named, name_code="team_not_renamed")
    for row in (deleted, gone, named):
        services.teams.write(None, row)
    admin = reader(language=language, thorough=language == "en")
    steps.sign_in(admin, at_work)
    told = []
    for row, picture in ((deleted, "group-deleted"), (gone, "team-gone"), (named, "names")):
        admin.open(f"/activity?team={row.uuid}")
        admin.look(thorough=admin.thorough)
        admin.keep(picture)
        told.append(admin.page.locator("main").inner_text())

    button = {"en": "Restore the group", "sv": "Återställ gruppen"}[language]
    assert [button in text for text in told] == [True, False, False]
    assert called in told[2]


@pytest.mark.parametrize("language", ["en", "sv"])
def test_leaving_is_asked_about_and_told(
    reader: Callable[..., Reader], at_work: Party, language: Language
) -> None:
    admin = reader(language=language, thorough=language == "en")
    steps.sign_in(admin, at_work)
    admin.open("/settings")
    admin.click(admin.page.locator("#leave"))
    # At the foot of a long page: whoever pressed the button must see what is asked.
    shown = admin.page.evaluate(
        "(e => e.top >= 0 && e.bottom <= innerHeight)"
        "(document.querySelector('#leave-now').getBoundingClientRect())"
    )
    admin.look(thorough=admin.thorough)
    asked = switch(admin).get_attribute("aria-checked")
    admin.page.locator("#groups-keep").check()
    admin.click(admin.page.locator("#leave-now"))
    admin.look(thorough=admin.thorough)

    assert shown
    assert asked == "true"
    assert switch(admin).get_attribute("aria-checked") == "false"
    assert admin.page.locator("#left, #leaving-under-way").count() == 1
