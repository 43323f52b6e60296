"""/v1/authorize: what is refused at home, what is sent back, and who may go on."""

from __future__ import annotations

import pytest

from sandbox.clock import VirtualClock
from sandbox.kit import parse_request
from sandbox.webex import Organization, Person, WebexCloud

from .browser import (
    APP,
    EVERY_SCOPE,
    REDIRECT,
    SCOPES,
    SECRET,
    Browser,
    answer_of,
    exchange,
    request_for,
    tokens,
)
from .conftest import ROOT, Client


@pytest.fixture(autouse=True)
def _integration(webex: WebexCloud) -> None:
    webex.add_integration(APP, SECRET, [REDIRECT], EVERY_SCOPE)


@pytest.fixture
def browser(webex: WebexCloud) -> Browser:
    return Browser(webex)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": "C9"},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": f"{REDIRECT}?a=1"},
        {"redirect_uri": "https://app.example"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_a_wrong_client_or_redirect_uri_is_shown_and_sends_nobody_anywhere(
    browser: Browser, ada: Person, changed: dict[str, str | None]
) -> None:
    for answer in (browser.open(**changed), browser.sign_in(ada, **changed)):
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Location" not in answer.headers
        assert "Webex cannot go on" in answer.text


def test_a_client_or_redirect_uri_that_comes_twice_is_shown(webex: WebexCloud) -> None:
    query = list(request_for().items())
    for name, value in (("client_id", APP), ("redirect_uri", "https://evil.example/")):
        answer = Client(webex).session.get(
            f"{ROOT}/v1/authorize", params=[*query, (name, value)], allow_redirects=False
        )

        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"nonce": None}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"prompt": "please"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "spark:messages_write"}, "invalid_scope"),
        ({"scope": f"{' '.join(SCOPES)} spark:messages_write"}, "invalid_scope"),
    ],
)
def test_any_other_mistake_goes_back_with_its_error_and_the_state(
    browser: Browser, changed: dict[str, str | None], error: str
) -> None:
    answer = browser.open(**changed)

    assert answer.status_code == 302
    back = answer_of(answer)
    assert (back["error"], back["state"]) == (error, "a state & more")
    assert "code" not in back


def test_a_parameter_that_comes_twice_goes_back(webex: WebexCloud) -> None:
    query = [*request_for().items(), ("state", "another")]
    answer = Client(webex).session.get(f"{ROOT}/v1/authorize", params=query, allow_redirects=False)

    assert answer_of(answer)["error"] == "invalid_request"


def test_a_redirect_uri_with_a_query_keeps_it(webex: WebexCloud, browser: Browser) -> None:
    webex.add_integration(APP, SECRET, [f"{REDIRECT}?org=1"])

    answer = browser.decline(redirect_uri=f"{REDIRECT}?org=1")

    assert answer.headers["Location"].startswith(f"{REDIRECT}?org=1&error=access_denied&")


def test_without_registration_any_web_address_and_scope_will_do(
    webex: WebexCloud, browser: Browser, ada: Person
) -> None:
    webex.add_integration(APP, SECRET)

    answer = browser.sign_in(ada, scope="spark:anything", redirect_uri="https://other.example/cb")

    assert answer.headers["Location"].startswith("https://other.example/cb?code=")


def test_the_page_offers_people_with_roles_first_then_an_ordinary_few(
    webex: WebexCloud,
    browser: Browser,
    org: Organization,
    officer_person: Person,
    stranger: Person,
    bot: Person,
) -> None:
    ordinary = [org.add_person(f"Ordinary {n}") for n in range(9)]
    admin = org.add_person("Last Admin", roles={"id_full_admin"})
    gone = org.add_person("Gone", account_status="disabled")
    webex.delete_person(org.add_person("Deleted"))

    text = browser.open().text

    names = [officer_person.name, admin.name, ordinary[0].name, stranger.name]
    places = [text.index(f"Sign in and allow as {name}") for name in names]
    assert places == sorted(places)
    assert "Compliance Officer" in text
    assert "Full Administrator" in text
    for absent in (ordinary[-1].name, bot.name, gone.name, "Deleted"):
        assert absent not in text


def test_the_page_says_which_scopes_are_asked_for(browser: Browser) -> None:
    text = browser.open().text

    assert all(f"<code>{scope}</code>" in text for scope in SCOPES)


