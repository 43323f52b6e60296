"""The log line of a failure carries what an alert waits for."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.errors import ConsentMissing, Failure, Unavailable, Where
from shared.log import Log


def line(failure: Failure) -> Mapping[str, object]:
    lines: list[Mapping[str, object]] = []
    Log(lambda event, facts: lines.append({"event": event, **facts})).failed("x", failure, team="t")
    return lines[0]


def test_what_a_person_must_mend_is_logged_with_its_code() -> None:
    told = line(ConsentMissing("no token", Where("graph", "GET", "/groups", 403, "trace-1")))

    assert told["event"] == "x"
    assert told["team"] == "t"
    assert told["code"] == "consent_missing"
    assert told["trace"] == "trace-1"


def test_what_passes_by_itself_has_no_code() -> None:
    assert "code" not in line(Unavailable("no answer"))
