"""Webex credentials by capability: out to Webex and back, proven, kept, told, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from sandbox.browser.page import Page
from sandbox.kit import Fault
from sandbox.webex import Person
from shared.core.capabilities import CAPABILITIES
from shared.core.ids import TeamId
from tests.journeys.stage import Stage
from tests.pages.rows import rows_of
from tests.pages.steps import ADAM, OLGA, copy_of, office, refused_with, sign_in
from tests.pages.visitor import ELSEWHERE, Visitor

CALLBACK = "/authorize/webex/credential"
DAY = 24 * 3600


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


def authorize(visitor: Visitor, capability: str, person: Person, *, stop: str = "") -> Page:
    """Press Authorize for a capability, and sign in at Webex."""
    visitor.get("/credentials")
    visitor.press("/authorize/webex", capability=capability)
    return visitor.press(f"Sign in and allow as {person.name}", stop=stop)


def card(page: Page, capability: str) -> str:
    """What the page says of one capability."""
    found = page.document.root.first("section", id=capability)
    return found.text if found else ""


def kept(stage: Stage) -> list[str]:
    """For which capabilities a credential is kept."""
    return [c for c in CAPABILITIES if office(stage).credentials.read(c)]


def pending(stage: Stage) -> list[str]:
    return [c for c in CAPABILITIES if office(stage).credentials.pending(c)]


def changes(stage: Stage) -> list[tuple[str, str, str, str]]:
    latest = office(stage).audit.latest(20)
    return [(c.who, c.what, c.before, c.after) for c in latest]


# By signing in


def test_an_administrator_authorizes_the_directory_with_his_own_account(
    stage: Stage, admin: Visitor, full_admin: Person
) -> None:
    page = authorize(admin, "people", full_admin)
    found = office(stage).credentials.read("people")

    assert page.path == "/credentials"
    assert "The Webex sign-in works and was kept." in page.said
    assert "Adam Admin" in card(page, "people") and "Signed in" in card(page, "people")
    assert found
    assert (found.owner, found.kind, found.failed) == (full_admin.uuid, "integration", 0)
    assert set(found.scopes) == set(CAPABILITIES["people"].scopes)
    assert found.since == stage.clock.now() * 1000
    assert found.expires - found.since == 1209599 * 1000
    assert found.refresh_expires - found.since == 7775999 * 1000
    assert changes(stage) == [(ADAM, "credential_people", "", ADAM)]


def test_a_compliance_officer_signs_in_at_webex_in_the_administrator_s_browser(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    page = authorize(admin, "spaces", officer)

    assert "Olga Officer" in card(page, "spaces")
    assert "Signed in as Adam Admin" in page.text
    assert kept(stage) == ["spaces"]
    assert changes(stage) == [(ADAM, "credential_spaces", "", OLGA)]


@pytest.mark.parametrize("capability", ["spaces", "people", "folders"])
def test_what_is_asked_is_the_capability_s_scopes_with_the_chooser_and_no_hint(
    admin: Visitor, capability: str
) -> None:
    page = admin.post("/authorize/webex", {"capability": capability}, stop="/v1/authorize")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(page.location).query).items()}

    assert asked["scope"].split() == list(CAPABILITIES[capability].asked)
    assert asked["prompt"] == "select_account"
    assert asked["code_challenge_method"] == "S256"
    assert "login_hint" not in asked


def test_the_kept_credential_works_for_what_it_is_for(
    stage: Stage, admin: Visitor, officer: Person, full_admin: Person
) -> None:
    authorize(admin, "spaces", officer)
    authorize(admin, "people", full_admin)

    office(stage).webex.prove("spaces")
    office(stage).webex.prove("people")


def _insist(admin: Visitor, capability: str, person: Person) -> Page:
    """Sign in, and once more where fewer scopes are asked for."""
    page = authorize(admin, capability, person)
    again = f"Sign in and allow as {person.name}"
    return admin.press(again) if again in page.buttons else page


@pytest.mark.parametrize("beyond", ["fewer", "refused", "granted"])
def test_an_account_without_the_role_is_told_so_and_nothing_is_kept(
    stage: Stage, admin: Visitor, full_admin: Person, officer: Person, beyond: str
) -> None:
    stage.webex.switches.scopes_beyond_role = beyond  # type: ignore[assignment]
    wrong = [("spaces", full_admin), ("people", officer)]
    codes = [refused_with(_insist(admin, capability, who)) for capability, who in wrong]

    refused = ["scopes_refused"] * 2
    assert codes == (refused if beyond == "refused" else ["lacks_role_spaces", "lacks_role_people"])
    assert kept(stage) == []
    assert changes(stage) == []


def test_an_account_of_another_organization_is_told_so_and_nothing_is_kept(
    stage: Stage, admin: Visitor, stranger: Person
) -> None:
    page = authorize(admin, "people", stranger)

    assert refused_with(page) == "wrong_organization"
    assert kept(stage) == []


def test_a_wrong_account_does_not_take_the_place_of_the_right_one(
    stage: Stage, admin: Visitor, officer: Person, full_admin: Person
) -> None:
    authorize(admin, "spaces", officer)
    before = office(stage).credentials.read("spaces")
    authorize(admin, "spaces", full_admin)

    assert office(stage).credentials.read("spaces") == before


def test_scopes_that_are_missing_are_told(stage: Stage, admin: Visitor, full_admin: Person) -> None:
    scopes = set(CAPABILITIES["people"].scopes) - {"spark-admin:licenses_read"}
    stage.webex.add_integration("integration", "integration-secret", [], scopes)
    stage.webex.switches.unregistered_scopes = "fewer"
    page = authorize(admin, "people", full_admin)

    assert "Needs attention" in card(page, "people")
    assert "Scopes missing spark-admin:licenses_read" in card(page, "people")


@pytest.mark.parametrize("unregistered", ["fewer", "refused"])
def test_an_integration_that_may_not_write_memberships_is_as_good_as_before(
    stage: Stage, admin: Visitor, officer: Person, unregistered: str
) -> None:
    scopes = CAPABILITIES["spaces"].scopes
    stage.webex.add_integration("integration", "integration-secret", [], scopes)
    stage.webex.switches.unregistered_scopes = unregistered  # type: ignore[assignment]
    authorize(admin, "spaces", officer)
    admin.get("/prerequisites")
    page = admin.get("/credentials")

    found = office(stage).credentials.read("spaces")
    assert found
    assert set(found.scopes) == set(scopes)
    assert "Met" in card(page, "spaces")
    assert "Scopes missing" not in card(page, "spaces")


def test_a_tick_comes_from_the_check_of_this_very_sign_in(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    authorize(admin, "spaces", officer)
    admin.get("/prerequisites")
    assert "Met" in card(admin.get("/credentials"), "spaces")

    stage.clock.advance(1)
    page = authorize(admin, "spaces", officer)

    assert "Met" not in card(page, "spaces")
    assert "Signed in" in card(page, "spaces")


def test_declining_keeps_what_was_there(stage: Stage, admin: Visitor, officer: Person) -> None:
    authorize(admin, "spaces", officer)
    admin.press("/authorize/webex", capability="spaces")

    assert refused_with(admin.press("Decline")) == "webex_declined"
    assert kept(stage) == ["spaces"]


def test_before_it_is_forgotten_it_is_asked_about_and_nothing_changes(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    authorize(admin, "spaces", officer)
    page = admin.press("Forget", step="spaces")

    assert page.said == "Nothing has changed yet. Confirm that you want to forget it."
    assert "Teams then wait until somebody signs in again." in card(page, "spaces")
    assert page.links["Keep it"] == "/credentials#spaces"
    assert kept(stage) == ["spaces"]


def test_forgetting_it_removes_the_row_and_is_told(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    authorize(admin, "spaces", officer)
    admin.press("Forget", step="spaces")
    page = admin.press("Forget", step="spaces")

    assert "forgotten" in page.said
    assert "Nobody has signed in for this yet." in card(page, "spaces")
    assert kept(stage) == []
    assert (ADAM, "credential_spaces", OLGA, "") in changes(stage)


def test_a_silent_webex_keeps_nothing_and_the_next_attempt_works(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    stage.webex.faults.append(Fault("error", path="/v1/events", times=9))

    assert refused_with(authorize(admin, "spaces", officer)) == "provider_silent"
    assert kept(stage) == []
    stage.webex.faults.clear()
    assert authorize(admin, "spaces", officer).path == "/credentials"


def test_teams_that_waited_for_it_are_looked_at_at_once(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(configured=True)
    stage.turn_on()
    office(stage).credentials.forget("people")
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    assert stage.row(team).reason == "credential_missing"
    visitor = Visitor(stage)
    sign_in(visitor, stage.admin)
    authorize(visitor, "people", stage.admin)
    stage.run(120)

    assert stage.group_of(team)
    assert stage.row(team).reason == ""


def test_a_space_that_nobody_could_ask_about_is_asked_about_again(
    make_stage: Callable[..., Stage],
) -> None:
    """The events have told of it already, and no team waits yet."""
    stage = make_stage(configured=True)
    stage.turn_on(webhook=False)
    stage.webex.faults.append(Fault("error", path="/v1/rooms/", status=403, times=9))
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    assert stage.services.teams.read(TeamId(team.uuid)) is None
    stage.webex.faults.clear()
    visitor = Visitor(stage)
    sign_in(visitor, stage.admin)
    authorize(visitor, "spaces", stage.officer)
    stage.run(120)

    assert stage.group_of(team)


# What must not become a credential


def test_an_answer_comes_back_to_the_session_that_set_out(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    back = authorize(admin, "spaces", officer, stop=CALLBACK).location
    signed_out = copy_of(stage, admin)
    signed_out.jar.kept = {
        key: c for key, c in signed_out.jar.kept.items() if "session" not in c.name
    }
    other = stage.org.add_person("Bea Boss", roles=("id_full_admin",))
    another = copy_of(stage, admin)
    admin.post("/authorize/signout")
    sign_in(another, other)

    assert refused_with(signed_out.get(back)) == "session_changed"
    assert refused_with(another.get(back)) == "session_changed"
    assert kept(stage) == []


def test_an_answer_of_an_attacker_is_not_kept_in_the_administrator_s_browser(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    other = stage.org.add_person("Bea Boss", roles=("id_full_admin",))
    attacker = Visitor(stage)
    sign_in(attacker, other)
    back = authorize(attacker, "spaces", officer, stop=CALLBACK).location
    admin.post("/authorize/webex", {"capability": "spaces"})

    assert refused_with(admin.get(back, source=ELSEWHERE)) == "state_elsewhere"
    assert kept(stage) == []


def test_an_answer_that_is_sent_twice_counts_once(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    back = authorize(admin, "spaces", officer, stop=CALLBACK).location
    thief = copy_of(stage, admin)
    admin.get(back)
    admin.post("/authorize/forget", {"step": "spaces", "confirmed": "1"})

    assert refused_with(thief.get(back)) == "state_used"
    assert refused_with(admin.get(back)) == "state_elsewhere"
    assert kept(stage) == []


def test_an_answer_for_one_capability_is_none_for_another(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    """Two tabs: the later attempt is the one that counts."""
    first = authorize(admin, "spaces", officer, stop=CALLBACK).location
    admin.post("/authorize/webex", {"capability": "people"})

    assert refused_with(admin.get(first)) == "state_elsewhere"
    assert kept(stage) == []


def test_late_declined_and_twofold_answers_are_refused(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    back = authorize(admin, "spaces", officer, stop=CALLBACK).location
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    assert refused_with(admin.get(f"{back}&code={code}")) == "code_refused"

    late = authorize(admin, "spaces", officer, stop=CALLBACK).location
    stage.clock.advance(601)
    assert refused_with(admin.get(late)) == "state_expired"

    both = authorize(admin, "spaces", officer, stop=CALLBACK).location
    assert refused_with(admin.get(f"{both}&error=access_denied")) == "webex_declined"
    assert kept(stage) == []


@pytest.mark.parametrize("capability", ["", "cards", "microsoft", "everything", "<b>", "x" * 9000])
def test_what_is_no_capability_is_refused(admin: Visitor, capability: str) -> None:
    for path in ("/authorize/webex", "/authorize/service-app"):
        assert refused_with(admin.post(path, {"capability": capability})) == "bad_form"
    for path in ("/authorize/confirm", "/authorize/forget"):
        if capability != "microsoft":
            assert refused_with(admin.post(path, {"step": capability})) == "bad_form"


@pytest.mark.parametrize(
    "path",
    ["/authorize/webex", "/authorize/service-app", "/authorize/confirm", "/authorize/forget"],
)
def test_the_forms_are_for_signed_in_administrators_and_from_our_own_pages(
    stage: Stage, admin: Visitor, officer: Person, path: str
) -> None:
    authorize(admin, "spaces", officer)
    form = {"capability": "spaces", "step": "spaces", "pending": "0"}

    assert refused_with(admin.post(path, form, source=ELSEWHERE)) == "cross_site"
    assert Visitor(stage).post(path, form).buttons == ["Sign in with Webex"]
    assert kept(stage) == ["spaces"]


def test_a_session_of_another_organization_touches_nothing(
    stage: Stage, admin: Visitor, officer: Person, stranger: Person
) -> None:
    from tests.pages.steps import serve

    authorize(admin, "spaces", officer)
    serve(stage, organizations=[stage.webex.world.organizations[stranger.org_uuid]])
    theirs = Visitor(stage)
    sign_in(theirs, stranger)
    page = theirs.get("/credentials")
    theirs.post("/authorize/forget", {"step": "spaces", "confirmed": "1"})

    assert "Olga Officer" not in page.text
    assert kept(stage) == ["spaces"]


# Service Apps


def service_app(
    stage: Stage, capability: str = "people", org: str = "", app: str = "app-1"
) -> dict[str, str]:
    """The form's fields for a Service App that was authorized in Control Hub."""
    world = stage.webex.world
    scopes = [*CAPABILITIES[capability].scopes]
    token = stage.webex.add_service_app(
        app, f"{app}-secret", world.organizations[org or stage.org.uuid], scopes
    )
    return {
        "client_id": app,
        "client_secret": f"{app}-secret",
        "refresh_token": token.refresh_token,
    }


