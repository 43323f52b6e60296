"""People make further spaces in teams, rename, archive and delete them. The site is not there for a
while, the sign-in that links ends and comes back, and the setting is turned off and on again.

What people do by hand about folders and links is in `hands`; what must hold, in `shelves`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from sandbox.kit import Fault
from sandbox.microsoft.drives import root_id
from sandbox.microsoft.state import Group
from sandbox.webex.errors import Refused as WebexRefused
from sandbox.webex.state import Person, Room, Token
from shared.admin import choices, credentials
from shared.core import times
from shared.core.credential import Credential
from shared.core.model import Folder
from shared.core.model import Team as TeamRow
from shared.ports import Services
from simulation.administrator import ADMIN
from simulation.hands import Hands
from simulation.shelves import LOOK, Shelves
from simulation.universe import SCOPES, Firm, Universe

if TYPE_CHECKING:
    from shared.admin.ports import Office
    from simulation.story import Saga, Story

Act = Callable[["Office"], object]
# The share of seeds in which spaces are to have folders.
SHARE = 0.2
# Of those, the share in which the setting is turned off and on again meanwhile.
CHOSEN = 0.35
FILES = "Files.ReadWrite.All"
TITLES = ("Plans", "PLANS", "Q1/Q2: plan?", "Notes.", "CON", "Forms", "  ", "C# 100 %", "~$x_vti_")
# Who links: the officer with a sign-in for that alone, or with those for everything else; or
# somebody who may do so where they are in the space.
LINKERS = ("officer", "officer", "none", "person")


@dataclass(eq=False)
class Spaces:
    """drawn apart from everything else. linker: who links (`LINKERS`). late: the setting is off at
    first. troubles: not only people act. under_way: how many deeds are still to come or not over;
    over: when the last was."""

    universe: Universe

    def __post_init__(self) -> None:
        self.draw = Random(f"spaces {self.universe.seed}")
        self.drawn = self.draw.random() < SHARE
        self.linker = self.draw.choice(LINKERS)
        self.late = self.draw.random() < 0.2
        self.troubles = True
        self.under_way, self.over = 0, 0.0
        self.shelves = Shelves(self.universe)
        self.hands = Hands(self.universe, self.shelves, self.draw)
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
        if self.drawn and self.late:
            self.shelves.off[firm.id] = "space_folders", self.universe.scheduler.at

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
        hands = self.hands
        return [
            *(self._rename, self._rename, self._archive, self._delete, self._join),
            *(hands.link, hands.link, hands.unlink, hands.unlink, hands.put_folder),
            *(hands.rename_folder, hands.move_folder, hands.delete_folder),
            *([self._lose_site] if self.troubles else []),
        ]

    def before_the_week(self, story: Story) -> None:
        """Nobody is told of these: the weekly look finds them."""
        hands = self.hands
        deeds = (
            *(self._rename, self._rename, self._rename, hands.link, hands.unlink, self._archive),
            *(hands.rename_folder, hands.move_folder, hands.delete_folder),
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
                self.hands.rooms.setdefault(saga.team.uuid, []).append(room)
                self._made(room)

    def _made(self, room: Room) -> None:
        universe = self.universe
        self.shelves.titles[room.uuid] = [(universe.scheduler.at, room.title)]
        self.hands.happened("space made", room.title)
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
        team, webex = self.draw.choice(story.old), self.universe.webex
        if team.uuid not in webex.world.rooms or team.creator not in webex.people_of(team):
            return
        room = webex.create_space(team.creator, self._title(), team)
        self.hands.happened("space of an old team made", room.title)

    def _title(self) -> str:
        self._number += 1
        return self.draw.choice((*TITLES, f"Space {self._number}", f"Space {self._number}"))

    def _rename(self, story: Story) -> None:
        if there := self.hands.living(story):
            saga, room = self.draw.choice(there)
            before, room.title = room.title, self._title()
            if room.title != before:
                now = self.universe.scheduler.at
                self.shelves.titles[room.uuid].append((now, room.title))
            self.hands.happened("space renamed", room.title)
            self.universe.webex.actions.room_changed(room, saga.team.creator)

    def _archive(self, story: Story) -> None:
        if there := self.hands.living(story):
            saga, room = self.draw.choice(there)
            self.hands.happened("space archived", room.title)
            self.universe.webex.actions.delete_room(room, saga.team.creator)

    def _delete(self, story: Story) -> None:
        if there := self.hands.living(story):
            _, room = self.draw.choice(there)
            self.hands.happened("space deleted", room.title)
            for member in list(self.universe.webex.world.members(room.uuid)):
                self.universe.webex.world.forget_member(member)
            self.universe.webex.world.forget_room(room)

    def _join(self, story: Story) -> None:
        """Whoever may link there once they are in it."""
        if there := self.hands.living(story):
            saga, room = self.draw.choice(there)
            with suppress(WebexRefused):
                self.universe.webex.actions.join(room, saga.firm.people[0], actor=saga.team.creator)
                self.hands.touch(room.uuid)

    # Troubles

    def _lose_site(self, story: Story) -> None:
        groups = [g for s in story.there if (g := story.group_of(s)) and g.deleted is None]
        now = self.universe.scheduler.at
        groups = [g for g in groups if g.drive_ready_at is not None and g.drive_ready_at < now]
        if groups:
            group, seconds = self.draw.choice(groups), self.draw.choice((30.0, 300.0, 2000.0))
            group.drive_ready_at = self.shelves.away[group.id] = now + seconds
            self.hands.happened("site away", f"{seconds:.0f} s")
            self.universe.scheduler.sleep(seconds)

    def _lose_linker(self, story: Story) -> None:
        universe, firm = self.universe, self.draw.choice(self.universe.firms)
        token = self._tokens[firm.id]
        universe.spent |= {token.access_token, token.refresh_token}
        if token.access_token in universe.webex.world.tokens:
            universe.webex.revoke_token(token)
        self.hands.happened("linker lost", firm.org.name)
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
            off[firm.id] = name, self.universe.scheduler.at
            self.hands.happened("spaces chosen", f"{name} off")
            self.universe.scheduler.sleep(self.draw.choice((20.0, 90.0, 400.0)))
        else:
            name = "space_folders"
        off.pop(firm.id)
        self._save(story, firm, name, "yes")
        self.hands.happened("spaces chosen", f"{name} on")

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
        yield from self.shelves.miscounted(saga.firm, group, row.spaces)
        world = self.universe.webex.world
        blind = story.ends.over if story.ends.blind else 0.0
        for room in self.hands.rooms.get(saga.team.uuid, ()):
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
        by = float("inf")
        if row.folder is Folder.REFUSED and row.folder_at is not None:
            # Who links may have come into the team since: it is tried again a day later.
            by = (row.folder_at - times.PERMANENT_PAUSE) / 1000 - LOOK
        if row.folder is not Folder.LINKED and self._may_link(saga.firm, room, by):
            yield f"its folder rests as {row.folder.value!r}"

    def _may_link(self, firm: Firm, room: Room, by: float = float("inf")) -> bool:
        """Everybody is signed in by now. by: who links was in the space since then."""
        if self.linker != "person":
            return True
        person: Person = firm.people[0]
        member = self.universe.webex.world.member(room.uuid, person.uuid)
        return member is not None and member.created / 1000 <= by
