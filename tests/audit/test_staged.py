"""A run comes to the same whoever works at which part of it, and in whatever pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from shared.admin import auditing
from shared.audit import cursor, run
from shared.audit.ports import ACCOUNTS, RUN, AccountPage, Desk, UserPage
from shared.core.audit import ENABLED, Listed, Outcome, Verdict
from shared.core.audit_codec import SHARDS, Account, User, name_hash, uuid_text
from shared.core.ids import OrgId
from shared.webex.audited import Messaging, audited_user
from tests.audit.crowd import Crowd
from tests.audit.test_administrator import ADMIN
from tests.audit.test_killed import identities, outcome

FAR = 10**15


def by_parts(crowd: Crowd, between: Callable[[], None]) -> None:
    """The whole run, one part at a time."""
    for _ in range(1_000):
        run.work(crowd.desk, 0)
        state = cursor.read(crowd.desk.staging)[1]
        if state is None or state.outcome != Outcome.RUNNING:
            return
        between()
    raise AssertionError("the audit did not end")


@pytest.mark.parametrize("process", ["one", "another for each part"])
def test_parts_that_are_worked_on_apart_come_to_the_same(
    make_crowd: Callable[..., Crowd], process: str
) -> None:
    whole = make_crowd(60)
    whole.stage.webex.switches.scim_count_cap = 7
    expected = outcome(whole.run(), whole.listed())

    crowd = make_crowd(60)
    crowd.stage.webex.switches.scim_count_cap = 7
    by_parts(crowd, crowd.stage.redeploy if process != "one" else lambda: None)

    assert outcome(crowd.desk.results.runs(1)[0], crowd.listed()) == expected
    assert identities(crowd) == identities(whole)


# Rows of the version before


def as_before(crowd: Crowd, layout: str) -> None:
    """The run's row as a version wrote it whose staged rows lie otherwise."""
    rows = crowd.desk.staging
    row = rows.cursor(RUN)
    assert row is not None
    step = row.value["step"].partition(".")[2]
    rows.move(RUN, row, {**row.value, "step": f"{layout}{step}", "owner": "", "until": 0})


@pytest.mark.parametrize("layout", ["", "2."])
@pytest.mark.parametrize("parts", [1, 4, 25])
def test_a_run_of_a_version_before_is_begun_anew(crowd: Crowd, parts: int, layout: str) -> None:
    crowd.stage.webex.switches.scim_count_cap = 20
    for _ in range(parts):
        run.work(crowd.desk, 0)
    before = cursor.read(crowd.desk.staging)[1]
    assert before and before.outcome == Outcome.RUNNING
    as_before(crowd, layout)
    crowd.stage.redeploy()

    after = crowd.finish()

    assert after.began == before.began and after.id != before.run
    assert crowd.found() | crowd.expected == crowd.found()
    assert len(crowd.desk.results.runs(9)) == 1


def test_a_stopped_one_stays_stopped_and_is_read_anew_when_it_goes_on(crowd: Crowd) -> None:
    office = crowd.stage.wiring.office(OrgId(crowd.stage.org.uuid))
    run.work(crowd.desk, 0)
    auditing.stop(office, ADMIN)
    as_before(crowd, "2.")

    crowd.tick()
    assert crowd.desk.results.runs(9) == []
    auditing.resume(office, ADMIN)
    crowd.finish()

    assert crowd.found() | crowd.expected == crowd.found()


def test_one_that_has_ended_is_no_reason_for_another(crowd: Crowd) -> None:
    crowd.run()
    as_before(crowd, "2.")

    crowd.tick()

    assert len(crowd.desk.results.runs(9)) == 1


def test_the_version_before_does_not_go_on_with_rows_that_it_cannot_read(crowd: Crowd) -> None:
    """It takes a row for none whose step it does not know."""
    run.work(crowd.desk, 0)
    row = crowd.desk.staging.cursor(RUN)

    assert row is not None and row.value["step"] not in cursor.STEPS


# Directories that are made up here


