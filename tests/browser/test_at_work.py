"""The pages of an organization that is at work: teams, what failed, and the switch going off."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.webex import Team
from sandbox.webex.ids import encode
from shared.config import read_settings
from shared.core.held import Held, Named
from shared.core.ids import GroupId, ObjectId, OrgId, PersonId, TeamId, TenantId
from shared.core.ledger import ADD, MEMBERS, REMOVE, WEBEX, Change
from shared.core.look import Look
from shared.core.model import Status
from shared.core.model import Team as Row
from shared.core.space_folders import SpaceFolder, SpaceState
from shared.ports import DeadLetter, Services
from shared.wiring import Wiring
from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party, Real

SECONDS = 40.0


@pytest.fixture
def at_work(real: Real, party: Party) -> Party:
    """Set up past the pages, and switched on."""
    wiring, org = Wiring(read_settings(real.settings)), OrgId(party.org.uuid)
    tenant = TenantId(party.tenant.tenant_id)
    real.consent(party)
    tokens = {
        capability: world.issue_token(real.clouds.webex, owner, scopes)
        for capability, owner, scopes in (
            ("spaces", party.officer, world.OFFICER_SCOPES),
            ("people", party.admin, world.ADMIN_SCOPES),
        )
    }
    list(setup.set_up(wiring, org, tenant, tokens))
    setup.turn(wiring, org, on=True)
    setup.register_webhook(wiring, org)
    return party


def test_teams_are_seen_and_what_was_given_up_on_is_put_back(
    reader: Callable[..., Reader], at_work: Party, real: Real
) -> None:
    # Webex tells whole seconds; the teams must be younger than the switch.
    time.sleep(1.0)
    teams = [create(real, at_work, n) for n in ("Brand & <b>design</b>", "Möte på Åland")]
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    wait_for(admin, *teams)
    # A team of its own: a success would clear the letter.
    lost = str(uuid.uuid4())
    letter = DeadLetter(lost, lost, 1_790_000_000_000, "KeyError: 'id'", "trace-1")
    services_of(real, at_work).dead_letters.put(letter)
    admin.open("/activity")
    admin.look(thorough=True)
    admin.keep("activity")
    admin.open("/activity?status=given_up")
    given_up = admin.page.locator("main").inner_text()
    admin.click(admin.page.locator(f"#replay-{lost}"))

    assert lost in given_up and teams[0].name not in given_up
    assert services_of(real, at_work).dead_letters.read(lost) is None


def test_turning_off_is_asked_about_and_acts_at_once(
    reader: Callable[..., Reader], at_work: Party
) -> None:
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    admin.open("/settings")
    admin.keep("settings")
    admin.keep("settings-dark", color_scheme="dark")
    admin.click(switch(admin))
    admin.look(thorough=True)
    asked = switch(admin).get_attribute("aria-checked")
    admin.click(admin.page.locator("#turn-off"))

    assert asked == "true"
    assert switch(admin).get_attribute("aria-checked") == "false"
    assert "Frida" in admin.page.locator("#audit").locator("..").inner_text()


def test_what_waits_is_decided_on_the_teams_page(
    reader: Callable[..., Reader], at_work: Party, real: Real
) -> None:
    services = services_of(real, at_work)
    row = held_team(services)
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    admin.open(f"/activity?team={row.uuid}")
    admin.keep("what-waits")
    admin.page.get_by_label("Who leads this team").select_option("team")
    admin.press("Save", within="form[action='/activity/direction']")
    admin.press("Refuse")
    admin.look(thorough=True)
    panel = admin.page.locator("#decided").inner_text()
    kept = services.teams.held(row.uuid)

    assert "Refused by Frida" in panel
    assert kept is not None and kept.value.decided == "refuse"
    assert services.teams.among([row.uuid])[row.uuid].direction == "team"


def test_a_dry_run_tells_why_everybody_is_where_they_are(
    reader: Callable[..., Reader], at_work: Party, real: Real
) -> None:
    time.sleep(1.0)
    team = create(real, at_work, "Möte på Åland")
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    wait_for(admin, team)
    admin.open(f"/activity?team={team.uuid}")
    admin.follow("Dry run of this team")
    admin.keep("dry-run")
    told = admin.page.locator("table").inner_text()
    admin.page.get_by_label("The person's name begins with").fill(at_work.ordinary.name)
    admin.press("Search")
    admin.look(thorough=True)
    found = admin.page.locator("table").inner_text()
    address = admin.page.url
    admin.open("/activity")
    admin.follow("Dry run of all teams")
    admin.press("Begin")
    admin.look(thorough=True)

    assert at_work.ordinary.name in told and at_work.officer.name in told
    assert at_work.ordinary.name in found and at_work.officer.name not in found
    assert address.endswith(f"/activity/preview?team={team.uuid}")
    assert admin.path == "/activity/preview"
    assert "Begin anew" in admin.page.locator("main").inner_text()


def test_a_limit_that_is_no_number_is_told_beside_the_field(
    reader: Callable[..., Reader], at_work: Party
) -> None:
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    admin.open("/settings")
    admin.page.get_by_label("The brake: people added at once").fill("many")
    admin.expected_error = 422
    admin.page.get_by_role("button", name="Save").click()
    told = admin.page.locator("#limit_add-error").inner_text()
    admin.look(thorough=True)

    assert "from 0 to 5,000" in told


def test_a_team_from_before_is_connected_on_its_own_page(
    reader: Callable[..., Reader], at_work: Party, real: Real
) -> None:
    services = services_of(real, at_work)
    row = team_from_before(services)
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    admin.open(f"/activity?team={row.uuid}")
    admin.keep("from-before")
    admin.page.locator("#group").fill("nobody@elsewhere.example")
    admin.press("Connect to this group")
    admin.look(thorough=True)
    refused = admin.page.locator("#status").inner_text()
    admin.open(f"/activity?team={row.uuid}")
    admin.click(admin.page.locator("#connect-new"))
    admin.look(thorough=True)

    assert "no such group" in refused.lower()
    assert services.teams.among([row.uuid])[row.uuid].new


def test_folders_of_further_spaces_are_told_on_the_teams_page(
    reader: Callable[..., Reader], at_work: Party, real: Real
) -> None:
    services = services_of(real, at_work)
    row = team_of_spaces(services)
    services.organizations.save_settings(lambda s: replace(s, space_folders=True))
    admin = reader(thorough=True)
    steps.sign_in(admin, at_work)
    admin.open(f"/activity?team={row.uuid}")
    admin.keep("spaces")
    told = admin.page.locator("main").inner_text()
    admin.open("/activity")
    admin.page.locator("#id").fill("no id at all")
    admin.click(admin.page.locator("#find"))
    admin.look(thorough=True)

    assert "Plans & <b>more</b>" in told and "Möte på Åland" in told


def team_from_before(services: Services) -> Row:
    uuid_ = TeamId(str(uuid.uuid4()))
    row = Row(
        uuid=uuid_,
        space_id=encode("ROOM", uuid_, "us"),
        new=False,
        created=1,
        first_seen=1,
        name="Old & <b>design</b>",
        status=Status.FROM_BEFORE,
    )
    services.teams.write(None, row)
    look = Look(row.space_id, parked=True, sighted=True)
    services.looks.write(row.uuid, None, look)
    return row


def team_of_spaces(services: Services) -> Row:
    """Some of its spaces are linked, and some wait for somebody."""
    row = replace(held_row(), status=Status.COMPLETE, reason="", held=False)
    services.teams.write(None, row)
    for title, state in (
        ("Plans & <b>more</b>", SpaceState.LINKED),
        ("Möte på Åland", SpaceState.FOREIGN),
        ("Budget", SpaceState.DELETED),
    ):
        space = str(uuid.uuid4())
        folder = SpaceFolder(row.uuid, space, encode("ROOM", space, "us"), title, state=state)
        services.space_folders.add(folder)
    return row


def held_team(services: Services) -> Row:
    """A team of which some people's changes wait."""
    row = held_row()
    services.teams.write(None, row)
    names = ("Åsa Öberg", "Nils Andersson", "Ada Bergström", "Carla <b>C</b>")
    changes = [Named(a_change(MEMBERS, REMOVE), name) for name in names]
    changes += [Named(a_change(WEBEX, ADD), f"New Person {n:02d}") for n in range(30)]
    held = Held(tuple(changes), services.now(), 12, ("add_many", "remove_many"))
    services.teams.hold(row.uuid, None, held)
    return row


