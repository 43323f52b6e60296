"""Every target, and one table. 0: every promise was kept. 1: the input that broke one."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from fuzz.lone import Tally
from fuzz.target import Target
from fuzz.targets import TARGETS
from fuzz.trial import Trial, told

ROOT = Path(__file__).resolve().parents[1]
FOUND = ROOT / ".dev" / "fuzz"
_CORPUS = re.compile(r"corp: (\d+)/")
_ROW = "{:<14} {:>10} {:>8} {:>8} {:>9}"


def main(args: list[str]) -> int:
    asked = _parser().parse_args(args)
    if asked.replay:
        return replay(TARGETS[asked.target or _named(asked.replay)], asked.replay)
    chosen = [TARGETS[asked.target]] if asked.target else list(TARGETS.values())
    whole, began = sum(target.share for target in chosen), time.monotonic()
    print(f"seed {asked.seed}\n" + _ROW.format("target", "inputs", "corpus", "failures", "seconds"))
    tallies = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        shares = [-int(-asked.inputs * target.share // whole) for target in chosen]
        runs = pool.map(lambda target, share: lone(target, share, asked.seed), chosen, shares)
        for target, (tally, corpus) in zip(chosen, runs, strict=True):
            tallies.append(tally)
            show(target, tally, corpus)
    total, failed = sum(t.inputs for t in tallies), sum(bool(t.failure) for t in tallies)
    print(_ROW.format("total", total, "", failed, f"{time.monotonic() - began:.1f}"))
    if not all(tally.guided for tally in tallies):
        print("By chance alone: Atheris, which looks at what code is reached, is not installed.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("--inputs", type=int, default=100_000, help="in all, over the targets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at the same time")
    parser.add_argument("--target", choices=sorted(TARGETS), help="this one alone")
    parser.add_argument("--replay", type=Path, help="the file of an input that failed")
    return parser


def _named(file: Path) -> str:
    """The target that this file is named for. Raises KeyError."""
    found = [name for name in TARGETS if file.name.startswith(f"{name}-")]
    if not found:
        raise KeyError(f"{file.name} names no target: say which with --target")
    return max(found, key=len)


def show(target: Target, tally: Tally, corpus: str) -> None:
    failures = 1 if tally.failure else 0
    row = _ROW.format(target.name, tally.inputs, corpus, failures, f"{tally.seconds:.1f}")
    print(row, flush=True)
    if tally.failure:
        print(f"\n{tally.failure}\nReplay it: ./dev fuzz --replay {tally.file}\n", flush=True)


def lone(target: Target, inputs: int, seed: int) -> tuple[Tally, str]:
    """In a process of its own; how it went, and how many inputs reached code that was new."""
    command = [sys.executable, "-m", "fuzz.lone", target.name, str(inputs), str(seed), str(FOUND)]
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        errors = stack.enter_context((folder / "errors").open("w+", errors="replace"))
        done = subprocess.run(
            [*command, str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        errors.seek(0)
        said = errors.read()
    corpus = _CORPUS.findall(said)
    lines = done.stdout.strip().splitlines()
    if lines and lines[-1].startswith('{"inputs"'):
        return Tally(**json.loads(lines[-1])), corpus[-1] if corpus else "-"
    # It did not come to its own end: an input that took too long, or a crash of the interpreter.
    kept = re.findall(r"Test unit written to (\S+)", said)
    tail = "\n".join(said.splitlines()[-30:])
    failure = f"{target.name} ended with code {done.returncode}:\n{tail}"
    return Tally(0, 0.0, bool(corpus), failure, kept[-1] if kept else ""), "-"


def replay(target: Target, file: Path) -> int:
    """The one input that these bytes make."""
    with target.opened() as check:
        trial = Trial(target, check)
        try:
            trial.send(file.read_bytes())
        except Exception as error:
            print(told(trial, error))
            return 1
    print(f"{target.name} keeps its promises for\n{trial.last!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
