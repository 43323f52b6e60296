"""The app moves to another region: its rows into another storage account, and it goes on there."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

import pytest

from deployment.cli import Problem
from deployment.move import main, move
from deployment.product import product
from sandbox.storage import Azurite
from shared import wiring
from shared.core.archive import day_after, day_of, start_of
from shared.core.errors import NewerSchema
from shared.core.times import DAY
from shared.storage.accounts import open_connection
from shared.storage.schema import KEY, PARTITION, SCHEMAS
from shared.storage.tables import Partition, Step, Tables
from tests.archive.stores import Container, lines
from tests.journeys.stage import Stage
from tests.pages.at_work import Bench, bench, opened
from tests.pages.rows import rows_of
from tests.pages.steps import sign_in


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


def rows(connection: str, table: str, key: str) -> Partition:
    """Of one partition, and nothing else is written."""
    return Partition(lambda: open_connection(connection).get_table_client(table), key)


def everything(connection: str) -> list[dict[str, object]]:
    """Every row of an account with its etag, numbers of schemas too."""
    with open_connection(connection) as service:
        found = {
            table.name: service.get_table_client(table.name) for table in service.list_tables()
        }
        return [
            {"table": name, "etag": row.metadata["etag"], **row}
            for name, client in sorted(found.items())
            for row in client.list_entities()
        ]


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


def test_the_archive_goes_on_without_a_gap_and_nothing_twice(
    app: Bench, here: str, there: str, azurite: str
) -> None:
    """The old app is stopped between Off and the copy, and never started again."""
    stage = app.stage
    archive = Container.made(azurite)
    stage.redeploy(archive=archive.place)
    stage.team(stage.person(), stage.people(3))
    stage.run(60)
    archived_hours(stage, 50)
    sign_in(app.visitor, stage.admin)
    app.turn_off()
    archived_hours(stage, 1)
    # Half of this day is the old app's, half the new one's.
    stage.clock.advance(300)
    run(here, there)
    begin_there(app, there)
    before = archive.files()
    sign_in(app.visitor, stage.admin)
    app.turn_on()
    archived_hours(stage, 50)

    files = archive.files()
    assert {name: files[name] for name in before} == before
    days = dates(files)
    assert days[:1] < dates(before)[-1:] < days[-1:]
    assert days == [day_of(start_of(days[0]) + number * DAY) for number in range(len(days))]
    until = start_of(day_after(days[-1]))
    wanted = [c.key for c in app.office.audit.between(start_of(days[0]), until)]
    assert [line["id"] for line in lines(archive, "audit.jsonl")] == wanted
    assert {"switch"} <= {line["what"] for line in lines(archive, "audit.jsonl")}


def dates(names: Iterable[str]) -> list[str]:
    return sorted({name.split("/")[1].removeprefix("date=") for name in names})


def archived_hours(stage: Stage, count: int) -> None:
    for _ in range(count):
        stage.clock.advance(3600)
        stage.app.invoke_timer("archive")


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
    assert "Directory: 134 rows copied, 0 removed that are not there any more" in lines
    assert "Directory: alike on both sides" in lines
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


def test_what_was_done_there_is_not_copied_over_once_it_is_off_again(
    app: Bench, here: str, there: str
) -> None:
    app.turn_off()
    run(here, there)
    begin_there(app, there)
    app.turn_on()
    team = app.stage.team(app.stage.person(), name="New there")
    app.stage.run(60)
    app.turn_off()
    before = sorted(rows_of(app.stage))

    with pytest.raises(Problem, match="has been On in the new account"):
        run(here, there)

    assert sorted(rows_of(app.stage)) == before
    assert any(team.uuid in key for _, _, key in before)


def test_an_account_is_not_copied_onto_itself(app: Bench, here: str) -> None:
    app.turn_off()

    with pytest.raises(Problem, match="the same account"):
        run(here, here)


def test_what_the_old_account_has_lost_is_lost_there_too(app: Bench, here: str, there: str) -> None:
    """Sweeps remove rows while the switch is Off as well."""
    app.turn_off()
    with open_connection(here) as service:
        tables = Tables(lambda: service)
        for number in range(130):
            tables.partition("Once", "stays").insert(f"row:{number:03d}", {"value": "x"})
            tables.partition("Once", "goes").insert(f"row:{number:03d}", {"value": "x"})
    run(here, there)
    while rows(here, "Once", "goes").clear():
        pass
    for number in range(0, 130, 2):
        rows(here, "Once", "stays").write([Step("delete", f"row:{number:03d}", {})])

    told, lines = run(here, there, apply=False), run(here, there)

    assert any(line.startswith("Once:") and "195 to be removed" in line for line in told)
    assert any(line.startswith("Once:") and "195 removed" in line for line in lines)
    assert [row.key for row in rows(there, "Once", "stays").range("", "~")] == [
        f"row:{number:03d}" for number in range(1, 130, 2)
    ]
    assert list(rows(there, "Once", "goes").range("", "~")) == []


def test_the_new_account_has_the_numbers_of_its_schemas(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    run(here, there)
    run(here, there)

    kept = rows(there, "Organizations", PARTITION).get(KEY)
    assert kept is not None
    assert kept.number("version") == SCHEMAS["Organizations"]


@pytest.mark.parametrize("apply", [False, True])
def test_nothing_is_written_into_the_old_account(
    app: Bench, here: str, there: str, apply: bool
) -> None:
    """Not even the number of a schema, which opening a table would."""
    app.turn_off()
    with open_connection(here) as service:
        service.get_table_client("Organizations").delete_entity(PARTITION, KEY)
    before = everything(here)

    run(here, there, apply=apply)

    assert everything(here) == before


def test_a_newer_version_is_not_copied_over(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    run(here, there)
    rows(there, "Organizations", PARTITION).upsert(KEY, {"version": 99})
    before = everything(there)

    for apply in (False, True):
        with pytest.raises(NewerSchema, match="Organizations"):
            run(here, there, apply=apply)

    assert everything(there) == before


def test_the_wrong_way_round_removes_nothing(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    before = everything(here)

    with pytest.raises(Problem, match="right way round"):
        run(there, here)

    assert everything(here) == before


def test_nobody_can_turn_it_on_there_before_everything_else_is_there(
    app: Bench, here: str, there: str
) -> None:
    app.stage.team(app.stage.person())
    app.stage.run(60)
    app.turn_off()
    with open_connection(here) as source, open_connection(there) as target:
        copied = []
        for line in move(source, target, apply=True):
            if "rows copied" in line:
                copied.append(line.partition(":")[0])
            if copied[-1] != "Organizations":
                there_by_now = {table.name for table in target.list_tables()}
                assert "Organizations" not in there_by_now

    assert sorted(copied) == sorted(product().tables)


def test_what_is_written_meanwhile_is_told(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    org = str(app.stage.org.uuid)
    with open_connection(here) as source, open_connection(there) as target:
        moving = move(source, target, apply=True)
        while not next(moving).startswith("Organizations"):
            pass
        rows(here, "Organizations", org).insert("zebra", {"value": "x"})

        with pytest.raises(Problem, match="Organizations differs: zebra here, nothing there"):
            list(moving)
    assert run(here, there)[-1] == "Organizations: alike on both sides"


def test_turned_on_there_meanwhile_is_told(app: Bench, here: str, there: str) -> None:
    app.turn_off()
    with open_connection(here) as source, open_connection(there) as target:
        moving = move(source, target, apply=True)
        while next(moving) != "Organizations: alike on both sides":
            pass
        begin_there(app, there)
        app.turn_on()

        with pytest.raises(Problem, match="On in the new account by now"):
            list(moving)


def test_a_refusal_is_a_sentence(
    app: Bench, here: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--from", here, "--to", there, "--apply"]) == 1
    assert "is On there" in capsys.readouterr().err
    app.turn_off()
    assert main(["--from", here, "--to", there, "--apply"]) == 0


def test_who_may_not_is_told_the_role(
    here: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = re.search("AccountKey=([^;]+)", here)
    assert key is not None
    wrong = here.replace(key[1], base64.b64encode(b"another key").decode())

    assert main(["--from", wrong, "--to", there]) == 1
    said = capsys.readouterr().err
    assert "az login" in said and "Storage Table Data Contributor" in said
