"""Whatever is sent to whichever way in: an answer in order, nothing reflected, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.browser.errands import Errands
from shared import wiring
from shared.admin.choices import CHOICES
from tests.journeys.stage import Stage
from tests.pages.routes import OPEN, Way, gets, posts, ways
from tests.pages.rows import rows_of
from tests.pages.visitor import ELSEWHERE, Page, Visitor
from tests.stage_storage import storage_for

Query = list[tuple[str, str]]
PROVIDERS = ("https://webexapis.com/", "https://login.microsoftonline.com/")
# Would stand on the page as it is if anything were written there unescaped.
MARK = "<i id='injected'>\"&"
QUERY = [
    "state",
    "code",
    "error",
    "error_description",
    "admin_consent",
    "tenant",
    "scope",
    "session_state",
    "iss",
    "next",
    "q",
    "status",
    "after",
    "language",
    "notice",
    "check",
    "step",
    "capability",
    "organization",
    "token",
    "page",
    "team",
]
FIELDS = [
    "next",
    "capability",
    "client_id",
    "client_secret",
    "refresh_token",
    "step",
    "pending",
    "check",
    "confirmed",
    "tenant",
    "on",
    "team",
    "language",
    "since",
    "back",
    "decision",
    "seen",
    "direction",
    *CHOICES,
    *(f"was_{name}" for name in CHOICES),
]
CAREFUL = settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_words = st.sampled_from(
    [
        "",
        "spaces",
        "people",
        "folders",
        "cards",
        "microsoft",
        "1",
        "0",
        "on",
        "True",
        "/",
        "//elsewhere.example",
        "https://elsewhere.example/",
        "javascript:alert(1)",
        "access_denied",
        "consent_required",
        "00000000-0000-0000-0000-000000000000",
        "a" * 5000,
        "\r\nSet-Cookie: x=1",
        "å'--{{7*7}}%(x)s%0a",
        "\0",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    ]
)
_values = st.one_of(_words, st.text(max_size=40)).map(lambda text: MARK + text)
_plain = st.one_of(_words, st.text(max_size=40))
# Names may come twice.
_queries = st.lists(st.tuples(st.sampled_from(QUERY), st.one_of(_values, _plain)), max_size=6)
_forms = st.dictionaries(st.sampled_from(FIELDS), st.one_of(_values, _plain), max_size=6)
_segments = st.one_of(_values, _words, st.text(max_size=20)).map(
    lambda text: quote(text or "x", safe="")
)


@pytest.fixture(scope="module")
def shared_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """One world for all examples, set up and at work; whatever they do must not matter.

    Whatever has a name there has one that would be markup.
    """
    stage = Stage(storage_for(request))
    for named in (stage.admin, stage.officer):
        named.name = MARK + named.name
    stage.tenant.name = MARK + stage.tenant.name
    stage.turn_on()
    stage.team(stage.person(f"{MARK}Ada"), [stage.person(f"{MARK}Nils", mapped=False)], f"{MARK}X")
    stage.run(60)
    yield stage
    wiring.install(None)


@pytest.fixture
def world(shared_stage: Stage) -> Stage:
    shared_stage.install()
    return shared_stage


@pytest.fixture
def nobody(world: Stage) -> Visitor:
    return Visitor(world)


@pytest.fixture
def admin(world: Stage) -> Visitor:
    visitor = Visitor(world)
    Errands(visitor).sign_in(world.admin.email)
    return visitor


def test_the_list_of_open_ways_names_what_there_is() -> None:
    assert sorted(OPEN - {str(way) for way in ways()}) == []


def test_names_that_would_be_markup_are_read_as_names(admin: Visitor, world: Stage) -> None:
    pages = [admin.get(path) for path in ("/", "/activity", "/credentials", "/settings")]
    (team,) = world.webex.world.teams.values()
    pages.append(admin.get(f"/activity?team={team.uuid}"))
    pages.append(admin.get(f"/activity/preview?team={team.uuid}"))
    for page in pages:
        assert_in_order(page)
        assert world.admin.name in page.text

    assert team.name in pages[1].text
    assert team.name in pages[4].text
    assert f"{MARK}Ada" in pages[5].text
    assert f"{MARK}Nils" in pages[5].text


@pytest.mark.parametrize("way", gets(), ids=str)
@CAREFUL
@given(query=_queries, data=st.data())
def test_no_query_breaks_a_page_or_stands_on_it_as_it_is(
    way: Way, query: Query, data: st.DataObject, nobody: Visitor, admin: Visitor
) -> None:
    path = way.path({name: data.draw(_segments) for name in way.parameters})
    for visitor in (nobody, admin):
        page = visitor.get(f"{path}?{_encoded(query)}", stop=PROVIDERS)

        assert_in_order(page)


@pytest.mark.parametrize("way", [w for w in gets() if w.is_callback], ids=str)
@CAREFUL
@given(query=_queries)
def test_no_answer_of_a_provider_breaks_its_callback(
    way: Way, query: Query, nobody: Visitor, admin: Visitor
) -> None:
    """With the state that this browser set out with, so that all the rest is looked at."""
    visitor, state = _set_out(way, nobody, admin)
    others = [(name, value) for name, value in query if name != "state"]
    page = visitor.get(f"{way.template}?{_encoded([*others, ('state', state)])}")

    assert_in_order(page)
    assert page.path.startswith("/refused/") or page.status >= 400


@pytest.mark.parametrize("way", posts(), ids=str)
@CAREFUL
@given(form=_forms, data=st.data())
def test_no_form_breaks_what_it_is_sent_to(
    way: Way, form: dict[str, str], data: st.DataObject, nobody: Visitor, world: Stage
) -> None:
    admin = Visitor(world)
    Errands(admin).sign_in(world.admin.email)
    path = way.path({name: data.draw(_segments) for name in way.parameters})
    for visitor in (nobody, admin):
        page = visitor.post(path, form, stop=PROVIDERS)

        assert_in_order(page)


@pytest.mark.parametrize("way", posts(), ids=str)
def test_a_body_that_cannot_be_read_changes_nothing(way: Way, admin: Visitor, world: Stage) -> None:
    path = way.path(dict.fromkeys(way.parameters, "x"))
    bodies = {
        "oversized": b"tenant=" + b"a" * 200_000,
        "not UTF-8": b"tenant=\xff\xfe",
        "percent-encoded, not UTF-8": b"tenant=%ff%fe",
        "twice": b"on=1&on=1&step=spaces&step=spaces&capability=spaces&capability=people",
        "thousands of fields": b"&".join(b"f%d=1" % n for n in range(3000)),
        "NUL": b"tenant=%00",
    }
    before = _lasting(world)
    for what, body in bodies.items():
        page = admin.post(path, body, stop=PROVIDERS)

        assert_in_order(page)
        assert page.path == "/refused/bad_form" or page.status in (400, 403, 413), (what, page)
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        page = admin.post(path, b"step=spaces&on=1", content_type=kind, stop=PROVIDERS)

        assert_in_order(page)
        assert page.path == "/refused/bad_form" or page.status in (400, 403, 415), (kind, page)
    assert _lasting(world) == before


@pytest.mark.parametrize("way", posts(), ids=str)
@pytest.mark.parametrize("source", [ELSEWHERE, "https://evil.app.example/", ""])
def test_another_sites_form_is_refused(way: Way, source: str, admin: Visitor, world: Stage) -> None:
    path = way.path(dict.fromkeys(way.parameters, "x"))
    before = _lasting(world)
    page = admin.post(path, {"step": "spaces", "on": "1"}, source=source, stop=PROVIDERS)

    assert_in_order(page)
    assert page.path == "/refused/cross_site" or page.status == 403, page
    assert _lasting(world) == before


@pytest.mark.parametrize("way", [w for w in ways() if not w.is_open], ids=str)
def test_without_a_session_there_is_only_the_way_to_the_sign_in(
    way: Way, nobody: Visitor, world: Stage
) -> None:
    before = rows_of(world)
    path = way.path(dict.fromkeys(way.parameters, "x"))
    page = nobody.get(path) if way.method == "GET" else nobody.post(path, {"step": "spaces"})

    assert_in_order(page)
    assert page.path == "/" or page.path.startswith("/refused/")
    assert "/authorize/signin" in [form.action for form in page.forms]
    assert world.admin.name not in page.body
    assert rows_of(world) == before


def assert_in_order(page: Page) -> None:
    """What holds for any answer; the visitor has asked for the headers already."""
    assert page.status < 500, page
    assert "Traceback" not in page.body, page
    if page.headers.get("content-type", "").startswith("text/html"):
        assert "<i id=" not in page.body, page
        assert not page.document.root.all(id="injected"), page
    to = page.headers.get("location", "")
    assert "elsewhere.example" not in to.partition("?")[0], page
    assert "\r" not in to and "\n" not in to, page
    assert not any("x=1" in cookie for cookie in page.set_cookies), page


def _encoded(query: Query) -> str:
    return urlencode(query, errors="surrogatepass")


def _lasting(stage: Stage) -> object:
    """All rows but the session's, which live on while somebody clicks."""
    return {key: row for key, row in rows_of(stage).items() if key[0] != "Once"}


def _set_out(way: Way, nobody: Visitor, admin: Visitor) -> tuple[Visitor, str]:
    """Who is on the way to a provider, with which state."""
    visitor = nobody if way.template == "/authorize/webex/signin" else admin
    if way.template == "/authorize/webex/signin":
        page = visitor.post("/authorize/signin", stop=PROVIDERS)
    elif way.template == "/authorize/webex/credential":
        page = visitor.post("/authorize/webex", {"capability": "spaces"}, stop=PROVIDERS)
    elif way.template == "/authorize/microsoft/consent":
        page = visitor.post("/authorize/microsoft", stop=PROVIDERS)
    else:
        visitor = Visitor(admin.stage)
        Errands(visitor).sign_in(admin.stage.admin.email)
        visitor.post("/authorize/microsoft")
        visitor.press("Next", account=admin.stage.global_admin.object_id)
        page = visitor.press("Accept", stop="/oauth2/v2.0/authorize")
    state = page.location.partition("state=")[2].partition("&")[0]
    assert state, page
    return visitor, state
