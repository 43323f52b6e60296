"""./dev simulate: seeds by the thousand, one seed with its trace, crash points, mutants."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from simulation.crashes import RECOVERS
from simulation.many import (
    HASHES,
    SAME,
    Seed,
    Sum,
    alike,
    mixed,
    percentile,
    played,
    run_calibration,
    run_crashes,
    run_mutants,
    run_seeds,
)


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many (%(default)s)")
    parser.add_argument("--begin", type=int, default=0, help="the first of them (%(default)s)")
    parser.add_argument("--jobs", type=int, default=None, help="processes; one a core")
    parser.add_argument("--http", action="store_true", help="all of them through the HTTP adapters")
    parser.add_argument("--ports", action="store_true", help="all of them at the ports")
    parser.add_argument("--dense", action="store_true", help="much of everything in each of them")
    parser.add_argument("--sweep", action="store_true", help="--replay with the weekly look")
    parser.add_argument("--replay", type=int, metavar="SEED", help="one seed, with its trace")
    parser.add_argument("--crashes", action="store_true", help="every crash point of six scenarios")
    parser.add_argument("--mutants", action="store_true", help="is every planted bug caught?")
    parser.add_argument(
        "--calibrate", type=int, metavar="N", help="--mutants: how often in N seeds each is caught"
    )
    chosen = parser.parse_args(args)
    if chosen.replay is not None:
        return _replay(Seed(chosen.replay, not chosen.http, chosen.sweep, chosen.dense))
    if chosen.crashes:
        return _crashes(chosen.jobs)
    if chosen.mutants:
        return (
            _calibrate(chosen.calibrate, chosen.jobs) if chosen.calibrate else _mutants(chosen.jobs)
        )
    seeds = mixed(chosen.begin, chosen.seeds)
    if chosen.http or chosen.ports:
        seeds = alike(chosen.begin, chosen.seeds, over_ports=chosen.ports)
    if chosen.dense:
        seeds = (replace(seed, dense=True) for seed in seeds)
    began = time.monotonic()
    total = run_seeds(seeds, chosen.jobs, lambda s: _progress(s, began))
    seconds = time.monotonic() - began
    return _report(total, seconds, over_ports=not chosen.http, dense=chosen.dense)


def _progress(total: Sum, began: float) -> None:
    seconds = time.monotonic() - began
    print(f"{total.runs} seeds, {len(total.failed)} failed, {seconds:.0f} s", flush=True)
    if total.failed and total.failed[-1][0].number == next(reversed(total.digests)):
        print(f"FAILED {total.failed[-1][0].command}", flush=True)


def _report(total: Sum, seconds: float, *, over_ports: bool, dense: bool) -> int:
    print(f"{total.runs} seeds in {seconds:.0f} s, {total.ios} calls")
    for kind, number in sorted(total.counts.items()):
        print(f"  {kind:<16}{number:>9}")
    _tell_spread("from the end of the trouble to the last effect", total.rested)
    _tell_spread("from the end of an outage and nothing else", total.recovered)
    for seed, violations in total.failed[:20]:
        print(f"FAILED {seed.command}")
        for violation in violations[:3]:
            print(f"       {violation}")
    if dense:
        # How much of each kind is enough, or too much, is known of ordinary seeds alone.
        return 1 if total.failed else 0
    low = total.below_floor(over_ports=over_ports)
    for kind, (number, floor) in low.items():
        print(f"FAILED too little happened: {kind} {number}, at least {floor}")
    high = total.above_ceiling()
    for kind, (number, ceiling) in high.items():
        print(f"FAILED too much happened: {kind} {number}, at most {ceiling}")
    return 1 if total.failed or low or high else 0


def _tell_spread(what: str, seconds: Sequence[float]) -> None:
    """Of so many durations, if there are any."""
    if seconds:
        told = ", ".join(f"p{p} {percentile(seconds, p):.0f} s" for p in (50, 95, 99))
        print(f"  {what} ({len(seconds)}): {told}, at most {max(seconds):.0f} s")


def _replay(seed: Seed) -> int:
    outcome = played(seed, keep=True)
    print("\n".join(outcome.lines))
    counts = dict(outcome.counts)
    print(f"seed {seed.number}: digest {outcome.digest:08x}, {outcome.ios} calls, {counts}")
    for violation in outcome.violations:
        print(f"VIOLATION {violation}")
    return 1 if outcome.violations else 0


def _crashes(jobs: int | None) -> int:
    began = time.monotonic()
    crashes = run_crashes(jobs)
    usual = {c.scenario: c.took for c in crashes if not c.at}
    broken = [c for c in crashes if c.violations]
    for name, took in usual.items():
        later = [c.took - took for c in crashes if c.scenario == name and c.at]
        _tell_spread(f"{name}: seconds later than without a death", later)
    later = [c.took - usual[c.scenario] for c in crashes if c.at]
    _tell_spread("all scenarios", later)
    late = percentile(later, 99) > RECOVERS
    if late:
        print(f"FAILED p99 is above {RECOVERS:.0f} s")
    for c in broken[:20]:
        print(f"FAILED {c.scenario} at {c.at} {'after' if c.after else 'before'} {c.where}:")
        print(f"       {c.violations[:3]}")
    print(f"{len(crashes)} runs in {time.monotonic() - began:.0f} s, {len(broken)} failed")
    return 1 if broken or late else 0


def _mutants(jobs: int | None) -> int:
    survived = 0
    for mutant, caught in run_mutants(jobs=jobs):
        survived += caught is None
        told = f"caught by seed {caught.seed}: {caught.how[:90]}" if caught else "SURVIVED"
        print(f"{mutant.name:<20} (allowed {mutant.allowed:>5} seeds) {told}", flush=True)
    return 1 if survived else 0


def _calibrate(seeds: int, jobs: int | None) -> int:
    """How often each is caught, beside what is stored of it; 1 where that is not what it was."""
    began, off = time.monotonic(), 0
    print(f"{'planted bug':<20}{'caught':>10}{'expected':>10}{'stored':>8}{'first':>7}{'CPU':>7}")
    for rate in run_calibration(seeds, jobs):
        wrong = "" if rate.is_as_stored else f"  <- {rate.trouble or rate.expected or 'SURVIVED'}"
        off += bool(wrong)
        first = rate.first.seed if rate.first else "-"
        print(
            f"{rate.name:<20}{f'{rate.caught}/{rate.tried}':>10}{rate.expected or '-':>10}"
            f"{rate.stored:>8}{first:>7}{rate.seconds:>6.0f}s{wrong}",
            flush=True,
        )
    print(f"{time.monotonic() - began:.0f} s, {off} stored otherwise")
    return 1 if off else 0


def _hash_alike() -> None:
    """The order of a set of texts is part of what happens: this process must have the same one."""
    if os.environ.get(HASHES) != SAME:
        os.environ[HASHES] = SAME
        again = [sys.executable, "-m", "simulation", *sys.argv[1:]]
        sys.exit(subprocess.run(again, check=False).returncode)


if __name__ == "__main__":
    _hash_alike()
    sys.exit(main(sys.argv[1:]))
