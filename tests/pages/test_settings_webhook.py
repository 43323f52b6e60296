"""The webhook follows the switch, and nothing about it ever stops the switch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sandbox.webex as sandbox
from sandbox.kit import Fault
from shared.admin import webhooks
from shared.admin.webhooks import Standing, Webhook
from shared.core import times
from tests.journeys.stage import APP_URL, Stage
from tests.pages import steps
from tests.pages.at_work import Bench, bench, opened

Make = Callable[..., Stage]
BY_EVENTS = (
    "By Webex's events, up to about 15 seconds later: new teams, and who joins or leaves one."
)


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    return bench(make_stage(configured=True))


def target(here: Bench) -> str:
    return f"{APP_URL}/webhooks/{here.stage.org.uuid}/v1/rooms"


def standing(here: Bench) -> Webhook:
    known = webhooks.known(here.stage.services)
    assert known is not None
    return known


def webhook_of_somebody(here: Bench, url: str) -> None:
    here.stage.wiring.webex(here.stage.services.org).register_rooms_webhook(url, "secret")


def test_on_registers_it_reads_it_back_and_says_how_quick_that_is(ready: Bench) -> None:
    page = ready.turn_on()

    (webhook,) = ready.stage.webex.webhooks.values()
    assert (webhook.target_url, webhook.event, webhook.status) == (
        target(ready),
        "created",
        "active",
    )
    assert "By webhook, within seconds" in page.text
    assert "up to about 15 seconds" in page.text


def test_a_team_is_heard_of_by_it_within_seconds(ready: Bench) -> None:
    ready.turn_on()
    stage = ready.stage
    stage.watching = False
    team = stage.team(stage.person())

    stage.run(5)

    assert stage.row(team).new


def test_where_webex_refuses_it_the_switch_is_on_and_the_page_says_events_and_why(
    ready: Bench,
) -> None:
    ready.stage.webex.switches.org_rooms_webhook = "refused"

    page = ready.turn_on()

    assert ready.is_on(page)
    assert BY_EVENTS in page.text
    assert "Webex refuses this to the account that is signed in." in page.text
    assert ready.webhooks == []


def test_another_applications_webhook_is_left_alone_and_told(ready: Bench) -> None:
    webhook_of_somebody(ready, "https://somebody.example/<b>hook</b>")

    page = ready.turn_on()

    assert ready.is_on(page)
    assert "Another application has the organization's webhook" in page.text
    assert BY_EVENTS in page.text
    assert "<b>hook" not in page.body
    assert ready.webhooks == ["https://somebody.example/<b>hook</b>"]


def test_ours_that_points_elsewhere_is_moved_here(ready: Bench) -> None:
    webhook_of_somebody(ready, f"https://old.example/webhooks/{ready.stage.org.uuid}/v0/rooms")

    page = ready.turn_on()

    assert "By webhook, within seconds" in page.text
    assert ready.webhooks == [target(ready)]


def turned_off(here: Bench) -> sandbox.Webhook:
    """On, and Webex has turned the webhook off since, which was noticed just now."""
    here.turn_on()
    (webhook,) = here.stage.webex.webhooks.values()
    webhook.status = "inactive"
    here.stage.clock.advance(600)
    here.stage.tidy()
    return webhook


def test_one_that_webex_turned_off_is_told_with_the_remedy_and_when_it_is_on_again(
    ready: Bench,
) -> None:
    webhook = turned_off(ready)

    told = ready.visitor.get("/settings").text

    assert "The webhook, which is quicker, is off:" in told
    assert "Webex turned it off, as it does after a hundred failed deliveries" in told
    assert "PUBLIC_URL" in told
    assert "It is tried again on" in told
    assert BY_EVENTS in told
    assert webhook.status == "inactive"


def test_once_it_is_on_again_the_page_says_that_too(ready: Bench) -> None:
    webhook = turned_off(ready)
    ready.stage.clock.advance(400)
    ready.stage.tidy()

    told = ready.visitor.get("/settings").text

    assert webhook.status == "active"
    assert "By webhook, within seconds" in told
    assert "Webex had turned it off; it is on again since" in told


def test_an_administrator_need_not_wait_for_the_pause(ready: Bench) -> None:
    webhook = turned_off(ready)
    ready.stage.clock.advance(400)
    ready.stage.tidy()
    webhook.status = "inactive"
    ready.stage.clock.advance(600)
    ready.stage.tidy()
    ready.stage.clock.advance(400)
    ready.stage.tidy()
    assert webhook.status == "inactive", "the pauses grow"

    opened(ready, "/settings")
    page = ready.visitor.press("Try now")
    ready.stage.tidy()

    assert "is tried within a minute" in page.said
    assert webhook.status == "active"


def test_the_button_is_there_only_where_something_waits(ready: Bench) -> None:
    off = ready.visitor.get("/settings")
    on = ready.turn_on()

    assert "Try now" not in off.buttons
    assert "Try now" not in on.buttons
    assert "is tried within a minute" in ready.visitor.post("/settings/webhook").said


def test_one_that_is_missing_may_be_tried_at_once_as_well(ready: Bench) -> None:
    ready.stage.webex.switches.org_rooms_webhook = "refused"
    ready.turn_on()
    ready.stage.webex.switches.org_rooms_webhook = "fires"
    ready.visitor.press("Try now")
    ready.stage.tidy()

    assert ready.webhooks == [target(ready)]


def test_the_page_of_the_teams_says_it_too_while_it_is_on(ready: Bench) -> None:
    before = ready.visitor.get("/activity").text
    turned_off(ready)
    english = ready.visitor.get("/activity")
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/activity").text
    ready.visitor.language = "en"
    ready.turn_off()

    assert "Webex turned it off" not in before
    assert "Webex turned it off" in english.text
    assert "/settings#hearing" in english.links.values()
    assert "Webex har stängt av" in swedish
    assert "Webex turned it off" not in ready.visitor.get("/activity").text


@pytest.mark.parametrize("status", [502, 429])
def test_a_webex_that_fails_meanwhile_is_asked_again_until_it_stands(
    ready: Bench, status: int
) -> None:
    fault = Fault("error", path="/webhooks", status=status)
    ready.stage.webex.faults.append(fault)
    page = ready.turn_on()
    assert ready.is_on(page)
    assert BY_EVENTS in page.text
    ready.stage.webex.faults.remove(fault)

    ready.stage.run(120)

    assert ready.webhooks == [target(ready)]
    assert standing(ready).standing is Standing.THERE


def test_an_answer_that_was_lost_leaves_one_webhook(ready: Bench) -> None:
    fault = Fault("lost", method="POST", path="/webhooks", times=1)
    ready.stage.webex.faults.append(fault)
    ready.turn_on()

    ready.stage.run(120)

    assert ready.webhooks == [target(ready)]
    assert standing(ready).standing is Standing.THERE


def test_off_removes_it_a_moment_later(ready: Bench) -> None:
    ready.turn_on()

    page = ready.turn_off()

    assert "removed in a moment" in page.text
    ready.stage.run(20)
    assert ready.webhooks == []
    assert "Off: Webex is not asked." in ready.visitor.get("/settings").text


def test_removing_is_tried_again_until_it_is_done(ready: Bench) -> None:
    ready.turn_on()
    fault = Fault("error", path="/webhooks", status=503)
    ready.stage.webex.faults.append(fault)
    ready.turn_off()
    ready.stage.run(300)
    told = ready.visitor.get("/settings").text
    assert "Removing it is tried again on" in told
    assert ready.webhooks == [target(ready)]
    ready.stage.webex.faults.remove(fault)

    ready.stage.run(600)

    assert ready.webhooks == []


def test_a_webex_that_is_down_is_not_asked_all_the_time(ready: Bench) -> None:
    ready.turn_on()
    ready.stage.webex.faults.append(Fault("error", path="/webhooks", status=503))
    ready.turn_off()
    asked = len(ready.stage.webex.log)

    ready.stage.run(3600)

    calls = [c for c in ready.stage.webex.log[asked:] if c.path.startswith("/v1/webhooks")]
    assert 3 <= len(calls) <= 12


def test_off_removes_nobody_elses(ready: Bench) -> None:
    webhook_of_somebody(ready, "https://somebody.example/hook")
    ready.turn_on()
    ready.turn_off()

    ready.stage.run(60)

    assert ready.webhooks == ["https://somebody.example/hook"]


def test_once_it_is_gone_webex_is_not_asked_any_more(ready: Bench) -> None:
    ready.turn_on()
    ready.turn_off()
    ready.stage.run(30)
    asked = len(ready.stage.webex.log)

    ready.stage.run(7200)

    assert len(ready.stage.webex.log) == asked


def test_on_again_before_it_was_removed_keeps_it(ready: Bench) -> None:
    ready.turn_on()
    ready.turn_off()
    page = ready.turn_on()

    ready.stage.run(60)

    assert "By webhook, within seconds" in page.text
    assert ready.webhooks == [target(ready)]


def test_on_again_after_it_was_removed_registers_it_anew(ready: Bench) -> None:
    ready.turn_on()
    ready.turn_off()
    ready.stage.run(60)

    page = ready.turn_on()

    assert "By webhook, within seconds" in page.text
    assert ready.webhooks == [target(ready)]


def test_who_saw_to_it_at_the_same_moment_leaves_it_to_be_looked_at_again(ready: Bench) -> None:
    """The timer registers while somebody turns the switch off: nothing may be left behind."""
    ready.turn_on()
    (webhook,) = ready.stage.webex.webhooks.values()
    webhook.target_url = "https://somebody.example/hook"
    ready.stage.clock.advance(3600)
    organizations = ready.stage.services.organizations

    def off_meanwhile(_request: object) -> bool:
        kept = organizations.kept(webhooks.ROW)
        assert kept is not None
        organizations.keep(webhooks.ROW, kept, {**kept.state, "tries": 7})
        return False

    ready.stage.webex.faults.append(
        Fault("slow", method="PUT", path="/webhooks", seconds=0, times=1, when=off_meanwhile)
    )
    ready.stage.tidy()

    assert standing(ready).standing is Standing.UNKNOWN
    steps.sign_in(ready.visitor, ready.stage.admin)
    ready.turn_off()
    ready.stage.run(30)
    assert ready.webhooks == []
    assert standing(ready).at <= ready.stage.services.now() + times.HOUR
