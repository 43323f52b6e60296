"""What is told by itself: once, until it is right again."""

from __future__ import annotations

import pytest

from shared.core.alerts import Alert, Wrong, compare, fallen, told, turned
from shared.core.audit import Outcome, Run, Verdict
from shared.core.checks import Result, State
from shared.core.findings import result

OLD = Alert("rate", "match_rate_fell", 1)


def test_what_is_new_is_for_everybody_who_asked_and_what_stays_for_nobody() -> None:
    found = compare([OLD], [Wrong("rate", "match_rate_fell"), Wrong("webhook", "w")], (), ["p"], 9)

    assert found == [OLD, Alert("webhook", "w", 9, {}, ("p",))]
    assert told(found, "webhook", "p")[1].to == ()


@pytest.mark.parametrize(("unknown", "expected"), [((), []), (("rate",), [OLD])])
def test_what_is_right_again_goes_and_what_nobody_can_tell_stays(
    unknown: tuple[str, ...], expected: list[Alert]
) -> None:
    assert compare([OLD], [], unknown, [], 9) == expected


def results(code: str) -> dict[str, Result]:
    return {"m365_permissions": result("m365_permissions", code, 5, {"proven": 1, "count": 3})}


@pytest.mark.parametrize(
    ("code", "met", "opened", "wrong", "unknown", "still_met"),
    [
        ("all", (), (), False, False, True),
        ("taken_back", ("m365_permissions",), (), True, False, False),
        ("taken_back", (), ("check:m365_permissions",), True, False, False),
        ("taken_back", (), (), False, False, False),
        ("silent", ("m365_permissions",), (), False, True, True),
        ("more_wanted", ("m365_permissions",), ("check:m365_permissions",), False, False, False),
    ],
)
def test_only_a_check_that_was_met_turns(
    code: str,
    met: tuple[str, ...],
    opened: tuple[str, ...],
    wrong: bool,
    unknown: bool,
    still_met: bool,
) -> None:
    turns = turned(results(code), met, opened)

    assert bool(turns.wrong) is wrong
    assert bool(turns.unknown) is unknown
    assert ("m365_permissions" in turns.met) is still_met


def run(matched: int, tenant: str = "t", outcome: Outcome = Outcome.COMPLETE) -> Run:
    counts = {Verdict.MATCHED: matched, Verdict.MISSING: 100 - matched}
    return Run("r", 0, 1, outcome, counts, tenant=tenant)


@pytest.mark.parametrize(
    ("rates", "percent", "fell"),
    [
        ([95, 100], 5, True),
        ([96, 100], 5, False),
        ([50, 100], 0, False),
        ([96, 98, 100, 97], 4, True),  # a slow leak
        ([100, 50], 5, False),
        ([50], 5, False),
    ],
)
def test_the_rate_is_held_against_the_best_that_is_remembered(
    rates: list[int], percent: int, fell: bool
) -> None:
    assert bool(fallen(map(run, rates), percent)) is fell


def test_runs_that_failed_and_another_tenants_are_no_measure() -> None:
    runs = [run(50), run(0, outcome=Outcome.FAILED), run(100, tenant="other")]

    assert fallen(runs, 5) is None


def test_a_state_of_a_check_that_needs_attention_is_no_alert() -> None:
    found = {"m365_creation": Result("m365_creation", State.ATTENTION, "nobody", 1)}

    assert turned(found, ("m365_creation",), ()).wrong == ()
