"""A team's further spaces: each gets a folder in the group's site, once, and is linked to it."""

from __future__ import annotations

import pytest

from sandbox.kit import Fault
from sandbox.microsoft.library import DriveItem
from shared.core.ids import TeamId
from shared.core.model import Status
from shared.core.space_folders import SpaceFolder, SpaceState
from tests.journeys.building import (
    FILES,
    LINKS,
    WEEK,
    Building,
    build,
    choose,
    consent,
    link_folder,
    rename,
)
from tests.journeys.stage import PERMISSIONS, Stage, nudge
from tests.journeys.standing import change, later


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


def test_a_space_that_moved_just_after_it_was_heard_of_is_linked_at_once(heard: Stage) -> None:
    at = build(heard, chosen=False)
    plans = at.space("Plans")
    heard.run(120)
    heard.webex.migrate_team(at.team)
    heard.webex.add_member(at.team, heard.person())
    heard.run(120)

    change(heard, space_folders=True)
    heard.webex.add_member(at.team, heard.person())
    heard.run(600)

    assert (at.state(plans), at.folder(plans)) == (SpaceState.LINKED, "Plans")


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
