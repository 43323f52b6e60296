"""The app moves to another region: its rows into another storage account, and it goes on there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.data.tables import TableServiceClient

from deployment.cli import Problem
from deployment.move import main, move
from sandbox.storage import Azurite
from shared import wiring
from shared.storage.tables import Tables, open_connection
from tests.journeys.stage import Stage
from tests.pages.at_work import Bench, bench, opened
from tests.pages.rows import rows_of


@pytest.fixture(scope="module")
def here() -> Iterator[str]:
    """Emulators of their own: in the common one some organization is On."""
    with Azurite.start() as azurite:
        yield azurite.connection_string


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    with Azurite.start() as azurite:
        yield azurite.connection_string


@pytest.fixture
def empty(here: str, there: str) -> None:
    for connection in (here, there):
        with open_connection(connection) as service:
            for table in service.list_tables():
                service.delete_table(table.name)


@pytest.fixture
def app(here: str, empty: None) -> Iterator[Bench]:
    app = bench(Stage(here))
    app.turn_on()
    yield app
    wiring.install(None)


def run(here: str, there: str, *, apply: bool = True) -> list[str]:
    with open_connection(here) as source, open_connection(there) as target:
        return list(move(source, target, apply=apply))


def begin_there(app: Bench, there: str) -> None:
    app.stage.storage = there
    app.stage.redeploy(storage=there)


def test_it_goes_on_there_as_if_nothing_had_been(app: Bench, here: str, there: str) -> None:
    stage = app.stage
    team = stage.team(stage.person(), stage.people(3))
    stage.run(120)
    group = stage.group_of(team)
    assert group is not None
    app.turn_off()
    # Both change while nobody looks.
    leaver, late = stage.webex.people_of(team)[-1], stage.person()
    stage.webex.remove_member(team, leaver)
    stage.webex.add_member(team, late)

    lines = run(here, there)
    begin_there(app, there)
    app.turn_on()
    new = stage.team(stage.person(), name="After")
    stage.run(500)

    assert "Teams:" in "".join(lines)
    assert stage.groups_of(team) == [group]
    assert set(group.members) == stage.expected(team)
    assert late.external_id in group.members
    assert leaver.external_id not in group.members
    assert stage.group_of(new) is not None
    assert team.name in opened(app, "/activity").text


def test_every_row_of_every_table_is_there(app: Bench, here: str, there: str) -> None:
    stage = app.stage
    stage.team(stage.person(), stage.people(3))
    stage.run(60)
    stage.app.invoke_timer("directory_audit")
    app.turn_off()
    before = sorted(rows_of(stage))

    first, again = run(here, there), run(here, there)
    begin_there(app, there)

    assert sorted(rows_of(stage)) == before
    assert first == again


def test_more_than_a_request_takes(here: str, there: str, empty: None) -> None:
    rows = Tables(lambda: open_connection(here)).partition("Directory", "somebody")
    for number in range(130):
        rows.insert(f"row:{number:03d}", {"number": number, "text": "ö" * 9, "on": number > 5})
    for number in range(4):
        rows.insert(f"wide:{number}", {f"b{piece}": bytes(60_000) for piece in range(10)})

    lines = run(here, there)

    copy = Tables(lambda: open_connection(there)).partition("Directory", "somebody")
    assert "Directory: 134 rows copied, and alike on both sides" in lines
    assert [(r.key, r.values) for r in copy.range("", "~")] == [
        (r.key, r.values) for r in rows.range("", "~")
    ]


def test_nothing_is_copied_unless_asked(app: Bench, here: str, there: str) -> None:
    app.turn_off()

    lines = run(here, there, apply=False)

    with open_connection(there) as target:
        assert list(target.list_tables()) == []
    assert lines[-1].startswith("Nothing was copied")
    assert "Organizations: 0 rows" not in lines


def test_what_is_on_is_left_alone_on_either_side(app: Bench, here: str, there: str) -> None:
    with pytest.raises(Problem, match="is On there"):
        run(here, there)
    with open_connection(there) as target:
        assert list(target.list_tables()) == []
    app.turn_off()
    run(here, there)
    begin_there(app, there)
    app.turn_on()

    with pytest.raises(Problem, match="new account already"):
        run(here, there)


def test_what_somebody_wrote_there_is_told(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    run(here, there)
    with TableServiceClient.from_connection_string(there) as target:
        org = str(app.stage.org.uuid)
        rows = Tables(lambda: target).partition("Organizations", org)
        rows.insert("zebra", {"value": "x"})

        with pytest.raises(Problem, match="Organizations has rows in the new account"):
            run(here, there)


def test_a_refusal_is_a_sentence(
    app: Bench, here: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--from", here, "--to", there, "--apply"]) == 1
    assert "is On there" in capsys.readouterr().err
    app.turn_off()
    assert main(["--from", here, "--to", there, "--apply"]) == 0
