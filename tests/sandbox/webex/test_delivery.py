"""Deliveries: who hears of what, how it is signed, what failing does."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from typing import Any

import pytest

from sandbox.clock import VirtualClock
from sandbox.webex import Organization, Person, Team, WebexCloud
from sandbox.webex.ids import bare, key_of

from .conftest import Client, SignIn
from .test_webhooks import HOOK, ORG

MEMBERS = HOOK | {"resource": "memberships", "event": "all"}


class Receiver:
    """Our end: it keeps what arrives and answers as told."""

    def __init__(self, webex: WebexCloud, clock: VirtualClock) -> None:
        self.webex = webex
        self.clock = clock
        self.status = 200
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        if self.status == 0:
            raise ConnectionError("nobody listens")
        return self.status

    def wait(self) -> int:
        """Half a minute later: how many deliveries came meanwhile."""
        self.clock.advance(30)
        return self.webex.deliver(self)

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def receiver(webex: WebexCloud, clock: VirtualClock) -> Receiver:
    return Receiver(webex, clock)


def test_the_organizations_webhook_tells_of_every_new_room(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    stranger: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **ORG)
    team = webex.create_team(ada, "Project X")
    side = webex.create_space(ada, "Side", team=team)
    webex.create_team(stranger, "Theirs")

    assert receiver.wait() == 2
    general, later = receiver.envelopes
    assert key_of(general["data"]["id"], "ROOM") == team.uuid
    assert key_of(later["data"]["id"], "ROOM") == side.uuid
    assert general["orgId"] == ada.org_id
    assert general["actorId"] == general["data"]["creatorId"] == ada.id
    assert not {"title", "teamId"} & set(general["data"])


def test_the_envelope_is_the_webhooks_own_and_the_url_its_target(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    made = officer.post("/v1/webhooks", **ORG).json()
    webex.create_team(ada, "Project X")
    receiver.wait()

    url, headers, _ = receiver.got[0]
    assert url == HOOK["targetUrl"]
    assert headers["User-Agent"] == "SparkWebhook/1.0"
    envelope = receiver.envelopes[0]
    for name in ("id", "name", "targetUrl", "created", "ownedBy", "createdBy", "status"):
        assert envelope[name] == made[name]


def test_switches_add_the_team_and_strip_the_organizations_address(
    webex: WebexCloud,
    officer: Client,
    org: Organization,
    ada: Person,
    receiver: Receiver,
) -> None:
    webex.switches.data_team_id = webex.switches.bare_org_id = True
    officer.post("/v1/webhooks", **ORG)
    team = webex.create_team(ada, "Project X")
    receiver.wait()

    envelope = receiver.envelopes[0]
    assert key_of(envelope["data"]["teamId"], "TEAM") == team.uuid
    assert envelope["orgId"] == bare(org.uuid)


def test_signatures_are_over_the_raw_bytes_with_the_secret(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **ORG)
    webex.create_team(ada, "Åäö")
    webex.switches.webex_signature = False
    webex.create_team(ada, "Without the newer header")
    receiver.wait()

    def digest(body: bytes, kind: Any) -> str:
        return hmac.new(b"hush", body, kind).hexdigest()

    (_, both, body), (_, old_only, _) = receiver.got
    assert both["X-Spark-Signature"] == digest(body, hashlib.sha1)
    assert both["X-Webex-Signature"] == (
        f"SHA-256={digest(body, hashlib.sha256)}, SHA-512={digest(body, hashlib.sha512)}"
    )
    assert "X-Spark-Signature" in old_only
    assert "X-Webex-Signature" not in old_only


def test_without_a_secret_nothing_is_signed(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **{k: v for k, v in ORG.items() if k != "secret"})
    webex.create_team(ada, "Project X")
    receiver.wait()

    assert not [name for name in receiver.got[0][1] if "Signature" in name]


def test_a_personal_rooms_webhook_tells_of_the_own_rooms_only(
    webex: WebexCloud,
    ada: Person,
    grace: Person,
    sign_in: SignIn,
    receiver: Receiver,
) -> None:
    sign_in(ada).post("/v1/webhooks", **HOOK)
    own, other = webex.create_team(ada, "Own"), webex.create_team(grace, "Other")
    webex.add_member(other, ada)
    receiver.wait()

    told = [key_of(e["data"]["id"], "ROOM") for e in receiver.envelopes]
    assert told == [own.uuid]


def test_a_bot_in_general_hears_of_every_change_of_membership(
    webex: WebexCloud,
    team: Team,
    grace: Person,
    sign_in: SignIn,
    receiver: Receiver,
) -> None:
    bot = webex.add_bot("Helper")
    sign_in(bot).post("/v1/webhooks", **MEMBERS)
    webex.add_member(team, grace)
    webex.add_member(team, bot)
    webex.set_moderator(team, grace, True)
    webex.remove_member(team, grace)
    webex.remove_member(team, bot)
    webex.add_member(team, grace)
    receiver.wait()

    told = [(e["event"], e["data"]["personEmail"]) for e in receiver.envelopes]
    assert told == [
        ("created", bot.email),
        ("updated", grace.email),
        ("deleted", grace.email),
        ("deleted", bot.email),
    ]


@pytest.mark.parametrize("event", ["created", "updated", "deleted"])
def test_one_kind_of_change_is_told_alone_with_the_bots_own_organization(
    webex: WebexCloud, team: Team, grace: Person, sign_in: SignIn, receiver: Receiver, event: str
) -> None:
    bot = webex.add_bot("Helper")
    webex.add_member(team, bot)
    sign_in(bot).post("/v1/webhooks", **(MEMBERS | {"event": event}))
    webex.add_member(team, grace)
    webex.set_moderator(team, grace, True)
    webex.remove_member(team, grace)
    receiver.wait()

    (envelope,) = receiver.envelopes
    assert (envelope["resource"], envelope["event"]) == ("memberships", event)
    assert envelope["data"]["personId"] == grace.id
    assert key_of(envelope["data"]["roomId"], "ROOM") == team.uuid
    assert (envelope["ownedBy"], envelope["orgId"]) == ("creator", bot.org_id)
    assert envelope["orgId"] != team.creator.org_id


def test_what_a_bot_did_itself_is_told_as_well(
    webex: WebexCloud, team: Team, grace: Person, sign_in: SignIn, receiver: Receiver
) -> None:
    bot = webex.add_bot("Helper")
    webex.add_member(team, bot, moderator=True)
    client = sign_in(bot)
    client.post("/v1/webhooks", **MEMBERS)
    client.post("/v1/team/memberships", teamId=team.id, personId=grace.id)
    receiver.wait()

    (envelope,) = receiver.envelopes
    assert (envelope["event"], envelope["actorId"]) == ("created", bot.id)
    assert envelope["data"]["personId"] == grace.id


def test_filters_let_only_matching_changes_through(
    webex: WebexCloud,
    ada: Person,
    grace: Person,
    sign_in: SignIn,
    receiver: Receiver,
) -> None:
    team, other = webex.create_team(ada, "Project X"), webex.create_team(ada, "Other")
    wanted = f"roomId={team.general.id}&isModerator=true"
    sign_in(ada).post("/v1/webhooks", **(MEMBERS | {"filter": wanted}))
    webex.add_member(other, grace, moderator=True)
    webex.add_member(team, grace)
    webex.set_moderator(team, grace, True)
    receiver.wait()

    assert [e["event"] for e in receiver.envelopes] == ["updated"]


def test_a_silent_organization_webhook_is_accepted_and_never_fires(
    webex: WebexCloud, officer: Client, ada: Person, receiver: Receiver
) -> None:
    webex.switches.org_rooms_webhook = "silent"

    assert officer.post("/v1/webhooks", **ORG).status_code == 200
    webex.create_team(ada, "Project X")

    assert receiver.wait() == 0


def test_nothing_is_delivered_before_it_is_due(
    webex: WebexCloud, clock: VirtualClock, officer: Client, ada: Person, receiver: Receiver
) -> None:
    officer.post("/v1/webhooks", **ORG)
    webex.create_team(ada, "Project X")

    assert webex.deliver(receiver) == 0
    clock.advance(webex.outbox[0].due - clock.now())
    assert webex.deliver(receiver) == 1
    assert webex.outbox == []


def test_a_webhook_is_delivered_in_order(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **ORG)
    teams = [webex.create_team(ada, f"Team {n}") for n in range(20)]
    receiver.wait()

    told = [key_of(e["data"]["id"], "ROOM") for e in receiver.envelopes]
    assert told == [team.uuid for team in teams]


def test_chance_loses_doubles_and_reorders_deliveries(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **ORG)

    webex.switches.lose = 1.0
    webex.create_team(ada, "Lost")
    assert receiver.wait() == 0

    webex.switches.lose, webex.switches.duplicate = 0.0, 1.0
    webex.create_team(ada, "Twice")
    assert receiver.wait() == 2
    assert receiver.envelopes[0] == receiver.envelopes[1]

    webex.switches.duplicate, webex.switches.reorder = 0.0, 0.5
    teams = [webex.create_team(ada, f"Team {n}").uuid for n in range(20)]
    assert receiver.wait() == 20
    told = [key_of(e["data"]["id"], "ROOM") for e in receiver.envelopes[2:]]
    assert sorted(told) == sorted(teams)
    assert told != teams


@pytest.mark.parametrize("status", [0, 199, 302, 404, 500])
def test_a_hundred_failures_in_five_minutes_switch_a_webhook_off(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
    status: int,
) -> None:
    made = officer.post("/v1/webhooks", **ORG).json()
    path = f"/v1/webhooks/{made['id']}"
    receiver.status = status
    for n in range(101):
        webex.create_team(ada, f"Team {n}")

    assert receiver.wait() == 100
    assert officer.get(path).json()["status"] == "inactive"
    webex.create_team(ada, "Unheard")
    assert receiver.wait() == 0

    officer.put(path, name="n", targetUrl="https://app.example", status="active")
    webex.create_team(ada, "Too soon")
    assert receiver.wait() == 1
    assert officer.get(path).json()["status"] == "inactive"


def test_failures_that_are_old_do_not_count(
    webex: WebexCloud,
    clock: VirtualClock,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    made = officer.post("/v1/webhooks", **ORG).json()
    receiver.status = 500
    for _ in range(2):
        for n in range(99):
            webex.create_team(ada, f"Team {n}")
        receiver.wait()
        clock.advance(300)

    assert officer.get(f"/v1/webhooks/{made['id']}").json()["status"] == "active"


def test_a_failed_delivery_is_not_repeated_unless_the_switch_says_so(
    webex: WebexCloud,
    officer: Client,
    ada: Person,
    receiver: Receiver,
) -> None:
    officer.post("/v1/webhooks", **ORG)
    receiver.status = 503
    webex.create_team(ada, "Once")
    assert (receiver.wait(), receiver.wait()) == (1, 0)

    webex.switches.webhook_retries = 2
    webex.switches.retry_keeps_tracking_id = False
    webex.create_team(ada, "Thrice")
    assert [receiver.wait() for _ in range(4)] == [1, 1, 1, 0]
    assert len({headers["TrackingID"] for _, headers, _ in receiver.got[1:]}) == 3
    assert len({body for _, _, body in receiver.got[1:]}) == 1


def test_a_webhook_stops_when_its_creator_is_deleted(
    webex: WebexCloud, officer: Client, officer_person: Person, ada: Person
) -> None:
    made = officer.post("/v1/webhooks", **ORG).json()

    webex.delete_person(officer_person)
    webex.create_team(ada, "Unheard")

    assert webex.webhooks[made["id"]].status == "inactive"
    assert webex.outbox == []


def test_deliveries_go_on_when_the_token_has_expired(
    webex: WebexCloud, clock: VirtualClock, officer: Client, ada: Person, receiver: Receiver
) -> None:
    officer.post("/v1/webhooks", **ORG)
    clock.advance(1209600)
    assert officer.get("/v1/rooms").status_code == 401

    webex.create_team(ada, "Project X")

    assert receiver.wait() == 1


def test_the_cloud_can_be_called_from_any_thread_while_a_delivery_is_posted(
    webex: WebexCloud, clock: VirtualClock, officer: Client, ada: Person
) -> None:
    officer.post("/v1/webhooks", **ORG)
    webex.create_team(ada, "Project X")
    clock.advance(30)
    statuses: list[int] = []

    def post(url: str, headers: dict[str, str], body: bytes) -> int:
        room = f"/v1/rooms/{json.loads(body)['data']['id']}"
        call = threading.Thread(target=lambda: statuses.append(officer.get(room).status_code))
        call.start()
        call.join(timeout=5)
        return 200

    assert webex.deliver(post) == 1
    assert statuses == [200]