def give(visitor: Visitor, capability: str, fields: dict[str, str]) -> Page:
    visitor.get("/credentials")
    return visitor.press("Keep the Service App's token", capability=capability, **fields)


def test_a_service_app_s_token_is_tried_and_kept_with_its_own_client(
    stage: Stage, admin: Visitor
) -> None:
    fields = service_app(stage, "spaces")
    page = give(admin, "spaces", fields)
    found = office(stage).credentials.read("spaces")

    assert page.path == "/credentials" and page.status == 200
    assert "Service App" in card(page, "spaces")
    assert found
    assert (found.kind, found.client_id, found.client_secret) == (
        "service_app",
        "app-1",
        "app-1-secret",
    )
    assert "credential_spaces" in [what for _, what, _, _ in changes(stage)]
    assert not [r for r in rows_of(stage).values() if "app-1-secret" in repr(r)]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("client_id", "", "all three"),
        ("client_secret", " ", "all three"),
        ("refresh_token", "x" * 5000, "all three"),
        ("client_id", "integration", "does not take"),
        ("client_secret", "wrong", "does not take"),
        ("refresh_token", "wrong", "does not take"),
    ],
)
def test_wrong_input_is_told_beside_the_form_and_nothing_is_kept(
    stage: Stage, admin: Visitor, name: str, value: str, told: str
) -> None:
    fields = service_app(stage) | {name: value}
    page = give(admin, "people", fields)

    assert page.status == 422
    assert told in card(page, "people")
    assert told not in card(page, "spaces")
    assert not [v for v in fields.values() if v.strip() and v != "integration" and v in page.body]
    assert kept(stage) == []


