"""The switch: what it says is what is; it goes on only when it may, and off whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.kit import Fault
from shared.sync.waking import WAKE
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import SWITCH, Bench, bench
from tests.pages.checklist import down
from tests.pages.storage_edge import at_the_edge
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """Everything is set up but the switch."""
    return bench(make_stage(configured=True))


def test_on_takes_effect_says_so_and_is_in_the_audit(ready: Bench) -> None:
    page = ready.turn_on()

    assert page.path == "/settings"
    assert ready.is_on(page)
    assert page.said == "The switch is On."
    assert ready.settings.on
    assert ready.settings.enabled_since == round(ready.stage.clock.now() * 1000)
    assert ready.audit()[0] == ("Adam Admin", "switch", "off", "on")
    _when, who, *what = page.document.tables[-1][1]
    assert who.startswith("Adam Admin")
    assert what == ["The switch", "Off", "On"]


def test_a_team_that_is_made_after_it_gets_its_group_and_one_from_before_none(
    ready: Bench,
) -> None:
    stage = ready.stage
    before = stage.team(stage.person(), name="Before")
    stage.run(30)
    ready.turn_on()

    after = stage.team(stage.person(), stage.people(2), "After")
    stage.settle()

    assert stage.group_of(before) is None
    assert stage.group_of(after) is not None


def test_off_asks_what_it_stops_on_the_same_page_and_changes_nothing_before(ready: Bench) -> None:
    ready.turn_on()

    page = ready.visitor.press(SWITCH)

    assert page.path == "/settings"
    assert ready.is_on(page)
    assert ready.settings.on
    assert "stops new groups" in page.text
    assert "existing groups stay" in page.text
    assert page.links["Keep it on"] == "/settings"


def test_off_takes_effect_says_so_and_is_in_the_audit(ready: Bench) -> None:
    ready.turn_on()

    page = ready.turn_off()

    assert not ready.is_on(page)
    assert page.said == "The switch is Off."
    assert not ready.settings.on
    assert ready.audit()[0] == ("Adam Admin", "switch", "on", "off")


def test_off_works_with_both_providers_down_and_asks_them_nothing(ready: Bench) -> None:
    ready.turn_on()
    ready.visitor.get("/settings")
    ready.visitor.press(SWITCH)
    for cloud in (ready.stage.webex, ready.stage.microsoft.graph, ready.stage.microsoft.login):
        cloud.faults.append(Fault("error"))
    asked = len(ready.stage.webex.log)

    page = ready.visitor.press("Turn off")

    assert page.status == 200
    assert not ready.is_on(page)
    assert not ready.settings.on
    assert len(ready.stage.webex.log) == asked


def test_pressed_twice_it_changes_nothing_the_second_time(ready: Bench) -> None:
    ready.turn_on()
    epoch, lines = ready.settings.epoch, len(ready.audit())

    page = ready.visitor.post(SWITCH, {"on": "1"})

    assert ready.is_on(page)
    assert ready.settings.epoch == epoch
    assert len(ready.audit()) == lines


def test_without_a_tenant_it_is_there_can_be_focused_and_says_why_it_does_nothing(
    make_stage: Make,
) -> None:
    here = bench(make_stage(configured=True), bound=False)

    page = here.visitor.get("/settings")
    pressed = here.visitor.post(SWITCH, {"on": "1"})

    switch = page.document.root.first(id="switch")
    assert switch is not None
    assert switch["aria-disabled"] == "true"
    assert "disabled" not in switch.attrs
    assert switch["type"] == "button"
    told = page.document.root.first(id=switch["aria-describedby"])
    assert told is not None
    assert "the switch stays Off" in told.text
    assert not here.is_on(pressed)
    assert "the switch stays Off" in pressed.said
    assert not here.settings.on
    assert here.audit() == []


def test_an_unmet_prerequisite_keeps_it_off_and_is_named_with_the_way_there(
    make_stage: Make,
) -> None:
    here = bench(make_stage(configured=True))
    here.office.credentials.forget("spaces")

    page = here.visitor.get("/settings")
    pressed = here.visitor.post(SWITCH, {"on": "1"})

    assert "A prerequisite is not met" in page.text
    assert any(link == "/prerequisites#webex_officer" for link in page.links.values())
    assert "A prerequisite is not met" in pressed.said
    assert not here.settings.on


def test_it_goes_back_with_the_reason_when_webex_does_not_answer(ready: Bench) -> None:
    ready.visitor.get("/settings")
    ready.stage.webex.faults.append(Fault("error", path="/people/me", status=503))

    page = ready.visitor.press(SWITCH)

    assert not ready.is_on(page)
    assert page.said == (
        "Webex did not answer, so the switch stays Off. Press it again in a few minutes."
    )
    assert not ready.settings.on
    assert all(what != "switch" for _, what, _, _ in ready.audit())


def test_after_a_failure_it_goes_on_at_the_next_attempt(ready: Bench) -> None:
    fault = Fault("error", path="/people/me", status=503)
    ready.visitor.get("/settings")
    ready.stage.webex.faults.append(fault)
    ready.visitor.press(SWITCH)
    ready.stage.webex.faults.remove(fault)

    page = ready.turn_on()

    assert ready.is_on(page)


def test_teams_that_changed_while_it_was_off_are_looked_at_bit_by_bit(ready: Bench) -> None:
    stage = ready.stage
    ready.turn_on()
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    ready.turn_off()
    late = stage.person()
    stage.webex.add_member(team, late)
    stage.run(600)
    looked = stage.services.looks.read(team.uuid)

    ready.turn_on()

    assert stage.services.looks.read(team.uuid) == looked
    waking = stage.services.organizations.kept(WAKE)
    assert waking is not None
    assert not waking.state.get("done")
    stage.run(120)
    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_a_stop_and_start_while_teams_are_waking_loses_none(ready: Bench) -> None:
    stage = ready.stage
    ready.turn_on()
    teams = [stage.team(stage.person(), name=f"Team {n}") for n in range(3)]
    stage.settle()
    ready.turn_off()
    late = stage.person()
    for team in teams:
        stage.webex.add_member(team, late)
    stage.run(600)
    ready.turn_on()
    ready.turn_off()
    ready.turn_on()

    stage.run(300)

    for team in teams:
        group = stage.group_of(team)
        assert group is not None
        assert late.external_id in group.members


def test_anything_but_on_and_off_is_refused(ready: Bench) -> None:
    for form in ({}, {"on": ""}, {"on": "2"}, {"on": "true"}):
        page = ready.visitor.post(SWITCH, form)

        assert steps.refused_with(page) == "bad_form"
    assert not ready.settings.on


def test_nobody_else_gets_to_the_page_or_the_switch(ready: Bench) -> None:
    stranger = Visitor(ready.stage)

    page = stranger.get("/settings")
    pressed = stranger.post(SWITCH, {"on": "1"})

    assert page.path == "/"
    assert pressed.path == "/"
    assert not ready.settings.on


def test_in_swedish_it_says_av_and_pa(ready: Bench) -> None:
    ready.visitor.language = "sv"

    off = ready.visitor.get("/settings")
    on = ready.visitor.press(SWITCH)

    assert off.language == "sv"
    assert "Aktivera Microsoft 365-gruppintegrering Av" in off.text
    assert "Aktivera Microsoft 365-gruppintegrering På" in on.text


def test_consent_that_was_taken_back_is_told_with_what_to_do(ready: Bench) -> None:
    ready.turn_on()
    ready.stage.microsoft.switches.revoked_tokens_live_on = False
    ready.stage.microsoft.revoke(ready.stage.application, ready.stage.tenant)
    ready.stage.clock.advance(20 * 60)

    page = ready.visitor.get("/settings")

    assert ready.is_on(page)
    assert "the consent may have been taken back in Entra" in page.text
    assert page.links["Authorize again"] == "/permissions"


def test_a_sign_in_that_is_no_longer_refreshed_is_told_with_what_to_do(ready: Bench) -> None:
    credentials = ready.office.credentials
    kept = credentials.read("spaces")
    assert kept is not None
    failed = replace(kept, failed=ready.office.now(), owner_name="Olga Officer", etag="")
    credentials.write("spaces", failed)

    page = ready.visitor.get("/settings")

    assert "Olga Officer: Webex no longer refreshes this sign-in" in page.text
    assert "/credentials#spaces" in page.links.values()


def test_the_tenant_can_be_given_up_only_while_off_and_without_groups(ready: Bench) -> None:
    ready.turn_on()
    on = ready.visitor.post("/settings/disconnect")
    stage = ready.stage
    stage.team(stage.person())
    stage.settle()
    ready.turn_off()
    with_groups = ready.visitor.post("/settings/disconnect")

    assert "while the switch is on" in on.said
    assert "group" in with_groups.said
    assert ready.settings.tenant


def test_a_tenant_without_groups_is_given_up_and_the_audit_says_so(ready: Bench) -> None:
    ready.visitor.get("/settings")

    page = ready.visitor.press("Disconnect the Microsoft tenant")

    assert page.said == "The Microsoft tenant is disconnected."
    assert ready.settings.tenant is None
    assert ready.audit()[0][1] == "disconnect"


@pytest.mark.emulator
def test_off_is_written_before_anything_else_and_holds_when_the_rest_fails(ready: Bench) -> None:
    ready.turn_on()
    ready.visitor.get("/settings")
    ready.visitor.press(SWITCH)
    edge = at_the_edge(ready.stage)
    edge.fails = lambda method, url: method != "GET" and "/Audit" in url
    ready.visitor.strict = False

    page = ready.visitor.press("Turn off")

    assert page.status == 500
    assert not ready.settings.on


@pytest.mark.emulator
def test_on_that_cannot_be_written_stays_off(ready: Bench) -> None:
    ready.visitor.get("/settings")
    edge = at_the_edge(ready.stage)
    edge.fails = lambda method, url: method == "PUT" and "'settings'" in url.replace("%27", "'")
    ready.visitor.strict = False

    page = ready.visitor.press(SWITCH)

    assert page.status == 500
    assert not ready.settings.on
    edge.fails = lambda _method, _url: False
    assert ready.is_on(ready.turn_on())


def test_microsoft_that_is_down_has_taken_no_consent_back(ready: Bench) -> None:
    ready.turn_on()
    ready.stage.clock.advance(16 * 60)
    down(ready.stage.microsoft.graph)

    page = ready.visitor.get("/settings")

    assert "Not met, or could not be checked:" in page.text
    assert page.document.root.first(id="consent-gone") is None


def test_what_was_mended_is_checked_again_when_the_switch_is_pressed_a_minute_later(
    ready: Bench,
) -> None:
    fault = Fault("error", path="/scim", status=403)
    ready.stage.webex.faults.append(fault)
    page = ready.visitor.get("/settings")
    assert "Mend what is listed under the switch, then try again in a minute." in page.text

    ready.stage.webex.faults.remove(fault)
    ready.stage.clock.advance(61)
    ready.visitor.post(SWITCH, {"on": "1"})

    assert ready.settings.on


def test_the_start_page_says_that_all_is_well_only_while_the_checks_say_so(ready: Bench) -> None:
    ready.visitor.get("/settings")
    assert "Everything is authorized." in ready.visitor.get("/").text
    ready.turn_on()
    assert "Nothing: a group is created for every new team." in ready.visitor.get("/").text

    ready.stage.microsoft.revoke(ready.stage.application, ready.stage.tenant)
    ready.stage.clock.advance(16 * 60)
    settings = ready.visitor.get("/settings")
    page = ready.visitor.get("/")

    assert settings.document.root.first(id="consent-gone") is not None
    assert "Nothing: a group is created" not in page.text
    assert "/prerequisites#m365_permissions" in page.links.values()


def test_no_step_is_called_done(ready: Bench) -> None:
    shown = ready.visitor.get("/settings").document.root.first("ol")

    assert shown is not None
    assert "Step 1 of 4, Prerequisites" in shown.text and "done" not in shown.text
