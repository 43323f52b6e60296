"""What the brake holds, before an administrator: the names, the decision, and who leads a team."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from sandbox.browser.page import Page
from sandbox.webex.state import Team as WebexTeam
from shared.admin import holding
from shared.admin.ports import Actor, Office
from shared.core.capabilities import CAPABILITIES
from shared.core.held import Held, Named
from shared.core.ids import ObjectId, OrgId, PersonId, TeamId
from shared.core.ledger import ADD, MEMBERS, NO_ACCOUNT, OWNERS, REMOVE, WEBEX, Change, Ledger
from shared.core.model import Limits, Status, Team
from shared.core.reasons import Refusal
from shared.ports import Conflict
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, a_row, bench, opened
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]
AT = 1_790_000_000_000


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    """The switch is on."""
    here = bench(make_stage(configured=True))
    here.turn_on()
    # What comes after has a later line in the audit.
    here.stage.clock.advance(1)
    return here


def change(side: str = MEMBERS, op: str = REMOVE, name: str = "Nils Nobody") -> Named:
    return Named(Change(PersonId(str(uuid4())), ObjectId(str(uuid4())), side, op), name)


def held_team(here: Bench, changes: Iterable[Named], **facts: Any) -> Team:
    """A team of which these changes wait."""
    row = replace(
        a_row("Project X", status=Status.NEEDS_PERSON), held=True, reason="brake", settled=True
    )
    teams = here.stage.services.teams
    teams.write(None, row)
    why = facts.pop("why", ("remove_many",))
    teams.hold(row.uuid, None, Held(tuple(changes), AT, 40, why, **facts))
    return row


def held(here: Bench, row: Team) -> Held:
    kept = here.stage.services.teams.held(row.uuid)
    assert kept is not None
    return kept.value


def hold_instead(here: Bench, row: Team, after: Held | None) -> None:
    """What the worker does at a look."""
    teams = here.stage.services.teams
    teams.hold(row.uuid, teams.held(row.uuid), after)


def page_of(here: Bench, team: Team | WebexTeam) -> Page:
    return opened(here, f"/activity?team={team.uuid}")


def names(page: Page) -> list[list[str]]:
    lists = [e for e in page.document.root.all("ul") if "names" in e["class"]]
    return [[item.text for item in each.all("li")] for each in lists]


def wanted(here: Bench, row: Team) -> int:
    look = here.stage.services.looks.read(row.uuid)
    return look.value.wanted if look else 0


# The panel


def test_it_shows_who_would_be_changed_how_and_why(ready: Bench) -> None:
    changes = [
        *(change(name=name) for name in ("Zoe Z", "Åsa Å", "anna a")),
        change(WEBEX, ADD, "Wilma W"),
        change(OWNERS, REMOVE, "Zoe Z"),
    ]
    row = held_team(ready, changes, why=("empties", "remove_many"))

    page = page_of(ready, row)

    assert "Changes wait for you: they are more than your settings let go at once" in page.text
    assert "It waits for your decision; nothing of it is done before that." in page.text
    assert "tried again once a day" not in page.text
    assert "More people would be removed than your settings let go at once." in page.text
    assert "Nobody would be left on one side." in page.text
    assert "Since 21 September 2026, 14:13 UTC" in page.text
    assert "People in the team then: 40." in page.text
    assert [h for h in page.headings if ": " in h] == [
        "To be taken out of the group: 3",
        "To be owners of the group no longer: 1",
        "To be added to the Webex team: 1",
    ]
    assert names(page) == [["anna a", "Zoe Z", "Åsa Å"], ["Zoe Z"], ["Wilma W"]]
    assert {"Allow", "Refuse", "Save"} <= set(page.buttons)


def test_it_is_said_in_swedish(ready: Bench) -> None:
    row = held_team(ready, [change(), change()], why=("first_merge",))
    ready.visitor.language = "sv"

    page = page_of(ready, row)

    assert "Ändringar som väntar på dig" in page.headings
    assert "Ska tas bort ur gruppen: 2" in page.headings
    assert "Appen minns för lite av teamet för att veta vad som är nytt." in page.text
    assert {"Tillåt", "Avvisa"} <= set(page.buttons)


def test_a_person_without_a_name_is_told_by_an_id_and_markup_stays_text(ready: Bench) -> None:
    nameless, markup = change(name=""), change(name="<b>Bo</b> & co")
    row = held_team(ready, [nameless, markup])

    page = page_of(ready, row)

    assert sorted(names(page)[0]) == sorted([nameless.change.person, "<b>Bo</b> & co"])
    assert "<b>Bo" not in page.body


def test_namesakes_are_told_apart_by_their_ids(ready: Bench) -> None:
    one, other = change(name="Anders Andersson"), change(name="Anders Andersson")
    row = held_team(ready, [one, other, change(), change(WEBEX, ADD, "Anders Andersson")])

    page = page_of(ready, row)

    taken, added = names(page)
    assert sorted(taken[:2]) == sorted(
        f"Anders Andersson ({each.change.person[:4]}…)" for each in (one, other)
    )
    assert taken[2:] == ["Nils Nobody"]
    assert added == ["Anders Andersson"]


def test_who_is_to_be_invited_is_told_apart_from_who_is_added(ready: Bench) -> None:
    guest = Change(PersonId(str(uuid4())), NO_ACCOUNT, MEMBERS, ADD)
    row = held_team(ready, [Named(guest, "Gun Guest"), change(MEMBERS, ADD, "Ada Added")])

    page = page_of(ready, row)
    ready.visitor.press("Allow")

    assert [h for h in page.headings if ": " in h] == [
        "To be added to the group: 1",
        "To be invited as guests and added to the group: 1",
    ]
    assert names(page) == [["Ada Added"], ["Gun Guest"]]
    told = ready.visitor.get("/settings").document.tables[-1][1][-1]
    assert "To be invited as guests and added to the group: 1" in told


POWERLESS = "No sign-in of ours may change who is in a Webex team"


def grant(here: Bench, *more: str) -> None:
    """What the compliance officer's sign-in may do."""
    kept = here.office.credentials.read("spaces")
    assert kept is not None
    scopes = (*CAPABILITIES["spaces"].scopes, *more)
    here.office.credentials.write("spaces", replace(kept, scopes=scopes, etag=""))


