"""The state outlives a restart of `./dev run`."""

from __future__ import annotations

import json

import pytest

from sandbox.adapter import CloudAdapter
from sandbox.microsoft import MicrosoftClouds
from tests.sandbox.microsoft.conftest import Desk, bind, group_body


def restarted(desk: Desk) -> Desk:
    """The same desk before new clouds that were given the old ones' snapshot."""
    ms = MicrosoftClouds(desk.clock, seed=7)
    ms.restore(desk.ms.snapshot())
    desk.session.mount("https://graph.microsoft.com", CloudAdapter(ms.graph))
    desk.session.mount("https://login.microsoftonline.com", CloudAdapter(ms.login))
    tenant = ms.tenants[desk.tenant.tenant_id]
    return Desk(desk.clock, ms, tenant, desk.app, desk.session, desk.token)


def test_tokens_groups_people_and_switches_are_still_there(desk: Desk) -> None:
    people = desk.people(2)
    body = group_body() | bind("owners", people[:1]) | bind("members", people)
    made = desk.upsert("webex-team-1", body).json()["id"]
    desk.tenant.group_settings = {"EnableGroupCreation": "False"}
    nested = desk.tenant.add_security_group("Staff", [people[0].object_id])
    desk.switches.drive_delay_seconds = 3
    after = restarted(desk)

    assert after.get(f"/groups/{made}").json()["displayName"] == "Crew"
    assert after.ids_of(f"/groups/{made}/members") == [p.object_id for p in people]
    assert after.upsert("webex-team-1", group_body()).status_code == 204
    assert after.call("POST", "/groups", group_body("CREW")).status_code == 400
    assert after.get(f"/drives/{desk.tenant.groups[made].drive_id}/root").status_code == 404
    assert after.tenant.group_settings == {"EnableGroupCreation": "False"}
    assert after.tenant.security_groups[nested].members == [people[0].object_id]
    assert after.switches.drive_delay_seconds == 3
    assert after.ask_token().status_code == 200


def test_ids_are_not_handed_out_twice(desk: Desk) -> None:
    old = {p.object_id for p in desk.people(50)}
    new = {p.object_id for p in restarted(desk).people(50)}

    assert not old & new


def test_a_deleted_group_stays_deleted(desk: Desk) -> None:
    made = desk.upsert("webex-team-1", group_body()).json()["id"]
    desk.call("DELETE", f"/groups/{made}")
    after = restarted(desk)

    assert after.tenant.groups[made].deleted
    assert after.upsert("webex-team-1", group_body()).status_code == 201


def test_a_delta_token_goes_on_after_a_restart(desk: Desk) -> None:
    group, people = desk.group(members=1), desk.people(3)
    path = "/groups/delta?$select=displayName,members&$deltatoken=latest"
    link = desk.get(path).json()["@odata.deltaLink"]
    group.add("members", people[0].object_id)
    after = restarted(desk)
    after.tenant.groups[group.id].add("members", people[1].object_id)
    (item,) = after.get(link).json()["value"]

    assert [p["id"] for p in item["members@delta"]] == [p.object_id for p in people[:2]]
    after.tenant.reset_delta()
    assert restarted(after).get(link).status_code == 410


def test_guests_are_still_guests(desk: Desk) -> None:
    guest = desk.tenant.add_guest("Ada", "ada@fabrikam.example")
    after = restarted(desk).tenant.users[guest.object_id]

    assert (after.user_type, after.principal) == ("Guest", guest.principal)


def test_a_foreign_snapshot_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="format"):
        desk.ms.restore(b'{"format": 0}')


def test_a_snapshot_from_before_there_was_sign_in_is_still_read(desk: Desk) -> None:
    person = desk.people(1)[0]
    old = json.loads(desk.ms.snapshot())
    del old["sessions"]
    old["consents"] = [consent[:4] for consent in old["consents"]]
    old["apps"] = [{k: app[k] for k in ("client_id", "client_secret")} for app in old["apps"]]
    for tenant in old["tenants"]:
        for name in ("plans", "cloud", "mailed", "delta_epoch", "journal"):
            del tenant[name]
        for user in tenant["users"]:
            del user["roles"], user["principal"], user["known_from"]
    desk.ms.restore(json.dumps(old).encode())

    assert desk.ask_token().status_code == 200
    assert desk.get(f"/users/{person.object_id}").status_code == 200
    assert desk.get("/organization").json()["value"][0]["assignedPlans"]
    assert desk.get("/groups/delta?$deltatoken=latest").status_code == 200
