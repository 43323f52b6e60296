"""From a visit to an answer, whatever the handler does."""

from __future__ import annotations

import json

import pytest

from shared.config import BadSetting
from shared.core.errors import ConsentMissing, Permanent, Unavailable, Where
from shared.core.reasons import Refusal
from shared.web.answers import Cookie, Data, Page, Redirect
from shared.web.entry import Desk, Handler, Lobby, serve
from shared.web.visit import Visit
from tests.web.kit import Browser, all_of, header, visit, wiring_for

SECRET = "a-token-that-must-not-be-told"


def _raises(error: Exception) -> Handler:
    def handler(_lobby: Lobby, _visit: Visit) -> Data:
        raise error

    return handler


def _never(_desk: Desk, _visit: Visit) -> Data:
    raise AssertionError("nobody is signed in")


def _start(_lobby: Lobby, _visit: Visit) -> Page:
    return Page("home.html", {"next": "/"})


def _tells_a_halved_name(_lobby: Lobby, _visit: Visit) -> Page:
    return Page("problem.html", {"setting": "Nils \ud83d <b>", "reference": ""})


def _lists_a_halved_name(_lobby: Lobby, _visit: Visit) -> Data:
    return Data({"name": "Nils \ud83d"})


@pytest.mark.parametrize("handler", [_tells_a_halved_name, _lists_a_halved_name])
def test_a_name_that_was_cut_within_a_character_is_shown_as_far_as_it_goes(
    handler: Handler,
) -> None:
    """Such a name is no UTF-8. JSON can bring it all the same."""
    answer = serve(wiring_for(), visit("/x"), public=handler)

    assert answer.status == 200
    assert "Nils ?" in answer.body.decode()


def test_a_refusal_leads_to_the_page_that_explains_it() -> None:
    answer = serve(wiring_for(), visit("/x"), public=_raises(Refusal("state_used")))

    assert (answer.status, header(answer, "Location")) == (303, "/refused/state_used")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConsentMissing("no"), "consent_missing"),
        (Unavailable("no"), "provider_silent"),
        (Permanent("no"), "unexpected_refusal"),
    ],
)
def test_a_providers_failure_leads_to_its_remedy(error: Exception, code: str) -> None:
    answer = serve(wiring_for(), visit("/x"), public=_raises(error))

    assert header(answer, "Location") == f"/refused/{code}"


def test_the_log_names_the_failed_call_and_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    where = Where("graph", "GET", "/organization", 503, "trace-1")

    serve(wiring_for(), visit("/x"), public=_raises(Unavailable("silent", where)))

    line = json.loads(caplog.records[-1].getMessage())
    assert (line["event"], line["trace"]) == ("page_failed", "trace-1")


def test_the_log_holds_neither_query_nor_form_nor_what_the_path_stands_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = visit(
        f"/handover/{SECRET}",
        "POST",
        route={"token": SECRET},
        query={"code": SECRET},
        form={"client_secret": SECRET},
        headers={"sec-fetch-site": "same-origin"},
        cookies={"__Host-session": SECRET},
    )

    for error in (Refusal("state_used", "a detail"), Unavailable("no"), ValueError(SECRET)):
        serve(wiring_for(), sent, public=_raises(error))

    assert len(caplog.records) == 3
    assert "a detail" in caplog.text
    assert SECRET not in caplog.text


def test_a_mistake_of_ours_shows_a_reference_that_the_log_knows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = serve(wiring_for(), visit("/x"), public=_raises(ValueError(SECRET)))

    reference = json.loads(caplog.records[-1].getMessage())["reference"]
    page = answer.body.decode()
    assert answer.status == 500
    assert reference in page
    assert SECRET not in page
    assert "Traceback" not in page


def test_a_page_that_lacks_a_fact_is_a_mistake_and_not_blank() -> None:
    def handler(_lobby: Lobby, _visit: Visit) -> Page:
        return Page("home.html", {})

    assert serve(wiring_for(), visit("/"), public=handler).status == 500