def test_that_nobody_may_write_to_webex_is_said_before_it_is_allowed(ready: Bench) -> None:
    row = held_team(ready, [change(WEBEX, REMOVE)])
    grant(ready)
    without = page_of(ready, row)
    grant(ready, "spark-compliance:memberships_write")
    allowed = page_of(ready, row)
    grant(ready)
    ready.stage.redeploy(webex_bot_token="bot-token-for-the-page")
    by_bot = page_of(ready, row)

    assert POWERLESS in without.text
    assert POWERLESS not in allowed.text
    assert POWERLESS not in by_bot.text


def test_what_waits_for_the_group_alone_needs_no_sign_in_for_webex(ready: Bench) -> None:
    row = held_team(ready, [change(MEMBERS, REMOVE)])
    grant(ready)

    assert POWERLESS not in page_of(ready, row).text


def test_thousands_of_names_are_all_there(ready: Bench) -> None:
    row = held_team(ready, [change(name=f"Person {n:04d}") for n in range(5_000)])

    page = page_of(ready, row)

    assert "To be taken out of the group: 5,000" in page.headings
    assert len(names(page)[0]) == 5_000


def test_a_team_of_which_nothing_waits_has_no_panel(ready: Bench) -> None:
    row = a_row("Quiet")
    ready.stage.services.teams.write(None, row)

    page = page_of(ready, row)

    assert not {"Allow", "Refuse", "Drop the refusals"} & set(page.buttons)


def test_what_another_version_wrote_is_told_and_breaks_nothing(ready: Bench) -> None:
    row = held_team(ready, [change()])
    rows = ready.stage.wiring.tables.partition("Teams", ready.stage.org.uuid)
    rows.upsert(f"held:{row.uuid}", {"changes0": b"x" * 17, "names0": b""})

    page = page_of(ready, row)
    done = ready.visitor.post("/activity/held", {"team": row.uuid, "decision": "allow"})

    assert "this version of the app cannot read what" in page.text
    assert "Nothing of this team waits for you any more." in done.said


