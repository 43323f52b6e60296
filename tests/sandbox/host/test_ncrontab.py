from __future__ import annotations

from datetime import datetime

import pytest

from sandbox.host.ncrontab import Schedule
from sandbox.host.settings import HostConfigError


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("*/10 * * * * *", "2026-11-23T10:00:09.5", "2026-11-23T10:00:10"),
        ("*/10 * * * * *", "2026-11-23T10:00:10", "2026-11-23T10:00:20"),
        ("*/10 * * * * *", "2026-12-31T23:59:55", "2027-01-01T00:00:00"),
        ("0 */5 * * * *", "2026-11-23T10:00:00", "2026-11-23T10:05:00"),
        ("*/5 * * * *", "2026-11-23T10:01:00", "2026-11-23T10:05:00"),
        ("0 0 4 * * *", "2026-11-23T04:00:00", "2026-11-24T04:00:00"),
        ("0 30 9 * * Mon-Fri", "2026-11-20T10:00:00", "2026-11-23T09:30:00"),
        ("0 0 0 1 Jan *", "2026-11-23T00:00:00", "2027-01-01T00:00:00"),
        ("0 0 0 29 2 *", "2026-11-23T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", "2026-11-23T00:00:00", "2027-08-13T00:00:00"),
        ("15,45 10/20 * * * *", "2026-11-23T10:10:20", "2026-11-23T10:10:45"),
        ("0 0 22-23 * * *", "2026-11-23T22:30:00", "2026-11-23T23:00:00"),
    ],
)
def test_the_next_occurrence_is_found(expression: str, after: str, expected: str) -> None:
    found = Schedule.parse(expression).next_after(datetime.fromisoformat(after + "+00:00"))

    assert found == datetime.fromisoformat(expected + "+00:00")


@pytest.mark.parametrize(
    "expression",
    ["", "* * *", "60 * * * * *", "* * * * 13 *", "*/0 * * * * *", "9-3 * * * * *", "x * * * * *"],
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(HostConfigError):
        Schedule.parse(expression)


def test_a_day_that_never_comes_is_told() -> None:
    with pytest.raises(HostConfigError, match="never comes due"):
        Schedule.parse("0 0 0 31 2 *").next_after(datetime.fromisoformat("2026-11-23T00:00+00:00"))
