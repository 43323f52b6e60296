"""What nobody has confirmed about the providers: the product stands on either side of each.

Every switch of the sandbox that turns an open question is tried at its other setting, for Microsoft
also with the create's answer lost.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.kit import Fault
from shared.core.model import Folder, Status
from tests.journeys.stage import Stage, meanwhile
from tests.journeys.standing import later, live, standing

MICROSOFT: list[tuple[str, object]] = [
    ("upsert_binds", "add"),
    ("upsert_blind_seconds", 30.0),
    ("deleted_keeps_unique_name", True),
    ("post_accepts_unique_name", False),
    ("alternate_key_get", False),
    ("user_owner_required", True),
    ("batch_parallel_conflicts", True),
    ("members_query_is_advanced", True),
    ("drive_starts_on_first_read", True),
    ("drive_pending_code", "itemNotFound"),
    ("drive_root_permission", "files"),
    ("bind_costs_writes", True),
    ("names_missing_object", False),
    ("replication_seconds", 60.0),
    ("read_lag_seconds", 300.0),
    ("says_do_not_exist", True),
    ("owners_bind_in_patch", True),
    ("page_drift", True),
    ("dot_in_nickname", "never"),
    ("consent_delay_seconds", 60.0),
    ("no_consent_error", 7000229),
    ("organization_with_user_read", False),
]
WEBEX: list[tuple[str, object]] = [
    ("clusters", "us"),
    ("clusters", "regional"),
    ("membership_page_cap", 10),
    ("empty_pages", True),
    ("item_errors", 0.2),
    ("team_creator_id", False),
    ("events_newest_first", False),
    ("general_title", "General"),
    ("data_team_id", True),
    ("bare_org_id", True),
    ("webex_signature", False),
    ("webhook_retries", 3),
    ("who_may_link", "participant"),
    ("who_may_link", "admin"),
    ("people_flags_as_text", False),
    ("refresh_rotates", True),
    ("corrected_display_names", False),
    ("event_lag_seconds", 90.0),
]
# The same for the life after the group is there.
MICROSOFT_LATER: list[tuple[str, object]] = [
    ("removing_absent", 400),
    ("absent_names_group", True),
    ("owner_removal_takes_member", True),
    ("batch_parallel_conflicts", True),
    ("members_query_is_advanced", True),
    ("names_missing_object", False),
    ("page_drift", True),
    ("read_lag_seconds", 60.0),
    ("delta_page_size", 1),
    ("delta_delay_seconds", 90.0),
    ("delta_unites", False),
    ("delta_replays", True),
    ("delta_life_seconds", 20.0),
    ("delta_tracks_owners", False),
    ("delta_latest_tracks_members", False),
]
WEBEX_LATER: list[tuple[str, object]] = [
    ("clusters", "us"),
    ("clusters", "regional"),
    ("membership_page_cap", 3),
    ("empty_pages", True),
    ("item_errors", 1.0),
    ("events_newest_first", False),
    ("events_page_cap", 2),
    ("event_lag_seconds", 90.0),
    ("event_lag_jitter_seconds", 60.0),
    ("membership_ids_in_one_form", True),
    ("inactive_people_leave_rooms", True),
    ("last_moderator_message", "No."),
    ("refresh_rotates", True),
    ("quota", False),
]
# With these nobody of ours may link the folder, or read it: the record says so.
FOLDER = {
    ("who_may_link", "participant"): Folder.REFUSED,
    ("drive_root_permission", "files"): Folder.NO_PERMISSION,
}


def play(stage: Stage) -> None:
    """A team of 50 with four moderators, and all that came of it."""
    people = stage.people(50)
    team = stage.team(people[0], people[1:])
    for person in people[1:4]:
        stage.webex.set_moderator(team, person, True)
    stage.settle()
    for _ in range(8):
        if stage.row(team).status is Status.COMPLETE:
            break
        stage.run(300)

    row, group = stage.row(team), stage.group_of(team)
    assert len(stage.groups_of(team)) == 1, (row.status, row.reason, row.detail)
    assert group is not None
    assert set(group.members) == stage.expected(team)
    assert len(group.owners) == 4
    assert row.status is Status.COMPLETE, (row.status, row.reason, row.detail)
    assert row.listed == {}


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "create unheard"])
@pytest.mark.parametrize(("switch", "value"), MICROSOFT)
def test_microsoft_may_be_either_way(stage: Stage, switch: str, value: object, lost: bool) -> None:
    assert hasattr(stage.microsoft.switches, switch)
    setattr(stage.microsoft.switches, switch, value)
    stage.microsoft.switches.read_lag_random = switch == "read_lag_seconds"
    if lost:
        stage.microsoft.graph.faults.append(Fault("lost", method="PATCH", path="uniqueName", at=1))

    play(stage)

    team = next(iter(stage.services.teams.everyone()))
    assert team.folder is FOLDER.get((switch, str(value)), Folder.LINKED)


@pytest.mark.parametrize(("switch", "value"), WEBEX)
def test_webex_may_be_either_way(stage: Stage, switch: str, value: object) -> None:
    assert hasattr(stage.webex.switches, switch)
    setattr(stage.webex.switches, switch, value)

    play(stage)

    team = next(iter(stage.services.teams.everyone()))
    assert team.folder is FOLDER.get((switch, str(value)), Folder.LINKED)


def play_later(stage: Stage) -> None:
    """People come and go on both sides; one is taken out of the group just before we do it."""
    at = standing(stage, 10, webhook=False)
    ada, ben, cid, bob, dan, gus, *others = at.people
    [joined] = at.newcomers(known=False)
    [added] = at.newcomers(known=False)
    path = f"/groups/{at.group.id}/members/{gus.external_id}"
    stage.microsoft.graph.faults.append(meanwhile(path, lambda: at.dismiss(gus)))

    at.join(joined)
    at.enlist(added)
    at.leave(bob, gus)
    at.dismiss(dan)
    stage.webex.set_moderator(at.team, cid, True)
    stage.webex.set_moderator(at.team, ben, False)
    live(stage, 60)
    later(stage, 4 * 3600)

    assert gus.external_id not in at.group.members
    assert at.differences([ada, ben, cid, *others, joined, added]) == []
    assert set(at.group.owners) == {ada.external_id, cid.external_id}


@pytest.mark.parametrize(("switch", "value"), MICROSOFT_LATER)
def test_whatever_microsoft_is_like_people_are_followed(
    make_stage: Callable[..., Stage], switch: str, value: object
) -> None:
    stage = make_stage()
    assert hasattr(stage.microsoft.switches, switch)
    setattr(stage.microsoft.switches, switch, value)
    stage.microsoft.switches.read_lag_random = switch == "read_lag_seconds"

    play_later(stage)


@pytest.mark.parametrize(("switch", "value"), WEBEX_LATER)
def test_whatever_webex_is_like_people_are_followed(
    make_stage: Callable[..., Stage], switch: str, value: object
) -> None:
    stage = make_stage()
    assert hasattr(stage.webex.switches, switch)
    setattr(stage.webex.switches, switch, value)

    play_later(stage)
