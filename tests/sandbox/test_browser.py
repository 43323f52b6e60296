"""The browser without a screen behaves as the real ones that it stands in for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox.browser.document import Document
from sandbox.browser.origins import Blocked
from sandbox.browser.visitor import ELSEWHERE, Browser, Sent

APP = "https://app.example"
LOGIN = "https://login.other.example"


class World:
    """Answers by address, and what was asked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.answers: dict[str, Sent] = {}
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.browser = Browser(self._send, lambda: self.now, APP)

    def page(self, url: str, html: str = "", **headers: str) -> None:
        named = [(n.replace("_", "-"), v) for n, v in headers.items()]
        self.answers[url] = Sent(200, named, html.encode())

    def leads(self, url: str, to: str, *cookies: str, status: int = 303) -> None:
        headers = [("Location", to), *(("Set-Cookie", c) for c in cookies)]
        self.answers[url] = Sent(status, headers)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        self.asked.append((method, url, headers, body))
        return self.answers.get(url.partition("?")[0], Sent(404))

    def sent(self, name: str) -> list[str]:
        return [headers.get(name, "") for _, _, headers, _ in self.asked]


@pytest.fixture
def world() -> World:
    return World()


def test_a_form_goes_out_as_it_stands_with_what_was_filled_in(world: World) -> None:
    world.page(
        f"{APP}/form",
        "<form method=post action=/do><input type=hidden name=kept value=1>"
        "<input type=checkbox name=box checked><input name=text value=old>"
        "<select name=pick><option value=a>A<option value=b selected>B</select>"
        "<button name=press value=yes>Next</button></form>",
    )
    world.browser.submit(world.browser.get("/form"), "Next", text="new & old", box="")

    method, url, headers, body = world.asked[-1]
    assert (method, url) == ("POST", f"{APP}/do")
    assert body == b"kept=1&pick=b&text=new+%26+old&press=yes"
    assert (headers["Origin"], headers["Sec-Fetch-Site"]) == (APP, "same-origin")


def test_of_several_forms_the_one_that_holds_what_is_wanted_is_sent(world: World) -> None:
    form = "<form method=post action=/do><input type=hidden name=step value={0}><button>{0}</form>"
    accounts = (
        "<form method=post action=/in><button name=who value=1>Ada 1<button name=who value=2>"
    )
    world.page(f"{APP}/forms", form.format("a") + form.format("b") + accounts + "Bo 2</form>")
    page = world.browser.get("/forms")
    world.browser.submit(page, "/do", step="b")
    world.browser.submit(page, "Bo")
    world.browser.submit(page, "/in", who="1")

    assert [body for *_, body in world.asked[1:]] == [b"step=b", b"who=2", b"who=1"]
    with pytest.raises(KeyError, match="no form"):
        world.browser.submit(page, "/do", step="c")


def test_a_lax_cookie_returns_with_the_provider_and_a_strict_one_does_not(world: World) -> None:
    world.leads(
        f"{APP}/out",
        f"{LOGIN}/sign-in",
        "__Host-lax=1; path=/; secure; samesite=lax; httponly",
        "strict=1; path=/; secure; samesite=strict",
    )
    world.page(f"{LOGIN}/sign-in", "<form method=post action=/enter><button>Enter</button></form>")
    world.leads(f"{LOGIN}/enter", f"{APP}/back", status=302)
    world.browser.submit(world.browser.post("/out"), "Enter")

    assert world.asked[-1][:2] == ("GET", f"{APP}/back")
    assert world.sent("Cookie") == ["", "", "", "__Host-lax=1"]
    assert world.sent("Sec-Fetch-Site")[-1] == "cross-site"
    assert world.sent("Origin") == [APP, "", LOGIN, ""]


def test_another_sites_form_brings_no_lax_cookie(world: World) -> None:
    world.leads(f"{APP}/in", "/", "a=1; path=/; secure; samesite=lax")
    world.browser.get("/in")
    world.browser.post("/do", {"x": "1"}, source=ELSEWHERE)

    _, _, headers, _ = world.asked[-1]
    assert "Cookie" not in headers
    assert headers["Sec-Fetch-Site"] == "cross-site"
    assert headers["Origin"] == "https://elsewhere.example"


def test_cookies_end_with_their_age_and_are_refused_where_browsers_refuse_them(
    world: World,
) -> None:
    world.leads(
        f"{APP}/in",
        "/",
        "short=1; max-age=60; path=/; secure",
        "__Host-bad=1; path=/admin; secure",
        "__Host-open=1; path=/",
        "there=1; path=/admin; secure",
    )
    world.browser.get("/in")
    soon = set(world.browser.jar.kept)
    world.now += 61
    world.browser.get("/admin/x")

    assert {name for _, _, name in soon} == {"short", "there"}
    assert world.sent("Cookie")[-1] == "there=1"


def test_a_form_does_not_lead_where_its_page_forbids(world: World) -> None:
    html = "<form method=post action=/out><button>Go</button></form>"
    world.page(f"{APP}/a", html, Content_Security_Policy="form-action 'self'")
    world.page(f"{APP}/b", html, Content_Security_Policy="form-action 'self' https:")
    world.leads(f"{APP}/out", f"{LOGIN}/sign-in")
    page = world.browser.get("/b")
    world.browser.submit(page, "Go")

    with pytest.raises(Blocked, match="form-action"):
        world.browser.submit(world.browser.get("/a"), "Go")


def test_a_page_is_read_as_a_person_reads_it() -> None:
    document = Document(
        "<!doctype html><html lang=sv><head><title>T</title><body><h1>Ett <b>och</b> två</h1>"
        "<p role=status>Klart<ul><li>a<li>b</ul><a href='/x?a=1&amp;b=2'>Länk</a>"
        "<script>no</script><table><tr><th>A<td>B</table>"
    )

    assert (document.language, document.title, document.heading) == ("sv", "T", "Ett och två")
    assert document.status == "Klart"
    assert document.links == {"Länk": "/x?a=1&b=2"}
    assert document.tables == [[["A", "B"]]]
    assert "no" not in document.text
