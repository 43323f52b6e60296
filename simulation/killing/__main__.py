"""python -m simulation.killing [--rounds N] [--seed N] [--logs FOLDER]: 0 where all holds."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from simulation.killing.rounds import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulation.killing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--logs", type=Path, help="a folder to keep the logs in")
    options = parser.parse_args()
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
        return _run(options.logs, options.rounds, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        return _run(Path(folder), options.rounds, options.seed)


def _run(folder: Path, rounds: int, seed: int) -> int:
    begun = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - begun:6.1f} s] {text}\n")
        sys.stdout.flush()

    outcome, ground = play(folder, rounds, seed, say)
    done = ", ".join(f"{what} {n}" for what, n in sorted(ground.witness.ours.items()))
    say(
        f"seed {seed}: {len(outcome.kills)} kills, {outcome.resets} resets; done by the app: {done}"
    )
    say(f"{len(outcome.violations)} violations; {outcome.rested:.0f} s until all was at rest")
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