class Directories:
    """Both providers, in pages that are given."""

    def __init__(self, users: Sequence[Sequence[User]], accounts: Sequence[Account]) -> None:
        self._pages = users
        self._accounts = accounts
        self.given = 0

    def users(self, start: int, licences: frozenset[str], *, plain: bool) -> UserPage:
        page = self._pages[self.given]
        self.given += 1
        return UserPage(page, len(page), sum(map(len, self._pages)), identified=True)

    def messaging_licences(self) -> frozenset[str]:
        return frozenset()

    def latest(self) -> str:
        return ""

    def accounts(self, address: str) -> AccountPage:
        return AccountPage(self._accounts)

    def changed_accounts(self, address: str) -> AccountPage:
        raise AssertionError("everybody is read")


def audited(crowd: Crowd, directories: Directories) -> list[Listed]:
    desk: Desk = replace(crowd.desk, webex=directories, microsoft=directories)
    run.work(desk, FAR)
    return crowd.listed()


def user(person: bytes, name: str, external_id: str | None = None) -> User:
    facts = {"id": uuid_text(person), "userName": name, "displayName": name, "userType": "user"}
    found = audited_user(
        facts | ({"externalId": external_id} if external_id else {}), Messaging(())
    )
    assert found is not None
    return found


def account(object_id: bytes, name: str) -> Account:
    return (object_id, ENABLED, name_hash(name), name_hash(name))


def an_id(number: int) -> bytes:
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).to_bytes(16)


@pytest.mark.parametrize("changed", ["External ID", "name", "nothing"])
@pytest.mark.parametrize("back", [False, True])
def test_who_stands_in_the_pages_twice_counts_by_the_later_one(
    make_crowd: Callable[..., Crowd], changed: str, back: bool
) -> None:
    """back: and once more as at first."""
    crowd = make_crowd(0)
    first, second = an_id(1), an_id(2)
    names = ("ann@example.com", "ann.new@example.com")
    before = user(an_id(3), names[0], uuid_text(first))
    other = uuid_text(second if changed == "External ID" else first)
    after = user(an_id(3), names[changed == "name"], other)
    pages = [[before], [after], *([[before]] if back else [])]
    accounts = [account(first, names[0]), account(second, names[1])]

    listed = audited(crowd, Directories(pages, accounts))

    assert len(listed) == 1
    last = before if back else after
    assert listed[0].email == last[5].decode()
    assert listed[0].external_id == uuid_text(last[2])


def test_more_without_an_object_id_than_go_into_a_row_are_told_theirs(
    make_crowd: Callable[..., Crowd],
) -> None:
    """All of one hash of names, so that answers for it are several rows."""
    crowd = make_crowd(0)
    names = [n for n in map("p{}@example.com".format, range(480_000)) if _hash(n) == 5]
    assert len(names) > 6_000
    users = [user(an_id(1 + 2 * k), name) for k, name in enumerate(names)]
    pages = [users[first : first + 1000] for first in range(0, len(users), 1000)]
    accounts = [account(an_id(2 + 2 * k), name) for k, name in enumerate(names)]

    listed = audited(crowd, Directories(pages, accounts))

    assert {each.verdict for each in listed} == {Verdict.MISSING}
    told = {each.email: each.object_id for each in listed}
    assert told == {name: uuid_text(an_id(2 + 2 * k)) for k, name in enumerate(names)}


def _hash(name: str) -> int:
    return name_hash(name)[7] % SHARDS


@pytest.mark.parametrize("layout", [{}, {"layout": "2"}])
def test_accounts_that_a_version_before_has_staged_are_read_again(
    crowd: Crowd, layout: dict[str, str]
) -> None:
    """Microsoft's side outlives a run: its rows may be those of another layout."""
    crowd.run()
    rows = crowd.desk.staging
    row = rows.cursor(ACCOUNTS)
    assert row is not None
    kept = {name: value for name, value in row.value.items() if name != "layout"}
    rows.move(ACCOUNTS, row, {**kept, **layout})

    crowd.a_day_later()
    assert crowd.run().whole
    assert crowd.found() | crowd.expected == crowd.found()
    crowd.a_day_later()
    assert not crowd.run().whole
