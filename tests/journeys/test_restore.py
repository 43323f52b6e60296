"""A table is deleted. Whatever it was: no second group, nobody removed, and the way back works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from azure.data.tables import TableServiceClient

from sandbox.memory_tables import MemoryTables
from sandbox.microsoft.state import Group
from sandbox.storage import Azurite
from sandbox.webex.state import Team
from shared import wiring
from shared.core.model import Status
from shared.ports import DeadLetter
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import SWITCH, Bench, bench, opened
from tests.pages.rows import rows_of
from tests.stage_storage import on_the_emulator

TABLES = (
    "Audit",
    "Checks",
    "DeadLetters",
    "Directory",
    "Identities",
    "Once",
    "Organizations",
    "Teams",
)
# What only an administrator brings back.
BY_HAND = ("Organizations", "Teams")


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """An emulator of its own: other tests' rows are in those tables, too."""
    with Azurite.start() as azurite:
        yield azurite.connection_string


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> str | MemoryTables:
    if on_the_emulator(request):
        connection: str = request.getfixturevalue("account")
        return connection
    return MemoryTables()


@dataclass
class Scene:
    """A team with its group, and an administrator who can get to the pages."""

    here: Bench
    team: Team
    group: Group
    members: set[str]
    in_team: set[str]

    @property
    def stage(self) -> Stage:
        return self.here.stage

    def lose(self, table: str) -> None:
        """The table is gone, and the app is restarted."""
        storage = self.stage.storage
        if isinstance(storage, str):
            with TableServiceClient.from_connection_string(storage) as service:
                service.delete_table(table)
        else:
            storage.delete_table(table)
        assert table not in {name for name, _, _ in rows_of(self.stage)}
        self.stage.redeploy()

    def turn_on_again(self) -> None:
        """As at the beginning: the sign-ins, the consent, the switch."""
        stage = self.stage
        stage._sign_in()
        steps.consent(self.here.visitor, stage.global_admin)
        stage.clock.advance(61)
        opened(self.here, "/settings")
        self.here.visitor.press(SWITCH)
        assert self.here.settings.on


@pytest.fixture
def scene(storage: str | MemoryTables) -> Iterator[Scene]:
    stage = Stage(storage)
    here = bench(stage)
    here.turn_on()
    team = stage.team(stage.person(), stage.people(2))
    stage.run(90)
    group = stage.group_of(team)
    assert group is not None
    in_team = {p.uuid for p in stage.webex.people_of(team)}
    letter = DeadLetter(team.uuid, team.general.id, stage.services.now(), "boom", "")
    stage.services.dead_letters.put(letter)
    stage.app.invoke_timer("directory_audit")
    assert set(TABLES) == {name for name, _, _ in rows_of(stage)}
    yield Scene(here, team, group, set(group.members), in_team)
    wiring.install(None)


@pytest.mark.parametrize("table", [*TABLES, pytest.param("Teams", marks=pytest.mark.emulator)])
def test_no_second_group_and_nobody_removed(scene: Scene, table: str) -> None:
    scene.lose(table)

    scene.stage.run(60)
    scene.stage.clock.advance(3700)
    scene.stage.run(60)

    assert scene.stage.groups_of(scene.team) == [scene.group]
    assert set(scene.group.members) == scene.members
    assert {p.uuid for p in scene.stage.webex.people_of(scene.team)} == scene.in_team


@pytest.mark.parametrize("table", [table for table in TABLES if table not in BY_HAND])
def test_it_goes_on_by_itself(scene: Scene, table: str) -> None:
    scene.lose(table)
    stage = scene.stage
    late, gone = stage.person(), stage.webex.people_of(scene.team)[-1]
    stage.webex.add_member(scene.team, late)
    new = stage.team(stage.person(), stage.people(2), "After")

    stage.run(90)

    assert late.external_id in scene.group.members
    assert gone.external_id in scene.group.members
    group = stage.group_of(new)
    assert group is not None
    assert set(group.members) == stage.expected(new)
    assert "Settings" in opened(scene.here, "/settings").text


@pytest.mark.emulator
def test_without_organizations_it_is_off_and_goes_on_where_it_was_once_it_is_set_up(
    scene: Scene,
) -> None:
    stage = scene.stage
    scene.lose("Organizations")
    meanwhile = stage.team(stage.person(), name="Meanwhile")
    stage.run(60)
    assert stage.group_of(meanwhile) is None
    late = stage.person()
    stage.webex.add_member(scene.team, late)

    scene.turn_on_again()
    new = stage.team(stage.person(), name="After")
    stage.run(120)

    assert stage.group_of(new) is not None
    assert late.external_id in scene.group.members
    assert stage.groups_of(scene.team) == [scene.group]
    assert stage.group_of(meanwhile) is None


def test_without_teams_a_team_waits_for_an_administrator_who_connects_it_again(
    scene: Scene,
) -> None:
    stage = scene.stage
    scene.lose("Teams")
    late = stage.person()
    stage.webex.add_member(scene.team, late)
    new = stage.team(stage.person(), name="After")
    stage.run(90)
    assert stage.group_of(new) is not None
    row = stage.row(scene.team)
    assert (row.status, row.reason) == (Status.NEEDS_PERSON, "group_from_before_us")
    assert set(scene.group.members) == scene.members

    opened(scene.here, f"/activity?team={scene.team.uuid}")
    scene.here.visitor.press("Connect to this group", group=scene.group.id)
    stage.run(60)
    assert set(scene.group.members) == scene.members
    page = opened(scene.here, f"/activity?team={scene.team.uuid}")
    assert late.name in page.text
    scene.here.visitor.press("Allow")
    stage.run(90)

    assert set(scene.group.members) == scene.members | {late.external_id}
    assert stage.groups_of(scene.team) == [scene.group]


def test_without_teams_a_quiet_team_is_found_by_its_id(scene: Scene) -> None:
    stage = scene.stage
    stage.clock.advance(2 * 86_400)
    scene.lose("Teams")
    stage.run(30)
    assert stage.services.teams.labels("", 10) == []

    opened(scene.here, "/activity")
    scene.here.visitor.press("Find", id=scene.team.general.id)
    stage.run(60)

    assert stage.row(scene.team).reason == "group_from_before_us"
    assert set(scene.group.members) == scene.members


def test_without_checks_what_somebody_confirmed_is_to_be_confirmed_again(scene: Scene) -> None:
    scene.lose("Checks")

    page = opened(scene.here, "/prerequisites")

    assert page.status == 200
    assert scene.here.office.checks.confirmed() == {}


def test_without_once_everybody_signs_in_again(scene: Scene) -> None:
    scene.lose("Once")

    page = scene.here.visitor.get("/settings")

    assert steps.refused_with(page) == "session_ended"
    assert "Settings" in opened(scene.here, "/settings").text
