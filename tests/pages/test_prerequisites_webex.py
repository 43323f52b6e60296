"""The rows about Webex, each in every state."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sandbox.webex.state import Person
from shared.core.capabilities import CAPABILITIES
from shared.core.ids import OrgId
from tests.pages import steps
from tests.pages.checklist import Checklist
from tests.pages.visitor import Visitor

SPACES = CAPABILITIES["spaces"].scopes
PEOPLE = CAPABILITIES["people"].scopes
ROWS = [("webex_officer", "spaces"), ("webex_people", "people")]


def holder(checklist: Checklist, capability: str) -> Person:
    stage = checklist.stage
    return stage.officer if capability == "spaces" else stage.admin


# The administrator


def test_whoever_is_signed_in_is_a_full_administrator(checklist: Checklist) -> None:
    row = checklist.row("webex_admin")

    assert (row["state"], row["blocks"]) == ("met", False)
    assert "Adam Admin" in row["sentence"]


def test_each_administrator_sees_their_own_name(checklist: Checklist) -> None:
    checklist.rows()
    colleague = checklist.stage.org.add_person("Berit Boss", roles=("id_full_admin",))
    theirs = Visitor(checklist.stage)
    steps.sign_in(theirs, colleague)

    assert "Berit Boss" in Checklist(checklist.stage, theirs).row("webex_admin")["sentence"]


# Sign-ins


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_without_a_sign_in_it_is_not_met(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    row = checklist.row(check_id)

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "no_sign_in", True)
    assert row["mend"] == f"/credentials#{capability}"


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_a_sign_in_that_works_is_seen_at_once(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    checklist.rows()
    person = holder(checklist, capability)

    checklist.sign_in_for(capability, person)
    row = checklist.row(check_id)

    assert (row["state"], row["code"]) == ("met", "ready")
    assert row["sentence"].startswith(f"{person.name} signed in on 21 September 2026")


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_a_sign_in_that_webex_told_no_scopes_of_is_proven_by_a_call(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    checklist.sign_in_for(capability, holder(checklist, capability))
    rows = checklist.stage.wiring.credentials(OrgId(checklist.stage.org.uuid))
    credential = rows.read(capability)
    assert credential is not None

    rows.write(capability, replace(credential, scopes=(), owner_name="", etag=""))
    row = checklist.row(check_id)

    assert (row["state"], row["code"]) == ("met", "ready")
    assert row["sentence"].startswith("somebody signed in")


@pytest.mark.parametrize(
    ("check_id", "capability", "granted", "missing"),
    [
        ("webex_officer", "spaces", SPACES[2:], f"{SPACES[0]}, {SPACES[1]}"),
        ("webex_officer", "spaces", SPACES[:4], "spark-compliance:events_read"),
        ("webex_people", "people", ("spark:people_read",), "identity:people_read"),
    ],
)
def test_scopes_that_were_not_granted_are_named(
    checklist: Checklist, check_id: str, capability: str, granted: tuple[str, ...], missing: str
) -> None:
    checklist.sign_in_for(capability, holder(checklist, capability), granted)

    row = checklist.row(check_id)

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "scopes", True)
    assert missing in row["sentence"]


def test_without_the_webhook_scopes_teams_are_found_more_slowly(checklist: Checklist) -> None:
    checklist.sign_in_for("spaces", checklist.stage.officer, SPACES[:-2])

    row = checklist.row("webex_officer")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "slow", False)
    assert "spark-compliance:webhooks_write" in row["sentence"]


def test_without_the_scope_for_licences_all_else_works(checklist: Checklist) -> None:
    checklist.sign_in_for("people", checklist.stage.admin, PEOPLE[:2])

    assert checklist.found("webex_people") == ("attention", "part")
    assert checklist.found("webex_messaging") == ("manual", "unsaid")


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_an_account_without_the_role_is_refused_by_webex(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    ordinary = checklist.stage.person("Orvar Ordinary")
    checklist.sign_in_for(capability, ordinary)

    row = checklist.row(check_id)

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "forbidden", True)
    assert "Orvar Ordinary" in row["sentence"]


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_a_sign_in_that_was_revoked_has_ended(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    token = checklist.sign_in_for(capability, holder(checklist, capability))
    assert checklist.found(check_id) == ("met", "ready")

    checklist.stage.webex.revoke_token(token)

    assert checklist.found_again(check_id) == ("not_met", "ended")


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_a_refresh_that_was_refused_is_seen_without_asking(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    checklist.sign_in_for(capability, holder(checklist, capability))
    assert checklist.found(check_id) == ("met", "ready")
    rows = checklist.stage.wiring.credentials(OrgId(checklist.stage.org.uuid))
    credential = rows.read(capability)
    assert credential is not None

    rows.write(capability, replace(credential, failed=5))
    since = len(checklist.stage.webex.log)

    assert checklist.found(check_id) == ("not_met", "ended")
    assert not checklist.stage.webex.calls(since=since)


@pytest.mark.parametrize(("check_id", "capability"), ROWS)
def test_a_sign_in_by_a_hand_over_link_waits_to_be_confirmed(
    checklist: Checklist, check_id: str, capability: str
) -> None:
    checklist.rows()
    checklist.sign_in_for(capability, holder(checklist, capability))
    rows = checklist.stage.wiring.credentials(OrgId(checklist.stage.org.uuid))
    credential = rows.read(capability)
    assert credential is not None
    rows.forget(capability)

    rows.keep_pending(capability, credential)
    row = checklist.row(check_id)

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "pending", True)
    rows.forget_pending(capability)
    assert checklist.found(check_id) == ("not_met", "no_sign_in")


def test_without_the_directory_nothing_is_asked_of_it(checklist: Checklist) -> None:
    found = {i: checklist.row(i)["code"] for i in ("webex_messaging", "webex_active")}

    assert set(found.values()) == {"waits"}
    assert checklist.row("webex_external_id")["code"] == "waits"


# Messaging


def test_messaging_licences_are_counted(ready: Checklist) -> None:
    row = ready.row("webex_messaging")

    assert (row["state"], row["code"], row["blocking"]) == ("met", "licensed", False)
    assert re.search(r"in use: \d+ of \d+\.", row["sentence"])


@pytest.mark.parametrize("name", ["Webex Messaging", "messaging - standard"])
def test_whatever_the_messaging_licence_is_called(ready: Checklist, name: str) -> None:
    ready.stage.webex.switches.messaging_licence = name

    assert ready.found_again("webex_messaging") == ("met", "licensed")


def test_a_free_entitlement_that_is_not_listed_is_confirmed_by_hand(ready: Checklist) -> None:
    ready.stage.webex.switches.messaging_licence = ""

    assert ready.found_again("webex_messaging") == ("manual", "unsaid")
    assert not ready.row("webex_messaging")["blocks"]


# Accounts


def test_everybody_is_active(ready: Checklist) -> None:
    row = ready.row("webex_active")

    assert (row["state"], row["code"], row["blocking"]) == ("met", "all", False)
    assert "3 of 3" in row["sentence"]


def test_who_has_not_signed_in_is_counted(ready: Checklist) -> None:
    ready.stage.org.add_person("Nils New", account_status="pending")

    ready.again()
    row = ready.row("webex_active")

    assert (row["state"], row["code"]) == ("attention", "some")
    assert "3 of 4" in row["sentence"]


def test_rooms_and_machines_are_no_people(ready: Checklist) -> None:
    ready.stage.org.add_person("Board room", user_type="room", account_status="pending")

    assert ready.found_again("webex_active") == ("met", "all")


# External ID


def unsynchronized(checklist: Checklist, count: int) -> list[Person]:
    return [checklist.stage.person(mapped=False) for _ in range(count)]


def test_external_id_is_compared_with_entra(ready: Checklist) -> None:
    for person in (ready.stage.officer, ready.stage.admin):
        person.external_id = ready.stage.tenant.add_user(person.name).object_id

    ready.again()
    row = ready.row("webex_external_id")

    assert (row["state"], row["code"]) == ("met", "all+sample")
    assert "3 of 3" in row["sentence"]
    assert "This is a sample of your 3 users." in row["sentence"]


def test_some_who_do_not_match_keep_nobody_waiting(ready: Checklist) -> None:
    row = ready.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "some+sample", False)
    assert "1 of 3" in row["sentence"]


def test_an_external_id_that_entra_does_not_know_matches_nobody(ready: Checklist) -> None:
    for person in ready.stage.org.people:
        if person.external_id:
            ready.stage.tenant.remove_user(person.external_id)

    ready.again()
    row = ready.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "none+sample", True)


@pytest.mark.parametrize("external_id", [None, "E12345"])
def test_without_any_object_id_nobody_matches_even_before_consent(
    checklist: Checklist, external_id: str | None
) -> None:
    checklist.sign_in_both()
    checklist.stage.org.add_person("Ella Employee", external_id=external_id)

    row = checklist.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "none+sample", True)
    assert not checklist.stage.graph_calls()


def test_before_consent_only_the_look_of_external_id_is_known(checklist: Checklist) -> None:
    checklist.sign_in_both()
    checklist.stage.person()

    row = checklist.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "shaped+sample", True)
    assert not checklist.stage.graph_calls()


@pytest.mark.parametrize("cap", [500, 40])
def test_of_a_large_directory_a_sample_of_a_hundred_is_asked(ready: Checklist, cap: int) -> None:
    """Whatever page Webex gives at most."""
    ready.stage.webex.switches.scim_count_cap = cap
    ready.stage.people(250)
    since = len(ready.stage.microsoft.graph.log)

    ready.again("webex_external_id")
    row = ready.row("webex_external_id")

    assert "98 of 100" in row["sentence"]
    assert "This is a sample of your 253 users." in row["sentence"]
    batches = [c for c in ready.stage.graph_calls(since) if c.path.endswith("$batch")]
    assert len(batches) == 5


def test_old_accounts_that_come_first_do_not_stop_the_organization(checklist: Checklist) -> None:
    """The first hundred of the directory are not synchronized; everybody else is."""
    unsynchronized(checklist, 100)
    checklist.stage.people(400)
    checklist.make_ready()

    row = checklist.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "some+sample", False)


def test_before_nobody_matches_more_of_the_directory_is_read(ready: Checklist) -> None:
    """Those who match are where the first sample does not look."""
    old = unsynchronized(ready, 600)
    for person in old[40:100]:
        person.external_id = ready.stage.tenant.add_user(person.name).object_id
    ready.stage.org.people[2].external_id = None

    ready.again()

    assert ready.found("webex_external_id") == ("attention", "some+sample")


def test_a_large_sample_without_a_match_keeps_the_switch_waiting(ready: Checklist) -> None:
    unsynchronized(ready, 600)
    ready.stage.org.people[2].external_id = None

    ready.again()
    row = ready.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("not_met", "none_of_many+sample", True)
    assert "none of 400" in row["sentence"]


def test_a_small_sample_without_a_match_does_not(ready: Checklist) -> None:
    ready.stage.webex.switches.scim_count_cap = 40
    unsynchronized(ready, 600)
    ready.stage.org.people[2].external_id = None

    ready.again()
    row = ready.row("webex_external_id")

    assert (row["state"], row["code"], row["blocks"]) == ("attention", "none_of_few+sample", False)
    assert "none of 160" in row["sentence"]


def test_rooms_that_come_first_are_not_the_whole_directory(checklist: Checklist) -> None:
    for number in range(300):
        checklist.stage.org.add_person(f"Room {number}", user_type="room")
    for _ in range(3):
        checklist.stage.person()
    for person in checklist.stage.org.people[:2]:
        person.user_type = "machine"
    checklist.make_ready()

    assert checklist.found("webex_external_id") == ("met", "all+sample")
    assert checklist.found("webex_active") == ("met", "all")


def test_where_only_rooms_were_seen_nobody_says_that_there_is_no_user(ready: Checklist) -> None:
    for number in range(2_000):
        ready.stage.org.add_person(f"Room {number}", user_type="room")
    for person in ready.stage.org.people[:3]:
        person.user_type = "machine"

    ready.again()

    assert ready.found("webex_external_id") == ("attention", "unseen")
    assert ready.found("webex_active") == ("attention", "unseen")


def test_a_directory_of_rooms_alone_has_nobody(ready: Checklist) -> None:
    for person in ready.stage.org.people:
        person.user_type = "room"

    ready.again()

    assert ready.found("webex_external_id") == ("not_met", "nobody")
    assert ready.found("webex_active") == ("not_met", "nobody")


# Content management


def test_what_no_api_tells_is_not_ticked(ready: Checklist) -> None:
    rows = ready.rows()

    for check_id in ("ecm_microsoft", "ecm_linked_folders", "ecm_tenant_name"):
        assert (rows[check_id]["state"], rows[check_id]["blocking"]) == ("manual", False)
        assert rows[check_id]["mend"] == "https://admin.webex.com/messaging/settings"


def test_the_name_to_enter_is_shown(ready: Checklist) -> None:
    field = ready.shown("ecm_tenant_name").first("input", id="name-to-enter")

    assert ready.row("ecm_tenant_name")["sentence"].endswith(": contoso.example")
    assert field is not None
    assert field["value"] == "contoso.example"


def test_before_consent_an_id_is_not_taken_for_a_name(checklist: Checklist) -> None:
    assert checklist.found("ecm_tenant_name") == ("manual", "later")
