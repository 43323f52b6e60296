"""The directory's audit as an administrator finds it: counts, progress, lists, CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.browser.page import Page
from sandbox.memory_tables import MemoryTables
from shared import wiring
from shared.admin.auditing import PAGE
from shared.core.audit import Verdict
from shared.core.audit_words import ABOUT
from tests.audit.crowd import MINUTE, Crowd
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.checklist import Checklist
from tests.pages.visitor import Visitor

PATH = "/prerequisites/directory"


@dataclass
class Audited:
    crowd: Crowd
    visitor: Visitor

    def show(self, query: str = "") -> Page:
        page = self.visitor.get(PATH + query)
        assert page.status == 200 and page.path == PATH, page.text
        return page

    def act(self, act: str) -> Page:
        return self.visitor.post(f"{PATH}/run", {"act": act})

    def counts(self) -> dict[str, int]:
        root = self.show().document.root
        found = {}
        for verdict in Verdict:
            row = root.first("tr", id=f"class-{verdict.value}")
            assert row is not None
            found[verdict.value] = int(row.all("td")[0].text)
        return found

    def csv(self, path: str) -> list[list[str]]:
        page = self.visitor.get(path)
        assert page.status == 200
        assert page.headers["content-type"] == "text/csv; charset=utf-8"
        assert page.headers["content-disposition"].startswith("attachment; filename=")
        return list(csv.reader(io.StringIO(page.body.removeprefix("\ufeff"))))


@pytest.fixture
def audited(storage: str | MemoryTables) -> Iterator[Audited]:
    """Signed in; nobody has begun an audit."""
    stage = Stage(storage)
    stage._connect()
    crowd = Crowd(stage, 120)
    visitor = Visitor(stage)
    steps.sign_in(visitor, stage.admin)
    yield Audited(crowd, visitor)
    wiring.install(None)


def test_before_the_first_audit_the_page_says_so_and_begins_one(audited: Audited) -> None:
    page = audited.show()
    assert "There is no complete audit yet." in page.text

    begun = audited.act("start")
    assert "The audit begins within a minute." in begun.text
    audited.crowd.tick()

    assert audited.counts() == {
        v.value: n for v, n in Counter(audited.crowd.expected.values()).items()
    }


def test_progress_is_shown_and_a_run_is_stopped_and_resumed(audited: Audited) -> None:
    audited.crowd.stage.webex.switches.scim_count_cap = 7
    audited.act("start")
    from shared.audit import run

    run.work(audited.crowd.desk, audited.crowd.desk.services.now())
    under_way = audited.show()
    stopped = audited.act("stop")
    audited.crowd.stage.clock.advance(5 * MINUTE)
    audited.crowd.tick()
    still = audited.show()
    resumed = audited.act("resume")
    audited.crowd.tick()

    assert f"Users read: 7 of {len(audited.crowd.expected)}." in under_way.text
    bar = under_way.document.root.first("progress")
    assert bar is not None and int(bar["value"]) == 100 * 7 // len(audited.crowd.expected)
    assert "It can be resumed where it was." in stopped.text
    assert f"Users read: 7 of {len(audited.crowd.expected)}." in still.text
    assert "goes on within a minute" in resumed.text
    assert "people in use can be added to groups" in audited.show().text


def test_a_list_is_paged_and_searched_by_forms_alone(audited: Audited) -> None:
    stage = audited.crowd.stage
    for number in range(PAGE + 10):
        stage.org.add_person(f"Quentin {number:03d}", f"q{number}@example.com")
    audited.crowd.run()

    first = audited.show("?class=missing")
    second = audited.visitor.press("Next page")
    everybody = first.text + second.text
    found = audited.visitor.press("Search", q="QUENTIN 05")
    nobody = audited.visitor.press("Search", q="zzz")

    assert all(f"Quentin {n:03d}" in everybody for n in range(PAGE + 10))
    assert second.path == PATH and "after" not in second.url
    assert found.text.count("Quentin 05") == 10 and "Quentin 04" not in found.text
    assert "quentin" not in found.url.lower()
    assert "Nobody in this class whose name or address begins so." in nobody.text


def test_every_class_says_what_it_is_and_what_to_do(audited: Audited) -> None:
    audited.crowd.run()

    for verdict, about in ABOUT.items():
        page = audited.show(f"?class={verdict.value}")
        assert about.title in page.text and about.remedy in page.text
        people = [p for p, v in audited.crowd.expected.items() if v is verdict]
        emails = [audited.crowd.stage.webex.world.people[p].email for p in people]
        assert any(email in page.text for email in emails)


def test_the_sheet_has_everybody_and_no_formula(audited: Audited) -> None:
    stage = audited.crowd.stage
    evil = stage.org.add_person("=HYPERLINK(1)", "=x@example.com", external_id="+1")
    audited.crowd.expected[evil.uuid] = Verdict.NOT_A_GUID
    audited.crowd.run()

    head, *rows = audited.csv(f"{PATH}.csv")

    assert head == ["class", "name", "email", "external_id", "object_id", "webex_id"]
    assert {row[5]: row[0] for row in rows} == {
        person: verdict.value for person, verdict in audited.crowd.expected.items()
    }
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]
    one = audited.csv(f"{PATH}.csv?class=guest")[1:]
    assert {row[0] for row in one} == {"guest"} and len(one) == 10


def test_what_should_be_set_is_a_sheet_of_its_own(audited: Audited) -> None:
    audited.crowd.run()

    page = audited.show("?class=prefixed")
    head, *rows = audited.csv("/prerequisites/mending.csv")

    assert head[:3] == ["userName", "id", "externalId"]
    assert rows and len(rows) == int(
        page.text.partition("setting External ID mends: ")[2].partition(".")[0]
    )
    stage = audited.crowd.stage
    for row in rows:
        own = stage.tenant.user_of(row[0])
        assert own is not None and row[2] == own.object_id


def test_how_often_is_chosen_on_the_page(audited: Audited) -> None:
    audited.show()

    audited.visitor.post(f"{PATH}/every", {"days": "7"})
    refused = audited.visitor.post(f"{PATH}/every", {"days": "3"})

    settings = audited.crowd.stage.services.organizations.settings()
    assert settings.audit_days == 7
    assert refused.path.startswith("/refused/")


def test_what_is_lacking_is_told_with_its_remedy(audited: Audited) -> None:
    from shared.core.ids import OrgId

    stage = audited.crowd.stage
    stage.wiring.credentials(OrgId(stage.org.uuid)).forget("people")

    page = audited.show()
    begun = audited.act("start")

    assert "No audit can begin:" in page.text
    assert "Begin now" not in page.text
    assert "The audit begins" not in begun.text


def test_the_prerequisite_counts_everybody_once_there_was_an_audit(audited: Audited) -> None:
    checklist = Checklist(audited.crowd.stage, audited.visitor)
    before = checklist.found_again("webex_external_id")
    audited.crowd.run()

    state, code = checklist.found_again("webex_external_id")

    assert before[1].endswith("+sample")
    assert (state, code) == ("attention", "some+audit")
    assert "This is everybody, by the audit of" in checklist.shown("webex_external_id").text
    audited.crowd.stage.clock.advance(3 * 24 * 3600)
    steps.sign_in(audited.visitor, audited.crowd.stage.admin)
    assert checklist.found_again("webex_external_id")[1].endswith("+sample")


def test_in_swedish_too(audited: Audited) -> None:
    audited.crowd.run()

    audited.visitor.get(f"{PATH}?language=sv")
    page = audited.show("?class=missing")

    assert "Alla i katalogen" in page.text and "Inget Externt ID" in page.text
    assert "Matched" not in page.text
