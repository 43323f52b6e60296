"""The console, without a socket: a request in, an answer out."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console.app import Console
from sandbox.kit import Response, parse_request

HERE = "http://127.0.0.1:7070"


class Browser:
    """What a page of the console's own would send."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def get(self, path: str, **headers: str) -> Response:
        return self.console.handle(parse_request("GET", HERE + path, headers, b""))

    def page(self, path: str = "/") -> str:
        answer = self.get(path)
        assert answer.status == 200
        return answer.content().decode()

    def post(self, path: str, host: str = HERE, **form: object) -> Response:
        return self.send(path, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}, host, **form)

    def send(
        self, path: str, headers: dict[str, str], host: str = HERE, **form: object
    ) -> Response:
        body = urlencode(form, doseq=True).encode()
        return self.console.handle(parse_request("POST", host + path, headers, body))

    def state(self) -> Any:
        return json.loads(self.get("/state").content())


@pytest.fixture(scope="module")
def built() -> bytes:
    """The default world takes a moment to build: once is enough."""
    return Clouds(clock=VirtualClock()).webex.snapshot()


@pytest.fixture
def clouds(built: bytes) -> Clouds:
    clouds = Clouds(clock=VirtualClock())
    clouds.webex.restore(built)
    return clouds


@pytest.fixture
def browser(clouds: Clouds) -> Browser:
    return Browser(Console(clouds, {}))


@pytest.fixture
def ada(clouds: Clouds) -> str:
    return world.ordinary_people(clouds.webex)[0].uuid


def arrived() -> None:
    """Everybody who was on the way has come."""
    for thread in threading.enumerate():
        if thread.daemon and "_join" in thread.name:
            thread.join(10)


def test_a_team_is_created_and_people_join_it(browser: Browser, ada: str) -> None:
    answer = browser.post("/teams", name="Project X", who=ada, count=3, pause=0)
    arrived()

    assert (answer.status, answer.headers["Location"]) == (303, "/")
    (team,) = browser.state()["teams"]
    assert (team["name"], len(team["people"])) == ("Project X", 4)
    assert "Project X" in browser.page()


def test_a_name_never_becomes_markup(browser: Browser, ada: str) -> None:
    browser.post("/teams", name="<script>alert(1)</script>", who=ada)
    team = browser.state()["teams"][0]["uuid"]

    pages = [browser.page(), browser.page("/live"), browser.page(f"/teams/{team}")]
    assert not any("<script>alert" in page for page in pages)
    assert all("&lt;script&gt;alert" in page for page in pages)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_on_another_site_does_nothing(
    browser: Browser, ada: str, headers: dict[str, str]
) -> None:
    answer = browser.send("/teams", headers, name="Project X", who=ada)

    assert answer.status == 403
    assert browser.state()["teams"] == []


def test_a_foreign_name_for_this_machine_gets_no_page(browser: Browser, ada: str) -> None:
    answer = browser.post("/teams", host="http://rebound.example:7070", name="X", who=ada)

    assert answer.status == 421
    assert browser.state()["teams"] == []


def test_what_cannot_be_is_said_once_on_the_page(browser: Browser) -> None:
    browser.post("/teams", name="Project X", who="nobody")

    assert "Not done: There is nobody" in browser.page()
    assert "Not done" not in browser.page()


@pytest.mark.parametrize("field", ["drive", "lag", "slow", "lose", "duplicate"])
@pytest.mark.parametrize("value", ["-1", "nan", "many", "1e9"])
def test_a_figure_out_of_range_changes_nothing(
    browser: Browser, clouds: Clouds, field: str, value: str
) -> None:
    before = (repr(clouds.webex.switches), repr(clouds.microsoft.switches))
    browser.post("/faults", **({"webhooks": "on"} | {field: value}))

    assert "Not done" in browser.page()
    assert (repr(clouds.webex.switches), repr(clouds.microsoft.switches)) == before


def test_faults_are_set_and_shown(browser: Browser, clouds: Clouds) -> None:
    browser.post("/faults", webhooks="off", lose=25, duplicate=50, drive=90, lag=3, slow=2)

    assert clouds.webex.switches.org_rooms_webhook == "silent"
    assert (clouds.webex.switches.lose, clouds.webex.switches.duplicate) == (0.25, 0.5)
    assert clouds.microsoft.switches.drive_delay_seconds == 90
    assert 'name="drive" type="number" min="0" max="3600" step="any" value="90"' in browser.page()


def test_throttling_passes_by_itself(browser: Browser, clouds: Clouds) -> None:
    def status() -> tuple[int, str | None]:
        answer = clouds.microsoft.graph.handle(
            parse_request("GET", "http://graph/v1.0/organization", {}, b"")
        )
        return answer.status, answer.headers.get("Retry-After")

    browser.post("/throttle", cloud="graph")
    at_once = status()
    clock = clouds.microsoft.world.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(20)
    later = status()
    clock.advance(11)

    assert (at_once, later, status()[0]) == ((429, "30"), (429, "10"), 401)


def test_people_come_and_go_and_names_change(browser: Browser, ada: str) -> None:
    browser.post("/teams", name="Project X", who=ada)
    team = browser.state()["teams"][0]["uuid"]
    browser.post(f"/teams/{team}/people", count=2, problems=1, pause=0)
    arrived()
    people = browser.state()["teams"][0]["people"]
    gone = next(one for one in people if not one["moderator"])
    browser.post(f"/teams/{team}/remove", who=gone["uuid"])
    browser.post(f"/teams/{team}/name", name="Project Y")
    answer = browser.post(f"/teams/{team}/spaces", name="Design")

    (after,) = browser.state()["teams"]
    assert answer.headers["Location"] == f"/teams/{team}"
    assert len(people) == 3 + len(world.PROBLEMS) + 1
    assert gone not in after["people"]
    assert (after["name"], after["spaces"]) == ("Project Y", ["Design"])


def test_without_an_app_the_switch_says_so(browser: Browser) -> None:
    browser.post("/switch", on=1)

    assert "There is no app beside these clouds" in browser.page()
    assert browser.state()["app_switch"] == "unknown"


def test_pages_allow_no_foreign_script(browser: Browser) -> None:
    policy = browser.get("/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert browser.get("/static/console.js").status == 200
    assert browser.get("/static/../app.py").status == 404
