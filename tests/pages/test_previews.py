"""Dry runs: of one team with the evidence for everybody, of all teams as the timer gets to them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote
from uuid import uuid4

import pytest

from sandbox.browser.page import Page
from sandbox.kit import Fault
from sandbox.webex.state import Team
from shared.admin.trials import PAGE
from shared.core.held import Preview
from shared.core.ids import OrgId, PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, REMOVE, WEBEX
from shared.core.model import Limits, Status
from shared.sync import dry_run
from shared.sync.dry_run import DryRun
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, a_row, bench, opened
from tests.pages.rows import rows_of
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]
ALL = "/activity/preview"


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    here.stage.clock.advance(1)
    return here


def trial(here: Bench, team: Team | str) -> Page:
    uuid = team if isinstance(team, str) else team.uuid
    return opened(here, f"{ALL}?team={uuid}")


def people(page: Page) -> dict[str, list[str]]:
    """The evidence, by the beginning of the first cell: the name."""
    (table,) = page.document.tables
    return {row[0].partition(" Webex person")[0]: row[1:] for row in table[1:]}


def settled(here: Bench, count: int = 4) -> Team:
    """A team in step with its group."""
    stage = here.stage
    team = stage.team(stage.person("Carla Creator"), stage.people(count))
    stage.settle()
    stage.run(200)
    return team


def clouds(stage: Stage) -> tuple[int, int]:
    """What would be another if anything were written to either."""
    return stage.tenant.write_count, sum(
        len(stage.webex.people_of(t)) for t in stage.webex.world.teams.values()
    )


# One team


def test_a_team_in_step_shows_everybody_with_the_evidence(ready: Bench) -> None:
    team = settled(ready)

    page = trial(ready, team)

    told = people(page)
    assert page.heading == "Dry run: Project X"
    assert "Nothing: the team and the group agree, as far as they should." in page.text
    assert "Team and group: a change on either side counts" in page.text
    assert len(told) == 5
    in_team, in_group, external, known, would = told["Carla Creator"]
    assert in_team.startswith("Yes, as a moderator. Since 21 September 2026")
    assert in_group == "Yes, as an owner."
    assert external.startswith("Holds the object id. Asked on 21 September 2026")
    assert known.startswith("Was on both sides, or was put there by this app.")
    assert would == "Nothing."
    assert "Webex was read" in page.text
    assert "Microsoft 365 was read" in page.text


def test_what_would_happen_is_told_by_name_and_nothing_happens(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.watching = False
    late, unknown = stage.person("Lars Late"), stage.person("Uma Unmapped", mapped=False)
    stage.webex.add_member(team, late)
    stage.webex.add_member(team, unknown)
    before = clouds(stage)

    page = trial(ready, team)

    assert "To be added to the group: 1" in page.headings
    assert people(page)["Lars Late"][-1] == "Is added to the group."
    assert people(page)["Uma Unmapped"][2].startswith("This Webex user has no External ID.")
    assert people(page)["Uma Unmapped"][-1].startswith("This Webex user has no External ID.")
    assert "1 × This Webex user has no External ID." in page.text
    assert clouds(stage) == before


def test_it_writes_no_row_of_the_team(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.watching = False
    stage.webex.add_member(team, stage.person("Lars Late"))
    opened(ready, "/activity")
    before = {k: r for k, r in rows_of(stage).items() if k[0] == "Teams"}

    trial(ready, team)

    assert {k: r for k, r in rows_of(stage).items() if k[0] == "Teams"} == before


def test_a_leaver_is_missed_first_and_the_brake_is_told(ready: Bench) -> None:
    stage = ready.stage
    ready.office.services.organizations.save_settings(lambda s: replace(s, limits=Limits(remove=0)))
    team = settled(ready)
    (leaver, *_) = [p for p in stage.webex.people_of(team) if p.name != "Carla Creator"]
    stage.webex.remove_member(team, leaver)
    stage.run(60)
    missed = people(trial(ready, team))[leaver.name]
    stage.run(400)

    page = trial(ready, team)

    assert "No. Missed since 21 September 2026" in missed[0]
    assert missed[1] == "Yes."
    assert "To be taken out of the group: 1" in page.headings
    assert "Some of it would wait for you, or waits already" in page.text
    assert people(page)[leaver.name][-1].startswith("Is taken out of the group.")


def test_before_there_is_a_group_it_tells_of_the_group_that_would_be_made(ready: Bench) -> None:
    stage = ready.stage
    stage.watching = False
    team = stage.team(stage.person("Carla Creator"), stage.people(2))
    row = replace(
        a_row("Project X", uuid=team.uuid),
        space_id=stage.webex.world.rooms[team.uuid].id,
        status=Status.SETTLING,
        creator=PersonId(stage.webex.people_of(team)[0].uuid),
    )
    stage.services.teams.write(None, row)

    page = trial(ready, team)

    assert "A group would be made, with these people:" in page.text
    assert "There is no group yet." in page.text
    assert people(page)["Carla Creator"][1] == "No."
    assert stage.group_of(team) is None


def test_people_are_searched_by_the_beginning_of_their_names_or_by_an_id(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    trial(ready, team)

    by_name = ready.visitor.press("Search", q=" cARLA ")
    (carla,) = [p for p in stage.webex.people_of(team) if p.name == "Carla Creator"]
    by_person = ready.visitor.press("Search", q=carla.uuid.upper())
    by_object = ready.visitor.press("Search", q=str(carla.external_id))
    nobody = ready.visitor.press("Search", q="reator")

    for page in (by_name, by_person, by_object):
        assert list(people(page)) == ["Carla Creator"]
    assert "Nobody." in nobody.text
    assert nobody.document.tables == []


def test_whom_somebody_searches_for_stands_in_no_address(ready: Bench) -> None:
    team = settled(ready)
    trial(ready, team)

    found = ready.visitor.press("Search", q="Carla")
    by_address = opened(ready, f"{ALL}?team={team.uuid}&q=Carla")

    assert found.url.endswith(f"{ALL}?team={team.uuid}")
    assert list(people(found)) == ["Carla Creator"]
    assert len(people(by_address)) == 5


def test_another_sites_form_searches_nothing(ready: Bench) -> None:
    team = settled(ready)

    page = ready.visitor.post(
        f"{ALL}?team={team.uuid}", {"q": "Carla"}, source="https://elsewhere.example/page"
    )

    assert steps.refused_with(page) == "cross_site"


def test_who_is_missed_by_one_read_is_told_apart_in_both_languages(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.watching = False
    (leaver, *_) = [p for p in stage.webex.people_of(team) if p.name != "Carla Creator"]
    stage.webex.remove_member(team, leaver)

    page = trial(ready, team)
    ready.visitor.language = "sv"
    swedish = trial(ready, team)

    assert "Missed, and removed if a second read two minutes later agrees: 1" in page.text
    assert "Nothing: the team and the group agree" not in page.text
    assert (
        "Saknas, och tas bort om en andra läsning två minuter senare visar samma sak: 1"
        in swedish.text
    )


def test_a_new_team_that_still_settles_is_not_called_in_step(ready: Bench) -> None:
    stage = ready.stage
    # Nobody in it could own a group yet.
    team = stage.team(stage.person("Uma Unmapped", mapped=False), [])
    stage.run(20)

    page = trial(ready, team)

    assert "No group yet: the team is new and still settles." in page.text
    assert "Nothing: the team and the group agree" not in page.text


def test_people_whom_nobody_has_looked_up_yet_are_counted(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.watching = False
    for person in stage.people(60):
        stage.webex.add_member(team, person)
    stage.webex.faults.append(Fault("throttle", path="/identity", seconds=900))

    page = trial(ready, team)

    assert "Not looked up in the directory yet: 60." in page.text
    assert "Nothing: the team and the group agree" not in page.text


def test_who_would_be_invited_is_told(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.watching = False
    ready.office.services.organizations.save_settings(lambda s: replace(s, guests=True))
    other = stage.webex.add_organization("Elsewhere")
    stage.webex.add_member(team, other.add_person("Gun Guest"))

    page = trial(ready, team)

    assert "To be invited as guests and added to the group: 1" in page.headings
    assert people(page)["Gun Guest"][-1] == "Is invited as a guest and added to the group."


def test_five_hundred_people_are_shown_and_the_others_found_by_name(ready: Bench) -> None:
    stage = ready.stage
    everybody = stage.people(520)
    stage.know(everybody)
    team = stage.team(everybody[0], everybody[1:])
    stage.run(60)

    page = trial(ready, team)

    assert len(people(page)) == 500
    assert "The first 500 of 520. Search for a name to see others." in page.text
    last = ready.visitor.press("Search", q=everybody[-1].name)
    assert list(people(last)) == [everybody[-1].name]


def test_our_own_writes_under_way_are_told_with_their_times(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.microsoft.switches.read_lag_seconds = 300
    late = stage.person("Lars Late")
    stage.webex.add_member(team, late)
    stage.run(60)

    told = people(trial(ready, team))["Lars Late"]

    assert told[1] == "No."
    assert "Added to the group: sent on 21 September 2026" in told[3]
    assert "not seen yet." in told[3]
    assert told[4] == "Nothing."


def test_it_is_said_in_swedish(ready: Bench) -> None:
    team = settled(ready)
    ready.visitor.language = "sv"

    page = trial(ready, team)

    assert page.heading == "Provkörning: Project X"
    assert "Carla Creator" in page.text
    assert "Inget: teamet och gruppen stämmer överens" in page.text
    assert "Ja, som ägare." in page.text


def test_names_that_would_be_markup_stay_text(ready: Bench) -> None:
    stage = ready.stage
    name = "<b>Bo</b> & co"
    team = stage.team(stage.person(name), [stage.person(mapped=False)], name)
    stage.settle()

    trial(ready, team)
    page = ready.visitor.press("Search", q="<b>")

    assert page.heading == f"Dry run: {name}"
    assert name in page.text
    assert "<b>Bo" not in page.body


# What goes wrong


def test_a_used_up_quota_is_told_with_when_there_is_more(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    stage.webex.faults.append(Fault("throttle", path="/memberships", seconds=900))

    first = trial(ready, team)
    second = trial(ready, team)

    assert first.status == second.status == 200
    assert "so nothing can be said now" in first.text
    assert "The providers' quota is used up" in second.text
    assert "The quota allows more on 21 September 2026" in second.text
    assert second.document.tables == []


@pytest.mark.parametrize("cloud", ["webex", "graph"])
def test_a_provider_that_does_not_answer_is_told(ready: Bench, cloud: str) -> None:
    stage = ready.stage
    team = settled(ready)
    fault = Fault("error", path="/memberships|/members", status=503)
    where = stage.webex if cloud == "webex" else stage.microsoft.graph
    where.faults.append(fault)

    page = trial(ready, team)

    assert page.status == 200
    assert "does not answer as it should, so nothing can be said now." in page.text
    assert "To the team" in page.links


def test_rows_of_ours_that_cannot_be_read_are_told(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    rows.upsert(f"held:{team.uuid}", {"changes0": b"x" * 17, "names0": b""})
    kept = stage.services.teams.read(TeamId(team.uuid))
    assert kept is not None
    stage.services.teams.write(kept, replace(kept.value, held=True))

    page = trial(ready, team)

    assert page.status == 200
    assert "What this app keeps of the team cannot be read" in page.text
    assert page.document.tables == []


def test_a_memory_that_is_being_written_is_told(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    rows = stage.wiring.tables.partition("Teams", stage.org.uuid)
    # The second of two rows is not there yet.
    rows.upsert(f"members:{team.uuid}:0", {"rows": 2, "stamp": "s"})

    page = trial(ready, team)

    assert page.status == 200
    assert "This team is being looked at just now, so nothing can be said." in page.text


def test_a_group_that_is_gone_is_told(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    group = stage.group_of(team)
    assert group is not None
    stage.run(1000)
    stage.tenant.delete_group(group)
    stage.run(20)

    page = trial(ready, team)

    assert "The group was deleted in Microsoft 365." in page.text
    assert "Restore it within 30 days" in page.text


@pytest.mark.parametrize("team", ["nonsense", "' or 1", "6f1b9d1e-0000-4000-8000-00000000cafe"])
def test_a_team_that_nobody_knows_leads_to_the_list(ready: Bench, team: str) -> None:
    page = ready.visitor.get(f"{ALL}?team={quote(team)}")

    assert steps.refused_with(page) == "team_unknown"


def test_of_a_team_from_before_it_tells_what_connecting_it_would_do(make_stage: Make) -> None:
    stage = make_stage(configured=True)
    team = stage.team(stage.person("Ada"), [stage.person("Ben")], "Old team")
    stage.clock.advance(60)
    ready = bench(stage)
    ready.turn_on()
    stage.webex.add_member(team, stage.person("Cleo"))
    stage.run(60)

    page = opened(ready, f"{ALL}?team={team.uuid}")

    assert "A group would be made, with these people:" in page.text
    assert "To be added to the group: 3" in page.text
    assert stage.group_of(team) is None
    assert stage.row(team).status is Status.FROM_BEFORE


def test_another_organizations_team_is_not_known_here(ready: Bench) -> None:
    stage = ready.stage
    other = stage.webex.add_organization("Beta", org_id=str(uuid.uuid4()))
    steps.serve(stage, organizations=[other])
    row = a_row("Theirs")
    theirs = stage.wiring.services(OrgId(other.uuid))
    theirs.teams.write(None, row)
    theirs.teams.keep_preview(Preview(row.uuid, "Theirs", stage.services.now(), "both"))

    page = ready.visitor.get(f"{ALL}?team={row.uuid}")

    assert steps.refused_with(page) == "team_unknown"
    assert "Theirs" not in ready.visitor.get(ALL).text


def test_who_is_not_signed_in_sees_nothing_and_asks_nothing(ready: Bench) -> None:
    stage = ready.stage
    team = settled(ready)
    calls = len(stage.webex.log), len(stage.microsoft.graph.log)
    stranger = Visitor(stage)

    page = stranger.get(f"{ALL}?team={team.uuid}")
    stranger.post(ALL)

    assert page.path == "/"
    assert (len(stage.webex.log), len(stage.microsoft.graph.log)) == calls
    assert dry_run.state(stage.services) is None


# All teams


def entries(page: Page) -> dict[str, str]:
    found = page.document.root.all("li")
    return {e["id"].removeprefix("team-"): e.text for e in found if e["id"].startswith("team-")}


def said_before(here: Bench, name: str = "Team", **facts: object) -> Preview:
    """What the dry run kept of one team."""
    uuid = TeamId(str(uuid4()))
    preview = Preview(uuid, name, here.stage.services.now(), "both")
    preview = replace(preview, **facts)  # type: ignore[arg-type]
    here.stage.services.teams.keep_preview(preview)
    return preview


def test_nobody_has_asked_yet(ready: Bench) -> None:
    page = opened(ready, ALL)

    assert page.heading == "Dry run of all teams"
    assert "Nobody has asked for one yet." in page.text
    assert "Begin" in page.buttons


def test_it_is_begun_on_its_page_and_goes_on_by_the_timer(ready: Bench) -> None:
    stage = ready.stage
    in_step, late_team = settled(ready), settled(ready)
    stage.watching = False
    stage.webex.add_member(late_team, stage.person("Lars Late"))
    before = clouds(stage)
    opened(ready, "/activity")

    ready.visitor.follow("Dry run of all teams")
    begun = ready.visitor.press("Begin")
    stage.tidy()
    page = opened(ready, ALL)

    assert begun.path == ALL
    assert "The dry run has begun." in begun.said
    assert "Under way. Teams looked at so far: 0." in begun.text
    assert ready.audit()[0][:2] == ("Adam Admin", "dry_run")
    assert "Teams looked at: 2." in page.text
    assert "To be added to the group: 1" in page.text
    assert list(entries(page)) == [late_team.uuid]
    assert in_step.uuid not in page.body
    assert clouds(stage) == before
    assert people(ready.visitor.follow("Project X"))["Lars Late"][-1] == "Is added to the group."


def under_way(here: Bench) -> DryRun:
    run = dry_run.state(here.stage.services)
    assert run is not None
    return run


def test_the_page_of_all_teams_begins_nothing_by_itself(ready: Bench) -> None:
    dry_run.begin(ready.stage.services, "Adam")
    before = under_way(ready)
    ready.stage.clock.advance(60)

    page = opened(ready, "/activity")
    ready.visitor.follow("Dry run of all teams")

    assert "Dry run of all teams" not in page.buttons
    assert under_way(ready) == before


def test_one_under_way_is_begun_anew_by_whoever_sees_that_it_is(ready: Bench) -> None:
    opened(ready, ALL)
    first = ready.visitor.press("Begin")
    before = under_way(ready)
    ready.stage.clock.advance(60)

    second = ready.visitor.press("Begin anew")

    assert "One is under way; beginning anew forgets what it has said so far." in first.text
    assert "The dry run has begun." in second.said
    assert under_way(ready).began > before.began


@pytest.mark.parametrize("opened_at", ["before any", "another"])
def test_a_page_that_shows_another_one_ends_none(ready: Bench, opened_at: str) -> None:
    if opened_at == "another":
        dry_run.begin(ready.stage.services, "Adam")
    shown = opened(ready, ALL)
    ready.stage.clock.advance(60)
    dry_run.begin(ready.stage.services, "Eva")
    before = under_way(ready)
    ready.stage.clock.advance(60)

    page = ready.visitor.submit(shown, "Begin" if opened_at == "before any" else "Begin anew")

    assert "Somebody began another dry run since you loaded the page" in page.said
    assert under_way(ready) == before


@pytest.mark.parametrize("began", ["", "x", "-1", "1e9", "²", "9" * 30, None])
def test_a_form_that_shows_no_dry_run_begins_none(ready: Bench, began: str | None) -> None:
    page = ready.visitor.post(ALL, {} if began is None else {"began": began})

    assert steps.refused_with(page) == "bad_form"
    assert dry_run.state(ready.stage.services) is None


def test_doubts_and_people_not_looked_up_are_told_of_all_teams(ready: Bench) -> None:
    services = ready.stage.services
    dry_run.begin(services, "Adam")
    doubted = {"remove members": 2, "remove webex": 1, "remove owners": 4}
    row = services.organizations.kept(dry_run.DRY_RUN)
    assert row is not None
    said = {"doubted": doubted, "unknown": 60, "waiting": 3}
    services.organizations.keep(dry_run.DRY_RUN, row, {**row.state, **said})
    one = said_before(ready, "Doubted", doubted={"remove members": 2})
    quiet = said_before(ready, "Quiet", unknown=60, waiting=True)

    page = opened(ready, ALL)
    ready.visitor.language = "sv"
    swedish = opened(ready, ALL)

    sums = page.text.partition("Teams that something would happen to")[0]
    assert "Missed, and removed if a second read two minutes later agrees: 3" in sums
    assert "Owners no longer, if a second read two minutes later agrees: 4" in sums
    assert "Not looked up in the directory yet: 60." in sums
    assert "Teams without a group that are new and still settle 3" in sums
    assert "agrees: 2" in entries(page)[one.team]
    assert quiet.team not in entries(page)
    assert "Ännu inte uppslagna i katalogen: 60." in swedish.text


def test_sums_failures_and_what_would_wait_are_told_in_both_languages(ready: Bench) -> None:
    dry_run.begin(ready.stage.services, "Adam")
    many = said_before(
        ready,
        "Many",
        counts={f"{REMOVE} {MEMBERS}": 1_200, f"{ADD} {WEBEX}": 3},
        held=True,
    )
    failed = said_before(ready, "Failed", failure="group_gone")
    new = said_before(ready, "New", creates=True)
    quiet = said_before(ready, "Quiet", listed={"bot": 1})

    told = entries(opened(ready, ALL))
    ready.visitor.language = "sv"
    swedish = entries(opened(ready, ALL))

    assert told.keys() == {many.team, failed.team, new.team}
    assert quiet.team not in told
    assert "To be taken out of the group: 1,200" in told[many.team]
    assert "To be added to the Webex team: 3" in told[many.team]
    assert "Something would wait for you." in told[many.team]
    assert "The group was deleted in Microsoft 365." in told[failed.team]
    assert "A group would be made." in told[new.team]
    assert "Ska tas bort ur gruppen: 1" in swedish[many.team]
    assert "En grupp skulle skapas." in swedish[new.team]


def test_pages_show_every_team_once_and_end(ready: Bench) -> None:
    dry_run.begin(ready.stage.services, "Adam")
    kept = {said_before(ready, f"Team {n}", creates=True).team for n in range(2 * PAGE + 5)}
    for _ in range(120):
        said_before(ready)

    shown: list[str] = []
    page = opened(ready, ALL)
    for _ in range(5):
        shown += entries(page)
        if "Next page" not in page.links:
            break
        page = ready.visitor.follow("Next page")

    assert sorted(shown) == sorted(kept)
    assert "Next page" not in page.links
    assert list(entries(ready.visitor.follow("First page"))) == shown[:PAGE]


def test_what_an_earlier_run_said_is_not_shown_as_this_ones(ready: Bench) -> None:
    old = said_before(ready, "Old", creates=True)
    ready.stage.clock.advance(60)
    dry_run.begin(ready.stage.services, "Adam")
    new = said_before(ready, "New", creates=True)

    told = entries(opened(ready, ALL))

    assert list(told) == [new.team]
    assert old.team not in told


@pytest.mark.parametrize("after", ["zzz", "..%2F..", "%27%20or%201", "%00"])
def test_a_strange_place_to_go_on_from_is_the_beginning(ready: Bench, after: str) -> None:
    dry_run.begin(ready.stage.services, "Adam")
    kept = said_before(ready, creates=True)

    page = opened(ready, f"{ALL}?after={after}")

    assert list(entries(page)) == [kept.team]


def test_it_may_be_begun_while_off(ready: Bench) -> None:
    team = settled(ready)
    ready.turn_off()
    opened(ready, ALL)

    ready.visitor.press("Begin")
    ready.stage.tidy()

    page = opened(ready, ALL)
    assert "Teams looked at: 1." in page.text
    assert "None: nothing would be changed." in page.text
    assert team.uuid not in page.body
    assert "Begin anew" in page.buttons
