"""Linked folders: one for a space, taken on trust, and who may link is disputed."""

from __future__ import annotations

import pytest

from sandbox.webex import Person, Team, WebexCloud

from .conftest import Client, SignIn

PATH = "/v1/room/linkedFolders"


@pytest.fixture
def folder(team: Team) -> dict[str, object]:
    return {
        "roomId": team.general.id,
        "contentUrl": "https://example.sharepoint.example/sites/x/Shared%20Documents",
        "displayName": "Files",
        "driveId": "b!drive",
        "itemId": "01ROOT",
        "defaultFolder": "true",
    }


def test_a_participant_links_a_folder_and_its_name_is_corrected_later(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object], team: Team
) -> None:
    client = sign_in(ada)

    made = client.post(PATH, **folder).json()

    assert made["displayName"] == "Files"
    again = client.get(f"{PATH}/{made['id']}").json()
    assert again["displayName"] == "Shared Documents"
    assert again["defaultFolder"] == "true"
    kept = webex.linked_folders[made["id"]]
    assert (kept.room_uuid, kept.drive_id, kept.creator) == (team.uuid, "b!drive", ada)


@pytest.mark.parametrize(
    "missing", ["roomId", "contentUrl", "displayName", "driveId", "itemId", "defaultFolder"]
)
def test_every_field_is_required(
    ada: Person, sign_in: SignIn, folder: dict[str, object], missing: str
) -> None:
    body = {k: v for k, v in folder.items() if k != missing}

    assert sign_in(ada).post(PATH, **body).status_code == 400


@pytest.mark.parametrize("value", [True, False, "yes", 1])
def test_the_default_folder_is_a_string_of_true_or_false(
    ada: Person, sign_in: SignIn, folder: dict[str, object], value: object
) -> None:
    answer = sign_in(ada).post(PATH, **(folder | {"defaultFolder": value}))

    assert answer.status_code == 400


def test_a_space_has_one_linked_folder(
    ada: Person, sign_in: SignIn, folder: dict[str, object]
) -> None:
    client = sign_in(ada)
    made = client.post(PATH, **folder).json()

    assert client.post(PATH, **folder).status_code == 409
    assert len(client.items(PATH, roomId=folder["roomId"])) == 1
    assert client.delete(f"{PATH}/{made['id']}").status_code == 204
    assert client.post(PATH, **folder).status_code == 200


def test_each_space_of_a_team_has_a_link_of_its_own(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object], team: Team
) -> None:
    client = sign_in(ada)
    spaces = [webex.create_space(ada, title, team) for title in ("Plans", "Budget")]
    for number, space in enumerate(spaces):
        made = client.post(PATH, **(folder | {"roomId": space.id, "itemId": f"01ITEM{number}"}))
        assert made.status_code == 200

    linked = [client.items(PATH, roomId=space.id) for space in spaces]

    assert [[each["itemId"] for each in of] for of in linked] == [["01ITEM0"], ["01ITEM1"]]
    assert client.items(PATH, roomId=team.general.id) == []


def test_a_link_that_is_changed_is_the_same_link(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object], team: Team
) -> None:
    client = sign_in(ada)
    plans = webex.create_space(ada, "Plans", team)
    made = client.post(PATH, **(folder | {"roomId": plans.id})).json()
    renamed = folder | {"roomId": plans.id, "contentUrl": "https://a.example/x/New%20name"}

    assert client.put(f"{PATH}/{made['id']}", **renamed).status_code == 200

    [link] = client.items(PATH, roomId=plans.id)
    assert (link["id"], link["displayName"]) == (made["id"], "New name")


def test_the_real_drive_names_the_folder_where_it_is_known(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object]
) -> None:
    drive = {("b!drive", "01ROOT"): "Documents"}
    webex.look_up_items(lambda drive_id, item_id: drive.get((drive_id, item_id)))
    client = sign_in(ada)

    made = client.post(PATH, **folder).json()
    kept = webex.linked_folders[made["id"]]
    assert (kept.display_name, kept.broken) == ("Documents", False)

    path = f"{PATH}/{made['id']}"
    assert client.put(path, **(folder | {"itemId": "gone"})).status_code == 200
    assert kept.broken


def test_a_link_can_be_changed_but_not_moved_to_another_space(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object], team: Team
) -> None:
    client = sign_in(ada)
    path = f"{PATH}/{client.post(PATH, **folder).json()['id']}"
    other = webex.create_space(ada, "Other")

    assert client.put(path, **(folder | {"defaultFolder": "false"})).status_code == 200
    assert client.put(path, **(folder | {"roomId": other.id})).status_code == 400
    assert client.put(path, displayName="x").status_code == 400


Roles = dict[str, Client]


@pytest.fixture
def people(
    ada: Person, officer: Client, full_admin: Client, stranger: Person, sign_in: SignIn
) -> Roles:
    return {
        "participant": sign_in(ada),
        "compliance": officer,
        "admin": full_admin,
        "stranger": sign_in(stranger),
    }


@pytest.mark.parametrize("allowed", ["participant", "compliance", "admin", "nobody"])
def test_a_switch_says_who_may_link(
    webex: WebexCloud, people: Roles, folder: dict[str, object], allowed: str
) -> None:
    webex.switches.who_may_link = allowed  # type: ignore[assignment]

    statuses = {name: client.post(PATH, **folder).status_code for name, client in people.items()}

    assert statuses == {name: 200 if name == allowed else 403 for name in people}


def test_a_bot_in_the_space_links_only_if_the_switch_says_so(
    webex: WebexCloud, team: Team, bot: Person, sign_in: SignIn, folder: dict[str, object]
) -> None:
    webex.add_member(team, bot)
    client = sign_in(bot)

    assert client.post(PATH, **folder).status_code == 403
    webex.switches.bots_may_link = True
    assert client.post(PATH, **folder).status_code == 200


def test_a_switch_may_demand_a_scope(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object]
) -> None:
    webex.switches.link_scope = "spark:rooms_write"

    assert sign_in(ada, "spark:rooms_read").post(PATH, **folder).status_code == 403
    assert sign_in(ada, "spark:rooms_write").post(PATH, **folder).status_code == 200


def test_a_link_goes_with_its_space(
    webex: WebexCloud, ada: Person, sign_in: SignIn, folder: dict[str, object], team: Team
) -> None:
    sign_in(ada).post(PATH, **folder)

    webex.delete_team(team)

    assert webex.linked_folders == {}
