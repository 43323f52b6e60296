"""Nothing secret is logged, shown or kept in clear, whoever did whatever."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from sandbox.browser.errands import Errands
from shared.core.keyring import webhook_secret
from shared.web.sealed import Sealer
from tests.journeys.stage import MASTER_KEY, Stage
from tests.pages.overheard import Overheard, found_in, told
from tests.pages.rows import rows
from tests.pages.visitor import Page, Visitor

pytestmark = pytest.mark.emulator

WEBEX_CALLBACK = "/authorize/webex/signin"


def test_no_secret_is_seen_anywhere_after_a_whole_journey(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    began = datetime.now(UTC)
    overheard = Overheard(stage)
    visitors = whole_journey(stage)
    secrets = overheard.secrets | own_secrets(stage)
    tokens = {hand_over_token(page) for visitor in visitors for page in visitor.history} - {""}
    links = dict.fromkeys(tokens, "hand-over")
    secrets |= {s: "session" for v in visitors for s in session_ids(v)}

    kinds = set(secrets.values())
    wanted = {"access_token", "refresh_token", "id_token", "code", "state", "nonce", "session"}
    assert wanted | {"code_verifier", "client_secret"} <= kinds
    assert links
    everything = secrets | links
    for record in caplog.records:
        assert not found_in(f"{record.getMessage()} {record.__dict__}", everything), record
    for key, row in rows(stage, since=began).items():
        assert not found_in(f"{key} {row}", everything), (key, list(row))
    for visitor in visitors:
        for page in filter(lambda page: page.ours, visitor.history):
            assert not found_in(told(page), secrets), page
            assert is_passing_through(page) or not found_in(page.url, everything), page
            assert is_link_page(page) or not found_in(told(page), links), page


def test_no_secret_is_seen_when_things_go_wrong(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Declined, refused, replayed, in another browser: a failure tells more than a success."""
    caplog.set_level(logging.INFO)
    began = datetime.now(UTC)
    overheard = Overheard(stage)
    visitors = [went_wrong(stage, what) for what in ("decline", "replay", "elsewhere", "ordinary")]
    secrets = overheard.secrets | own_secrets(stage)

    assert {"state", "nonce", "code"} <= set(secrets.values())
    for record in caplog.records:
        assert not found_in(f"{record.getMessage()} {record.__dict__}", secrets), record
    for key, row in rows(stage, since=began).items():
        assert not found_in(f"{key} {row}", secrets), (key, list(row))
    for page in (page for visitor in visitors for page in visitor.history if page.ours):
        assert not found_in(told(page), secrets), page
        assert is_passing_through(page) or not found_in(page.url, secrets), page


def whole_journey(stage: Stage) -> list[Visitor]:
    """Sign-in, credentials, hand-over, consent, switch, and a team that gets its group."""
    ada, *others = stage.people(4)
    visitors = [Visitor(stage) for _ in range(3)]
    admin, officer, microsoft = (Errands(visitor) for visitor in visitors)
    admin.sign_in(stage.admin.email)
    admin.keep_credential("people", stage.admin.email)
    officer.take_over(admin.make_link("spaces"))
    officer.at_webex(stage.officer.email)
    admin.confirm("spaces")
    admin.recheck()
    admin.confirm_what_no_api_tells()
    microsoft.take_over(admin.make_link("microsoft"))
    microsoft.at_microsoft(stage.global_admin.object_id)
    admin.confirm("microsoft")
    for path in ("/prerequisites", "/permissions", "/credentials", "/authorized", "/activity"):
        admin.browser.get(path)
    page = admin.turn_on()

    assert stage.services.organizations.settings().on, page.text
    team = stage.team(ada, others)
    stage.settle()
    assert stage.group_of(team)
    admin.browser.get("/activity")
    admin.turn_off()
    admin.sign_out()
    return visitors


def went_wrong(stage: Stage, what: str) -> Visitor:
    visitor = Visitor(stage)
    visitor.get("/")
    visitor.press("/authorize/signin")
    if what == "decline":
        visitor.press("Decline")
        return visitor
    who = stage.person("Orvar") if what == "ordinary" else stage.admin
    back = visitor.press("Sign in and allow", email=who.email, stop=WEBEX_CALLBACK)
    other = Visitor(stage) if what == "elsewhere" else visitor
    other.get(back.location)
    if what == "replay":
        other.get(back.location)
    return other


def own_secrets(stage: Stage) -> dict[str, str]:
    """What the deployment was given, and what it derives."""
    settings = stage.wiring.settings
    return {
        MASTER_KEY: "master key",
        settings.microsoft_client_secret: "client_secret",
        settings.webex_client_secret: "client_secret",
        webhook_secret(settings.keyring, "v1", stage.org.uuid): "webhook secret",
    }


def session_ids(visitor: Visitor) -> set[str]:
    """As they stand in the cookies, unsealed."""
    from urllib.parse import unquote

    sealer, now = Sealer(visitor.stage.wiring.settings.keyring), visitor.stage.clock.now()
    found = set()
    for page in visitor.history:
        for cookie in page.set_cookies:
            name, _, rest = cookie.partition("=")
            value = unquote(rest.partition(";")[0])
            if name.endswith("session") and value:
                opened = sealer.open("session", value, now, 10**9)
                found.add(str(opened["id"]))
    return found


def hand_over_token(page: Page) -> str:
    parts = urlsplit(page.url).path.split("/")
    return parts[3] if page.ours and len(parts) == 4 and parts[1] == "handover" else ""


def is_passing_through(page: Page) -> bool:
    """Where OAuth or a link itself puts a secret into an address; it leads away from there."""
    if hand_over_token(page):
        return True
    is_callback = urlsplit(page.url).path.startswith("/authorize/") and page.method == "GET"
    return is_callback and page.status == 303


def is_link_page(page: Page) -> bool:
    """The page that shows a new link once, and what the link leads to: its address holds it too."""
    made = page.method == "POST" and page.path == "/authorize/handover"
    return made or bool(hand_over_token(page))
