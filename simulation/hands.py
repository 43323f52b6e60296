"""What people do by hand about spaces: link, take links away, put, rename, move, delete folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from sandbox.microsoft.drives import root_id
from sandbox.microsoft.library import DriveItem
from sandbox.microsoft.state import Group
from sandbox.webex.folders import CLUSTER
from sandbox.webex.ids import encode
from sandbox.webex.state import LinkedFolder, Room
from simulation.shelves import Shelves
from simulation.universe import Universe

if TYPE_CHECKING:
    from simulation.story import Saga, Story


@dataclass(eq=False)
class Hands:
    """rooms: the spaces that people have made, by the team."""

    universe: Universe
    shelves: Shelves
    draw: Random
    rooms: dict[str, list[Room]] = field(default_factory=dict)
    _number: int = 0

    def living(self, story: Story) -> list[tuple[Saga, Room]]:
        """Spaces of teams that are there."""
        world = self.universe.webex.world
        return [
            (saga, room)
            for saga in story.there
            for room in self.rooms.get(saga.team.uuid, ())
            if room.uuid in world.rooms
        ]

    def happened(self, what: str, named: str) -> None:
        self.universe.chaos.counts[what] += 1
        self.universe.scheduler.note(f"{named!r}: {what}")

    def touch(self, *spaces: str) -> None:
        self.shelves.touched |= dict.fromkeys(spaces, self.universe.scheduler.at)

    # Links

    def link(self, story: Story) -> None:
        """By hand: to something elsewhere, to a folder in the group's drive, or to that of another
        space."""
        there = self.living(story)
        if not there:
            return
        saga, room = self.draw.choice(there)
        group, kind = story.group_of(saga), self.draw.choice(("elsewhere", "drive", "another"))
        drive, item = "b!elsewhere", "01ELSEWHERE"
        if kind != "elsewhere" and group is not None and group.deleted is None:
            drive, item = group.drive_id, self._item_for(group, room, kind)
        world, now = self.universe.webex.world, self.universe.scheduler.at
        link = world.folder_of_room.get(room.uuid)
        if link is None:
            link = world.keep_folder(_link_of(room, saga.team.creator_uuid, round(now * 1000)))
        link.drive_id, link.item_id = drive, item
        link.content_url = f"https://{item}.example/x"
        self.shelves.linked[room.uuid, item] = now
        others = [r.uuid for _, r in there if self._leads_to(r, item)]
        self.touch(room.uuid, *others)
        self.happened("linked by hand", f"{room.title} {kind}")

    def _item_for(self, group: Group, room: Room, kind: str) -> str:
        ours = [i for i in group.library.items if i in self.shelves.made]
        if kind == "another" and ours:
            item = self.draw.choice(ours)
            if self.shelves.made[item] != room.uuid:
                self.shelves.taken(group, group.library.items[item])
            return item
        return self._put(group, f"By hand {len(group.library.items)}").id

    def _put(self, group: Group, name: str) -> DriveItem:
        number = f"{len(self.shelves.theirs):06d}"
        item = DriveItem(f"01HAND{number}", name, self.universe.scheduler.at)
        return group.library.put(item)

    def unlink(self, story: Story) -> None:
        world = self.universe.webex.world
        there = [r for _, r in self.living(story) if r.uuid in world.folder_of_room]
        if there:
            room = self.draw.choice(there)
            del world.linked_folders[world.folder_of_room.pop(room.uuid).id]
            self.touch(room.uuid)
            self.happened("link taken away", room.title)

    def _leads_to(self, room: Room, item: str) -> bool:
        link = self.universe.webex.world.folder_of_room.get(room.uuid)
        made = self.shelves.made.get(item) == room.uuid
        return made or (link is not None and link.item_id == item)

    # Folders

    def _some_folder(self, story: Story) -> tuple[Group, DriveItem] | None:
        """One that lies in the root of a group's drive, and that we know whose it is."""
        groups = [g for s in story.there if (g := story.group_of(s)) and g.deleted is None]
        found = [(g, i) for g in groups for i in g.library.within() if i.id != root_id(g)]
        return self.draw.choice(found) if found else None

    def _touch_folder(self, story: Story, item: DriveItem, what: str) -> None:
        self.touch(*(r.uuid for _, r in self.living(story) if self._leads_to(r, item.id)))
        self.happened(what, item.name)

    def rename_folder(self, story: Story) -> None:
        if found := self._some_folder(story):
            group, item = found
            self._touch_folder(story, item, "folder renamed by people")
            self._number += 1
            group.library.rename(item, f"Called {self._number}")

    def move_folder(self, story: Story) -> None:
        if found := self._some_folder(story):
            group, item = found
            self._touch_folder(story, item, "folder moved by people")
            # As good as renamed: an unheard create is not found there.
            self.shelves.renamed(group, item)
            item.parent = self._put(group, f"Archive {len(group.library.items)}").id

    def delete_folder(self, story: Story) -> None:
        """Into the recycle bin; some are taken out of there again."""
        if found := self._some_folder(story):
            group, item = found
            self._touch_folder(story, item, "folder deleted by people")
            group.library.remove(item.id)
            if self.draw.random() < 0.4 and self.universe.scheduler.current is not None:
                self.universe.scheduler.sleep(self.draw.uniform(20.0, 600.0))
                if not group.library.named(item.name, item.parent):
                    self._touch_folder(story, item, "folder restored by people")
                    group.library.put(item)

    def put_folder(self, story: Story) -> None:
        """One of people's own, called as a space is or may be."""
        groups = [g for s in story.there if (g := story.group_of(s)) and g.deleted is None]
        name = self.draw.choice(("Plans", "Notes", "Space 1", "Space 2"))
        if groups and not (group := self.draw.choice(groups)).library.named(name):
            self._put(group, name)
            self.happened("folder put by people", name)


def _link_of(room: Room, creator: str, created: int) -> LinkedFolder:
    return LinkedFolder(
        id=encode("TABS", room.world.new_uuid(), CLUSTER),
        room_uuid=room.uuid,
        drive_id="",
        item_id="",
        default_folder="true",
        display_name="Other",
        content_url="",
        creator_uuid=creator,
        created=created,
        world=room.world,
    )
