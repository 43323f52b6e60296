"""Hand-over links: one step for somebody who cannot sign in here, and nothing more than that."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from sandbox.microsoft.state import User
from sandbox.webex.state import Person
from shared.core.ids import TenantId
from shared.core.times import DAY, HOUR
from tests.journeys.stage import PERMISSIONS, Stage
from tests.pages.steps import (
    ADAM,
    CONSENT,
    GRETA,
    SIGN_IN,
    at_microsoft,
    confirm,
    office,
    press_authorize,
    refused_with,
    settings,
    sign_in,
)
from tests.pages.visitor import ELSEWHERE, Visitor


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


@pytest.fixture
def helper(stage: Stage) -> Visitor:
    """Somebody else's browser, where nobody is signed in."""
    return Visitor(stage)


def make_link(admin: Visitor, step: str = "microsoft") -> str:
    page = admin.post("/authorize/handover", {"step": step})
    field = page.document.root.first("input", id="link")
    assert field is not None
    return str(field["value"])


def redeem(helper: Visitor, link: str) -> None:
    helper.get(link)
    helper.press("Continue")


def hand_over(admin: Visitor, helper: Visitor, person: User) -> None:
    """A link is made, sent, redeemed and used for consent."""
    redeem(helper, make_link(admin))
    helper.press("Authorize")
    at_microsoft(helper, person)


def bound(stage: Stage) -> str | None:
    return office(stage).holder(TenantId(stage.tenant.tenant_id))


# The link


def test_the_link_is_shown_once_with_a_text_to_forward(admin: Visitor) -> None:
    link = make_link(admin)
    page = admin.page
    assert page is not None

    assert page.heading == "A link for somebody else"
    assert page.body.count(link) == 2
    assert len(urlsplit(link).path.split("/")[-1]) >= 43
    assert link not in admin.get("/credentials").body


def test_making_a_link_is_in_the_audit_without_its_token(stage: Stage, admin: Visitor) -> None:
    token = urlsplit(make_link(admin)).path.split("/")[-1]

    change = next(c for c in office(stage).audit.latest(9) if c.what == "handover")
    assert (change.who, change.after) == (ADAM, "microsoft")
    assert token not in repr(office(stage).audit.latest(9))


@pytest.mark.parametrize("tail", ["%2F", "%2Fx", "x"])
def test_a_link_that_a_mail_program_spoiled_leaves_no_token_in_the_log(
    admin: Visitor, helper: Visitor, caplog: pytest.LogCaptureFixture, tail: str
) -> None:
    caplog.set_level("DEBUG", logger="webex_teams_to_groups")
    link = make_link(admin)
    helper.get(link + tail)
    lines = [r.getMessage() for r in caplog.records if r.name == "webex_teams_to_groups"]

    assert any("handover_unknown" in line for line in lines)
    assert not any(link.rpartition("/")[2] in line for line in lines)


def test_only_an_administrator_makes_links(helper: Visitor) -> None:
    assert helper.post("/authorize/handover", {"step": "microsoft"}).path == "/"


@pytest.mark.parametrize("step", ["cards", "", "settings", "microsoft "])
def test_there_are_links_for_four_steps_only(admin: Visitor, step: str) -> None:
    assert refused_with(admin.post("/authorize/handover", {"step": step})) == "bad_form"


def test_opening_a_link_shows_who_asks_for_what_and_changes_nothing(
    admin: Visitor, helper: Visitor
) -> None:
    link = make_link(admin)

    pages = [helper.get(link) for _ in range(3)]

    for page in pages:
        assert page.heading == "You are asked for help"
        assert "Adam Admin" in page.text
        assert "Microsoft 365: give admin consent" in page.text
        assert not page.set_cookies


def test_redeeming_leads_to_an_address_without_the_token(admin: Visitor, helper: Visitor) -> None:
    link = make_link(admin)
    redeem(helper, link)
    page = helper.page
    assert page is not None

    assert page.path == "/handover"
    assert urlsplit(link).path.split("/")[-1] not in page.body
    assert helper.cookie("handover") is not None
    assert helper.cookie("session") is None


def test_a_link_is_used_once(stage: Stage, admin: Visitor, helper: Visitor) -> None:
    link = make_link(admin)
    redeem(helper, link)
    thief = Visitor(stage)

    assert refused_with(thief.get(link)) == "handover_used"
    assert refused_with(thief.post(link)) == "handover_used"
    assert thief.cookie("handover") is None


def test_whoever_redeemed_it_comes_back_to_the_step_by_the_link(
    admin: Visitor, helper: Visitor
) -> None:
    link = make_link(admin)
    redeem(helper, link)

    assert helper.get(link).path == "/handover"


