"""A group's description says what looks after it; people's words in it are theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.kit import Fault
from shared.core.ids import TeamId
from shared.core.marks import Mark
from shared.core.model import Marks
from shared.sync.preview import preview
from tests.journeys.following import look, rest
from tests.journeys.stage import APP_URL, Stage
from tests.journeys.standing import Standing, Tally, change, later, live, made_unheard, standing

DAY = 86_400
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
def at(make_stage: Callable[..., Stage]) -> Standing:
    return standing(make_stage(), 3, webhook=False, name="Alpha")


def said(at: Standing) -> str:
    return at.group.description or ""


def say(at: Standing, description: str) -> None:
    """A person writes it in Microsoft 365."""
    at.stage.tenant.change_group(at.group, description=description)


def edits(at: Standing, tally: Tally) -> int:
    path = f"/v1.0/groups/{at.group.id}"
    return len([c for c in tally.graph if c.method == "PATCH" and c.path == path])


def test_a_new_group_says_what_looks_after_it_since_when_and_where_to_ask(at: Standing) -> None:
    assert said(at).startswith("[Webex Teams to Microsoft 365 Groups: ")
    assert "since 2026-09-21" in said(at)
    assert f"{APP_URL}/activity?team={at.team.uuid}" in said(at)
    assert at.row.mark is not None
    assert at.row.mark.text == said(at)


def test_it_speaks_the_chosen_language(at: Standing) -> None:
    change(at.stage, language="sv")

    at.retry()
    later(at.stage, 600)

    assert "gruppen hör till ett team i Webex" in said(at)


def test_another_address_is_written_in_its_place_with_the_next_full_look(at: Standing) -> None:
    say(at, f"Our plans. {said(at)} Ask Ann.")
    at.stage.redeploy(public_url=ELSEWHERE)
    tally = Tally(at.stage)

    assert rest(at, 8 * DAY) == [("PATCH", f"/v1.0/groups/{at.group.id}")]
    assert said(at).startswith("Our plans. [Webex Teams to")
    assert said(at).endswith("] Ask Ann.")
    assert f"{ELSEWHERE}/activity?team=" in said(at)
    assert edits(at, tally) == 1


def test_a_rename_and_the_mark_are_one_write(at: Standing) -> None:
    at.stage.redeploy(public_url=ELSEWHERE)
    at.stage.webex.rename_team(at.team, "Beta")
    tally = Tally(at.stage)

    later(at.stage, DAY + 60)

    assert (at.group.display_name, ELSEWHERE in said(at)) == ("Beta", True)
    assert edits(at, tally) == 1


def test_a_rename_that_is_refused_does_not_keep_the_mark_from_being_written(at: Standing) -> None:
    at.stage.redeploy(public_url=ELSEWHERE)
    at.stage.tenant.group_settings["CustomBlockedWordsList"] = "payroll"
    at.stage.webex.rename_team(at.team, "Payroll")

    later(at.stage, DAY + 60)

    assert (at.group.display_name, ELSEWHERE in said(at)) == ("Alpha", True)


def test_an_ordinary_look_reads_nothing_for_it(at: Standing) -> None:
    at.stage.redeploy(public_url=ELSEWHERE)
    tally = Tally(at.stage)

    look(at)

    assert (tally.reads, edits(at, tally)) == (2, 0)


def test_who_takes_it_out_has_it_stay_out(at: Standing) -> None:
    say(at, "Our own words")
    at.retry()
    later(at.stage, 1200)
    at.stage.redeploy(public_url=ELSEWHERE)

    at.retry()
    later(at.stage, 15 * DAY)

    assert said(at) == "Our own words"


def test_who_takes_it_out_before_the_create_was_heard_of_has_it_stay_out(
    make_stage: Callable[..., Stage],
) -> None:
    at = made_unheard(make_stage())
    say(at, "Our own words")

    later(at.stage, 15 * DAY)

    assert said(at) == "Our own words"


def test_a_create_that_said_nothing_of_it_takes_it_for_nobodys_doing(
    make_stage: Callable[..., Stage],
) -> None:
    """The setting changed between two creates, and nothing was heard of either."""
    stage = make_stage()
    stage.turn_on(webhook=False)
    graph, path = stage.microsoft.graph, "/v1.0/groups.uniqueName"
    first = Fault("error", method="PATCH", path=path, status=503, times=1)
    graph.faults.append(first)
    at = Standing(stage, stage.team(stage.person(), stage.people(2), "Alpha"), [])
    while not first.hit:
        live(stage, 10)
    change(stage, mark=Marks.NONE.value)
    graph.faults.append(Fault("lost", method="PATCH", path=path, times=1))
    while not stage.groups_of(at.team):
        live(stage, 10)
    change(stage, mark=Marks.MADE.value)

    later(stage, 2 * DAY)

    assert at.group.description is not None
    assert said(at).startswith("[Webex Teams to")


def test_the_setting_takes_it_out_and_brings_it_back(at: Standing) -> None:
    say(at, f"{said(at)} Our words")
    change(at.stage, mark=Marks.NONE.value)
    at.retry()
    later(at.stage, 1200)
    without = said(at)
    change(at.stage, mark=Marks.MADE.value)

    at.retry()
    later(at.stage, 1200)

    assert without == "Our words"
    assert said(at).startswith("Our words [Webex Teams to")


def test_without_the_setting_a_new_group_has_no_description(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    change(stage, mark=Marks.NONE.value)

    at = standing(stage, 3, webhook=False)

    assert at.group.description is None


@pytest.mark.parametrize("renamed", [False, True])
def test_what_the_app_took_out_unheard_was_taken_out_by_nobody(at: Standing, renamed: bool) -> None:
    """Nor by who wrote words of their own before the app had read it again."""
    before = said(at)
    change(at.stage, mark="none")
    if renamed:
        at.stage.webex.rename_team(at.team, "Beta")
    path = f"/v1.0/groups/{at.group.id}"
    at.stage.microsoft.graph.faults.append(Fault("lost", method="PATCH", path=path, times=9))
    at.retry()
    live(at.stage, 5)
    assert said(at) == ""
    at.stage.microsoft.graph.faults.clear()
    say(at, "Our plans.")
    change(at.stage, mark="made")

    at.retry()
    later(at.stage, 3600)
    at.retry()
    later(at.stage, 3600)

    assert said(at) == f"Our plans. {before}"


@pytest.mark.parametrize("kind", ["lost", "error"])
def test_a_lost_answer_is_nobodys_doing(at: Standing, kind: str) -> None:
    path = f"/v1.0/groups/{at.group.id}"
    at.stage.microsoft.graph.faults.append(Fault(kind, method="PATCH", path=path, times=2))
    at.stage.redeploy(public_url=ELSEWHERE)

    at.retry()
    later(at.stage, DAY)

    assert ELSEWHERE in said(at)
    assert at.row.mark is not None
    assert (at.row.mark.text, at.row.mark.gone) == (said(at), False)


def test_stale_reads_take_it_for_gone_no_more_than_they_write_it_twice(at: Standing) -> None:
    at.stage.microsoft.switches.read_lag_seconds = 30
    at.stage.redeploy(public_url=ELSEWHERE)
    tally = Tally(at.stage)

    for _ in range(3):
        at.retry()
        live(at.stage, 40)

    assert edits(at, tally) == 1
    assert rest(at, 8 * DAY) == []
    assert ELSEWHERE in said(at)


def forget(at: Standing, **row: object) -> None:
    """The team's row as another version, or a person's connecting, has left it."""
    teams = at.stage.services.teams
    kept = teams.read(TeamId(at.team.uuid))
    assert kept is not None
    teams.write(kept, replace(kept.value, **row))  # type: ignore[arg-type]


def test_a_group_of_the_version_before_is_marked_in_place_of_what_that_wrote(at: Standing) -> None:
    forget(at, mark=None)
    say(
        at,
        'Words. Created for the Webex team "Alpha". Members follow the team; managed by Webex'
        " Teams to Microsoft 365 Groups.",
    )

    later(at.stage, 8 * DAY)

    assert said(at).startswith("Words. [Webex Teams to")


@pytest.mark.parametrize(("chosen", "marked"), [(Marks.MADE, False), (Marks.ALL, True)])
def test_a_group_that_was_there_is_marked_where_the_administrator_says_so(
    at: Standing, chosen: Marks, marked: bool
) -> None:
    change(at.stage, mark=chosen.value)
    forget(at, mark=None, intent_at=0)
    say(at, "Theirs")

    at.retry()
    later(at.stage, 600)

    assert (said(at) != "Theirs") is marked
    assert said(at).startswith("Theirs")


def test_a_dry_run_counts_it_and_writes_nothing(at: Standing) -> None:
    at.stage.redeploy(public_url=ELSEWHERE)
    services = at.stage.services
    before = said(at)

    found = preview(services, services.organizations.settings(), TeamId(at.team.uuid))

    assert found.counts == {"change descriptions": 1}
    assert said(at) == before
    assert at.row.mark == Mark(before, at.row.mark.at, at.row.mark.since) if at.row.mark else False


def test_a_mark_that_microsoft_refuses_keeps_nothing_else_waiting(at: Standing) -> None:
    refusal = Fault("error", status=403, when=lambda request: b'"description"' in request.body)
    at.stage.microsoft.graph.faults.append(refusal)
    at.stage.redeploy(public_url=ELSEWHERE)

    at.retry()
    later(at.stage, 600)
    person = at.newcomers()[0]
    at.join(person)
    later(at.stage, 600)

    assert at.is_in(person) == (True, True)
    assert ELSEWHERE not in said(at)
