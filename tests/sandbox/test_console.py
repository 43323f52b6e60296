"""The console, without a socket: a request in, an answer out."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.console.app import Console
from sandbox.console.view import MARK
from sandbox.kit import Response, parse_request
from sandbox.microsoft import Group
from sandbox.webex import Team

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


@pytest.fixture
def team(clouds: Clouds) -> Team:
    """With a group, as the app would have made it."""
    people = world.ordinary_people(clouds.webex)[:4]
    team = clouds.webex.create_team(people[0], "Project X")
    for person in people[1:]:
        clouds.webex.add_member(team, person)
    ids = [person.external_id or "" for person in people]
    clouds.tenant.add_group(
        "Project X", "project-x", owners=ids[:1], members=ids, unique_name=MARK + team.uuid
    )
    return team


def group_of(clouds: Clouds, team: Team) -> Group:
    group = clouds.tenant.group_by_unique_name(MARK + team.uuid)
    assert group
    return group


def test_people_leave_by_themselves_or_are_taken_out(
    browser: Browser, clouds: Clouds, team: Team
) -> None:
    _, one, other, _ = clouds.webex.people_of(team)
    browser.post(f"/teams/{team.uuid}/leave", who=one.uuid)
    browser.post(f"/teams/{team.uuid}/remove", who=other.uuid)

    gone = [event for event in clouds.webex.world.events.values() if event.type == "deleted"]
    assert [event.actor_uuid for event in gone] == [one.uuid, team.creator_uuid]
    assert len(clouds.webex.people_of(team)) == 2


def test_somebody_becomes_a_moderator_and_the_last_one_stays(
    browser: Browser, clouds: Clouds, team: Team
) -> None:
    creator, other, *_ = clouds.webex.people_of(team)
    browser.post(f"/teams/{team.uuid}/leave", who=creator.uuid)
    refused = browser.page(f"/teams/{team.uuid}")
    browser.post(f"/teams/{team.uuid}/moderator", who=other.uuid, on=1)
    both = clouds.webex.moderators_of(team)
    browser.post(f"/teams/{team.uuid}/moderator", who=creator.uuid, on=0)
    browser.post(f"/teams/{team.uuid}/leave", who=creator.uuid)

    assert "Not done: Webex refuses" in refused
    assert both == [creator, other]
    assert clouds.webex.moderators_of(team) == [other]
    assert creator not in clouds.webex.people_of(team)


def test_an_administrator_adds_and_removes_people_in_a_group(
    browser: Browser, clouds: Clouds, team: Team
) -> None:
    group = group_of(clouds, team)
    new = clouds.tenant.users[world.object_id_of(world.MICROSOFT_USER)]
    answer = browser.post(f"/groups/{group.id}/people", who=new.mail)
    added = list(group.members)
    browser.post(f"/groups/{group.id}/remove", who=group.owners[0])

    assert answer.headers["Location"] == f"/groups/{group.id}"
    assert new.object_id in added
    assert group.owners[0] not in group.members
    page = browser.page(f"/groups/{group.id}")
    assert 'owner</span> <span class="tag">no member' in page
    assert "Project X" in page and f"/teams/{team.uuid}" in page


def test_a_disabled_account_stays_in_its_groups(
    browser: Browser, clouds: Clouds, team: Team
) -> None:
    group = group_of(clouds, team)
    who = group.members[1]
    browser.post(f"/groups/{group.id}/account", who=who, enabled=0)
    page = browser.page(f"/groups/{group.id}")
    disabled = not clouds.tenant.users[who].enabled
    browser.post(f"/groups/{group.id}/account", who=who, enabled=1)

    assert disabled and "disabled</span>" in page
    assert clouds.tenant.users[who].enabled
    assert who in group.members


@pytest.mark.parametrize(
    ("act", "who", "why"),
    [
        ("people", "nobody@example.example", "There is no account"),
        ("people", "", "There is no account"),
        ("people", "inside", "is in the group already"),
        ("remove", "outside", "is not in the group"),
        ("account", "nobody", "There is no account"),
    ],
)
def test_what_cannot_be_done_to_a_group_changes_nothing(
    browser: Browser, clouds: Clouds, team: Team, act: str, who: str, why: str
) -> None:
    group = group_of(clouds, team)
    before = (group.members, group.owners)
    known = {"inside": group.members[0], "outside": world.object_id_of(world.MICROSOFT_USER)}
    browser.post(f"/groups/{group.id}/{act}", who=known.get(who, who))

    assert why in browser.page(f"/groups/{group.id}")
    assert (group.members, group.owners) == before


def test_a_group_that_is_gone_has_no_page(browser: Browser, clouds: Clouds, team: Team) -> None:
    group = group_of(clouds, team)
    clouds.tenant.delete_group(group)
    browser.post(f"/groups/{group.id}/people", who=group.members[0])

    assert browser.get(f"/groups/{group.id}").status == 404
    assert "Not done: This group is gone" in browser.page()


def test_what_was_done_to_a_group_is_still_so_after_a_new_start(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    clouds = Clouds(file, VirtualClock())
    group = clouds.tenant.add_group("Project X", "project-x", owners=[], members=[])
    clouds.save()
    browser = Browser(Console(clouds, {}))
    somebody = world.object_id_of(world.MICROSOFT_USER)
    browser.post(f"/groups/{group.id}/people", who=somebody)
    clouds.save()
    members = Clouds(file, VirtualClock()).tenant.groups[group.id].members
    browser.post(f"/groups/{group.id}/account", who=somebody, enabled=0)
    clouds.save()

    assert members == [somebody]
    assert not Clouds(file, VirtualClock()).tenant.users[somebody].enabled


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
