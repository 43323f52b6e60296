"""A worker's first sync in a fresh process, beside importing the same packages and nothing more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.measure import sample
from bench.peers import new_team, worker
from bench.table import Goal, Wide, figure, ratio
from bench.world import World, environment, serving
from sandbox.storage import ROOT

ROUNDS = 7
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
    "process that imports what is loaded then of others' packages, all of it. With"
    " azure.identity it is not measured:",
    "the emulator takes no tokens over http.",
)


@dataclass(frozen=True)
class First:
    """cpu, imported: seconds of the whole process, of importing function_app. Bytes else."""

    cpu: float
    imported: float
    floor: float
    resident: float
    modules: Sequence[str]


def measure(storage: str) -> Wide:
    with serving(storage) as world:
        one(world)  # thrown away: it writes the .pyc files
        pairs = []
        for _ in range(ROUNDS):
            first = one(world)
            pairs.append((first, bare(first.modules)))
    cpu = sample([first.cpu for first, _ in pairs])
    beside = sample([told["cpu"] for _, told in pairs])
    over = sample([(first.resident - first.floor) / 1e6 for first, _ in pairs])
    quotient = ratio(cpu, beside) or 0.0
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
            Goal(
                "import and first sync / importing the same packages, CPU",
                f"<= {GOAL_CPU}",
                f"{quotient:.2f}",
                quotient <= GOAL_CPU,
                "the rest is some 60 requests to Table Storage and the first uses of each library",
            ),
            Goal("the same with azure.identity", f"<= {GOAL_CPU}", "not tried", None),
            Goal(
                "resident after the first sync, over azure.functions alone",
                f"<= {GOAL_MEMORY} MB",
                f"{over.median:.1f} MB",
                over.median <= GOAL_MEMORY,
                "the SDKs alone are most of it",
            ),
        ],
    )


def one(world: World) -> First:
    team, _ = new_team(world, 5, known=True)
    with worker(world) as (here, born):
        told = {}
        for number in range(_LOOKS):
            told = here.look(team, 10.0 if number else 0.0)
            if not world.wrong(team):
                break
        modules = here.ask({})["modules"]
    return First(told["cpu"], born["import_cpu"], born["floor"], told["resident"], modules)


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
