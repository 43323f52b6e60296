"""One release after another, and back: a newer one's rows are left alone, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from deployment.product import product
from sandbox.memory_tables import MemoryTables
from sandbox.storage import Azurite
from shared import wiring
from shared.core.errors import NewerSchema
from shared.storage.schema import KEY, PARTITION, SCHEMAS
from shared.storage.tables import Tables
from tests.journeys.stage import Stage, nudge
from tests.pages import steps
from tests.pages.at_work import bench, opened
from tests.pages.rows import rows
from tests.stage_storage import on_the_emulator


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> Iterator[str | MemoryTables]:
    """An emulator of its own: a number in a table is everybody's."""
    if not on_the_emulator(request):
        yield MemoryTables()
        return
    with Azurite.start() as azurite:
        yield azurite.connection_string


@pytest.fixture
def stage(storage: str | MemoryTables) -> Iterator[Stage]:
    built = Stage(storage)
    built.turn_on()
    yield built
    wiring.install(None)


def newer(stage: Stage, table: str) -> None:
    """A newer release was there, and is rolled back."""
    stage.wiring.tables.partition(table, PARTITION).upsert(KEY, {"version": SCHEMAS[table] + 1})
    stage.redeploy()


def test_every_table_of_the_code_has_a_number() -> None:
    assert set(SCHEMAS) == product().tables


def test_each_table_says_of_which_kind_its_rows_are(stage: Stage) -> None:
    here = bench(stage)
    opened(here, "/prerequisites")
    stage.team(stage.person())
    stage.run(60)
    assert stage.services.dead_letters.after("", 1) == []

    kept = rows(stage, PARTITION)

    numbers = {table: row["version"] for (table, _, key), row in kept.items() if key == KEY}
    assert {table: int(getattr(n, "value", n)) for table, n in numbers.items()} == dict(SCHEMAS)


@pytest.mark.parametrize(
    "table",
    ["Identities", "Organizations", "Teams", pytest.param("Teams", marks=pytest.mark.emulator)],
)
def test_an_older_release_keeps_its_hands_off_and_the_newer_one_goes_on(
    stage: Stage, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    caplog.set_level("INFO")
    first = stage.team(stage.person(), stage.people(2), "First")
    stage.run(60)
    newer(stage, table)
    before = rows(stage, stage.org.uuid)
    calls = len(stage.graph_calls())
    late, second = stage.person(), stage.team(stage.person(), name="Second")
    stage.webex.add_member(first, late)

    for _ in range(6):
        stage.clock.advance(15)
        stage.webex.deliver(stage.post)
        stage.watch()
        stage.tidy()
        for message in stage.queue:
            with suppress(NewerSchema):
                stage.work(message)
        stage.queue.clear()

    assert "is of a newer version of this app (its schema is 2" in caplog.text
    writes = [c for c in stage.graph_calls()[calls:] if c.method != "GET"]
    assert writes == []
    after = rows(stage, stage.org.uuid)
    assert {k: v for k, v in after.items() if k[0] == table} == {
        k: v for k, v in before.items() if k[0] == table
    }

    stage.wiring.tables = Tables(stage.wiring.tables._open, {table: SCHEMAS[table] + 1})
    stage.clock.advance(700)
    stage.run(120)

    group = stage.group_of(second)
    assert group is not None
    first_group = stage.group_of(first)
    assert first_group is not None
    assert late.external_id in first_group.members


@pytest.mark.parametrize("table", ["Checks", "Once", "Organizations", "Teams"])
def test_the_pages_say_so(stage: Stage, table: str) -> None:
    here = bench(stage)
    opened(here, "/settings")
    newer(stage, table)

    page = here.visitor.get("/activity" if table == "Teams" else "/settings")

    assert steps.refused_with(page) == "newer_version"
    assert "written by a newer version" in page.text


def test_a_newer_release_writes_its_number_down_once(stage: Stage) -> None:
    name = "Testing"
    opener = stage.wiring.tables._open
    Tables(opener, {name: 1}).partition(name, "p").upsert("a", {"x": "1"})
    Tables(opener, {name: 2}).partition(name, "p").upsert("b", {"x": "2"})

    older = Tables(opener, {name: 1}).partition(name, "p")
    with pytest.raises(NewerSchema):
        older.get("a")
    with pytest.raises(NewerSchema):
        older.upsert("a", {"x": "3"})
    newest = Tables(opener, {name: 2}).partition(name, "p")
    assert [row.text("x") for row in newest.range("a", "z")] == ["1", "2"]


def test_a_nudge_of_the_release_before_is_worked_off(stage: Stage) -> None:
    team = stage.team(stage.person())
    stage.webex.outbox.clear()

    stage.work(nudge(stage, team.general.id).replace("}", ', "since": 1}'))

    assert team.uuid in stage.due()
