"""Webhooks: what can be registered, by whom, and what can be changed."""

from __future__ import annotations

import pytest

from sandbox.webex import Person, Team, WebexCloud

from .conftest import Client, SignIn

HOOK: dict[str, object] = {
    "name": "Ours",
    "targetUrl": "https://app.example/webhooks/1",
    "resource": "rooms",
    "event": "created",
    "secret": "hush",
}
ORG = HOOK | {"ownedBy": "org"}


def test_a_webhook_is_made_read_changed_and_deleted(
    webex: WebexCloud, ada: Person, sign_in: SignIn
) -> None:
    client = sign_in(ada, "spark:rooms_read")

    made = client.post("/v1/webhooks", **HOOK).json()
    assert made["status"] == "active"
    assert made["ownedBy"] == "creator"
    assert webex.webhooks[made["id"]].target_url == HOOK["targetUrl"]

    path = f"/v1/webhooks/{made['id']}"
    moved = client.put(path, name="Moved", targetUrl="https://b.example/2", secret="other").json()
    assert (moved["name"], moved["secret"]) == ("Moved", "other")
    assert client.get("/v1/webhooks").json()["items"] == [moved]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"resource": "teams"},
        {"resource": "teamMemberships"},
        {"event": "renamed"},
        {"event": "deleted"},
        {"name": ""},
        {"targetUrl": "nowhere"},
        {"ownedBy": "me"},
        {"filter": "teamId=x"},
        {"filter": "nonsense"},
    ],
)
def test_what_webex_does_not_know_is_refused(
    ada: Person, sign_in: SignIn, change: dict[str, object]
) -> None:
    assert sign_in(ada).post("/v1/webhooks", **(HOOK | change)).status_code == 400


@pytest.mark.parametrize("missing", ["name", "targetUrl", "resource", "event"])
def test_name_target_resource_and_event_are_required(
    ada: Person, sign_in: SignIn, missing: str
) -> None:
    body = {k: v for k, v in HOOK.items() if k != missing}

    assert sign_in(ada).post("/v1/webhooks", **body).status_code == 400


def test_a_webhook_needs_the_read_scope_of_its_resource(ada: Person, sign_in: SignIn) -> None:
    client = sign_in(ada, "spark:memberships_read")

    assert client.post("/v1/webhooks", **HOOK).status_code == 403
    assert client.post("/v1/webhooks", **(HOOK | {"resource": "memberships"})).status_code == 200


def test_a_filter_on_a_room_that_the_token_cannot_see_is_refused(
    ada: Person, grace: Person, team: Team, sign_in: SignIn
) -> None:
    body = HOOK | {"resource": "memberships", "filter": f"roomId={team.general.id}"}

    refused = sign_in(grace).post("/v1/webhooks", **body)

    assert refused.json()["message"] == "invalid value for filter: roomId"
    assert sign_in(ada).post("/v1/webhooks", **body).status_code == 200


def test_a_change_needs_name_and_target_and_leaves_the_rest(ada: Person, sign_in: SignIn) -> None:
    client = sign_in(ada)
    made = client.post("/v1/webhooks", **HOOK).json()
    path, both = f"/v1/webhooks/{made['id']}", {"name": "n", "targetUrl": "https://a.example"}

    assert client.put(path, name="n").status_code == 400
    assert client.put(path, targetUrl="https://a.example").status_code == 400
    for fixed in ({"resource": "memberships"}, {"event": "updated"}, {"ownedBy": "org"}):
        assert client.put(path, **both, **fixed).status_code == 400
    assert client.put(path, **both, status="inactive").status_code == 400
    assert client.put(path, **both, ownedBy="creator", status="active").status_code == 200


def test_an_organizations_webhook_needs_the_officers_scopes(
    officer_person: Person, ada: Person, sign_in: SignIn, officer: Client
) -> None:
    half = sign_in(officer_person, "spark-compliance:webhooks_write")

    assert sign_in(ada).post("/v1/webhooks", **ORG).status_code == 403
    assert half.post("/v1/webhooks", **ORG).status_code == 403
    assert officer.post("/v1/webhooks", **ORG).status_code == 200
    assert len(officer.items("/v1/webhooks", ownedBy="org")) == 1
    assert officer.items("/v1/webhooks") == []
    assert sign_in(ada).get("/v1/webhooks", ownedBy="org").status_code == 403


def test_memberships_cannot_belong_to_an_organization(officer: Client) -> None:
    refused = officer.post("/v1/webhooks", **(ORG | {"resource": "memberships"}))

    assert refused.status_code == 400


def test_there_is_one_organization_webhook_for_a_resource_and_filter(
    webex: WebexCloud, officer: Client
) -> None:
    assert officer.post("/v1/webhooks", **ORG).status_code == 200

    assert officer.post("/v1/webhooks", **(ORG | {"event": "updated"})).status_code == 409
    assert officer.post("/v1/webhooks", **(ORG | {"filter": "type=group"})).status_code == 200
    webex.switches.org_webhooks_differ_by_event = True
    assert officer.post("/v1/webhooks", **(ORG | {"event": "updated"})).status_code == 200
    assert officer.post("/v1/webhooks", **ORG).status_code == 409


def test_the_organizations_rooms_webhook_may_be_refused(webex: WebexCloud, officer: Client) -> None:
    webex.switches.org_rooms_webhook = "refused"

    assert officer.post("/v1/webhooks", **ORG).status_code == 403


def test_a_webhook_for_all_events_may_be_unknown(
    webex: WebexCloud, bot: Person, sign_in: SignIn
) -> None:
    client = sign_in(bot)
    body = HOOK | {"resource": "memberships"}
    webex.switches.webhook_event_all = False

    assert client.post("/v1/webhooks", **(body | {"event": "all"})).status_code == 400
    for event in ("created", "updated", "deleted"):
        assert client.post("/v1/webhooks", **(body | {"event": event})).status_code == 200
    webex.switches.webhook_event_all = True
    assert client.post("/v1/webhooks", **(body | {"event": "all"})).status_code == 200
    assert len(client.items("/v1/webhooks")) == 4


def test_nobody_sees_another_persons_webhook(ada: Person, grace: Person, sign_in: SignIn) -> None:
    made = sign_in(ada).post("/v1/webhooks", **HOOK).json()

    assert sign_in(grace).get(f"/v1/webhooks/{made['id']}").status_code == 404
    assert sign_in(grace).get("/v1/webhooks").json()["items"] == []
