"""Measure everything and print it. 0: all results were right, whatever the times. 1: not."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from bench import (
    audit,
    cold,
    cost,
    faults,
    imports,
    kept,
    machine,
    new_teams,
    page,
    peers,
    receivers,
    soon,
    sweep,
    teams,
    webhook,
)
from bench.table import Wide, render_wide
from sandbox.node import SetupError
from sandbox.storage import Azurite
from shared import wiring

QUICK_TEAMS = 20
Measure = Callable[[str], Iterable[Wide]]


def main(args: list[str]) -> int:
    asked = _parser().parse_args(args)
    logging.disable(logging.CRITICAL)
    try:
        subjects = _chosen(asked)
        done = measure(subjects)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        wiring.install(None)
    if asked.write:
        before = [each for name in every() if (each := done.get(name) or kept.read(name))]
        page.write(before)
        print(f"Written: {page.PAGE}")
    return 1 if any(table.wrong for each in done.values() for table in each.tables) else 0


def every(number_of_teams: int = 0, new_teams_at_once: int = 0) -> dict[str, Measure]:
    """In this order: the interpreters first, while this process is idle beside them."""
    return {
        "imports": lambda _: [imports.measure().wide()],
        "cold": cold.measure,
        "peers": peers.measure,
        "faults": faults.measure,
        "new-teams": lambda _: [new_teams.measure(new_teams_at_once or new_teams.TEAMS)],
        "soon": lambda _: [soon.measure()],
        "cost": lambda _: [cost.measure()],
        "teams": lambda storage: [each.wide() for each in teams.measure(storage)],
        "webhook": lambda storage: [webhook.measure(storage).wide()],
        "receivers": lambda storage: [receivers.measure(storage)],
        "sweep": lambda _: [sweep.measure(number_of_teams or sweep.TEAMS).wide()],
        "audit": lambda storage: [audit.measure(storage).wide()],
    }


def quick() -> dict[str, Measure]:
    """The counts alone matter here: a test holds them."""
    return {
        "quick": lambda storage: [
            *peers.measure(storage, quick=True),
            *faults.measure(storage, quick=True),
            new_teams.measure(QUICK_TEAMS),
        ]
    }


def measure(subjects: Mapping[str, Measure]) -> dict[str, kept.Kept]:
    """Each table is printed as soon as it is there, and each subject kept."""
    described, done = machine.describe(), {}
    print(f"{described}\nMedians; (least-most) where they differ. Contestants take turns.")
    for name, subject in subjects.items():
        began, tables = time.monotonic(), []
        print(f"\n== {name}", flush=True)
        with Azurite.start() as storage:
            for table in subject(storage.connection_string):
                tables.append(table)
                print(f"\n{render_wide(table)}", flush=True)
        done[name] = kept.keep(name, described, time.monotonic() - began, tables)
    return done


def _chosen(asked: argparse.Namespace) -> dict[str, Measure]:
    if asked.quick:
        return quick()
    subjects = every(asked.teams or 0, asked.new_teams or 0)
    names = asked.only.split(",") if asked.only else list(subjects)
    if asked.teams:
        names = ["sweep"]
    if asked.new_teams:
        names = ["new-teams"]
    if asked.audit:
        names = ["audit"]
    return {name: subjects[name] for name in names if name}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--quick", action="store_true", help="what holds the counts; two minutes")
    parser.add_argument("--write", action="store_true", help="docs/performance.md and its charts")
    parser.add_argument(
        "--only", default="", help=f"these subjects alone, of {', '.join(every())}; none: ,"
    )
    parser.add_argument(
        "--teams", type=_several, help="only the sweep of connected teams, with so many of them"
    )
    parser.add_argument(
        "--new-teams", type=_several, help="only new teams under both quotas, so many of them"
    )
    parser.add_argument("--audit", action="store_true", help="only the audit of the directory")
    return parser


def _several(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