def held_row() -> Row:
    return Row(
        uuid=TeamId(str(uuid.uuid4())),
        space_id="space",
        new=True,
        created=1,
        first_seen=1,
        name="Brand & <b>design</b>",
        status=Status.NEEDS_PERSON,
        reason="brake",
        held=True,
        settled=True,
        group_id=GroupId(str(uuid.uuid4())),
        group_name="Brand & <b>design</b>",
        in_group=16,
        roster_size=12,
    )


def a_change(side: str, op: str) -> Change:
    return Change(PersonId(str(uuid.uuid4())), ObjectId(str(uuid.uuid4())), side, op)


def create(real: Real, party: Party, name: str) -> Team:
    team = real.clouds.webex.create_team(party.ordinary, name)
    real.clouds.webex.add_member(team, party.officer)
    return team


def wait_for(admin: Reader, *teams: Team) -> None:
    """The activity page, once it shows them."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        admin.page.goto("/activity")
        there = admin.page.locator("main").inner_text()
        if all(team.name in there for team in teams):
            return
        time.sleep(0.5)
    raise AssertionError(f"not seen within {SECONDS:g} s: {there}")


def services_of(real: Real, party: Party) -> Services:
    return Wiring(read_settings(real.settings)).services(OrgId(party.org.uuid))


def switch(admin: Reader) -> Locator:
    return admin.page.get_by_role("switch", name=admin.words.switch)
