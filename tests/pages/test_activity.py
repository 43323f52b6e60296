"""Every team with its state in words, and buttons that really cause a look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote
from uuid import uuid4

import pytest

from sandbox.browser.page import Page
from sandbox.kit import Fault
from sandbox.webex.state import Team
from shared.core import times
from shared.core.ids import ObjectId, PersonId, TeamId
from shared.core.model import Folder, Status
from shared.core.model import Team as Row
from shared.ports import DeadLetter
from shared.storage.tables import Properties, Step
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, a_row, bench, opened
from tests.pages.storage_edge import at_the_edge
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    return here


def entry(page: Page, team: Team | str) -> str:
    """What the list says of a team."""
    uuid = team if isinstance(team, str) else team.uuid
    found = page.document.root.first(id=f"team-{uuid}")
    assert found is not None, page.text
    return found.text


def listed(page: Page) -> list[str]:
    """The uuids in the list, in its order."""
    return [
        e["id"].removeprefix("team-") for e in page.document.root.all("li") if _is_team(e["id"])
    ]


def _is_team(text: str) -> bool:
    return text.startswith("team-")


def activity(here: Bench, query: str = "") -> Page:
    return opened(here, f"/activity{query}")


def keep(here: Bench, row: Row) -> None:
    here.stage.services.teams.write(None, row)


def give_up_on(here: Bench, team: Team) -> Properties:
    """Five unexpected failures in a row; what its row said before."""
    rows = here.stage.wiring.tables.partition("Teams", here.stage.org.uuid)
    row = rows.get(f"team:{team.uuid}")
    assert row is not None
    before = dict(row.values)
    # No packed list is that long: reading the row fails in a way that nobody expects.
    rows.upsert(row.key, {**row.values, "codes": "[]", "listed0": b"x" * 17})
    here.stage.webex.add_member(team, here.stage.person())
    here.stage.run(1800)
    return before


def mend(here: Bench, team: Team, before: Properties) -> None:
    rows = here.stage.wiring.tables.partition("Teams", here.stage.org.uuid)
    rows.upsert(f"team:{team.uuid}", before)


# Every state


def test_without_teams_it_says_what_will_come(ready: Bench) -> None:
    assert "No team yet." in activity(ready).text


def test_a_new_team_settles_then_waits_for_its_folder_then_is_complete(ready: Bench) -> None:
    stage = ready.stage
    stage.microsoft.switches.drive_delay_seconds = 1200
    team = stage.team(stage.person(), stage.people(4), "Project X")
    stage.run(20)
    settling = entry(activity(ready), team)
    stage.run(500)
    waiting = entry(activity(ready), team)
    stage.run(5400)
    complete = entry(activity(ready), team)

    assert "Settling" in settling
    assert "Waiting for the folder" in waiting
    assert "5 in the group, 5 in the team" in waiting
    assert "Looked at next" in waiting
    assert "Complete" in complete
    assert "Project X" in complete
    assert "Linked" in complete


def test_a_team_from_before_is_told_so_and_has_no_retry(make_stage: Make) -> None:
    here = bench(make_stage(configured=True))
    old = here.stage.team(here.stage.person(), name="Old")
    here.stage.run(60)
    here.turn_on()
    here.stage.webex.add_member(old, here.stage.person())
    here.stage.run(60)

    page = activity(here)
    told = entry(page, old)

    assert "From before" in told
    assert "Retry" not in told
    refused = here.visitor.post("/activity/retry", {"team": old.uuid})
    assert "was there before the switch went on" in refused.said


def test_a_team_that_needs_a_person_says_why_and_what_to_do(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person(mapped=False))
    ready.stage.settle()

    told = entry(activity(ready), team)

    assert "Needs a person" in told
    assert "Nobody in this team is known to Microsoft 365" in told
    assert "Give at least one moderator" in told
    assert "1 × This Webex user has no External ID." in told


def test_a_throttled_team_says_until_when(ready: Bench) -> None:
    stage = ready.stage
    fault = Fault("throttle", path="/rooms/|/memberships|/events", seconds=900)
    team = stage.team(stage.person(), stage.people(2))
    stage.run(3)
    stage.webex.faults.append(fault)
    stage.run(45)

    told = entry(activity(ready), team)

    assert "Throttled until" in told
    stage.webex.faults.remove(fault)
    stage.run(1800)
    assert "Complete" in entry(activity(ready), team)


def test_a_provider_that_stays_silent_is_told_with_its_trace_id(ready: Bench) -> None:
    stage = ready.stage
    team = stage.team(stage.person())
    stage.run(5)
    stage.microsoft.graph.faults.append(Fault("error", path="/groups", status=503))
    stage.run(600)

    page = activity(ready)

    assert "does not answer as it should" in entry(page, team)
    assert "503" in entry(page, team)


def test_a_refused_folder_needs_a_person(ready: Bench) -> None:
    stage = ready.stage
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person())
    stage.settle()

    page = activity(ready, "?status=needs_person")

    assert "Needs a person" in entry(page, team)
    assert "Link the group's folder by hand" in entry(page, team)


def test_people_who_are_not_in_the_group_are_named_with_what_is_known(ready: Bench) -> None:
    stage = ready.stage
    ghost = stage.person()
    ghost.external_id = str(uuid4())
    without = [stage.person(mapped=False) for _ in range(2)]
    team = stage.team(stage.person(), [ghost, *without])
    stage.run(2400)

    told = entry(activity(ready), team)
    page = activity(ready, f"?team={team.uuid}")

    assert "2 × This Webex user has no External ID." in told
    assert "not known to this Microsoft tenant" in told
    rows = {row[0]: row[1:] for row in page.document.tables[0][1:]}
    assert set(rows) == {ghost.uuid, *(p.uuid for p in without)}
    assert rows[ghost.uuid][1] == ghost.external_id
    assert rows[without[0].uuid][1] == "–"


def test_a_row_of_another_version_is_shown_and_blanks_nothing(ready: Bench) -> None:
    rows = ready.stage.wiring.tables.partition("Teams", ready.stage.org.uuid)
    good, strange = a_row("Good"), a_row("Strange")
    keep(ready, good)
    keep(ready, strange)
    row = rows.get(f"team:{strange.uuid}")
    assert row is not None
    rows.upsert(row.key, {**row.values, "status": "from the future"})

    page = activity(ready)

    assert "Complete" in entry(page, good.uuid)
    assert "Cannot be read" in entry(page, strange.uuid)
    assert "Retry" not in entry(page, strange.uuid)
    assert listed(activity(ready, "?status=unreadable")) == [strange.uuid]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{7*7}}"]
)
def test_markup_in_a_name_stays_text(ready: Bench, name: str) -> None:
    row = replace(a_row(name), space_title=name, group_name=name, detail=name)
    keep(ready, row)

    page = activity(ready)
    alone = activity(ready, f"?team={row.uuid}")

    for shown in (page, alone):
        assert name in shown.text
        assert "<script>alert" not in shown.body
        assert "<img" not in shown.body


def test_in_swedish(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person(mapped=False))
    ready.stage.settle()
    ready.visitor.language = "sv"

    page = activity(ready)

    assert page.language == "sv"
    assert "Behöver en person" in entry(page, team)
    assert "Försök igen" in entry(page, team)


# Searching and paging


def test_pages_hold_every_team_once_in_a_lasting_order(ready: Bench) -> None:
    kept = sorted(a_row(f"Team {n:03d}").uuid for n in range(130))
    for number, uuid in enumerate(kept):
        keep(ready, a_row(f"Team {number:03d}", uuid=uuid))

    first = activity(ready)
    second = ready.visitor.follow("Next page")
    third = ready.visitor.follow("Next page")

    assert [len(listed(p)) for p in (first, second, third)] == [50, 50, 30]
    assert listed(first) + listed(second) + listed(third) == kept
    assert "Next page" not in third.links
    assert listed(ready.visitor.follow("First page")) == listed(first)


def test_a_search_finds_the_beginning_of_the_teams_or_the_groups_name(ready: Bench) -> None:
    wanted = [
        replace(a_row("ÅNGSTRÖM och vänner"), group_name="x"),
        replace(a_row("Other"), group_name="Ångström group"),
        replace(a_row("Renamed since"), space_title="ångström now"),
    ]
    for row in [*wanted, a_row("The Ångström"), *(a_row(f"Team {n}") for n in range(60))]:
        keep(ready, row)
    activity(ready)

    page = ready.visitor.press("Search", q=" ångSTRÖM")

    assert set(listed(page)) == {row.uuid for row in wanted}
    assert "Next page" not in page.links


def test_a_search_for_a_uuid_finds_that_team(ready: Bench) -> None:
    row = a_row("Somewhere")
    keep(ready, row)
    keep(ready, a_row("Elsewhere"))

    assert listed(activity(ready, f"?q={row.uuid.upper()}")) == [row.uuid]
    assert "No such team." in activity(ready, f"?q={uuid4()}").text


def test_a_full_page_of_matches_goes_on_after_the_last_of_them(ready: Bench) -> None:
    matching = [a_row(f"Alpha {n}") for n in range(70)]
    for row in [*matching, *(a_row(f"Beta {n}") for n in range(70))]:
        keep(ready, row)

    first = activity(ready, "?q=alpha")
    second = ready.visitor.follow("Next page")

    assert [len(listed(first)), len(listed(second))] == [50, 20]
    assert {*listed(first), *listed(second)} == {row.uuid for row in matching}


def test_teams_can_be_narrowed_to_one_state(ready: Bench) -> None:
    rows = {
        "needs_person": a_row("N", status=Status.NEEDS_PERSON),
        "settling": a_row("S", status=Status.SETTLING),
        "waiting": a_row("W", status=Status.WAITING),
        "complete": a_row("C"),
        "from_before": a_row("F", status=Status.FROM_BEFORE),
        "folder": replace(a_row("D"), group_id="g", folder=Folder.WAITING),  # type: ignore[arg-type]
    }
    for row in rows.values():
        keep(ready, row)

    for status, row in rows.items():
        assert listed(activity(ready, f"?status={status}")) == [row.uuid]
    assert len(listed(activity(ready, "?status=nonsense"))) == len(rows)


@pytest.mark.parametrize("after", ["zzz", "' or 1 eq 1", "../..", "%00", "\x01"])
def test_a_strange_place_to_go_on_from_is_the_beginning(ready: Bench, after: str) -> None:
    keep(ready, a_row("One"))

    page = activity(ready, f"?after={quote(after)}")

    assert page.status == 200
    assert len(listed(page)) == 1


def test_it_asks_no_provider_anything(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person(), ready.stage.people(3))
    ready.stage.settle()
    webex, graph = len(ready.stage.webex.log), len(ready.stage.microsoft.graph.log)

    activity(ready)
    activity(ready, "?status=complete")
    activity(ready, f"?team={team.uuid}")

    asked = {c.path for c in ready.stage.webex.log[webex:]}
    # The session asks for the administrator's own role, now and then.
    assert all("/people" in path or "/Users" in path for path in asked)
    assert len(ready.stage.microsoft.graph.log) == graph


# Retry


def test_retry_looks_again_within_a_minute_at_what_was_mended(ready: Bench) -> None:
    stage = ready.stage
    creator = stage.person(mapped=False)
    team = stage.team(creator)
    stage.settle()
    assert stage.group_of(team) is None
    creator.external_id = stage.tenant.add_user("Mended").object_id
    activity(ready)

    page = ready.visitor.press("/activity/retry", team=team.uuid)
    stage.run(60)

    assert "within a minute" in page.said
    assert stage.group_of(team) is not None
    assert ready.audit()[0] == ("Adam Admin", "retry", "", "Project X")


def test_retry_tries_a_refused_folder_again(ready: Bench) -> None:
    stage = ready.stage
    stage.webex.switches.who_may_link = "nobody"
    team = stage.team(stage.person())
    stage.settle()
    stage.webex.switches.who_may_link = "compliance"
    activity(ready)

    ready.visitor.press("/activity/retry", team=team.uuid)
    stage.run(60)

    assert stage.row(team).folder is Folder.LINKED


def test_retry_tries_a_refused_person_again(ready: Bench) -> None:
    stage = ready.stage
    team = stage.team(stage.person())
    stage.settle()
    late = stage.person(mapped=False)
    stage.webex.add_member(team, late)
    stage.run(300)
    late.external_id = stage.tenant.add_user("Late").object_id
    activity(ready)

    ready.visitor.press("/activity/retry", team=team.uuid)
    stage.run(60)

    group = stage.group_of(team)
    assert group is not None
    assert late.external_id in group.members


def test_retry_while_off_is_kept_for_later(ready: Bench) -> None:
    stage = ready.stage
    team = stage.team(stage.person(mapped=False))
    stage.settle()
    ready.turn_off()
    activity(ready)

    page = ready.visitor.press("/activity/retry", team=team.uuid)

    assert "once the switch is On" in page.said
    assert "The switch is Off" in page.text


def test_retry_during_a_look_does_not_disturb_it(ready: Bench) -> None:
    stage = ready.stage
    team = stage.team(stage.person())
    stage.run(15)
    look = stage.services.looks.read(team.uuid)
    assert look is not None
    held = replace(look.value, lease_owner="w", lease_until=stage.services.now() + times.LEASE)
    stage.services.looks.write(team.uuid, look, held)
    row = stage.services.teams.read(TeamId(team.uuid))

    ready.visitor.post("/activity/retry", {"team": team.uuid})

    assert stage.services.teams.read(TeamId(team.uuid)) == row
    after = stage.services.looks.read(team.uuid)
    assert after is not None
    assert after.value.wanted == look.value.wanted + 1


@pytest.mark.parametrize(
    "team", ["", "nonsense", "../x", "6f1b9d1e-0000-4000-8000-00000000cafe", "' or 1"]
)
@pytest.mark.parametrize("act", ["retry", "replay"])
def test_a_team_that_nobody_knows_is_refused(ready: Bench, act: str, team: str) -> None:
    before = ready.audit()

    page = ready.visitor.post(f"/activity/{act}", {"team": team})

    assert page.path == "/activity"
    assert "does not know that team" in page.said or "not given up on" in page.said
    assert ready.audit() == before
    assert ready.stage.due() == []


def test_who_is_not_signed_in_sees_and_causes_nothing(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person(mapped=False))
    ready.stage.settle()
    look = ready.stage.services.looks.read(team.uuid)
    stranger = Visitor(ready.stage)

    page = stranger.get("/activity")
    stranger.post("/activity/retry", {"team": team.uuid})

    assert page.path == "/"
    assert ready.stage.services.looks.read(team.uuid) == look


def test_after_a_button_the_list_is_where_it_was(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person(mapped=False), name="Åland & co")
    ready.stage.settle()
    activity(ready, "?q=%C3%A5land+%26&status=needs_person")

    page = ready.visitor.press("/activity/retry", team=team.uuid)

    assert page.url.endswith("/activity?q=%C3%A5land+%26&status=needs_person")


# Dead letters


def test_a_team_that_was_given_up_on_shows_error_and_time_and_replay_mends_it(
    ready: Bench,
) -> None:
    stage = ready.stage
    team = stage.team(stage.person(), stage.people(2))
    stage.settle()
    before = give_up_on(ready, team)
    letters = stage.services.dead_letters
    letter = letters.read(team.uuid)
    assert letter is not None

    page = activity(ready, "?status=given_up")
    told = entry(page, team)

    assert "Given up" in told
    assert letter.error in told
    assert "Replay" in told
    mend(ready, team, before)
    done = ready.visitor.press("/activity/replay", team=team.uuid)
    stage.run(60)
    assert "as if it had not been given up on" in done.said
    assert letters.read(team.uuid) is None
    assert ready.audit()[0][1] == "replay"
    group = stage.group_of(team)
    assert group is not None
    assert set(group.members) == stage.expected(team)


def letter(here: Bench, team: str, name: str = "") -> None:
    """A team that was given up on; without a name it has no row."""
    if name:
        keep(here, a_row(name, uuid=team))
    here.stage.services.dead_letters.put(DeadLetter(team, "space", 1, "Boom", ""))


def numbered(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def test_one_that_was_given_up_on_is_found_by_its_id(ready: Bench) -> None:
    letter(ready, numbered(1), "Doomed")
    keep(ready, a_row("Well", uuid=numbered(2)))

    assert listed(activity(ready, f"?status=given_up&q={numbered(1)}")) == [numbered(1)]
    assert listed(activity(ready, f"?status=given_up&q={numbered(2)}")) == []


def test_those_given_up_on_are_searched_beyond_the_first_page(ready: Bench) -> None:
    for number in range(60):
        letter(ready, numbered(number), "Needle" if number >= 58 else "Hay")

    page = activity(ready, "?status=given_up&q=needle")

    assert listed(page) == [numbered(58), numbered(59)]
    assert "Next page" not in page.links


def test_pages_of_those_given_up_on_show_each_once(ready: Bench) -> None:
    for number in range(100):
        letter(ready, numbered(number), "Same")

    first = activity(ready, "?status=given_up&q=same")
    second = ready.visitor.get(first.links["Next page"])

    assert listed(first) + listed(second) == [numbered(n) for n in range(100)]
    assert "Next page" not in second.links


def test_a_letter_without_a_row_is_shown_and_leads_nowhere_that_refuses_it(ready: Bench) -> None:
    letter(ready, numbered(1))
    letter(ready, "strange")

    page = activity(ready, "?status=given_up")

    assert listed(page) == [numbered(1), "strange"]
    assert "strange" not in page.links
    assert ready.visitor.get(page.links[numbered(1)]).heading == numbered(1)


def test_behind_the_last_team_there_are_no_more(ready: Bench) -> None:
    for number in range(50):
        keep(ready, a_row("Same", uuid=numbered(number)))
    keep(ready, a_row("Other", uuid=numbered(50)))
    first = activity(ready, "?q=Same")

    second = ready.visitor.get(first.links["Next page"])

    assert "No more teams." in second.text
    assert "No such team." not in second.text


def test_a_team_that_is_not_known_leads_to_the_list(ready: Bench) -> None:
    page = ready.visitor.get(f"/activity?team={uuid4()}")

    assert steps.refused_with(page) == "team_unknown"
    assert "/activity" in [
        e["href"] for e in page.document.root.all("a") if "primary" in e["class"]
    ]


def test_a_later_success_clears_the_letter_by_itself(ready: Bench) -> None:
    stage = ready.stage
    team = stage.team(stage.person())
    stage.settle()
    before = give_up_on(ready, team)
    mend(ready, team, before)
    assert stage.services.dead_letters.read(team.uuid) is not None

    stage.webex.add_member(team, stage.person())
    stage.run(120)

    assert stage.services.dead_letters.read(team.uuid) is None
    assert "Given up" not in entry(activity(ready), team)


def test_replaying_twice_says_that_there_is_nothing_left(ready: Bench) -> None:
    team = ready.stage.team(ready.stage.person())
    ready.stage.settle()
    before = give_up_on(ready, team)
    mend(ready, team, before)
    activity(ready)
    ready.visitor.post("/activity/replay", {"team": team.uuid})

    page = ready.visitor.post("/activity/replay", {"team": team.uuid})

    assert "not given up on any more" in page.said


def test_people_beyond_the_page_are_counted(ready: Bench) -> None:
    listed_people = {PersonId(str(uuid4())): "no_object_id" for _ in range(230)}
    row = replace(a_row("Crowd"), listed=listed_people)
    keep(ready, row)

    page = activity(ready, f"?team={row.uuid}")

    assert len(page.document.tables[0]) == 201
    assert "And 30 more." in page.text


def test_accounts_in_the_group_and_not_in_the_team_are_listed_with_why(ready: Bench) -> None:
    others = {ObjectId(str(uuid4())): code for code in ("not_in_webex", "guest_in_group")}
    row = replace(a_row("Crowd"), others=others, listed={PersonId(str(uuid4())): "bot"})
    keep(ready, row)

    told = entry(activity(ready), row.uuid)
    page = activity(ready, f"?team={row.uuid}")

    assert "In the group, and not in the team: 1 × No Webex user is known" in told
    rows = {line[0]: line[1] for line in page.document.tables[1][1:]}
    assert rows.keys() == others.keys()
    assert "Add the person by hand in Webex if they should be in the team." in page.text


def test_many_accounts_beyond_the_page_are_counted(ready: Bench) -> None:
    row = replace(
        a_row("Crowd"), others={ObjectId(str(uuid4())): "not_in_webex" for _ in range(230)}
    )
    keep(ready, row)

    page = activity(ready, f"?team={row.uuid}")

    assert len(page.document.tables[0]) == 201
    assert "And 30 more." in page.text


# Large organizations


def fill(here: Bench, count: int) -> list[str]:
    """So many complete teams; their uuids in order."""
    rows = here.stage.wiring.tables.partition("Teams", here.stage.org.uuid)
    kept = sorted(str(uuid4()) for _ in range(count))
    for start in range(0, count, 100):
        values: Properties = {"space": "s", "new": True, "name": "Team", "status": "complete"}
        rows.write([Step("insert", f"team:{u}", values) for u in kept[start : start + 100]])
    return kept


def test_a_search_reads_a_bounded_number_of_rows_and_offers_to_go_on(ready: Bench) -> None:
    kept = fill(ready, 2_300)
    last = replace(a_row("Needle"), uuid=TeamId("f" * 8 + kept[-1][8:]))
    keep(ready, last)

    first = activity(ready, "?q=needle")

    assert "No such team among those that were searched." in first.text
    assert listed(ready.visitor.follow("Continue searching")) == [last.uuid]
    rest = ready.visitor.get(f"/activity?q=needle&after={kept[-2]}")
    assert "Continue searching" not in rest.links


@pytest.mark.emulator
def test_the_first_page_of_a_large_organization_asks_storage_a_few_times(ready: Bench) -> None:
    fill(ready, 1_000)
    edge = at_the_edge(ready.stage)
    activity(ready)
    edge.calls.clear()

    page = activity(ready)

    assert len(listed(page)) == 50
    assert len(edge.calls) <= 15


def calls_of(here: Bench, query: str) -> tuple[Page, int]:
    """The page, and how often it asked storage."""
    edge = at_the_edge(here.stage)
    activity(here)
    edge.calls.clear()
    page = activity(here, query)
    return page, len(edge.calls)


@pytest.mark.emulator
def test_a_search_among_those_given_up_on_asks_storage_a_few_times(ready: Bench) -> None:
    kept = fill(ready, 660)
    for uuid in kept[::4]:
        letter(ready, uuid)

    page, calls = calls_of(ready, "?status=given_up&q=needle")

    assert listed(page) == []
    assert calls <= 20
    assert "Continue searching" not in page.links


@pytest.mark.emulator
def test_a_search_among_those_given_up_on_that_stand_far_apart_goes_on_where_it_stopped(
    ready: Bench,
) -> None:
    kept = fill(ready, 2_500)
    for uuid in kept[50::100]:
        letter(ready, uuid)
    last = "f" * 8 + kept[-1][8:]
    letter(ready, last, "Needle")

    first, calls = calls_of(ready, "?status=given_up&q=needle")
    second = ready.visitor.follow("Continue searching")

    assert listed(first) == []
    assert calls <= 35
    assert listed(second) == [last]
    assert "Continue searching" not in second.links
