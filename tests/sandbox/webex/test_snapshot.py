"""A world is put away as JSON and goes on in another cloud."""

from __future__ import annotations

from sandbox.clock import VirtualClock
from sandbox.webex import Person, Team, WebexCloud

from .conftest import Client
from .test_webhooks import ORG


def test_a_restored_cloud_answers_as_the_old_one(
    webex: WebexCloud,
    clock: VirtualClock,
    officer: Client,
    full_admin: Client,
    team: Team,
) -> None:
    ada, org = team.creator, webex.world.organizations[team.creator.org_uuid]
    grace = org.add_person("Grace")
    officer.post("/v1/webhooks", **ORG)
    webex.add_member(team, grace)
    webex.create_space(ada, "Side", team=team)
    webex.delete_person(grace)
    webex.switches.event_lag_seconds = 0.0
    clock.advance(5)
    fresh = WebexCloud(clock, seed=99)

    fresh.restore(webex.snapshot())

    calls = [
        (officer, "/v1/events"),
        (officer, f"/v1/rooms/{team.general.id}"),
        (officer, f"/v1/memberships?roomId={team.general.id}"),
        (officer, "/v1/webhooks?ownedBy=org"),
        (full_admin, f"/identity/scim/{org.uuid}/v2/Users"),
    ]
    for client, path in calls:
        token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
        assert Client(fresh, token).get(path).json() == client.get(path).json()
    assert fresh.people_of(team) == webex.people_of(team) == [ada]
    assert fresh.snapshot() == webex.snapshot()


def test_what_was_on_its_way_is_still_delivered_and_chance_goes_on_as_it_was(
    webex: WebexCloud, clock: VirtualClock, officer: Client, ada: Person
) -> None:
    webex.switches.webhook_delay_seconds = (1.0, 9.0)
    officer.post("/v1/webhooks", **ORG)
    webex.create_team(ada, "Project X")
    fresh = WebexCloud(clock, seed=99)

    fresh.restore(webex.snapshot())

    assert fresh.outbox == webex.outbox
    again = [cloud.create_team(ada, "Next") for cloud in (webex, fresh)]
    assert again[0] == again[1]
    assert [each.due for each in fresh.outbox] == [each.due for each in webex.outbox]


def test_what_was_handed_out_before_goes_on_naming_the_same_things(
    webex: WebexCloud, ada: Person, grace: Person, team: Team
) -> None:
    org = webex.world.organizations[ada.org_uuid]

    webex.restore(webex.snapshot())
    webex.add_member(team, grace)
    late = org.add_person("Late")
    webex.add_member(team, late)

    assert set(webex.people_of(team)) == {ada, grace, late}


def test_one_seed_makes_one_world() -> None:
    def build(seed: int) -> bytes:
        cloud = WebexCloud(VirtualClock(), seed=seed)
        person = cloud.add_organization("Example").add_person("Ada")
        cloud.create_team(person, "Project X")
        return cloud.snapshot()

    assert build(1) == build(1)
    assert build(1) != build(2)
