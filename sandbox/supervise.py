"""What every way to run has in common: telling, watching, ending, one run at a time."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sandbox.stack import Stack, last_words


class Asked(Exception):
    """Somebody wants us to stop."""


class Fallen(Exception):
    """One of our processes ended by itself; the text says which and how."""


class Busy(Exception):
    """Another run has this data."""


class Steps:
    """What happens, as it happens, with the time since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"[{time.monotonic() - self._start:6.1f} s] {text}", flush=True)


def watch(stack: Stack) -> NoReturn:
    """Until we are asked to stop, which raises Asked, or something falls, which raises Fallen."""
    while True:
        piece = stack.fallen()
        if piece:
            raise Fallen(
                f"{piece.name.capitalize()} ended by itself, with {piece.child.exit_code}."
                f" The last it said:\n{last_words(piece)}"
            )
        time.sleep(0.2)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Two runs would write into each other's storage. Raises Busy."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except OSError:
            raise Busy(
                f"Another ./dev run uses {data}: stop it, or give another folder with --data."
            ) from None
        yield


def watch_signals() -> None:
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        # Once is enough: stopping must not be interrupted.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Asked

    for number in numbers:
        signal.signal(number, stop)
