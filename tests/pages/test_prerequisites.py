"""The page of the prerequisites: what it shows, what it asks and when, what somebody confirms."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from sandbox.kit import Fault, Request
from shared.admin import connection, prerequisites
from shared.admin.connection import Consent
from shared.admin.ports import Actor
from shared.core.ids import PersonId, TenantId
from shared.core.prereqs import CHECKS
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages import steps
from tests.pages.checklist import PATH, Checklist, down
from tests.pages.visitor import ELSEWHERE, Visitor

WORDS = ("Met", "Not met", "Needs attention", "Cannot be checked automatically")
CONFIRM = f"{PATH}/confirm"
BY_HAND = ("ecm_microsoft", "ecm_linked_folders", "ecm_tenant_name")


def calls(stage: Stage) -> int:
    """How often any provider was asked."""
    clouds = (stage.webex, stage.microsoft.graph, stage.microsoft.login)
    return sum(len(cloud.log) for cloud in clouds)


# What it shows


def test_two_groups_as_in_control_hub(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)

    assert page.heading == "Prerequisites"
    assert page.headings.index("Microsoft 365 requirements") < page.headings.index(
        "Webex requirements"
    )
    shown = [item["id"] for item in page.document.root.all("li") if item["id"] in CHECKS]
    assert shown == list(CHECKS)


def test_every_row_says_its_state_in_a_word_and_whether_it_is_needed(ready: Checklist) -> None:
    for check in CHECKS.values():
        row = ready.shown(check.id)
        state = next(e for e in row.all("span") if e["class"].startswith("state "))

        assert state.text in WORDS
        assert state.first("svg") is not None
        assert ("Required to turn the switch on" in row.text) is check.blocking


def test_every_row_that_is_not_met_leads_to_where_it_is_mended(checklist: Checklist) -> None:
    for check_id, row in checklist.rows().items():
        links = [a["href"] for a in checklist.shown(check_id).all("a")]

        if row["state"] == "met":
            assert not links
        elif row["code"] == "waits":
            assert links == [f"#{CHECKS[check_id].after[0]}"]
        else:
            assert links == [row["mend"]]


def test_what_was_checked_says_when(checklist: Checklist) -> None:
    checklist.rows()
    checklist.stage.clock.advance(120)

    row = checklist.shown("m365_tenant")

    time = row.first("time")
    assert time is not None
    assert (time["datetime"], time.text) == (
        "2026-09-21T14:13:20+00:00",
        "21 September 2026, 14:13 UTC",
    )
    assert checklist.shown("m365_users").first("time") is None


def test_in_swedish_with_ciscos_own_words(ready: Checklist) -> None:
    ready.visitor.language = "sv"
    page = ready.visitor.get(PATH)

    for words in (
        "Krav för Microsoft 365",
        "Webex-krav",
        "Gruppfunktion i Microsoft 365",
        "Webex-meddelandebehörighet",
        "Välj Microsoft innehållshantering.",
        "Aktivera länkade mappar",
        "Uppfyllt",
        "Kan inte kontrolleras automatiskt",
    ):
        assert words in page.text
    assert page.links["Nästa"] == "/permissions"
    assert page.language == "sv"


def test_next_leads_on_when_only_consent_is_missing(checklist: Checklist) -> None:
    checklist.stage.person()
    checklist.sign_in_both()

    page = checklist.visitor.get(PATH)

    assert page.links["Next"] == "/permissions"
    assert checklist.visitor.follow("Next").path == "/permissions"


def test_while_next_waits_it_says_why_and_can_still_be_reached(checklist: Checklist) -> None:
    page = checklist.visitor.get(PATH)
    link = page.document.root.first("a", id="next")

    assert link is not None
    assert (link["aria-disabled"], link["href"], link["aria-describedby"]) == (
        "true",
        "#held",
        "held",
    )
    held = page.document.root.first("p", id="held")
    assert held is not None
    assert held.text == "Next waits until these are met:"
    assert page.links[CHECKS["webex_officer"].title] == "#webex_officer"


def test_a_consent_taken_back_is_no_reason_not_to_lead_on(ready: Checklist) -> None:
    """The next page is where it is given again."""
    ready.stage.microsoft.revoke(ready.stage.application, ready.stage.tenant)
    ready.again()

    page = ready.visitor.get(PATH)

    assert ready.found("m365_permissions") == ("not_met", "taken_back")
    assert page.links["Next"] == "/permissions"


def test_nobody_looks_without_a_session(visitor: Visitor) -> None:
    for path in (PATH, f"{PATH}.json", "/permissions"):
        assert visitor.get(path).path == "/"
    for path in (f"{PATH}/recheck", f"{PATH}/tenant", CONFIRM):
        assert visitor.post(path, {"check": ""}).path == "/"


# JSON


def test_json_tells_the_same_as_the_page(ready: Checklist) -> None:
    page = ready.visitor.get(f"{PATH}.json")
    told = json.loads(page.body)

    assert page.headers["content-type"] == "application/json"
    assert [row["id"] for row in told["checks"]] == list(CHECKS)
    assert told["next"] is True
    for row in told["checks"]:
        shown = ready.shown(row["id"]).text
        assert row["title"] in shown
        assert row["sentence"] in shown
        assert WORDS[("met", "not_met", "attention", "manual").index(row["state"])] in shown


def test_json_speaks_the_language_that_is_asked_for(checklist: Checklist) -> None:
    checklist.visitor.language = "sv"

    row = checklist.row("webex_officer")

    assert row["sentence"] == "Ingen har loggat in för detta än."
    assert row["code"] == "no_sign_in"


def test_json_says_what_keeps_next_waiting(checklist: Checklist) -> None:
    told = json.loads(checklist.visitor.get(f"{PATH}.json").body)

    assert told["next"] is False
    blocking = {row["id"] for row in told["checks"] if row["blocks"]}
    assert {"webex_officer", "webex_people", "m365_permissions"} <= blocking
    assert "webex_active" not in blocking


# What is asked, and when


def test_what_was_asked_a_moment_ago_is_not_asked_again(ready: Checklist) -> None:
    ready.visitor.get(PATH)
    since = calls(ready.stage)

    ready.stage.clock.advance(4 * 60)
    ready.visitor.get(PATH)
    ready.visitor.get(f"{PATH}.json")

    assert calls(ready.stage) == since


def test_after_a_quarter_of_an_hour_it_is_asked_again(ready: Checklist) -> None:
    ready.visitor.get(PATH)
    since = len(ready.stage.microsoft.graph.log)

    ready.stage.clock.advance(15 * 60)
    ready.visitor.get(PATH)

    assert len(ready.stage.microsoft.graph.log) > since


def test_re_check_asks_one_row_and_what_it_depends_on(ready: Checklist) -> None:
    before = ready.rows()
    ready.stage.clock.advance(60)

    page = ready.visitor.submit(ready.visitor.get(PATH), "/prerequisites/recheck", check="")
    ready.stage.clock.advance(60)
    ready.again("m365_users")
    after = ready.rows()

    assert page.path == PATH
    assert "Checked again." in page.said
    newest = max(row["at"] for row in after.values())
    asked = {i for i, row in after.items() if row["at"] == newest}
    # What depends on the permissions is asked again with them.
    assert asked >= {"m365_tenant", "m365_permissions", "m365_users"}
    assert not asked & {"webex_officer", "webex_people", "webex_active"}
    assert before["webex_officer"]["at"] < after["webex_officer"]["at"] < newest


def test_re_check_all_asks_everything(ready: Checklist) -> None:
    ready.rows()
    ready.stage.clock.advance(60)

    ready.again()

    assert len({row["at"] for row in ready.rows().values()}) == 1


def test_every_button_of_the_page_works(ready: Checklist) -> None:
    page = ready.visitor.get(PATH)
    for form in page.forms:
        if form.action == f"{PATH}/recheck":
            answer = ready.visitor.post(form.action, form.values())

            assert answer.path == PATH
            assert answer.status == 200


@pytest.mark.parametrize("check_id", ["m365_weather", "<script>", "check:m365_users", "a" * 2000])
def test_an_unknown_check_is_refused(checklist: Checklist, check_id: str) -> None:
    assert steps.refused_with(checklist.again(check_id)) == "bad_form"
    page = checklist.visitor.post(CONFIRM, {"check": check_id, "confirmed": "1"})
    assert steps.refused_with(page) == "bad_form"


def test_another_site_cannot_make_us_ask(checklist: Checklist) -> None:
    since = calls(checklist.stage)

    page = checklist.visitor.post(f"{PATH}/recheck", {"check": ""}, source=ELSEWHERE)

    assert steps.refused_with(page)
    assert calls(checklist.stage) == since


# Providers that fail


@pytest.mark.parametrize("status", [500, 503, 404, 400])
def test_when_webex_fails_the_rows_of_microsoft_stand(ready: Checklist, status: int) -> None:
    down(ready.stage.webex, "/(identity|v1/events|v1/licenses)", status)

    ready.again()
    rows = ready.rows()

    code = "silent" if status >= 500 else "refused"
    for check_id in ("webex_officer", "webex_people"):
        assert (rows[check_id]["state"], rows[check_id]["code"]) == ("attention", code)
        assert "Webex" in rows[check_id]["sentence"]
    assert rows["webex_active"]["code"] == "waits"
    assert {rows[i]["state"] for i in CHECKS if i.startswith("m365")} == {"met"}


def test_when_graph_fails_the_rows_of_webex_stand(ready: Checklist) -> None:
    down(ready.stage.microsoft.graph)

    ready.again()
    rows = ready.rows()

    assert (rows["m365_permissions"]["state"], rows["m365_permissions"]["code"]) == (
        "attention",
        "silent",
    )
    assert "Microsoft 365 does not answer" in rows["m365_permissions"]["sentence"]
    assert rows["m365_users"]["code"] == "waits"
    assert rows["m365_tenant"]["state"] == rows["webex_officer"]["state"] == "met"
    assert rows["webex_external_id"]["code"] == "shaped+sample"


def test_when_one_thing_of_graph_fails_the_others_stand(ready: Checklist) -> None:
    down(ready.stage.microsoft.graph, "groupSettings")

    ready.again()
    rows = ready.rows()

    assert rows["m365_creation"]["code"] == "silent"
    assert rows["m365_groups"]["state"] == rows["m365_users"]["state"] == "met"


def test_when_entra_fails_the_rows_of_webex_stand(ready: Checklist) -> None:
    down(ready.stage.microsoft.login)

    ready.again()
    rows = ready.rows()

    assert (rows["m365_tenant"]["state"], rows["m365_tenant"]["code"]) == ("attention", "silent")
    assert "Microsoft Entra ID" in rows["m365_tenant"]["sentence"]
    assert rows["m365_permissions"]["code"] == "waits"
    assert rows["webex_people"]["state"] == "met"


@pytest.mark.parametrize("kind", ["throttle", "lost"])
def test_when_a_provider_throttles_or_is_not_heard_the_page_is_there(
    ready: Checklist, kind: str
) -> None:
    for cloud in (ready.stage.microsoft.graph, ready.stage.microsoft.login):
        cloud.faults.append(Fault(kind, seconds=60))

    ready.again()

    assert ready.visitor.get(PATH).status == 200
    assert ready.row("m365_tenant")["code"] == "silent"


def test_what_failed_is_asked_again_a_minute_later(ready: Checklist) -> None:
    fault = down(ready.stage.microsoft.graph)
    ready.again()
    ready.stage.microsoft.graph.faults.remove(fault)

    assert ready.found("m365_permissions") == ("attention", "silent")
    ready.stage.clock.advance(61)

    assert ready.found("m365_permissions") == ("met", "all")
    assert ready.row("m365_users")["state"] == "met"


def test_the_log_tells_what_failed_with_the_providers_trace(
    ready: Checklist, caplog: pytest.LogCaptureFixture
) -> None:
    down(ready.stage.microsoft.graph, "groupSettings")

    with caplog.at_level(logging.INFO):
        ready.again()

    lines = [json.loads(r.message) for r in caplog.records if "not checked" in r.message]
    assert [line["check"] for line in lines] == ["m365_creation"]
    assert lines[0]["trace"]
    assert lines[0]["organization"] == ready.stage.org.uuid


def test_when_the_first_answers_take_too_long_the_others_are_not_waited_for(
    ready: Checklist,
) -> None:
    ready.stage.webex.faults.append(Fault("slow", path="/v1/events", seconds=9))

    ready.again()
    rows = ready.rows()

    # The clock of the stage moved, nobody really waited.
    assert rows["webex_officer"]["state"] == "met"
    assert rows["m365_permissions"]["code"] == "late"
    assert rows["m365_users"]["code"] == "waits"
    assert "Press Re-check" in rows["m365_permissions"]["sentence"]


def test_an_answer_that_does_not_come_keeps_nobody_waiting(ready: Checklist) -> None:
    answered = threading.Event()

    def never(_request: Request) -> bool:
        answered.wait(20)
        return False

    fault = Fault("slow", path="/v1/events", seconds=0, when=never)
    ready.stage.webex.faults.append(fault)
    office = steps.office(ready.stage)
    actor = Actor(PersonId(ready.stage.admin.uuid), "Adam Admin")
    try:
        rows = prerequisites.run(office, actor, ["webex_officer", "m365_tenant"], seconds=0.5)
    finally:
        answered.set()

    found = {row.check.id: row.result.code for row in rows}
    assert found["webex_officer"] == "late"
    assert found["m365_tenant"] == "connected"


# What somebody confirms


@pytest.mark.parametrize("check_id", BY_HAND)
def test_what_no_api_tells_is_confirmed_by_name_and_date(ready: Checklist, check_id: str) -> None:
    ready.rows()
    ready.stage.clock.advance(24 * 60)

    page = ready.visitor.post(CONFIRM, {"check": check_id, "confirmed": "1"})
    row = ready.row(check_id)
    shown = ready.shown(check_id).text

    assert page.path == PATH
    assert f"Confirmed by {steps.ADAM} on 21 September 2026." in shown
    assert (row["state"], row["confirmed_by"]) == ("manual", steps.ADAM)
    assert row["confirmed_at"] == "2026-09-21T14:37:20+00:00"
    assert "Cannot be checked automatically" in shown


def test_a_confirmation_outlives_every_re_check(ready: Checklist) -> None:
    ready.rows()
    ready.visitor.post(CONFIRM, {"check": "ecm_linked_folders", "confirmed": "1"})
    ready.stage.clock.advance(16 * 60)

    ready.again()

    row = ready.row("ecm_linked_folders")
    assert row["confirmed_by"] == steps.ADAM
    assert row["confirmed_at"] == "2026-09-21T14:13:20+00:00"


def test_a_confirmation_can_be_withdrawn_by_another_administrator(ready: Checklist) -> None:
    ready.visitor.get(PATH)
    ready.stage.clock.advance(60)
    ready.visitor.post(CONFIRM, {"check": "ecm_microsoft", "confirmed": "1"})
    colleague = ready.stage.org.add_person("Berit Boss", roles=("id_full_admin",))
    theirs = Visitor(ready.stage)
    steps.sign_in(theirs, colleague)

    ready.stage.clock.advance(60)
    theirs.get(PATH)
    page = theirs.press("Withdraw")

    assert "The confirmation is withdrawn." in page.said
    assert ready.row("ecm_microsoft")["confirmed_by"] is None
    told = [(c.who, c.what, c.before, c.after) for c in steps.office(ready.stage).audit.latest(2)]
    assert told == [
        ("Berit Boss (berit.boss@example.example)", "prerequisite_withdrawn", "ecm_microsoft", ""),
        (steps.ADAM, "prerequisite_confirmed", "", "ecm_microsoft"),
    ]


def test_confirming_twice_is_once(ready: Checklist) -> None:
    ready.rows()
    for _ in range(2):
        ready.visitor.post(CONFIRM, {"check": "ecm_microsoft", "confirmed": "1"})

    changes = [c.what for c in steps.office(ready.stage).audit.latest(10)]
    assert changes.count("prerequisite_confirmed") == 1


@pytest.mark.parametrize("check_id", ["m365_users", "webex_officer", "webex_active"])
def test_what_a_test_can_tell_nobody_confirms(checklist: Checklist, check_id: str) -> None:
    before = checklist.row(check_id)

    page = checklist.visitor.post(CONFIRM, {"check": check_id, "confirmed": "1"})

    assert page.path == PATH
    assert checklist.row(check_id) == before


@pytest.mark.parametrize("confirmed", ["", "2", "yes", "<b>"])
def test_a_form_that_says_neither_is_refused(ready: Checklist, confirmed: str) -> None:
    page = ready.visitor.post(CONFIRM, {"check": "ecm_microsoft", "confirmed": confirmed})

    assert steps.refused_with(page) == "bad_form"


def test_a_confirmation_ends_where_the_check_can_be_made_after_all(ready: Checklist) -> None:
    ready.stage.microsoft.switches.organization_detail = "null"
    ready.again()
    ready.visitor.post(CONFIRM, {"check": "m365_groups", "confirmed": "1"})
    assert ready.row("m365_groups")["confirmed_by"] == steps.ADAM

    ready.stage.microsoft.switches.organization_detail = "all"
    ready.again()

    row = ready.row("m365_groups")
    assert (row["state"], row["confirmed_by"]) == ("met", None)


def test_the_name_that_was_confirmed_is_this_tenants(checklist: Checklist) -> None:
    checklist.tenant("Fabrikam")
    checklist.visitor.post(f"{PATH}/tenant", {"tenant": "fabrikam.example"})
    checklist.visitor.post(CONFIRM, {"check": "ecm_tenant_name", "confirmed": "1"})
    assert checklist.row("ecm_tenant_name")["confirmed_by"] == steps.ADAM

    checklist.visitor.post(f"{PATH}/tenant", {"tenant": checklist.stage.tenant.domain})

    row = checklist.row("ecm_tenant_name")
    assert row["confirmed_by"] is None
    assert row["sentence"].endswith(": contoso.example")


def test_what_was_confirmed_of_one_tenants_plan_is_not_confirmed_of_anothers(
    ready: Checklist,
) -> None:
    office, actor = steps.office(ready.stage), Actor(PersonId("x"), "Adam Admin")
    ready.stage.microsoft.switches.organization_detail = "null"
    ready.again()
    ready.visitor.post(CONFIRM, {"check": "m365_groups", "confirmed": "1"})
    other = ready.tenant("Fabrikam")
    ready.stage.microsoft.consent(ready.stage.application, other, PERMISSIONS)

    connection.disconnect(office, actor)
    consent = Consent(TenantId(other.tenant_id), "Fabrikam", "Frida", office.now())
    connection.connect(office, actor, consent)

    row = ready.row("m365_groups")
    assert (row["state"], row["confirmed_by"]) == ("manual", None)


# What the switch waits for


def test_the_switch_waits_for_what_blocks_and_for_nothing_else(ready: Checklist) -> None:
    assert prerequisites.blocking(steps.office(ready.stage)) == []

    ready.stage.microsoft.revoke(ready.stage.application, ready.stage.tenant)
    ready.again()

    waiting = [row.check.id for row in prerequisites.blocking(steps.office(ready.stage))]
    assert waiting == ["m365_permissions", "m365_groups", "m365_users", "webex_external_id"]


def test_the_switch_knows_what_was_done_since_anybody_looked(checklist: Checklist) -> None:
    office = steps.office(checklist.stage)
    assert "webex_officer" in [row.check.id for row in prerequisites.blocking(office)]

    checklist.make_ready()

    assert prerequisites.blocking(office) == []


def test_the_switch_asks_nobody_about_what_is_known(ready: Checklist) -> None:
    prerequisites.blocking(steps.office(ready.stage))
    since = calls(ready.stage)

    ready.stage.clock.advance(24 * 3600)
    prerequisites.blocking(steps.office(ready.stage))

    assert calls(ready.stage) == since
