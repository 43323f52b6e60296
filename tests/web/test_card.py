"""The start page of an administrator who is signed in, through the app and the real storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from sandbox.host.wire import HttpAnswer
from sandbox.kit import Fault
from shared import wiring
from shared.core.ids import OrgId, PersonId, TenantId
from shared.web import sessions
from shared.web.entry import Lobby
from shared.web.sealed import Sealer
from shared.webex.signin import Me
from tests.journeys.stage import Stage

HOUR = 3_600_000


@dataclass
class Admin:
    """A full administrator with a session."""

    stage: Stage
    session: str
    accept: str = ""

    def get(self, path: str = "/") -> HttpAnswer:
        headers = {"Cookie": f"__Host-session={self.session}", "Accept-Language": self.accept}
        answer = self.stage.app.invoke_http("GET", f"https://app.example{path}", headers).answer
        assert answer is not None
        kept = answer.header("Set-Cookie") or ""
        if kept.startswith("__Host-session="):
            self.session = kept.partition(";")[0].partition("=")[2]
        return answer

    def text(self, path: str = "/") -> str:
        return self.get(path).body.decode()


@pytest.fixture
def admin(azurite: str) -> Iterator[Admin]:
    stage = Stage(azurite)
    lobby = Lobby(stage.wiring, Sealer(stage.wiring.settings.keyring), "en")
    person = stage.admin
    me = Me(PersonId(person.uuid), OrgId(stage.org.uuid), "Adam <Admin>", "adam@x.example", None)
    now = round(stage.clock.now() * 1000)
    cookie = sessions.start(lobby, me, "a-webex-token", now + 12 * HOUR)
    yield Admin(stage, cookie.value)
    wiring.install(None)


@pytest.fixture
def keep(admin: Admin) -> Callable[..., None]:
    """Changes the organization's settings."""

    def change(**values: object) -> None:
        admin.stage.services.organizations.save_settings(
            lambda settings: replace(settings, **values)  # type: ignore[arg-type]
        )

    return change


def test_the_card_leads_to_the_prerequisites_first(admin: Admin) -> None:
    page = admin.text()

    assert "<h1>Start page</h1>" in page
    assert "Not connected" in page
    assert '<a class="button primary" href="/prerequisites">View prerequisites</a>' in page
    assert "Edit settings" not in page


def test_once_authorized_the_settings_are_one_click_away(
    admin: Admin, keep: Callable[..., None]
) -> None:
    keep(tenant=TenantId(admin.stage.tenant.tenant_id), tenant_name="Contoso <AB>", consented_at=1)

    page = admin.text()
    assert '<a class="button primary" href="/settings">Edit settings</a>' in page
    assert '<a class="button " href="/prerequisites">View prerequisites</a>' in page
    assert "Contoso &lt;AB&gt;" in page
    assert "until you turn on the switch" in page


def test_while_it_is_on_there_is_nothing_to_do(admin: Admin, keep: Callable[..., None]) -> None:
    tenant = TenantId(admin.stage.tenant.tenant_id)
    keep(tenant=tenant, on=True, enabled_since=1_790_000_000_000)

    page = admin.text()
    assert "<strong>On</strong>, since " in page
    assert "21 September 2026, 14:13 UTC" in page


def test_what_is_unmet_or_not_known_is_named_and_nobody_is_asked(
    admin: Admin, keep: Callable[..., None]
) -> None:
    tenant = TenantId(admin.stage.tenant.tenant_id)
    keep(tenant=tenant)
    off = admin.text()
    keep(on=True, enabled_since=1_790_000_000_000)
    on = admin.text()

    assert "Everything is authorized" not in off
    assert "Nothing: a group is created for every new team" not in on
    for page in (off, on):
        assert '<a href="/prerequisites#webex_officer">' in page
    assert not admin.stage.graph_calls()


def test_every_page_says_who_is_signed_in_and_how_to_sign_out(admin: Admin) -> None:
    for path in ("/", "/refused/state_used"):
        page = admin.text(path)

        assert "Signed in as Adam &lt;Admin&gt;" in page
        assert '<form method="post" action="/authorize/signout">' in page


def test_the_organizations_language_counts_where_the_reader_names_none(
    admin: Admin, keep: Callable[..., None]
) -> None:
    keep(language="sv")

    assert "<h1>Startsida</h1>" in admin.text()
    admin.accept = "en"
    assert "<h1>Start page</h1>" in admin.text()


def test_after_half_an_hour_without_a_click_the_start_page_asks_for_a_sign_in(admin: Admin) -> None:
    admin.stage.clock.advance(31 * 60)

    answer = admin.get()
    page = answer.body.decode()
    assert "You are no longer signed in, so nothing was done. Sign in again." in page
    assert "Sign in with Webex</button>" in page
    assert str(answer.header("Set-Cookie")).startswith("__Host-session=; max-age=0")


def test_while_webex_is_silent_too_long_the_start_page_says_so_and_keeps_the_session(
    admin: Admin,
) -> None:
    admin.stage.webex.faults.append(Fault("error", status=503))
    for _ in range(8):
        admin.stage.clock.advance(250)
        page = admin.text()

    assert "Webex has not answered for half an hour" in page
    assert admin.session
