"""The whole pipeline, simulated: nothing is lost, no group is doubled, and the tester is tested.

A seed that fails is printed with the command that replays it and its trace.
"""

from __future__ import annotations

import pytest

from simulation.crashes import RECOVERS, SCENARIOS
from simulation.many import Seed, Sum, alike, played, run_crashes, run_mutants, run_seeds
from simulation.mutants import MUTANTS

PORTS, AT_PORTS = 2000, 250
HTTP, OVER_HTTP = 400, 50
# Of the floors of a thousand seeds, a test's few hundred must reach so much.
FEW = 0.7
# Mutants that it takes more seeds to catch are hunted with --slow; so many in one process.
QUICK, TOGETHER = 25, 12
QUICK_ONES = [m for m in MUTANTS if m.expected <= QUICK]
HIDDEN_ONES = [m for m in MUTANTS if m.expected > QUICK]


def _told(total: Sum) -> list[str]:
    return [f"{seed.command}: {violations[:2]}" for seed, violations in total.failed]


@pytest.mark.parametrize("begin", range(0, PORTS, AT_PORTS))
def test_at_the_ports(begin: int) -> None:
    total = run_seeds(alike(begin, AT_PORTS, over_ports=True), jobs=1)

    assert _told(total) == []
    assert total.below_floor(share=FEW) == {}
    assert total.above_ceiling() == {}
    assert total.runs == AT_PORTS


@pytest.mark.parametrize("begin", range(0, HTTP, OVER_HTTP))
def test_through_the_http_adapters(begin: int) -> None:
    total = run_seeds(alike(begin, OVER_HTTP, over_ports=False), jobs=1)

    assert _told(total) == []
    assert total.below_floor(over_ports=False, share=FEW / 2) == {}
    assert total.above_ceiling() == {}
    assert total.runs == OVER_HTTP


def test_a_dense_seed_is_a_run_of_its_own_and_leaves_the_others_as_they_are() -> None:
    before, dense, again, after = (
        played(Seed(3, True, False, dense=dense)) for dense in (False, True, True, False)
    )

    assert before.digest == after.digest != dense.digest == again.digest
    assert Seed(3, True, False, dense=True).command == "./dev simulate --replay 3 --ports --dense"


@pytest.mark.parametrize("scenario", [s.name for s in SCENARIOS])
def test_whoever_dies_wherever_is_followed_by_another(scenario: str) -> None:
    usual, *crashes = run_crashes(jobs=1, only=scenario)
    later = sorted(crash.took - usual.took for crash in crashes)

    assert [(c.at, c.after, c.where, c.violations) for c in crashes if c.violations] == []
    assert len(crashes) == 2 * usual.points
    assert all(crash.where for crash in crashes)
    assert later[-1] <= RECOVERS


@pytest.mark.parametrize("begin", range(0, len(QUICK_ONES), TOGETHER))
def test_planted_bugs_are_caught(begin: int) -> None:
    found = run_mutants(QUICK_ONES[begin : begin + TOGETHER], jobs=1)

    assert [mutant.name for mutant, caught in found if caught is None] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [m.name for m in HIDDEN_ONES])
def test_a_planted_bug_that_hides_is_caught(name: str) -> None:
    [(_, caught)] = run_mutants([m for m in MUTANTS if m.name == name], jobs=1)

    assert caught is not None


def test_no_two_planted_bugs_go_by_one_name() -> None:
    assert len({m.name for m in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("over_ports", [True, False], ids=["ports", "http"])
def test_the_same_seed_goes_the_same_way_also_in_a_process_that_has_run_others(
    over_ports: bool,
) -> None:
    fresh = run_seeds(alike(7, 1, over_ports=over_ports), jobs=1)
    used = run_seeds(alike(3, 5, over_ports=over_ports), jobs=1)

    assert fresh.digests[7] == used.digests[7]
