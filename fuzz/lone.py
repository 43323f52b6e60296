"""One target in a process of its own: `python -m fuzz.lone NAME INPUTS SEED FOUND SCRATCH`.

Led by Atheris, which keeps whatever reaches code that nothing reached before and makes more of it;
without Atheris, by chance alone. Ends at the first failure, whose bytes are kept in the folder
FOUND; SCRATCH is a folder for the corpus. The last line of the output is a Tally.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
import pkgutil
import random
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuzz.trial import Trial

_PRODUCT = ("shared", "functions")
_SEEDS = 64
# An input that takes longer is a failure; libFuzzer counts.
_SECONDS = 30


@dataclass(frozen=True)
class Tally:
    """failure: what to tell of the input that broke a promise; file: where its bytes are."""

    inputs: int
    seconds: float
    guided: bool
    failure: str = ""
    file: str = ""


@dataclass
class Run:
    """Ends the process when there were enough inputs, or at the first that fails."""

    trial: Trial
    inputs: int
    folder: Path
    guided: bool

    def __post_init__(self) -> None:
        self._began = time.monotonic()

    def one(self, data: bytes) -> None:
        try:
            self.trial.send(data)
        except Exception as error:
            self._end(error, data)
        if self.trial.made >= self.inputs:
            self._end()

    def _end(self, error: Exception | None = None, data: bytes = b"") -> None:
        from fuzz.trial import told

        failure = file = ""
        if error is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(data).hexdigest()[:12]
            kept = self.folder / f"{self.trial.target.name}-{digest}"
            kept.write_bytes(data)
            failure, file = told(self.trial, error), str(kept)
        took = time.monotonic() - self._began
        tally = Tally(self.trial.made, took, self.guided, failure, file)
        print(json.dumps(asdict(tally)), flush=True)
        sys.stderr.flush()
        # libFuzzer's loop has no other end than the process's.
        os._exit(1 if failure else 0)


def main(args: list[str]) -> None:
    name, inputs, seed = args[0], int(args[1]), int(args[2])
    found, scratch = Path(args[3]), Path(args[4])
    logging.disable(logging.CRITICAL)
    atheris = _atheris()
    with _watched(atheris):
        target = importlib.import_module("fuzz.targets").TARGETS[name]
        trial_module = importlib.import_module("fuzz.trial")
        opened = target.opened()
        with opened as check:
            run = Run(trial_module.Trial(target, check), inputs, found, atheris is not None)
            if atheris is None:
                _by_chance(run, seed)
            _led(atheris, run, seed, scratch)


def _atheris() -> Any:
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


@contextmanager
def _watched(atheris: ModuleType | None) -> Iterator[None]:
    """The product's modules are imported in here, all of them, so that their coverage is seen."""
    if atheris is None:
        yield
        return
    watching: AbstractContextManager[object] = atheris.instrument_imports(include=list(_PRODUCT))
    with watching:
        for name in _PRODUCT:
            package = importlib.import_module(name)
            for module in pkgutil.walk_packages(package.__path__, f"{name}."):
                importlib.import_module(module.name)
    yield


def _led(atheris: Any, run: Run, seed: int, scratch: Path) -> None:
    """A fresh corpus each time, so that the same seed makes the same inputs."""
    from fuzz.trial import LONGEST, seeds

    corpus = scratch / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(seed, _SEEDS)):
        (corpus / f"{number:03d}").write_bytes(data)
    run.folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"-seed={seed % 2**31 or 1}",
        f"-max_len={LONGEST}",
        "-len_control=0",
        f"-timeout={_SECONDS}",
        f"-artifact_prefix={run.folder}/{run.trial.target.name}-",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], run.one)
    atheris.Fuzz()


def _by_chance(run: Run, seed: int) -> None:
    from fuzz.trial import seeds

    drawing = random.Random(seed)
    while True:
        for data in seeds(drawing.getrandbits(32), _SEEDS):
            run.one(data)


if __name__ == "__main__":
    main(sys.argv[1:])