def test_a_link_is_late_after_seven_days(stage: Stage, admin: Visitor, helper: Visitor) -> None:
    link = make_link(admin)
    stage.clock.advance(7 * DAY / 1000 - 1)
    assert helper.get(link).heading == "You are asked for help"
    stage.clock.advance(1)

    assert refused_with(helper.get(link)) == "handover_late"
    assert refused_with(helper.post(link)) == "handover_late"


def test_a_newer_link_for_the_step_makes_the_older_one_worthless(
    stage: Stage, admin: Visitor, helper: Visitor
) -> None:
    older, other_step, newer = make_link(admin), make_link(admin, "people"), make_link(admin)

    assert refused_with(helper.get(older)) == "handover_replaced"
    assert refused_with(helper.post(older)) == "handover_replaced"
    for link in (newer, other_step):
        assert helper.get(link).heading == "You are asked for help"


def test_a_newer_link_ends_what_the_older_one_began(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    redeem(helper, make_link(admin))
    helper.press("Authorize")
    back = at_microsoft(helper, global_admin, stop=SIGN_IN)
    make_link(admin)

    assert refused_with(helper.get(back.location)) == "handover_over"
    assert bound(stage) is None


def test_an_unknown_organization_is_told_the_same_as_an_unknown_token(
    stage: Stage, admin: Visitor, helper: Visitor
) -> None:
    link = make_link(admin)
    token = urlsplit(link).path.split("/")[-1]
    elsewhere = stage.webex.add_organization("Elsewhere").uuid
    addresses = [
        f"/handover/{stage.org.uuid}/{'x' * 43}",
        f"/handover/{elsewhere}/{token}",
        f"/handover/nowhere/{token}",
    ]

    refusals = [refused_with(answer(a)) for a in addresses for answer in (helper.get, helper.post)]

    assert set(refusals) == {"handover_unknown"}


def test_another_site_cannot_redeem_a_link(admin: Visitor, helper: Visitor) -> None:
    link = make_link(admin)

    assert refused_with(helper.post(link, source=ELSEWHERE)) == "cross_site"
    assert helper.get(link).heading == "You are asked for help"


# The step


def test_consent_by_a_link_waits_until_an_administrator_confirms_it(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    hand_over(admin, helper, global_admin)
    page = helper.page
    assert page is not None

    assert page.path == "/handover/done"
    assert page.heading == "Thank you, that was your part"
    assert helper.cookie("handover") is None
    assert settings(stage).tenant is None
    assert bound(stage) is None

    assert GRETA in admin.get("/credentials").text
    assert GRETA in admin.get("/prerequisites").text
    assert GRETA in admin.get("/authorized").text
    confirm(admin, "microsoft")

    kept = settings(stage)
    assert (kept.tenant, kept.consented_by) == (stage.tenant.tenant_id, GRETA)
    assert admin.get("/authorized").heading == "Success: Microsoft 365 is connected"
    told = [(c.who, c.what) for c in office(stage).audit.latest(9)]
    assert (ADAM, "consent") in told
    assert (GRETA, "consent_pending") in told


def test_what_waits_is_forgotten_after_seven_days(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User, full_admin: Person
) -> None:
    hand_over(admin, helper, global_admin)
    stage.clock.advance(7 * DAY / 1000)
    sign_in(admin, full_admin)

    page = admin.post("/authorize/confirm", {"step": "microsoft"})

    assert refused_with(page) == "nothing_pending"
    assert settings(stage).tenant is None


def test_a_second_consent_may_wait_after_the_first_was_forgotten(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User, full_admin: Person
) -> None:
    hand_over(admin, helper, global_admin)
    stage.clock.advance(8 * DAY / 1000)
    sign_in(admin, full_admin)

    hand_over(admin, helper, global_admin)

    assert GRETA in admin.get("/authorized").text


def test_what_waits_can_be_dismissed(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    hand_over(admin, helper, global_admin)

    admin.post("/authorize/forget", {"step": "microsoft", "pending": "1"})

    assert GRETA not in admin.get("/authorized").text
    page = admin.post("/authorize/confirm", {"step": "microsoft"})
    assert refused_with(page) == "nothing_pending"
    assert "consent_forgotten" in [c.what for c in office(stage).audit.latest(9)]


def test_a_consent_that_was_taken_back_cannot_be_confirmed(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    hand_over(admin, helper, global_admin)
    stage.microsoft.revoke(stage.application, stage.tenant)

    page = confirm(admin, "microsoft")

    assert refused_with(page) == "consent_not_effective_yet"
    assert settings(stage).tenant is None


def test_only_an_administrator_confirms(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    hand_over(admin, helper, global_admin)

    helper.post("/authorize/confirm", {"step": "microsoft"})

    assert settings(stage).tenant is None


def test_a_link_neither_uses_nor_replaces_a_session(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    """An administrator opens his own link in his own browser."""
    session = admin.cookie("session")
    hand_over(admin, admin, global_admin)
    page = admin.page
    assert page is not None and session is not None

    assert page.path == "/handover/done"
    assert settings(stage).tenant is None
    now = admin.cookie("session")
    assert now is not None and now.value == session.value


def test_somebody_with_a_link_gets_into_no_page_of_the_administrators(
    admin: Visitor, helper: Visitor
) -> None:
    redeem(helper, make_link(admin))

    for path in ("/credentials", "/settings", "/authorized", "/prerequisites", "/activity"):
        assert helper.get(path).path in ("/", path)
        assert "Sign out" not in helper.get(path).text
    assert helper.post("/authorize/microsoft").path == "/"


def test_a_link_for_one_step_does_no_other(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    redeem(helper, make_link(admin, "people"))

    page = helper.post("/handover/start", {"step": "microsoft"}, stop="/v1/authorize")

    assert "webexapis.com" in page.location


def test_a_consent_begun_with_one_link_does_not_end_with_another(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    redeem(helper, make_link(admin))
    helper.press("Authorize")
    back = at_microsoft(helper, global_admin, stop=CONSENT)
    redeem(helper, make_link(admin, "people"))

    assert refused_with(helper.get(back.location)) == "handover_over"
    assert bound(stage) is None


def test_a_consent_begun_by_a_link_does_not_end_as_the_administrators_own(
    stage: Stage, admin: Visitor, global_admin: User
) -> None:
    redeem(admin, make_link(admin))
    admin.press("Authorize")
    back = at_microsoft(admin, global_admin, stop=SIGN_IN)
    make_link(admin)

    assert refused_with(admin.get(back.location)) == "handover_over"
    assert settings(stage).tenant is None


def test_the_step_must_be_done_within_the_hour(
    stage: Stage, admin: Visitor, helper: Visitor
) -> None:
    redeem(helper, make_link(admin))
    stage.clock.advance(HOUR / 1000)

    assert refused_with(helper.get("/handover")) == "handover_over"
    assert refused_with(helper.post("/handover/start")) == "handover_over"


def test_a_step_that_is_done_is_over(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    link = make_link(admin)
    redeem(helper, link)
    cookie = helper.cookie("handover")
    assert cookie is not None
    helper.press("Authorize")
    at_microsoft(helper, global_admin)
    # Whoever copied the cookie before.
    helper.jar.kept[cookie.host, "/", cookie.name] = cookie

    assert refused_with(helper.get("/handover")) == "handover_over"
    assert refused_with(helper.get(link)) == "handover_used"


def test_a_consent_that_needs_a_minute_can_be_tried_again_with_the_same_link(
    stage: Stage, admin: Visitor, helper: Visitor, global_admin: User
) -> None:
    stage.microsoft.switches.consent_delay_seconds = 50
    stage.microsoft.switches.wids_in_id_token = False
    redeem(helper, make_link(admin))
    helper.press("Authorize")
    assert refused_with(at_microsoft(helper, global_admin)) == "consent_not_effective_yet"
    stage.clock.advance(55)

    helper.get("/handover")
    helper.press("Authorize")
    page = helper.press("Accept")

    assert page.path == "/handover/done"


def test_an_ordinary_user_with_a_link_is_no_microsoft_administrator(
    stage: Stage, admin: Visitor, helper: Visitor, ordinary_microsoft_user: User
) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, PERMISSIONS)
    redeem(helper, make_link(admin))
    helper.press("Authorize")

    page = at_microsoft(
        helper,
        ordinary_microsoft_user,
        "Return to the application without granting consent",
    )

    assert refused_with(page) == "not_microsoft_admin"
    assert "Back to your step" in page.links
    assert press_authorize(admin).status == 200
    assert refused_with(admin.post("/authorize/confirm", {"step": "microsoft"}))


@pytest.mark.parametrize("forged", ["", "x", "gAAAAA" + "A" * 200])
def test_a_forged_cookie_is_no_errand(helper: Visitor, admin: Visitor, forged: str) -> None:
    redeem(helper, make_link(admin))
    cookie = helper.cookie("handover")
    assert cookie is not None
    helper.jar.kept[cookie.host, "/", cookie.name] = replace(cookie, value=forged)

    assert refused_with(helper.get("/handover")) == "handover_over"


def test_the_thanks_can_be_read_again(helper: Visitor) -> None:
    assert helper.get("/handover/done").heading == "Thank you, that was your part"
    assert helper.reload().heading == "Thank you, that was your part"
