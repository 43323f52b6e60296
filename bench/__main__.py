"""Measure everything and print one table. 0: all results were right, whatever the times. 1: not."""

from __future__ import annotations

import logging
import sys
import time

from bench import imports, machine, teams, webhook
from bench.table import Section, render
from sandbox.node import SetupError
from sandbox.storage import Azurite
from shared import wiring


def main() -> int:
    start = time.monotonic()
    logging.disable(logging.CRITICAL)
    print(machine.describe(), flush=True)
    try:
        with Azurite.start() as storage:
            sections = measure(storage.connection_string)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        wiring.install(None)
    print("Medians of runs taken in turns; (least-most) where they differ.\n")
    print(render(sections))
    print(f"\nTook {time.monotonic() - start:.0f} s.")
    return 1 if any(row.wrong for section in sections for row in section.rows) else 0


def measure(storage: str) -> list[Section]:
    """In this order: the interpreters first, while this process is idle beside them."""
    return [imports.measure(), *teams.measure(storage), webhook.measure(storage)]


if __name__ == "__main__":
    sys.exit(main())
