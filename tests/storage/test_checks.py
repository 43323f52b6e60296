"""The latest result of every check, as rows."""

from __future__ import annotations

from shared.core.checks import Confirmation, Result, State
from shared.storage.checks import CheckRows
from shared.storage.tables import Partition

USERS = Result("m365_users", State.MET, "some", 5, {"count": 4812, "note": "å/ä#?"})
CONTENT = Result("ecm_microsoft", State.MANUAL, "ask", 6, {"asked": "a-tenant"})
CONFIRMED = Confirmation("Åsa Admin (asa@example.com)", 7, "a-tenant")


def test_results_come_back_as_they_were_kept(rows: Partition) -> None:
    checks = CheckRows(rows)

    checks.keep([USERS, CONTENT])

    assert checks.kept() == {"m365_users": USERS, "ecm_microsoft": CONTENT}


def test_the_latest_result_counts(rows: Partition) -> None:
    checks = CheckRows(rows)
    later = Result("m365_users", State.NOT_MET, "none", 9)

    checks.keep([USERS])
    checks.keep([later])

    assert checks.kept() == {"m365_users": later}


def test_results_and_confirmations_leave_each_other_alone(rows: Partition) -> None:
    checks = CheckRows(rows)

    checks.confirm("ecm_microsoft", CONFIRMED)
    checks.keep([CONTENT])
    assert checks.confirmed() == {"ecm_microsoft": CONFIRMED}

    checks.withdraw("ecm_microsoft")
    checks.withdraw("ecm_microsoft")
    assert checks.confirmed() == {}
    assert checks.kept() == {"ecm_microsoft": CONTENT}


def test_keeping_nothing_is_nothing(rows: Partition) -> None:
    checks = CheckRows(rows)

    checks.keep([])

    assert checks.kept() == {}


def test_a_row_of_a_version_with_other_states_is_left_out(rows: Partition) -> None:
    checks = CheckRows(rows)
    checks.keep([USERS, CONTENT])

    rows.upsert("check:m365_users", {"state": "amber", "code": "x", "at": 1, "facts": "{}"})

    assert set(checks.kept()) == {"ecm_microsoft"}


def test_facts_that_cannot_be_read_are_no_result(rows: Partition) -> None:
    rows.upsert("check:m365_users", {"state": "met", "code": "some", "at": 1, "facts": "{"})

    assert CheckRows(rows).kept() == {}
