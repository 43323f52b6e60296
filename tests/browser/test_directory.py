"""The audit of the directory in a real browser: begun, under way, listed, searched, taken away."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import setup_organization as setup
from sandbox.clouds import world
from sandbox.kit import Fault
from shared.audit import cursor, run
from shared.audit.cursor import State
from shared.audit.ports import Desk
from shared.config import read_settings
from shared.core.audit import Outcome
from shared.core.ids import OrgId, TenantId
from shared.ports import Conflict
from shared.wiring import Wiring
from tests.browser import steps
from tests.browser.reader import Reader
from tests.browser.real import Party, Real

PATH = "/prerequisites/directory"
SECONDS = 60.0
WORDS = {
    "en": (
        "Everybody in the directory",
        "Begin now",
        "Users read:",
        "Stop",
        "Resume",
        "Search",
        "Next page",
    ),
    "sv": (
        "Alla i katalogen",
        "Börja nu",
        "Lästa användare:",
        "Stoppa",
        "Återuppta",
        "Sök",
        "Nästa sida",
    ),
}


@pytest.fixture
def desk(real: Real, party: Party) -> Desk:
    """Connected past the pages; sixty people without an External ID, and some with."""
    wiring, org = Wiring(read_settings(real.settings)), OrgId(party.org.uuid)
    real.consent(party)
    tokens = {
        capability: world.issue_token(real.clouds.webex, owner, scopes)
        for capability, owner, scopes in (
            ("spaces", party.officer, world.OFFICER_SCOPES),
            ("people", party.admin, world.ADMIN_SCOPES),
        )
    }
    # Only when somebody asks: the host's timer must not be quicker than the button.
    wiring.services(org).organizations.save_settings(lambda s: replace(s, audit_days=0))
    list(setup.set_up(wiring, org, TenantId(party.tenant.tenant_id), tokens))
    for number in range(60):
        party.org.add_person(f"Åsa {number:02d}")
    for number in range(3):
        name = f"Matched {number}"
        user = party.tenant.add_user(name)
        party.org.add_person(name, user.mail, external_id=user.object_id)
    return wiring.directory(org)


@contextmanager
def second_page_broken(real: Real, party: Party) -> Iterator[None]:
    """Whoever works at it, the host's timer or the test, gets no further than the first page."""
    webex = real.clouds.webex
    before = webex.switches.scim_count_cap
    webex.switches.scim_count_cap = 20
    fault = Fault(
        "error",
        path=f"/{party.org.uuid}/v2/Users",
        status=503,
        when=lambda request: request.arg("startIndex") != "1",
    )
    webex.faults.append(fault)
    try:
        yield
    finally:
        webex.faults.remove(fault)
        webex.switches.scim_count_cap = before


def work_until(desk: Desk, reached: Callable[[State], bool]) -> None:
    """The test works beside the host's timer, which comes once a minute."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(Conflict):
            run.work(desk, desk.services.now() + 5_000)
        state = cursor.read(desk.staging)[1]
        if state and reached(state):
            return
        time.sleep(0.2)
    raise AssertionError("the audit did not get there")


@pytest.mark.parametrize("language", ["en", "sv"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_audit_from_its_beginning_to_the_sheet(
    reader: Callable[..., Reader],
    real: Real,
    party: Party,
    desk: Desk,
    tmp_path: Path,
    language: str,
    scripts: bool,
) -> None:
    title, begin, read, stop, resume, search, following = WORDS[language]
    admin = reader(language=language, scripts=scripts, thorough=scripts)
    steps.sign_in(admin, party)
    admin.open("/prerequisites")
    admin.follow(title)
    with second_page_broken(real, party):
        admin.press(begin)
        work_until(desk, lambda state: state.users > 0 and state.at > 0)
        admin.open(PATH)
        under_way = admin.page.locator("#progress").inner_text()
        admin.keep("audit-under-way")
        admin.press(stop)
        stopped = admin.page.locator("#progress").inner_text()
    admin.press(resume)
    work_until(desk, lambda state: state.outcome == Outcome.COMPLETE)
    admin.open(PATH)
    admin.look(thorough=scripts)
    admin.keep("audit")
    bars = admin.page.locator("svg.bar").count()
    admin.click(admin.page.locator("#class-missing a"))
    first = admin.page.locator("#listed").inner_text()
    admin.press(following)
    second = admin.page.locator("#listed").inner_text()
    admin.page.locator("#q").fill("åsa 1")
    admin.press(search)
    found = admin.page.locator("#listed").inner_text()
    admin.look(thorough=scripts)
    with admin.page.expect_download() as download:
        admin.page.locator("a[href='/prerequisites/directory.csv?class=missing']").click()
    sheet = tmp_path / "sheet.csv"
    download.value.save_as(sheet)

    assert read in under_way and read in stopped
    assert bars == 12
    assert all(f"Åsa {n:02d}" in first + second for n in range(60))
    assert found.count("Åsa 1") == 10 and "Åsa 20" not in found
    rows = list(csv.reader(io.StringIO(sheet.read_bytes().decode("utf-8-sig"))))
    assert len([row for row in rows if row[0] == "missing"]) >= 60