def test_nothing_is_shown_unescaped(webex: WebexCloud, browser: Browser, org: Organization) -> None:
    webex.add_integration(APP, SECRET)
    org.add_person("<b>Bobby</b>", roles={"id_full_admin"})
    nasty = '"><script>alert(1)</script>'

    text = browser.open(scope=nasty, state=nasty, login_hint=nasty, nonce=nasty).text

    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;b&gt;Bobby&lt;/b&gt;" in text


def test_the_page_has_a_language_a_heading_a_main_part_and_labels(browser: Browser) -> None:
    answer = browser.open(login_hint="ada@example.example")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<html lang="en">' in answer.text
    assert answer.text.count("<h1>") == answer.text.count("<main>") == 1
    assert '<label for="email">' in answer.text
    assert 'value="ada@example.example"' in answer.text


def test_somebody_who_signs_in_goes_back_with_a_code_and_the_state(
    browser: Browser, ada: Person
) -> None:
    answer = browser.sign_in(ada)

    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    back = answer_of(answer)
    assert set(back) == {"code", "state"}
    assert back["state"] == "a state & more"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages(
    browser: Browser, ada: Person
) -> None:
    cookie = browser.sign_in(ada).headers["Set-Cookie"]

    assert cookie.startswith("sandbox-webex-account=")
    assert cookie.endswith("; Path=/v1/authorize; HttpOnly; SameSite=Lax")


def test_declining_goes_back_with_access_denied_and_signs_nobody_in(browser: Browser) -> None:
    back = answer_of(browser.decline())

    assert (back["error"], back["state"]) == ("access_denied", "a state & more")
    assert not browser.cookies


def test_anybody_signs_in_by_e_mail(webex: WebexCloud, browser: Browser, grace: Person) -> None:
    answer = browser.submit({"email": f" {grace.email.upper()} "})

    token = exchange(webex, answer_of(answer)["code"]).json()["access_token"]
    assert Client(webex, token).get("/v1/people/me").json()["id"] == grace.id


def test_an_e_mail_that_nobody_can_sign_in_with_brings_the_page_again(
    browser: Browser, org: Organization, bot: Person
) -> None:
    disabled = org.add_person("Gone", account_status="disabled")
    for email in ("nobody@example.example", bot.email, disabled.email, ""):
        answer = browser.submit({"email": email})

        assert answer.status_code == 200
        assert 'role="alert"' in answer.text
    assert not browser.cookies


def test_a_first_sign_in_makes_an_invited_account_active(
    browser: Browser, org: Organization
) -> None:
    invited = org.add_person("Penny", account_status="pending")

    browser.sign_in(invited)

    assert invited.account_status == "active"


def test_a_form_from_another_site_is_refused(webex: WebexCloud, ada: Person) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = Client(webex).session.post(
        f"{ROOT}/v1/authorize",
        params=request_for(),
        data={"person": ada.uuid},
        headers=headers,
        allow_redirects=False,
    )

    assert answer.status_code == 403
    assert "Location" not in answer.headers


# A browser that has signed in


def test_a_browser_that_is_signed_in_gets_straight_through(
    webex: WebexCloud, browser: Browser, ada: Person
) -> None:
    browser.sign_in(ada)

    answer = browser.open()
    quiet = browser.open(prompt="none")

    assert (answer.status_code, quiet.status_code) == (302, 302)
    token = exchange(webex, answer_of(answer)["code"]).json()["access_token"]
    assert Client(webex, token).get("/v1/people/me").json()["id"] == ada.id
    assert Browser(webex).open().status_code == 200


@pytest.mark.parametrize("prompt", ["select_account", "login", "consent login"])
def test_a_prompt_makes_it_choose_again(
    webex: WebexCloud, browser: Browser, ada: Person, grace: Person, prompt: str
) -> None:
    browser.sign_in(ada)

    page = browser.open(prompt=prompt)
    answer = browser.sign_in(grace, prompt=prompt)

    assert page.status_code == 200
    assert f"signed in as {ada.name}" in page.text
    token = exchange(webex, answer_of(answer)["code"]).json()["access_token"]
    assert Client(webex, token).get("/v1/people/me").json()["id"] == grace.id


def test_a_prompt_that_webex_does_not_heed_goes_straight_through(
    webex: WebexCloud, browser: Browser, ada: Person
) -> None:
    webex.switches.prompts_that_ask_again = ("login",)
    browser.sign_in(ada)

    assert browser.open(prompt="select_account").status_code == 302
    assert browser.open(prompt="login").status_code == 200


