"""One folder and one link for a space, whatever is lost, refused or dies on the way; and nothing
once the setting is off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.library import DriveItem
from sandbox.webex.state import Room
from shared.core.space_folders import SpaceState
from tests.journeys.building import FOLDERS, LINKS, WEEK, Building, build, choose, rename
from tests.journeys.fate import Fate, Mortal, endure
from tests.journeys.stage import Stage, nudge
from tests.journeys.standing import change, later, live


@pytest.fixture
def quiet(stage: Stage) -> Building:
    return build(stage)


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


@dataclass
class Late:
    """A space that Webex tells of and does not find at first. Each `deliver` is the same message,
    which the queue shows again where whoever took it died."""

    at: Building
    mortal: Mortal
    room: Room
    message: str
    unseen: Fault

    def deliver(self, *, dies_at: int, within: int = 20) -> bool:
        """Whether the process died, before this write to storage; 0: it does not."""
        self.at.stage.queue.append(self.message)
        self.mortal.arm(dies_at, after=False)
        endure(self.at.stage, within)
        return self.mortal.struck

    def is_found(self) -> None:
        self.at.stage.webex.faults.remove(self.unseen)


def late_space(stage: Stage) -> Late:
    stage.install()
    stage.turn_on()
    at = build(stage)
    mortal = Mortal(stage)
    unseen = Fault("error", path="^/v1/rooms/", method="GET", status=404)
    stage.webex.faults.append(unseen)
    room = at.space("Plans")
    endure(stage, 20)
    return Late(at, mortal, room, nudge(stage, room.id, "due"), unseen)


def test_a_space_that_is_not_found_at_first_gets_its_folder_wherever_the_process_dies(
    make_stage: Callable[[int], Stage],
) -> None:
    struck, write = True, 0
    while struck and write < 30:
        write += 1
        late = late_space(make_stage(write))
        struck = late.deliver(dies_at=write)
        late.is_found()
        late.deliver(dies_at=0, within=600)

        assert late.at.folder(late.room) == "Plans", write
    assert write > 5


@pytest.mark.parametrize("second", range(1, 10))
def test_a_space_that_is_not_found_at_first_gets_its_folder_though_two_processes_die(
    make_stage: Callable[..., Stage], second: int
) -> None:
    """The first before it has wished for the team, the second at any of its writes."""
    late = late_space(make_stage())
    assert late.deliver(dies_at=6)
    late.is_found()
    late.deliver(dies_at=second)

    late.deliver(dies_at=0, within=600)

    assert late.at.folder(late.room) == "Plans"
