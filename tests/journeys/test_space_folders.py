"""A team's further spaces: each gets a folder in the group's site, once, and is linked to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.library import DriveItem
from sandbox.microsoft.state import Group
from sandbox.webex.state import LinkedFolder, Person, Room, Team
from shared.admin import again, choices, connecting
from shared.core.ids import OrgId, TeamId
from shared.core.model import Folder, Status
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.ports import Space
from shared.sync.preview import preview
from shared.sync.space_adoption import ADOPTION
from shared.sync.waking import waking
from tests.journeys.fate import Fate, Mortal, endure
from tests.journeys.stage import PERMISSIONS, Stage, nudge
from tests.journeys.standing import ADMIN, change, later, live

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


@pytest.fixture
def at(heard: Stage) -> Building:
    return build(heard)


@pytest.fixture
def quiet(stage: Stage) -> Building:
    return build(stage)


def test_a_space_that_moved_to_another_geography_keeps_its_folder(at: Building) -> None:
    plans = at.space("Plans")
    at.stage.run(120)
    link = at.link(plans)
    at.stage.webex.migrate_team(at.team)
    plans.title = "Plans for May"

    later(at.stage, 2 * WEEK)

    assert at.link(plans) == link
    assert (at.state(plans), at.folder(plans)) == (SpaceState.LINKED, "Plans for May")
    assert at.rows[plans.uuid].space_id == plans.id


def test_each_further_space_is_linked_to_a_folder_of_its_own(at: Building) -> None:
    plans, budget = at.space("Plans"), at.space("Budget")

    at.stage.run(120)

    assert (at.folder(plans), at.folder(budget)) == ("Plans", "Budget")
    assert at.folders == ["Budget", "Plans"]
    assert at.stage.row(at.team).spaces == {"linked": 2}
    assert at.link(plans) != at.link(at.team.general)


def test_without_the_setting_no_space_gets_a_folder_and_later_all_do(heard: Stage) -> None:
    at = build(heard, chosen=False)
    plans = at.space("Plans")
    heard.run(120)
    assert at.link(plans) is None

    change(heard, space_folders=True)
    heard.webex.add_member(at.team, heard.person())
    heard.run(120)

    assert at.folder(plans) == "Plans"


def test_an_ordinary_space_gets_none(at: Building) -> None:
    room = at.stage.webex.create_space(at.ada, "Lunch")

    at.stage.run(120)

    assert at.link(room) is None
    assert at.folders == []


def test_a_space_from_before_the_site_was_ready_gets_its_folder_later(heard: Stage) -> None:
    consent(heard, *PERMISSIONS, FILES)
    change(heard, space_folders=True)
    heard.microsoft.switches.drive_delay_seconds = 400
    ada = heard.person()
    team = heard.team(ada)
    plans = heard.webex.create_space(ada, "Plans", team)
    at = Building(heard, ada, team)

    heard.settle()
    assert at.link(plans) is None
    heard.run(700)

    assert at.folder(plans) == "Plans"


@pytest.mark.parametrize(
    "title", ['Q1/Q2: "plan"?', "CON", "  .  ", "~$x", "a_vti_b", "Forms", "x" * 300, "🚀" * 150]
)
def test_a_title_that_sharepoint_refuses_is_made_one_that_it_takes(
    quiet: Building, title: str
) -> None:
    room = quiet.space(title)

    quiet.stage.run(120)

    assert quiet.folder(room)
    assert quiet.state(room) is SpaceState.LINKED


def test_spaces_of_one_name_have_two_folders(quiet: Building) -> None:
    one, other = quiet.space("Plans"), quiet.space("PLANS")

    quiet.stage.run(120)

    assert len(quiet.folders) == 2
    assert {quiet.folder(one).casefold()[:5], quiet.folder(other).casefold()[:5]} == {"plans"}
    assert quiet.folder(one) != quiet.folder(other)


@pytest.mark.parametrize("place", ["body", "url"])
def test_a_folder_of_that_name_that_people_made_is_left_alone(quiet: Building, place: str) -> None:
    quiet.stage.microsoft.switches.conflict_behavior_in = place  # type: ignore[assignment]
    theirs = quiet.group.library.put(DriveItem("01THEIRS", "plans", quiet.stage.clock.now()))
    room = quiet.space("Plans")

    quiet.stage.run(120)

    assert theirs.name == "plans"
    assert quiet.folder(room) == f"Plans ({room.uuid[:8]})"


def test_a_name_that_is_taken_unseen_gives_way_to_another(quiet: Building) -> None:
    """As SharePoint's own hidden folders are."""
    quiet.stage.microsoft.switches.listing_lag_seconds = 86_400
    quiet.group.library.put(DriveItem("01HIDDEN", "Plans", quiet.stage.clock.now()))
    room = quiet.space("Plans")

    quiet.stage.run(120)

    assert quiet.folder(room) == f"Plans ({room.uuid[:8]})"


