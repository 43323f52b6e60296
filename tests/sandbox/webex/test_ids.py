"""Ids come in two forms; only the uuid inside tells what they name."""

from __future__ import annotations

import base64

import pytest

from sandbox.webex import Person, Team, WebexCloud
from sandbox.webex.ids import REGIONAL, decode, encode, key_of

from .conftest import Client


def plain(webex_id: str) -> str:
    return base64.urlsafe_b64decode(webex_id + "=" * (-len(webex_id) % 4)).decode()


def test_an_id_is_the_unpadded_base64_of_an_address() -> None:
    assert plain(encode("ROOM", "u-1", REGIONAL)) == "ciscospark://urn:TEAM:us-west-2_r/ROOM/u-1"
    assert "=" not in encode("ROOM", "u-1")


def test_decoding_takes_padded_ids_and_refuses_anything_else() -> None:
    padded = base64.b64encode(b"ciscospark://us/TEAM/u-1").decode()

    assert key_of(padded, "TEAM") == "u-1"
    assert key_of(padded, "ROOM") == ""
    for wrong in ("", "garbage", "u-1", base64.b64encode(b"u-1").decode(), "åäö", "A"):
        assert decode(wrong) is None


def test_people_and_organizations_are_always_named_in_the_us_form(
    webex: WebexCloud, ada: Person
) -> None:
    webex.switches.clusters = "regional"

    assert plain(ada.id).startswith("ciscospark://us/PEOPLE/")
    assert plain(ada.org_id).startswith("ciscospark://us/ORGANIZATION/")


@pytest.mark.parametrize(("clusters", "expected"), [("us", {"us"}), ("regional", {REGIONAL})])
def test_a_switch_chooses_the_form_of_rooms_and_teams(
    webex: WebexCloud, ada: Person, clusters: str, expected: set[str]
) -> None:
    webex.switches.clusters = clusters  # type: ignore[assignment]

    teams = [webex.create_team(ada, f"Team {n}") for n in range(8)]

    refs = [decode(each) for team in teams for each in (team.id, team.general.id)]
    assert {ref.cluster for ref in refs if ref} == expected


def test_by_default_the_forms_are_mixed_even_between_a_team_and_its_general_space(
    webex: WebexCloud, ada: Person
) -> None:
    teams = [webex.create_team(ada, f"Team {n}") for n in range(32)]

    pairs = {(decode(t.id), decode(t.general.id)) for t in teams}
    forms = {(a.cluster, b.cluster) for a, b in pairs if a and b}
    assert len(forms) == 4


def test_either_form_of_a_room_id_opens_the_room(officer: Client, team: Team) -> None:
    for cluster in ("us", REGIONAL):
        answer = officer.get(f"/v1/rooms/{encode('ROOM', team.uuid, cluster)}")

        assert answer.status_code == 200
        assert answer.json()["id"] == team.general.id


def test_a_membership_id_names_the_person_and_the_room(
    officer: Client, team: Team, ada: Person
) -> None:
    item = officer.items("/v1/memberships", roomId=team.general.id)[0]

    assert key_of(item["id"], "MEMBERSHIP") == f"{ada.uuid}:{team.uuid}"
