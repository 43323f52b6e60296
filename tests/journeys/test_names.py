"""A rename on one side reaches the other, and comes back to nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from sandbox.kit import Fault
from shared.admin.activity import entry
from shared.core import times
from shared.core.ids import TeamId
from shared.core.model import Direction
from shared.sync.preview import preview
from tests.journeys.fate import Mortal, endure
from tests.journeys.following import choose, look, rest
from tests.journeys.stage import Stage, meanwhile
from tests.journeys.standing import (
    Standing,
    Tally,
    change,
    employ_bot,
    later,
    live,
    made_unheard,
    standing,
)

DAY = times.DAY // times.SECOND
POLICY = {"PrefixSuffixNamingRequirement": "GRP [GroupName] (Webex)"}


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 3, webhook=False, name="Alpha")


@pytest.fixture
def moderated(at: Standing) -> Standing:
    """By our bot as well, which may rename the team."""
    bot = employ_bot(at.stage)
    at.stage.webex.add_member(at.team, bot, moderator=True)
    later(at.stage, 7200)
    return at


def rename(at: Standing, name: str) -> None:
    at.stage.webex.rename_team(at.team, name)


def regroup(at: Standing, name: str) -> None:
    at.stage.tenant.change_group(at.group, display_name=name)


def named(at: Standing) -> tuple[str, str]:
    return at.team.name, at.group.display_name


def reasons(at: Standing) -> list[str]:
    return entry(at.office, TeamId(at.team.uuid)).reasons


def test_a_renamed_team_is_found_within_a_day_and_names_the_group(at: Standing) -> None:
    nickname, unique = at.group.mail_nickname, at.group.unique_name
    rename(at, "Beta")

    later(at.stage, DAY + 60)

    assert named(at) == ("Beta", "Beta")
    assert (at.group.mail_nickname, at.group.unique_name) == (nickname, unique)
    assert (at.row.name, at.row.group_name, at.row.name_code) == ("Beta", "Beta", "")


@pytest.mark.parametrize("spaces", [False, True])
def test_a_team_that_is_renamed_soon_after_its_creation_is_followed_by_retry(
    make_stage: Callable[..., Stage], spaces: bool
) -> None:
    stage = make_stage()
    stage.turn_on(webhook=False)
    change(stage, space_folders=spaces)
    team = stage.team(stage.person(), stage.people(4), "Alpha")
    at = Standing(stage, team, [])
    live(stage, 90)
    tally = Tally(stage)
    rename(at, "Beta")

    at.retry()
    live(stage, 120)

    assert named(at) == ("Beta", "Beta")
    assert tally.graph_writes == 1


def test_a_day_without_a_rename_costs_one_read_and_no_write(at: Standing) -> None:
    later(at.stage, DAY)
    tally, writes = Tally(at.stage), at.stage.tenant.write_count

    later(at.stage, DAY)

    assert [c.path.startswith("/v1/teams/") for c in tally.webex] == [True]
    assert tally.graph == []
    assert at.stage.tenant.write_count == writes


def test_an_ordinary_look_reads_no_name(at: Standing) -> None:
    tally = Tally(at.stage)

    look(at)

    assert tally.reads == 2


@pytest.mark.parametrize("lag", [0, 30])
def test_a_renamed_group_names_the_team_where_a_bot_moderates_it(
    moderated: Standing, lag: int
) -> None:
    at = moderated
    at.stage.microsoft.switches.read_lag_seconds = lag
    regroup(at, "Gamma")

    live(at.stage, 700)

    assert named(at) == ("Gamma", "Gamma")
    assert rest(at, 3 * DAY) == []
    assert named(at) == ("Gamma", "Gamma")


def test_a_renamed_group_is_told_once_where_nobody_of_ours_may_rename_the_team(
    at: Standing,
) -> None:
    regroup(at, "Gamma")
    live(at.stage, 90)
    tally = Tally(at.stage)

    later(at.stage, 3 * DAY)

    assert named(at) == ("Alpha", "Gamma")
    assert (reasons(at), at.row.group_name) == (["team_not_renamed"], "Gamma")
    assert [c for c in tally.webex if c.method != "GET"] == []


def test_a_rename_is_told_wherever_the_look_that_was_refused_dies(at: Standing) -> None:
    """Also the second one, of a group whose first new name nobody could give to the team."""
    regroup(at, "Gamma")
    live(at.stage, 90)
    mortal, names = Mortal(at.stage), (f"Delta {n}" for n in count())
    position = 1
    while True:
        name = next(names)
        regroup(at, name)
        mortal.arm(position, after=False)
        endure(at.stage, 90)
        mortal.at = 0
        later(at.stage, DAY + 60)

        assert (at.row.name_code, at.row.group_name) == ("team_not_renamed", name), position
        assert reasons(at) == ["team_not_renamed"]
        if not mortal.struck or position > 60:
            break
        position += 1
    assert position > 5


def test_the_first_rename_is_told_wherever_the_look_that_heard_of_it_dies(at: Standing) -> None:
    mortal, position = Mortal(at.stage), 1
    while True:
        regroup(at, "Gamma")
        mortal.arm(position, after=False)
        endure(at.stage, 90)
        mortal.at = 0
        later(at.stage, DAY + 60)
        told = at.row.name_code, at.row.group_name
        regroup(at, "Alpha")
        later(at.stage, DAY + 60)

        assert told == ("team_not_renamed", "Gamma"), position
        assert (reasons(at), at.row.group_name) == ([], "Alpha")
        if not mortal.struck or position > 60:
            break
        position += 1
    assert position > 5


def test_a_group_that_is_called_as_before_again_needs_nobody_any_more(at: Standing) -> None:
    """As soon as Microsoft 365 tells of it, not within the day."""
    regroup(at, "Gamma")
    live(at.stage, 90)
    refused = reasons(at)
    regroup(at, "Alpha")
    live(at.stage, 90)

    assert (refused, reasons(at), at.row.group_name) == (["team_not_renamed"], [], "Alpha")


def test_a_team_that_a_person_renames_like_the_group_needs_nobody_any_more(at: Standing) -> None:
    regroup(at, "Gamma")
    live(at.stage, 90)
    rename(at, "Gamma")

    at.retry()
    live(at.stage, 90)

    assert (named(at), reasons(at)) == (("Gamma", "Gamma"), [])


def test_a_bot_that_moderates_later_is_tried_by_retry(at: Standing) -> None:
    regroup(at, "Gamma")
    live(at.stage, 90)
    bot = employ_bot(at.stage)
    at.stage.webex.add_member(at.team, bot, moderator=True)

    at.retry()
    live(at.stage, 90)

    assert (named(at), reasons(at)) == (("Gamma", "Gamma"), [])


@pytest.mark.parametrize("team_first", [True, False])
@pytest.mark.parametrize("leads", Direction)
def test_renames_on_both_sides_within_one_look_have_one_outcome(
    moderated: Standing, leads: Direction, team_first: bool
) -> None:
    at = moderated
    choose(at, leads)
    acts = [(rename, "Beta"), (regroup, "Gamma")]
    for act, name in acts if team_first else reversed(acts):
        act(at, name)
        at.stage.clock.advance(5)

    later(at.stage, 2 * DAY)

    name = "Gamma" if leads is Direction.GROUP else "Beta"
    assert (named(at), reasons(at)) == ((name, name), [])


@pytest.mark.parametrize(
    ("leads", "code"), [(Direction.GROUP, "name_group_leads"), (Direction.TEAM, "name_team_leads")]
)
def test_a_rename_on_the_side_that_does_not_lead_is_told_and_made_once_it_counts(
    moderated: Standing, leads: Direction, code: str
) -> None:
    at = moderated
    choose(at, leads)
    (rename if leads is Direction.GROUP else regroup)(at, "Other")
    later(at.stage, 2 * DAY)
    assert reasons(at) == [code]
    assert "Alpha" in named(at)

    at.lead(Direction.BOTH)
    at.ask()
    live(at.stage, 90)

    assert (named(at), reasons(at)) == (("Other", "Other"), [])


def test_a_naming_policy_is_kept_to_and_its_prefix_comes_back_to_nobody(
    moderated: Standing,
) -> None:
    at = moderated
    at.stage.tenant.group_settings.update(POLICY)
    rename(at, "Beta")
    later(at.stage, DAY + 60)
    assert named(at) == ("Beta", "GRP Beta (Webex)")

    assert rest(at, 10 * DAY) == []
    assert named(at) == ("Beta", "GRP Beta (Webex)")


def test_a_name_that_is_too_long_for_the_policy_is_shortened(at: Standing) -> None:
    at.stage.tenant.group_settings.update(POLICY)
    rename(at, "N" * 200)

    later(at.stage, DAY + 60)

    assert at.group.display_name == f"GRP {'N' * 51} (Webex)"


def test_a_blocked_word_is_told_and_asked_again_only_by_a_person(at: Standing) -> None:
    at.stage.tenant.group_settings["CustomBlockedWordsList"] = "payroll"
    rename(at, "Payroll")
    later(at.stage, DAY + 60)
    assert (reasons(at), at.group.display_name) == (["group_not_renamed"], "Alpha")
    writes = at.stage.tenant.write_count
    later(at.stage, 2 * DAY)
    assert at.stage.tenant.write_count == writes

    at.stage.tenant.group_settings["CustomBlockedWordsList"] = ""
    at.retry()
    live(at.stage, 90)

    assert (reasons(at), named(at)) == ([], ("Payroll", "Payroll"))


@pytest.mark.parametrize("name", ["", "\u200d", " \n "])
def test_an_absurd_name_becomes_one_that_can_be_read(at: Standing, name: str) -> None:
    rename(at, name)

    later(at.stage, 2 * DAY)

    assert at.group.display_name == ("Webex team" if name else "Alpha")


@pytest.mark.parametrize("kind", ["lost", "error"])
def test_an_answer_that_is_lost_makes_the_name_nobodys_change(
    moderated: Standing, kind: str
) -> None:
    at = moderated
    path = f"/v1.0/groups/{at.group.id}"
    at.stage.microsoft.graph.faults.append(Fault(kind, method="PATCH", path=path, times=2))
    rename(at, "Beta")
    later(at.stage, 2 * DAY)
    assert (named(at), reasons(at)) == (("Beta", "Beta"), [])
    at.stage.webex.faults.append(Fault(kind, method="PUT", path="/v1/teams/", times=2))
    regroup(at, "Gamma")
    later(at.stage, 2 * DAY)

    assert (named(at), reasons(at)) == (("Gamma", "Gamma"), [])
    assert rest(at, 3 * DAY) == []


def test_a_name_that_nobody_told_for_a_while_leaves_no_trouble_behind(at: Standing) -> None:
    at.stage.webex.faults.append(Fault("error", method="GET", path="/v1/teams/"))
    later(at.stage, DAY + 300)
    assert reasons(at) == ["provider_silent"]
    at.stage.webex.faults.clear()

    later(at.stage, 1200)

    assert (reasons(at), at.row.detail, at.row.failures) == ([], "", 0)


def test_a_group_that_is_renamed_before_its_create_was_heard_of_keeps_that_name(
    make_stage: Callable[..., Stage],
) -> None:
    at = made_unheard(make_stage())
    regroup(at, "Gamma")

    live(at.stage, 900)

    assert named(at) == ("Alpha", "Gamma")
    assert reasons(at) == ["team_not_renamed"]


def test_a_rename_of_the_team_while_its_group_is_followed_is_not_lost(moderated: Standing) -> None:
    at = moderated
    at.stage.webex.faults.append(meanwhile("/v1/teams/", lambda: rename(at, "Beta")))
    regroup(at, "Gamma")

    later(at.stage, 2 * DAY)

    assert named(at) == ("Beta", "Beta")


def test_nothing_is_renamed_while_off(at: Standing) -> None:
    at.stage.turn_off()
    rename(at, "Beta")
    at.stage.clock.advance(2 * DAY)
    live(at.stage, 60)
    assert at.group.display_name == "Alpha"

    at.stage.turn_on()
    later(at.stage, 600)

    assert at.group.display_name == "Beta"


def test_what_differed_before_names_were_followed_stays(at: Standing) -> None:
    teams = at.stage.services.teams
    row = teams.read(TeamId(at.team.uuid))
    assert row is not None
    teams.write(row, replace(row.value, names=None, named_at=0))
    rename(at, "Beta")
    look(at)
    later(at.stage, 2 * DAY)
    assert named(at) == ("Beta", "Alpha")

    rename(at, "Gamma")
    later(at.stage, 2 * DAY)

    assert named(at) == ("Gamma", "Gamma")


def test_a_dry_run_says_what_would_be_renamed_and_changes_nothing(at: Standing) -> None:
    rename(at, "Beta")
    services = at.stage.services
    tally = Tally(at.stage)

    found = preview(services, services.organizations.settings(), TeamId(at.team.uuid))

    assert (found.renames, found.renamed_to) == ("group", "Beta")
    assert [c for c in (*tally.webex, *tally.graph) if c.method != "GET"] == []
    assert named(at) == ("Beta", "Alpha")
