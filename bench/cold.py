"""A worker's first sync in a fresh process, beside importing the same packages and nothing more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import spent
from bench.identity import account
from bench.measure import Sample, sample
from bench.one_worker import AUTHORITIES, SPENT
from bench.peers import new_team, worker
from bench.table import Goal, Wide, figure, ratio
from bench.world import World, environment, serving
from sandbox.storage import ROOT

# A busy machine moves one pair by a fifth.
ROUNDS = 15
_LOOKS = 10
GOAL_CPU, GOAL_MEMORY = 1.3, 30
_BARE = """
import importlib, json, sys
from bench import usage
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except ImportError:
        pass
print(json.dumps({"cpu": usage.cpu(), "resident": usage.resident()}))
"""
NOTES = (
    "A worker from the start of its process until the group of five known people is complete: two"
    " looks. Beside it a",
    "process that imports what is loaded then of others' packages, all of it.",
)
IDENTITY_NOTES = (
    "The same, but the emulator speaks https, and the worker opens it with a managed identity's"
    " token, as in Azure: from",
    "a stand-in for the platform's endpoint, on this machine. The clouds are on http. A TLS"
    " connection and reading the",
    "authorities' certificates once are in it.",
)
SPENT_NOTES = (
    "Other runs, which count while they work and so take some hundredths of a second more. Each"
    " second is counted once:",
    "a module that is loaded within a request is the module's. A request to Table Storage is what"
    " the SDK, requests and",
    "the answer's parsing take of our CPU.",
)


@dataclass(frozen=True)
class First:
    """cpu, imported: seconds of the whole process, of importing function_app. Bytes else. spent:
    as `bench.spent.Ledger.told`, if it was asked for."""

    cpu: float
    imported: float
    floor: float
    resident: float
    modules: Sequence[str]
    spent: Mapping[str, Any]


Pairs = Sequence[tuple[First, Mapping[str, float]]]


def measure(storage: str) -> Iterator[Wide]:
    with serving(storage) as world:
        pairs, runs = _runs(world, {})
        yield _with_key(pairs, runs)
        yield _spent(f"What its CPU goes into ({ROUNDS} runs)", runs, SPENT_NOTES)
    with account() as opened, serving(account=opened) as world:
        pairs, runs = _runs(world, {AUTHORITIES: str(opened.authorities)})
        yield _with_identity(pairs, runs)
        yield _spent(f"What its CPU goes into with azure.identity ({ROUNDS} runs)", runs)


def _runs(world: World, beside: Mapping[str, str]) -> tuple[Pairs, Sequence[First]]:
    """In turns: those that are timed, each with the imports alone, and those that count."""
    one(world, beside)  # thrown away: it writes the .pyc files
    pairs, counting = [], []
    for _ in range(ROUNDS):
        first = one(world, beside)
        pairs.append((first, bare(first.modules)))
        counting.append(one(world, {**beside, SPENT: "1"}))
    return pairs, counting


def _with_key(pairs: Pairs, runs: Sequence[First]) -> Wide:
    cpu, beside, quotient = _cpu(pairs)
    over = sample([(first.resident - first.floor) / 1e6 for first, _ in pairs])
    rows = [
        ("CPU until the first group is complete", figure(cpu, "s")),
        ("CPU of importing the same packages", figure(beside, "s")),
        ("Ratio, pair by pair", f"{quotient:.2f}"),
        ("CPU of importing function_app", figure(sample([f.imported for f, _ in pairs]), "s")),
        ("Resident after it", figure(sample([f.resident / 1e6 for f, _ in pairs]), "MB")),
        ("Over azure.functions alone", figure(over, "MB")),
        (
            "Resident with the packages alone, over azure.functions alone",
            figure(sample([(told["resident"] - f.floor) / 1e6 for f, told in pairs]), "MB"),
        ),
    ]
    return Wide(
        f"The first sync of a fresh worker ({ROUNDS} runs)",
        ("", "measured"),
        rows,
        NOTES,
        [
            _goal("import and first sync / importing the same packages, CPU", quotient, runs),
            Goal(
                "resident after the first sync, over azure.functions alone",
                f"<= {GOAL_MEMORY} MB",
                f"{over.median:.1f} MB",
                over.median <= GOAL_MEMORY,
                "the SDKs alone are most of it",
            ),
        ],
    )


def _with_identity(pairs: Pairs, runs: Sequence[First]) -> Wide:
    cpu, beside, quotient = _cpu(pairs)
    rows = [
        ("CPU until the first group is complete", figure(cpu, "s")),
        ("CPU of importing the same packages", figure(beside, "s")),
        ("Ratio, pair by pair", f"{quotient:.2f}"),
        ("Resident after it", figure(sample([f.resident / 1e6 for f, _ in pairs]), "MB")),
    ]
    return Wide(
        f"The first sync of a fresh worker with azure.identity ({ROUNDS} runs)",
        ("", "measured"),
        rows,
        IDENTITY_NOTES,
        [_goal("the same with azure.identity", quotient, runs)],
    )


def _cpu(pairs: Pairs) -> tuple[Sample, Sample, float]:
    """Seconds of ours, of the imports alone, and the median of what is between them."""
    cpu = sample([first.cpu for first, _ in pairs])
    beside = sample([told["cpu"] for _, told in pairs])
    return cpu, beside, ratio(cpu, beside) or 0.0


def _goal(what: str, quotient: float, runs: Sequence[First]) -> Goal:
    counted = runs[-1].spent["counted"]
    why = (
        f"{counted[spent.STORAGE]} requests to Table Storage take {_took(runs, spent.STORAGE)},"
        f" {counted[spent.DATACLASSES]} dataclasses {_took(runs, spent.DATACLASSES)},"
        f" our {counted[spent.OURS]} modules without them {_took(runs, spent.OURS)}"
    )
    return Goal(what, f"<= {GOAL_CPU}", f"{quotient:.2f}", quotient <= GOAL_CPU, why)


def _took(runs: Sequence[First], name: str) -> str:
    return f"{_seconds(runs, name).median:.2f} s"


def _seconds(runs: Sequence[First], name: str) -> Sample:
    return sample([run.spent["seconds"].get(name, 0.0) for run in runs])


def _spent(title: str, runs: Sequence[First], notes: Sequence[str] = ()) -> Wide:
    counted = runs[-1].spent["counted"]
    whole = sample([sum(run.spent["seconds"].values()) for run in runs]).median
    what = {
        spent.OTHERS: f"the interpreter, {counted[spent.OTHERS]} modules of others",
        spent.OURS: f"{counted[spent.OURS]} modules of ours, but for their dataclasses",
        spent.DATACLASSES: f"{counted[spent.DATACLASSES]} dataclasses in them",
        spent.STORAGE: f"{counted[spent.STORAGE]} requests to Table Storage",
        spent.CLOUDS: f"{counted[spent.CLOUDS]} requests to the clouds",
        spent.REST: "all else: our rules, clients, MSAL, JSON, logs",
    }
    rows = [_line(label, runs, name, whole, counted) for name, label in what.items()]
    return Wide(title, ("", "CPU", "of all", "each"), rows, notes)


def _line(
    label: str, runs: Sequence[First], name: str, whole: float, counted: Mapping[str, int]
) -> tuple[str, ...]:
    seconds = _seconds(runs, name)
    each = seconds.median / counted[name] * 1e3 if counted.get(name) else 0.0
    milliseconds = sample([value * 1e3 for value in seconds.values])
    return (
        label,
        figure(milliseconds, "ms"),
        f"{100 * seconds.median / whole:.0f} %",
        f"{each:.1f} ms" if each else "",
    )


def one(world: World, beside: Mapping[str, str] | None = None) -> First:
    """beside: more of the worker's environment."""
    team, _ = new_team(world, 5, known=True)
    with worker(world, beside) as (here, born):
        told = {}
        for number in range(_LOOKS):
            told = here.look(team, 10.0 if number else 0.0)
            if not world.wrong(team):
                break
        after = here.ask({})
    return First(
        told["cpu"],
        born["import_cpu"],
        born["floor"],
        told["resident"],
        after["modules"],
        after["spent"],
    )


def bare(modules: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _BARE],
        cwd=ROOT,
        input=json.dumps([m for m in modules if not m.startswith("_")]),
        capture_output=True,
        text=True,
        check=True,
        env=environment({}),
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
