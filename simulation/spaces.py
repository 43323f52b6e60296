"""People make further spaces in teams, rename, archive and delete them; link other folders, take
links away, rename, move and delete folders in SharePoint. The site is not there for a while, the
sign-in that links ends and comes back, and the setting is turned off and on again.

What must hold is in `shelves`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from sandbox.kit import Fault
from sandbox.microsoft.drives import root_id
from sandbox.microsoft.library import DriveItem
from sandbox.microsoft.state import Group
from sandbox.webex.errors import Refused as WebexRefused
from sandbox.webex.folders import CLUSTER
from sandbox.webex.ids import encode
from sandbox.webex.state import LinkedFolder, Person, Room, Token
from shared.admin import choices, credentials
from shared.admin.ports import Credential
from shared.core.model import Folder
from shared.core.model import Team as TeamRow
from shared.ports import Services
from simulation.administrator import ADMIN
from simulation.shelves import Shelves
from simulation.universe import SCOPES, Firm, Universe

if TYPE_CHECKING:
    from shared.admin.ports import Office
    from simulation.story import Saga, Story

Act = Callable[["Office"], object]
# The share of seeds in which spaces are to have folders.
SHARE = 0.3
# Of those, the share in which the setting is turned off and on again meanwhile.
CHOSEN = 0.35
FILES = "Files.ReadWrite.All"
TITLES = ("Plans", "PLANS", "Q1/Q2: plan?", "Notes.", "CON", "Forms", "  ", "C# 100 %", "~$x_vti_")
# Who links: the officer with a sign-in for that alone, or with those for everything else; or
# somebody who may do so where they are in the space.
LINKERS = ("officer", "officer", "none", "person")


@dataclass(eq=False)
class Spaces:
    """drawn apart from everything else. rooms: the spaces that people have made, by the team.
    under_way: how many deeds are still to come or not over; over: when the last was. known: those
    that Webex has told nobody of yet."""

    universe: Universe
    rooms: dict[str, list[Room]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = Random(f"spaces {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE
        self.linker = self.draw.choice(LINKERS)
        self.late = self.draw.random() < 0.2
        self.troubles = True
        self.under_way, self.over = 0, 0.0
        self.shelves = Shelves(self.universe)
        self._tokens: dict[str, Token] = {}
        self._number = 0

    # Setting it up

    def prepare(self) -> None:
        """Before the product is set up: what the tenants allow, and which Webex and SharePoint
        these are."""
        if not self.drawn:
            return
        universe, draw = self.universe, self.draw
        universe.permissions.add(FILES)
        for firm in universe.firms:
            universe.microsoft.consent(universe.application, firm.tenant, universe.permissions)
        webex, graph = universe.webex.switches, universe.microsoft.switches
        webex.who_may_link = "participant" if self.linker == "person" else "compliance"
        webex.corrected_display_names = draw.random() < 0.5
        graph.drive_delay_seconds = draw.choice((20.0, 20.0, 400.0, 2000.0))
        graph.drive_starts_on_first_read = draw.random() < 0.3
        graph.ownerless_site_provisioned = True
        graph.listing_lag_seconds = draw.choice((0.0, 0.0, 30.0, 100.0))
        graph.conflict_behavior_in = draw.choice(("body", "url"))
        graph.hash_and_percent_refused = draw.random() < 0.3
        self.shelves.listen()

    @property
    def settings(self) -> dict[str, object]:
        if not self.drawn:
            return {"link_folders": False}
        own = {"folder_linkers": ("folders",)} if self.linker == "officer" else {}
        return {"link_folders": True, "space_folders": not self.late, **own}

    def sign_in(self, firm: Firm) -> None:
        """Whoever links, where that is somebody's own sign-in."""
        if self.signs_in:
            wiring = self.universe.become(self.universe.process_of_ours)
            wiring.credentials(firm.id).write("folders", self.signed_in(firm))
            if self.late:
                self.shelves.off[firm.id] = self.universe.scheduler.at
        elif self.drawn and self.late:
            self.shelves.off[firm.id] = self.universe.scheduler.at

    @property
    def signs_in(self) -> bool:
        return self.drawn and self.linker != "none"

    def signed_in(self, firm: Firm) -> Credential:
        who = firm.people[0] if self.linker == "person" else firm.officer
        token = self.universe.webex.issue_token(who, SCOPES, client_id="integration")
        self._tokens[firm.id] = token
        return Credential(token.access_token, token.refresh_token, round(token.expires_at * 1000))

    # What happens

    def begin(self, story: Story, length: float) -> None:
        """Two to four spaces, and whatever is done about them and their folders."""
        if not self.drawn:
            return
        draw = self.draw
        for _ in range(draw.randint(2, 4)):
            self._spawn(story, self._make, draw.uniform(0, 0.7 * length))
        for _ in range(draw.randint(2, 5)):
            deed = draw.choice(self._deeds())
            self._spawn(story, deed, draw.uniform(0.3 * length, length + 120.0))
        if self.late or (self.troubles and draw.random() < CHOSEN):
            self._spawn(story, self._choose, draw.uniform(0.2 * length, length))
        if self.troubles and self.signs_in and draw.random() < 0.4:
            self._spawn(story, self._lose_linker, draw.uniform(0.2 * length, length))
        if draw.random() < 0.3:
            self._spawn(story, self._make_in_old, draw.uniform(0, length))

    def _deeds(self) -> list[Callable[[Story], None]]:
        return [
            *(self._rename, self._rename, self._archive, self._delete, self._join),
            *(self._link, self._link, self._unlink, self._unlink, self._put_folder),
            *(self._rename_folder, self._move_folder, self._delete_folder),
            *([self._lose_site] if self.troubles else []),
        ]

    def before_the_week(self, story: Story) -> None:
        """Nobody is told of these: the weekly look finds them."""
        deeds = (
            *(self._rename, self._rename, self._rename, self._link, self._unlink, self._archive),
            *(self._rename_folder, self._move_folder, self._delete_folder),
        )
        for _ in range(self.draw.randint(1, 4)):
            self.draw.choice(deeds)(story)

    def _spawn(self, story: Story, deed: Callable[[Story], None], after: float) -> None:
        self.under_way += 1
        self.universe.scheduler.spawn(partial(self._do, story, deed), "people", after=after)

    def _do(self, story: Story, deed: Callable[[Story], None]) -> None:
        deed(story)
        self.under_way -= 1
        self.over = self.universe.scheduler.at

    def _living(self, story: Story) -> list[tuple[Saga, Room]]:
        """Spaces of teams that are there."""
        world = self.universe.webex.world
        return [
            (saga, room)
            for saga in story.there
            for room in self.rooms.get(saga.team.uuid, ())
            if room.uuid in world.rooms
        ]

    def _happened(self, what: str, named: str) -> None:
        self.universe.chaos.counts[what] += 1
        self.universe.scheduler.note(f"{named!r}: {what}")

    def _touch(self, *spaces: str) -> None:
        self.shelves.touched |= dict.fromkeys(spaces, self.universe.scheduler.at)

    # Spaces

    def _make(self, story: Story) -> None:
        if story.there:
            saga = self.draw.choice(story.there)
            people = [p for p in story.people_of(saga) if p in saga.firm.people]
            first = saga.firm.people[0]
            creator = first if first in people and self.draw.random() < 0.7 else None
            creator = creator or (self.draw.choice(people) if people else None)
            if creator is not None:
                room = self.universe.webex.create_space(creator, self._title(), saga.team)
                self.rooms.setdefault(saga.team.uuid, []).append(room)
                self._made(room)

    def _made(self, room: Room) -> None:
        universe = self.universe
        self.shelves.titles[room.uuid] = [(universe.scheduler.at, room.title)]
        self._touch(room.uuid)
        self._happened("space made", room.title)
        if self.draw.random() < 0.15:
            # Webex tells of it, and does not find it yet.
            hidden = Fault("error", path=f"^/v1/rooms/{room.id}$", method="GET", status=404)
            universe.webex.faults.append(hidden)
            universe.unseen.add(room.uuid)
            universe.scheduler.sleep(self.draw.choice((5.0, 60.0, 300.0)))
            universe.unseen.discard(room.uuid)
            universe.webex.faults.remove(hidden)
            self.shelves.unseen[room.uuid] = universe.scheduler.at

    def _make_in_old(self, story: Story) -> None:
        """In a team from before the switch: it gets nothing."""
        team = self.draw.choice(story.old)
        room = self.universe.webex.create_space(team.creator, self._title(), team)
        self._happened("space of an old team made", room.title)

    def _title(self) -> str:
        self._number += 1
        return self.draw.choice((*TITLES, f"Space {self._number}", f"Space {self._number}"))

    def _rename(self, story: Story) -> None:
        if there := self._living(story):
            saga, room = self.draw.choice(there)
            room.title = self._title()
            now = self.universe.scheduler.at
            self.shelves.titles[room.uuid].append((now, room.title))
            self._happened("space renamed", room.title)
            self.universe.webex.actions.room_changed(room, saga.team.creator)

    def _archive(self, story: Story) -> None:
        if there := self._living(story):
            saga, room = self.draw.choice(there)
            self._happened("space archived", room.title)
            self.universe.webex.actions.delete_room(room, saga.team.creator)

    def _delete(self, story: Story) -> None:
        if there := self._living(story):
            _, room = self.draw.choice(there)
            self._happened("space deleted", room.title)
            for member in list(self.universe.webex.world.members(room.uuid)):
                self.universe.webex.world.forget_member(member)
            self.universe.webex.world.forget_room(room)

    def _join(self, story: Story) -> None:
        """Whoever may link there once they are in it."""
        if there := self._living(story):
            saga, room = self.draw.choice(there)
            with suppress(WebexRefused):
                self.universe.webex.actions.join(room, saga.firm.people[0], actor=saga.team.creator)
                self._touch(room.uuid)

    # Links

    def _link(self, story: Story) -> None:
        """By hand: to something elsewhere, to a folder in the group's drive, or to that of another
        space."""
        there = self._living(story)
        if not there:
            return
        saga, room = self.draw.choice(there)
        group, kind = story.group_of(saga), self.draw.choice(("elsewhere", "drive", "another"))
        drive, item = "b!elsewhere", "01ELSEWHERE"
        if kind != "elsewhere" and group is not None and group.deleted is None:
            drive, item = group.drive_id, self._item_for(group, kind)
        world, now = self.universe.webex.world, self.universe.scheduler.at
        link = world.folder_of_room.get(room.uuid)
        if link is None:
            link = world.keep_folder(_link_of(room, saga.team.creator_uuid, round(now * 1000)))
        link.drive_id, link.item_id = drive, item
        link.content_url = f"https://{item}.example/x"
        self.shelves.linked[room.uuid, item] = now
        others = [r.uuid for _, r in there if self._leads_to(r, item)]
        self._touch(room.uuid, *others)
        self._happened("linked by hand", f"{room.title} {kind}")

    def _item_for(self, group: Group, kind: str) -> str:
        ours = [i for i in group.library.items if i in self.shelves.made]
        if kind == "another" and ours:
            return self.draw.choice(ours)
        return self._put(group, f"By hand {len(group.library.items)}").id

    def _put(self, group: Group, name: str) -> DriveItem:
        number = f"{len(self.shelves.theirs):06d}"
        item = DriveItem(f"01HAND{number}", name, self.universe.scheduler.at)
        return group.library.put(item)

    def _unlink(self, story: Story) -> None:
        world = self.universe.webex.world
        there = [r for _, r in self._living(story) if r.uuid in world.folder_of_room]
        if there:
            room = self.draw.choice(there)
            del world.linked_folders[world.folder_of_room.pop(room.uuid).id]
            self._touch(room.uuid)
            self._happened("link taken away", room.title)

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
        self._touch(*(r.uuid for _, r in self._living(story) if self._leads_to(r, item.id)))
        self._happened(what, item.name)

    def _rename_folder(self, story: Story) -> None:
        if found := self._some_folder(story):
            group, item = found
            self._touch_folder(story, item, "folder renamed by people")
            self._number += 1
            group.library.rename(item, f"Called {self._number}")

    def _move_folder(self, story: Story) -> None:
        if found := self._some_folder(story):
            group, item = found
            self._touch_folder(story, item, "folder moved by people")
            # As good as renamed: an unheard create is not found there.
            self.shelves.called[item.id] = self.universe.scheduler.at
            item.parent = self._put(group, f"Archive {len(group.library.items)}").id

    def _delete_folder(self, story: Story) -> None:
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

    def _put_folder(self, story: Story) -> None:
        """One of people's own, called as a space is or may be."""
        groups = [g for s in story.there if (g := story.group_of(s)) and g.deleted is None]
        name = self.draw.choice(("Plans", "Notes", "Space 1", "Space 2"))
        if groups and not (group := self.draw.choice(groups)).library.named(name):
            self._put(group, name)
            self._happened("folder put by people", name)

    # Troubles

    def _lose_site(self, story: Story) -> None:
        groups = [g for s in story.there if (g := story.group_of(s)) and g.deleted is None]
        now = self.universe.scheduler.at
        groups = [g for g in groups if g.drive_ready_at is not None and g.drive_ready_at < now]
        if groups:
            group, seconds = self.draw.choice(groups), self.draw.choice((30.0, 300.0, 2000.0))
            group.drive_ready_at = self.shelves.away[group.id] = now + seconds
            self._happened("site away", f"{seconds:.0f} s")
            self.universe.scheduler.sleep(seconds)

    def _lose_linker(self, story: Story) -> None:
        universe, firm = self.universe, self.draw.choice(self.universe.firms)
        token = self._tokens[firm.id]
        universe.spent |= {token.access_token, token.refresh_token}
        if token.access_token in universe.webex.world.tokens:
            universe.webex.revoke_token(token)
        self._happened("linker lost", firm.org.name)
        universe.scheduler.sleep(self.draw.choice((30.0, 300.0, 900.0)))
        self.sign_in_again(firm, partial(self._insist, story))
        universe.scheduler.note("somebody links again")

    def sign_in_again(self, firm: Firm, insist: Callable[[Firm, Act], None]) -> None:
        """Whoever links, where that is somebody's own sign-in."""
        if self.signs_in:
            insist(
                firm,
                lambda office: credentials.keep(office, ADMIN, "folders", self.signed_in(firm)),
            )

    def _choose(self, story: Story) -> None:
        """Off, and on again; or on, where it was off from the beginning."""
        firm, off = self.draw.choice(self.universe.firms), self.shelves.off
        name = self.draw.choice(("space_folders", "space_folders", "link_folders"))
        if firm.id not in off:
            self._save(story, firm, name, "no")
            off[firm.id] = self.universe.scheduler.at
            self._happened("spaces chosen", f"{name} off")
            self.universe.scheduler.sleep(self.draw.choice((20.0, 90.0, 400.0)))
        else:
            name = "space_folders"
        off.pop(firm.id)
        self._save(story, firm, name, "yes")
        self._happened("spaces chosen", f"{name} on")

    def _save(self, story: Story, firm: Firm, name: str, value: str) -> None:
        shown = {"yes": "no", "no": "yes"}[value]

        def save(office: Office) -> None:
            # A colleague has chosen meanwhile, perhaps between an answer that was lost and this.
            with suppress(choices.NotTaken):
                choices.save(office, ADMIN, {name: value}, {name: shown})

        self._insist(story, firm, save)

    def _insist(self, story: Story, firm: Firm, act: Act) -> None:
        universe = self.universe

        def pressed(_: Services) -> None:
            act(universe.become(universe.process_of_ours).office(firm.id))

        story.administrator.insist(firm, pressed)

    # At rest

    def wrong_with(self, story: Story, saga: Saga, group: Group, row: TeamRow) -> Iterator[str]:
        settings = self.universe.truth(saga.firm).organizations.settings()
        if not self.drawn or not settings.link_folders:
            return
        yield from self._wrong_general(saga, group, row)
        if not settings.gives_spaces_folders:
            return
        world = self.universe.webex.world
        blind = story.ends.over if story.ends.blind else 0.0
        for room in self.rooms.get(saga.team.uuid, ()):
            if room.uuid in world.rooms:
                may_link = self._may_link(saga.firm, room)
                for what in self.shelves.wrong_with(saga.firm, group, room, may_link, blind):
                    yield f"{room.title!r} {room.uuid[-6:]}: {what}"

    def _wrong_general(self, saga: Saga, group: Group, row: TeamRow) -> Iterator[str]:
        room = saga.team.general
        link = self.universe.webex.world.folder_of_room.get(room.uuid)
        there = (link.drive_id, link.item_id) if link else None
        linked = there == (group.drive_id, root_id(group))
        if row.folder is Folder.LINKED and not linked:
            yield f"its folder is called linked, and leads to {there}"
        if row.folder is not Folder.LINKED and self._may_link(saga.firm, room):
            yield f"its folder rests as {row.folder.value!r}"

    def _may_link(self, firm: Firm, room: Room) -> bool:
        """Everybody is signed in by now."""
        if self.linker != "person":
            return True
        member: Person = firm.people[0]
        return self.universe.webex.world.member(room.uuid, member.uuid) is not None


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