# The decision


@pytest.mark.parametrize(
    ("button", "decided", "told"),
    [
        ("Allow", "allow", "Allowed. It is done by the next look"),
        ("Refuse", "refuse", "Refused, and this is remembered. What a look has begun"),
    ],
)
def test_a_decision_is_kept_with_who_made_it_and_the_team_is_looked_at(
    ready: Bench, button: str, decided: str, told: str
) -> None:
    row = held_team(ready, [change(), change(), change(WEBEX, ADD)])
    before = wanted(ready, row)
    page_of(ready, row)

    page = ready.visitor.press(button)

    kept = held(ready, row)
    assert told in page.said
    assert page.url.endswith(f"/activity?team={row.uuid}")
    assert (kept.decided, kept.by) == (decided, steps.ADAM)
    assert kept.decided_at == ready.stage.services.now()
    assert (kept.at, kept.size, len(kept.changes)) == (AT, 40, 3)
    assert wanted(ready, row) > before
    assert f"ed by {steps.ADAM} on" in page.text
    assert button not in page.buttons


def test_a_decision_is_in_the_audit_in_words_of_both_languages(ready: Bench) -> None:
    row = held_team(ready, [*(change() for _ in range(1_200)), change(WEBEX, ADD)])
    page_of(ready, row)
    ready.visitor.press("Refuse")

    english = ready.visitor.get("/settings").document.tables[-1][1]
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/settings").document.tables[-1][1]

    assert english[2:] == [
        "Changes that waited were refused",
        "–",
        "Project X, To be taken out of the group: 1,200, To be added to the Webex team: 1",
    ]
    assert swedish[2] == "Ändringar som väntade avvisades"
    assert swedish[4] == (
        "Project X, Ska tas bort ur gruppen: 1\xa0200, Ska läggas till i Webex-teamet: 1".replace(
            "\xa0", " "
        )
    )


def test_until_the_worker_has_come_it_may_be_decided_otherwise(ready: Bench) -> None:
    row = held_team(ready, [change()])
    page_of(ready, row)
    ready.visitor.press("Allow")

    page = ready.visitor.press("Refuse")

    assert held(ready, row).decided == "refuse"
    assert "Refused by" in page.text
    assert "Allow" in page.buttons