def test_a_missing_setting_is_named_on_the_page() -> None:
    error = BadSetting("WEBEX_CLIENT_ID is empty: name the integration.")

    answer = serve(wiring_for(), visit("/x"), public=_raises(error))

    assert answer.status == 500
    assert b"WEBEX_CLIENT_ID is empty" in answer.body


def test_without_a_public_address_pages_say_so() -> None:
    answer = serve(wiring_for(PUBLIC_URL=""), visit("/"), public=_start)

    assert answer.status == 500
    assert b"PUBLIC_URL is empty" in answer.body


def test_without_a_public_address_a_mistake_of_ours_still_has_its_page() -> None:
    answer = serve(wiring_for(PUBLIC_URL=""), visit("/"), public=_raises(ValueError("x")))

    assert answer.status == 500
    assert b"The app made a mistake" in answer.body


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/settings", "/?next=/settings"),
        ("/", "/"),
        ("//evil.example", "/"),
        ("/settings/switch", "/?next=/settings"),
        ("/authorize/confirm", "/?next=/credentials"),
        ("/authorize/microsoft", "/?next=/permissions"),
        ("/handover/start", "/"),
        ("/settings?x=1", "/"),
    ],
)
def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(path: str, to: str) -> None:
    answer = serve(wiring_for(), visit(path), admin=_never)

    assert (answer.status, header(answer, "Location")) == (303, to)


def test_a_forged_session_is_refused_and_forgotten() -> None:
    sent = visit("/settings", cookies={"__Host-session": "forged", "__Host-language": "sv"})

    answer = serve(wiring_for(), sent, admin=_never)

    assert header(answer, "Location") == "/refused/session_ended?next=/settings"
    assert [c.partition(";")[0] for c in all_of(answer, "Set-Cookie")] == ["__Host-session="]


def test_on_a_page_for_everybody_an_ended_session_is_told_in_passing() -> None:
    sent = visit("/", cookies={"__Host-session": "forged"})

    answer = serve(wiring_for(), sent, public=_start, admin=_never)

    assert answer.status == 200
    assert b"You are no longer signed in, so nothing was done. Sign in again." in answer.body


def _signed_out(_lobby: Lobby, _visit: Visit) -> Redirect:
    return Redirect("/", (Cookie("session", ""),), notice="signed_out")


def test_a_notice_is_told_once_on_the_next_page() -> None:
    browser = Browser()
    browser.post("/authorize/signout", _signed_out)

    told = [b"You are signed out." in browser.get("/", _start).body for _ in range(2)]

    assert told == [True, False]


def test_nobody_else_can_make_a_page_of_ours_say_something() -> None:
    sent = visit("/", cookies={"__Host-notice": "signed_out"}, query={"notice": "signed_out"})

    answer = serve(wiring_for(), sent, public=_start)

    assert b"You are signed out." not in answer.body


def test_a_reason_can_be_told_as_a_notice_with_its_remedy() -> None:
    def handler(_lobby: Lobby, _visit: Visit) -> Redirect:
        return Redirect("/", notice="consent_missing")

    browser = Browser()
    browser.post("/settings/switch", handler)

    page = browser.get("/", _start).body
    assert b"the consent is missing" in page
    assert b"Authorize the app again" in page


def test_markup_in_an_address_stays_text() -> None:
    markup = '"><script>alert(1)</script>'
    sent = visit(f"/{markup}", query={"next": markup, markup: markup})

    def handler(_lobby: Lobby, visit: Visit) -> Page:
        return Page("home.html", {"next": visit.query["next"]})

    page = serve(wiring_for(), sent, public=handler).body
    assert b"<script>alert" not in page


def test_a_text_that_is_not_ours_is_escaped_even_where_a_page_translates_it() -> None:
    from shared.web.render import environment

    for language in ("en", "sv"):
        shown = environment(language).from_string("{{ _(text) }}").render(text="<b>50 %%</b>")
        assert shown == "&lt;b&gt;50 %&lt;/b&gt;"