def test_a_tenant_that_forbids_more_gets_plainer_names(quiet: Building) -> None:
    quiet.stage.microsoft.switches.hash_and_percent_refused = True
    room = quiet.space("C# 100 %")

    quiet.stage.run(120)

    assert quiet.folder(room) == f"Space C 100-{room.uuid[:8]}"


def rename(at: Building, room: Room, title: str) -> None:
    room.title = title
    at.stage.webex.actions.room_changed(room, at.ada)


def test_a_renamed_spaces_folder_follows_and_stays_the_same_item(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    before = quiet.rows[room.uuid]
    rename(quiet, room, "Plans 2027")

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans 2027"
    link = quiet.link(room)
    assert link is not None
    assert link.item_id == before.item
    assert link.content_url.endswith("/Plans%202027")
    assert quiet.folders == ["Plans 2027"]


def test_a_name_that_people_gave_a_folder_stays_until_the_space_is_renamed(
    quiet: Building,
) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    item = quiet.group.library.items[quiet.rows[room.uuid].item]
    item.name = "Our plans"

    later(quiet.stage, 2 * WEEK)
    assert quiet.folder(room) == "Our plans"
    rename(quiet, room, "Plans 2027")
    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans 2027"


def test_a_folder_that_people_moved_stays_linked(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    archive = quiet.group.library.put(DriveItem("01ARCHIVE", "Archive", quiet.stage.clock.now()))
    quiet.group.library.items[quiet.rows[room.uuid].item].parent = archive.id

    later(quiet.stage, 2 * WEEK)

    assert quiet.state(room) is SpaceState.LINKED
    assert quiet.folder(room) == "Plans"
    assert quiet.folders == ["Archive"]


def test_a_link_that_somebody_took_away_is_made_again(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    world = quiet.stage.webex.world
    del world.linked_folders[world.folder_of_room.pop(room.uuid).id]

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans"
    assert quiet.folders == ["Plans"]


def test_another_folder_linked_meanwhile_is_listed_and_left_alone(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    link = quiet.link(room)
    assert link is not None
    link.drive_id, link.item_id = "b!elsewhere", "01ELSEWHERE"

    later(quiet.stage, WEEK)

    assert quiet.state(room) is SpaceState.FOREIGN
    assert quiet.stage.row(quiet.team).spaces == {"space_folder_foreign": 1}
    assert (link.drive_id, link.item_id) == ("b!elsewhere", "01ELSEWHERE")


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


def test_a_space_with_another_folder_from_the_beginning_gets_none(quiet: Building) -> None:
    room = quiet.space("Plans")
    link_folder(quiet.stage, room, "b!elsewhere", "01ELSEWHERE")

    quiet.stage.run(120)

    assert quiet.state(room) is SpaceState.FOREIGN
    assert quiet.folders == []


def test_a_folder_of_the_groups_drive_that_was_linked_by_hand_is_the_spaces(
    quiet: Building,
) -> None:
    quiet.group.library.put(DriveItem("01BYHAND", "By hand", quiet.stage.clock.now()))
    room = quiet.space("Plans")
    link_folder(quiet.stage, room, quiet.group.drive_id, "01BYHAND")

    quiet.stage.run(120)

    assert quiet.state(room) is SpaceState.LINKED
    assert quiet.folders == ["By hand"]


def test_a_folder_that_was_linked_by_hand_keeps_its_name_until_the_space_is_renamed(
    stage: Stage,
) -> None:
    """The space was called otherwise when it was heard of, long before it was to have a folder."""
    at = build(stage, chosen=False)
    room = at.space("Old")
    stage.run(120)
    rename(at, room, "New")
    at.group.library.put(DriveItem("01BYHAND", "Contracts", stage.clock.now()))
    link_folder(stage, room, at.group.drive_id, "01BYHAND")
    stage.clock.advance(86_400)
    choose(at, "yes")
    stage.run(300)

    assert at.state(room) is SpaceState.LINKED
    assert at.folders == ["Contracts"]
    rename(at, room, "Newer")
    later(stage, WEEK)
    assert at.folders == ["Newer"]


def test_a_link_that_graph_does_not_understand_is_that_spaces_trouble_alone(
    quiet: Building,
) -> None:
    quiet.stage.microsoft.graph.faults.append(Fault("error", path="/items/01ODD", status=400))
    odd, other = quiet.space("Odd"), quiet.space("Other")
    link_folder(quiet.stage, odd, quiet.group.drive_id, "01ODD")

    quiet.stage.run(120)

    assert quiet.folder(other) == "Other"
    assert quiet.state(odd) is SpaceState.WAITING
    assert quiet.stage.row(quiet.team).status is not Status.NEEDS_PERSON


def test_a_deleted_folder_is_told_and_comes_back_out_of_the_recycle_bin(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    deleted = quiet.group.library.remove(quiet.rows[room.uuid].item)

    later(quiet.stage, WEEK)
    assert quiet.state(room) is SpaceState.DELETED
    assert quiet.folders == []
    quiet.group.library.put(deleted)
    later(quiet.stage, 2 * 86_400)

    assert quiet.state(room) is SpaceState.LINKED
    assert quiet.folder(room) == "Plans"


def test_a_deleted_folder_whose_link_was_taken_away_is_made_anew(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    quiet.group.library.remove(quiet.rows[room.uuid].item)
    world = quiet.stage.webex.world
    del world.linked_folders[world.folder_of_room.pop(room.uuid).id]

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans"


def test_without_the_permission_it_is_told_and_a_consent_mends_it(heard: Stage) -> None:
    at = build(heard, permitted=False)
    plans = at.space("Plans")
    heard.run(120)
    assert at.state(plans) is SpaceState.NO_PERMISSION

    consent(heard, *PERMISSIONS, FILES)
    later(heard, 2 * 86_400)

    assert at.folder(plans) == "Plans"
    assert at.folders == ["Plans"]


def test_where_nobody_may_link_there_is_a_folder_to_link_by_hand(quiet: Building) -> None:
    quiet.stage.webex.switches.who_may_link = "nobody"
    room = quiet.space("Plans")

    quiet.stage.run(120)

    assert quiet.state(room) is SpaceState.LINK_REFUSED
    assert quiet.folders == ["Plans"]
    quiet.stage.webex.switches.who_may_link = "compliance"
    later(quiet.stage, 2 * 86_400)
    assert quiet.folder(room) == "Plans"
    assert quiet.folders == ["Plans"]


def test_a_link_that_nobody_of_us_may_rename_is_told_until_somebody_links_anew(
    quiet: Building,
) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    refused = Fault("error", path=LINKS, method="PUT", status=403)
    quiet.stage.webex.faults.append(refused)
    rename(quiet, room, "Plans 2027")
    later(quiet.stage, WEEK)
    told, folder, link = quiet.state(room), quiet.folder(room), quiet.link(room)

    assert link is not None
    link.content_url = quiet.rows[room.uuid].url
    later(quiet.stage, 2 * 86_400)

    assert told is SpaceState.LINK_OLD
    assert folder == "Plans 2027"
    assert quiet.state(room) is SpaceState.LINKED


def test_a_space_that_is_gone_keeps_its_folder_and_is_no_trouble(quiet: Building) -> None:
    room, other = quiet.space("Plans"), quiet.space("Budget")
    quiet.stage.run(120)
    quiet.stage.webex.world.forget_room(room)

    later(quiet.stage, 2 * WEEK)

    assert quiet.state(room) is SpaceState.SPACE_GONE
    assert quiet.folders == ["Budget", "Plans"]
    assert quiet.folder(other) == "Budget"


def test_a_space_that_may_not_be_read_any_more_keeps_its_folder_and_its_name(
    quiet: Building,
) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    quiet.stage.webex.faults.append(Fault("error", path=f"/v1/rooms/{room.id}", status=403))

    later(quiet.stage, 2 * WEEK)

    assert quiet.state(room) is SpaceState.LINKED
    assert quiet.folders == ["Plans"]


def test_no_folder_is_named_after_a_space_that_may_not_be_read(quiet: Building) -> None:
    quiet.stage.watching = False
    room = quiet.space("Plans")
    quiet.stage.webex.outbox.clear()
    quiet.stage.services.space_folders.add(SpaceFolder(TeamId(quiet.team.uuid), room.uuid, room.id))
    quiet.stage.webex.faults.append(Fault("error", path=f"/v1/rooms/{room.id}", status=403))

    quiet.stage.work(nudge(quiet.stage, quiet.team.general.id))

    assert quiet.state(room) is SpaceState.LINK_REFUSED
    assert quiet.folders == []


def test_one_spaces_trouble_is_not_the_others(quiet: Building) -> None:
    rooms = [quiet.space(f"Space {number}") for number in range(5)]
    bad = rooms[2]
    quiet.stage.webex.faults.append(
        Fault("error", path=LINKS, status=500, when=lambda r: r.arg("roomId") == bad.id)
    )

    quiet.stage.run(120)

    good = [room for room in rooms if room is not bad]
    assert all(quiet.state(room) is SpaceState.LINKED for room in good)
    assert quiet.state(bad) is SpaceState.WAITING
    quiet.stage.webex.faults.clear()
    quiet.stage.run(600)
    assert quiet.folder(bad) == "Space 2"


Lose = Callable[[Stage], None]


def lose(cloud: str, method: str, path: str, kind: str) -> Lose:
    def do(stage: Stage) -> None:
        where = stage.webex if cloud == "webex" else stage.microsoft.graph
        where.faults.append(Fault(kind, method=method, path=path, times=1, status=503))

    return do


WRITES = {
    "folder": ("graph", "POST", FOLDERS),
    "link": ("webex", "POST", LINKS),
}


@pytest.mark.parametrize("lag", [0, 60, 1200])
@pytest.mark.parametrize("kind", ["lost", "error", "throttle"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_was_not_heard_makes_no_second_folder_or_link(
    quiet: Building, write: str, kind: str, lag: int
) -> None:
    quiet.stage.microsoft.switches.listing_lag_seconds = lag
    lose(*WRITES[write], kind)(quiet.stage)
    room = quiet.space("Plans")

    live(quiet.stage, 600)
    later(quiet.stage, 4000)

    assert quiet.folder(room)
    assert len(quiet.folders) == 1
    assert quiet.state(room) is SpaceState.LINKED


@pytest.mark.parametrize("kind", ["lost", "error"])
def test_a_rename_that_was_not_heard_is_made_once_more(quiet: Building, kind: str) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    rename(quiet, room, "Plans 2027")
    lose("graph", "PATCH", FOLDERS, kind)(quiet.stage)

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans 2027"
    assert quiet.folders == ["Plans 2027"]


def test_off_stops_before_the_next_folder(quiet: Building) -> None:
    quiet.space("Plans")
    quiet.stage.turn_off()

    quiet.stage.run(120)

    assert quiet.folders == []


def test_the_setting_turned_off_stops_before_the_next_folder(stage: Stage) -> None:
    """In the middle of a look, as the switch does; a call that is under way may land."""
    at = build(stage, chosen=False)
    rooms = [at.space("Plans"), at.space("Budget"), at.space("Travel")]
    stage.run(120)
    fate = Fate(stage)
    stage.redeploy()

    def off_once_a_folder_is_made() -> None:
        if at.folders:
            change(stage, space_folders=False)

    fate.at_each_call(off_once_a_folder_is_made)
    choose(at, "yes")
    stage.run(180)
    made = at.folders
    fate.at_call("", 0)
    choose(at, "yes")
    later(stage, 3600)

    assert len(made) == 1
    assert sorted(map(at.folder, rooms)) == at.folders == ["Budget", "Plans", "Travel"]


@pytest.mark.parametrize("call", [1, 2, 3])
def test_what_people_make_while_the_setting_is_off_is_theirs(stage: Stage, call: int) -> None:
    """Also where we were about to make a folder of that name when it was turned off."""
    at = build(stage, chosen=False)
    room = at.space("Plans")
    stage.run(120)
    fate = Fate(stage)
    stage.redeploy()

    def turn_it_off() -> None:
        change(stage, space_folders=False)

    fate.at_call("meanwhile", call, turn_it_off)
    choose(at, "yes")
    stage.run(300)
    stopped = fate.struck, at.folders
    stage.clock.advance(3 * 86_400)
    theirs = at.group.library.put(DriveItem("01PEOPLES", "Plans", stage.clock.now()))
    stage.clock.advance(3_600)

    choose(at, "yes")
    later(stage, 3_600)

    assert stopped == (True, [])
    link = at.link(room)
    assert link is not None
    assert link.item_id != theirs.id
    assert at.state(room) is SpaceState.LINKED


def test_what_people_make_while_we_are_to_be_patient_is_theirs(stage: Stage) -> None:
    """A throttled create has made nothing; what is called so afterwards, somebody else has."""
    at = build(stage)
    busy = Fault("throttle", method="POST", path="/children$", seconds=600, times=1)
    stage.microsoft.graph.faults.append(busy)
    room = at.space("Plans")
    stage.run(200)
    assert at.folders == []
    theirs = at.group.library.put(DriveItem("01PEOPLES", "Plans", stage.clock.now()))

    later(stage, 3_600)

    link = at.link(room)
    assert link is not None
    assert link.item_id != theirs.id


@pytest.mark.parametrize("chosen", [True, False])
def test_without_linking_the_general_space_is_not_linked_either(stage: Stage, chosen: bool) -> None:
    """Turned off just before the link is made."""
    change(stage, link_folders=True)
    fate = Fate(stage)
    stage.redeploy()
    stage.team(stage.person("Ada"), stage.people(2), "Project X")

    def off_once_the_root_is_known() -> None:
        if not chosen and any("/drive/root" in c.path for c in stage.microsoft.graph.log):
            change(stage, link_folders=False)

    fate.at_each_call(off_once_the_root_is_known)
    stage.settle()

    assert fate.struck
    assert len(stage.webex.linked_folders) == chosen


# One look at a new space: whoever dies at a call or a write to storage is followed by another.


def ends_well(at: Building, room: Room) -> None:
    endure(at.stage, 300)
    assert at.folder(room) == "Plans"
    assert at.folders == ["Plans"]
    assert len(at.stage.webex.linked_folders) == 2
    assert at.state(room) is SpaceState.LINKED


@pytest.mark.parametrize("kind", ["dies before", "dies after", "lost", "failed", "throttled"])
def test_at_every_call_something_may_happen_and_there_is_one_folder_and_one_link(
    make_stage: Callable[[int], Stage], kind: str
) -> None:
    struck, call = True, 0
    while struck:
        call += 1
        stage = make_stage(call)
        stage.install()
        stage.turn_on()
        at = build(stage)
        fate = Fate(stage)
        # A new process, whose sessions are these.
        stage.redeploy()
        room = at.space("Plans")
        fate.at_call(kind, call)
        ends_well(at, room)
        struck = fate.struck

    assert call > 6


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_at_every_write_to_storage_the_process_may_die(
    make_stage: Callable[[int], Stage], after: bool
) -> None:
    struck, write = True, 0
    while struck and write < 30:
        write += 1
        stage = make_stage(write)
        stage.install()
        stage.turn_on()
        at = build(stage)
        mortal = Mortal(stage)
        room = at.space("Plans")
        mortal.arm(write, after=after)
        ends_well(at, room)
        struck = mortal.struck


def test_a_space_that_is_not_found_at_first_gets_its_folder_wherever_the_process_dies(
    make_stage: Callable[[int], Stage],
) -> None:
    """The queue shows the message again."""
    struck, write = True, 0
    while struck and write < 30:
        write += 1
        stage = make_stage(write)
        stage.install()
        stage.turn_on()
        at = build(stage)
        mortal = Mortal(stage)
        unseen = Fault("error", path="^/v1/rooms/", method="GET", status=404)
        stage.webex.faults.append(unseen)
        room = at.space("Plans")
        endure(stage, 20)
        message = nudge(stage, room.id, "due")
        stage.queue.append(message)
        mortal.arm(write, after=False)
        endure(stage, 20)
        struck, mortal.at = mortal.struck, 0
        stage.webex.faults.remove(unseen)
        stage.queue.append(message)
        endure(stage, 600)

        assert at.folder(room) == "Plans", write
    assert write > 5


@pytest.mark.parametrize("second", range(1, 10))
def test_a_space_that_is_not_found_at_first_gets_its_folder_though_two_processes_die(
    make_stage: Callable[..., Stage], second: int
) -> None:
    """The first before it has wished for the team, the second at any of its writes."""
    stage = make_stage()
    stage.install()
    stage.turn_on()
    at = build(stage)
    mortal = Mortal(stage)
    unseen = Fault("error", path="^/v1/rooms/", method="GET", status=404)
    stage.webex.faults.append(unseen)
    room = at.space("Plans")
    endure(stage, 20)
    message = nudge(stage, room.id, "due")
    stage.queue.append(message)
    mortal.arm(6, after=False)
    endure(stage, 20)
    assert mortal.struck
    stage.webex.faults.remove(unseen)
    stage.queue.append(message)
    mortal.arm(second, after=False)
    endure(stage, 20)
    mortal.at = 0
    stage.queue.append(message)
    endure(stage, 600)

    assert at.folder(room) == "Plans"


# What an administrator does and sees


def choose(at: Building, value: str) -> None:
    was = {"yes": "no", "no": "yes"}[value]
    office = at.stage.wiring.office(OrgId(at.stage.org.uuid))
    assert choices.save(office, ADMIN, {"space_folders": value}, {"space_folders": was})


def test_turning_the_setting_on_gives_spaces_from_before_their_folders(stage: Stage) -> None:
    at = build(stage, chosen=False)
    rooms = [at.space("Plans"), at.space("Budget")]
    stage.run(120)

    choose(at, "yes")
    stage.run(180)

    assert [at.folder(room) for room in rooms] == ["Plans", "Budget"]


def test_spaces_that_an_older_version_remembered_get_folders_too(stage: Stage) -> None:
    at = build(stage, chosen=False)
    stage.watching = False
    rooms = [at.space(f"Space {number}") for number in range(3)]
    stage.webex.outbox.clear()
    for room in rooms:
        stage.services.teams.remember_space(Space(room.uuid, at.team.uuid, stage.services.now()))
    assert at.rows == {}

    choose(at, "yes")
    for _ in range(6):
        stage.tidy()
        later(stage, 60)

    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}
    kept = stage.services.organizations.kept(ADOPTION)
    assert kept is not None
    assert kept.state["done"]


def test_a_space_that_nobody_heard_of_gets_its_folder_once_its_id_is_given(
    quiet: Building,
) -> None:
    quiet.stage.watching = False
    room = quiet.space("Plans")
    quiet.stage.webex.outbox.clear()

    team = connecting.find(quiet.stage.wiring.office(OrgId(quiet.stage.org.uuid)), room.id)
    later(quiet.stage, 120)

    assert team == quiet.team.uuid
    assert quiet.folder(room) == "Plans"


def test_turning_the_setting_off_leaves_what_is_there(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    choose(quiet, "no")
    late = quiet.space("Late")

    later(quiet.stage, WEEK)

    assert quiet.folder(room) == "Plans"
    assert quiet.link(late) is None


def test_retry_makes_a_deleted_folder_anew_once_its_link_is_gone(quiet: Building) -> None:
    room = quiet.space("Plans")
    quiet.stage.run(120)
    quiet.group.library.remove(quiet.rows[room.uuid].item)
    later(quiet.stage, WEEK)
    assert quiet.state(room) is SpaceState.DELETED
    world = quiet.stage.webex.world
    del world.linked_folders[world.folder_of_room.pop(room.uuid).id]

    again.retry(quiet.stage.wiring.office(OrgId(quiet.stage.org.uuid)), ADMIN, quiet.team.uuid)
    quiet.stage.run(120)

    assert quiet.folder(room) == "Plans"


def test_many_spaces_that_were_put_off_all_come_at_once_when_they_may(stage: Stage) -> None:
    at = build(stage, permitted=False)
    rooms = [at.space(f"Space {number}") for number in range(45)]
    stage.run(600)
    assert {at.state(room) for room in rooms} == {SpaceState.NO_PERMISSION}

    with waking(stage.services, "consent"):
        consent(stage, *PERMISSIONS, FILES)
    stage.run(600)

    assert {at.state(room) for room in rooms} == {SpaceState.LINKED}


def test_a_dry_run_says_how_many_folders_would_be_made(stage: Stage) -> None:
    at = build(stage, permitted=False)
    at.space("Plans")
    stage.run(120)
    settings = stage.services.organizations.settings()
    graph = len(stage.microsoft.graph.log)

    said = preview(stage.services, settings, TeamId(at.team.uuid))

    assert said.counts == {"make folders": 1}
    assert {c.method for c in stage.graph_calls(graph)} == {"GET"}
    assert at.folders == []
