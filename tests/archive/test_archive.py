"""The archive: every line of the audit and every connected team, once, in order, whatever fails."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from moto import mock_aws
from requests.adapters import HTTPAdapter

from sandbox.memory_tables import MemoryTables
from shared import wiring
from shared.admin.archiving import CURSOR
from shared.admin.ports import Actor, Office
from shared.core.archive import AUDIT, TEAMS, day_of, parse_place
from shared.core.ids import OrgId, PersonId
from tests.archive.stores import Archive, Bucket, Container, lines, parsed
from tests.journeys.stage import Stage

HOUR, DAY = 3600, 86_400
ADAM = Actor(PersonId("adam"), "Adam Admin", "adam@example.com")


@pytest.fixture(params=["container", "bucket"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    if request.param == "container":
        yield Container.made(request.getfixturevalue("azurite"))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "pretended")
    with mock_aws():
        yield Bucket.made()


@pytest.fixture
def stage(storage: str | MemoryTables) -> Iterator[Stage]:
    built = Stage(storage)
    built.turn_on()
    yield built
    wiring.install(None)


@pytest.fixture
def archived(stage: Stage, store: Archive) -> Stage:
    stage.redeploy(archive=store.place)
    return stage


def office(stage: Stage) -> Office:
    return stage.wiring.office(OrgId(stage.org.uuid))


def tick(stage: Stage) -> None:
    stage.app.invoke_timer("archive")


def hours(stage: Stage, count: int) -> None:
    """The timer runs before them, and in the last two."""
    tick(stage)
    stage.clock.advance(HOUR * max(0, count - 2))
    for _ in range(min(count, 2)):
        stage.clock.advance(HOUR)
        tick(stage)


def today(stage: Stage) -> str:
    return day_of(round(stage.clock.now() * 1000))


def change(stage: Stage, number: int) -> None:
    office(stage).record(ADAM, "setting_language", str(number), "sv\n“ÅÄÖ”")


def dates(store: Archive) -> list[str]:
    return sorted({name.split("/")[1] for name in store.files()})


def cursor(stage: Stage) -> dict[str, Any]:
    kept = stage.services.organizations.kept(CURSOR)
    return dict(kept.state) if kept else {}


def test_a_day_that_is_over_is_there_as_json_lines(archived: Stage, store: Archive) -> None:
    day = today(archived)
    team = archived.team(archived.person(), archived.people(3), "Project “X”")
    archived.settle()
    change(archived, 1)
    assert office(archived).audit.oldest() == round(1_790_000_000.0 * 1000)

    hours(archived, 24)

    folder = f"organization={archived.org.uuid}/date={day}"
    assert set(store.files()) == {f"{folder}/{kind}.jsonl" for kind in (AUDIT, *TEAMS)}
    audit = lines(store, f"{day}/{AUDIT}.jsonl")
    assert [line["what"] for line in audit] == ["consent", "setting_language"]
    told = audit[-1]
    assert (told["who"], told["person"]) == ("Adam Admin (adam@example.com)", "adam")
    assert (told["before"], told["after"]) == ("1", "sv\n“ÅÄÖ”")
    assert told["at"].startswith(day) and told["at"].endswith("Z")
    (state,) = [line for kind in TEAMS for line in lines(store, f"{kind}.jsonl")]
    group = archived.group_of(team)
    assert group is not None
    assert (state["team"], state["name"]) == (team.uuid, "Project “X”")
    assert (state["group"], state["status"]) == (group.id, "complete")
    assert {pair[1] for pair in state["people"]} == set(group.members)
    assert set(state["owners"]) == set(group.owners)
    assert all(line["schema"] == 1 for line in [*audit, state])


def test_nothing_is_there_before_the_day_is_over_and_nothing_of_the_day_after(
    archived: Stage, store: Archive
) -> None:
    day = today(archived)

    hours(archived, 3)
    assert store.files() == {}
    hours(archived, 24)
    change(archived, 1)
    hours(archived, 1)

    assert dates(store) == [f"date={day}"]


def test_what_was_written_is_not_written_again(archived: Stage, store: Archive) -> None:
    hours(archived, 24)
    before = store.files()

    for _ in range(3):
        tick(archived)

    assert store.files() == before


def test_it_works_while_off(archived: Stage, store: Archive) -> None:
    archived.turn_off()

    hours(archived, 25)

    assert len(store.files()) == 1 + len(TEAMS)


def test_days_on_which_the_store_could_not_be_reached_are_made_up_for(
    stage: Stage, store: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    place = store.place
    nowhere = parse_place("http://127.0.0.1:9/account/audit?sig=secret-signature")
    if place.kind == "s3":
        nowhere = parse_place("s3://nobodys-bucket/webex?region=eu-north-1")
    stage.redeploy(archive=nowhere)
    first = today(stage)
    stage.clock.advance(1)
    for number in range(5):
        change(stage, number)
        hours(stage, 24)
    assert "archive failed" in caplog.text
    assert "secret-signature" not in caplog.text
    assert cursor(stage) == {"day": first, "part": 0, "teams_from": first}

    stage.redeploy(archive=place)
    hours(stage, 1)

    assert len(dates(store)) == 5
    assert dates(store)[0] == f"date={first}"
    numbers = [line["before"] for line in lines(store, f"{AUDIT}.jsonl")]
    assert numbers == ["", *map(str, range(5))]
    assert len(lines(store, f"{AUDIT}.jsonl")) == len(office(stage).audit.latest(100))


def test_older_lines_than_the_archive_are_in_it_and_no_state_of_teams_that_nobody_saw(
    stage: Stage, store: Archive
) -> None:
    first = today(stage)
    stage.clock.advance(30 * DAY)
    change(stage, 1)
    stage.redeploy(archive=store.place)

    hours(stage, 1)
    assert len(dates(store)) == 30
    hours(stage, 24)

    found = dates(store)
    assert len(found) == 31
    assert found[0] == f"date={first}"
    with_teams = {name.split("/")[1] for name in store.files() if "teams-" in name}
    assert with_teams == {found[-1]}


def test_dying_between_any_file_and_its_cursor_writes_nothing_twice(
    archived: Stage, store: Archive
) -> None:
    """The cursor is put back to where it was before each of the files."""
    organizations = archived.services.organizations
    hours(archived, 24)
    day, whole = today(archived), store.files()
    first = min(dates(store)).removeprefix("date=")
    for part in range(1 + len(TEAMS)):
        kept = organizations.kept(CURSOR)
        assert kept is not None
        organizations.keep(CURSOR, kept, {**kept.state, "day": first, "part": part})

        tick(archived)

        assert cursor(archived)["day"] == day
        assert store.files() == whole


def test_a_file_that_is_there_is_left_as_it_is(archived: Stage, store: Archive) -> None:
    held = archived.wiring.archive()
    assert held is not None
    name = f"organization={archived.org.uuid}/date={today(archived)}/{AUDIT}.jsonl"
    assert held.create(name, b"first\n")

    hours(archived, 24)

    assert store.files()[name] == b"first\n"
    assert len(store.files()) == 1 + len(TEAMS)


def test_a_team_that_cannot_be_read_is_told_as_such_and_keeps_no_other_out(
    archived: Stage, store: Archive
) -> None:
    rows = archived.wiring.tables.partition("Teams", archived.org.uuid)
    for digit in range(3):
        uuid = f"{digit}0000000-0000-4000-8000-000000000000"
        status = "from the future" if digit == 1 else "complete"
        rows.insert(
            f"team:{uuid}", {"space": "s", "group": f"g{digit}", "status": status, "new": True,
                             "folder": "folder_waiting"}
        )  # fmt: skip

    hours(archived, 24)

    told = [line for kind in TEAMS for line in lines(store, f"{kind}.jsonl")]
    assert [line.get("unreadable", False) for line in told] == [False, True, False]


def test_more_teams_than_a_query_answers_are_all_there_and_unconnected_ones_are_not(
    archived: Stage, store: Archive
) -> None:
    rows = archived.wiring.tables.partition("Teams", archived.org.uuid)
    chance, wanted = random.Random(7), set()
    for number in range(450):
        uuid = f"{chance.choice('0123456789abcdef')}{number:07x}-0000-4000-8000-000000000000"
        group = "" if number % 9 == 0 else f"group-{number}"
        values: dict[str, str | bool] = {"space": "s", "group": group, "status": "complete"}
        rows.insert(f"team:{uuid}", {**values, "new": True, "folder": "folder_waiting"})
        wanted |= {uuid} if group else set()

    hours(archived, 24)

    told = [line["team"] for kind in TEAMS for line in lines(store, f"{kind}.jsonl")]
    assert len(told) == len(wanted)
    assert set(told) == wanted


@pytest.mark.parametrize("seed", range(3))
def test_every_line_is_there_once_under_its_own_day_whenever_the_timer_ran(
    archived: Stage, store: Archive, seed: int
) -> None:
    chance, number = random.Random(seed), 0
    for _ in range(60):
        archived.clock.advance(chance.choice([0.001, 1, 700, 5000, 40_000]))
        for _ in range(chance.randrange(3)):
            change(archived, number := number + 1)
        if chance.random() < 0.5:
            tick(archived)
    archived.clock.advance(2 * DAY)
    tick(archived)

    found = lines(store, f"{AUDIT}.jsonl")
    everything = office(archived).audit.latest(1000)
    assert [line["id"] for line in found] == [each.key for each in reversed(everything)]
    for name, body in store.files().items():
        day = name.split("date=")[1][:10]
        if name.endswith(f"{AUDIT}.jsonl"):
            assert all(line["at"].startswith(day) for line in parsed(body))


class Deaf(HTTPAdapter):
    """What is sent arrives; the answer is lost while `deaf` says so."""

    deaf = True

    def send(self, *given: Any, **options: Any) -> requests.Response:
        answer = super().send(*given, **options)
        if self.deaf:
            raise requests.ConnectionError("lost")
        return answer


def test_an_answer_that_is_lost_makes_no_second_file(stage: Stage, azurite: str) -> None:
    store, edge = Container.made(azurite), Deaf()

    def session() -> requests.Session:
        made = stage._session()
        made.mount("http://127.0.0.1", edge)
        return made

    stage.redeploy(session, archive=store.place)
    hours(stage, 24)
    assert cursor(stage)["part"] == 0
    assert len(store.files()) == 1

    edge.deaf = False
    hours(stage, 1)

    assert len(store.files()) == 1 + len(TEAMS)


def test_a_signature_that_may_not_create_is_told_and_loses_nothing(
    stage: Stage, azurite: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    store = Container.made(azurite)
    stage.redeploy(archive=replace(store, permissions="r").place)
    hours(stage, 24)
    failed = [
        json.loads(r.getMessage()) for r in caplog.records if "archive failed" in r.getMessage()
    ]
    assert failed[-1]["code"] == "archive_refused"
    assert "sig=" not in caplog.text

    stage.redeploy(archive=store.place)
    hours(stage, 1)

    assert len(store.files()) == 1 + len(TEAMS)


def test_without_a_place_nothing_is_asked_or_kept(stage: Stage) -> None:
    hours(stage, 25)

    assert cursor(stage) == {}


def test_without_boto3_the_log_says_what_to_install(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setitem(sys.modules, "boto3", None)
    stage.redeploy(archive=parse_place("s3://bucket"))

    hours(stage, 24)

    assert "requirements-s3.txt" in caplog.text


def test_an_organization_that_never_did_anything_has_no_files(
    stage: Stage, azurite: str, make_other: Callable[[Stage], str]
) -> None:
    store = Container.made(azurite)
    other = make_other(stage)
    stage.redeploy(archive=store.place)

    hours(stage, 25)

    assert store.files()
    assert not any(other in name for name in store.files())


@pytest.fixture
def make_other() -> Callable[[Stage], str]:
    def make(stage: Stage) -> str:
        from tests.pages.steps import serve

        other = stage.webex.add_organization("Second")
        serve(stage, organizations=[other])
        return other.uuid

    return make
