"""The benchmark's table: a wrong result is the first thing that its row says."""

from __future__ import annotations

from time import process_time
from xml.etree import ElementTree

from bench.__main__ import quick
from bench.charts import LEFT, WIDTH, draw
from bench.kept import Kept
from bench.measure import interleaved, sample
from bench.page import text
from bench.spent import Ledger
from bench.sweep import Outcome, sweep
from bench.table import Chart, Goal, Row, Section, Wide, ratio, render
from sandbox.storage import Azurite


def test_a_wrong_result_is_said_first_in_its_row() -> None:
    row = Row("Requests", sample([4]), sample([8]), wrong="ours: 2 groups")

    lines = render([Section("A team", [row])]).splitlines()
    assert lines[-1].strip().startswith("WRONG (ours: 2 groups): Requests")


def test_a_row_shows_median_spread_and_ratio() -> None:
    row = Row("CPU", sample([3.0, 1.0, 2.0]), sample([4.0]), "ms")

    line = render([Section("A team", [row])]).splitlines()[-1]
    assert line.split() == ["CPU", "2.0", "ms", "(1.0-3.0)", "4.0", "ms", "0.50"]


def test_contestants_take_turns_and_the_first_round_is_thrown_away() -> None:
    order: list[str] = []

    def run(name: str) -> int:
        order.append(name)
        return len(order)

    results = interleaved(2, {"ours": lambda: run("ours"), "peer": lambda: run("peer")})

    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert results == {"ours": [4, 5], "peer": [3, 6]}


def test_tables_in_this_process_get_what_the_emulator_gets(azurite: str) -> None:
    real, ours = (sweep(3, storage=storage, full=60) for storage in (azurite, ""))

    for each in ("hour", "watch", "looks", "chores"):
        told, counted = getattr(real, each), getattr(ours, each)
        assert (told.runs, told.storage, told.calls) == (
            counted.runs,
            counted.storage,
            counted.calls,
        )
    assert (real.wrong, ours.wrong) == ("", "")
    assert ours.looks.runs >= 3


def test_each_second_is_booked_once() -> None:
    """What was going on around it does not get it as well."""
    ledger = Ledger()

    def burn() -> None:
        end = process_time() + 0.05
        while process_time() < end:
            pass

    began = process_time()
    ledger.spend("around", lambda: ledger.spend("within", burn))
    took, seconds = process_time() - began, ledger.told()["seconds"]

    assert seconds["within"] >= 0.05
    assert seconds["around"] + seconds["within"] <= took


def test_a_sweep_that_writes_or_leaves_a_team_out_is_wrong() -> None:
    few = Outcome(2, looked_at={"one", "two"})
    many = Outcome(3, looked_at={"one"}, writes=1)
    many.looks.calls["GET /v1/people/me"] = 1

    assert few.wrong == ""
    assert many.wrong == "1 writes, 2 teams were not looked at, 1 other calls"


def test_a_chart_tells_its_values_to_who_cannot_see_it() -> None:
    bars = [("ours & co", [4.0, 2.5]), ("peer", [501.0, 0.0])]
    root = ElementTree.fromstring(draw(Chart("c", "Requests < all", "requests", ("a", "b"), bars)))  # noqa: S314 - it is ours
    texts = {each.tag.partition("}")[2]: each.text for each in root}

    assert texts["title"] == "Requests < all"
    assert texts["desc"] == "Requests. ours & co: a 4, b 2.5; peer: a 501, b 0."
    fills = {each.get("fill", "#000000") for each in root.iter()}
    assert all(fill[1:3] == fill[3:5] == fill[5:7] for fill in fills)


def test_no_bar_is_wider_than_its_picture() -> None:
    for steps in (False, True):
        bars = [("least", [0.0]), ("most", [123_456.0])]
        root = ElementTree.fromstring(draw(Chart("c", "t", "u", ("a",), bars, steps)))  # noqa: S314 - it is ours
        widths = [float(each.get("width", "0")) for each in root if each.get("x")]

        assert max(widths) + LEFT <= WIDTH


def test_the_page_says_goals_met_and_not_and_wrong_results_first() -> None:
    goals = [Goal("calls", "<= 2", "3", False, "why not"), Goal("cold start", "said", "-", None)]
    table = Wide("A team", ("", "Graph"), [("WRONG (2 groups): SDKs", "6")], goals=goals)
    page = text([Kept("peers", "abc", "2026-11-30", "a machine\npython", 3.0, [table])], "## Notes")

    assert "| calls | ≤ 2 | 3 | **not met**; why not |" in page
    assert "| cold start | said | - | not measured |" in page
    assert "| WRONG (2 groups): SDKs | 6 |" in page
    assert page.endswith("## Notes\n")


def test_ratios_are_taken_pair_by_pair() -> None:
    assert ratio(sample([1, 10, 4]), sample([2, 10, 4])) == 1.0
    assert ratio(sample([3]), sample([0])) is None


def test_the_quick_bench_counts_what_it_has_always_counted() -> None:
    """Counts alone: seconds are the machine's."""
    with Azurite.start() as storage:
        people, faults, crowd = quick()["quick"](storage.connection_string)

    assert not (people.wrong or faults.wrong or crowd.wrong)
    counted = {row[0]: row[1:4] for row in people.rows}
    assert counted == {
        "ours, cold": ("2", "3", "1"),
        "ours, warm": ("2", "3", "1"),
        "requests": ("6", "2", "6"),
        "poller": ("7", "1", "6"),
    }
    assert [row[1] == row[2] for row in faults.rows] == [True] * 5
    assert [goal.met for goal in (*faults.goals, *crowd.goals)] == [True] * 5