def test_a_panel_whose_names_have_changed_decides_nothing(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    other = Held((change(name="Somebody Else"),), AT, 40, ("remove_many",))
    hold_instead(ready, row, other)
    before = ready.audit()

    page = ready.visitor.submit(shown, "Allow")

    assert "has changed since you loaded the page" in page.said
    assert names(page) == [["Somebody Else"]]
    assert held(ready, row) == other
    assert ready.audit() == before
    assert wanted(ready, row) == 0


def test_a_panel_on_which_somebody_else_has_decided_decides_nothing(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    colleague = Visitor(ready.stage)
    steps.sign_in(colleague, ready.stage.org.add_person("Eva Else", roles=("id_full_admin",)))
    colleague.get(f"/activity?team={row.uuid}")
    colleague.press("Refuse")

    page = ready.visitor.submit(shown, "Allow")

    assert "has changed since you loaded the page" in page.said
    assert held(ready, row).decided == "refuse"


def test_the_same_decision_twice_is_made_once(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    ready.visitor.submit(shown, "Allow")
    before = ready.audit()

    page = ready.visitor.submit(shown, "Allow")

    assert "has changed since you loaded the page" in page.said
    assert ready.audit() == before


def test_a_look_that_finds_the_same_names_does_not_disturb_the_decision(ready: Bench) -> None:
    changes = [change(), change(WEBEX, ADD)]
    row = held_team(ready, changes)
    shown = page_of(ready, row)
    hold_instead(ready, row, Held(tuple(reversed(changes)), AT, 41, ("remove_many",)))

    ready.visitor.submit(shown, "Allow")

    assert (held(ready, row).decided, held(ready, row).size) == ("allow", 41)


def test_what_went_away_meanwhile_is_told_so(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    hold_instead(ready, row, None)

    page = ready.visitor.submit(shown, "Allow")

    assert "Nothing of this team waits for you any more." in page.said


class _InBetween:
    """The teams' rows, with something happening right after one is read."""

    def __init__(self, rows: Any, name: str, act: Callable[[], None]) -> None:
        self._rows, self._name, self._act = rows, name, act

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._rows, name)
        if name != self._name:
            return found

        def read(*given: Any) -> Any:
            row = found(*given)
            self._act()
            return row

        return read


def slowed(here: Bench, name: str, act: Callable[[], None]) -> Office:
    rows: Any = _InBetween(here.stage.services.teams, name, act)
    return replace(here.office, services=replace(here.office.services, teams=rows))


BEA = Actor(PersonId("bea"), "Bea Boss")


def test_a_decision_that_meets_the_worker_is_not_half_made(ready: Bench) -> None:
    row = held_team(ready, [change()])
    now_held = Held((change(),), AT, 40, ("remove_many",))
    office = slowed(ready, "held", lambda: hold_instead(ready, row, now_held))
    before = ready.audit()

    with pytest.raises(Conflict):
        holding.decide(office, BEA, row.uuid, "allow", holding.mark(held(ready, row)))

    assert held(ready, row) == now_held
    assert ready.audit() == before


@pytest.mark.parametrize("decision", ["", "maybe", "ALLOW", "allow ", "<script>"])
def test_what_is_no_decision_decides_nothing(ready: Bench, decision: str) -> None:
    row = held_team(ready, [change()])
    seen = holding.mark(held(ready, row))

    page = ready.visitor.post(
        "/activity/held", {"team": row.uuid, "decision": decision, "seen": seen}
    )

    assert "could not be read" in page.said
    assert held(ready, row).decided == ""


@pytest.mark.parametrize("seen", ["", "x", "0" * 32])
def test_who_has_not_seen_the_names_decides_nothing(ready: Bench, seen: str) -> None:
    row = held_team(ready, [change()])

    ready.visitor.post("/activity/held", {"team": row.uuid, "decision": "allow", "seen": seen})

    assert held(ready, row).decided == ""


def forms(row: Team, seen: str) -> dict[str, dict[str, str]]:
    """Everything that can be asked of a team, by the button."""
    return {
        "held": {"team": row.uuid, "decision": "allow", "seen": seen},
        "unrefuse": {"team": row.uuid, "seen": seen},
        "direction": {"team": row.uuid, "was_direction": "", "direction": "team"},
    }


@pytest.mark.parametrize("act", ["held", "unrefuse", "direction"])
@pytest.mark.parametrize(
    "team", ["", "nonsense", "../x", "6f1b9d1e-0000-4000-8000-00000000cafe", "' or 1"]
)
def test_a_team_that_nobody_knows_is_refused(ready: Bench, act: str, team: str) -> None:
    row = held_team(ready, [change()])
    before = ready.audit()

    page = ready.visitor.post(f"/activity/{act}", {**forms(row, "")[act], "team": team})

    assert page.path == "/activity"
    assert "does not know that team" in page.said
    assert ready.audit() == before


@pytest.mark.parametrize("act", ["held", "unrefuse", "direction"])
def test_another_organizations_team_is_not_known_here(ready: Bench, act: str) -> None:
    stage = ready.stage
    other = stage.webex.add_organization("Beta", org_id=str(uuid.uuid4()))
    steps.serve(stage, organizations=[other])
    theirs = stage.wiring.services(OrgId(other.uuid)).teams
    row = replace(a_row("Theirs"), held=True)
    theirs.write(None, row)
    kept = theirs.hold(row.uuid, None, Held((change(),), AT, 4, ("empties",)))
    ledger = Ledger(refused=frozenset({change().change}))
    theirs.write_ledger(row.uuid, theirs.ledger(row.uuid), ledger)
    assert kept is not None

    page = ready.visitor.post(f"/activity/{act}", forms(row, holding.mark(kept.value))[act])

    assert "does not know that team" in page.said
    assert theirs.held(row.uuid) == kept
    assert theirs.ledger(row.uuid).value == ledger
    assert theirs.among([row.uuid]) == {row.uuid: row}


@pytest.mark.parametrize("act", ["held", "unrefuse", "direction"])
def test_who_is_not_signed_in_changes_nothing(ready: Bench, act: str) -> None:
    row = held_team(ready, [change()])
    kept = held(ready, row)

    Visitor(ready.stage).post(f"/activity/{act}", forms(row, holding.mark(kept))[act])

    assert held(ready, row) == kept
    assert ready.stage.services.teams.among([row.uuid]) == {row.uuid: row}


def test_while_off_it_is_kept_for_later(ready: Bench) -> None:
    row = held_team(ready, [change()])
    ready.turn_off()
    page_of(ready, row)

    page = ready.visitor.press("Allow")

    assert page.said == "Kept. It counts once the switch is On."
    assert held(ready, row).decided == "allow"


# Who leads


def direction(here: Bench, row: Team) -> str:
    return here.stage.services.teams.among([row.uuid])[row.uuid].direction


def test_who_leads_a_team_is_chosen_on_its_page(ready: Bench) -> None:
    row = held_team(ready, [change()])
    first = page_of(ready, row)

    second = ready.visitor.press("/activity/direction", direction="team")

    assert dict(first.document.form("/activity/direction").values())["direction"] == ""
    assert "As the organization: Team and group: a change on either side counts" in first.text
    assert dict(second.document.form("/activity/direction").values())["direction"] == "team"
    assert "Saved." in second.said
    assert direction(ready, row) == "team"
    assert wanted(ready, row) > 0
    assert ready.audit()[0][1:] == (
        "team_direction",
        "Project X: organization",
        "Project X: team",
    )
    told = ready.visitor.get("/settings").document.tables[-1][1][2:]
    assert told == [
        "Who leads membership of one team",
        "Project X, As the organization",
        "Project X, The Webex team",
    ]


def test_a_team_can_be_given_back_to_the_organizations_choice(ready: Bench) -> None:
    row = held_team(ready, [change()])
    page_of(ready, row)
    ready.visitor.press("/activity/direction", direction="group")
    # Lines of the audit from one and the same millisecond stand in any order.
    ready.stage.clock.advance(1)

    ready.visitor.press("/activity/direction", direction="")

    assert direction(ready, row) == ""
    assert ready.audit()[0][1:] == (
        "team_direction",
        "Project X: group",
        "Project X: organization",
    )


def test_choosing_what_is_chosen_changes_nothing(ready: Bench) -> None:
    row = held_team(ready, [change()])
    before = ready.audit()

    page_of(ready, row)

    page = ready.visitor.press("/activity/direction")

    assert page.said == "Nothing was changed."
    assert ready.audit() == before
    assert wanted(ready, row) == 0


def test_a_choice_on_a_page_from_before_somebody_elses_changes_nothing(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    colleague = Visitor(ready.stage)
    steps.sign_in(colleague, ready.stage.org.add_person("Eva Else", roles=("id_full_admin",)))
    colleague.get(f"/activity?team={row.uuid}")
    colleague.press("/activity/direction", direction="team")
    before = ready.audit()

    page = ready.visitor.submit(shown, "/activity/direction")

    assert "Somebody else chose who leads this team since you loaded the page" in page.said
    assert dict(page.document.form("/activity/direction").values())["direction"] == "team"
    assert direction(ready, row) == "team"
    assert ready.audit() == before


def test_two_who_choose_the_same_leader_agree(ready: Bench) -> None:
    row = held_team(ready, [change()])
    shown = page_of(ready, row)
    ready.visitor.submit(shown, "/activity/direction", direction="team")

    page = ready.visitor.submit(shown, "/activity/direction", direction="team")

    assert page.said == "Nothing was changed."
    assert direction(ready, row) == "team"


@pytest.mark.parametrize("missing", ["direction", "was_direction"])
def test_a_form_that_says_half_of_it_changes_nothing(ready: Bench, missing: str) -> None:
    row = held_team(ready, [change()])
    form = forms(row, "")["direction"]

    page = ready.visitor.post(
        "/activity/direction", {name: text for name, text in form.items() if name != missing}
    )

    assert "could not be read" in page.said
    assert direction(ready, row) == ""


@pytest.mark.parametrize("wish", ["nobody", "BOTH", "both ", "<script>"])
def test_what_is_no_direction_changes_nothing(ready: Bench, wish: str) -> None:
    row = held_team(ready, [change()])
    form = {"team": str(row.uuid), "was_direction": "", "direction": wish}

    page = ready.visitor.post("/activity/direction", form)

    assert "could not be read" in page.said
    assert direction(ready, row) == ""


def test_a_team_from_before_has_nobody_who_leads(ready: Bench) -> None:
    row = a_row("Old", status=Status.FROM_BEFORE)
    ready.stage.services.teams.write(None, row)

    page = page_of(ready, row)
    refused = ready.visitor.post("/activity/direction", forms(row, "")["direction"])

    assert "Who leads this team" not in page.text
    assert "was there before the switch went on" in refused.said


def test_what_the_worker_writes_meanwhile_is_not_lost(ready: Bench) -> None:
    row = held_team(ready, [change()])
    teams = ready.stage.services.teams
    looks: list[int] = []

    def worker() -> None:
        if not looks:
            looks.append(1)
            before = teams.read(row.uuid)
            teams.write(before, replace(row, in_group=7))

    holding.lead(slowed(ready, "read", worker), BEA, row.uuid, "team", "")

    after = teams.among([row.uuid])[row.uuid]
    assert (after.direction, after.in_group) == ("team", 7)


# What was refused


def refuse(here: Bench, row: Team, *more: Named) -> None:
    """As a look leaves it after a refusal."""
    teams = here.stage.services.teams
    refused = [named.change for named in (change(), change(), *more)]
    before = teams.ledger(row.uuid)
    ledger = replace(before.value, baseline={PersonId(str(uuid4())): ObjectId(str(uuid4()))})
    teams.write_ledger(row.uuid, before, replace(ledger, refused=frozenset(refused)))
    kept = teams.read(row.uuid)
    assert kept is not None
    listed = {c.person: "refused_by_admin" for c in refused}
    teams.write(kept, replace(kept.value, listed=listed))


def test_refusals_can_be_dropped(ready: Bench) -> None:
    row = a_row("Project X")
    ready.stage.services.teams.write(None, row)
    refuse(ready, row, change(WEBEX, ADD))
    known = ready.stage.services.teams.ledger(row.uuid).value
    first = page_of(ready, row)

    page = ready.visitor.press("Drop the refusals")

    assert "3 × An administrator refused this change." in first.text
    assert "To be taken out of the group: 2" in first.text
    assert "To be added to the Webex team: 1" in first.text
    assert "Nothing of this team is refused any more." in page.said
    assert "Drop the refusals" not in page.buttons
    assert ready.stage.services.teams.ledger(row.uuid).value == replace(known, refused=frozenset())
    assert wanted(ready, row) > 0
    assert ready.audit()[0][1:] == (
        "unrefused",
        "",
        "Project X: remove members 2, add webex 1",
    )
    told = ready.visitor.get("/settings").document.tables[-1][1][2:]
    assert told[0] == "Refusals of one team dropped"
    assert told[2] == "Project X, To be taken out of the group: 2, To be added to the Webex team: 1"


def test_refusals_that_came_since_the_page_was_loaded_are_not_dropped(ready: Bench) -> None:
    row = a_row("Project X")
    ready.stage.services.teams.write(None, row)
    refuse(ready, row)
    shown = page_of(ready, row)
    refuse(ready, row, change(WEBEX, ADD))
    known = ready.stage.services.teams.ledger(row.uuid)
    before = ready.audit()

    page = ready.visitor.submit(shown, "Drop the refusals")

    assert "What is refused of this team has changed since you loaded the page" in page.said
    assert ready.stage.services.teams.ledger(row.uuid) == known
    assert ready.audit() == before
    assert wanted(ready, row) == 0
    ready.visitor.press("Drop the refusals")
    assert not ready.stage.services.teams.ledger(row.uuid).value.refused


def test_dropping_them_twice_says_that_there_is_nothing_left(ready: Bench) -> None:
    row = a_row("Project X")
    ready.stage.services.teams.write(None, row)
    refuse(ready, row)
    shown = page_of(ready, row)
    ready.visitor.submit(shown, "Drop the refusals")
    before = ready.audit()

    page = ready.visitor.submit(shown, "Drop the refusals")

    assert "No change of this team is refused any more." in page.said
    assert ready.audit() == before


def test_nobody_drops_refusals_of_a_team_from_nowhere(ready: Bench) -> None:
    with pytest.raises(Refusal) as refused:
        holding.drop_refusals(ready.office, BEA, str(TeamId(str(uuid4()))), "")

    assert refused.value.code == "team_unknown"


def test_a_memory_that_cannot_be_read_leaves_the_page_there(ready: Bench) -> None:
    row = held_team(ready, [change()])
    rows = ready.stage.wiring.tables.partition("Teams", ready.stage.org.uuid)
    rows.upsert(f"members:{row.uuid}:0", {"refused0": b"x" * 17, "rows": 1, "stamp": "s"})

    page = page_of(ready, row)

    assert "Allow" in page.buttons
    assert "Drop the refusals" not in page.buttons


# With the worker


def braked(here: Bench) -> WebexTeam:
    """A team in step whose brake lets nobody go, and somebody has left it in Webex."""
    stage = here.stage
    here.office.services.organizations.save_settings(lambda s: replace(s, limits=Limits(remove=0)))
    people = stage.people(6)
    team = stage.team(people[0], people[1:])
    stage.settle()
    stage.webex.remove_member(team, people[3])
    stage.run(400)
    assert stage.row(team).held
    return team


def leaver(here: Bench, team: WebexTeam) -> str:
    """The object id of who left."""
    group = here.stage.group_of(team)
    assert group is not None
    (left,) = set(group.members) - here.stage.expected(team)
    return left


def members(here: Bench, team: WebexTeam) -> list[str]:
    group = here.stage.group_of(team)
    assert group is not None
    return group.members


def test_what_is_allowed_happens_and_the_panel_goes(ready: Bench) -> None:
    team = braked(ready)
    left = leaver(ready, team)
    page = page_of(ready, team)
    assert names(page) == [[ready.stage.tenant.users[left].display_name]]

    ready.visitor.press("Allow")
    ready.stage.run(300)

    page = page_of(ready, team)
    assert left not in members(ready, team)
    assert "Allow" not in page.buttons
    assert "Complete" in page.text


def test_what_is_refused_does_not_happen_until_the_refusal_is_dropped(ready: Bench) -> None:
    team = braked(ready)
    left = leaver(ready, team)
    page_of(ready, team)

    ready.visitor.press("Refuse")
    ready.stage.run(600)
    page = page_of(ready, team)

    assert left in members(ready, team)
    assert "Allow" not in page.buttons
    assert "An administrator refused this change." in page.text
    ready.visitor.press("Drop the refusals")
    ready.stage.run(300)
    again = page_of(ready, team)
    assert "Allow" in again.buttons
    assert left in members(ready, team)


def test_who_waits_no_longer_waits_where_the_group_leads(ready: Bench) -> None:
    team = braked(ready)
    left = leaver(ready, team)
    page_of(ready, team)

    ready.visitor.press("/activity/direction", direction="group")
    ready.stage.run(300)

    page = page_of(ready, team)
    assert left in members(ready, team)
    assert "Allow" not in page.buttons
    assert "This person left the Webex team, but the group leads" in page.text
