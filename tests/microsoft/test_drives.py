"""Folders in a group's drive, as the app of one tenant."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from sandbox.microsoft import Group
from sandbox.microsoft.library import DriveItem
from shared.core.errors import AnswerUnknown, NotThere, PermissionMissing, Refused, Unavailable
from shared.core.model import Drive
from shared.microsoft.drives import DriveClient
from shared.microsoft.protocol import Kind
from tests.microsoft.test_graph import GRAPH, PERMISSIONS, Desk

FILES = "Files.ReadWrite.All"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.consent(*PERMISSIONS, FILES)
    return desk


@pytest.fixture
def group(desk: Desk) -> Group:
    group = desk.group()
    group.drive_ready_at = group.created
    return group


@pytest.fixture
def drive(group: Group) -> Drive:
    return Drive(group.drive_id, f"01{group.drive_id[2:34].upper()}", group.web_url)


@pytest.fixture
def client(desk: Desk) -> DriveClient:
    return DriveClient(desk.client.http, GRAPH, desk.client.tokens)


def test_a_folder_is_made_found_and_renamed(
    client: DriveClient, group: Group, drive: Drive, desk: Desk
) -> None:
    made = client.create_folder(drive, "Plans & 100 %")

    assert client.children(drive) == [made]
    assert client.item(drive, made.id) == made
    assert client.named(drive, "plans & 100 %") == made
    assert (made.name, made.folder) == ("Plans & 100 %", True)
    assert made.created == round(desk.clock.now() * 1000)
    renamed = client.rename(drive, made.id, "Åre #1")
    assert (renamed.id, renamed.name) == (made.id, "Åre #1")
    assert client.rename(drive, made.id, "Åre #1") == renamed
    assert [item.name for item in group.library.within()] == ["Åre #1"]


def test_all_pages_of_the_root_are_read(client: DriveClient, group: Group, drive: Drive) -> None:
    for number in range(1001):
        group.library.put(DriveItem(f"01{number}", f"{number}.txt", 0, is_folder=False))

    found = client.children(drive)

    assert len(found) == 1001
    assert not any(item.folder for item in found)


@pytest.mark.parametrize("place", ["body", "url"])
def test_a_name_that_is_taken_makes_nothing(
    client: DriveClient, group: Group, drive: Drive, desk: Desk, place: str
) -> None:
    desk.switches.conflict_behavior_in = place  # type: ignore[assignment]
    client.create_folder(drive, "Plans")
    other = client.create_folder(drive, "Other")

    with pytest.raises(Refused) as made:
        client.create_folder(drive, "PLANS")
    with pytest.raises(Refused) as renamed:
        client.rename(drive, other.id, "plans")

    assert (made.value.kind, renamed.value.kind) == (Kind.NAME_TAKEN, Kind.NAME_TAKEN)
    assert len(group.library.items) == 2


def test_a_name_that_sharepoint_refuses_is_another_refusal(
    client: DriveClient, drive: Drive
) -> None:
    with pytest.raises(Refused) as refused:
        client.create_folder(drive, "a:b")

    assert refused.value.kind == Kind.REFUSED


def test_what_is_not_there_is_nothing(client: DriveClient, drive: Drive) -> None:
    assert client.item(drive, "01NOTHING") is None
    assert client.named(drive, "nothing") is None
    with pytest.raises(NotThere):
        client.children(Drive("b!elsewhere", "01ROOT", ""))


def test_without_the_permission_nothing_is_written(
    client: DriveClient, drive: Drive, desk: Desk
) -> None:
    desk.consent(*PERMISSIONS, "Sites.Read.All")

    with pytest.raises(PermissionMissing):
        client.create_folder(drive, "Plans")
    assert client.children(drive) == []


def test_a_lost_answer_is_told_from_a_read_that_failed(
    client: DriveClient, drive: Drive, desk: Desk
) -> None:
    desk.clouds.graph.faults.append(Fault("lost", method="POST", path="/drives/", times=1))
    with pytest.raises(AnswerUnknown):
        client.create_folder(drive, "Plans")
    assert client.named(drive, "Plans") is not None

    desk.clouds.graph.faults.append(Fault("error", method="GET", path="/drives/"))
    with pytest.raises(Unavailable):
        client.children(drive)


@pytest.mark.parametrize("item", ["../x", "a/b", "?x", "#"])
def test_an_id_is_one_part_of_the_path(client: DriveClient, drive: Drive, item: str) -> None:
    assert client.item(drive, item) is None
