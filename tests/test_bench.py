"""The benchmark's table: a wrong result is the first thing that its row says."""

from __future__ import annotations

from bench.__main__ import quick
from bench.measure import interleaved, sample
from bench.sweep import Outcome, sweep
from bench.table import Row, Section, render
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


def test_a_sweep_that_writes_or_leaves_a_team_out_is_wrong() -> None:
    few = Outcome(2, looked_at={"one", "two"})
    many = Outcome(3, looked_at={"one"}, writes=1)
    many.looks.calls["GET /v1/people/me"] = 1

    assert few.wrong == ""
    assert many.wrong == "1 writes, 2 teams were not looked at, 1 other calls"


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
