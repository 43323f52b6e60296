"""A settled team whose further spaces are to have folders."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.microsoft.state import Group
from sandbox.webex.state import LinkedFolder, Person, Room, Team
from shared.admin import choices
from shared.core.ids import OrgId, TeamId
from shared.core.model import Folder
from shared.core.space_folders import SpaceFolder, SpaceState
from tests.journeys.stage import PERMISSIONS, Stage
from tests.journeys.standing import ADMIN, change

FILES = "Files.ReadWrite.All"
WEEK = 7 * 86_400
FOLDERS = r"/drives/"
LINKS = r"/v1/room/linkedFolders"


@dataclass
class Building:
    """A settled team whose General space is linked; further spaces are to have folders."""

    stage: Stage
    ada: Person
    team: Team

    @property
    def group(self) -> Group:
        found = self.stage.group_of(self.team)
        assert found is not None
        return found

    def space(self, title: str) -> Room:
        return self.stage.webex.create_space(self.ada, title, self.team)

    def link(self, room: Room) -> LinkedFolder | None:
        return self.stage.webex.world.folder_of_room.get(room.uuid)

    def folder(self, room: Room) -> str:
        """The name of the folder in the group's drive that a space is linked to, "" for none."""
        link = self.link(room)
        if link is None or link.drive_id != self.group.drive_id:
            return ""
        item = self.group.library.items.get(link.item_id)
        return item.name if item else ""

    @property
    def folders(self) -> list[str]:
        return sorted(item.name for item in self.group.library.within())

    @property
    def rows(self) -> dict[str, SpaceFolder]:
        found = self.stage.services.space_folders.of_team(TeamId(self.team.uuid))
        return {row.value.space: row.value for row in found}

    def state(self, room: Room) -> SpaceState:
        return self.rows[room.uuid].state


def consent(stage: Stage, *permissions: str) -> None:
    stage.microsoft.consent(stage.application, stage.tenant, permissions)
    # Tokens from before live on in the app; a new process has none.
    stage.redeploy()


def build(stage: Stage, *, permitted: bool = True, chosen: bool = True) -> Building:
    if permitted:
        consent(stage, *PERMISSIONS, FILES)
    change(stage, space_folders=chosen)
    ada = stage.person("Ada")
    team = stage.team(ada, stage.people(2), "Project X")
    stage.settle()

    assert stage.row(team).folder is Folder.LINKED
    return Building(stage, ada, team)


def choose(at: Building, value: str) -> None:
    was = {"yes": "no", "no": "yes"}[value]
    office = at.stage.wiring.office(OrgId(at.stage.org.uuid))
    assert choices.save(office, ADMIN, {"space_folders": value}, {"space_folders": was})


def link_folder(stage: Stage, room: Room, drive: str, item: str) -> None:
    """Somebody else does."""
    token = stage.webex.issue_token(stage.officer, {"spark-compliance:rooms_read"})
    body = {
        "roomId": room.id,
        "contentUrl": "https://elsewhere.example/x",
        "displayName": "Other",
        "driveId": drive,
        "itemId": item,
        "defaultFolder": "true",
    }
    answer = stage.wiring.session().post(
        "https://webexapis.com/v1/room/linkedFolders",
        headers={"Authorization": f"Bearer {token.access_token}"},
        json=body,
    )
    assert answer.status_code == 200


def rename(at: Building, room: Room, title: str) -> None:
    room.title = title
    at.stage.webex.actions.room_changed(room, at.ada)