def test_a_service_app_of_another_organization_or_without_the_right_scopes_is_not_kept(
    stage: Stage, admin: Visitor, stranger: Person
) -> None:
    foreign = give(admin, "people", service_app(stage, org=stranger.org_uuid, app="app-2"))
    other = give(admin, "spaces", service_app(stage, "folders", app="app-3"))

    assert "another Webex organization" in card(foreign, "people")
    assert "compliance officer" in card(other, "spaces")
    assert kept(stage) == []


# What the page tells


def test_the_page_tells_what_is_missing_before_anybody_signed_in(admin: Visitor) -> None:
    page = admin.get("/credentials")

    assert "Not met" in card(page, "spaces") and "Compliance officer" in card(page, "spaces")
    assert "It is optional." in card(page, "folders")
    assert "No bot's token is set." in card(page, "cards")
    assert "Not connected" in card(page, "microsoft")


def test_a_bot_s_token_is_told_as_set_and_never_shown(stage: Stage, admin: Visitor) -> None:
    stage.redeploy(webex_bot_token="bot-token-xyz")
    page = admin.get("/credentials")

    assert "A bot's token is set." in card(page, "cards")
    assert "bot-token-xyz" not in page.body


def test_a_refresh_that_webex_refused_is_told_with_what_to_do(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    authorize(admin, "spaces", officer)
    stage.webex.world.refresh_tokens.clear()
    stage.clock.advance(14 * DAY)
    sign_in(admin, stage.admin)
    with pytest.raises(Exception, match="has ended"):
        stage.wiring.webex_tokens(office(stage).org).token("spaces")
    page = admin.get("/credentials")

    assert "Webex refused to renew this sign-in" in card(page, "spaces")
    assert "Authorize again" in card(page, "spaces")
    assert "Not met" in card(page, "spaces")
    assert "Needs attention" not in card(page, "spaces")


def test_no_token_stands_on_a_page_or_in_a_row_in_clear(
    stage: Stage, admin: Visitor, officer: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="webex_teams_to_groups")
    authorize(admin, "spaces", officer)
    give(admin, "people", service_app(stage) | {"client_secret": "wrong-secret-xyz"})
    world = stage.webex.world
    secrets = [*world.tokens, *world.refresh_tokens, "wrong-secret-xyz", "integration-secret"]
    shown = [page.body for page in admin.history if page.ours]
    text = repr(rows_of(stage)) + caplog.text + "".join(shown)

    assert not [secret for secret in secrets if secret in text]


# What a hand-over link left


def leave(stage: Stage, officer: Person, admin: Visitor) -> Visitor:
    """The administrator makes a link for the officer, who uses it in a browser of her own."""
    page = admin.post("/authorize/handover", {"step": "spaces"})
    field = page.document.root.first("input", id="link")
    assert field
    visitor = Visitor(stage)
    visitor.get(field["value"])
    visitor.post(urlsplit(field["value"]).path)
    visitor.post("/handover/start")
    visitor.press(f"Sign in and allow as {officer.name}")
    return visitor


def test_what_came_by_a_link_waits_and_is_used_for_nothing(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    visitor = leave(stage, officer, admin)
    page = admin.get("/credentials")

    assert visitor.page and visitor.page.path == "/handover/done"
    assert kept(stage) == []
    assert pending(stage) == ["spaces"]
    assert f"{OLGA} signed in by a hand-over link" in card(page, "spaces")
    assert "Not met" in card(page, "spaces")
    assert (OLGA, "pending_spaces", "", OLGA) in changes(stage)


def test_confirming_takes_it_into_use_and_tells_who_did(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    leave(stage, officer, admin)
    admin.get("/credentials")
    page = admin.press("Confirm", step="spaces")

    assert "It was confirmed" in page.said
    assert "Signed in" in card(page, "spaces")
    assert (kept(stage), pending(stage)) == (["spaces"], [])
    assert (ADAM, "credential_spaces", "", OLGA) in changes(stage)


def test_dismissing_forgets_it(stage: Stage, admin: Visitor, officer: Person) -> None:
    leave(stage, officer, admin)
    admin.get("/credentials")
    page = admin.press("Dismiss", step="spaces")

    assert "It was dismissed." in page.said
    assert (kept(stage), pending(stage)) == ([], [])


def test_seven_days_later_it_is_gone_and_its_row_when_it_is_looked_for(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    leave(stage, officer, admin)
    since = str(stage.clock.now() * 1000).partition(".")[0]
    stage.clock.advance(7 * DAY)
    sign_in(admin, stage.admin)
    late = admin.post("/authorize/confirm", {"step": "spaces", "since": since})

    assert refused_with(late) == "nothing_pending"
    assert "Waiting for you" not in card(admin.get("/credentials"), "spaces")
    assert (kept(stage), pending(stage)) == ([], [])


def test_only_what_the_administrator_saw_is_confirmed(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    """Somebody else used a newer link after the page was loaded."""
    second = stage.org.add_person("Otto Officer", roles=("compliance_officer",))
    leave(stage, officer, admin)
    seen = admin.get("/credentials")
    stage.clock.advance(60)
    leave(stage, second, admin)

    assert refused_with(admin.submit(seen, "Confirm", step="spaces")) == "pending_changed"
    assert (kept(stage), pending(stage)) == ([], ["spaces"])


@pytest.mark.parametrize("since", ["", "0", "-1", "1.5", "²", "x", "9" * 30])
def test_confirming_by_guessing_confirms_nothing(
    stage: Stage, admin: Visitor, officer: Person, since: str
) -> None:
    leave(stage, officer, admin)
    page = admin.post("/authorize/confirm", {"step": "spaces", "since": since})

    assert refused_with(page) == "pending_changed"
    assert kept(stage) == []


def test_confirming_or_dismissing_nothing_says_so_or_does_no_harm(admin: Visitor) -> None:
    for step in ("spaces", "microsoft"):
        page = admin.post("/authorize/confirm", {"step": step, "since": "1"})
        assert refused_with(page) == "nothing_pending"

        page = admin.post("/authorize/forget", {"step": step, "pending": "1"})
        assert page.path == "/credentials"


def test_a_link_s_browser_cannot_confirm_what_it_left(
    stage: Stage, admin: Visitor, officer: Person
) -> None:
    visitor = leave(stage, officer, admin)
    since = urlencode({"step": "spaces", "since": round(stage.clock.now() * 1000)}).encode()

    assert visitor.post("/authorize/confirm", since).buttons == ["Sign in with Webex"]
    assert kept(stage) == []
