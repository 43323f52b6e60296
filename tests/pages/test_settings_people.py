"""What the settings page says of how people are followed: by which ways, and by whose sign-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.browser.page import Page
from shared.admin.webhooks import BOT_ROW, Standing
from shared.core.capabilities import CAPABILITIES
from tests.journeys.stage import Stage
from tests.pages.at_work import Bench, bench

Make = Callable[..., Stage]
WRITES = "spark-compliance:memberships_write"


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


def with_a_bot(here: Bench) -> None:
    """The deployment has one; that its token is of no bot matters to nobody here."""
    here.stage.redeploy(webex_bot_token="bot-token-for-the-page")


def said(page: Page, way: str) -> str:
    found = page.document.root.first(id=way)
    return found.text if found else ""


def test_the_ways_in_which_changes_are_heard_are_told_in_both_languages(ready: Bench) -> None:
    english = ready.visitor.get("/settings")
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/settings")

    assert "who joins or leaves a team" in said(english, "by-events")
    assert said(english, "by-delta") == "Changes in Microsoft 365 are read every half minute."
    assert "once a week" in said(english, "by-week")
    assert said(english, "by-bot") == ""
    assert said(swedish, "by-delta") == "Ändringar i Microsoft 365 läses varje halvminut."


def test_while_off_no_way_is_in_use(ready: Bench) -> None:
    ready.turn_off()

    assert said(ready.visitor.get("/settings"), "by-delta") == ""


def test_a_bots_webhooks_are_told_of_where_there_is_a_bot(ready: Bench) -> None:
    with_a_bot(ready)
    rows = ready.office.services.organizations
    before = ready.visitor.get("/settings")
    state = {"standing": Standing.THERE.value, "checked": ready.stage.services.now()}
    rows.keep(BOT_ROW, rows.kept(BOT_ROW), state)
    there = ready.visitor.get("/settings")
    refused = {"standing": Standing.MISSING.value, "detail": "webex POST /webhooks -> 403 [trace]"}
    rows.keep(BOT_ROW, rows.kept(BOT_ROW), refused)
    missing = ready.visitor.get("/settings")

    no_token = {"standing": Standing.MISSING.value, "why": "credential_missing"}
    rows.keep(BOT_ROW, rows.kept(BOT_ROW), no_token)
    for_good = ready.visitor.get("/settings")
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/settings")

    assert "are not there yet" in said(before, "by-bot")
    assert "Webex does not accept the bot's token. Give the setting WEBEX_BOT_TOKEN" in said(
        for_good, "by-bot"
    )
    assert "not there yet" not in said(for_good, "by-bot")
    assert "Webex godtar inte botens token." in said(swedish, "by-bot")
    assert "within seconds: who joins or leaves the teams that the bot is in" in said(
        there, "by-bot"
    )
    assert "403 [trace]" in said(missing, "by-bot")
    assert "bot-token-for-the-page" not in missing.body


def test_a_sign_in_that_may_not_change_teams_is_told_with_what_follows(ready: Bench) -> None:
    kept = ready.office.credentials.read("spaces")
    assert kept is not None
    scopes = CAPABILITIES["spaces"].scopes
    ready.office.credentials.write("spaces", replace(kept, scopes=(*scopes, WRITES), etag=""))
    granted = ready.visitor.get("/settings").text
    ready.office.credentials.write("spaces", replace(kept, scopes=scopes, etag=""))

    told = ready.visitor.get("/settings").text

    assert f"Without {WRITES}: changes in Microsoft 365 are listed" in told
    assert WRITES not in granted
    assert "some scopes were not granted" not in told
