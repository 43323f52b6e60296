"""Staying signed in: how long, for whom, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.kit import Fault
from sandbox.webex import Person
from shared.core.ids import OrgId
from shared.web.session import IDLE_MINUTES, ROLE_MINUTES, SILENCE_MINUTES, WHOLE_HOURS
from tests.journeys.stage import Stage
from tests.pages.at_work import SWITCH, bench
from tests.pages.rows import rows_of
from tests.pages.steps import copy_of, office, refused_with, serve, sign_in, signed_in
from tests.pages.visitor import Visitor

MINUTE = 60


@pytest.fixture
def admin(visitor: Visitor, full_admin: Person) -> Visitor:
    sign_in(visitor, full_admin)
    return visitor


def reads_of_me(stage: Stage) -> int:
    return len([call for call in stage.webex.log if call.path == "/v1/people/me"])


def ends_with(visitor: Visitor) -> str:
    """The code with which a page behind the sign-in is refused."""
    return refused_with(visitor.get("/credentials"))


# Time


def test_a_session_ends_after_half_an_hour_without_a_click(stage: Stage, admin: Visitor) -> None:
    stage.clock.advance(IDLE_MINUTES * MINUTE + 1)

    assert ends_with(admin) == "session_ended"
    assert admin.cookie("session") is None


def test_clicking_keeps_it_up_to_twelve_hours(stage: Stage, admin: Visitor) -> None:
    clicks = 0
    while clicks * 20 * MINUTE < WHOLE_HOURS * 3600 - 20 * MINUTE:
        stage.clock.advance(20 * MINUTE)
        assert signed_in(admin)
        clicks += 1
    stage.clock.advance(20 * MINUTE)

    assert ends_with(admin) == "session_ended"


def test_the_cookie_is_sealed_anew_when_it_is_some_minutes_old(
    stage: Stage, admin: Visitor
) -> None:
    first = admin.cookie("session")
    stage.clock.advance(4 * MINUTE)
    admin.get("/credentials")
    second = admin.cookie("session")
    stage.clock.advance(2 * MINUTE)
    admin.get("/credentials")
    third = admin.cookie("session")

    assert first and second and third
    assert first.value == second.value != third.value


def test_a_token_of_webex_that_ends_earlier_ends_the_session(
    stage: Stage, visitor: Visitor, full_admin: Person
) -> None:
    sign_in(visitor, full_admin)
    token = next(t for t in stage.webex.world.tokens.values() if "openid" in t.scopes)
    token.expires_at = stage.clock.now() + 10
    stage.clock.advance(ROLE_MINUTES * MINUTE + 1)

    assert ends_with(visitor) == "role_lost"


# Signing out


def test_signing_out_ends_it_and_a_copied_cookie_is_worth_nothing(
    stage: Stage, admin: Visitor
) -> None:
    thief = copy_of(stage, admin)
    page = admin.press("Sign out")

    assert (page.path, page.said) == ("/", "You are signed out.")
    assert admin.cookie("session") is None
    assert not signed_in(admin)
    assert ends_with(thief) == "session_ended"
    assert not [key for _, _, key in rows_of(stage) if key.startswith("session-")]


def test_signing_out_twice_does_no_harm(stage: Stage, admin: Visitor) -> None:
    other = copy_of(stage, admin)
    admin.post("/authorize/signout")

    assert other.post("/authorize/signout").path == "/"
    assert Visitor(stage).post("/authorize/signout").path == "/"


def test_signing_out_in_one_browser_leaves_the_other(stage: Stage, full_admin: Person) -> None:
    first, second = Visitor(stage), Visitor(stage)
    sign_in(first, full_admin)
    sign_in(second, full_admin)
    first.post("/authorize/signout")

    assert signed_in(second)


# The role


def test_losing_the_role_ends_the_session_within_five_minutes(
    stage: Stage, admin: Visitor, full_admin: Person
) -> None:
    full_admin.roles = frozenset({"id_user_admin"})
    stage.clock.advance(ROLE_MINUTES * MINUTE - 1)
    assert signed_in(admin)
    stage.clock.advance(2)

    assert ends_with(admin) == "role_lost"
    assert not [key for _, _, key in rows_of(stage) if key.startswith("session-")]
    assert not signed_in(admin)


def test_losing_it_is_told_on_the_start_page_too(
    stage: Stage, admin: Visitor, full_admin: Person
) -> None:
    full_admin.roles = frozenset()
    stage.clock.advance(ROLE_MINUTES * MINUTE)
    page = admin.get("/")

    assert "no longer a full administrator" in page.said
    assert "Sign in with Webex" in page.buttons


def test_a_person_who_is_deleted_is_signed_out(
    stage: Stage, admin: Visitor, full_admin: Person
) -> None:
    stage.webex.delete_person(full_admin)
    stage.clock.advance(ROLE_MINUTES * MINUTE)

    assert ends_with(admin) == "role_lost"


def test_webex_is_asked_every_five_minutes_and_not_at_every_click(
    stage: Stage, admin: Visitor
) -> None:
    before = reads_of_me(stage)
    for _ in range(20):
        admin.get("/credentials")
        stage.clock.advance(MINUTE)

    assert 3 <= reads_of_me(stage) - before <= 4


def test_a_silent_webex_leaves_the_session_for_half_an_hour(stage: Stage, admin: Visitor) -> None:
    silence = Fault("error", path="/people/me")
    stage.webex.faults.append(silence)
    for _ in range(SILENCE_MINUTES // 10 - 1):
        stage.clock.advance(10 * MINUTE)
        assert signed_in(admin)
    stage.clock.advance(10 * MINUTE)

    assert ends_with(admin) == "webex_silent"


def test_a_silent_webex_is_not_asked_at_every_click(stage: Stage, admin: Visitor) -> None:
    stage.webex.faults.append(Fault("error", path="/people/me"))
    stage.clock.advance(ROLE_MINUTES * MINUTE)
    before = reads_of_me(stage)
    for _ in range(10):
        admin.get("/credentials")

    assert reads_of_me(stage) - before == 1


def test_webex_speaking_again_counts_as_proof(stage: Stage, admin: Visitor) -> None:
    silence = Fault("error", path="/people/me")
    stage.webex.faults.append(silence)
    stage.clock.advance(20 * MINUTE)
    assert signed_in(admin)
    stage.webex.faults.remove(silence)
    stage.clock.advance(2 * MINUTE)
    assert signed_in(admin)
    stage.webex.faults.append(silence)
    stage.clock.advance(20 * MINUTE)

    assert signed_in(admin)


# Organizations


def test_a_session_of_one_organization_sees_nothing_of_another(
    stage: Stage, admin: Visitor, stranger: Person
) -> None:
    other = stage.webex.world.organizations[stranger.org_uuid]
    serve(stage, organizations=[other])
    theirs = Visitor(stage)
    sign_in(theirs, stranger)
    theirs.post("/authorize/forget", {"step": "spaces", "confirmed": "1"})

    assert signed_in(admin) and signed_in(theirs)
    assert "Signed in as Stina Stranger" in theirs.get("/").text
    assert not office(stage).audit.latest(9)


def test_a_row_of_one_organization_opens_nothing_in_another(
    stage: Stage, admin: Visitor, stranger: Person
) -> None:
    """The same session's row, copied into another organization's partition."""
    other = OrgId(stranger.org_uuid)
    serve(stage, organizations=[stage.webex.world.organizations[other]])
    key = next(k for _, _, k in rows_of(stage) if k.startswith("session-"))
    row = office(stage).once.read(key)
    assert row
    stage.wiring.once(other).write(key, None, row.state, row.expires)
    cookie = admin.cookie("session")
    assert cookie
    forged = _sealed_for(stage, cookie.value, other)
    admin.jar.kept[cookie.host, cookie.path, cookie.name] = replace(cookie, value=forged)

    assert ends_with(admin) == "session_ended"


def test_an_organization_that_is_no_longer_named_ends_its_sessions(
    stage: Stage, admin: Visitor, stranger: Person
) -> None:
    stage.redeploy(organizations=frozenset({OrgId(stranger.org_uuid)}))

    assert ends_with(admin) == "session_ended"


def test_a_person_who_moved_to_another_organization_is_signed_out(
    stage: Stage, admin: Visitor, full_admin: Person
) -> None:
    full_admin.org_uuid = stage.webex.add_organization("New Home").uuid
    stage.clock.advance(ROLE_MINUTES * MINUTE)

    assert ends_with(admin) == "role_lost"


# The cookie


@pytest.mark.parametrize("how", ["", "x", "x" * 4000, "gAAAAA", "öäå", "truncated", "bent", "flow"])
def test_a_cookie_that_is_not_ours_opens_nothing(stage: Stage, admin: Visitor, how: str) -> None:
    cookie = admin.cookie("session")
    assert cookie
    value = {
        "truncated": cookie.value[:-8],
        "bent": cookie.value[:40] + ("A" if cookie.value[40] != "A" else "B") + cookie.value[41:],
        "flow": _flow_cookie(Visitor(stage)),
    }.get(how, how)
    admin.jar.kept[cookie.host, cookie.path, cookie.name] = replace(cookie, value=value)

    assert not signed_in(admin)


def test_a_cookie_that_was_set_without_the_prefix_is_not_looked_at(
    stage: Stage, admin: Visitor
) -> None:
    """Another host of the domain may set it, and not with `__Host-`."""
    cookie = admin.cookie("session")
    assert cookie
    admin.jar.kept = {(cookie.host, "/", "session"): replace(cookie, name="session")}

    assert not signed_in(admin)


def test_a_key_that_is_dropped_ends_the_sessions_under_it_and_an_older_one_does_not(
    stage: Stage, admin: Visitor
) -> None:
    keyring = stage.wiring.settings.keyring
    both = replace(keyring, newest="v2", keys={"v2": b"n" * 32, **keyring.keys})
    stage.redeploy(keyring=both)
    assert signed_in(admin)
    stage.redeploy(keyring=replace(both, keys={"v2": b"n" * 32}))

    assert ends_with(admin) == "session_ended"


def _flow_cookie(visitor: Visitor) -> str:
    visitor.post("/authorize/signin")
    cookie = visitor.cookie("flow-webex-signin")
    return cookie.value if cookie else ""


def _sealed_for(stage: Stage, value: str, org: OrgId) -> str:
    """What nobody without the key can make."""
    from shared.web.sealed import Sealer

    sealer = Sealer(stage.wiring.settings.keyring)
    now = stage.clock.now()
    return sealer.seal("session", sealer.open("session", value, now, 3600) | {"org": org}, now)


@pytest.mark.parametrize("gone", ["dropped", "ended"])
def test_who_is_signed_out_in_the_middle_of_a_form_is_told_and_led_back(
    make_stage: Callable[..., Stage], gone: str
) -> None:
    """The browser dropped the cookie, which was too old; or it still has it, and it is over."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    here.visitor.get("/settings")
    here.visitor.press(SWITCH)
    if gone == "dropped":
        here.visitor.jar.kept.clear()
    else:
        here.stage.clock.advance(31 * 60)

    page = here.visitor.post(SWITCH, {"on": "0", "confirmed": "1"})

    assert here.settings.on
    assert "You are no longer signed in, so nothing was done." in page.text
    here.visitor.press("Sign in with Webex")
    page = here.visitor.press(f"Sign in and allow as {here.stage.admin.name}")
    assert page.path == "/settings"
