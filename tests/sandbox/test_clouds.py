"""The default world, its file, and the clouds over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.clock import VirtualClock
from sandbox.clouds import world
from sandbox.clouds.house import Clouds
from sandbox.clouds.names import names
from sandbox.clouds.served import Ports, ServedClouds
from sandbox.clouds.server import Server
from sandbox.kit import Fault
from shared.core.capabilities import CAPABILITIES, SIGN_IN_SCOPES
from shared.core.ids import one_uuid_inside

REDIRECT = "http://127.0.0.1:9/authorize/webex/signin"


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return Clouds(clock=VirtualClock())


@pytest.fixture
def served(clouds: Clouds) -> Iterator[Server]:
    server = Server(clouds.webex.handle)
    server.start()
    yield server
    server.stop()


def test_six_hundred_people_are_the_same_on_every_machine() -> None:
    assert len(set(names(600))) == 600
    assert names(600)[:3] == ["Björn Öberg", "Thomas Wright", "王伟"]
    with pytest.raises(ValueError, match="only"):
        names(10_000)


def test_every_ordinary_person_is_known_to_the_tenant_by_the_external_id(clouds: Clouds) -> None:
    people = world.ordinary_people(clouds.webex)

    assert len(people) == world.PEOPLE
    assert {one_uuid_inside(person.external_id) for person in people} <= set(clouds.tenant.users)
    assert len({person.email for person in people}) == world.PEOPLE


def test_the_problem_cases_are_what_they_say(clouds: Clouds) -> None:
    def external_id(problem: world.Problem) -> str | None:
        return world.person(clouds.webex, problem.name).external_id

    assert external_id(world.NO_ID) is None
    assert external_id(world.TWIN_ONE) == external_id(world.TWIN_TWO) is not None
    assert external_id(world.UNKNOWN) not in clouds.tenant.users
    assert world.person(clouds.webex, world.BOT.name).is_bot
    stranger = world.person(clouds.webex, world.STRANGER.name)
    assert stranger.org_uuid == world.OTHER_ORGANIZATION


def test_a_saved_world_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    first = Clouds(file, VirtualClock())
    creator = world.ordinary_people(first.webex)[0]
    team = first.webex.create_team(creator, "Project X")
    group = first.tenant.add_group("Project X", "project-x", owners=[], unique_name="x")
    first.save()
    second = Clouds(file, VirtualClock())

    assert second.webex.people_of(second.webex.world.teams[team.uuid]) == [creator]
    assert second.tenant.group_by_unique_name("x").id == group.id  # type: ignore[union-attr]
    assert file.stat().st_mode & 0o077 == 0


def test_only_a_changed_world_is_written(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    clouds = Clouds(file, VirtualClock())
    clouds.save()
    file.unlink()
    clouds.save()
    unchanged = file.exists()
    creator, other = world.ordinary_people(clouds.webex)[:2]
    team = clouds.webex.create_team(creator, "Project X")
    clouds.webex.add_member(team, other)
    clouds.save()
    file.unlink()
    clouds.webex.remove_member(team, other)
    clouds.save()

    assert not unchanged
    assert file.exists()


def test_new_tokens_end_the_old_ones(clouds: Clouds, served: Server) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{served.url}/v1/people/me", headers=headers, timeout=10).status_code

    old = world.issue_tokens(clouds.webex)["spaces"]["access_token"]
    new = world.issue_tokens(clouds.webex)["spaces"]["access_token"]

    assert (status(old), status(new)) == (401, 200)


def test_a_lost_answer_is_a_closed_connection(clouds: Clouds, served: Server) -> None:
    clouds.webex.faults = [Fault("lost", path="/v1/people/me", times=1)]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{served.url}/v1/people/me", timeout=10)

    assert requests.get(f"{served.url}/v1/people/me", timeout=10).status_code == 401


def test_one_connection_carries_many_calls(served: Server) -> None:
    with requests.Session() as session:
        answers = [session.get(f"{served.url}/v1/people/me", timeout=10) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert all(answer.headers["trackingid"] for answer in answers)
    assert "close" not in {answer.headers.get("Connection") for answer in answers}


# Signing in to Webex


def asked(scope: str, redirect_uri: str = REDIRECT) -> dict[str, str]:
    client = world.INTEGRATION_ID
    query = {"response_type": "code", "client_id": client, "redirect_uri": redirect_uri}
    return query | {"scope": scope, "state": "s", "nonce": "n"}


def test_everybody_who_matters_can_sign_in(clouds: Clouds, served: Server) -> None:
    query = asked("openid spark:people_read")
    page = requests.get(f"{served.url}/v1/authorize", params=query, timeout=10)

    for name in (world.ADMIN, world.OFFICER, world.STRANGER_ADMIN, world.ORDINARY):
        assert f"Sign in and allow as {name}" in page.text
    assert world.BOT.name not in page.text
    assert world.person(clouds.webex, world.ADMIN).roles == {"id_full_admin"}
    assert world.person(clouds.webex, world.OFFICER).roles == {"compliance_officer"}
    free = world.person(clouds.webex, world.STRANGER_ADMIN)
    assert free.roles == {"id_full_admin"}
    assert free.org_uuid == world.OTHER_ORGANIZATION
    assert world.ORDINARY in {p.name for p in world.ordinary_people(clouds.webex)}


def test_the_integration_is_registered_for_every_scope_that_the_app_asks_for() -> None:
    wanted = {scope for each in CAPABILITIES.values() for scope in each.asked}

    assert wanted | set(SIGN_IN_SCOPES) <= world.INTEGRATION_SCOPES


def test_webex_sends_browsers_back_to_the_apps_own_pages_alone() -> None:
    clouds = Clouds(clock=VirtualClock())
    app = {"PUBLIC_URL": "http://127.0.0.1:9"}
    with ServedClouds(clouds, Ports(), app) as served:

        def status(redirect_uri: str) -> int:
            query = asked("spark:people_read", redirect_uri)
            url = f"{served.urls['webex']}/v1/authorize"
            return requests.get(url, params=query, timeout=10).status_code

        assert status("http://127.0.0.1:9/authorize/webex/signin") == 200
        assert status("http://127.0.0.1:9/authorize/webex/credential") == 200
        assert status("http://127.0.0.1:9/authorize/microsoft/signin") == 400
        assert status("http://localhost:9/authorize/webex/signin") == 400