def test_a_sign_in_older_than_max_age_is_asked_for_again(
    browser: Browser, clock: VirtualClock, ada: Person
) -> None:
    browser.sign_in(ada)
    clock.advance(60)

    assert browser.open(max_age="61").status_code == 302
    assert browser.open(max_age="60").status_code == 200
    assert answer_of(browser.open(max_age="60", prompt="none"))["error"] == "login_required"


def test_an_account_that_was_deleted_is_signed_in_nowhere(
    webex: WebexCloud, browser: Browser, ada: Person
) -> None:
    browser.sign_in(ada)
    webex.delete_person(ada)

    assert browser.open().status_code == 200


def test_a_restored_cloud_knows_no_browser_and_no_code(
    webex: WebexCloud, browser: Browser, ada: Person
) -> None:
    code = browser.code(ada)

    webex.restore(webex.snapshot())

    assert browser.open().status_code == 200
    assert exchange(webex, code).status_code == 400
    assert browser.open(redirect_uri="https://evil.example/").status_code == 400
    assert answer_of(browser.open(scope="spark:all"))["error"] == "invalid_scope"


# Scopes


def granted(webex: WebexCloud, person: Person, scopes: str) -> set[str]:
    return set(tokens(webex, person, scope=scopes)["scope"].split())


def test_unregistered_scopes_may_be_left_out_instead(webex: WebexCloud, ada: Person) -> None:
    webex.switches.unregistered_scopes = "fewer"

    assert granted(webex, ada, "spark:people_read spark:all") == {"spark:people_read"}
    assert answer_of(Browser(webex).open(scope="spark:all"))["error"] == "invalid_scope"


ROLE_SCOPES = "spark:people_read spark-compliance:rooms_read spark-admin:people_read"


def test_scopes_beyond_the_role_are_left_out(
    webex: WebexCloud, ada: Person, officer_person: Person, org: Organization
) -> None:
    admin = org.add_person("Frida Full", roles={"id_full_admin"})

    assert granted(webex, ada, ROLE_SCOPES) == {"spark:people_read"}
    assert "spark-compliance:rooms_read" in granted(webex, officer_person, ROLE_SCOPES)
    assert "spark-compliance:rooms_read" not in granted(webex, admin, ROLE_SCOPES)
    assert "spark-admin:people_read" in granted(webex, admin, ROLE_SCOPES)
    alone = Browser(webex).sign_in(ada, scope="spark-compliance:rooms_read")
    assert answer_of(alone)["error"] == "invalid_scope"


def test_scopes_beyond_the_role_may_be_refused_instead(
    webex: WebexCloud, ada: Person, officer_person: Person
) -> None:
    webex.switches.scopes_beyond_role = "refused"

    for person in (ada, officer_person):
        back = answer_of(Browser(webex).sign_in(person, scope=ROLE_SCOPES))
        assert (back["error"], back["state"]) == ("invalid_scope", "a state & more")
    fitting = "spark:people_read spark-compliance:rooms_read"
    assert len(granted(webex, officer_person, fitting)) == 2


def test_scopes_beyond_the_role_may_be_granted_and_open_nothing(
    webex: WebexCloud, ada: Person, grace: Person
) -> None:
    webex.switches.scopes_beyond_role = "granted"
    room = webex.create_space(grace, "Side")

    answer = tokens(webex, ada, scope=ROLE_SCOPES)

    assert set(answer["scope"].split()) == set(ROLE_SCOPES.split())
    client = Client(webex, answer["access_token"])
    assert client.get(f"/v1/rooms/{room.id}").status_code == 403
    assert client.get("/v1/people/me").json()["roles"] == []
    assert "loginEnabled" not in client.get(f"/v1/people/{grace.id}").json()


def test_bytes_that_are_no_text_are_no_server_error(webex: WebexCloud) -> None:
    query = "client_id=%ff&redirect_uri=%00&state=%ff%fe"
    answer = webex.handle(parse_request("GET", f"{ROOT}/v1/authorize?{query}", {}, b""))

    assert answer.status == 400
    url = f"{ROOT}/v1/authorize?client_id={APP}&redirect_uri={REDIRECT}&scope=openid"
    odd = webex.handle(parse_request("POST", f"{url}&nonce=1&response_type=code", {}, b"\xff=\xfe"))
    assert odd.status == 200
