"""Measure everything and print one table. 0: all results were right, whatever the times. 1: not."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from bench import audit, imports, machine, sweep, teams, webhook
from bench.table import Section, render
from sandbox.node import SetupError
from sandbox.storage import Azurite
from shared import wiring


def main(args: list[str]) -> int:
    asked = _parser().parse_args(args)
    start = time.monotonic()
    logging.disable(logging.CRITICAL)
    print(machine.describe(), flush=True)
    try:
        if asked.teams:
            sections = [sweep.measure(asked.teams)]
        elif asked.audit:
            with Azurite.start() as storage:
                sections = [audit.measure(storage.connection_string)]
        else:
            with Azurite.start() as storage:
                sections = measure(storage.connection_string)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        wiring.install(None)
    print("Medians; (least-most) where they differ. Contestants take turns.\n")
    print(render(sections))
    print(f"\nTook {time.monotonic() - start:.0f} s.")
    return 1 if any(row.wrong for section in sections for row in section.rows) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument(
        "--teams", type=_several, help="only the sweep of connected teams, with so many of them"
    )
    parser.add_argument("--audit", action="store_true", help="only the audit of the directory")
    return parser


def _several(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def measure(storage: str) -> list[Section]:
    """In this order: the interpreters first, while this process is idle beside them."""
    return [
        imports.measure(),
        *teams.measure(storage),
        webhook.measure(storage),
        sweep.measure(),
        audit.measure(storage),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
