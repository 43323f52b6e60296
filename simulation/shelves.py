"""The folders of spaces and the links to them: what is true, who made it so, and whether it was
allowed.

At each effect: one folder for each space, made once, by us; no folder is deleted and no link of
somebody else's is overwritten; a folder is linked to its own space, in its own team's group; and
nothing is written where the setting is off. At rest: each space is linked to its one folder, or
listed for a reason that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from sandbox.microsoft.drives import root_id
from sandbox.microsoft.library import DriveItem, Library
from sandbox.microsoft.state import Group
from sandbox.microsoft.timeline import Change
from sandbox.webex.state import LinkedFolder, Room
from shared.core import times
from shared.core.folder_names import same, wishes
from shared.core.ids import TeamId
from shared.core.space_folders import SpaceFolder, SpaceState, counts
from simulation.presence import FOLDERS
from simulation.universe import Firm, Universe
from simulation.watcher import UNDER_WAY

# Seconds that a look may take, at most, and what the clocks of both sides may be off by.
LOOK, CLOCKS = 180.0, 400.0
WEEK, DAY = 7 * 86_400.0, 86_400.0
# For how long it is put off that stands so; as `shared.sync` has it.
_PAUSES = {SpaceState.SPACE_GONE: times.FULL_EVERY / 1000}


class HeardLibrary(Library):
    """Tells before anything is put, renamed or removed: what, and the name that it is to have."""

    def __init__(self, heard: Callable[[str, DriveItem, str], None]) -> None:
        super().__init__()
        self._heard = heard

    def put(self, item: DriveItem) -> DriveItem:
        self._heard("put", item, item.name)
        return super().put(item)

    def rename(self, item: DriveItem, name: str) -> None:
        self._heard("rename", item, name)
        super().rename(item, name)

    def remove(self, item_id: str) -> DriveItem:
        self._heard("remove", self.items[item_id], "")
        return super().remove(item_id)


@dataclass(eq=False)
class Shelves:
    """made: whose folder it is, by the item, of those that we made. theirs: when people put
    something there; called: when they renamed it. linked: by space and item, when people linked it;
    touched: when people last did anything about a space, its link or its folder; titles: since when
    a space is called how. hidden: `taken` before a row of ours had its id. off: which setting is
    off, and since when. away: until when a site was not there, unseen: a space, by the group and by
    the space.
    """

    universe: Universe
    made: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, float] = field(default_factory=dict)
    called: dict[str, float] = field(default_factory=dict)
    linked: dict[tuple[str, str], float] = field(default_factory=dict)
    touched: dict[str, float] = field(default_factory=dict)
    titles: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    off: dict[str, tuple[str, float]] = field(default_factory=dict)
    away: dict[str, float] = field(default_factory=dict)
    unseen: dict[str, float] = field(default_factory=dict)

    def listen(self) -> None:
        self.universe.watcher.on_group.append(self._group_changed)
        self.universe.webex.folders.listeners.append(self._links)

    def _group_changed(self, firm: Firm, change: Change) -> None:
        group = firm.tenant.groups[change.group]
        if change.what == "created":
            group.library = HeardLibrary(
                lambda what, item, name: self._heard(firm, group, what, item, name)
            )

    # At each effect

    def _heard(self, firm: Firm, group: Group, what: str, item: DriveItem, name: str) -> None:
        now, ours = self.universe.scheduler.at, self.universe.watcher.is_ours
        told = f"group {group.mail_nickname[-8:]}: {what} folder {item.name!r} {name!r}"
        self.universe.scheduler.note(told + " (us)" * ours)
        if ours:
            self._check_settings(firm, f"{what} {name!r}", FOLDERS)
            # Whose process was frozen does once more what another has done meanwhile.
            if not (what == "rename" and item.name == name and self._has_thawed()):
                self._judge(firm, group, what, item)
        elif what == "put":
            self.theirs.setdefault(item.id, now)
        elif what == "rename":
            self.renamed(group, item)

    def renamed(self, group: Group, item: DriveItem) -> None:
        """By people, or moved."""
        self.called[item.id] = self.universe.scheduler.at
        self.taken(group, item)

    def taken(self, group: Group, item: DriveItem) -> None:
        """Renamed or moved by people, or linked to another space: a create that nobody has heard
        of is not found there any more."""
        firm = next(f for f in self.universe.firms if group.id in f.tenant.groups)
        if not any(row.item == item.id for row in self._rows(firm, group)):
            self.hidden.add(item.id)

    def _has_thawed(self) -> bool:
        task = self.universe.scheduler.current
        return task is not None and task.process in self.universe.watcher.thawed

    def _judge(self, firm: Firm, group: Group, what: str, item: DriveItem) -> None:
        if what == "put":
            self.universe.watcher.ours["space folder made"] += 1
            self._judge_made(firm, group, item)
        elif what == "rename":
            self.universe.watcher.ours["space folder renamed"] += 1
            self._judge_renamed(firm, group, item)
        else:
            self._broken(f"we have deleted the folder {item.name!r}")

    def _judge_made(self, firm: Firm, group: Group, item: DriveItem) -> None:
        rows = self._rows(firm, group)
        meant = [r for r in rows if r.intent_at and same(r.name) == same(item.name)]
        if not meant and self._has_thawed():
            # Another has made it meanwhile, and people have called that one otherwise.
            self.hidden.add(item.id)
            return
        if len(meant) != 1:
            self._broken(f"{len(meant)} spaces were to have the folder {item.name!r}")
            return
        [row] = meant
        self._check_connected(firm, group, row.space)
        there = [i for i in self._folders(group, row.space) if i.id not in self.hidden]
        there += [i for i in group.library.items.values() if i.id == row.item]
        if there:
            self._broken(f"{item.name!r} is the second folder of a space after {there[0].name!r}")
        self.made[item.id] = row.space

    def _judge_renamed(self, firm: Firm, group: Group, item: DriveItem) -> None:
        row = next((r for r in self._rows(firm, group) if r.item == item.id), None)
        if row is None:
            self._broken(f"{item.name!r} is no space's folder, and was renamed")
            return
        began = self.universe.watcher.began()
        if row.title and {*self._titles(row.space, began)} == {row.title}:
            self._broken(f"{item.name!r} was renamed, and its space was not")

    def _titles(self, space: str, since: float) -> Iterator[str]:
        """What a space was called since then."""
        titles = self.titles.get(space, [])
        ends = [at for at, _ in titles[1:]] + [float("inf")]
        return (t for (_, t), until in zip(titles, ends, strict=False) if until > since)

    def _links(self, before: LinkedFolder | None, room: Room, drive: str, item: str) -> None:
        watcher = self.universe.watcher
        if not watcher.is_ours:
            return
        self.universe.scheduler.note(f"{room.title!r} of {room.uuid[-6:]} linked to {item[-6:]}")
        watcher.ours["general linked" if room.is_general else "space linked"] += 1
        firm = next(f for f in self.universe.firms if f.org.uuid == room.owner_org)
        group = watcher.group_of(room.team_uuid or "")
        if group is None or group.id not in firm.tenant.groups or group.drive_id != drive:
            self._broken(f"{room.title!r} was linked to another's drive")
            return
        wanted = {"link_folders"} if room.is_general else FOLDERS
        self._check_settings(firm, f"link of {room.title!r}", wanted)
        if room.is_general:
            if item != root_id(group):
                self._broken("a General space was linked to something else than the root")
            return
        self._check_connected(firm, group, room.uuid)
        if before is not None:
            self._judge_overwriting(before, room, drive, item)
        self._judge_linked(group, room, item)

    def _judge_overwriting(self, before: LinkedFolder, room: Room, drive: str, item: str) -> None:
        """What somebody has linked while we looked cannot be seen."""
        lately = self.touched.get(room.uuid, 0.0) >= self.universe.watcher.began()
        if (before.drive_id, before.item_id) != (drive, item) and not lately:
            self._broken(f"{room.title!r} led elsewhere, and its link was overwritten")

    def _judge_linked(self, group: Group, room: Room, item: str) -> None:
        world = self.universe.webex.world
        if self.made.get(item, room.uuid) != room.uuid:
            self._broken(f"{room.title!r} was linked to another space's folder")
        for other in world.rooms_of_team[self.universe.watcher.team_of(group)].values():
            link, by_hand = world.folder_of_room.get(other.uuid), (other.uuid, item) in self.linked
            if other is not room and link and link.item_id == item and not by_hand:
                self._broken(f"{room.title!r} was linked to the folder of {other.title!r}")
        put = self.theirs.get(item)
        chosen = (room.uuid, item) in self.linked
        if put is not None and not chosen and put + CLOCKS < room.created / 1000:
            self._broken(f"{room.title!r} was linked to a folder of people's")
        if put is None and item not in self.made:
            self._broken(f"{room.title!r} was linked to nothing")

    def _check_settings(self, firm: Firm, what: str, wanted: Set[str]) -> None:
        """As the switch: the last look at the settings said that they want it; and by truth, what
        was under way when one went off may land, nothing else."""
        watcher = self.universe.watcher
        if missing := sorted(wanted - watcher.folders_wanted()):
            self._broken(f"{what} after {missing[0]} was read as off")
        name, off = self.off.get(firm.id, ("", 0.0))
        task, now = self.universe.scheduler.current, self.universe.scheduler.at
        if name not in wanted or task is None:
            return
        if now > max(off, watcher.thawed.get(task.process, 0.0)) + UNDER_WAY:
            self._broken(f"{what}, {now - off:.1f} s after the setting went off")

    def _check_connected(self, firm: Firm, group: Group, space: str) -> None:
        row = self.universe.truth(firm).teams.read(TeamId(self.universe.watcher.team_of(group)))
        room = self.universe.webex.world.rooms.get(space)
        if row is None or not row.value.new or row.value.group_id != group.id:
            self._broken(f"{space} is of a team that is not connected")
        if room is not None and room.team_uuid != self.universe.watcher.team_of(group):
            self._broken(f"{room.title!r} is another team's, and got a folder")

    def _rows(self, firm: Firm, group: Group) -> list[SpaceFolder]:
        truth = self.universe.truth(firm)
        return [
            row.value
            for row in truth.space_folders.of_team(TeamId(self.universe.watcher.team_of(group)))
        ]

    def _folders(self, group: Group, space: str) -> list[DriveItem]:
        """Those of a space that we made and that are there."""
        items = group.library.items.values()
        return [item for item in items if self.made.get(item.id) == space]

    def _broken(self, what: str) -> None:
        self.universe.watcher.broken("spaces", what)

    # At rest

    def miscounted(self, firm: Firm, group: Group, told: Mapping[str, int]) -> Iterator[str]:
        """told: how many spaces of a team stand how, as its page says."""
        there = counts(self._rows(firm, group))
        if told != there:
            yield f"its spaces stand as {there}, and told is {told}"

    def wrong_with(
        self, firm: Firm, group: Group, room: Room, may_link: bool, blind: float
    ) -> Iterator[str]:
        """may_link: whether any of our accounts may, now. blind: when Webex last found nothing."""
        row = next((r for r in self._rows(firm, group) if r.space == room.uuid), None)
        if row is None:
            # What was told of a space that has moved since leads nowhere: it is found when the next
            # one joins.
            if room.created / 1000 > firm.on_again and not room.migrated:
                yield "nobody has heard of it"
            return
        folders = [i for i in self._folders(group, room.uuid) if i.id not in self.hidden]
        if len(folders) > 1 and not self._was_removed(folders):
            yield f"it has {len(folders)} folders"
        lost = [i for i in folders if i.id != row.item and not self._is_let_go(row, i)]
        if lost:
            yield f"its folder {lost[0].name!r} is forgotten"
        looked, now = self._looked(row), self.universe.scheduler.at
        if looked < now - WEEK - DAY:
            yield f"for {(now - looked) / DAY:.0f} days nobody has looked at it"
        if looked - LOOK <= self.touched.get(room.uuid, 0.0):
            # Whoever looks next will see what people have done.
            return
        if row.state is SpaceState.LINKED:
            yield from self._wrong_link(group, room, row)
        elif not self._is_rightly(group, room, row, may_link, blind):
            yield f"it rests as {row.state.value or 'nothing'}"

    def _looked(self, row: SpaceFolder) -> float:
        if row.state is SpaceState.LINKED:
            return row.checked / 1000
        return row.at / 1000 - _PAUSES.get(row.state, times.PERMANENT_PAUSE / 1000)

    def _is_let_go(self, row: SpaceFolder, item: DriveItem) -> bool:
        """Whether it is still to be found, people have put it back, or have linked another."""
        chosen = (row.space, row.item) in self.linked
        return bool(row.intent_at) or item.id in self.theirs or chosen

    def _was_removed(self, folders: list[DriveItem]) -> bool:
        """Another was made where people had deleted the first, which they have put back since."""
        return any(item.id in self.theirs for item in folders)

    def _wrong_link(self, group: Group, room: Room, row: SpaceFolder) -> Iterator[str]:
        link = self.universe.webex.world.folder_of_room.get(room.uuid)
        item = group.library.items.get(row.item)
        if link is None or item is None or (link.drive_id, link.item_id) != _of(group, row):
            yield f"it is called linked: link {link and link.item_id}, folder {row.item}"
            return
        titled = self.titles[room.uuid][-1][0]
        if self._looked(row) - LOOK <= titled + times.TITLE_FRESH / 1000:
            return
        if row.title != room.title:
            yield f"its folder is named after {row.title!r}"
        elif item.name not in wishes(room.title, room.uuid) and not self._by_people(row, titled):
            yield f"its folder is called {item.name!r}"

    def _by_people(self, row: SpaceFolder, titled: float) -> bool:
        """Whether people have named the folder since the space is called so, or while it was called
        so before: that it had another name in between nobody needs to have seen."""
        if (row.space, row.item) in self.linked:
            return True
        named = self.called.get(row.item, 0.0)
        return bool(named) and (
            named > titled or next(self._titles(row.space, named), "") == row.title
        )

    def _is_rightly(
        self, group: Group, room: Room, row: SpaceFolder, may_link: bool, blind: float
    ) -> bool:
        link = self.universe.webex.world.folder_of_room.get(room.uuid)
        looked, state = self._looked(row), row.state
        if state is SpaceState.FOREIGN:
            return link is not None and (link.drive_id, link.item_id) != _of(group, row)
        if state is SpaceState.DELETED:
            away = looked < self.away.get(group.id, 0.0) + LOOK
            return row.item not in group.library.items or away
        if state in (SpaceState.LINK_REFUSED, SpaceState.LINK_OLD):
            return not may_link
        if state is SpaceState.SPACE_GONE:
            return looked < max(blind, self.unseen.get(room.uuid, 0.0)) + LOOK
        return False


def _of(group: Group, row: SpaceFolder) -> tuple[str, str]:
    return group.drive_id, row.item
